// SPDX-License-Identifier: CDDL-1.0

package sim

import "slices"

// A thread that waits for a condition is woken by whatever may have changed it, looks, and often goes on waiting. If
// it is woken again later, all is then as if it had been slow the first time: woken already, and not yet on its way
// to look. So of the schedules that differ in how often it looked in vain, a search needs only those in which it does so
// and is not woken any more, for a wake-up may be lost; from where a second one wakes it, it can leave the others. A Trail
// tells when that is. Where time has passed in between it could not have been slow: all had to do what they could before.
//
// The same holds for a whole attempt that is made anew after it has waited (Anew), if all that it did was to look, and to
// take locks and give them back: who waited for one of them had only to wait less. But who tries to take one without waiting
// may have failed because of it. Where a thread waits for the first time, and makes nothing anew, it is not known that it will
// look again.

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
	x := &r.threads[t.serial]
	x.idle = idle || x.anew > 0 && r.inVain(t, o)
}

// Anew says that t begins, with its next operation, what it begins anew after each wait (Waits) on the way, whatever it
// would see if it looked first, and that it remembers nothing then of what it has seen. All that it does meanwhile is told, also
// under locks that are no guards. Until Ended.
func (t *Thread) Anew() {
	if r := t.w.trail; r != nil && r.open && r.Sections {
		r.threads[t.serial].anew = int32(len(r.Events))
	}
}

// Ended says that what Anew began is over, without a wait.
func (t *Thread) Ended() {
	if r := t.w.trail; r != nil {
		r.threads[t.serial].anew = 0
	}
}

// inVain reports whether all that t has done since it began anew is to take locks and give them back, to look, and to
// wait at o.
func (r *Trail) inVain(t *Thread, o *Object) bool {
	var taken []int32
	for i := int(r.threads[t.serial].anew); i < len(r.Events); i++ {
		e := &r.Events[i]
		if e.Thread != t.serial {
			continue
		}
		for j, u := range r.UsesOf(i) {
			switch f := r.factsOf(u.Thing); {
			case u.Thing == o.order.thing || f&factLock == 0 && u.Access == Read:
			case f&(factLock|factTried) != factLock:
				return false
			case j == 0 && (e.Acquire != Nobody || e.Late > 0):
				taken = append(taken, u.Thing)
			case !slices.Contains(taken, u.Thing): // it had the lock before
				return false
			}
		}
	}
	for _, lock := range taken {
		r.note(lock, factVain)
	}
	return true
}

// facts are what is known of a thing.
type facts uint8

const (
	factLock  facts = 1 << iota // threads hold it, in this schedule
	factTried                   // or try to, without waiting, in any
	factVain                    // it was taken in vain, in any
)

func (r *Trail) factsOf(thing int32) facts {
	if int(thing) < len(r.facts) {
		return r.facts[thing]
	}
	return 0
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
