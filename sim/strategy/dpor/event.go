// SPDX-License-Identifier: CDDL-1.0

package dpor

import "dlsim/sim"

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
	acquire  sim.Acquire // in it
	whole    bool        // it takes a guard and gives it back
	late     bool        // it only queued
	release  bool        // it gives back what was taken with others
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
	s.joinFirst(c, from.AfterAll)
	h := s.conflicts(i, &from)
	e = &s.events[i]
	s.learn(s.usesOf(e))
	e.clock = s.newClock()
	c = s.clockOf(e)
	c.join(s.causesOf(e))
	for _, events := range [][]int32{h.direct, h.takers, h.releases, h.exits} {
		for _, x := range events {
			c.join(s.clockOf(&s.events[x]))
		}
	}
	s.joinFirst(c, from.Late-1)
	c[e.thread] = e.seq
	s.lastOf[e.thread] = int32(i)
	if from.Again {
		s.awoken = append(s.awoken, int32(i))
	}
	s.enter(i)
}

// joinFirst adds to c what the first n events know.
func (s *Search) joinFirst(c clock, n int32) {
	if n <= 0 {
		return
	}
	for _, x := range s.lastOf {
		for x >= n {
			x = s.events[x].previous
		}
		if x >= 0 {
			c.join(s.clockOf(&s.events[x]))
		}
	}
}

func (s *Search) newClock() span {
	from := len(s.clocks)
	for range s.trail.Threads() {
		s.clocks = append(s.clocks, 0)
	}
	return span{int32(from), int32(len(s.clocks))}
}

// undo takes back event i, the last one.
func (s *Search) undo(i int) {
	e := &s.events[i]
	for k := e.uses.to - 1; k >= e.uses.from; k-- {
		s.last[s.uses[k].thing] = s.uses[k].previous
	}
	s.uses, s.clocks, s.races = s.uses[:e.uses.from], s.clocks[:e.causes.from], s.races[:e.races]
	s.lastOf[e.thread] = e.previous
	if n := len(s.awoken); n > 0 && s.awoken[n-1] == int32(i) {
		s.awoken = s.awoken[:n-1]
	}
	s.events = s.events[:i]
}
