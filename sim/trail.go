// SPDX-License-Identifier: CDDL-1.0

package sim

// Trail records, event by event, what the events of a schedule depend on: the relation that
// Result.Fingerprint is a hash of, for strategies that explore one schedule of each such
// relation only. A strategy that implements Tracker is given one; it costs nothing when none
// does.
//
// Threads and things have serial numbers that do not change from one schedule to the next, as
// long as the same thread makes them in the same order: the n-th thread that a thread creates,
// the n-th object that it registers. Serial numbers of threads start at 0, of things at 1.
type Trail struct {
	// Sections says that a section of a guard is one event, if it can be: see Object.Guard. The strategy
	// then picks a thread again as long as Inside says so. Not in worlds with Config.Races. Schedules with different
	// fingerprints can then have the same relation.
	Sections bool
	// Lazy says that an operation that Queues waits until its object admits it, or until nobody can do anything
	// else. Where the object does not admit it, as World.Admit has said, it makes no difference that its thread
	// queues, but to itself: it would come to the same place in the queue when it is admitted. The strategy then picks
	// no thread that is Late while another one is not.
	Lazy bool
	// Broken says that what Sections relies on does not hold for this program.
	Broken bool
	// Tried says that a thread has tried to take what others have taken in vain, which they do not from now on:
	// see Thread.Anew.
	Tried bool
	// Events are the events so far; all but the last one are over. Those of sequential phases
	// are not recorded: everything comes after them.
	Events []TrailEvent
	// Uses and Causes hold those of all events; see TrailEvent.
	Uses   []Use
	Causes []int32
	// Left are the threads that had not ended when the schedule had.
	Left []Left
	// Quiet says that nothing could go on at the end.
	Quiet bool

	running int32 // serial number of the thread that acts
	open    bool  // it does so in the last event, and not in a sequential phase
	section section
	woken   *Object // where the thread that acts waited, if it has been woken there
	tells   bool    // its event has let others go on
	threads []trailThread
	made    int32   // things that have a serial number
	facts   []facts // by thing
}

// TrailEvent is one operation that a thread has carried out, with all that it did until it
// published its next one. Its uses and causes go up to those of the next event.
type TrailEvent struct {
	Thread  int32
	Uses    int32 // index of the first in Trail.Uses: things it read or wrote
	Causes  int32 // index of the first in Trail.Causes: events that let it happen
	Acquire Acquire
	// Releases says that its first use gives back what an event has acquired Shared.
	Releases bool
	// AfterAll is not 0 if the event could happen only when no other thread could go on: it comes
	// after the first so many events.
	AfterAll int32
	// Again says that the event has woken a thread that had been woken before, and had looked in vain: see
	// Thread.Waits. There is a schedule in which it had not looked, and all else is the same.
	Again bool
	// Late is not 0 if the event only queued its thread, when nobody could do anything else: it comes after the
	// first Late-1 events, but might have acquired what it acts on before one of them took it.
	Late int32
}

// Use says that an event acted on a thing: an object, or the allocation of a buffer.
type Use struct {
	Thing  int32
	Access Access // not Local
	// Admits says which acquiring operations on the thing can run after the event.
	Admits Acquire
	// Changed says that the event decided Admits; else it is as it was before.
	Changed bool
}

// Left is a thread that has not ended, and what it would have done next.
type Left struct {
	Thread  int32
	Thing   int32 // 0 for none
	Access  Access
	Acquire Acquire
	Enabled bool
}

type trailThread struct {
	children, things []int32 // serial numbers, in order of creation
	forked, known    int     // how many of them there are in this schedule
	id               int32   // in this schedule
	last             int32   // its last event, -1 for none
	idle             bool    // in which it looked in vain, and waits
	anew             int32   // the event with which it began anew, 0 for none: see Thread.Anew
	causes           []int32 // of its next event
	afterAll         int32   // see TrailEvent
}

// Tracker is a Strategy that wants to know what the events of its schedules depend on.
type Tracker interface {
	Strategy
	// Trail returns the trail to record into; the same for all schedules.
	Trail() *Trail
}

// ID returns the id that the thread with a serial number has in this schedule.
func (r *Trail) ID(thread int32) int { return int(r.threads[thread].id) }

// Threads returns how many threads have a serial number; not all are in every schedule.
func (r *Trail) Threads() int { return len(r.threads) }

// Thing returns the serial number of the object, 0 if it has none.
func (o *Object) Thing() int32 { return o.order.thing }

// Serial returns the serial number of the thread in worlds with a Trail. Any thread may call it.
func (t *Thread) Serial() int32 { return t.serial }

// Pending returns the events that have let the next operation of a thread happen, and its last
// event, -1 for none.
func (r *Trail) Pending(thread int32) (causes []int32, last int32) {
	x := &r.threads[thread]
	return x.causes, x.last
}

// UsesOf and CausesOf return those of event i.
func (r *Trail) UsesOf(i int) []Use {
	if i+1 < len(r.Events) {
		return r.Uses[r.Events[i].Uses:r.Events[i+1].Uses]
	}
	return r.Uses[r.Events[i].Uses:]
}

// CausesOf is described at UsesOf.
func (r *Trail) CausesOf(i int) []int32 {
	if i+1 < len(r.Events) {
		return r.Causes[r.Events[i].Causes:r.Events[i+1].Causes]
	}
	return r.Causes[r.Events[i].Causes:]
}

// reset begins a schedule. Serial numbers stay what they are.
func (r *Trail) reset() {
	r.Events, r.Uses, r.Causes = r.Events[:0], r.Uses[:0], r.Causes[:0]
	r.running, r.open, r.Quiet, r.section = 0, false, false, section{}
	for i := range r.threads {
		x := &r.threads[i]
		x.forked, x.known, x.last, x.afterAll, x.idle, x.anew = 0, 0, -1, 0, false, 0
		x.causes = x.causes[:0]
	}
	for i := range r.facts {
		r.facts[i] &^= factLock
	}
	if len(r.threads) == 0 {
		r.threads = append(r.threads, trailThread{last: -1}) // main
	}
	r.threads[0].id = 0
}

// forked gives t, which the running thread creates, its serial number.
func (r *Trail) forked(t *Thread) {
	p := &r.threads[r.running]
	if p.forked == len(p.children) {
		p.children = append(p.children, int32(len(r.threads)))
		r.threads = append(r.threads, trailThread{last: -1})
		p = &r.threads[r.running]
	}
	t.serial = p.children[p.forked]
	p.forked++
	r.threads[t.serial].id = t.id
	r.cause(t)
}

// thing returns the serial number of the next thing that the running thread makes.
func (r *Trail) thing() int32 {
	p := &r.threads[r.running]
	if p.known == len(p.things) {
		r.made++
		p.things = append(p.things, r.made)
	}
	p.known++
	return p.things[p.known-1]
}

// event begins the event of t, which it has just been picked for.
func (r *Trail) event(t *Thread, sequential bool) {
	if r.Inside(t) {
		r.goOn(t)
		return
	}
	r.running, r.open, r.Quiet, r.section = t.serial, !sequential, false, section{}
	r.woken, r.tells = nil, false
	if sequential {
		return
	}
	x := &r.threads[t.serial]
	x.last, x.idle = int32(len(r.Events)), false
	e := TrailEvent{
		Thread: t.serial, Uses: int32(len(r.Uses)), Causes: int32(len(r.Causes)),
		Acquire: t.op.Acquire, Releases: t.op.Releases && r.Lazy, AfterAll: x.afterAll,
	}
	switch {
	case r.Late(t):
		e.Acquire, e.Late = Nobody, r.late()
	case t.op.Queues && !r.Lazy:
		e.Acquire = Nobody
	}
	r.Events = append(r.Events, e)
	r.Causes = append(r.Causes, x.causes...)
	x.causes, x.afterAll = x.causes[:0], 0
	if t.obj == nil {
		return
	}
	if t.op.Tries {
		r.note(t.obj.order.thing, factTried)
	}
	if t.op.Leaf && r.Sections {
		r.use(&t.obj.order, Read)
	} else {
		r.use(&t.obj.order, t.op.Access)
	}
	r.enter(t)
}

// Late reports whether all that t would do next is to queue, and that can wait: see Lazy.
func (r *Trail) Late(t *Thread) bool {
	return r.Waits(t) && t.obj.order.shut
}

// Waits reports whether t, if it is picked, has to wait in a queue and would be handed what it waits for.
func (r *Trail) Waits(t *Thread) bool {
	return r.Lazy && t.op != nil && t.op.Queues && t.obj.res.(Line).Waits(t, t.op.Acquire)
}

// late returns TrailEvent.Late of a new event: those that were late just before can come in any order.
func (r *Trail) late() int32 {
	n := len(r.Events)
	if n > 0 && r.Events[n-1].Late > 0 {
		return r.Events[n-1].Late
	}
	return int32(n) + 1
}

// used returns the use that the current event has made of o, nil for none.
func (r *Trail) used(o *order) *Use {
	uses := r.Uses[r.Events[len(r.Events)-1].Uses:]
	for i := range uses {
		if uses[i].Thing == o.thing {
			return &uses[i]
		}
	}
	return nil
}

// use adds to the current event that it acts on o.
func (r *Trail) use(o *order, a Access) {
	if o.thing == 0 {
		o.thing = r.thing()
	}
	if !r.open || a == Local {
		return
	}
	if x := &r.threads[r.running]; a != Read && int(x.anew) == len(r.Events) {
		x.anew = 0 // it goes on with what it did before
	}
	if u := r.used(o); u != nil {
		u.Access = u.Access.with(a)
		return
	}
	r.Uses = append(r.Uses, Use{Thing: o.thing, Access: a})
}

// admit notes which acquiring operations o admits from now on. The event has written o.
func (r *Trail) admit(o *order, a Acquire) {
	if !r.open {
		return
	}
	late := r.Events[len(r.Events)-1].Late > 0 // after which nothing happens but that others queue
	if u := r.used(o); u != nil && (u.Access == Write || u.Changed || late) {
		u.Admits, u.Changed = a, true
		r.leave(o, u)
		return
	}
	panic("engine bug: an operation decides who can go on at an object that it does not write")
}

// end notes what is left of the schedule.
func (r *Trail) end(w *World) {
	r.Left = r.Left[:0]
	for _, t := range w.threads[:w.live] {
		if t.state == done || t.op == nil {
			continue
		}
		l := Left{Thread: t.serial, Acquire: t.op.Acquire, Enabled: t.Enabled() && !r.Waits(t)}
		if t.op.Queues && !r.Lazy {
			l.Acquire = Nobody
		}
		if t.obj != nil {
			l.Thing, l.Access = t.obj.order.thing, t.op.Access
		}
		r.Left = append(r.Left, l)
	}
}

// cause says that what the running thread does lets t make its next event.
func (r *Trail) cause(t *Thread) {
	r.tells, r.threads[r.running].anew = true, 0
	if last := r.threads[r.running].last; last >= 0 {
		r.threads[t.serial].causes = append(r.threads[t.serial].causes, last)
	}
}

// causes says so of earlier events.
func (r *Trail) causes(events []int32, t *Thread) {
	if r.open {
		r.threads[t.serial].causes = append(r.threads[t.serial].causes, events...)
	}
}

// afterAll says that t can go on because no other thread could. Who has looked in vain before could not be on its way still.
func (r *Trail) afterAll(t *Thread) {
	r.threads[t.serial].afterAll = int32(len(r.Events))
	for i := range r.threads {
		r.threads[i].idle, r.threads[i].anew = false, 0
	}
}

// ended says that the current event could happen because u has ended.
func (r *Trail) ended(u *Thread) {
	if last := r.threads[u.serial].last; r.open && last >= 0 {
		r.Causes = append(r.Causes, last)
	}
}
