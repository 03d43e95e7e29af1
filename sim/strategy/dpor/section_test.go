// SPDX-License-Identifier: CDDL-1.0

package dpor_test

import (
	"fmt"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/kmem"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy/dpor"

	"pgregory.net/rapid"
)

// guarded is a program whose threads use variables, a count and a condition variable under a guard, and the variables
// without it too.
type guarded struct {
	threads [][]string
	m       ksync.Mutex
	cv      ksync.Cond
	v       [2]ksync.Var[int]
	refs    ksync.Var[int]
	rw, rw2 ksync.RWLock
	alone   int // under m, and told by nothing
	tq      ksync.Taskq
	seen    []string // by thread: the values that it read
	once    bool     // nothing says what the condition variable is for
}

func (g *guarded) body(t *sim.Thread) {
	w := t.World()
	g.m.Init(w, nil, "m", "", 0)
	g.m.Object().Guard(sim.Exclusive)
	g.cv.Init(w, nil, "cv", "", 0)
	g.cv.Until = nil
	if !g.once {
		g.cv.Until = func(*sim.Thread) (string, bool) { return "nobody holds it", g.refs.Peek() == 0 }
	}
	g.refs.Init(w, nil, "refs", "", 0)
	g.refs.Poke(0)
	g.rw.Init(w, nil, "rw", "", 0)
	g.rw2.Init(w, nil, "rw2", "", 0)
	g.alone = 0
	g.tq.Init(w, "task", nil)
	for i := range g.v {
		g.v[i].Init(w, nil, "v", "", i+1)
		g.v[i].Poke(0)
	}
	g.seen = make([]string, len(g.threads)+1)
	for i, blocks := range g.threads {
		t.Fork("t", i+1, func(t *sim.Thread) {
			for _, b := range blocks {
				g.do(t, i, b)
			}
		})
	}
}

// drain waits until nobody holds it.
func (g *guarded) drain(t *sim.Thread) {
	for g.refs.Get(t) > 0 {
		g.cv.Wait(t, &g.m)
	}
}

func (g *guarded) saw(i, x int) { g.seen[i] += fmt.Sprint(" ", x) }

func (g *guarded) do(t *sim.Thread, i int, block string) {
	last := len(g.threads)
	if g.anew(t, i, block) {
		return
	}
	switch block {
	case "load":
		g.saw(i, g.v[0].Load(t))
		return
	case "store":
		g.v[0].Store(t, 10+i)
		return
	case "fail":
		if g.v[0].Load(t) != 0 {
			t.Fail(sim.KindPanic, "", "stored")
		}
		return
	case "signal without":
		g.cv.Signal(t)
		return
	case "sleep":
		t.Sleep(1)
		return
	case "read":
		g.rw.EnterRead(t)
		return
	case "write":
		g.rw.EnterWrite(t)
		return
	case "exit":
		g.rw.Exit(t)
		return
	}
	g.m.Enter(t)
	switch block {
	case "get":
		g.saw(i, g.v[0].Get(t))
	case "set":
		g.v[0].Set(t, i+1)
	case "clear":
		g.v[1].Set(t, 0)
	case "look":
		if g.v[1].Get(t) != 0 {
			g.saw(i, g.v[0].Get(t))
		}
	case "other":
		g.v[1].Set(t, g.v[1].Get(t)+1)
	case "copy": // what it acts on depends on what others did
		if g.v[0].Get(t) != 0 {
			g.v[1].Set(t, i+1)
		}
		g.saw(i, g.v[0].Get(t))
	case "long":
		g.saw(i, g.v[0].Get(t))
		t.Yield()
		g.v[0].Set(t, i+1)
	case "hold":
		g.refs.Set(t, g.refs.Get(t)+1)
		t.Only(g.refs.Object(), sim.Add)
	case "rele": // of a hold before
		g.refs.Set(t, g.refs.Get(t)-1)
		t.Within(g.cv.Object(), sim.Read)
		if g.cv.Waiters() == 0 {
			t.Only(g.refs.Object(), sim.Add)
		}
		if g.refs.Peek() == 0 {
			g.cv.Signal(t)
		}
	case "drain":
		g.drain(t)
		g.saw(i, g.v[1].Get(t))
	case "claim": // in the section in which it first looks
		g.v[1].Set(t, i+1)
		g.drain(t)
	case "zero":
		g.v[0].Set(t, 0)
	case "peek alone":
		g.saw(i, g.alone)
	case "ask": // who has claimed
		g.saw(i, g.v[1].Get(t))
		g.cv.Broadcast(t)
	case "drop": // and nobody is told
		g.refs.Set(t, g.refs.Get(t)-1)
	case "drain once":
		if g.refs.Get(t) > 0 {
			g.cv.Wait(t, &g.m)
		}
		g.saw(i, g.refs.Get(t))
	case "wait":
		g.cv.Wait(t, &g.m)
		g.saw(i, g.v[0].Get(t))
	case "broadcast":
		g.v[0].Set(t, i+1)
		g.cv.Broadcast(t)
	case "dispatch":
		g.tq.Dispatch(t, func(u *sim.Thread) { g.saw(last, g.v[0].Load(u)) })
		g.v[1].Set(t, i+1)
	default:
		panic(block)
	}
	g.m.Exit(t)
}

// end is all that can be told of a schedule but the order of what commutes.
func (g *guarded) end(r sim.Result) string {
	return fmt.Sprint(end(r), strings.Join(g.seen, ";"), ";", g.v[0].Peek(), g.v[1].Peek(), g.refs.Peek())
}

// Where sections are events a search meets every end that there is, in no more executions than where they are not.
func TestSectionsOfAGuard(t *testing.T) {
	weights := map[string]int{ // in operations, at most
		"load": 1, "store": 1, "get": 2, "set": 2, "other": 2, "copy": 2, "long": 3, "hold rele": 5, "drain": 4, "wait": 4,
		"signal without": 1, "broadcast": 3, "dispatch": 6, "look": 2, "clear": 2, "drain once": 4,
	}
	rapid.Check(t, func(t *rapid.T) {
		g := new(guarded)
		for _, blocks := range drawBlocks(t, weights, 3, simtest.Budget()+2) {
			var all []string
			for _, b := range blocks {
				if b == "hold rele" {
					all = append(all, "hold", "rele")
				} else {
					all = append(all, b)
				}
			}
			g.threads = append(g.threads, all)
		}
		sameEnds(t, g.threads, g.body, g.end)
	})
}

// A section acts on something else, or waits, once a race with it is reversed, and then conflicts with what is done outside sections.
func TestSectionsThatActOnSomethingElse(t *testing.T) {
	for _, threads := range [][][]string{
		{{"other", "clear", "store"}, {"look"}, {"store"}},
		{{"other", "clear", "store"}, {"look", "look"}, {"store", "store"}},
		{{"drain once"}, {"drain once", "signal without"}, {"signal without"}, {"hold"}},
	} {
		g := &guarded{threads: threads, once: true}
		sameEnds(t, g.threads, g.body, g.end)
	}
}

func TestSectionsThatCommute(t *testing.T) {
	for _, x := range []struct {
		threads      [][]string
		want, single int64
		what         string
	}{
		{[][]string{{"get", "get"}, {"get", "get"}, {"get", "get"}}, 1, 90, "readers"},
		{[][]string{{"hold", "rele", "hold", "rele"}, {"hold", "rele", "hold", "rele"}}, 1, 70, "counts that nobody waits for"},
		{[][]string{{"get", "other"}, {"get", "set"}}, 2, 6, "a reader and a writer"},
		{[][]string{{"set"}, {"set"}, {"set"}}, 6, 6, "writers"},
		{[][]string{{"get"}, {"long"}}, 2, 2, "a section with a scheduling point"},
	} {
		g := &guarded{threads: x.threads}
		if c := explore(t, new(dpor.Search), g.body, nil); c.Executions != x.want {
			t.Errorf("%s: %d executions, want %d", x.what, c.Executions, x.want)
		}
		if c := explore(t, &dpor.Search{Single: true}, g.body, nil); c.Executions != x.single {
			t.Errorf("%s: %d executions of single operations, want %d", x.what, c.Executions, x.single)
		}
	}
}

// buffer has a guard in it.
type buffer struct {
	m    ksync.Mutex
	free ksync.Var[bool]
}

// A thread frees the buffer as soon as it sees, without the guard, that it may, when another is still about to give the
// guard back: that moment is no state of the search, which notices and begins again.
func TestSectionInFreedMemory(t *testing.T) {
	var cache kmem.Cache[buffer]
	typ := &kmem.Type[buffer]{
		Cache: "buffer_cache", What: "buffer_t",
		Register: func(w *sim.World, b *buffer, life *sim.Life, num int) {
			b.m.Init(w, life, "m", "", num)
			b.m.Object().Guard(sim.Exclusive)
			b.free.Init(w, life, "free", "", num)
		},
	}
	s := new(dpor.Search)
	failed := 0
	explore(t, s, func(t *sim.Thread) {
		cache.Init(t.World(), typ)
		p := cache.Alloc(t)
		t.Fork("owner", 0, func(t *sim.Thread) {
			p.At(t).m.Enter(t)
			p.At(t).free.Set(t, true)
			p.At(t).m.Exit(t)
		})
		t.Fork("other", 0, func(t *sim.Thread) {
			if p.At(t).free.Load(t) {
				cache.Free(t, p)
			}
		})
	}, func(_ *sim.World, r sim.Result) {
		if r.Outcome == sim.Failed {
			failed++
		}
	})
	if failed == 0 || !s.Single {
		t.Errorf("%d failures are found; each operation is an event: %v", failed, s.Single)
	}
}

// Operations under a leaf lock conflict by the entries of a table that they act on, and with Single by the lock.
func TestLeafLocks(t *testing.T) {
	find := &sim.OpType{Name: "find", Access: sim.Read, Leaf: true}
	insert := &sim.OpType{Name: "insert", Access: sim.Write, Leaf: true}
	count := &sim.OpType{Name: "count", Access: sim.Write, Leaf: true}
	var lock sim.Object
	var table ksync.Table
	do := func(t *sim.Thread, what, name string) {
		switch what {
		case "find":
			t.Step(find, &lock, nil)
			table.At(name).Read(t)
		case "insert":
			t.Step(insert, &lock, nil)
			table.At(name).Write(t)
		case "count":
			t.Step(count, &lock, nil)
			table.At(name).Count(t)
		case "walk":
			t.Step(find, &lock, nil)
			table.Read(t)
		}
	}
	for _, x := range []struct {
		a, b         [2]string
		want, single int64
	}{
		{[2]string{"insert", "net0"}, [2]string{"insert", "net1"}, 1, 2},
		{[2]string{"insert", "net0"}, [2]string{"insert", "net0"}, 2, 2},
		{[2]string{"find", "net0"}, [2]string{"insert", "net0"}, 2, 2},
		{[2]string{"find", "net0"}, [2]string{"insert", "net1"}, 1, 2},
		{[2]string{"count", "net0"}, [2]string{"count", "net0"}, 1, 2},
		{[2]string{"count", "net0"}, [2]string{"find", "net0"}, 2, 2},
		{[2]string{"walk", ""}, [2]string{"insert", "net1"}, 2, 2},
	} {
		body := func(t *sim.Thread) {
			t.World().Register(&lock, "leaf", "", 0, nil)
			table.InitLeaf(t.World(), "table")
			t.Fork("a", 0, func(t *sim.Thread) { do(t, x.a[0], x.a[1]) })
			t.Fork("b", 0, func(t *sim.Thread) { do(t, x.b[0], x.b[1]) })
		}
		if c := explore(t, new(dpor.Search), body, nil); c.Executions != x.want {
			t.Errorf("%v and %v: %d executions, want %d", x.a, x.b, c.Executions, x.want)
		}
		if c := explore(t, &dpor.Search{Single: true}, body, nil); c.Executions != x.single {
			t.Errorf("%v and %v: %d executions of single operations, want %d", x.a, x.b, c.Executions, x.single)
		}
	}
}
