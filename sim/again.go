// SPDX-License-Identifier: CDDL-1.0

package sim

// A thread that waits for a condition is woken by whatever may have changed it, looks, and often goes on waiting. If
// it is woken again later, all is then as if it had been slow the first time: woken already, and not yet on its way
// to look. So of the schedules that differ in how often it looked in vain, a search needs only those in which it does so
// and is not woken any more, for a wake-up may be lost; from where a second one wakes it, it can leave the others. A Trail
// tells when that is. Where time has passed in between it could not have been slow: all had to do what they could before.

// Waits says that t is about to wait at o until it is woken, that it looks at what it waits for again then, and that it
// remembers nothing of the times when it had to go on waiting.
func (t *Thread) Waits(o *Object) {
	r := t.w.trail
	if r == nil || !r.open {
		return
	}
	idle := r.woken == o && !r.tells && r.section.guard == nil
	for _, u := range r.Uses[r.Events[len(r.Events)-1].Uses:] {
		idle = idle && (u.Access == Read || u.Thing == o.order.thing)
	}
	r.threads[t.serial].idle = idle
}

// Woken says that t goes on because it was woken where it waited at o. It must be called before anything else that t does
// then.
func (t *Thread) Woken(o *Object) {
	if r := t.w.trail; r != nil && r.open {
		r.woken = o
	}
}

// Wakes says that t is about to wake u, and that it would have woken nobody else if u had not been waiting.
func (t *Thread) Wakes(u *Thread) {
	if r := t.w.trail; r != nil && r.open && r.threads[u.serial].idle {
		r.Events[len(r.Events)-1].Again = true
		t.w.again = true
	}
}
