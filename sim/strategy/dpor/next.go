// SPDX-License-Identifier: CDDL-1.0

package dpor

import "dlsim/sim"

// Where the search goes on decides how soon it meets what is rare, not what it meets. Depth-first, it
// changes the end of a schedule first and needs the least memory. Spread, it draws a way down from the root, at
// each state among all ways that have something left, which takes it to early states more often than to late ones.

// advance goes to a state that has something left to explore, and reports whether there is one.
func (s *Search) advance() bool {
	last := len(s.events) - 1
	for last >= 0 && s.states[last].beside() == 0 {
		last--
	}
	if last < 0 {
		s.fixed, s.done, s.known = 0, 0, 0
		return false
	}
	i := last
	if s.spreading() {
		for i = 0; i < last; i++ {
			if n := s.states[i].ways(); n > 0 && s.draw(n+1) < n {
				break
			}
		}
	}
	s.leave(i)
	for j := len(s.events) - 1; j >= i; j-- {
		s.undo(j)
	}
	s.states = s.states[:i+1]
	s.aim(i, s.way(&s.states[i]))
	s.fixed, s.done, s.known = i, i, i
	for b := s.states[i].replayed(); b != nil; b = b.rest.replayed() {
		b.rest.at = int32(s.way(b.rest))
		s.known++
	}
	return true
}

func (s *Search) spreading() bool { return s.runs <= s.Spread }

// ways returns how many ways there are to go on from the state: to what is left to begin in it, and to what
// is left after each event that was begun.
func (x *state) ways() (n int) {
	for k := range x.begun {
		if x.begun[k].left() > 0 {
			n++
		}
	}
	if x.tree != nil {
		n++
	}
	return n
}

// way draws one of them: the index of an event that was begun, or len(x.begun). Depth-first it is the
// first.
func (s *Search) way(x *state) int {
	n := 0
	if s.spreading() {
		n = s.draw(x.ways())
	}
	for k := range x.begun {
		if x.begun[k].left() > 0 {
			if n == 0 {
				return k
			}
			n--
		}
	}
	return len(x.begun)
}

// draw returns a random number from 0 to n-1.
func (s *Search) draw(n int) int {
	s.random += 0x9e3779b97f4a7c15
	return int(sim.Mix(s.Seed^s.random) % uint64(n))
}

// free picks a thread that is not asleep where nothing decides: the one that runs, if it can, so
// that there are few switches; else the first in an order that is drawn for each schedule.
func (s *Search) free(sleepers []sleeper, cur *sim.Thread) int {
	least := s.leastPatience()
	if cur != nil && cur.Enabled() && s.may(cur, least, sleepers) {
		return cur.ID()
	}
	best, first := -1, uint64(0)
	e := s.world.Enabled()
	for id := e.Next(-1); id >= 0; id = e.Next(id) {
		u := s.world.Thread(id)
		if !s.may(u, least, sleepers) {
			continue
		}
		if rank := sim.Mix(s.order + uint64(u.Serial())); best < 0 || rank > first {
			best, first = id, rank
		}
	}
	if best < 0 {
		s.blocked = true
		return sim.StopRun
	}
	return best
}

// may reports whether a thread that is enabled can be picked where nothing decides.
func (s *Search) may(t *sim.Thread, patience int, sleepers []sleeper) bool {
	return s.patience(t) == patience && !exhausted(sleepers, t.Serial(), nil) && !s.held(t.Serial()) &&
		!s.frozen(t.Serial()) && (patience < 2 || len(s.awoken) == 0) // who is late comes after all
}

// patience says who goes first where nothing decides. A thread that would only queue for a lock goes when no other one
// can do more: it would be handed the lock when it is free, and can as well come then. If it keeps others out meanwhile,
// as a writer does that waits for readers to leave, that is a race with theirs, whose reversal is in the tree.
func (s *Search) patience(t *sim.Thread) int {
	switch {
	case s.trail.Late(t):
		return 2
	case s.trail.Waits(t):
		return 1
	}
	return 0
}

// leastPatience returns the least of the threads that can go on.
func (s *Search) leastPatience() int {
	least := 2
	e := s.world.Enabled()
	for id := e.Next(-1); id >= 0 && least > 0; id = e.Next(id) {
		if t := s.world.Thread(id); !s.frozen(t.Serial()) {
			least = min(least, s.patience(t))
		}
	}
	return least
}
