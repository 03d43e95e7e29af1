// SPDX-License-Identifier: CDDL-1.0

package check

import (
	"slices"

	"dlsim/sim"
)

// Ledger pairs each reference with the release that gives it back. A program has an Account for
// each counter, and calls Take and Give where the counter goes up and down.
//
// A reference has one owner at a time: the thread that took it or, once it is kept, something that
// lives on when the thread has returned, such as an open file or an association. A thread gives back
// what it owns itself; what a thing owns goes to a thread first (Reclaim). So a thread that gives
// back what it does not own takes the reference of somebody else, and what a thread still owns when
// it leaves the kernel, or a thing that is gone, will never be given back. Neither needs the counter
// to become wrong.
//
// A nil Ledger records nothing. Nothing is allocated in the steady state; places are kept in
// detailed runs only.
type Ledger struct {
	// Strict fails the run when a reference is not what it should be. Without it the ledger
	// only records.
	Strict bool
	// Sites finds places for reports, nil for sim.GoSite.
	Sites sim.Resolver

	open  []reference // outstanding, oldest first
	paid  []payment   // given back, in detailed runs
	ops   []string    // by thread id: the operation the thread is in
	owned []int32     // by thread id: how many references the thread itself owns
}

// Account is one counter of references. It lives in what it counts the references to.
type Account struct {
	what, of string
	life     uint32 // number of the present life of what is referred to
	n        int
}

// Owner is something that keeps references beyond the operation that took them; two are the
// same if Key is. What says what it is, for reports.
type Owner struct {
	Key  any // comparable, not nil
	What string
}

// reference is one that has been taken and not given back.
type reference struct {
	account *Account
	life    uint32
	owner   Owner       // without a Key it is the thread
	was     Owner       // before the thread has reclaimed it
	thread  *sim.Thread // that took it or has reclaimed it
	entry
	lost *loss // it does not count any more although its owner has it
}

// entry is who did something, in which operation and where.
type entry struct {
	by *sim.Thread
	op string
	at sim.Point
}

// loss is why a reference does not count any more.
type loss struct {
	entry
	how string // "written off", "freed"
}

// payment is a reference that was given back, and by whom.
type payment struct {
	reference
	back entry
}

// Init begins a schedule: nothing is outstanding.
func (l *Ledger) Init() {
	l.open, l.paid = l.open[:0], l.paid[:0]
	clear(l.ops)
	clear(l.owned)
}

// Open begins a life of the account: what is counted and of what, "dd_ref" and "vnic0".
func (a *Account) Open(what, of string) {
	a.what, a.of, a.life, a.n = what, of, a.life+1, 0
}

// Count returns how many references are outstanding, 0 if nobody records them.
func (a *Account) Count() int { return a.n }

// Of returns what the references are to.
func (a *Account) Of() string { return a.of }

// Is reports whether the account counts what, as Open was told.
func (a *Account) Is(what string) bool { return a.what == what }

// Begin says which operation t is in from now on, in the program's own words.
func (l *Ledger) Begin(t *sim.Thread, op string) {
	if l != nil {
		l.grow(t)
		l.ops[t.ID()] = op
	}
}

func (l *Ledger) grow(t *sim.Thread) {
	for t.ID() >= len(l.ops) {
		l.ops = append(l.ops, "")
		l.owned = append(l.owned, 0)
	}
}

// entry returns the entry of something that t does now.
func (l *Ledger) entry(t *sim.Thread) entry {
	at := t.Here()
	at.Step = t.World().Steps()
	return entry{by: t, op: l.ops[t.ID()], at: at}
}

// Take records that t has taken a reference.
func (l *Ledger) Take(t *sim.Thread, a *Account) {
	if l == nil {
		return
	}
	l.grow(t)
	l.owned[t.ID()]++
	a.n++
	l.open = append(l.open, reference{account: a, life: a.life, thread: t, entry: l.entry(t)})
}

// Give records that t has given a reference back: the last it has taken of those it owns. In a
// strict ledger a thread that owns none fails the run, else whoever was first pays. It returns the
// thread whose reference it was, t if nobody had one.
func (l *Ledger) Give(t *sim.Thread, a *Account) *sim.Thread {
	if l == nil {
		return t
	}
	l.grow(t)
	i := l.last(func(r *reference) bool { return r.mine(t, a) })
	if i < 0 {
		if l.Strict {
			l.overdraw(t, a)
		}
		i = slices.IndexFunc(l.open, func(r reference) bool { return r.counts(a) })
		if i < 0 {
			return t
		}
	}
	by := l.open[i].by
	l.pay(t, i)
	return by
}

// pay takes reference i out: t has given it back.
func (l *Ledger) pay(t *sim.Thread, i int) {
	r := &l.open[i]
	if r.lost == nil {
		r.account.n--
	}
	if r.owner.Key == nil {
		l.owned[r.thread.ID()]--
	}
	if t.Detailed() {
		l.paid = append(l.paid, payment{*r, l.entry(t)})
	}
	l.open = slices.Delete(l.open, i, i+1)
}

// last returns the index of the last reference that fits, -1 if there is none.
func (l *Ledger) last(fits func(*reference) bool) int {
	for i := len(l.open) - 1; i >= 0; i-- {
		if fits(&l.open[i]) {
			return i
		}
	}
	return -1
}

// counts reports whether r is one of the references that the account counts now.
func (r *reference) counts(a *Account) bool {
	return r.account == a && r.life == a.life && r.lost == nil
}

func (r *reference) mine(t *sim.Thread, a *Account) bool {
	return r.owner.Key == nil && r.thread == t && r.counts(a)
}

// Keep hands the last reference of the account that t owns over to o. One that is lost by now is kept
// all the same: nobody has told t.
func (l *Ledger) Keep(t *sim.Thread, a *Account, o Owner) { l.keep(t, a, "", o) }

// KeepSort is Keep for a caller who does not know the account: the last reference of that sort.
func (l *Ledger) KeepSort(t *sim.Thread, what string, o Owner) { l.keep(t, nil, what, o) }

func (l *Ledger) keep(t *sim.Thread, a *Account, what string, o Owner) {
	if l == nil {
		return
	}
	for i := len(l.open) - 1; i >= 0; i-- {
		r := &l.open[i]
		if r.owner.Key == nil && r.thread == t && (r.account == a || r.account.what == what) {
			r.owner = o
			l.owned[t.ID()]--
			return
		}
	}
}

// Reclaim hands the first reference that the owner with that key has in the account over to t, who
// gives it back next; for a nil account, all that the owner has anywhere.
func (l *Ledger) Reclaim(t *sim.Thread, a *Account, key any) {
	if l == nil {
		return
	}
	l.grow(t)
	for i := range l.open {
		r := &l.open[i]
		if r.owner.Key == key && (a == nil || r.counts(a)) {
			r.was, r.owner, r.thread = r.owner, Owner{}, t
			l.owned[t.ID()]++
			if a != nil {
				return
			}
		}
	}
}

// WriteOff records that t has set the counter to what the owners with the keys in but have, whoever
// else has references: that of dead is not missed by anybody, what others have is lost.
func (l *Ledger) WriteOff(t *sim.Thread, a *Account, dead any, but ...any) {
	if l == nil {
		return
	}
	l.grow(t)
	for i := len(l.open) - 1; i >= 0; i-- {
		switch r := &l.open[i]; {
		case !r.counts(a) || slices.Contains(but, r.owner.Key):
		case r.owner.Key == dead:
			l.pay(t, i)
		default:
			l.lose(t, r, "written off")
		}
	}
}

// Close records that t has freed what the account counts references to.
func (l *Ledger) Close(t *sim.Thread, a *Account) {
	if l == nil || a.n == 0 {
		return
	}
	for i := range l.open {
		if r := &l.open[i]; r.counts(a) {
			l.lose(t, r, "made void by a free")
		}
	}
}

func (l *Ledger) lose(t *sim.Thread, r *reference, how string) {
	r.lost = &loss{l.entry(t), how}
	r.account.n--
}

// Has reports whether the owner with that key has a reference of the account.
func (l *Ledger) Has(a *Account, key any) bool {
	return l.last(func(r *reference) bool { return r.owner.Key == key && r.counts(a) }) >= 0
}

// Holders appends to buf the threads that have taken the references outstanding in the account.
func (l *Ledger) Holders(a *Account, buf []*sim.Thread) []*sim.Thread {
	for i := range l.open {
		if l.open[i].counts(a) {
			buf = append(buf, l.open[i].thread)
		}
	}
	return buf
}
