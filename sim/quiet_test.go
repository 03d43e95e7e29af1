// SPDX-License-Identifier: CDDL-1.0

package sim_test

import (
	"strings"
	"testing"
	"time"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
)

// failedAs returns the failure of r, which must be of the given kind.
func failedAs(t *testing.T, r sim.Result, kind sim.Kind) *sim.Failure {
	t.Helper()
	if r.Outcome != sim.Failed || r.Failure == nil || r.Failure.Kind != kind {
		t.Fatalf("%v, %+v; want a %s", r.Outcome, r.Failure, kind)
	}
	return r.Failure
}

func TestHangNamesWhoWaitsOnAnObject(t *testing.T) {
	var mu ksync.Mutex
	r := run(t, sim.Config{}, 1, func(t *sim.Thread) {
		mu.Init(t.World(), nil, "lock", "", 0)
		t.Fork("ends with it", 0, func(t *sim.Thread) { mu.Enter(t) })
		t.Yield()
		t.Join(t.Fork("wants it", 0, func(t *sim.Thread) { mu.Enter(t) }))
	})
	f := failedAs(t, r, sim.KindHang)
	if !strings.Contains(f.Message, "mutex_enter lock") || f.Subject != "mutex_enter lock" {
		t.Errorf("%s (%s)", f.Message, f.Subject)
	}
}

// Hangs of other threads have other subjects, by which campaigns count them apart.
func TestHangIsAboutAllWhoWait(t *testing.T) {
	for _, threads := range []int{1, 2} {
		var locks [2]ksync.Mutex
		r := run(t, sim.Config{}, 1, func(t *sim.Thread) {
			for i := range threads {
				locks[i].Init(t.World(), nil, "lock_"+string(rune('a'+i)), "", 0)
				t.Fork("owner", i+1, func(t *sim.Thread) { locks[i].Enter(t) })
			}
			t.Yield()
			for i := range threads {
				t.Fork("waiter", i+1, func(t *sim.Thread) { locks[i].Enter(t) })
			}
		})
		want := []string{"mutex_enter lock_a", "mutex_enter lock_a, mutex_enter lock_b"}[threads-1]
		if f := failedAs(t, r, sim.KindHang); f.Subject != want {
			t.Errorf("%d threads: %q, want %q", threads, f.Subject, want)
		}
	}
}

func TestSleepingThreadIsNoHang(t *testing.T) {
	passed(t, run(t, sim.Config{}, 1, func(t *sim.Thread) { t.Sleep(time.Hour) }))
}

// A helper that waits does not keep the run alive, and what it waits at is no hang.
func TestHelpersDoNotKeepTheRunAlive(t *testing.T) {
	var mu ksync.Mutex
	var cv ksync.Cond
	simtest.All(t, sim.Config{}, 1000, func(t *sim.Thread) {
		mu.Init(t.World(), nil, "mu", "", 0)
		cv.Init(t.World(), nil, "cv", "", 0)
		h := t.Fork("server", 0, func(t *sim.Thread) {
			mu.Enter(t)
			for {
				cv.Wait(t, &mu)
			}
		})
		h.MarkHelper()
		if !h.Helper() || t.Helper() {
			t.Fail(sim.KindPanic, "", "who is a helper?")
		}
		cv.Signal(t)
	}, func(_ *sim.World, r sim.Result) { passed(t, r) })
}

// The same without the mark.
func TestOtherThreadsMustEnd(t *testing.T) {
	var mu ksync.Mutex
	var cv ksync.Cond
	simtest.All(t, sim.Config{}, 1000, func(t *sim.Thread) {
		mu.Init(t.World(), nil, "mu", "", 0)
		cv.Init(t.World(), nil, "cv", "", 0)
		t.Fork("server", 0, func(t *sim.Thread) {
			mu.Enter(t)
			for {
				cv.Wait(t, &mu)
			}
		})
	}, func(_ *sim.World, r sim.Result) { failedAs(t, r, sim.KindHang) })
}

// Quiesce returns when all that was going to happen has: also what timers start, and what
// helpers do until they wait.
func TestQuiesce(t *testing.T) {
	simtest.All(t, sim.Config{}, 1000, func(t *sim.Thread) {
		ended := 0
		count := func(*sim.Thread) { ended++ }
		t.Fork("late", 0, func(t *sim.Thread) {
			t.Sleep(time.Second)
			t.Spawn("later", count)
			ended++
		})
		t.Fork("helper", 0, func(t *sim.Thread) {
			t.Yield()
			ended++
			t.World().Disable(t)
			t.Block(opForever, nil, nil)
		}).MarkHelper()
		t.Quiesce()
		if ended != 3 || t.World().Now() != time.Second {
			t.Fail(sim.KindPanic, "", "something had yet to happen")
		}
		t.Quiesce() // nothing has happened since
		t.Spawn("after", count)
	}, func(_ *sim.World, r sim.Result) { passed(t, r) })
}

var opForever = &sim.OpType{Name: "forever", Wait: true}

func TestQuiesceFailsIfAThreadHangs(t *testing.T) {
	f := failedAs(t, run(t, sim.Config{}, 1, func(t *sim.Thread) {
		t.Fork("stuck", 0, func(t *sim.Thread) { t.Block(opForever, nil, nil) })
		t.Quiesce()
		t.Fail(sim.KindPanic, "", "Quiesce returned")
	}), sim.KindHang)
	if f.Thread.Name() != "stuck" {
		t.Errorf("%s hangs", f.Thread.Name())
	}
}

// A cycle is a deadlock even if nobody's blocking closed it: a releaser that was named
// after the waiter had blocked.
func TestHangLooksForDeadlockOnceMore(t *testing.T) {
	var mu, outer ksync.Mutex
	var cv ksync.Cond
	var releaser *sim.Thread
	body := simtest.Program(func(w *sim.World) {
		mu.Init(w, nil, "mu", "", 0)
		outer.Init(w, nil, "outer", "", 0)
		cv.Init(w, nil, "cv", "", 0)
		releaser = nil
		cv.Releasers = func(_ *sim.Thread, buf []*sim.Thread) []*sim.Thread {
			if releaser != nil {
				buf = append(buf, releaser)
			}
			return buf
		}
	}, simtest.Thread{Name: "waiter", Run: func(t *sim.Thread) {
		outer.Enter(t)
		mu.Enter(t)
		cv.Wait(t, &mu)
	}}, simtest.Thread{Name: "releaser", Run: func(t *sim.Thread) { outer.Enter(t) }},
		simtest.Thread{Name: "namer", Run: func(t *sim.Thread) {
			t.Yield()
			releaser = t.World().Thread(2)
		}})
	_, r := simtest.Script(t, sim.Config{Monitor: new(check.Deadlock)}, body,
		"waiter", "releaser", "namer")
	if f := failedAs(t, r, sim.KindDeadlock); len(f.Cycle) != 2 {
		t.Errorf("%s", f.Message)
	}
	_, r = simtest.Script(t, sim.Config{}, body, "waiter", "releaser", "namer")
	failedAs(t, r, sim.KindHang)
}

func TestEngineBugsLeaveRun(t *testing.T) {
	w := sim.New()
	defer func() {
		if r := recover(); r == nil || !strings.HasPrefix(r.(string), "engine bug: ") {
			t.Errorf("recovered %v", r)
		}
	}()
	r := w.Run(sim.Config{Detail: true}, refuser{t}, func(t *sim.Thread) {
		t.Fork("same", 0, func(*sim.Thread) {})
		t.Fork("same", 0, func(*sim.Thread) {})
	})
	t.Errorf("no panic: %v", r.Outcome)
}
