// SPDX-License-Identifier: CDDL-1.0

package strategy

import (
	"slices"
	"strings"

	"dlsim/sim"
)

// Resync follows a recording of a program that has changed since, as far as it fits. Threads
// and objects are known by their names, without the numbers if those have shifted. A recorded
// choice that cannot be meant any more is left out, because its thread is gone or is already
// past it; an operation that the recording does not know is done when its thread is to go
// on. Where the recording says nothing the running thread goes on, and questions are
// answered with 0.
type Resync struct {
	Choices []Recorded
	// Eager settles a doubt. A thread has done something that nobody was asked for, because
	// nothing else could run, and what is recorded of it next is not what it does next: with
	// Eager the recorded choice was that and is left out, without it the operation is new.
	Eager bool
	// Ahead settles another. What a thread does next is recorded, but not as its next choice:
	// if there are at most so many before that, 0 for any number, they are left out; else the
	// operation is new.
	Ahead int

	// Skipped counts recorded choices that were left out, Added the decisions that the
	// recording does not have; valid when the schedule is over.
	Skipped, Added int
	// First is where the schedule first left the recording, nil if it never did.
	First *Divergence

	used  []bool
	next  int            // the first choice that is not used
	names map[string]int // which thread a recorded name with a number stands for
	taken map[int]bool   // the threads in names
	seen  []int          // steps of each thread that are accounted for
}

// Resyncs returns the ways to settle the doubts of a recording, the likeliest first.
func Resyncs(choices []Recorded) []*Resync {
	return []*Resync{
		{Choices: choices, Ahead: 2},
		{Choices: choices},
		{Choices: choices, Eager: true, Ahead: 2},
		{Choices: choices, Eager: true},
	}
}

// window is how far ahead of the first unused choice a later one may be taken.
const window = 1000

// far is how many choices of threads that cannot run are passed over before the running thread
// rather goes on, by operations that are not recorded, to let them.
const far = 8

// Begin implements sim.Strategy.
func (r *Resync) Begin(*sim.World) {
	r.used = append(r.used[:0], make([]bool, len(r.Choices))...)
	r.Skipped, r.Added, r.First, r.next = 0, 0, nil, 0
	r.seen = r.seen[:0]
	r.names, r.taken = make(map[string]int), make(map[int]bool)
}

// Pick implements sim.Strategy.
func (r *Resync) Pick(w *sim.World, cur *sim.Thread) int {
	e, passed := w.Enabled(), 0
	for i := r.next; i < min(r.next+window, len(r.Choices)); i++ {
		c := &r.Choices[i]
		if r.used[i] {
			continue
		}
		if !c.IsThread() {
			r.skip(w, i) // nobody asked
			continue
		}
		t := r.thread(w, c.Thread)
		switch {
		case t == nil || !e.Has(t.ID()): // later it may be there and able to
			passed++
		case passed > far && cur != nil && e.Has(cur.ID()) && cur != t:
			r.add(w, i, cur.Name()+" goes on with "+cur.Pending().String())
			return r.pick(cur)
		case r.fits(t, i):
			r.use(i)
			return r.pick(t)
		case r.later(t, i+1):
			r.skip(w, i)
		case r.Eager && r.unseen(t):
			r.skip(w, i)
		default:
			r.add(w, i, t.Name()+" can only do "+t.Pending().String())
			return r.pick(t)
		}
	}
	r.add(w, len(r.Choices), "the run goes on")
	if cur != nil && e.Has(cur.ID()) {
		return r.pick(cur)
	}
	return r.pick(w.Thread(e.Next(-1)))
}

// pick lets t go on.
func (r *Resync) pick(t *sim.Thread) int {
	for len(r.seen) <= t.ID() {
		r.seen = append(r.seen, 0)
	}
	r.seen[t.ID()] = t.Steps() + 1
	return t.ID()
}

// unseen reports whether t has done something that nobody was asked for, because nothing else
// could run, since it was last picked or the last answer of unseen: what is recorded of it may
// be that.
func (r *Resync) unseen(t *sim.Thread) bool {
	if t.ID() >= len(r.seen) || r.seen[t.ID()] >= t.Steps() {
		return false
	}
	r.seen[t.ID()]++
	return true
}

// Choose implements sim.Strategy.
func (r *Resync) Choose(w *sim.World, t *sim.Thread, n int, label string) int {
	for i := r.next; i < min(r.next+window, len(r.Choices)); i++ {
		c := &r.Choices[i]
		if r.used[i] || c.IsThread() || r.thread(w, c.Thread) != t || loose(c.Op) != loose(label) || c.Value >= n {
			continue
		}
		r.use(i)
		return c.Value
	}
	r.add(w, r.next, t.Name()+" asked for "+label)
	return 0
}

// fits reports whether the pending operation of t is choice i, or is it but for the numbers
// and no later choice fits better.
func (r *Resync) fits(t *sim.Thread, i int) bool {
	op, c := t.Pending().String(), &r.Choices[i]
	if op == c.Op {
		return true
	}
	if loose(op) != loose(c.Op) {
		return false
	}
	for j := i + 1; j < min(r.next+window, len(r.Choices)); j++ {
		if d := &r.Choices[j]; !r.used[j] && d.IsThread() && d.Thread == c.Thread && d.Op == op {
			return false
		}
	}
	return true
}

// later reports whether the pending operation of t is recorded after choice i.
func (r *Resync) later(t *sim.Thread, i int) bool {
	op, name := loose(t.Pending().String()), r.Choices[i-1].Thread
	before := 1 // choice i-1 is one
	for ; i < min(r.next+window, len(r.Choices)); i++ {
		c := &r.Choices[i]
		if r.used[i] || !c.IsThread() || c.Thread != name {
			continue
		}
		if r.Ahead > 0 && before > r.Ahead {
			return false
		}
		if loose(c.Op) == op {
			return true
		}
		before++
	}
	return false
}

func (r *Resync) use(i int) {
	r.used[i] = true
	for r.next < len(r.used) && r.used[r.next] {
		r.next++
	}
}

func (r *Resync) skip(w *sim.World, i int) {
	r.Skipped++
	r.differs(w, i, "it does not fit")
	r.use(i)
}

func (r *Resync) add(w *sim.World, i int, found string) {
	r.Added++
	r.differs(w, i, found)
}

func (r *Resync) differs(w *sim.World, i int, found string) {
	if r.First != nil {
		return
	}
	r.First = &Divergence{i + 1, w.Steps() + 1, "the end of the run", found}
	if i < len(r.Choices) {
		r.First.Expected = r.Choices[i].String()
	}
}

// Finish counts the choices that are left when the schedule is over.
func (r *Resync) Finish() {
	for i := range r.used {
		if !r.used[i] {
			r.Skipped++
			r.used[i] = true
		}
	}
}

// thread returns the live thread that a recorded name stands for, or nil. A name without a
// number is that of one thread. One with a number stands for the thread of that name or,
// if there is none that lives, for the oldest of its class that no other name stands for and
// that is not recorded itself.
func (r *Resync) thread(w *sim.World, name string) *sim.Thread {
	if id, ok := r.names[name]; ok {
		if t := w.Thread(id); !t.Done() {
			return t
		}
		return nil
	}
	class, _, numbered := strings.Cut(name, "/")
	var exact, same *sim.Thread
	w.Threads(func(t *sim.Thread) {
		switch {
		case t.Done() || r.taken[t.ID()]:
		case t.Name() == name:
			exact = t
		case numbered && t.Class() == class && same == nil && !r.meant(t.Name()):
			same = t
		}
	})
	t := exact
	if t == nil {
		t = same
	}
	if t != nil {
		r.names[name], r.taken[t.ID()] = t.ID(), true
	}
	return t
}

// meant reports whether a thread of that name is recorded and nothing else was taken for it.
func (r *Resync) meant(name string) bool {
	_, bound := r.names[name]
	return !bound && slices.ContainsFunc(r.Choices, func(c Recorded) bool { return c.Thread == name })
}

// loose returns an operation without the numbers of objects: what is left when objects of a
// class are created in another order.
func loose(op string) string {
	at := strings.IndexByte(op, '#')
	if at < 0 {
		return op
	}
	end := at + 1
	for end < len(op) && op[end] >= '0' && op[end] <= '9' {
		end++
	}
	return op[:at] + op[end:]
}
