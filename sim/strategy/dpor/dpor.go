// SPDX-License-Identifier: CDDL-1.0

// Package dpor explores all schedules of a program up to the order of operations that commute,
// each such class once: optimal dynamic partial order reduction with wakeup trees (Abdulla,
// Aronsson, Jonsson, Sagonas: Source Sets, JACM 64(4), 2017, algorithm 2), stateless.
//
// A schedule is run to its end. Then each race in it is reversed: for two events of different
// threads that conflict, with nothing in between that orders them, the sequence of what does
// not depend on the first, followed by the second, is put into the wakeup tree of the state
// before the first, unless a schedule that was run from there, or will be, covers it. That
// sequence goes to the end of the schedule, so a race is reversed again when only the end is new. The next
// schedule follows a branch of some state. Sleep sets hold what was explored already, or will be
// before.
//
// Beyond the paper:
//
//   - An operation that acquires a lock conflicts with the one that took it from it, not with
//     the release in between: the race is that of the two acquisitions. A thread that waits for
//     a lock at the end races with its holder.
//   - A thread that an operation would only queue, to be handed what it waits for, waits at that operation until
//     nobody can do anything else: see sim.Trail.Lazy. A writer that finds readers at a lock comes earlier only in the
//     reversal of a race with a reader's arrival, which it then keeps out.
//   - A schedule in which a thread that waits has been woken and looked in vain is given up when it is woken again: see
//     sim.Thread.Waits.
//   - The answers to sim.Thread.Choose are part of an event. Two events of a thread in one state
//     that differ in an answer exclude each other; the other answers of an event are put into
//     the tree like the reversal of a race.
//   - A section of a guard, such as a mutex under which only variables are used, is one event, which conflicts with
//     another one if what it does conflicts and not because of the mutex: see sim.Object.Guard. It may do
//     something else once a race is reversed; until it has been seen there, it conflicts with all of them, and
//     with whatever acts on what sections have acted on.
//   - Time passes, and Quiesce returns, when no thread can go on: what follows comes after all.
//   - A failure ends the schedule, so the event that fails conflicts with every other one.
package dpor

import (
	"fmt"

	"dlsim/sim"
	"dlsim/sim/strategy"
)

// Search explores. The zero value is ready, and goes depth-first. Use it as the strategy of one
// world's schedules, all of the same program, and call Next after each.
type Search struct {
	// Seed decides in what order schedules are explored; which ones are is the same for all.
	Seed uint64
	// Spread is the number of schedules, with those that are given up, that are spread over the tree before the search
	// goes on depth-first. What is left between them takes memory.
	Spread int64
	// Symmetric are classes of threads, by name, that do the same to the same objects, and which nothing
	// tells apart. Of schedules that differ only in which of them is which not all are explored.
	Symmetric [][]string
	// Single says that each operation is an event, also in sections of a guard, and that threads queue at any time.
	Single bool

	trail sim.Trail
	world *sim.World

	// Of the schedule that runs, or has just ended. An event is open from its first choice until
	// the next one begins.
	events []event
	done   int // so many events are not open any more
	uses   []use
	clocks []int32 // of the events, one after the other
	states []state // states[i] is the one before event i
	asleep []sleeper
	last   []int32 // by thing: index of its last use, -1 for none
	lastOf []int32 // by thread: index of its last event, -1 for none
	races  []race
	awoken []int32 // events that have woken a thread again: see frozen

	runs    int64 // schedules that have begun
	fixed   int   // so many events are those of the schedule before
	known   int   // so many are those of some schedule before
	checked int   // so many of them were seen again
	asking  int   // the event that asked last, and how many answers it had
	answers int

	random, order uint64  // see draw and free
	inFront       []int32 // by thread: see ahead

	inside    map[within]sim.Access // what sections have acted on
	assumed   map[within]sim.Access // what they were taken to commute with
	surprised bool                  // and did not

	blocked bool // all that could go on was asleep
	err     error
	covered strategy.Coverage
	scratch scratch
	spare   *branch
}

// Trail implements sim.Tracker.
func (s *Search) Trail() *sim.Trail {
	s.trail.Sections, s.trail.Lazy = !s.Single, !s.Single
	return &s.trail
}

// Coverage returns how far the search is.
func (s *Search) Coverage() strategy.Coverage {
	c := s.covered
	for i := range s.states {
		c.Branches += s.states[i].beside()
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
	s.runs++
	s.order = sim.Mix(s.Seed) + uint64(s.covered.Executions)<<32
	if s.inside == nil {
		s.inside = make(map[within]sim.Access)
	}
	if s.assumed == nil {
		s.assumed = make(map[within]sim.Access)
	}
	if len(s.states) == 0 {
		s.states = append(s.states, state{free: true})
	}
}

// Next takes the result of the schedule that has just ended and prepares for the next one. It
// reports false if there is none, or if Err is not nil.
func (s *Search) Next(r sim.Result) bool {
	if s.trail.Broken {
		s.restart(true)
		return true
	}
	s.sync(len(s.trail.Events))
	if s.err == nil && (s.surprised || s.trail.Tried) {
		s.restart(s.Single)
		return true
	}
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
	return s.advance()
}

// restart begins again: with each operation as an event if somebody can tell the moments within a section apart, else
// because sections act on more than was known, or somebody tries to take a lock that was thought to be taken in vain.
// What it has run comes again.
func (s *Search) restart(single bool) {
	s.trail.Broken, s.trail.Tried = false, false
	*s = Search{
		Seed: s.Seed, Spread: s.Spread, Symmetric: s.Symmetric, Single: single, trail: s.trail, inside: s.inside,
		covered: strategy.Coverage{Redundant: s.covered.Redundant + s.covered.Executions + 1},
	}
}

// Pick implements sim.Strategy.
func (s *Search) Pick(w *sim.World, cur *sim.Thread) int {
	if s.trail.Inside(cur) {
		return cur.ID()
	}
	i := len(s.trail.Events)
	s.sync(i)
	switch {
	case s.err != nil || s.blocked:
		return sim.StopRun
	case i < s.fixed:
		return s.follow(s.events[i].thread)
	}
	x := &s.states[i]
	switch b := x.replayed(); {
	case b != nil:
		return s.follow(b.thread)
	case x.tree != nil:
		return s.follow(x.tree.thread)
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
