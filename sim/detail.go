// SPDX-License-Identifier: CDDL-1.0

package sim

import (
	"fmt"
	"runtime"
)

// Event is one step of a detailed run, or one choice that is not a pick of a thread.
type Event struct {
	Step   int     // from 1
	Thread *Thread // that acted
	Op     string  // name of the operation, or "choose"
	Object string  // name of the object, or the label of the choice
	Access Access  // to the object
	PCs    []uintptr
	Picked bool // by the strategy, among at least two threads
	// Preempt says that the thread that ran before could have gone on.
	Preempt bool
	// Enabled is the number of threads the pick was from; 1 if nothing was asked. For a
	// choice it is the number of possible values.
	Enabled int
	Value   int       // of a choice
	Woke    []*Thread // that waited for a signal and got this one
	Notes   []string  // explanations added by the program
	Results []string  // operations of the program that ended here, "operation = answer"
	// Holds and Turns are what changed in the states of threads from here to the next event.
	Holds []HoldChange
	Turns []Turn
}

// IsChoice tells an answer to Choose from a step.
func (e *Event) IsChoice() bool { return e.Op == opChoose }

const opChoose = "choose"

// Hold is something a thread holds: a lock, a place in a perimeter, a reference.
type Hold struct {
	Object *Object
	Mode   string // "W", "R", "ref", or ""
	At     Point
}

// ThreadState is what a thread was doing when the schedule failed.
type ThreadState struct {
	Thread  *Thread
	Pending Op
	Enabled bool
	Done    bool
	At      Point // of the pending operation
	Holds   []Hold
	// Awaits is what must become true for it to go on, if the resource knows; Met says that it
	// is.
	Awaits string
	Met    bool
}

// HoldChange is a hold that a thread has got, or given back. Objects may have another name
// later, when their memory is used again; this is the name that it had.
type HoldChange struct {
	Thread *Thread
	Object string
	Class  string // of the object
	Mode   string
	At     Point // of a hold that it has got
	Gone   bool  // it gave back its last hold of the object
}

// Turn is what a thread does next, or waits for, from an event on.
type Turn struct {
	Thread            *Thread
	Op, Object, Class string // Op is "" if the thread has ended
	Enabled, Done     bool
}

// place is what tells two turns of a thread apart.
type place struct {
	op            *OpType
	obj           *Object
	steps         int32
	enabled, done bool
}

type worldDetail struct {
	events []Event
	pick   struct {
		made, preempt bool
		enabled       int
	}
}

type threadDetail struct {
	pcs   []uintptr
	holds []Hold
	last  int   // index of the thread's last event, -1 for none
	place place // of its last turn
}

func (d *worldDetail) reset()  { *d = worldDetail{} }
func (d *threadDetail) reset() { *d = threadDetail{last: -1} }

// Detailed reports whether the run keeps events; notes are worth computing only then.
func (t *Thread) Detailed() bool { return t.w.slow&slowDetail != 0 }

// Notef adds a line to the thread's last step in detailed runs. Callers on hot paths ask
// Detailed first.
func (t *Thread) Notef(format string, args ...any) {
	if !t.Detailed() || t.detail.last < 0 {
		return
	}
	e := &t.w.detail.events[t.detail.last]
	e.Notes = append(e.Notes, fmt.Sprintf(format, args...))
}

// Woke records in detailed runs that t's last step, a signal, has woken u.
func (t *Thread) Woke(u *Thread) {
	if t.Detailed() && t.detail.last >= 0 {
		e := &t.w.detail.events[t.detail.last]
		e.Woke = append(e.Woke, u)
	}
}

// Result records in detailed runs that an operation of the program has ended with the
// given answer.
func (t *Thread) Result(operation, answer string) {
	if t.Detailed() && t.detail.last >= 0 {
		e := &t.w.detail.events[t.detail.last]
		e.Results = append(e.Results, operation+" = "+answer)
	}
}

// Held records that t now holds the lock o in the given mode; with the place in detailed runs.
func (t *Thread) Held(o *Object, mode string) {
	if r := t.w.trail; r != nil {
		r.note(o.order.thing, factLock)
	}
	t.locked++
	if t.w.slow&(slowDetail|slowLocks) != 0 {
		t.hold(o, mode, t.Here())
	}
}

// HeldRef records, in detailed runs, that t now holds a reference counted by o.
func (t *Thread) HeldRef(o *Object) {
	if t.w.slow&(slowDetail|slowLocks) != 0 {
		t.hold(o, "ref", t.Here())
	}
}

// hold tells of a hold whoever wants to know.
func (t *Thread) hold(o *Object, mode string, at Point) {
	if t.Detailed() {
		t.detail.holds = append(t.detail.holds, Hold{o, mode, at})
		t.w.noteHold(HoldChange{Thread: t, Object: o.Name(), Class: o.class, Mode: mode, At: at})
	}
	if t.w.observed() {
		t.w.locks.Acquired(t, o, mode, at)
	}
}

// Locks returns how many locks t holds. Any thread may call it.
func (t *Thread) Locks() int { return int(t.locked) }

// Granted is Held by another thread than t, which waits for o and goes on as its holder.
func (t *Thread) Granted(o *Object, mode string) {
	t.locked++
	if t.w.slow&(slowDetail|slowLocks) != 0 {
		t.hold(o, mode, Point{Step: t.w.steps, PCs: t.detail.pcs})
	}
}

// Unheld takes back the last Held of o by t. Any thread may call it.
func (t *Thread) Unheld(o *Object) {
	t.locked--
	t.UnheldRef(o)
}

// UnheldRef takes back the last HeldRef of o by t. Any thread may call it.
func (t *Thread) UnheldRef(o *Object) {
	if t.w.observed() {
		t.w.locks.Released(t, o)
	}
	if !t.Detailed() {
		return
	}
	for i := len(t.detail.holds) - 1; i >= 0; i-- {
		if t.detail.holds[i].Object == o {
			t.detail.holds = append(t.detail.holds[:i:i], t.detail.holds[i+1:]...)
			t.w.noteHold(HoldChange{Thread: t, Object: o.Name(), Class: o.class, Gone: true})
			return
		}
	}
}

// Holds returns what t holds, oldest first; empty in fast runs. Any thread may call it.
func (t *Thread) Holds() []Hold { return t.detail.holds }

// Here returns the current step and stack in detailed runs, the zero Point in fast ones.
func (t *Thread) Here() Point {
	if !t.Detailed() {
		return Point{}
	}
	return Point{Step: t.w.steps, PCs: callers(3)}
}

// Events returns the steps of the last run, if it was detailed.
func (w *World) Events() []Event { return w.detail.events }

// slowPublish is the part of publishing that fast runs skip.
func (w *World) slowPublish(t *Thread) {
	if w.slow&slowOver != 0 {
		panic(killed{})
	}
	if w.slow&slowDetail != 0 {
		t.detail.pcs = callers(4)
	}
}

// slowCarryOut is the part of carrying out that fast runs skip.
func (w *World) slowCarryOut(t *Thread) {
	if w.slow&slowOver != 0 {
		panic(killed{})
	}
	if w.slow&(slowWatched|slowSequential|slowFair) == slowWatched {
		w.watcher.Watch(w, t)
	}
	if w.slow&slowFair != 0 {
		t.ran = w.steps
	}
	if w.slow&slowTrail != 0 {
		w.trail.event(t, w.slow&slowSequential != 0)
	}
	if w.slow&slowRaces != 0 && !t.op.Data {
		t.tick()
		if t.obj != nil {
			t.synchronise(t.obj, t.op.Access)
		}
	}
	if w.slow&slowDetail == 0 {
		return
	}
	w.noteTurns()
	e := Event{
		Step: w.steps + 1, Thread: t, Op: t.op.Name, Access: t.op.Access, PCs: t.detail.pcs,
		Picked: w.detail.pick.made, Preempt: w.detail.pick.preempt, Enabled: 1,
	}
	if t.obj != nil {
		e.Object = t.obj.Name()
	}
	if e.Picked {
		e.Enabled = w.detail.pick.enabled
	}
	w.detail.pick.made, w.detail.pick.preempt = false, false
	t.detail.last = len(w.detail.events)
	w.detail.events = append(w.detail.events, e)
}

// noteHold adds to the last event what has changed since. Threads that are unwound give
// back nothing.
func (w *World) noteHold(c HoldChange) {
	if n := len(w.detail.events); n > 0 && !w.over {
		e := &w.detail.events[n-1]
		e.Holds = append(e.Holds, c)
	}
}

// noteTurns adds to the last event the threads that have gone on since, or that can run now
// and could not before, or the other way round.
func (w *World) noteTurns() {
	if len(w.detail.events) == 0 {
		return
	}
	e := &w.detail.events[len(w.detail.events)-1]
	for _, t := range w.threads[:w.live] {
		p := place{t.op, t.obj, t.steps, t.Enabled(), t.state == done}
		if p == t.detail.place {
			continue
		}
		t.detail.place = p
		x := Turn{Thread: t, Enabled: p.enabled, Done: p.done}
		if p.op != nil {
			x.Op = p.op.Name
		}
		if p.obj != nil {
			x.Object, x.Class = p.obj.Name(), p.obj.Class()
		}
		e.Turns = append(e.Turns, x)
	}
}

func (w *World) notePick(cur, u *Thread) {
	w.detail.pick.made = true
	w.detail.pick.preempt = cur != nil && cur != u && w.enabled.Has(int(cur.id))
	w.detail.pick.enabled = w.enabled.n
}

func (w *World) noteChoice(t *Thread, n, v int, label string) {
	w.detail.events = append(w.detail.events, Event{
		Step: w.steps, Thread: t, Op: opChoose, Object: label, PCs: callers(4),
		Picked: true, Enabled: n, Value: v,
	})
}

// describe fills what only a detailed run knows.
func (w *World) describe(f *Failure) {
	w.noteTurns()
	if f.At.Step == 0 {
		f.At.Step = w.steps
	}
	if f.At.PCs == nil && f.Thread != nil {
		f.At.PCs = f.Thread.detail.pcs
		if f.Thread.Enabled() {
			f.At.PCs = callers(4)
		}
	}
	for i := range f.Cycle {
		e := &f.Cycle[i]
		for j := range e.Holder.detail.holds {
			if h := &e.Holder.detail.holds[j]; h.Object == e.For.Object {
				e.Holds = h
			}
		}
	}
	for _, t := range w.threads[:w.live] {
		s := ThreadState{
			Thread: t, Pending: t.Pending(), Enabled: t.Enabled(), Done: t.state == done,
			At:    Point{Step: w.steps, PCs: t.detail.pcs},
			Holds: append([]Hold(nil), t.detail.holds...),
		}
		if t.obj != nil {
			if c, ok := t.obj.res.(Conditional); ok && !s.Enabled {
				s.Awaits, s.Met = c.Condition(t)
			}
		}
		f.States = append(f.States, s)
	}
	if w.explain != nil {
		w.explain(f)
	}
}

// FoundAfter fills in the threads of a failure that was found when a detailed run was over.
func (w *World) FoundAfter(f *Failure) {
	for _, t := range w.threads[:w.live] {
		f.States = append(f.States, ThreadState{
			Thread: t, Pending: t.Pending(), Done: true, At: Point{Step: w.steps, PCs: t.detail.pcs},
		})
	}
}

// callers returns the stack above skip frames, its own included.
func callers(skip int) []uintptr {
	var pcs [48]uintptr
	return append([]uintptr(nil), pcs[:runtime.Callers(skip, pcs[:])]...)
}
