// SPDX-License-Identifier: CDDL-1.0

package strategy

import "dlsim/sim"

// SURW is the selectively uniform random walk (Zhao and others, ASPLOS 2025). In each
// schedule one object of the profile is of interest, an object more often the more
// operations there are on it. Whose operation on it comes next is decided in advance, every
// thread as likely as its share of the operations on it that are left; the others are held
// back when they get to one. So if the counts are right and nothing blocks, all orders of
// the operations of interest are equally likely, however many other operations there are in
// between, which go in the order of random priorities.
//
// Without a profile it is a walk by random priorities.
type SURW struct {
	Seed uint64
	// Profile is of earlier schedules of the same program, nil if there were none.
	Profile *Profile

	schedule sim.Stream
	values   sim.Stream
	prio     priorities
	target   *profiled
	objects  []int8 // by object id: 1 is the target, -1 is not, 0 is not known yet
	threads  lineage
	left     []int  // by thread id: operations of interest to come
	held     []bool // by thread id: is at an operation of interest, and not next
	holding  int    // threads held
	next     int    // whose operation of interest comes next; -1 is not decided
	patience int    // picks until the held ones are let go
}

// patienceMax is how many picks the held threads wait for the one that is next: it may be
// waiting for what one of them does, in a loop that never blocks.
const patienceMax = 1000

// Begin implements sim.Strategy: the schedule is a pure function of Seed and Profile.
func (s *SURW) Begin(*sim.World) {
	s.schedule.Seed(s.Seed, "schedule")
	s.values.Seed(s.Seed, "faults")
	s.prio.reset(&s.schedule)
	s.objects, s.left, s.held = s.objects[:0], s.left[:0], s.held[:0]
	s.threads.reset()
	s.holding, s.next = 0, -1
	s.target = nil
	if s.Profile != nil && s.Profile.total > 0 {
		s.target = s.Profile.draw(s.schedule.IntN(s.Profile.total))
	}
}

// Target returns the label of the object of interest in the current or last schedule, the
// zero Label if there is none.
func (s *SURW) Target() sim.Label {
	if s.target == nil {
		return sim.Label{}
	}
	return s.target.label
}

// draw returns the object that unit i of the total weight belongs to.
func (p *Profile) draw(i int) *profiled {
	for k := range p.objects {
		if i -= p.objects[k].weight; i < 0 {
			return &p.objects[k]
		}
	}
	panic("engine bug: weights of a profile")
}

// Pick implements sim.Strategy.
func (s *SURW) Pick(w *sim.World, _ *sim.Thread) int {
	s.threads.update(w, s.made)
	if s.holding > 0 {
		if s.patience--; s.patience == 0 {
			s.letGo()
		}
	}
	e := w.Enabled()
	for {
		id := s.highest(e)
		if id < 0 {
			s.letGo()
			continue
		}
		if !s.ofInterest(w.Thread(id)) {
			return id
		}
		s.left[id] = max(s.left[id], 1) // the profile knew of fewer
		if s.next < 0 {
			s.decide(e)
		}
		if id == s.next {
			return id
		}
		if s.holding == 0 {
			s.patience = patienceMax
		}
		s.held[id] = true
		s.holding++
	}
}

// highest returns the enabled thread of highest priority that is not held, or -1.
func (s *SURW) highest(e *sim.Set) int {
	best, bestPrio := -1, uint64(0)
	for id := e.Next(-1); id >= 0; id = e.Next(id) {
		if s.held[id] {
			continue
		}
		if prio := s.prio.get(id); prio > bestPrio {
			best, bestPrio = id, prio
		}
	}
	return best
}

// decide draws whose operation of interest comes next, among those that can run.
func (s *SURW) decide(e *sim.Set) {
	total := 0
	for id := e.Next(-1); id >= 0; id = e.Next(id) {
		if !s.held[id] {
			total += s.left[id]
		}
	}
	i := s.schedule.IntN(total)
	for id := e.Next(-1); id >= 0; id = e.Next(id) {
		if s.held[id] {
			continue
		}
		if i -= s.left[id]; i < 0 {
			s.next = id
			return
		}
	}
}

// letGo forgets what was decided.
func (s *SURW) letGo() {
	if s.holding > 0 {
		clear(s.held)
	}
	s.holding, s.next = 0, -1
}

// made takes a new thread in. It takes its operations over from the thread that made it, and
// the turn too, if that was the parent's because of them.
func (s *SURW) made(t, parent *sim.Thread) {
	n := 0
	if s.target != nil {
		n = s.target.events[t.Label()]
	}
	s.left, s.held = append(s.left, n), append(s.held, false)
	if parent == nil || n == 0 {
		return
	}
	had := &s.left[parent.ID()]
	if s.next == parent.ID() && s.schedule.IntN(max(*had, 1)) < n {
		s.next = t.ID()
	}
	*had = max(*had-n, 0)
}

// Watch implements sim.Watcher.
func (s *SURW) Watch(w *sim.World, t *sim.Thread) {
	s.threads.update(w, s.made)
	s.threads.last = t
	s.prio.forget(t.ID())
	if s.ofInterest(t) {
		s.left[t.ID()] = max(s.left[t.ID()]-1, 0)
		s.letGo()
	}
}

// ofInterest reports whether what t does next is on the target.
func (s *SURW) ofInterest(t *sim.Thread) bool {
	o := t.Pending()
	if s.target == nil || o.Object == nil || o.Type.Access == sim.Local {
		return false
	}
	id := o.Object.ID()
	for id >= len(s.objects) {
		s.objects = append(s.objects, 0)
	}
	if s.objects[id] == 0 {
		s.objects[id] = -1
		if o.Object.Label() == s.target.label {
			s.objects[id] = 1
		}
	}
	return s.objects[id] > 0
}

// Choose implements sim.Strategy: every value is equally likely.
func (s *SURW) Choose(_ *sim.World, _ *sim.Thread, n int, _ string) int {
	return s.values.IntN(n)
}
