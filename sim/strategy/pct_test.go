// SPDX-License-Identifier: CDDL-1.0

package strategy_test

import (
	"math"
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"
)

// The bugs below are constructed to have a known depth: the number of ordering constraints
// between steps of different threads that a schedule must meet to show them.

// depth1 fails iff b runs before a: one constraint, met by priorities alone.
func depth1() func(*sim.Thread) {
	var x ksync.Var[int]
	return program(
		func(t *sim.Thread) { x.Init(t.World(), nil, "x", "", 0); x.Poke(0) },
		func(t *sim.Thread) { work(t, 5); x.Store(t, 1); work(t, 5) },
		func(t *sim.Thread) { bugIf(t, x.Load(t) == 0); work(t, 5) },
	)
}

// depth2 fails iff b runs whole between two adjacent steps of a, somewhere in the middle of
// a: it must be preempted right there.
func depth2() func(*sim.Thread) {
	var x ksync.Var[int]
	return program(
		func(t *sim.Thread) { x.Init(t.World(), nil, "x", "", 0); x.Poke(0) },
		func(t *sim.Thread) { work(t, 5); x.Store(t, 1); x.Store(t, 0); work(t, 5) },
		func(t *sim.Thread) { bugIf(t, x.Load(t) == 1) },
	)
}

// depth3 fails iff a is preempted between its stores, b then between its own, and a has
// gone on in between: two preemptions at given places.
func depth3() func(*sim.Thread) {
	var x, y ksync.Var[int]
	return program(
		func(t *sim.Thread) {
			x.Init(t.World(), nil, "x", "", 0)
			y.Init(t.World(), nil, "y", "", 0)
			x.Poke(0)
			y.Poke(0)
		},
		func(t *sim.Thread) {
			work(t, 2)
			x.Store(t, 1)
			bugIf(t, y.Load(t) == 1)
			x.Store(t, 0)
			work(t, 2)
		},
		func(t *sim.Thread) {
			if x.Load(t) == 1 { // a was preempted after its first store
				y.Store(t, 1)
				y.Store(t, 0) // and b must be before this one
			}
			work(t, 2)
		},
	)
}

func work(t *sim.Thread, n int) {
	for range n {
		t.Yield()
	}
}

func bugIf(t *sim.Thread, found bool) {
	if found {
		t.Fail(sim.KindPanic, "constructed bug", "found")
	}
}

// hits returns how many of n schedules of PCT find the bug, and the most picks that any
// schedule made.
func hits(t *testing.T, body func(*sim.Thread), depth, picks, n int) (found, most int) {
	w := sim.New()
	defer w.Close()
	for seed := range uint64(n) {
		r := w.Run(sim.Config{}, &strategy.PCT{Seed: seed, Depth: depth, Picks: picks}, body)
		most = max(most, r.Picks)
		switch r.Outcome {
		case sim.Failed:
			found++
		case sim.Unknown:
			t.Fatal("step limit")
		}
	}
	return found, most
}

// TestPCTBound measures how often PCT of depth d finds a bug of depth d and compares with
// the guarantee 1/(n k^(d-1)), n threads and k choices, less three standard deviations.
func TestPCTBound(t *testing.T) {
	const schedules = 40_000
	for d, body := range map[int]func(*sim.Thread){1: depth1(), 2: depth2(), 3: depth3()} {
		_, k := hits(t, body, 1, 1, 1000)
		found, most := hits(t, body, d, k, schedules)
		if most > k {
			k = most
			found, _ = hits(t, body, d, k, schedules)
		}
		const n = 3 // main and two threads
		bound := 1 / (n * math.Pow(float64(k), float64(d-1)))
		margin := 3 * math.Sqrt(bound*(1-bound)/schedules)
		freq := float64(found) / schedules
		t.Logf("depth %d: k = %d, found in %.4f of the schedules, guaranteed %.4f", d, k, freq, bound)
		if freq < bound-margin {
			t.Errorf("depth %d: found in %.5f of the schedules, less than %.5f - %.5f", d, freq, bound, margin)
		}
	}
}

// TestPCTNeedsItsDepth expects that bugs which need preemptions are out of reach of a depth
// with fewer change points.
func TestPCTNeedsItsDepth(t *testing.T) {
	if n, _ := hits(t, depth2(), 1, 1, 5000); n > 0 {
		t.Errorf("depth 1 found a bug of depth 2 in %d of 5000 schedules", n)
	}
	_, k := hits(t, depth3(), 1, 1, 100)
	if n, _ := hits(t, depth3(), 1, k, 5000); n > 0 {
		t.Errorf("depth 1 found a bug of depth 3 in %d of 5000 schedules", n)
	}
	if n, _ := hits(t, depth3(), 2, k, 20_000); n > 0 {
		t.Errorf("depth 2 found a bug of depth 3 in %d of 20,000 schedules", n)
	}
}

// TestForcedStepsDoNotCount expects steps at which one thread alone can run not to spend
// change points: long forced stretches leave k, and so the guarantee, as they were.
func TestForcedStepsDoNotCount(t *testing.T) {
	body := func(forced int) func(*sim.Thread) {
		inner := depth2()
		return func(t *sim.Thread) {
			work(t, forced)
			inner(t)
			work(t, forced)
		}
	}
	short, k := hits(t, body(0), 2, 14, 4000)
	long, kLong := hits(t, body(500), 2, 14, 4000)
	if short != long || k != kLong {
		t.Errorf("without forced steps %d hits and k = %d, with 1000 of them %d and %d", short, k, long, kLong)
	}
}

// TestPCTPrioritiesAreUniform expects each order of three threads to be equally likely.
func TestPCTPrioritiesAreUniform(t *testing.T) {
	w := sim.New()
	defer w.Close()
	counts := make(map[string]int)
	order := ""
	body := program(func(*sim.Thread) { order = "" },
		func(t *sim.Thread) { t.Yield(); order += "a" },
		func(t *sim.Thread) { t.Yield(); order += "b" },
		func(t *sim.Thread) { t.Yield(); order += "c" })
	for seed := range uint64(6000) {
		w.Run(sim.Config{}, &strategy.PCT{Seed: seed, Depth: 1}, body)
		counts[order]++
	}
	var list []int
	for _, n := range counts {
		list = append(list, n)
	}
	if x := chiSquare(list); len(list) != 6 || x > critical[5] {
		t.Errorf("orders %v: chi-square %.1f > %.1f (5 degrees, p = 0.001)", counts, x, critical[5])
	}
}
