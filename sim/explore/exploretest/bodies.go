// SPDX-License-Identifier: CDDL-1.0

package exploretest

import (
	"fmt"

	"dlsim/sim"
	"dlsim/sim/kmem"
	"dlsim/sim/ksync"
)

// all spawns the threads, named in order, and joins them.
func all(t *sim.Thread, names []string, fns ...func(*sim.Thread)) {
	threads := make([]*sim.Thread, len(fns))
	for i, fn := range fns {
		threads[i] = t.Spawn(names[i], fn)
	}
	for _, u := range threads {
		t.Join(u)
	}
}

func counter() func(*sim.Thread) {
	var mu ksync.Mutex
	add := func(t *sim.Thread) {
		for range 3 {
			mu.Enter(t)
			mu.Exit(t)
		}
	}
	return func(t *sim.Thread) {
		mu.Init(t.World(), nil, "count_lock", "", 0)
		all(t, []string{"a", "b", "c"}, add, add, add)
	}
}

func philosophers() func(*sim.Thread) {
	var forks [3]ksync.Mutex
	eat := func(i int) func(*sim.Thread) {
		return func(t *sim.Thread) { dine(t, &forks[i], &forks[(i+1)%3]) }
	}
	return func(t *sim.Thread) {
		for i := range forks {
			forks[i].Init(t.World(), nil, "fork", "", i+1)
		}
		all(t, []string{"plato", "kant", "hume"}, eat(0), eat(1), eat(2))
	}
}

func dine(t *sim.Thread, left, right *ksync.Mutex) {
	left.Enter(t)
	right.Enter(t)
	right.Exit(t)
	left.Exit(t)
}

func crowd() func(*sim.Thread) {
	var outer, inner ksync.Mutex
	inOrder := func(t *sim.Thread) {
		for range 5 {
			dine(t, &outer, &inner)
		}
	}
	reversed := func(t *sim.Thread) {
		inOrder(t)
		dine(t, &inner, &outer)
	}
	return func(t *sim.Thread) {
		outer.Init(t.World(), nil, "i_outer_lock", "", 0)
		inner.Init(t.World(), nil, "i_inner_lock", "", 0)
		fns := []func(*sim.Thread){reversed, reversed}
		names := []string{"reversed/1", "reversed/2"}
		for i := range 7 {
			fns = append(fns, inOrder)
			names = append(names, fmt.Sprintf("in_order/%d", i+1))
		}
		all(t, names, fns...)
	}
}

func lostWakeup() func(*sim.Thread) { return lostWakeupWith(false, false) }

// Two edits of lostWakeup that have nothing to do with its bug: a lock that is taken before
// there are other threads, and one that a thread takes for itself.
func lostWakeupAside() func(*sim.Thread)  { return lostWakeupWith(true, false) }
func lostWakeupInside() func(*sim.Thread) { return lostWakeupWith(false, true) }

func lostWakeupWith(aside, inside bool) func(*sim.Thread) {
	var mu, own ksync.Mutex
	var cv ksync.Cond
	use := func(t *sim.Thread) {
		own.Enter(t)
		own.Exit(t)
	}
	wait := func(t *sim.Thread) {
		if inside {
			use(t)
		}
		mu.Enter(t)
		cv.Wait(t, &mu) // without looking whether it is ready already
		mu.Exit(t)
	}
	wake := func(t *sim.Thread) {
		mu.Enter(t)
		cv.Signal(t)
		mu.Exit(t)
	}
	return func(t *sim.Thread) {
		mu.Init(t.World(), nil, "ready_lock", "", 0)
		cv.Init(t.World(), nil, "ready_cv", "", 0)
		own.Init(t.World(), nil, "own_lock", "", 0)
		if aside {
			use(t)
		}
		all(t, []string{"waiter", "waker"}, wait, wake)
	}
}

type packet struct {
	mu  ksync.Mutex
	len ksync.Var[int]
}

func packetType() *kmem.Type[packet] {
	return &kmem.Type[packet]{
		Cache: "packet_cache", What: "packet_t",
		Register: func(w *sim.World, p *packet, life *sim.Life, num int) {
			p.mu.Init(w, life, "p_lock", "", num)
			p.len.Init(w, life, "p_len", "", num)
		},
	}
}

func useAfterFree() func(*sim.Thread) {
	var cache kmem.Cache[packet]
	var shared kmem.Ptr[packet]
	typ := packetType()
	read := func(t *sim.Thread) {
		shared.At(t).mu.Enter(t)
		shared.At(t).len.Get(t)
		shared.At(t).mu.Exit(t)
	}
	drop := func(t *sim.Thread) { cache.Free(t, shared) }
	return func(t *sim.Thread) {
		cache.Init(t.World(), typ)
		shared = cache.Alloc(t)
		all(t, []string{"reader", "dropper"}, read, drop)
	}
}

func verify() func(*sim.Thread) {
	var refs ksync.Var[int]
	hold := func(t *sim.Thread) {
		n := refs.Load(t)
		refs.Store(t, n+1)
		if refs.Load(t) == 0 {
			t.Fail(sim.KindPanic, "VERIFY(refs > 0)", "VERIFY(refs > 0) failed: refs is 0")
		}
		refs.Store(t, 0)
	}
	return func(t *sim.Thread) {
		refs.Init(t.World(), nil, "refs", "", 0)
		refs.Poke(0)
		all(t, []string{"first", "second"}, hold, hold)
	}
}

func stale() func(*sim.Thread) {
	var a, b ksync.Var[int]
	set := func(v int) func(*sim.Thread) {
		return func(t *sim.Thread) {
			a.Store(t, v)
			b.Store(t, v)
		}
	}
	return func(t *sim.Thread) {
		a.Init(t.World(), nil, "table_a", "", 0)
		b.Init(t.World(), nil, "table_b", "", 0)
		all(t, []string{"one", "two"}, set(1), set(2))
		if a.Peek() != b.Peek() {
			t.Fail(sim.KindStale, "table_a and table_b",
				"table_a and table_b disagree at quiescence")
		}
	}
}

// backoff takes locks by trying, which is made of variables here.
func backoff() func(*sim.Thread) {
	var taken [2]ksync.Var[bool]
	try := func(t *sim.Thread, i int) bool {
		free := !taken[i].Load(t)
		taken[i].Poke(true) // in the same step
		return free
	}
	both := func(first, second int) func(*sim.Thread) {
		return func(t *sim.Thread) {
			for {
				if !try(t, first) {
					continue
				}
				if try(t, second) {
					return
				}
				taken[first].Store(t, false)
			}
		}
	}
	return func(t *sim.Thread) {
		for i := range taken {
			taken[i].Init(t.World(), nil, "taken", "", i+1)
			taken[i].Poke(false)
		}
		all(t, []string{"a", "b"}, both(0, 1), both(1, 0))
	}
}

func patience() func(*sim.Thread) {
	var flag ksync.Var[bool]
	poll := func(t *sim.Thread) {
		for !flag.Load(t) {
		}
	}
	set := func(t *sim.Thread) {
		for range 30 {
			t.Yield()
		}
		flag.Store(t, true)
	}
	return func(t *sim.Thread) {
		flag.Init(t.World(), nil, "flag", "", 0)
		flag.Poke(false)
		all(t, []string{"poller", "setter"}, poll, set)
	}
}

func spin() func(*sim.Thread) {
	var flag ksync.Var[bool]
	poll := func(t *sim.Thread) {
		for !flag.Load(t) {
		}
	}
	unset := func(t *sim.Thread) { flag.Store(t, false) }
	return func(t *sim.Thread) {
		flag.Init(t.World(), nil, "flag", "", 0)
		all(t, []string{"poller", "setter"}, poll, unset)
	}
}

func mixed() func(*sim.Thread) {
	deadly, freeing := philosophers(), useAfterFree()
	return func(t *sim.Thread) {
		freeing(t)
		deadly(t)
	}
}
