// SPDX-License-Identifier: CDDL-1.0

package check_test

import (
	"slices"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// locks is what the programs of these tests lock.
type locks struct {
	a, b, c, gate ksync.Mutex
	rw            ksync.RWLock
	node          [2]ksync.Mutex
}

func (l *locks) init(w *sim.World) {
	l.a.Init(w, nil, "a", "", 0)
	l.b.Init(w, nil, "b", "", 0)
	l.c.Init(w, nil, "c", "", 0)
	l.gate.Init(w, nil, "gate", "", 0)
	l.rw.Init(w, nil, "rw", "", 0)
	for i := range l.node {
		l.node[i].Init(w, nil, "node", "", i+1)
	}
}

// both locks first and then second.
func both(first, second *ksync.Mutex) func(*sim.Thread) {
	return func(t *sim.Thread) {
		first.Enter(t)
		second.Enter(t)
		second.Exit(t)
		first.Exit(t)
	}
}

func within(gate *ksync.Mutex, do func(*sim.Thread)) func(*sim.Thread) {
	return func(t *sim.Thread) {
		gate.Enter(t)
		do(t)
		gate.Exit(t)
	}
}

// orderCases are programs with the cycles that they have: none, or for each its classes in the
// order of the threads and what speaks against it.
func orderCases(l *locks) []struct {
	name    string
	threads []func(*sim.Thread)
	want    string
} {
	read := func(do func(*sim.Thread)) func(*sim.Thread) {
		return func(t *sim.Thread) { l.rw.EnterRead(t); do(t); l.rw.Exit(t) }
	}
	one := func(m *ksync.Mutex) func(*sim.Thread) {
		return func(t *sim.Thread) { m.Enter(t); m.Exit(t) }
	}
	write := func(t *sim.Thread) { l.rw.EnterWrite(t); l.rw.Exit(t) }
	readInA := within(&l.a, read(func(*sim.Thread) {}))
	type f = func(*sim.Thread)
	return []struct {
		name    string
		threads []f
		want    string
	}{
		{"opposite orders", []f{both(&l.a, &l.b), both(&l.b, &l.a)}, "a b"},
		{"one order", []f{both(&l.a, &l.b), both(&l.a, &l.b)}, ""},
		{"one thread", []f{func(t *sim.Thread) { both(&l.a, &l.b)(t); both(&l.b, &l.a)(t) }}, ""},
		{"three", []f{both(&l.a, &l.b), both(&l.b, &l.c), both(&l.c, &l.a)}, "a b c"},
		{"gate", []f{within(&l.gate, both(&l.a, &l.b)), within(&l.gate, both(&l.b, &l.a))}, "a b guarded by gate"},
		{"gate of one", []f{within(&l.gate, both(&l.a, &l.b)), both(&l.b, &l.a)}, "a b"},
		{
			"gate that readers share",
			[]f{read(both(&l.a, &l.b)), read(both(&l.b, &l.a))},
			"a b",
		},
		{"two readers", []f{readInA, read(one(&l.a))}, ""},
		{"two readers and a writer", []f{readInA, read(one(&l.a)), write}, "a rw rw"},
		{
			"a writer that the gate keeps out",
			[]f{within(&l.gate, readInA), read(one(&l.a)), within(&l.gate, write)},
			"a rw rw guarded by gate",
		},
		{"two instances in one order", []f{both(&l.node[0], &l.node[1]), both(&l.node[0], &l.node[1])}, ""},
		{"two instances in both orders", []f{both(&l.node[0], &l.node[1]), both(&l.node[1], &l.node[0])}, "node node"},
		{
			"created after", []f{func(t *sim.Thread) {
				both(&l.a, &l.b)(t)
				t.Spawn("child", both(&l.b, &l.a))
			}}, "a b ordered",
		},
		{
			"created before", []f{func(t *sim.Thread) {
				t.Spawn("child", both(&l.b, &l.a))
				both(&l.a, &l.b)(t)
			}}, "a b",
		},
		{
			"joined before", []f{func(t *sim.Thread) {
				u := t.Spawn("child", both(&l.b, &l.a))
				t.Join(u)
				both(&l.a, &l.b)(t)
			}}, "a b ordered",
		},
	}
}

// TestCycles predicts cycles from schedules in which nothing happened.
func TestCycles(t *testing.T) {
	l := new(locks)
	for i := range orderCases(l) {
		c := &orderCases(l)[i]
		t.Run(c.name, func(t *testing.T) {
			var threads []simtest.Thread
			for j, run := range c.threads {
				threads = append(threads, simtest.Thread{Name: string(rune('p' + j)), Run: run})
			}
			g := graph(t, simtest.Program(l.init, threads...), 1) // one after the other
			var got []string
			for _, cycle := range g.Cycles() {
				got = append(got, describe(&cycle))
			}
			if s := strings.Join(got, ", "); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
		})
	}
}

func describe(c *check.Cycle) string {
	var classes []string
	for i := range c.Steps {
		classes = append(classes, c.Steps[i].Want.Class)
	}
	s := strings.Join(slices.Sorted(slices.Values(classes)), " ")
	if c.Guard != "" {
		s += " guarded by " + c.Guard
	}
	if c.Ordered {
		s += " ordered"
	}
	return s
}

// graph runs the program with n seeds and returns the acquisitions of the schedules that passed.
func graph(t *testing.T, program func(*sim.Thread), n int) *check.Graph {
	t.Helper()
	w := sim.New()
	defer w.Close()
	g, l := check.NewGraph(), check.NewLocks()
	l.Sites = sim.GoSite
	for seed := range uint64(n) {
		s := &strategy.PCT{Seed: seed, Depth: 1, Picks: 20}
		if r := w.Run(sim.Config{Detail: true, Locks: l, Monitor: new(check.Deadlock)}, s, program); r.Outcome != sim.Passed {
			t.Fatalf("%+v", r.Failure)
		}
		for i := range l.All() {
			g.Add(&l.All()[i], int64(seed))
		}
	}
	return g
}

// The same choices give the same steps whether or not somebody watches the locks.
func TestLocksChangeNothing(t *testing.T) {
	l := new(locks)
	program := simtest.Program(l.init,
		simtest.Thread{Name: "p", Run: within(&l.gate, both(&l.a, &l.b))},
		simtest.Thread{Name: "q", Run: within(&l.a, func(t *sim.Thread) { l.rw.EnterWrite(t); l.rw.Exit(t) })})
	var digests [2][]uint64
	for i, cfg := range []sim.Config{{}, {Locks: check.NewLocks()}} {
		simtest.All(t, cfg, 10_000, program, func(_ *sim.World, r sim.Result) {
			digests[i] = append(digests[i], r.Digest, r.Fingerprint)
		})
	}
	if len(digests[0]) < 100 || !slices.Equal(digests[0], digests[1]) {
		t.Errorf("%d and %d schedules, or other ones", len(digests[0])/2, len(digests[1])/2)
	}
}
