// SPDX-License-Identifier: CDDL-1.0

package sim

// A section is what a thread does between taking a lock and giving it back. Two sections of one lock exclude
// each other, but which of them comes first often makes no difference: both only look, or both count. A
// search that takes the order of all sections for different does much in vain. So a Trail can leave the lock out of
// it, and say what is done under the lock instead, as Stoller and Cohen do (Optimistic
// synchronization-based state-space reduction, TACAS 2003): the section is one event, which reads the lock.
//
// That is right if nobody can tell the moments within a section apart. Others can notice at most one operation
// in it, and what they notice lets them do nothing that the owner of the lock would see before it gives the
// lock back. All they could is to free the lock's memory, which Life.End looks after.

// section is that of the event that is open.
type section struct {
	guard   *Object // nil if there is none
	taken   bool    // it was: the thread did not have it already
	noticed bool    // something was done that others can notice
	alone   bool    // it commutes with no other one
}

// Guard makes o, a lock, one whose sections are each one event of a Trail, as long as there is no
// scheduling point in them but at operations marked Inside: those of threads that have taken it in way a. If
// that is Exclusive, all that a thread does while it has the lock, and that others can see, is an operation or told
// by Touch or Within. If it is Shared, nothing has to be told: readers change nothing. If it is both, in two calls, what
// readers look at is told, too. Register takes it back.
func (o *Object) Guard(a Acquire) { o.guards |= 1 << a }

// Within adds to the operation that t is carrying out an access to o under a lock, which usually orders it: it makes
// a difference to a Trail only.
func (t *Thread) Within(o *Object, a Access) {
	if r := t.w.trail; r != nil {
		r.use(&o.order, a)
	}
}

// Only says that what t has done to o, since it took a guard that it still has, comes to no more than a. It may be
// an Add: t has counted something, and nobody waits for the count to be another one.
func (t *Thread) Only(o *Object, a Access) {
	if r := t.w.trail; r != nil && r.section.guard != nil {
		if u := r.used(&o.order); u != nil {
			u.Access = a
		}
	}
}

// Alone says that the section that t is in commutes with no other one of its guard, because it changes what nothing
// tells of.
func (t *Thread) Alone() {
	if r := t.w.trail; r != nil {
		r.section.alone = true
		r.threads[r.running].anew = 0
	}
}

// Inside reports whether what t does next is a part of the last event, for which t must be picked.
func (r *Trail) Inside(t *Thread) bool {
	s := &r.section
	if !s.taken || t == nil || t.serial != r.running || t.op == nil || !t.op.Inside {
		return false
	}
	return t.obj == s.guard || t.op.Access == Local || !s.noticed
}

// goOn adds the next operation of t to the last event.
func (r *Trail) goOn(t *Thread) {
	if t.obj != r.section.guard && t.op.Access != Local {
		r.section.noticed = true
	}
	if t.obj != nil {
		r.use(&t.obj.order, t.op.Access)
	}
}

// enter begins a section if the operation of t, which begins an event, takes a guard.
func (r *Trail) enter(t *Thread) {
	if !r.Sections || t.op.Acquire == Nobody || t.obj.guards&(1<<t.op.Acquire) == 0 {
		return
	}
	if l := t.obj.life; l != nil {
		l.taker = t
	}
	r.section.guard = t.obj
}

// leave ends the section if the event has decided for the second time, with use u, who can take its guard: the
// first was when it took it itself.
func (r *Trail) leave(o *order, u *Use) {
	switch s := &r.section; {
	case s.guard == nil || o != &s.guard.order:
	case !s.taken:
		s.taken = true
	default:
		if !s.alone {
			u.Access = Read
		}
		r.section = section{}
	}
}

// freed notes that t frees memory with guards in it. Whoever was in a section of one has left it only if t has
// taken that guard since.
func (r *Trail) freed(t *Thread, l *Life) {
	if r.open && r.Sections && l.taker != nil && l.taker != t {
		r.Broken = true
	}
}
