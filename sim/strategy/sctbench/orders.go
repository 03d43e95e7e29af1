// SPDX-License-Identifier: CDDL-1.0

package sctbench

import (
	"fmt"

	"dlsim/sim"
	"dlsim/sim/ksync"
)

// orders returns the programs whose threads are right in some orders only.
func orders() []Benchmark {
	list := []Benchmark{
		{
			Name: "account", Threads: 4, Bug: "the check after both transfers has a sign wrong",
			Published: published(mean(6), mean(4), mean(4), mean(18)), make: account,
		},
		{
			Name: "lazy01", Threads: 4, Bug: "a reader that comes last finds the sum it calls impossible",
			Published: published(mean(2), mean(5), mean(5), mean(21)), make: lazy,
		},
		{
			Name: "token_ring", Threads: 5, Bug: "three copies in a ring, right in one order only",
			Published: published(mean(8), mean(8), mean(9), mean(13)), make: tokenRing,
		},
	}
	for _, x := range []struct {
		n, setters, checkers int
		published            map[string]Figure
	}{
		{3, 2, 1, published(mean(7), mean(185), mean(86), never())},
		{5, 4, 1, published(mean(10), mean(647), mean(2169), never())},
		{10, 9, 1, published(mean(17), part(3225), never(), never())},
		{20, 10, 10, published(mean(6), mean(3005), never(), never())},
	} {
		list = append(list, Benchmark{
			Name: fmt.Sprintf("reorder_%d", x.n), Threads: x.setters + x.checkers + 1,
			Bug:       "a pair of variables is seen half written",
			Published: x.published,
			make: func(repaired bool) func(*sim.Thread) {
				return reorder(x.setters, x.checkers, repaired)
			},
		})
	}
	return list
}

func account(repaired bool) func(*sim.Thread) {
	const opening, deposit, withdrawal = 100, 30, 50
	var m ksync.Mutex
	var balance, deposited, withdrawn ksync.Var[int]
	want := opening - deposit - withdrawal
	if repaired {
		want = opening + deposit - withdrawal
	}
	move := func(n int, done *ksync.Var[int]) func(*sim.Thread) {
		return func(t *sim.Thread) {
			m.Enter(t)
			add(t, &balance, n)
			done.Store(t, 1)
			m.Exit(t)
		}
	}
	checker := func(t *sim.Thread) {
		m.Enter(t)
		if deposited.Load(t) == 1 && withdrawn.Load(t) == 1 {
			assert(t, balance.Load(t) == want, "balance")
		}
		m.Exit(t)
	}
	return func(t *sim.Thread) {
		mutex(t, &m, "m")
		variable(t, &balance, "balance", 0, opening)
		variable(t, &deposited, "deposited", 0, 0)
		variable(t, &withdrawn, "withdrawn", 0, 0)
		all(t, move(deposit, &deposited), move(-withdrawal, &withdrawn), checker)
	}
}

func lazy(repaired bool) func(*sim.Thread) {
	var m ksync.Mutex
	var data ksync.Var[int]
	least := 3
	if repaired {
		least = 4
	}
	plus := func(n int) func(*sim.Thread) {
		return func(t *sim.Thread) {
			m.Enter(t)
			add(t, &data, n)
			m.Exit(t)
		}
	}
	reader := func(t *sim.Thread) {
		m.Enter(t)
		assert(t, data.Load(t) < least, "data")
		m.Exit(t)
	}
	return func(t *sim.Thread) {
		mutex(t, &m, "m")
		variable(t, &data, "data", 0, 0)
		all(t, plus(1), plus(2), reader)
	}
}

func tokenRing(repaired bool) func(*sim.Thread) {
	var m ksync.Mutex
	var x, done [3]ksync.Var[int]
	// pass makes x[i] what comes after x[i-1]; repaired, only once that is there.
	pass := func(i, step int) func(*sim.Thread) {
		from := (i + 2) % 3
		return func(t *sim.Thread) {
			m.Enter(t)
			if !repaired || i == 0 || done[from].Load(t) == 1 {
				x[i].Store(t, (x[from].Load(t)+step)%4)
				done[i].Store(t, 1)
			}
			m.Exit(t)
		}
	}
	checker := func(t *sim.Thread) {
		m.Enter(t)
		if done[0].Load(t) == 1 && done[1].Load(t) == 1 && done[2].Load(t) == 1 {
			assert(t, x[0].Load(t) == x[1].Load(t) && x[1].Load(t) == x[2].Load(t), "x1, x2, x3")
		}
		m.Exit(t)
	}
	return func(t *sim.Thread) {
		mutex(t, &m, "m")
		for i, value := range []int{1, 2, 1} {
			variable(t, &x[i], "x", i+1, value)
			variable(t, &done[i], "done", i+1, 0)
		}
		all(t, pass(0, 1), pass(1, 0), pass(2, 0), checker)
	}
}

func reorder(setters, checkers int, repaired bool) func(*sim.Thread) {
	var m ksync.Mutex
	var a, b ksync.Var[int]
	guarded := func(f func(*sim.Thread)) func(*sim.Thread) {
		if !repaired {
			return f
		}
		return func(t *sim.Thread) {
			m.Enter(t)
			f(t)
			m.Exit(t)
		}
	}
	set := guarded(func(t *sim.Thread) {
		a.Store(t, 1)
		b.Store(t, -1)
	})
	check := guarded(func(t *sim.Thread) {
		untouched := a.Load(t) == 0 && b.Load(t) == 0
		assert(t, untouched || a.Load(t) == 1 && b.Load(t) == -1, "a and b")
	})
	threads := append(copies(setters, set), copies(checkers, check)...)
	return func(t *sim.Thread) {
		mutex(t, &m, "m")
		variable(t, &a, "a", 0, 0)
		variable(t, &b, "b", 0, 0)
		all(t, threads...)
	}
}
