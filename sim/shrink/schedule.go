// SPDX-License-Identifier: CDDL-1.0

package shrink

import (
	"slices"

	"dlsim/sim/strategy"
)

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
// similar one: it runs the recording as far as it fits, then what differs from that in one
// turn, then the simplest schedules. It returns nil if none of them is the target with at most
// the given number of preemptions.
func (s *Search) Reach(recorded []strategy.Recorded, preemptions int, e Effort) *Schedule {
	f := s.Find(recorded)
	if f == nil {
		f = s.around(recorded, e.Any/2)
	}
	if f != nil && f.Preemptions > preemptions {
		f = s.Simplify(f)
	}
	if f == nil || f.Preemptions > preemptions {
		f = nil
		s.bounded(preemptions, e.Any, func(g *Schedule) int {
			f = g
			return -1
		})
	}
	return f
}

// around looks for the target among the schedules that differ in one turn from what the
// recording comes to in this program: it is left out, another one, or one more.
func (s *Search) around(recorded []strategy.Recorded, budget int) *Schedule {
	limit := s.Schedules + budget
	res, ok := s.play(strategy.Resyncs(recorded)[0])
	if !ok {
		return nil
	}
	choices := slices.Clone(res.Choices)
	s.steer.begin(nil, choices, true)
	if _, ok := s.play(&s.steer); !ok {
		return nil
	}
	turns := slices.Clone(s.steer.taken)
	var points []point
	for _, p := range s.steer.points {
		p.others = slices.Clone(p.others)
		points = append(points, p)
	}
	for i := range points {
		p := &points[i]
		rest := slices.DeleteFunc(slices.Clone(turns), func(t turn) bool { return t.at == p.at })
		others := p.others
		if len(rest) < len(turns) {
			others = append([]int32{p.plain}, others...)
		}
		for _, v := range others {
			if s.Schedules >= limit || s.stopped {
				return nil
			}
			if f := s.run(append(rest[:len(rest):len(rest)], turn{p.at, v}), false); f != nil {
				return f
			}
		}
	}
	return nil
}
