// SPDX-License-Identifier: CDDL-1.0

package strategy

import (
	"errors"

	"dlsim/sim"
)

// Coverage says how far a search is: a strategy that goes through all schedules of a program.
type Coverage struct {
	Executions int64 // schedules run to their end, each of which was new
	Redundant  int64 // schedules run, or begun and given up, that others cover
	Branches   int64 // ways to go on that are known and not explored
	// Bounded says that schedules were left out because of a bound on preemptions.
	Bounded bool
	// Levels is n + 1 if a search with a bound has run all schedules with at most n preemptions so far, 0 if
	// none or if there is no bound.
	Levels int
}

// Unbounded is the bound that leaves nothing out.
const Unbounded = -1

// DFS is depth-first search over every pick and every answer. With a bound it runs the schedules
// with no preemption first, then those with one, and so on (Musuvathi and Qadeer, PLDI 2007): a
// preemption is a pick of another thread than the one that runs and could go on. Use it as the
// strategy of all schedules of one program and call Next after each.
type DFS struct {
	// Preemptions is the bound, or Unbounded.
	Preemptions int
	// Merge gives a schedule up when it has come to where an earlier one was, up to the order of
	// operations that commute, with no more preemptions and the same thread running (happens-before
	// caching, as in CHESS). It needs memory for each such state.
	Merge bool

	path        []dfsNode
	at          int
	preemptions int              // in this schedule so far
	level       int              // schedules with so many are new
	seen        map[mergeKey]int // preemptions that it took to get to a state
	merged      bool             // the schedule was given up
	covered     Coverage
	err         error
}

// dfsNode is one choice on the path, and how many answers it has.
type dfsNode struct{ answer, of int }

// Begin implements sim.Strategy.
func (s *DFS) Begin(*sim.World) { s.at, s.preemptions, s.merged = 0, 0, false }

// Pick implements sim.Strategy: first the thread that runs, if it can, then the others in order.
func (s *DFS) Pick(w *sim.World, cur *sim.Thread) int {
	if s.Merge && s.at == len(s.path) && s.known(w, cur) {
		s.merged = true
		return sim.StopRun
	}
	e := w.Enabled()
	if cur == nil || !cur.Enabled() {
		return e.At(s.answer(e.Len()))
	}
	of := e.Len()
	if s.Preemptions != Unbounded && s.preemptions == s.level {
		of, s.covered.Bounded = 1, true
	}
	a := s.answer(of)
	if a == 0 {
		return cur.ID()
	}
	s.preemptions++
	if id := e.At(a - 1); id < cur.ID() {
		return id
	}
	return e.At(a)
}

// mergeKey is a state: what has happened, and who goes on if nothing preempts it.
type mergeKey struct {
	print uint64
	cur   int32
}

// known reports whether the state was reached before with no more preemptions, and remembers it.
func (s *DFS) known(w *sim.World, cur *sim.Thread) bool {
	if s.seen == nil {
		s.seen = make(map[mergeKey]int)
	}
	k := mergeKey{w.Fingerprint(), -1}
	if cur != nil && cur.Enabled() {
		k.cur = int32(cur.ID())
	}
	if n, ok := s.seen[k]; ok && n <= s.preemptions {
		return true
	}
	s.seen[k] = s.preemptions
	return false
}

// Choose implements sim.Strategy.
func (s *DFS) Choose(_ *sim.World, _ *sim.Thread, n int, _ string) int { return s.answer(n) }

func (s *DFS) answer(of int) int {
	if s.at == len(s.path) {
		s.path = append(s.path, dfsNode{0, of})
	}
	n := s.path[s.at]
	if n.of != of {
		s.err = errors.New("the same answers led to another question")
		return sim.StopRun
	}
	s.at++
	return n.answer
}

// Next takes the result of the schedule that has just ended and moves to the next one. It reports
// false if there is none, or if Err is not nil.
func (s *DFS) Next(sim.Result) bool {
	if s.err != nil {
		return false
	}
	if !s.merged && (s.Preemptions == Unbounded || s.preemptions == s.level) {
		s.covered.Executions++
	} else {
		s.covered.Redundant++
	}
	s.path = s.path[:s.at]
	for i := len(s.path) - 1; i >= 0; i-- {
		if s.path[i].answer++; s.path[i].answer < s.path[i].of {
			s.path = s.path[:i+1]
			return true
		}
	}
	s.path = s.path[:0]
	if s.covered.Bounded && s.level < s.Preemptions {
		s.level++
		clear(s.seen)
		s.covered.Bounded = false
		return true
	}
	return false
}

// Coverage returns how far the search is.
func (s *DFS) Coverage() Coverage {
	c := s.covered
	if s.Preemptions != Unbounded {
		c.Levels = s.level
	}
	for i := range s.path {
		c.Branches += int64(s.path[i].of - s.path[i].answer - 1)
	}
	return c
}

// Err returns why the search cannot go on: the program is not deterministic.
func (s *DFS) Err() error { return s.err }
