// SPDX-License-Identifier: CDDL-1.0

package shrink

import (
	"dlsim/sim"
	"dlsim/sim/strategy"
)

// astray follows a schedule and takes another turn now and then, once in odds decisions.
type astray struct {
	*steer
	random sim.Stream
	odds   int
}

// Pick implements sim.Strategy.
func (a *astray) Pick(w *sim.World, cur *sim.Thread) int {
	id := a.steer.Pick(w, cur)
	if a.random.IntN(a.odds) == 0 {
		return w.Enabled().At(a.random.IntN(w.Enabled().Len()))
	}
	return id
}

// reverse follows a schedule, but holds one thread back from a step on until another one has
// done so many.
type reverse struct {
	*steer
	random        *strategy.Random // instead of the schedule, if not nil
	first, second int              // ids: who is held back for whom
	from, until   int              // numbers of steps
}

// Begin implements sim.Strategy.
func (r *reverse) Begin(w *sim.World) {
	r.steer.Begin(w)
	if r.random != nil {
		r.random.Begin(w)
	}
}

// Pick implements sim.Strategy.
func (r *reverse) Pick(w *sim.World, cur *sim.Thread) int {
	id := r.steer.Pick(w, cur)
	if r.random != nil {
		id = r.random.Pick(w, cur)
	}
	if id != r.first || w.Thread(id).Steps() < r.from {
		return id
	}
	e := w.Enabled()
	switch second := r.second < w.NumThreads(); {
	case second && w.Thread(r.second).Steps() >= r.until:
		return id
	case second && e.Has(r.second):
		return r.second
	}
	best := -1
	for other := e.Next(-1); other >= 0; other = e.Next(other) {
		if other != r.first && (best < 0 || r.last[other] > r.last[best]) {
			best = other
		}
	}
	return best
}

// Choose implements sim.Strategy.
func (r *reverse) Choose(w *sim.World, t *sim.Thread, n int, label string) int {
	if r.random != nil {
		return r.random.Choose(w, t, n, label)
	}
	return r.steer.Choose(w, t, n, label)
}
