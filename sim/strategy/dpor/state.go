// SPDX-License-Identifier: CDDL-1.0

package dpor

// state is one that schedules have come to: the one before an event of the schedule that runs, or one
// that was left for another.
//
// The order in which events are begun in a state, with the branches that are left after them, is that of
// the paper: what comes earlier is asleep in what comes later, and a sequence goes to the first
// that covers it. In what order the tree is gone through does not matter, as long as a sequence that is found
// late still goes where it belongs: into what was begun already, and so into states that have nothing
// left otherwise. Where a wakeup tree ends all that follows is explored: there nothing is put.
type state struct {
	asleep    span    // in Search.asleep: what was explored in earlier states, then what was begun before the event
	inherited int32   // where the latter begins
	at        int32   // of the event of the schedule in begun; len(begun) if it is new
	begun     []begun // events, in the order in which they were begun here
	tree      *branch // what is left to begin
	end       bool    // a wakeup tree ends here: nobody is asleep
	free      bool    // so it does, or has before
	left      int64   // branches left here and after it; of a state that was left for another
}

// begun is an event that was begun in a state.
type begun struct {
	sleeper
	// rest is the state after it, nil if nothing is left there and nothing can be put there any more.
	// That of the event of the schedule that runs is in Search.states.
	rest *state
}

// branches returns how many ways to go on are left to begin in the state itself.
func (x *state) branches() (n int64) {
	for b := x.tree; b != nil; b = b.sibling {
		n++
	}
	return n
}

// beside returns how many branches are left in the state and after it, but for those after the event of
// the schedule.
func (x *state) beside() int64 {
	n := x.branches()
	for k := range x.begun {
		n += x.begun[k].left()
	}
	return n
}

func (b *begun) left() int64 {
	if b.rest == nil {
		return 0
	}
	return b.rest.left
}

// replayed returns the event that the schedule is to do again after the state, nil for a new one.
func (x *state) replayed() *begun {
	if int(x.at) < len(x.begun) {
		return &x.begun[x.at]
	}
	return nil
}

// enter adds the state after event i, the last one.
func (s *Search) enter(i int) {
	e := &s.events[i]
	x := state{tree: e.kids, free: e.kids == nil, end: e.ended}
	e.kids = nil
	if b := s.states[i].replayed(); b != nil && b.rest != nil {
		x, b.rest = *b.rest, nil
	}
	x.asleep = s.stillAsleep(i)
	if x.end { // somebody may be asleep still if an operation acts on less than it did elsewhere
		s.asleep = s.asleep[:x.asleep.from]
		x.asleep.to = x.asleep.from
	}
	x.inherited = x.asleep.to
	s.states = append(s.states, x)
	s.aim(i+1, int(x.at))
}

// aim makes event k of those begun in state i, the last one, the next of the schedule, a new one if
// there is none.
func (s *Search) aim(i, k int) {
	x := &s.states[i]
	x.at = int32(k)
	s.asleep = s.asleep[:x.inherited]
	for j := range k {
		s.asleep = append(s.asleep, x.begun[j].sleeper)
	}
	x.asleep.to = int32(len(s.asleep))
}

// leave leaves the schedule from event i on. Of the states after it those are kept in which something is
// left, or in which something may still be put.
func (s *Search) leave(i int) {
	var rest *state
	for j := len(s.events) - 1; j > i; j-- {
		x := &s.states[j]
		left := x.beside()
		if rest != nil {
			left += rest.left
		}
		if left == 0 && (x.free || s.settled(j-1)) {
			continue // and rest is nil
		}
		s.begin(j, rest)
		y := *x
		y.left, rest = left, &y
	}
	s.begin(i, rest)
}

// begin notes that event i was begun in the state before it.
func (s *Search) begin(i int, rest *state) {
	x := &s.states[i]
	if int(x.at) == len(x.begun) {
		x.begun = append(x.begun, begun{sleeper: s.sleep(i)})
	}
	x.begun[x.at].rest = rest
}

// settled reports whether nothing can be put into the states after event i any more but by schedules that
// go through it: nothing is left that comes before it in the order of the tree, back to where the
// last wakeup tree ended.
func (s *Search) settled(i int) bool {
	for ; i >= 0; i-- {
		x := &s.states[i]
		for k := range x.at {
			if x.begun[k].left() > 0 {
				return false
			}
		}
		if x.free {
			break
		}
	}
	return true
}
