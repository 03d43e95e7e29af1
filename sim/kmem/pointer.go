// SPDX-License-Identifier: CDDL-1.0

package kmem

import "dlsim/sim"

// buffer is the memory of one object, through all its allocations.
type buffer[T any] struct {
	v    T
	life sim.Life
}

// Ptr is a C pointer to an object of a Cache: it remembers for which allocation of the
// buffer it was made, so that a use after the free is found even when the buffer has been
// allocated again. The zero value is NULL. Pointers are comparable: two are equal iff they
// point to the same allocation.
type Ptr[T any] struct {
	buf  *buffer[T]
	gen  uint32
	wild bool
}

// Wild returns a pointer variable that was never assigned: whatever was on the stack.
// what names the variable and its type for reports.
func Wild[T any](what string) Ptr[T] {
	return Ptr[T]{buf: &buffer[T]{life: sim.Life{What: what}}, wild: true}
}

// Static returns a pointer to a copy of v that is never freed: an object that is part of
// another one or lives on a stack.
func Static[T any](v T) Ptr[T] {
	b := &buffer[T]{v: v}
	b.life.Gen = 1
	return Ptr[T]{buf: b, gen: 1}
}

// IsNil reports whether the pointer is NULL.
func (p Ptr[T]) IsNil() bool { return p.buf == nil }

// IsWild reports whether the pointer was never assigned.
func (p Ptr[T]) IsWild() bool { return p.wild }

// At is the arrow of C: it returns the object for one use by t. Using NULL, an unassigned
// pointer or an object that was freed since the pointer was made fails the run. The result
// must not be kept across a scheduling point; call At again.
func (p Ptr[T]) At(t *sim.Thread) *T {
	if p.buf == nil || p.wild {
		p.trap(t)
	}
	p.buf.life.Check(t, p.gen, "use", nil)
	return &p.buf.v
}

func (p Ptr[T]) trap(t *sim.Thread) {
	if p.wild {
		what := p.buf.life.What
		t.Fail(sim.KindLifetime, "uninitialised pointer "+what,
			"use of the uninitialised pointer "+what)
	}
	t.Fail(sim.KindPanic, "NULL pointer", "BAD TRAP: NULL pointer dereference")
}

// Peek returns the object for checks and reports, whether it is allocated or not; nil for
// NULL and unassigned pointers. It is not an operation.
func (p Ptr[T]) Peek() *T {
	if p.buf == nil || p.wild {
		return nil
	}
	return &p.buf.v
}

// Num returns the number of the buffer in its cache, from 1; 0 for NULL.
func (p Ptr[T]) Num() int {
	if p.buf == nil {
		return 0
	}
	return p.buf.life.Num
}
