// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The bound is what it says: n schedules miss a bug of that probability in 5 % of the cases,
// and for many schedules it is the rule of three.
func TestBugBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1e12).Draw(t, "whole")
		r := Result{Schedules: n + 7, Unknowns: 3, Ignored: 4}
		p := r.BugBound()
		if missed := math.Exp(float64(n) * math.Log1p(-p)); math.Abs(missed-0.05) > 1e-6 {
			t.Fatalf("a bug of probability %g is missed with %g", p, missed)
		}
		if n > 100 && math.Abs(p*float64(n)/3-1) > 0.02 {
			t.Fatalf("%g after %d schedules, want about 3/n", p, n)
		}
	})
	if p := new(Result).BugBound(); p != 1 {
		t.Errorf("%g after no schedule", p)
	}
}

func TestUnseen(t *testing.T) {
	r := Result{Schedules: 1000, Saturation: 0.96}
	if u, exact := r.Unseen(); math.Abs(u-0.04) > 1e-9 || !exact {
		t.Errorf("%g, exact %v", u, exact)
	}
	r.Saturation = 1
	if u, exact := r.Unseen(); math.Abs(u-0.003) > 0.0001 || exact {
		t.Errorf("%g, exact %v", u, exact)
	}
}

// Good and Turing's estimate is near the truth: interleavings are drawn from a known
// distribution, and what has not been drawn is summed up.
func TestSaturationIsNearTheTruth(t *testing.T) {
	const classes, draws = 3000, 4000
	weight := func(i int) float64 { return 1 / float64(i+10) }
	total := 0.0
	for i := range classes {
		total += weight(i)
	}
	for seed := range int64(5) {
		var d distinct
		seen := make(map[int]bool)
		for n := range int64(draws) {
			x := float64(ScheduleSeed(uint64(seed), n)>>11) / (1 << 53) * total
			i := 0
			for ; x >= weight(i) && i < classes-1; i++ {
				x -= weight(i)
			}
			seen[i] = true
			d.add(uint64(i))
		}
		unseen := 0.0
		for i := range classes {
			if !seen[i] {
				unseen += weight(i) / total
			}
		}
		// The standard error of the estimate is below 2 sqrt(once)/draws, here 0.015.
		if got := 1 - d.saturation(); math.Abs(got-unseen) > 0.03 {
			t.Errorf("seed %d: %.3f of the schedules would be new, estimated %.3f", seed, unseen, got)
		}
	}
}
