// SPDX-License-Identifier: CDDL-1.0

package dpor

import (
	"slices"

	"dlsim/sim"
)

// branch is a node of a wakeup tree: the next event of a thread, as it was in the schedule that the
// branch was made of, and the trees that follow.
type branch struct {
	thread  int32
	ends    bool
	unsure  int32 // see item
	uses    []use
	answers []int32 // that it gives, as far as known
	kids    *branch // first
	sibling *branch // next
}

// item is one event of a sequence that is to be put into a tree.
type item struct {
	thread, seq int32
	ends, last  bool  // last: the event whose race is reversed
	chained     bool  // comes after all before it in the sequence
	unsure      int32 // the guard, if it is a section that may act on something else there: see meets
	uses        []use
	answers     []int32
	clock       clock // of what comes before it; of the last one without what it conflicts with
}

// itemOf makes the last item of a sequence of an event, which may be asked for other answers there
// than it was, and need not fail if it did.
func (s *Search) itemOf(e *event) item {
	return item{thread: e.thread, last: true, uses: s.usesOf(e), clock: s.causesOf(e)}
}

// without is itemOf where event first, with which e races, has not happened. If e is a section of a guard, and what
// first has done, or what came after it in a section of its own, is seen there, then e may do something
// else without it: it is taken for one that conflicts with every section, and with what acts on what sections have acted on.
func (s *Search) without(first int32, e *event) item {
	x := s.itemOf(e)
	if len(x.uses) > 0 && x.uses[0].whole && sees(x.uses, s.usesOf(&s.events[first])) {
		x.uses = slices.Clone(x.uses)
		x.uses[0].access = sim.Write
		x.unsure = x.uses[0].thing
	}
	return x
}

// sees reports whether an event with the first uses may depend on what one with the others has done before.
func sees(uses, others []use) bool {
	for i := range uses {
		for j := range others {
			if uses[i].thing == others[j].thing && (i == 0 || uses[i].access != sim.Add) && others[j].access != sim.Read {
				return true
			}
		}
	}
	return false
}

// before reports whether x, which comes earlier in a sequence than y, must.
func (s *Search) before(x, y *item) bool {
	if y.clock.at(x.thread) >= x.seq {
		return true
	}
	return y.chained || y.last && (y.ends || x.ends || conflict(x.uses, y.uses) || s.meets(y.unsure, x.uses))
}

// insert puts into the tree of what is explored from the state before event e the events that do not
// come after e, followed by x, unless that is covered. A failure that does not come after e is last.
func (s *Search) insert(e int32, x ...item) {
	first := &s.events[e]
	seq := s.scratch.sequence[:0]
	for i := int(e) + 1; i < len(s.events); i++ {
		y := &s.events[i]
		c := s.clockOf(y)
		switch {
		case s.after(first, c):
		case !y.ends:
			seq = append(seq, item{thread: y.thread, seq: y.seq, uses: s.usesOf(y), answers: y.answers, clock: c})
		case !x[len(x)-1].ends:
			x = append(x, s.failure())
		}
	}
	seq = append(seq, x...)
	s.scratch.sequence = seq
	if s.covers(s.sleepers(int(e)), seq) {
		return
	}
	y := &s.states[e]
	way := s.scratch.way[:0]
	for from := int(y.at) + 1; ; from = 0 { // what was begun before is asleep
		k, at := s.first(y, from, seq)
		if k < 0 {
			break
		}
		if y = y.begun[k].rest; y == nil || y.free {
			return
		}
		if at >= 0 {
			seq = slices.Delete(seq, at, at+1)
		}
		way = append(way, y)
	}
	s.scratch.way = way
	before := y.branches()
	s.graft(&y.tree, seq)
	for _, z := range way {
		z.left += y.branches() - before
	}
}

// first returns the first of the events begun in the state, from the given index on, that can go first in the
// sequence, and where it is there, -1 if it commutes with all of it; k is -1 if there is none.
func (s *Search) first(x *state, from int, seq []item) (k, at int) {
	for k := from; k < len(x.begun); k++ {
		b := &x.begun[k]
		if at, ok := s.initial(seq, &item{thread: b.thread, ends: b.ends, uses: b.uses, answers: b.answers}, true); ok {
			return k, at
		}
	}
	return -1, 0
}

// graft puts a sequence into a wakeup tree.
func (s *Search) graft(list **branch, seq []item) {
	for len(seq) > 0 {
		b, at := s.match(*list, seq)
		if b == nil {
			break
		}
		if at >= 0 && len(seq[at].answers) > len(b.answers) { // what follows needs them, and the other ones come from them
			b.answers = append(b.answers[:0], seq[at].answers...)
		}
		if b.kids == nil {
			return
		}
		if at >= 0 {
			seq = slices.Delete(seq, at, at+1)
		}
		list = &b.kids
	}
	if len(seq) == 1 && seq[0].ends && len(seq[0].answers) > 0 {
		b := s.branch(&seq[0]) // before what needs other answers, but does not know yet which
		b.sibling, *list = *list, b
		return
	}
	for *list != nil {
		list = &(*list).sibling
	}
	for i := range seq {
		*list = s.branch(&seq[i])
		list = &(*list).kids
	}
}

// covers reports whether something that is asleep can go first in the sequence.
func (s *Search) covers(sleepers []sleeper, seq []item) bool {
	for i := range sleepers {
		z := &sleepers[i]
		at, ok := s.initial(seq, &item{thread: z.thread, ends: z.ends, uses: z.uses, answers: z.answers}, true)
		if ok && (at < 0 || exhausted(sleepers, z.thread, seq[at].answers)) {
			return true
		}
	}
	return false
}

// match returns the first branch that can go first in the sequence, and where it is there, -1 if it
// commutes with all of it.
func (s *Search) match(list *branch, seq []item) (*branch, int) {
	for b := list; b != nil; b = b.sibling {
		at, ok := s.initial(seq, &item{thread: b.thread, ends: b.ends, uses: b.uses, answers: b.answers, unsure: b.unsure}, false)
		if ok && (at < 0 || !b.excludes(&seq[at])) {
			return b, at
		}
	}
	return nil, -1
}

// excludes reports whether the event fails with answers that the branch does not give yet, and something
// follows the branch.
func (b *branch) excludes(y *item) bool {
	return y.ends && b.kids != nil && len(b.answers) < len(y.answers)
}

// initial reports whether an event is a weak initial of the sequence: it can go first, as part of it
// or because it commutes with all of it, in which case at is -1. Of one that was begun what it uses there is
// known, if it was not asked for answers; else it is what it used elsewhere.
func (s *Search) initial(seq []item, x *item, begun bool) (at int, ok bool) {
	for i := range seq {
		y := &seq[i]
		if y.thread != x.thread {
			continue
		}
		if !agree(y.answers, x.answers) {
			return 0, false
		}
		if x.ends && (i > 0 || len(seq) > 1 && len(y.answers) < len(x.answers)) {
			return 0, false // what goes before it would not, or what goes after it, with another answer
		}
		z := *y
		if begun && z.last && len(x.answers) == 0 {
			z.uses, z.unsure = x.uses, 0
		}
		for j := range i {
			if s.before(&seq[j], &z) {
				return 0, false
			}
		}
		return i, true
	}
	if x.ends {
		return 0, false
	}
	for i := range seq {
		y := &seq[i]
		if y.ends || conflict(y.uses, x.uses) || s.meets(y.unsure, x.uses) || s.meets(x.unsure, y.uses) {
			return 0, false
		}
	}
	return -1, true
}

// agree reports whether answers, of which some may not be known, are the same as far as they are.
func agree(a, b []int32) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// branch makes a branch of an item.
func (s *Search) branch(x *item) *branch {
	b := s.spare
	if b == nil {
		b = new(branch)
	} else {
		s.spare = b.sibling
	}
	*b = branch{thread: x.thread, ends: x.ends, unsure: x.unsure, uses: append(b.uses[:0], x.uses...), answers: append(b.answers[:0], x.answers...)}
	return b
}

// free1 gives a branch without kids back.
func (s *Search) free1(b *branch) {
	b.sibling, s.spare = s.spare, b
}
