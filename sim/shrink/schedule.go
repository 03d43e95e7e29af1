// SPDX-License-Identifier: CDDL-1.0

package shrink

import "dlsim/sim/strategy"

// Effort bounds how many schedules are run for one purpose.
type Effort struct {
	Any     int // to find the target at all
	Fewer   int // to find it with fewer preemptions
	Shorter int // then to find a shorter one
	Break   int // to break one ordering
}

// Least is a schedule with as few preemptions and steps as were found.
type Least struct {
	*Schedule
	// Tried is the number of schedules with fewer preemptions that were run; All says that
	// there are no more of them, so that fewer do not suffice.
	Tried int
	All   bool
}

// Simplify leaves turns out for as long as the schedule stays the target: first preemptions,
// then any. It finds a local minimum in few schedules.
func (s *Search) Simplify(f *Schedule) *Schedule {
	for {
		before := f.Cost
		f = s.without(f, func(preempts bool) bool { return preempts }, func(c, best Cost) bool {
			return c.Preemptions < best.Preemptions
		})
		f = s.without(f, func(bool) bool { return true }, func(c, best Cost) bool {
			return c.Preemptions <= best.Preemptions && c.Turns < best.Turns
		})
		if f.Cost == before {
			return f
		}
	}
}

// without tries to do without those turns of f that loose says may go, where better says
// what is better.
func (s *Search) without(f *Schedule, loose func(preempts bool) bool, better func(c, best Cost) bool) *Schedule {
	var fixed, may []turn
	for i, t := range f.turns {
		if loose(f.preempts[i]) {
			may = append(may, t)
		} else {
			fixed = append(fixed, t)
		}
	}
	Minimise(may, func(rest []turn) bool {
		s.want = func(c Cost) bool { return better(c, f.Cost) }
		g := s.run(append(fixed[:len(fixed):len(fixed)], rest...), false)
		if g != nil {
			f = g
		}
		return g != nil
	})
	s.want = nil
	return f
}

// Least looks for the target with fewer preemptions than f, then for a shorter one with as
// many, beginning with the simplest schedules.
func (s *Search) Least(f *Schedule, e Effort) Least {
	least := Least{Schedule: s.Simplify(f)}
	for {
		bound, before := least.Preemptions-1, s.Schedules
		least.All = s.bounded(bound, e.Fewer, func(g *Schedule) int {
			least.Schedule = g
			return -1
		})
		least.Tried = s.Schedules - before
		if least.Preemptions > bound {
			break
		}
	}
	s.want = func(c Cost) bool { return c.Compare(least.Cost) < 0 }
	s.bounded(least.Preemptions, e.Shorter, func(g *Schedule) int {
		least.Schedule = g
		return g.Preemptions
	})
	s.want = nil
	return least
}

// Reach looks for the target in a program of which nothing is known but the recording of a
// similar one: it runs the recording as far as it fits, then the simplest schedules with at
// most as many preemptions. It returns nil if none of them is the target.
func (s *Search) Reach(recorded []strategy.Recorded, preemptions int, e Effort) *Schedule {
	f := s.Find(recorded)
	if f == nil {
		s.bounded(preemptions, e.Any, func(g *Schedule) int {
			f = g
			return -1
		})
	}
	return f
}
