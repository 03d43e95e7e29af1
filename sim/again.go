// SPDX-License-Identifier: CDDL-1.0

package sim

// A thread that waits for a condition is woken by whatever may have changed it, looks, and often goes on waiting. If
// it is woken again later, all is then as if it had been slow the first time: woken already, and not yet on its way
// to look. So of the schedules that differ in how often it looked in vain, a search needs only those in which it does so
// and is not woken any more, for a wake-up may be lost; from where a second one wakes it, it can leave the others. A Trail
// tells when that is. Where time has passed in between it could not have been slow: all had to do what they could before.
//
// The same holds where it looks for the first time, if it has done nothing else in that section; and of a whole attempt that
// is made anew after it has waited, if all that it did was to look, and to take locks and give them back. Who waited for
// one of them had only to wait less. But who tries to take one without waiting may have failed because of it.

// Waits says that t is about to wait at o until it is woken, that it looks at what it waits for again then, and that it
// remembers nothing of the times when it had to go on waiting.
func (t *Thread) Waits(o *Object) {
	r := t.w.trail
	if r == nil || !r.open {
		return
	}
	idle := (r.woken == o || r.looks) && !r.tells && r.section.guard == nil
	for _, u := range r.Uses[r.Events[len(r.Events)-1].Uses:] {
		idle = idle && (u.Access == Read || u.Thing == o.order.thing)
	}
	x := &r.threads[t.serial]
	x.idle = idle || x.anew > 0 && r.inVain(t, o)
}

// Anew says that t begins, with its next operation, what it begins anew when it has waited (Waits) on the way, and that it
// remembers nothing then of what it has seen.
func (t *Thread) Anew() {
	if r := t.w.trail; r != nil && r.open && r.Sections {
		r.threads[t.serial].anew = int32(len(r.Events))
	}
}

// inVain reports whether all that t has done since it began anew is to take and give back locks, to look, and to
// wait at o.
func (r *Trail) inVain(t *Thread, o *Object) bool {
	from := int(r.threads[t.serial].anew)
	for i := from; i < len(r.Events); i++ {
		for _, u := range r.UsesOf(i) {
			if r.Events[i].Thread == t.serial && u.Access != Read && u.Thing != o.order.thing && !r.harmless(u.Thing) {
				return false
			}
		}
	}
	for i := from; i < len(r.Events); i++ {
		for _, u := range r.UsesOf(i) {
			if r.Events[i].Thread == t.serial && u.Access != Read {
				r.note(u.Thing, factVain)
			}
		}
	}
	return true
}

// facts are what is known of a thing, from all schedules.
type facts uint8

const (
	factLock  facts = 1 << iota // threads hold it
	factTried                   // or try to, without waiting
	factVain                    // it was taken in vain
)

// harmless reports whether nobody can tell that a thing was taken in vain.
func (r *Trail) harmless(thing int32) bool {
	return int(thing) < len(r.facts) && r.facts[thing]&(factLock|factTried) == factLock
}

// note adds what is known of a thing.
func (r *Trail) note(thing int32, f facts) {
	for int(thing) >= len(r.facts) {
		r.facts = append(r.facts, 0)
	}
	old := r.facts[thing]
	r.facts[thing] |= f
	if f == factTried && old&(factTried|factVain) == factVain {
		r.Tried = true
	}
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
