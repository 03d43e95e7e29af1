// SPDX-License-Identifier: CDDL-1.0

package strategy_test

import (
	"testing"

	"dlsim/sim"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// gone makes a body with four threads, one of which is picked first; before, between and
// after them n threads each were made and have ended.
func gone(n int, first func(rank int)) func(*sim.Thread) {
	return func(t *sim.Thread) {
		w := t.World()
		w.Sequential(true)
		num, started := 0, false
		var here [4]*sim.Thread
		idle := func() {
			for range n {
				num++
				t.Join(t.SpawnN("gone", num, func(*sim.Thread) {}))
			}
		}
		for rank := range here {
			idle()
			here[rank] = t.Fork("here", rank+1, func(*sim.Thread) {
				if !started {
					started = true
					first(rank)
				}
			})
			w.Disable(here[rank])
		}
		idle()
		for _, u := range here {
			w.Enable(u)
		}
		w.Sequential(false)
	}
}

// TestPicksDoNotDependOnThreadsThatEnded expects every enabled thread to be equally likely,
// however many were made before it, and ended.
func TestPicksDoNotDependOnThreadsThatEnded(t *testing.T) {
	w := sim.New()
	defer w.Close()
	for name, with := range map[string]func(seed uint64) sim.Strategy{
		"random": func(seed uint64) sim.Strategy { return &strategy.Random{Seed: seed} },
		"pct":    func(seed uint64) sim.Strategy { return &strategy.PCT{Seed: seed, Depth: 1} },
		"pos":    func(seed uint64) sim.Strategy { return &strategy.POS{Seed: seed} },
		"surw":   func(seed uint64) sim.Strategy { return &strategy.SURW{Seed: seed} },
	} {
		for _, n := range []int{0, 1, 40} {
			counts := make([]int, 4)
			body := gone(n, func(rank int) { counts[rank]++ })
			for seed := range uint64(simtest.Fewer(2000)) {
				if r := w.Run(sim.Config{}, with(seed), body); r.Outcome != sim.Passed {
					t.Fatalf("%+v", r.Failure)
				}
			}
			if x := chiSquare(counts); x > critical[3] {
				t.Errorf("%s, %d ended between: %v, chi-square %.1f > %.1f (3 degrees, p = 0.001)",
					name, n, counts, x, critical[3])
			}
		}
	}
}
