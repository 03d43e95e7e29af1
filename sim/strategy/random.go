// SPDX-License-Identifier: CDDL-1.0

// Package strategy holds the search strategies, one to a file. A strategy sees threads
// only by number and by the kind, object and access of what they would do next.
package strategy

import "dlsim/sim"

// Random is the random walk: at each choice every enabled thread is equally likely.
type Random struct {
	Seed     uint64
	schedule sim.Stream
	values   sim.Stream
}

// Begin implements sim.Strategy: the schedule is a pure function of Seed.
func (r *Random) Begin(*sim.World) {
	r.schedule.Seed(r.Seed, "schedule")
	r.values.Seed(r.Seed, "faults")
}

// Pick implements sim.Strategy.
func (r *Random) Pick(w *sim.World, _ *sim.Thread) int {
	e := w.Enabled()
	return e.At(r.schedule.IntN(e.Len()))
}

// Choose implements sim.Strategy: every value is equally likely.
func (r *Random) Choose(_ *sim.World, _ *sim.Thread, n int, _ string) int {
	return r.values.IntN(n)
}
