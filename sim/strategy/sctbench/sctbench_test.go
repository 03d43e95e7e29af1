// SPDX-License-Identifier: CDDL-1.0

package sctbench

import (
	"testing"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/simtest"
)

// TestSURWFindsAll expects surw to find every bug within 10,000 schedules. It is the small
// version of TestTable.
func TestSURWFindsAll(t *testing.T) {
	for _, b := range All() {
		for seed := range uint64(3) {
			if n := schedules(t, b, "surw", seed); n == 0 {
				t.Errorf("%s, seed %d: not found", b.Name, seed)
			}
		}
	}
}

// TestRepaired samples every repaired program and expects no failure, with as many threads as
// it says.
func TestRepaired(t *testing.T) {
	for _, b := range All() {
		n := int64(simtest.Fewer(10_000))
		if b.Threads > 5 {
			n = min(n, 1000)
		}
		r := campaign(t, b.Program(true), explore.Config{Strategy: "auto", Schedules: n, Seed: 1})
		if r.Verdict != explore.Expected || r.Schedules != n {
			t.Errorf("%s: %s after %d schedules, %d violations", b.Name, r.Verdict, r.Schedules,
				len(r.Violations))
			for _, v := range r.Violations {
				t.Log(v.Signature)
			}
		}
		runner := b.Program(true).NewRunner(nil)
		runner.Run(sim.Config{}, first{})
		if threads := runner.World().NumThreads(); threads != b.Threads {
			t.Errorf("%s has %d threads, not %d", b.Name, threads, b.Threads)
		}
		runner.Close()
	}
}

// first always lets the oldest thread go on.
type first struct{}

func (first) Begin(*sim.World)                                {}
func (first) Pick(w *sim.World, _ *sim.Thread) int            { return w.Enabled().At(0) }
func (first) Choose(*sim.World, *sim.Thread, int, string) int { return 0 }

// schedulesMax is how many schedules a trial has to find the bug.
const schedulesMax = 10_000

// schedules returns how many schedules of a campaign it takes to the first failure, those
// from which the strategy learns included; 0 if it is not found.
func schedules(t *testing.T, b Benchmark, strategy string, seed uint64) int64 {
	t.Helper()
	r := campaign(t, b.Program(false), explore.Config{
		Strategy: strategy, Depth: 3, Schedules: schedulesMax, Seed: seed, FailFast: true,
	})
	if len(r.Violations) == 0 {
		return 0
	}
	return r.Violations[0].First + 1
}

func campaign(t *testing.T, p explore.Program, cfg explore.Config) *explore.Result {
	t.Helper()
	r, err := explore.Explore(t.Context(), p, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
