// SPDX-License-Identifier: CDDL-1.0

// Package dpor explores all schedules of a program up to the order of operations that commute,
// each such class once: optimal dynamic partial order reduction with wakeup trees (Abdulla,
// Aronsson, Jonsson, Sagonas: Source Sets, JACM 64(4), 2017, algorithm 2), stateless.
//
// A schedule is run to its end. Then each race in it is reversed: for two events of different
// threads that conflict, with nothing in between that orders them, the sequence of what does
// not depend on the first, followed by the second, is put into the wakeup tree of the state
// before the first, unless a schedule that was run from there, or will be, covers it. The next
// schedule follows the first branch of the deepest state that has one. Sleep sets hold what
// was explored already.
//
// Beyond the paper:
//
//   - An operation that acquires a lock conflicts with the one that took it from it, not with
//     the release in between: the race is that of the two acquisitions. A thread that waits for
//     a lock at the end races with its holder.
//   - The answers to sim.Thread.Choose are part of an event. Two events of a thread in one state
//     that differ in an answer exclude each other; the other answers of an event are put into
//     the tree like the reversal of a race.
//   - Time passes, and Quiesce returns, when no thread can go on: what follows comes after all.
//   - A failure ends the schedule, so the event that fails conflicts with every other one.
package dpor

import (
	"fmt"

	"dlsim/sim"
	"dlsim/sim/strategy"
)

// Search explores. The zero value is ready. Use it as the strategy of one world's schedules, all
// of the same program, and call Next after each.
type Search struct {
	trail sim.Trail
	world *sim.World

	// Of the schedule that runs, or has just ended. An event is open from its first choice until
	// the next one begins.
	events []event
	done   int // so many events are not open any more
	uses   []use
	clocks []int32 // of the events, one after the other
	nodes  []node  // nodes[i] is the state before event i
	asleep []sleeper
	last   []int32 // by thing: index of its last use, -1 for none
	lastOf []int32 // by thread: index of its last event, -1 for none
	races  []race

	fixed   int // so many events are those of the schedule before
	checked int // so many of them were seen again
	asking  int // the event that asked last, and how many answers it had
	answers int

	blocked bool // all that could go on was asleep
	err     error
	covered strategy.Coverage
	scratch scratch
	spare   *branch
}

// Trail implements sim.Tracker.
func (s *Search) Trail() *sim.Trail { return &s.trail }

// Coverage returns how far the search is.
func (s *Search) Coverage() strategy.Coverage {
	c := s.covered
	for i := range s.nodes {
		for b := s.nodes[i].tree; b != nil; b = b.sibling {
			c.Branches++
		}
	}
	return c
}

// Err returns why the search cannot go on: a schedule that came out otherwise when its beginning
// was run again, or an order of events that was expected to be possible and was not. Either
// means that the program depends on something that no operation acts on.
func (s *Search) Err() error { return s.err }

// Begin implements sim.Strategy.
func (s *Search) Begin(w *sim.World) {
	s.world, s.blocked, s.checked, s.asking = w, false, 0, -1
	if len(s.nodes) == 0 {
		s.nodes = append(s.nodes, node{})
	}
}

// Next takes the result of the schedule that has just ended and prepares for the next one. It
// reports false if there is none, or if Err is not nil.
func (s *Search) Next(r sim.Result) bool {
	s.sync(len(s.trail.Events))
	if s.err == nil && len(s.events) < s.fixed {
		s.fail("a schedule ended early when it was run again")
	}
	if s.err != nil {
		return false
	}
	if s.blocked {
		s.covered.Redundant++
	} else {
		s.covered.Executions++
	}
	s.reverse(r.Outcome == sim.Failed)
	return s.backtrack()
}

// Pick implements sim.Strategy.
func (s *Search) Pick(w *sim.World, cur *sim.Thread) int {
	i := len(s.trail.Events)
	s.sync(i)
	switch {
	case s.err != nil || s.blocked:
		return sim.StopRun
	case i < s.fixed:
		return s.follow(s.events[i].thread)
	case s.nodes[i].tree != nil:
		return s.follow(s.nodes[i].tree.thread)
	}
	return s.free(s.sleepers(i), cur)
}

// follow returns the id of a thread that must be able to go on.
func (s *Search) follow(thread int32) int {
	if id := s.trail.ID(thread); s.world.Enabled().Has(id) && s.world.Thread(id).Serial() == thread {
		return id
	}
	return s.fail("a thread that must be able to go on is not")
}

func (s *Search) fail(what string) int {
	if s.err == nil {
		s.err = fmt.Errorf("step %d: %s: the program depends on something that no operation acts on",
			s.world.Steps()+1, what)
	}
	return sim.StopRun
}

// free picks a thread that is not asleep where nothing decides: the one that runs, if it can, so
// that there are few switches.
func (s *Search) free(sleepers []sleeper, cur *sim.Thread) int {
	if cur != nil && cur.Enabled() && !exhausted(sleepers, cur.Serial(), nil) {
		return cur.ID()
	}
	e := s.world.Enabled()
	for id := e.Next(-1); id >= 0; id = e.Next(id) {
		if !exhausted(sleepers, s.world.Thread(id).Serial(), nil) {
			return id
		}
	}
	s.blocked = true
	return sim.StopRun
}

// Choose implements sim.Strategy.
func (s *Search) Choose(_ *sim.World, t *sim.Thread, n int, _ string) int {
	i := len(s.trail.Events) - 1
	s.sync(i)
	if s.err != nil || s.blocked {
		return sim.StopRun
	}
	if s.asking != i {
		s.asking, s.answers = i, 0
	}
	k := s.answers
	s.answers++
	if i >= s.fixed {
		return s.decide(i, k, n)
	}
	if a := s.events[i].answers; k < len(a) && int(a[k]) < n {
		return int(a[k])
	}
	return s.fail("an operation asks for something else when it is done again")
}

// decide gives the k-th answer, of n, that open event i asks for: what the wakeup tree says, else
// the first that is not asleep.
func (s *Search) decide(i, k, n int) int {
	s.open(i)
	e := &s.events[i]
	a := int32(0)
	if k < len(e.label) && int(e.label[k]) < n {
		a = e.label[k]
	} else {
		e.label = nil
		sleepers := s.sleepers(i)
		for exhausted(sleepers, e.thread, append(e.answers, a)) {
			if a++; int(a) == n {
				s.blocked = true
				return sim.StopRun
			}
		}
	}
	e.answers = append(e.answers, a)
	e.choices = append(e.choices, int32(n))
	return int(a)
}

// backtrack goes to the deepest state that has something left to explore, and reports whether there
// is one.
func (s *Search) backtrack() bool {
	for i := len(s.events) - 1; i >= 0; i-- {
		s.nodes = s.nodes[:i+1]
		n := &s.nodes[i]
		s.asleep = s.asleep[:n.asleep.to]
		if n.tree != nil {
			s.asleep = append(s.asleep, s.sleep(i))
			n.asleep.to++
		}
		s.undo(i)
		if n.tree != nil {
			s.fixed, s.done = i, i
			return true
		}
	}
	s.fixed, s.done = 0, 0
	return false
}
