// SPDX-License-Identifier: CDDL-1.0

package model

import "slices"

// quick is the way that explains most histories at once: it goes along the history and, at each
// return, lets the operation take effect only then; only if that does not give the answer, other
// operations in progress take effect before it, as few as possible. It is right when it says that
// a history can be explained, for it has an order. When it fails an earlier decision may have been
// the wrong one, so that the second time nothing is decided: all states that any order leads to are
// kept (just-in-time linearization). What that cannot explain porcupine judges.
type quick struct {
	open []int32
	now  []*state
	// seen are the states on the way to a return, done those after it.
	seen, done set
}

// explains reports whether the quick way explains the history, with lazy by as few steps as
// possible at each return.
func (c *Checker) explains(lazy bool) bool {
	q := &c.quick
	q.open = q.open[:0]
	q.now = append(q.now[:0], &c.p.start)
	for _, ev := range c.p.events {
		o := &c.p.ops[ev.op]
		if o.plan.free {
			continue
		}
		if ev.call {
			q.open = append(q.open, ev.op)
			continue
		}
		q.done.reset()
		if lazy {
			c.completeAll(q.now, o)
		}
		if len(q.done.states) == 0 {
			c.reach(q.now, q.open, o, lazy)
		}
		if len(q.done.states) == 0 || c.limited() {
			return false
		}
		q.now = append(q.now[:0], q.done.states...)
		c.keep(0, q.now)
		at := slices.Index(q.open, ev.op)
		q.open = slices.Delete(q.open, at, at+1)
	}
	return true
}

// completeAll adds to those done the states in which o has taken all its steps and returned.
func (c *Checker) completeAll(from []*state, o *operation) {
	for _, s := range from {
		c.complete(s, o)
	}
}

// complete adds to those done the states that s may be in once o, in progress, has taken its remaining
// steps and returned.
func (c *Checker) complete(s *state, o *operation) {
	last := len(o.plan.steps)
	if o.plan.returns != nil {
		last++
	}
	first := c.used
	a, b := append(c.sets[1][:0], s), c.sets[2][:0]
	for n := int(s.flight(o.num).stage); n < last && len(a) > 0; n++ {
		b = b[:0]
		for _, t := range a {
			b = c.take(t, o, n, b)
		}
		a, b = b, a
	}
	b = b[:0]
	for _, t := range a {
		if t == s {
			t = c.copy(t) // it had taken all its steps
		}
		t.land(o.num)
		if c.quick.done.add(t) {
			b = append(b, t)
		}
	}
	c.keep(first, b)
	c.sets[1], c.sets[2] = a, b
}

// reach finds the states in which o has returned, with other open operations having taken steps
// before it. With first it stops at the least number of such steps that will do; without, all
// numbers are tried.
func (c *Checker) reach(from []*state, open []int32, o *operation, first bool) {
	seen, done := &c.quick.seen, &c.quick.done
	seen.reset()
	done.reset()
	if !first {
		c.completeAll(from, o)
	}
	for _, s := range from {
		seen.add(s)
	}
	for begin, end := 0, len(seen.states); begin < end && !c.limited(); begin, end = end, len(seen.states) {
		for i := begin; i < end && !c.limited(); i++ {
			first := c.used
			added := len(seen.states)
			for _, t := range c.moves(seen.states[i], open) {
				seen.add(t)
			}
			c.keep(first, seen.states[added:])
			for _, t := range seen.states[added:] {
				c.complete(t, o)
			}
		}
		if first && len(done.states) > 0 {
			break
		}
	}
}

// set is a set of states in the order in which they were added.
type set struct {
	states []*state
	last   map[uint64]int32 // by hash, the number of the state added last, from 1
	before []int32          // of each state, that of the one with the same hash before it
}

func (x *set) reset() {
	if x.last == nil {
		x.last = make(map[uint64]int32)
	}
	clear(x.last)
	x.states, x.before = x.states[:0], x.before[:0]
}

// add adds a state and reports whether it is new.
func (x *set) add(s *state) bool {
	h := s.hash()
	head := x.last[h]
	for i := head; i > 0; i = x.before[i-1] {
		if x.states[i-1].equal(s) {
			return false
		}
	}
	x.states = append(x.states, s)
	x.before = append(x.before, head)
	x.last[h] = int32(len(x.states))
	return true
}

// moves returns the states that s leads to by one step of an open operation.
func (c *Checker) moves(s *state, open []int32) []*state {
	out := c.sets[4][:0]
	for _, n := range open {
		p := &c.p.ops[n]
		if f := s.flight(n); int(f.stage) < len(p.plan.steps) {
			out = c.take(s, p, int(f.stage), out)
		}
	}
	c.sets[4] = out
	return out
}
