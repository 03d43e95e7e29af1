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

func (l *Life) fail(t *Thread, gen uint32, verb string, o *Object) {
	what := verb
	if o != nil {
		what += " " + o.class
	}
	if t.w.lenient != nil && t.w.lenient(t, l, gen, what) {
		return
	}
	f := &Failure{Kind: KindLifetime, Thread: t, Life: l, Subject: l.What}
	f.Message = "use after free: " + what + " of " + l.name(gen)
	if l.FreedBy != nil {
		f.Message += ", freed by " + l.FreedBy.Name()
	}
	if !l.Free {
		f.Message += " and allocated again since"
	}
	f.Other = l.FreedAt
	t.FailWith(f)
}

// DoubleFree fails the run because t frees generation gen of the buffer again.
func (l *Life) DoubleFree(t *Thread, gen uint32) {
	f := &Failure{Kind: KindLifetime, Thread: t, Life: l, Subject: l.What, Other: l.FreedAt}
	f.Message = "double free of " + l.name(gen)
	if l.FreedBy != nil {
		f.Message += ", freed before by " + l.FreedBy.Name()
	}
	t.FailWith(f)
}

func (l *Life) name(gen uint32) string {
	return l.What + "#" + strconv.Itoa(l.Num) + " (allocation " + strconv.Itoa(int(gen)) + ")"
}
