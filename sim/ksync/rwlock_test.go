// SPDX-License-Identifier: CDDL-1.0

package ksync_test

import (
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/simtest"
)

type call = func(*sim.Thread)

// reader and writer are threads that enter, log, and leave.
func (l *locks) reader(name string) simtest.Thread {
	return thread(name, l.rw.EnterRead, l.says("+"), l.rw.Exit, l.says("-"))
}

func (l *locks) writer(name string) simtest.Thread {
	return thread(name, l.rw.EnterWrite, l.says("+"), l.rw.Exit, l.says("-"))
}

func (l *locks) expect(t *testing.T, r sim.Result, log string) {
	t.Helper()
	passed(t, r)
	if got := strings.TrimSpace(l.log); got != log {
		t.Errorf("got  %s\nwant %s", got, log)
	}
}

func TestRWLockReadersShare(t *testing.T) {
	l := new(locks)
	r := l.script(t, []simtest.Thread{l.reader("a"), l.reader("b")},
		"a until rw_exit R", "b until rw_exit R", "a")
	l.expect(t, r, "a+ b+ a- b-")
}

// Never a writer with anybody else, in any schedule.
func TestRWLockWriterExcludes(t *testing.T) {
	l := new(locks)
	readers, writers := 0, 0
	inside := func(n *int) call {
		return func(t *sim.Thread) {
			*n++
			if writers > 1 || writers == 1 && readers > 0 {
				t.Fail(sim.KindPanic, "", "a writer is not alone")
			}
			t.Yield()
			*n--
		}
	}
	n := l.all(t, []simtest.Thread{
		thread("w1", l.rw.EnterWrite, inside(&writers), l.rw.Exit),
		thread("w2", l.rw.EnterWrite, inside(&writers), l.rw.Exit),
		thread("r", l.rw.EnterRead, inside(&readers), l.rw.Exit),
	}, func(r sim.Result) { passed(t, r) })
	if n < 100 {
		t.Errorf("%d schedules", n)
	}
}

func TestRWLockReaderBlocksWhileWriterHolds(t *testing.T) {
	l := new(locks)
	r := l.script(t, []simtest.Thread{l.writer("w"), l.reader("r")}, "w until rw_exit W", "r", "w")
	l.expect(t, r, "w+ w- r+ r-")
}

func TestRWLockReaderBlocksBehindWaitingWriter(t *testing.T) {
	l := new(locks)
	r := l.script(t, []simtest.Thread{l.reader("a"), l.writer("w"), l.reader("b")},
		"a until rw_exit R", "w", "b", "a", "b", "w")
	// b could share with a but for w.
	l.expect(t, r, "a+ a- w+ w- b+ b-")
}

func TestRWLockWriterBlocksIfHeldAtAll(t *testing.T) {
	l := new(locks)
	for _, holder := range []simtest.Thread{l.reader("h"), l.writer("h")} {
		r := l.script(t, []simtest.Thread{holder, l.writer("w")},
			"h until rw_exit R", "h until rw_exit W", "w", "h")
		if !strings.HasPrefix(l.log, "h+ h- w+") {
			t.Errorf("%s", l.log)
		}
		passed(t, r)
	}
}

// Who has blocked goes on only as an owner: a newcomer that runs first finds the lock taken.
func TestRWLockHandsOverWithoutBarging(t *testing.T) {
	l := new(locks)
	r := l.script(t, []simtest.Thread{l.writer("a"), l.writer("w"), l.writer("new"), l.reader("late")},
		"a until rw_exit W", "w", "a step", "new", "late", "w")
	// Once new has asked and waits, late waits behind w's exit with it.
	l.expect(t, r, "a+ a- w+ w- late+ late- new+ new-")
}

func TestRWLockLastReaderHandsOverToOneWriter(t *testing.T) {
	l := new(locks)
	r := l.script(t, []simtest.Thread{
		l.reader("a"), l.reader("b"), l.writer("w1"), l.writer("w2"), l.reader("late"),
	}, "a until rw_exit R", "b until rw_exit R", "w1", "w2", "late", "a", "w1", "w2", "late", "b",
		"late", "w2", "w1 until rw_exit W", "late", "w2", "w1")
	// Neither the exit of a nor late's wait lets anybody in; b's exit lets in w1 alone; and
	// w1 prefers the reader that waits to w2.
	l.expect(t, r, "a+ b+ a- b- w1+ w1- late+ late- w2+ w2-")
}

func TestRWLockWriterPrefersWaitingReaders(t *testing.T) {
	l := new(locks)
	r := l.script(t, []simtest.Thread{
		l.writer("w"), l.writer("w2"), l.reader("a"), l.reader("b"),
	}, "w until rw_exit W", "w2", "a", "b", "w", "w2", "b until rw_exit R", "a until rw_exit R", "w2")
	// w2 came first, but both readers get the lock together.
	l.expect(t, r, "w+ w- b+ a+ a- b- w2+ w2-")
}

func TestRWLockQueuesAreFIFO(t *testing.T) {
	l := new(locks)
	r := l.script(t, []simtest.Thread{l.writer("w"), l.writer("1"), l.writer("2"), l.writer("3")},
		"w until rw_exit W", "2", "3", "1", "w", "3", "2", "1")
	l.expect(t, r, "w+ w- 2+ 2- 3+ 3- 1+ 1-")
}

func TestRWLockRecursionAsWriterFails(t *testing.T) {
	l := new(locks)
	for _, again := range []call{l.rw.EnterRead, l.rw.EnterWrite} {
		l.all(t, []simtest.Thread{thread("a", l.rw.EnterWrite, again)}, func(r sim.Result) {
			failed(t, r, sim.KindPanic, "recursive rw_enter of rw")
		})
	}
}

func TestRWLockReadThenWriteIsSelfDeadlock(t *testing.T) {
	l := new(locks)
	f := failed(t, l.script(t, []simtest.Thread{thread("a", l.rw.EnterRead, l.rw.EnterWrite)}),
		sim.KindDeadlock, "a waits for a at rw_enter W (waiting) rw")
	if len(f.Cycle) != 1 {
		t.Errorf("cycle of %d", len(f.Cycle))
	}
}

// R then R works only while no writer queues in between.
func TestRWLockReadThenReadDeadlocksIffAWriterCame(t *testing.T) {
	l := new(locks)
	twice := thread("a", l.rw.EnterRead, l.rw.EnterRead, l.rw.Exit, l.rw.Exit)
	outcomes := map[sim.Outcome]int{}
	l.all(t, []simtest.Thread{twice, l.writer("w")}, func(r sim.Result) {
		outcomes[r.Outcome]++
		if r.Outcome == sim.Failed {
			f := failed(t, r, sim.KindDeadlock, "a waits for w", "w waits for a")
			if len(f.Cycle) != 2 {
				t.Errorf("cycle of %d", len(f.Cycle))
			}
		}
	})
	if outcomes[sim.Passed] == 0 || outcomes[sim.Failed] == 0 {
		t.Errorf("outcomes %v", outcomes)
	}
	passed(t, l.script(t, []simtest.Thread{twice, l.writer("w")}, "a until rw_exit R", "w"))
}

// Three parties: b, a mere reader, waits behind the writer that waits for a, which wants
// the mutex that b owns.
func TestRWLockDeadlockThroughWaitingWriter(t *testing.T) {
	l := new(locks)
	r := l.script(t, []simtest.Thread{
		thread("a", l.rw.EnterRead, l.mu.Enter, l.mu.Exit, l.rw.Exit),
		l.writer("w"),
		thread("b", l.mu.Enter, l.rw.EnterRead, l.rw.Exit, l.mu.Exit),
	}, "b until rw_enter R", "a", "w", "b")
	f := failed(t, r, sim.KindDeadlock)
	if len(f.Cycle) != 3 || f.Cycle[0].Thread.Name() != "b" || f.Cycle[1].Thread.Name() != "w" {
		t.Errorf("%s", f.Message)
	}
	last := f.Cycle[0].For
	if last.Type.Name != "rw_enter R (waiting)" || r.Steps != r.Failure.At.Step {
		t.Errorf("found at %v, step %d of %d", last, r.Failure.At.Step, r.Steps)
	}
}

func TestRWLockExitByNonOwnerFails(t *testing.T) {
	l := new(locks)
	failed(t, l.script(t, []simtest.Thread{thread("a", l.rw.Exit)}), sim.KindPanic, "a does not hold rw")
	for _, enter := range []call{l.rw.EnterRead, l.rw.EnterWrite} {
		held := []simtest.Thread{thread("a", enter), thread("b", l.rw.Exit)}
		failed(t, l.script(t, held, "a"), sim.KindPanic, "rw_exit: b does not hold rw")
	}
}

func TestRWLockTryUpgrade(t *testing.T) {
	l := new(locks)
	try := func(t *sim.Thread) { l.says(map[bool]string{true: "yes", false: "no"}[l.rw.TryUpgrade(t)])(t) }
	upgrader := thread("a", l.rw.EnterRead, try, l.rw.Exit)

	l.expect(t, l.script(t, []simtest.Thread{upgrader}), "ayes")
	// Another reader; then it has left again.
	pair := []simtest.Thread{upgrader, l.reader("b")}
	l.expect(t, l.script(t, pair, "a until rw_tryupgrade", "b until rw_exit R", "a"), "b+ ano b-")
	l.expect(t, l.script(t, pair, "a until rw_tryupgrade", "b", "a"), "b+ b- ayes")
	// A waiting writer.
	r := l.script(t, []simtest.Thread{upgrader, l.writer("w")}, "a until rw_tryupgrade", "w", "a")
	l.expect(t, r, "ano w+ w-")
	// An upgraded reader is a writer: it keeps readers out.
	r = l.script(t, pair, "a until rw_tryupgrade", "a until rw_exit W", "b", "a")
	l.expect(t, r, "ayes b+ b-")
	// Who does not hold the lock cannot upgrade it.
	l.expect(t, l.script(t, []simtest.Thread{thread("n", try)}), "nno")
}

func TestRWLockDowngradeWakesReaders(t *testing.T) {
	l := new(locks)
	r := l.script(t, []simtest.Thread{
		thread("d", l.rw.EnterWrite, l.rw.Downgrade, l.says("R"), l.rw.Exit),
		l.writer("w"), l.reader("r"),
	}, "d until rw_downgrade", "w", "r", "d until rw_exit R", "w", "r", "d")
	// r shares with d, before the writer that came first.
	l.expect(t, r, "dR r+ r- w+ w-")
	failed(t, l.script(t, []simtest.Thread{thread("a", l.rw.EnterRead, l.rw.Downgrade)}),
		sim.KindPanic, "rw_downgrade: a does not hold rw as writer")
}

func TestRWLockDestroyOfHeldFails(t *testing.T) {
	l := new(locks)
	for _, enter := range []call{l.rw.EnterRead, l.rw.EnterWrite} {
		failed(t, l.script(t, []simtest.Thread{thread("a", enter), thread("b", l.rw.Destroy)}, "a"),
			sim.KindPanic, "rw_destroy: rw is held")
	}
	passed(t, l.script(t, []simtest.Thread{thread("a", l.rw.EnterRead, l.rw.Exit, l.rw.Destroy)}))
}

func (l *locks) enterHere(t *sim.Thread) { l.rw.EnterWrite(t) }

// Who is let in by another thread holds the lock from that thread's step on, and got it
// where it waited.
func TestRWLockHandedOverIsHeldWhereItWaited(t *testing.T) {
	l := new(locks)
	cfg := sim.Config{Detail: true}
	var holds []sim.Hold
	_, r := simtest.Script(t, cfg, simtest.Program(l.init, l.writer("a"),
		thread("w", l.enterHere, func(t *sim.Thread) { holds = append(holds, t.Holds()...) }, l.rw.Exit),
	), "a until rw_exit W", "w", "a")
	passed(t, r)
	if len(holds) != 1 || holds[0].Mode != "W" || holds[0].Object.Name() != "rw" {
		t.Fatalf("w holds %v", holds)
	}
	if site := sim.GoSite(holds[0].At.PCs); !strings.HasSuffix(site.Func, "enterHere") {
		t.Errorf("w got it at %v", site)
	}
	// main and the starts of a and w, a's and w's rw_enter, a's rw_exit.
	if holds[0].At.Step != 6 {
		t.Errorf("w got it at step %d", holds[0].At.Step)
	}
}
