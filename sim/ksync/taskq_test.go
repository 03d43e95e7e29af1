// SPDX-License-Identifier: CDDL-1.0

package ksync_test

import (
	"strings"
	"testing"
	"time"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
)

// queue is a task queue and what happened.
type queue struct {
	locks
	ksync.Taskq
	ids []ksync.TaskID
}

func (q *queue) dispatch(name string, calls ...call) call {
	return func(t *sim.Thread) {
		id := q.Dispatch(t, func(t *sim.Thread) {
			for _, c := range calls {
				c(t)
			}
			q.log += name + " "
		})
		q.log += "returned:" + name + " "
		q.ids = append(q.ids, id)
	}
}

func (q *queue) program(threads ...simtest.Thread) func(*sim.Thread) {
	return simtest.Program(func(w *sim.World) {
		q.init(w)
		q.Init(w, "task", nil)
		q.ids = nil
	}, threads...)
}

func (q *queue) all(t *testing.T, threads ...simtest.Thread) map[string]int {
	t.Helper()
	logs := map[string]int{}
	simtest.All(t, sim.Config{Monitor: new(check.Deadlock)}, 200_000, q.program(threads...),
		func(_ *sim.World, r sim.Result) { passed(t, r); logs[strings.TrimSpace(q.log)]++ })
	return logs
}

func TestTaskqTaskMayEndBeforeDispatchReturns(t *testing.T) {
	for _, backing := range []bool{false, true} {
		q := &queue{Taskq: ksync.Taskq{Backing: backing}}
		logs := q.all(t, thread("d", q.dispatch("x")))
		if len(logs) != 2 || logs["x returned:x"] == 0 || logs["returned:x x"] == 0 {
			t.Errorf("backing %v: %v", backing, logs)
		}
	}
}

// Tasks run at once, side by side, in no order; one that blocks holds up nobody.
func TestTaskqDynamicTasksAreUnorderedAndConcurrent(t *testing.T) {
	q := new(queue)
	yield := func(t *sim.Thread) { t.Yield() }
	ends := map[string]bool{}
	for log := range q.all(t, thread("d", q.dispatch("x", yield), q.dispatch("y", yield))) {
		log = strings.NewReplacer("returned:x ", "", "returned:y ", "", "returned:y", "").Replace(log)
		ends[strings.TrimSpace(log)] = true
	}
	if len(ends) != 2 || !ends["x y"] || !ends["y x"] {
		t.Errorf("ends %v", ends)
	}
	// x waits for what y does.
	d := thread("d", q.dispatch("x", q.mu.Enter, q.wait, q.mu.Exit), q.dispatch("y", q.cv.Signal))
	_, r := simtest.Script(t, sim.Config{}, q.program(d), "d until taskq_dispatch (return)", "task/1")
	passed(t, r)
	if !strings.HasSuffix(q.log, "y x ") {
		t.Errorf("log %s", q.log)
	}
}

// Under pressure one thread runs the tasks in order.
func TestTaskqBackingIsFIFOOnOneThread(t *testing.T) {
	q := &queue{Taskq: ksync.Taskq{Backing: true}}
	running := 0
	alone := func(t *sim.Thread) {
		if running++; running > 1 {
			t.Fail(sim.KindPanic, "", "two tasks at once")
		}
		t.Yield()
		running--
	}
	d := thread("d", q.dispatch("1", alone), q.dispatch("2", alone), q.dispatch("3", alone))
	for log := range q.all(t, d) {
		one, two, three := strings.Index(" "+log, " 1"), strings.Index(" "+log, " 2"), strings.Index(" "+log, " 3")
		if one > two || two > three {
			t.Errorf("order %s", log)
		}
	}
}

func TestTaskqBackingBlockedTaskBlocksThoseBehind(t *testing.T) {
	q := &queue{Taskq: ksync.Taskq{Backing: true}}
	stuck := thread("d", q.dispatch("x", q.mu.Enter, q.wait, q.mu.Exit), q.dispatch("y", q.cv.Signal))
	simtest.All(t, sim.Config{}, 10_000, q.program(stuck), func(_ *sim.World, r sim.Result) {
		failed(t, r, sim.KindHang, "task/1 waits at cv_wait")
		if strings.Contains(" "+q.log, " y") {
			t.Fatalf("y ran: %s", q.log)
		}
	})
	q.Backing = false
	_, r := simtest.Script(t, sim.Config{}, q.program(stuck), "d until taskq_dispatch (return)", "task/1")
	passed(t, r)
}

// Whether the backing thread still takes a task, or has ended and another one is made,
// depends on the order of its looks at the queue and of the dispatches: all are events.
func TestTaskqBackingThreadEndsWithTheQueue(t *testing.T) {
	q := &queue{Taskq: ksync.Taskq{Backing: true}}
	servers := map[int]int{}
	body := q.program(thread("d", q.dispatch("x"), q.dispatch("y")))
	simtest.All(t, sim.Config{Detail: true}, 10_000, body, func(w *sim.World, r sim.Result) {
		passed(t, r)
		looks, n := 0, 0
		for _, e := range w.Events() {
			if e.Op == "taskq_thread" && e.Object == "task" {
				looks++
			}
		}
		w.Threads(func(u *sim.Thread) {
			if u.Class() == "task" {
				n++
			}
		})
		if servers[n]++; looks != n+2 {
			t.Fatalf("%d threads looked %d times for 2 tasks", n, looks)
		}
	})
	if len(servers) != 2 || servers[1] == 0 || servers[2] == 0 {
		t.Errorf("schedules by number of threads: %v", servers)
	}
}

func TestTaskqIDsAreNotZeroAndUsedAgain(t *testing.T) {
	q := new(queue)
	body := q.program(thread("d", q.dispatch("x"), q.dispatch("y"), func(t *sim.Thread) {
		t.Sleep(1)
		for i, id := range q.ids {
			if q.Thread(id) != nil {
				t.Fail(sim.KindPanic, "", "a task that has ended has a thread")
			}
			if id == 0 || i > 0 && id == q.ids[0] {
				t.Fail(sim.KindPanic, "", "id 0, or twice at a time")
			}
		}
	}, q.dispatch("z", func(t *sim.Thread) {
		if q.Thread(q.ids[1]) != t {
			t.Fail(sim.KindPanic, "", "the id was not used again, or says another thread")
		}
	})))
	_, r := simtest.Script(t, sim.Config{}, body, "d until sleep")
	passed(t, r)
	if len(q.ids) != 3 || q.ids[2] != q.ids[1] {
		t.Errorf("ids %v", q.ids)
	}
	if q.Thread(0) != nil || q.Thread(99) != nil {
		t.Error("ids that are none have threads")
	}
}

func TestTaskqPreparesItsThreads(t *testing.T) {
	var q ksync.Taskq
	var names []string
	w, r := simtest.Script(t, sim.Config{}, func(t *sim.Thread) {
		q.Init(t.World(), "system_taskq", func(u *sim.Thread) { u.SetLocal("kernel") })
		for range 2 {
			q.Dispatch(t, func(t *sim.Thread) { names = append(names, t.Name()+t.Local().(string)) })
		}
	})
	passed(t, r)
	if w.Thread(1).Class() != "system_taskq" || strings.Join(names, " ") != "system_taskq/1kernel system_taskq/2kernel" {
		t.Errorf("%q", names)
	}
}

// delay is virtual, uninterruptible, and keeps what the caller holds.
func TestDelayIsVirtualAndKeepsLocks(t *testing.T) {
	l := new(locks)
	hz := func(t *sim.Thread) { ksync.Delay(t, 2*time.Second) }
	l.all(t, []simtest.Thread{
		thread("a", l.mu.Enter, hz, func(t *sim.Thread) {
			if l.mu.Owner() != t || t.World().Now() != 2*time.Second {
				t.Fail(sim.KindPanic, "", "not two seconds with the mutex")
			}
		}, l.says(""), l.mu.Exit),
		thread("b", func(t *sim.Thread) { t.Yield() }, l.mu.Enter, l.says(""), l.mu.Exit),
	}, func(r sim.Result) {
		passed(t, r)
		if r.Elapsed != 2*time.Second {
			t.Errorf("elapsed %v", r.Elapsed)
		}
	})
}

// An unlocked access is a scheduling point, a locked one is not.
func TestVarLoadAndStoreAreSchedulingPoints(t *testing.T) {
	var v ksync.Var[int]
	lost := 0
	add := func(t *sim.Thread) { v.Store(t, v.Load(t)+1) }
	setup := func(w *sim.World) { v.Init(w, nil, "v", "", 0); v.Poke(0) }
	simtest.All(t, sim.Config{}, 1000, simtest.Program(setup, thread("a", add), thread("b", add)),
		func(_ *sim.World, r sim.Result) {
			passed(t, r)
			lost += 2 - v.Peek()
		})
	if lost == 0 {
		t.Error("no update was ever lost")
	}
	locked := func(t *sim.Thread) { v.Set(t, v.Get(t)+1) }
	n := simtest.All(t, sim.Config{}, 1000, simtest.Program(setup, thread("a", locked), thread("b", locked)),
		func(_ *sim.World, r sim.Result) {
			passed(t, r)
			if v.Peek() != 2 {
				t.Errorf("%d", v.Peek())
			}
		})
	if n != 2 {
		t.Errorf("%d schedules of two threads without a scheduling point", n)
	}
}

// Init keeps the value, as a recycled buffer does.
func TestVarInitKeepsTheValue(t *testing.T) {
	w := sim.New()
	defer w.Close()
	var v ksync.Var[string]
	v.Poke("left over")
	v.Init(w, nil, "v", "vnic0", 3)
	if v.Peek() != "left over" || v.Object().Name() != "v#3(vnic0)" {
		t.Errorf("%q in %s", v.Peek(), v.Object().Name())
	}
}
