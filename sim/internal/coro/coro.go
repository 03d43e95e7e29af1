// SPDX-License-Identifier: CDDL-1.0

// Package coro is the only user of iter.Pull in dlsim: stackful coroutines that are
// started once and then run one body after another.
//
// A Coro is always in one of two places: running, on behalf of exactly one caller of
// Resume, or parked, inside Yield or between two bodies. Control moves only by Resume and
// Yield, so two coroutines of one world never run at the same time and no memory they
// share needs a lock. A round trip costs about one third of two channel operations and
// allocates nothing; creating a coroutine is expensive, which is why bodies share one.
package coro

import "iter"

// Coro is a pooled coroutine. The zero value is not usable; call New.
type Coro struct {
	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
}

// New returns a parked coroutine that runs body at the first Resume, and again from its
// start at the first Resume after each time body has returned. body must recover its own
// panics: one that leaves it surfaces in the caller of Resume and ends the coroutine.
func New(body func()) *Coro {
	c := new(Coro)
	c.resume, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		for {
			body()
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return c
}

// Resume runs the coroutine until its next Yield or the end of its body. It may be called
// from any goroutine, but not from two at once and not from inside the coroutine itself.
func (c *Coro) Resume() { c.resume() }

// Yield parks the coroutine and lets its Resume return. It comes back at the next Resume.
// Only the coroutine itself may call it.
func (c *Coro) Yield() {
	if !c.yield(struct{}{}) {
		panic("engine bug: coroutine closed while a body was running")
	}
}

// Close releases the coroutine, which must be parked between two bodies.
func (c *Coro) Close() { c.stop() }
