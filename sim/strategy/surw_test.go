// SPDX-License-Identifier: CDDL-1.0

package strategy_test

import (
	"math"
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"
)

// profile returns the profile of one random walk of body.
func profile(body func(*sim.Thread)) *strategy.Profile {
	p := &strategy.Profiler{Strategy: &strategy.Random{Seed: 1}}
	run(p, body)
	return p.Tally.Profile()
}

// TestSURWIsUniformOverTheSelected expects all orders of the accesses to one variable to be
// equally likely, whatever else the threads do before, between and after them. A random walk
// is far from that.
func TestSURWIsUniformOverTheSelected(t *testing.T) {
	for _, test := range []struct {
		words    []string
		orders   int
		lopsided bool // a walk misses half of the orders
	}{
		{[]string{"XXX", "XXX"}, 20, false},
		{[]string{"XX", "XX", "XX"}, 90, false},
		{[]string{".........XX", "X........X", "XX......"}, 90, false},
		{[]string{"XXXXX", "X"}, 6, false},
		{[]string{"............................XX", "X.....................X", "XX............"}, 90, true},
	} {
		order := ""
		body := race(func(i int) { order += string(rune('a' + i)) }, test.words...)
		seen := func(s sim.Strategy, seed func(uint64)) map[string]int {
			w := sim.New()
			defer w.Close()
			counts := make(map[string]int)
			for i := range uint64(100 * test.orders) {
				seed(i)
				order = ""
				w.Run(sim.Config{}, s, body)
				counts[order]++
			}
			return counts
		}
		s := &strategy.SURW{Profile: profile(body)}
		uniform(t, seen(s, func(i uint64) { s.Seed = i }), test.orders)
		if test.lopsided {
			r := new(strategy.Random)
			if n := len(seen(r, func(i uint64) { r.Seed = i })); n > test.orders/2 {
				t.Errorf("%v: a random walk shows %d of %d orders", test.words, n, test.orders)
			}
		}
	}
}

// TestSURWChildrenCountForTheirParent expects the same when threads are made one after the
// other, while the first ones run: operations of threads to come count for who makes them.
func TestSURWChildrenCountForTheirParent(t *testing.T) {
	var x ksync.Var[int]
	order := ""
	twice := func(name string) func(*sim.Thread) {
		return func(t *sim.Thread) {
			for range 2 {
				x.Store(t, 1)
				order += name
			}
		}
	}
	body := func(t *sim.Thread) {
		order = ""
		x.Init(t.World(), nil, "x", "", 0)
		a := t.Spawn("a", twice("a"))
		b := t.Spawn("b", func(t *sim.Thread) {
			c := t.Spawn("c", twice("c"))
			t.Join(c)
		})
		t.Yield()
		d := t.Spawn("d", twice("d"))
		for _, u := range []*sim.Thread{a, b, d} {
			t.Join(u)
		}
	}
	s := &strategy.SURW{Profile: profile(body)}
	w := sim.New()
	defer w.Close()
	counts := make(map[string]int)
	for i := range uint64(9000) {
		s.Seed = i
		w.Run(sim.Config{}, s, body)
		counts[order]++
	}
	uniform(t, counts, 90)
}

// TestSURWDrawsObjectsByTheirOperations expects each object to be the one of interest as
// often as its share of the operations says: x has six, y two, and z, which is only read, is
// never chosen.
func TestSURWDrawsObjectsByTheirOperations(t *testing.T) {
	body := race(func(int) {}, "XXXY", "XXXYz", "z")
	s := &strategy.SURW{Profile: profile(body)}
	w := sim.New()
	defer w.Close()
	const n = 4000
	counts := make(map[string]float64)
	for i := range uint64(n) {
		s.Seed = i
		w.Run(sim.Config{}, s, body)
		counts[s.Target().Class]++
	}
	if dev := math.Abs(counts["y"] - n/4); dev > 4*math.Sqrt(n*3/16) || counts["x"]+counts["y"] != n {
		t.Errorf("chosen %v", counts)
	}
}

// TestSURWLetsGo expects a thread that is held back to go on when the one that should come
// first waits for it, by asking again and again.
func TestSURWLetsGo(t *testing.T) {
	var x, flag ksync.Var[int]
	body := program(
		func(t *sim.Thread) {
			x.Init(t.World(), nil, "x", "", 0)
			flag.Init(t.World(), nil, "flag", "", 0)
			flag.Poke(0)
		},
		func(t *sim.Thread) { x.Store(t, 1); flag.Store(t, 1) },
		func(t *sim.Thread) {
			for flag.Load(t) == 0 {
				t.Yield()
			}
			x.Store(t, 2)
		})
	for seed := range uint64(200) {
		r := run(&strategy.SURW{Seed: seed, Profile: profile(body)}, body)
		if r.Outcome != sim.Passed {
			t.Fatalf("seed %d: %v after %d steps", seed, r.Outcome, r.Steps)
		}
	}
}
