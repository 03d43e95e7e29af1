// SPDX-License-Identifier: CDDL-1.0

package sim

// Enable says that the pending operation of t, which was published by Block or disabled
// since, can run now.
func (w *World) Enable(t *Thread) { w.enabled.add(t.id) }

// Disable says that the pending operation of t cannot run any more.
func (w *World) Disable(t *Thread) { w.enabled.remove(t.id) }

// Admit says which operations that acquire o can run from now on: those that are pending are
// enabled and disabled by the caller. The operation that is being carried out has written o.
func (w *World) Admit(o *Object, a Acquire) {
	if w.trail == nil {
		return
	}
	if _, line := o.res.(Line); line && !w.trail.Lazy {
		return // who queues is as good as who acquires
	}
	o.order.shut = a == Nobody
	w.trail.admit(&o.order, a)
}

// EnableAll is Enable for each thread in q: what they wait for has become free, and any of
// them may win it.
func (w *World) EnableAll(q *Queue) {
	for t := q.head; t != nil; t = t.qnext {
		w.enabled.add(t.id)
	}
}

// DisableAll is Disable for each thread in q: what they want has been taken.
func (w *World) DisableAll(q *Queue) {
	for t := q.head; t != nil; t = t.qnext {
		w.enabled.remove(t.id)
	}
}

// Wake is Enable by thread by, whose operation thus happens before what t does next.
func (w *World) Wake(by, t *Thread) {
	t.hash = Mix(t.hash ^ by.hash)
	w.after(by, t)
	w.Enable(t)
}

// after makes what t does next come after what by has done.
func (w *World) after(by, t *Thread) {
	if w.trail != nil {
		w.trail.cause(t)
	}
	if w.slow&slowRaces != 0 {
		t.clock.join(by.clock)
	}
}

// WakeAfter is Wake when more than one thread had to act and nothing says in which order,
// such as the readers in front of a writer: all of p happens before what t does next.
func (w *World) WakeAfter(p *Past, t *Thread) {
	t.hash = Mix(t.hash ^ p.sum)
	if w.trail != nil {
		w.trail.causes(p.events, t)
	}
	if w.slow&slowRaces != 0 {
		t.clock.join(p.clock)
	}
	w.Enable(t)
}

// Past collects operations of several threads that commute with each other, for WakeAfter.
// The zero value is empty.
type Past struct {
	sum    uint64
	clock  clock
	events []int32 // in Trail
}

// Add adds the operation that t is carrying out, and all that happened before it.
func (p *Past) Add(t *Thread) {
	p.sum += t.hash
	if r := t.w.trail; r != nil && r.open {
		p.events = append(p.events, int32(len(r.Events)-1))
	}
	if t.Tracking() {
		p.clock.join(t.clock)
	}
}

// Repend replaces the pending operation of t, which is blocked and in no queue, by another
// one that can run iff enabled, and puts t in queue q if that is not nil. by as in Wake.
// If it cannot run, the monitor is told that t is blocked, on the stack of by.
func (w *World) Repend(by, t *Thread, op *OpType, o *Object, q *Queue, enabled bool) {
	t.hash = Mix(t.hash ^ by.hash)
	w.after(by, t)
	t.op, t.obj = op, o
	if q != nil {
		q.Push(t)
	}
	switch {
	case enabled:
		w.Enable(t)
	case w.monitor != nil && o != nil:
		w.monitor.Blocked(t)
	}
}
