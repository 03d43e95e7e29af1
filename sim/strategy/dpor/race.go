// SPDX-License-Identifier: CDDL-1.0

package dpor

import "dlsim/sim"

// race is two events of different threads that conflict, and that nothing else orders.
type race struct{ first, second int32 }

type scratch struct {
	way      []*state
	earlier  earlier
	last     []int32
	sequence []item
	clock    clock
}

// noteRaces keeps the races of event i with those that it conflicts with, in scratch, that nothing else orders
// before it. It could come before what took what it acquires even if that orders the release: it does not
// come after it because of anything else.
func (s *Search) noteRaces(i int) {
	e, h := &s.events[i], &s.scratch.earlier
	c := s.causesOf(e)
	for _, x := range h.takers {
		if s.unordered(x, e, c) && !s.between(x, h.direct) && !s.between(x, h.takers) {
			s.races = append(s.races, race{x, int32(i)})
		}
	}
	for _, x := range h.direct {
		if s.unordered(x, e, c) && !s.between(x, h.direct) && !s.between(x, h.takers) && !s.between(x, h.releases) {
			s.races = append(s.races, race{x, int32(i)})
		}
	}
}

// unordered reports whether neither the thread of e nor its causes, whose clock is c, order event x
// before it.
func (s *Search) unordered(x int32, e *event, c clock) bool {
	first := &s.events[x]
	return first.thread != e.thread && !s.after(first, c)
}

// between reports whether event x comes before another one of events.
func (s *Search) between(x int32, events []int32) bool {
	for _, y := range events {
		if y != x && s.after(&s.events[x], s.clockOf(&s.events[y])) {
			return true
		}
	}
	return false
}

// reverse puts into the wakeup trees what the schedule that has just ended shows. failed says that
// it ended by a failure.
func (s *Search) reverse(failed bool) {
	n := len(s.events)
	expected := s.states[n].tree // which cannot follow
	s.states[n].tree = nil
	cut := failed && !s.trail.Quiet
	if cut {
		s.events[n-1].ends = true
	}
	for _, r := range s.races {
		if int(r.second) >= s.known || s.freshAfter(r.first) {
			s.insert(r.first, s.without(r.first, &s.events[r.second]))
		}
	}
	for i := range s.events {
		s.otherAnswers(i)
	}
	for i := range s.trail.Left {
		l := &s.trail.Left[i]
		if !l.Enabled && l.Acquire != sim.Nobody && !s.held(l.Thread) && !s.frozen(l.Thread) {
			s.waiting(l)
		}
	}
	if cut {
		s.cutOff()
		if f := &s.events[n-1]; len(f.answers) > 0 {
			s.again([]item{s.itemOf(f)}, expected)
		}
	}
}

// again puts the sequence, which begins with the last event, followed by each way through the tree behind it
// into the tree of the state before. That event has failed, but need not with other answers.
func (s *Search) again(seq []item, list *branch) {
	for b := list; b != nil; b = b.sibling {
		x := item{thread: b.thread, ends: b.ends, last: true, chained: true, uses: b.uses, answers: b.answers}
		if way := append(seq[:len(seq):len(seq)], x); b.kids != nil {
			s.again(way, b.kids)
		} else {
			s.insert(int32(len(s.events)-1), way...)
		}
	}
}

// freshAfter reports whether an event that no schedule before had does not come after event e.
func (s *Search) freshAfter(e int32) bool {
	first := &s.events[e]
	for i := s.known; i < len(s.events); i++ {
		if !s.after(first, s.clockOf(&s.events[i])) {
			return true
		}
	}
	return false
}

// otherAnswers puts the events into the tree that differ from event i in one answer to Choose and
// agree in those before it.
func (s *Search) otherAnswers(i int) {
	for k, n := range s.events[i].choices {
		for a := range n {
			e := &s.events[i]
			if a != e.answers[k] {
				x := s.itemOf(e)
				x.answers = append(e.answers[:k:k], a)
				s.insert(int32(i), x)
			}
		}
	}
}

// waiting reverses the race of a thread that waits for an object with those that have taken it.
func (s *Search) waiting(l *sim.Left) {
	if int(l.Thing) >= len(s.last) || s.last[l.Thing] < 0 {
		return // taken before the search began
	}
	x := s.pending(l)
	k := s.last[l.Thing]
	if s.admits(k) < l.Acquire || s.admits(s.uses[k].previous) < l.Acquire {
		s.insertBefore(s.taker(k, l.Acquire), x)
		return
	}
	for ; k >= 0 && s.uses[k].access != sim.Write; k = s.uses[k].previous {
		if s.uses[k].acquire == sim.Shared {
			s.insertBefore(s.uses[k].event, x)
		}
	}
	if k >= 0 { // such as a rw_tryupgrade that has failed
		s.insertBefore(s.uses[k].event, x)
	}
}

// insertBefore puts x before event first, unless that cannot be: also where it is a failure that has let x happen.
func (s *Search) insertBefore(first int32, x item) {
	last := &s.events[len(s.events)-1]
	if e := &s.events[first]; e.thread != x.thread && !s.after(e, x.clock) && !(last.ends && s.after(last, x.clock)) {
		s.insert(first, x)
	}
}

// pending returns the event that a thread would have made next.
func (s *Search) pending(l *sim.Left) item {
	c := s.scratch.clock[:0]
	for range s.trail.Threads() {
		c = append(c, 0)
	}
	x := item{thread: l.Thread, last: true}
	causes, last := s.trail.Pending(l.Thread)
	if last >= 0 {
		c.join(s.clockOf(&s.events[last]))
	}
	for _, e := range causes {
		c.join(s.clockOf(&s.events[e]))
	}
	if x, _ := s.turn(l.Thread, s.next(l.Thread)); x >= 0 {
		c.join(s.clockOf(&s.events[x]))
	}
	s.scratch.clock, x.clock = c, c
	if l.Access != sim.Local {
		x.uses = []use{{thing: l.Thing, access: l.Access}}
	}
	if l.Acquire != sim.Nobody {
		x.unsure = l.Thing
	}
	return x
}

// failure makes an item of the last event, which has failed, and does so wherever nothing differs that it
// depends on.
func (s *Search) failure() item {
	f := &s.events[len(s.events)-1]
	x := s.itemOf(f)
	x.ends, x.answers = true, f.answers
	return x
}

// freed reports whether the last event has given back what a thread acquires. A thread that already has it, and is about
// to fail, was as free to go on before, and so was one that waits for a reader which was none.
func (s *Search) freed(n int32, l *sim.Left) bool {
	u := &s.uses[s.last[l.Thing]]
	return u.admits >= l.Acquire && s.admits(u.previous) < l.Acquire || u.release && u.event == n && s.holds(s.events[n].thread, u.previous)
}

// holds reports whether a thread has not given back, up to use k of a thing, what it had acquired.
func (s *Search) holds(thread, k int32) bool {
	for ; k >= 0; k = s.uses[k].previous {
		if u := &s.uses[k]; s.events[u.event].thread == thread {
			return !u.release
		}
	}
	return false
}

// cutOff handles a failure of the last event before others could go on. It conflicts with each event
// that was made and with each that could have been.
func (s *Search) cutOff() {
	n := int32(len(s.events) - 1)
	f := &s.events[n]
	failure := s.failure()
	for i := range s.trail.Left {
		l := &s.trail.Left[i]
		if !l.Enabled || l.Thread == f.thread || s.held(l.Thread) || s.frozen(l.Thread) {
			continue
		}
		switch x := s.pending(l); {
		case s.after(f, x.clock): // it was not possible before
		case !conflict(x.uses, s.usesOf(f)):
			s.insert(n, x, failure)
		case l.Acquire != sim.Nobody && s.freed(n, l):
			s.waiting(l) // f has released what it acquires
		default:
			s.insert(n, x) // after which f may not be possible
		}
	}
	last := s.scratch.last[:0]
	for _, x := range s.lastOf {
		if x >= 0 && x != n && !s.after(&s.events[x], s.clockOf(f)) {
			last = append(last, x)
		}
	}
	s.scratch.last = last
	for _, x := range last {
		if !s.between(x, last) {
			s.insert(x, failure)
		}
	}
}
