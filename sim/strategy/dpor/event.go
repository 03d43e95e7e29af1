// SPDX-License-Identifier: CDDL-1.0

package dpor

import (
	"slices"

	"dlsim/sim"
)

// event is one event of the schedule.
type event struct {
	thread   int32
	seq      int32 // number among the events of its thread, from 1
	previous int32 // event of its thread, -1 for none
	uses     span  // in Search.uses
	races    int32 // in Search.races: where those with earlier events begin
	clock    span  // in Search.clocks: of each thread, how many events came before this one
	causes   span  // in Search.clocks: the same without what it conflicts with
	ends     bool  // it failed, which ended the schedule before others could go on
	answers  []int32
	choices  []int32 // how many answers there were, each time
	label    []int32 // the answers that are to be given
	ended    bool    // a wakeup tree ended with it
	kids     *branch // wakeup tree of the state after it
}

// span is a part of a slice.
type span struct{ from, to int32 }

// use is a sim.Use, with the use of the same thing before it.
type use struct {
	thing    int32
	access   sim.Access
	admits   sim.Acquire // after it
	section  bool        // it takes and gives back a guard
	event    int32
	previous int32 // index, -1 for none
}

func (s *Search) usesOf(e *event) []use        { return s.uses[e.uses.from:e.uses.to] }
func (s *Search) clockOf(e *event) clock       { return s.clocks[e.clock.from:e.clock.to] }
func (s *Search) causesOf(e *event) clock      { return s.clocks[e.causes.from:e.causes.to] }
func (s *Search) after(e *event, c clock) bool { return c.at(e.thread) >= e.seq }

// clock is a vector clock by thread; what is missing is 0.
type clock []int32

func (c clock) at(thread int32) int32 {
	if int(thread) < len(c) {
		return c[thread]
	}
	return 0
}

// join adds what d knows to c, which is not shorter.
func (c clock) join(d clock) {
	for i, v := range d {
		if v > c[i] {
			c[i] = v
		}
	}
}

// sync takes over the first n events of the trail, which are over.
func (s *Search) sync(n int) {
	for ; s.checked < min(n, s.fixed); s.checked++ {
		if s.trail.Events[s.checked].Thread != s.events[s.checked].thread {
			s.fail("another thread went on when a schedule was run again")
			return
		}
	}
	for s.err == nil && s.done < n {
		s.open(s.done)
		s.close(s.done)
		s.done++
	}
}

// open begins event i, if it has not begun, by taking its branch off the wakeup tree.
func (s *Search) open(i int) {
	if i < len(s.events) {
		return
	}
	thread := s.trail.Events[i].Thread
	for int(thread) >= len(s.lastOf) {
		s.lastOf = append(s.lastOf, -1)
	}
	e := s.pushEvent()
	e.thread, e.previous, e.seq = thread, s.lastOf[thread], 1
	if e.previous >= 0 {
		e.seq = s.events[e.previous].seq + 1
	}
	x := &s.states[i]
	if b := x.replayed(); b != nil {
		if b.thread != thread {
			s.fail("another thread went on when a schedule was run again")
		}
		e.label = append(e.label, b.answers...)
		return
	}
	if b := x.tree; b != nil {
		if b.thread != thread {
			s.fail("one thread alone can go on, and it is another than expected")
			return
		}
		x.tree, e.label, e.kids = b.sibling, append(e.label, b.answers...), b.kids
		b.kids = nil
		e.ended = e.kids == nil
		s.free1(b)
	}
}

// pushEvent returns a new last event, with the slices of an earlier one.
func (s *Search) pushEvent() *event {
	n := len(s.events)
	if n < cap(s.events) {
		s.events = s.events[:n+1]
	} else {
		s.events = append(s.events, event{})
	}
	e := &s.events[n]
	*e = event{answers: e.answers[:0], choices: e.choices[:0], label: e.label[:0]}
	return e
}

// close ends event i: all that it has done is in the trail.
func (s *Search) close(i int) {
	e, from := &s.events[i], s.trail.Events[i]
	e.causes = s.newClock()
	c := s.causesOf(e)
	if e.previous >= 0 {
		c.join(s.clockOf(&s.events[e.previous]))
	}
	for _, x := range s.trail.CausesOf(i) {
		c.join(s.clockOf(&s.events[x]))
	}
	if x, ok := s.turn(e.thread, e.seq); !ok {
		s.fail("threads that are said to be symmetric are not")
	} else if x >= 0 {
		c.join(s.clockOf(&s.events[x]))
	}
	if from.AfterAll > 0 {
		for _, x := range s.lastOf {
			for x >= from.AfterAll {
				x = s.events[x].previous
			}
			if x >= 0 {
				c.join(s.clockOf(&s.events[x]))
			}
		}
	}
	s.conflicts(i, from.Acquire)
	e = &s.events[i]
	e.clock = s.newClock()
	c = s.clockOf(e)
	c.join(s.causesOf(e))
	for _, x := range s.scratch.direct {
		c.join(s.clockOf(&s.events[x]))
	}
	c[e.thread] = e.seq
	s.lastOf[e.thread] = int32(i)
	s.enter(i)
}

func (s *Search) newClock() span {
	from := len(s.clocks)
	for range s.trail.Threads() {
		s.clocks = append(s.clocks, 0)
	}
	return span{int32(from), int32(len(s.clocks))}
}

// conflicts notes what event i has used, finds the events that it comes after because of that and
// leaves them in scratch.direct, and notes its races.
func (s *Search) conflicts(i int, acquire sim.Acquire) {
	e := &s.events[i]
	e.races = int32(len(s.races))
	direct, taken := s.scratch.direct[:0], int32(-1)
	e.uses.from = int32(len(s.uses))
	for j, u := range s.trail.UsesOf(i) {
		for int(u.Thing) >= len(s.last) {
			s.last = append(s.last, -1)
		}
		x := use{thing: u.Thing, access: u.Access, event: int32(i), previous: s.last[u.Thing]}
		x.admits = s.admits(x.previous)
		k := x.previous
		if j == 0 && acquire != sim.Nobody && u.Access == sim.Read {
			k, x.section = s.written(k), acquire == sim.Exclusive
		}
		if j == 0 && k >= 0 && s.admits(s.uses[k].previous) < acquire {
			direct = append(direct, s.uses[k].event)
			taken = s.taker(k, acquire)
		} else {
			direct = s.conflicting(direct, k, u.Access)
		}
		if u.Changed {
			x.admits = u.Admits
		}
		s.last[u.Thing] = int32(len(s.uses))
		s.uses = append(s.uses, x)
	}
	e.uses.to = int32(len(s.uses))
	if taken >= 0 { // what else was done up to the release comes with it
		release := direct[0]
		direct = append(direct[:1], slices.DeleteFunc(direct[1:], func(x int32) bool {
			return x >= taken && x <= release && s.events[x].thread == s.events[release].thread
		})...)
	}
	s.scratch.direct = direct
	s.noteRaces(i, taken)
}

// conflicting appends the events that an access to a thing conflicts with and that no other of them
// orders. k is the last use of the thing before it.
func (s *Search) conflicting(events []int32, k int32, a sim.Access) []int32 {
	for ; k >= 0; k = s.uses[k].previous {
		u := &s.uses[k]
		if !a.Commutes(u.access) {
			events = append(events, u.event)
		}
		if u.access == sim.Write {
			break
		}
	}
	return events
}

// written returns the last write up to use k of a thing, -1 for none.
func (s *Search) written(k int32) int32 {
	for k >= 0 && s.uses[k].access != sim.Write {
		k = s.uses[k].previous
	}
	return k
}

// admits returns which acquiring operations a thing admits after use k of it.
func (s *Search) admits(k int32) sim.Acquire {
	if k < 0 {
		return sim.Exclusive
	}
	return s.uses[k].admits
}

// taker returns the event that made the thing, whose last use is k, admit an acquiring operation no
// more.
func (s *Search) taker(k int32, a sim.Acquire) int32 {
	for s.admits(s.uses[k].previous) < a {
		k = s.uses[k].previous
	}
	return s.uses[k].event
}

// undo takes back event i, the last one.
func (s *Search) undo(i int) {
	e := &s.events[i]
	for k := e.uses.to - 1; k >= e.uses.from; k-- {
		s.last[s.uses[k].thing] = s.uses[k].previous
	}
	s.uses, s.clocks, s.races = s.uses[:e.uses.from], s.clocks[:e.causes.from], s.races[:e.races]
	s.lastOf[e.thread] = e.previous
	s.events = s.events[:i]
}
