// SPDX-License-Identifier: CDDL-1.0

package ksync_test

import (
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/simtest"
)

// waiter waits once, whatever the state, and logs when it is back.
func (l *locks) waiter(name string) simtest.Thread {
	return thread(name, l.mu.Enter, l.wait, l.says(""), l.mu.Exit)
}

func TestCondWaitQueuesAndLeavesTheMutexInOneStep(t *testing.T) {
	l := new(locks)
	// A signal sent with the mutex held, once the waiter has said that it waits, is never lost.
	waiting, sent := false, 0
	schedules := l.all(t, []simtest.Thread{
		thread("a", l.mu.Enter, func(*sim.Thread) { waiting = true }, l.wait, l.mu.Exit,
			func(*sim.Thread) { waiting = false }),
		thread("b", l.mu.Enter, func(t *sim.Thread) {
			if waiting {
				l.cv.Signal(t)
				sent++
				return
			}
			t.MarkHelper()
			t.World().Thread(1).MarkHelper() // a may wait for ever
		}, l.mu.Exit),
	}, func(r sim.Result) {
		waiting = false
		passed(t, r)
	})
	if sent == 0 || sent == schedules {
		t.Errorf("sent in %d schedules of %d", sent, schedules)
	}
}

func TestCondWaiterHoldsNoMutexAndGetsItBack(t *testing.T) {
	l := new(locks)
	r := l.script(t, []simtest.Thread{
		thread("a", l.mu.Enter, l.wait, func(t *sim.Thread) {
			if l.mu.Owner() != t {
				t.Fail(sim.KindPanic, "", "back from cv_wait without the mutex")
			}
		}, l.mu.Exit),
		thread("b", l.mu.Enter, l.says("in"), l.cv.Signal, l.mu.Exit),
	}, "a", "b")
	l.expect(t, r, "bin")
}

func TestCondWaitWithoutTheMutexFails(t *testing.T) {
	l := new(locks)
	failed(t, l.script(t, []simtest.Thread{thread("a", l.wait)}), sim.KindPanic,
		"cv_wait: a does not own mu")
	failed(t, l.script(t, []simtest.Thread{thread("b", l.mu.Enter), thread("a", l.wait)}, "b"),
		sim.KindPanic, "cv_wait: a does not own mu, b does")
}

// Any waiter can be the one that is woken, and only one is.
func TestCondSignalWakesOneWaiterOfAny(t *testing.T) {
	l := new(locks)
	woken := map[string]bool{}
	threads := []simtest.Thread{
		l.waiter("a"), l.waiter("b"), l.waiter("c"), thread("s", l.cv.Signal),
	}
	for _, choice := range []string{"choose 0", "choose 1", "choose 2"} {
		r := l.script(t, threads, "a", "b", "c", "s", choice)
		failed(t, r, sim.KindHang, "cv_wait (waiting) cv") // the other two
		woken[strings.TrimSpace(l.log)] = true
	}
	if len(woken) != 3 || !woken["a"] || !woken["b"] || !woken["c"] {
		t.Errorf("woken: %v", woken)
	}
}

func TestCondBroadcastWakesAll(t *testing.T) {
	l := new(locks)
	orders := map[string]bool{}
	threads := []simtest.Thread{l.waiter("a"), l.waiter("b"), l.waiter("c"), thread("s", l.cv.Broadcast)}
	for _, next := range []string{"a", "b", "c"} {
		passed(t, l.script(t, threads, "a", "b", "c", "s", next))
		orders[l.log[:1]] = true
	}
	if len(orders) != 3 {
		t.Errorf("first to go on: %v", orders)
	}
}

func TestCondSignalIsNotRemembered(t *testing.T) {
	l := new(locks)
	for _, wake := range []call{l.cv.Signal, l.cv.Broadcast} {
		r := l.script(t, []simtest.Thread{l.waiter("a"), thread("s", wake, wake)}, "s", "a")
		failed(t, r, sim.KindHang, "cv_wait (waiting) cv")
		passed(t, l.script(t, []simtest.Thread{l.waiter("a"), thread("s", wake)}, "a", "s"))
	}
}

// Signalling needs no mutex: not one of the signaller's, nor a free one.
func TestCondSignalNeedsNoMutex(t *testing.T) {
	l := new(locks)
	r := l.script(t, []simtest.Thread{
		l.waiter("a"), thread("o", l.mu.Enter, l.says(""), l.mu.Exit), thread("s", l.cv.Signal),
	}, "a", "o until mutex_exit", "s", "a", "o")
	// a is woken while o owns the mutex, and goes on when o has left.
	l.expect(t, r, "o a")
}

// A woken thread competes for the mutex: what it was woken for may be gone.
func TestCondWokenWaiterCompetes(t *testing.T) {
	l := new(locks)
	threads := []simtest.Thread{
		l.waiter("a"), thread("s", l.mu.Enter, l.cv.Signal, l.mu.Exit),
		thread("n", l.mu.Enter, l.says(""), l.mu.Exit),
	}
	l.expect(t, l.script(t, threads, "a", "s", "n"), "n a")
	l.expect(t, l.script(t, threads, "a", "s", "a"), "a n")
}

// Without a signal nobody comes back, in any schedule.
func TestCondNoSpuriousWakeUps(t *testing.T) {
	l := new(locks)
	l.all(t, []simtest.Thread{
		l.waiter("a"), thread("b", l.mu.Enter, l.mu.Exit), thread("c", l.mu.Enter, l.mu.Exit),
	}, func(r sim.Result) {
		failed(t, r, sim.KindHang)
		if l.log != "" {
			t.Fatal("a came back")
		}
	})
	// And a signal wakes one, in any schedule.
	l.all(t, []simtest.Thread{l.waiter("a"), l.waiter("b"), thread("s", l.cv.Signal)},
		func(r sim.Result) {
			failed(t, r, sim.KindHang)
			if len(strings.Fields(l.log)) > 1 {
				t.Fatalf("back: %s", l.log)
			}
		})
}

func TestCondDestroyWithWaiterFails(t *testing.T) {
	l := new(locks)
	failed(t, l.script(t, []simtest.Thread{l.waiter("a"), thread("d", l.cv.Destroy)}, "a"),
		sim.KindPanic, "cv_destroy: a waits on cv")
	passed(t, l.script(t, []simtest.Thread{thread("d", l.cv.Destroy)}))
}

// A signal sent without the mutex moves a waiter to a mutex that somebody else owns, and
// so can close a cycle that nobody's own blocking closes: it is found at the signal, while
// a third thread could go on.
func TestCondSignalClosesCycle(t *testing.T) {
	l := new(locks)
	threads := []simtest.Thread{
		thread("a", l.other.Enter, l.mu.Enter, l.wait),
		thread("b", l.mu.Enter, l.other.Enter),
		thread("s", l.cv.Signal, func(t *sim.Thread) {
			for {
				t.Yield()
			}
		}),
	}
	r := l.script(t, threads, "a", "b", "s")
	f := failed(t, r, sim.KindDeadlock, "a waits for b at cv_wait (mutex_enter) mu",
		"b waits for a at mutex_enter other")
	if f.At.Step != r.Steps || len(f.Cycle) != 2 {
		t.Errorf("cycle of %d at step %d of %d", len(f.Cycle), f.At.Step, r.Steps)
	}
}

// A condition variable cannot know who will signal it; with Releasers it can.
func TestCondReleasers(t *testing.T) {
	l := new(locks)
	threads := []simtest.Thread{
		thread("a", l.other.Enter, l.mu.Enter, l.wait),
		thread("b", l.other.Enter),
		thread("c", func(t *sim.Thread) { t.Yield() }),
	}
	l.cv.Releasers = func(t *sim.Thread, buf []*sim.Thread) []*sim.Thread {
		return append(buf, t.World().Thread(2))
	}
	l.cv.Backing = l.other.Object()
	r := l.script(t, threads, "a", "b")
	f := failed(t, r, sim.KindDeadlock, "b waits for a at mutex_enter other",
		"a waits for b at cv_wait (waiting) cv")
	if f.Thread.Name() != "b" || f.At.Step != r.Steps {
		t.Errorf("%s at step %d of %d", f.Thread.Name(), f.At.Step, r.Steps)
	}
	l.cv.Releasers, l.cv.Backing = nil, nil
	failed(t, l.script(t, threads, "a", "b"), sim.KindHang)
}

// What a thread waits on is looked at again when it goes on: a condition variable or a
// mutex that was freed meanwhile is a use after free.
func TestCondWaitChecksBothLives(t *testing.T) {
	for _, which := range []string{"cv", "mu"} {
		l := new(locks)
		life := new(sim.Life)
		setup := func(w *sim.World) {
			l.init(w)
			life.Reset("thing_t", 1)
			if which == "cv" {
				l.cv.Init(w, life, "cv", "", 0)
			} else {
				l.mu.Init(w, life, "mu", "", 0)
			}
		}
		body := simtest.Program(setup,
			thread("a", func(t *sim.Thread) { life.Begin(t) }, l.mu.Enter, l.wait),
			thread("s", l.cv.Signal, func(t *sim.Thread) { life.End(t) }))
		_, r := simtest.Script(t, sim.Config{Monitor: new(check.Deadlock)}, body, "a", "s")
		failed(t, r, sim.KindLifetime, "thing_t#1 (allocation 1), freed by s", which)
	}
}
