// SPDX-License-Identifier: CDDL-1.0

package sctbench

import (
	"testing"

	"dlsim/sim"
	"dlsim/sim/strategy/dpor"
)

// TestRepairedAreProved goes through all executions of the repaired programs of at most five
// threads, up to the order of operations that commute, and expects none to fail. In the
// programs with the bug the same search finds it. With -short the largest are left out.
func TestRepairedAreProved(t *testing.T) {
	threadsMax := 5
	if testing.Short() {
		threadsMax = 3
	}
	for _, b := range All() {
		if b.Threads > threadsMax {
			continue
		}
		if n, failed := search(t, b, true); failed != nil {
			t.Errorf("%s, repaired: execution %d fails: %s", b.Name, n, failed.Message)
		} else {
			t.Logf("%s, repaired: %d executions, none fails", b.Name, n)
		}
		if n, failed := search(t, b, false); failed == nil {
			t.Errorf("%s: none of %d executions fails", b.Name, n)
		}
	}
}

// search goes through the executions until one fails, and returns how many it ran and that
// failure.
func search(t *testing.T, b Benchmark, repaired bool) (int, *sim.Failure) {
	runner := b.Program(repaired).NewRunner(nil)
	defer runner.Close()
	s := new(dpor.Search)
	for n := 1; ; n++ {
		r := runner.Run(sim.Config{}, s)
		if r.Outcome == sim.Failed {
			return n, r.Failure
		}
		if !s.Next(r) {
			if err := s.Err(); err != nil {
				t.Fatalf("%s: %v", b.Name, err)
			}
			return n, nil
		}
	}
}
