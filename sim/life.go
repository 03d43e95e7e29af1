// SPDX-License-Identifier: CDDL-1.0

package sim

import "strconv"

// Life says whether the memory an object lives in is allocated, and which allocation it
// is. An allocator embeds one in each buffer; primitives and variables inside the buffer
// keep a pointer to it and check it at each use. A nil *Life is memory that is never freed.
type Life struct {
	What string // what the buffer holds, for reports: "dls_devnet_t"
	Num  int    // which buffer of its cache, from 1
	Gen  uint32 // number of the current or last allocation, from 1; 0 before the first
	Free bool   // the buffer is in its cache

	FreedBy *Thread // who freed it last, nil before the first time
	FreedAt Point   // where

	birth uint64 // hash of who allocated it and how many before
	order order
	frees []free    // that of each allocation which has ended, in their order
	locks []*Object // inside the buffer and held
	taker *Thread   // who took a guard in the buffer last, for a Trail
}

type free struct {
	by *Thread
	at Point
}

// Reset makes l the life of a buffer that this schedule has not used yet.
func (l *Life) Reset(what string, num int) {
	*l = Life{What: what, Num: num, frees: l.frees[:0], locks: l.locks[:0]}
}

// Begin starts the next allocation and returns its number.
func (l *Life) Begin(t *Thread) uint32 {
	t.w.touch(t, &l.order, Write)
	l.Free, l.taker = false, nil
	l.Gen++
	t.begun++
	l.birth = Mix(t.lineage + uint64(t.begun)*0x2545f4914f6cdd1d)
	return l.Gen
}

// End ends the current allocation. It fails the run if a lock inside the buffer is held.
func (l *Life) End(t *Thread) {
	t.w.touch(t, &l.order, Write)
	if r := t.w.trail; r != nil {
		r.freed(t, l)
	}
	if n := len(l.locks); n > 0 {
		o := l.locks[n-1]
		t.FailWith(&Failure{
			Kind: KindPanic, Thread: t, Life: l, Subject: "free with " + o.class + " held",
			Message: l.name(l.Gen) + " is freed while " + o.Name() + " in it is held",
		})
	}
	l.Free, l.FreedBy, l.FreedAt = true, t, t.Here()
	l.frees = append(l.frees, free{t, l.FreedAt})
}

// Lock notes that o, a lock inside the buffer, is held; a nil Life notes nothing.
func (l *Life) Lock(o *Object) {
	if l != nil {
		l.locks = append(l.locks, o)
	}
}

// Unlock takes one Lock of o back.
func (l *Life) Unlock(o *Object) {
	if l == nil {
		return
	}
	for i := len(l.locks) - 1; i >= 0; i-- {
		if l.locks[i] == o {
			l.locks = append(l.locks[:i], l.locks[i+1:]...)
			return
		}
	}
}

// failure returns a failure of t about allocation gen, which has ended. Its Life is as it
// was when that had just happened.
func (l *Life) failure(t *Thread, gen uint32) *Failure {
	was := *l
	was.Gen = gen
	if i := int(gen) - 1; i >= 0 && i < len(l.frees) {
		was.FreedBy, was.FreedAt = l.frees[i].by, l.frees[i].at
	}
	return &Failure{
		Kind: KindLifetime, Thread: t, Life: &was, Subject: l.What, Other: was.FreedAt,
	}
}

// Generation returns the number of the current allocation, 0 for a nil Life.
func (l *Life) Generation() uint32 {
	if l == nil {
		return 0
	}
	return l.Gen
}

// Check fails the run with KindLifetime if generation gen of the buffer is no longer
// allocated when t uses it. verb says how it is used and o, which may be nil, which part
// of it: "mutex_enter", dd_mutex.
func (l *Life) Check(t *Thread, gen uint32, verb string, o *Object) {
	if l != nil && (l.Free || l.Gen != gen) {
		l.fail(t, gen, verb, o)
	}
}

// Use is Check for an operation that t is carrying out on o. It is ordered against the
// beginning and the end of allocations like a read against writes, because it makes a
// difference whether it comes before a free or after it.
func (l *Life) Use(t *Thread, gen uint32, verb string, o *Object) {
	if l == nil {
		return
	}
	t.w.touch(t, &l.order, Read)
	if l.Free || l.Gen != gen {
		l.fail(t, gen, verb, o)
	}
}

func (l *Life) fail(t *Thread, gen uint32, verb string, o *Object) {
	what := verb
	if o != nil {
		what += " " + o.class
	}
	if t.w.lenient != nil && t.w.lenient(t, l, gen, what) {
		return
	}
	f := l.failure(t, gen)
	f.Message = "use after free: " + what + " of " + l.name(gen)
	if by := f.Life.FreedBy; by != nil {
		f.Message += ", freed by " + by.Name()
	}
	if !l.Free {
		f.Message += " and allocated again since"
	}
	t.FailWith(f)
}

// DoubleFree fails the run because t frees generation gen of the buffer again.
func (l *Life) DoubleFree(t *Thread, gen uint32) {
	f := l.failure(t, gen)
	f.Message = "double free of " + l.name(gen)
	if by := f.Life.FreedBy; by != nil {
		f.Message += ", freed before by " + by.Name()
	}
	t.FailWith(f)
}

func (l *Life) name(gen uint32) string {
	return l.What + "#" + strconv.Itoa(l.Num) + " (allocation " + strconv.Itoa(int(gen)) + ")"
}
