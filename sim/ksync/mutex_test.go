// SPDX-License-Identifier: CDDL-1.0

package ksync_test

import (
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
)

// locks are the primitives that the tests of this package use.
type locks struct {
	mu    ksync.Mutex
	rw    ksync.RWLock
	cv    ksync.Cond
	other ksync.Mutex
	log   string
}

func (l *locks) init(w *sim.World) {
	l.mu.Init(w, nil, "mu", "", 0)
	l.rw.Init(w, nil, "rw", "", 0)
	l.cv.Init(w, nil, "cv", "", 0)
	l.other.Init(w, nil, "other", "", 0)
	l.log = ""
}

// thread is a thread that runs the calls one after the other.
func thread(name string, calls ...func(*sim.Thread)) simtest.Thread {
	return simtest.Thread{Name: name, Run: func(t *sim.Thread) {
		for _, call := range calls {
			call(t)
		}
	}}
}

// says logs the thread's first letter and what.
func (l *locks) says(what string) func(*sim.Thread) {
	return func(t *sim.Thread) { l.log += t.Name() + what + " " }
}

func (l *locks) wait(t *sim.Thread) { l.cv.Wait(t, &l.mu) }

// script runs the threads by a script, with the deadlock check.
func (l *locks) script(t *testing.T, threads []simtest.Thread, lines ...string) sim.Result {
	t.Helper()
	cfg := sim.Config{Detail: true, Monitor: new(check.Deadlock)}
	_, r := simtest.Script(t, cfg, simtest.Program(l.init, threads...), lines...)
	return r
}

// all runs all schedules of the threads, with the deadlock check.
func (l *locks) all(t *testing.T, threads []simtest.Thread, visit func(r sim.Result)) int {
	t.Helper()
	cfg := sim.Config{Monitor: new(check.Deadlock)}
	return simtest.All(t, cfg, 200_000, simtest.Program(l.init, threads...),
		func(_ *sim.World, r sim.Result) { visit(r) })
}

func passed(t *testing.T, r sim.Result) {
	t.Helper()
	if r.Outcome != sim.Passed {
		t.Fatalf("%v: %+v", r.Outcome, r.Failure)
	}
}

// failed requires a failure of that kind whose message has all of the words.
func failed(t *testing.T, r sim.Result, kind sim.Kind, words ...string) *sim.Failure {
	t.Helper()
	if r.Failure == nil || r.Failure.Kind != kind {
		t.Fatalf("%v: %+v; want a %s", r.Outcome, r.Failure, kind)
	}
	for _, word := range words {
		if !strings.Contains(r.Failure.Message, word) {
			t.Errorf("%q does not say %q", r.Failure.Message, word)
		}
	}
	return r.Failure
}

func TestMutexExcludes(t *testing.T) {
	l := new(locks)
	inside := 0
	section := func(t *sim.Thread) {
		l.mu.Enter(t)
		if inside++; inside > 1 || l.mu.Owner() != t {
			t.Fail(sim.KindPanic, "", "two inside")
		}
		t.Yield()
		inside--
		l.mu.Exit(t)
	}
	n := l.all(t, []simtest.Thread{thread("a", section), thread("b", section), thread("c", section)},
		func(r sim.Result) { passed(t, r) })
	if n < 6 {
		t.Errorf("%d schedules", n)
	}
}

func TestMutexIsNotRecursive(t *testing.T) {
	l := new(locks)
	l.all(t, []simtest.Thread{thread("a", l.mu.Enter, l.mu.Enter)}, func(r sim.Result) {
		f := failed(t, r, sim.KindPanic, "recursive mutex_enter of mu")
		if f.Subject != "recursive mutex_enter mu" {
			t.Errorf("subject %q", f.Subject)
		}
	})
}

func TestMutexExitByNonOwnerFails(t *testing.T) {
	l := new(locks)
	free := []simtest.Thread{thread("a", l.mu.Exit)}
	failed(t, l.script(t, free), sim.KindPanic, "a does not own mu")
	owned := []simtest.Thread{thread("a", l.mu.Enter), thread("b", l.mu.Exit)}
	failed(t, l.script(t, owned, "a"), sim.KindPanic, "b does not own mu, a does")
}

func TestMutexExitWakesAllAndDoesNotHandOff(t *testing.T) {
	l := new(locks)
	threads := []simtest.Thread{
		thread("a", l.mu.Enter, l.mu.Exit),
		thread("b", l.mu.Enter, l.says(""), l.mu.Exit),
		thread("c", l.mu.Enter, l.says(""), l.mu.Exit),
		thread("new", l.mu.Enter, l.says(""), l.mu.Exit),
	}
	// b waits first, then c; when a has left, all three can have the mutex.
	firsts := map[string]bool{}
	for _, next := range []string{"b", "c", "new"} {
		passed(t, l.script(t, threads, "a until mutex_exit", "b", "c", "a", next))
		firsts[strings.Fields(l.log)[0]] = true
	}
	if len(firsts) != 3 {
		t.Errorf("first after the exit: %v", firsts)
	}
	// And the one that has left can come back before those that it woke.
	threads[0] = thread("a", l.mu.Enter, l.mu.Exit, l.mu.Enter, l.says(""), l.mu.Exit)
	passed(t, l.script(t, threads, "a until mutex_exit", "b", "c", "a"))
	if l.log[0] != 'a' {
		t.Errorf("order %s", l.log)
	}
}

// All orders of the sections of three threads happen.
func TestMutexIsNotFIFO(t *testing.T) {
	l := new(locks)
	section := []func(*sim.Thread){l.mu.Enter, l.says(""), l.mu.Exit}
	orders := map[string]bool{}
	l.all(t, []simtest.Thread{thread("a", section...), thread("b", section...), thread("c", section...)},
		func(r sim.Result) { passed(t, r); orders[l.log] = true })
	if len(orders) != 6 {
		t.Errorf("%d orders: %v", len(orders), orders)
	}
}

func TestMutexBlockedThreadCannotRun(t *testing.T) {
	l := new(locks)
	w, r := simtest.Script(t, sim.Config{}, simtest.Program(l.init,
		thread("a", l.mu.Enter, func(t *sim.Thread) {
			for range 3 {
				t.Yield()
			}
			if t.World().Thread(2).Enabled() {
				t.Fail(sim.KindPanic, "", "a thread that wants a held mutex can run")
			}
		}, l.mu.Exit, func(t *sim.Thread) {
			if !t.World().Thread(2).Enabled() {
				t.Fail(sim.KindPanic, "", "a thread that wants a free mutex cannot run")
			}
		}), thread("b", l.mu.Enter, l.mu.Exit)), "b until mutex_enter", "a until yield", "b", "a")
	passed(t, r)
	if l.mu.Owner() != nil || !w.Thread(2).Done() {
		t.Error("b has not been in")
	}
}

func TestMutexDestroyOfHeldFails(t *testing.T) {
	l := new(locks)
	failed(t, l.script(t, []simtest.Thread{thread("a", l.mu.Enter), thread("b", l.mu.Destroy)}, "a"),
		sim.KindPanic, "mutex_destroy", "mu is held by a")
	passed(t, l.script(t, []simtest.Thread{thread("a", l.mu.Enter, l.mu.Exit, l.mu.Destroy)}))
}
