// SPDX-License-Identifier: CDDL-1.0

package ksync

import (
	"time"

	"dlsim/sim"
)

var (
	opDispatch   = &sim.OpType{Name: "taskq_dispatch", Access: sim.Write, Inside: true}
	opTake       = &sim.OpType{Name: "taskq_thread", Access: sim.Write}
	opDelay      = &sim.OpType{Name: "delay", Access: sim.Local}
	opRun        = &sim.OpType{Name: "task_run", Access: sim.Local}
	opDispatched = &sim.OpType{Name: "taskq_dispatch (return)", Access: sim.Local, Inside: true}
)

// TaskID is what Dispatch returns: opaque, never 0, and used again for a later task once
// its own has ended (environment.md 3.6). Which id that is depends on the order in which
// tasks end, which is no event: programs must not compare ids but with 0.
type TaskID uint64

// Taskq is a dynamic task queue such as system_taskq: each task runs at once on a thread
// of its own, unordered, perhaps before Dispatch has returned. With Backing set it is the
// same queue under memory or thread pressure: one thread runs the tasks in order, and a
// task that blocks holds up all that come after it.
type Taskq struct {
	Backing bool

	obj     sim.Object
	class   string
	created int         // threads ever created, which numbers their names
	entries []entry     // one per id in use or free
	free    []TaskID    // ids whose task has ended, last one first
	queue   []TaskID    // tasks that wait for the backing thread
	server  *sim.Thread // the backing thread, nil while there is nothing to do
	prepare func(*sim.Thread)
}

type entry struct {
	fn     func(*sim.Thread)
	thread *sim.Thread // that runs or will run the task; nil once it has ended
}

// Init makes the queue ready and empty. Its threads are named class/1, class/2, ... ;
// prepare, which may be nil, is called for each of them before it runs.
func (q *Taskq) Init(w *sim.World, class string, prepare func(*sim.Thread)) {
	w.Register(&q.obj, class, "", 0, nil)
	q.class, q.prepare = class, prepare
	q.created, q.server = 0, nil
	q.entries, q.free, q.queue = q.entries[:0], q.free[:0], q.queue[:0]
}

// Dispatch is taskq_dispatch(TQ_SLEEP): it never fails. The task may run, and even end,
// before Dispatch returns.
func (q *Taskq) Dispatch(t *sim.Thread, fn func(*sim.Thread)) TaskID {
	t.Step(opDispatch, &q.obj, nil)
	var id TaskID
	if n := len(q.free); n > 0 {
		id = q.free[n-1]
		q.free = q.free[:n-1]
	} else {
		q.entries = append(q.entries, entry{})
		id = TaskID(len(q.entries))
	}
	q.entries[id-1].fn = fn
	switch {
	case !q.Backing:
		if t.Logging() {
			t.Logf("taskq_dispatch -> tq%d", q.created+1)
		}
		q.entries[id-1].thread = q.thread(t, func(u *sim.Thread) { q.run(u, id) })
	case q.server == nil:
		q.queue = append(q.queue, id)
		q.server = q.thread(t, q.serve)
		q.entries[id-1].thread = q.server
	default:
		q.queue = append(q.queue, id)
		q.entries[id-1].thread = q.server
	}
	t.Step(opDispatched, nil, nil)
	return id
}

// Thread returns the thread that runs or will run the task, nil if it has ended.
func (q *Taskq) Thread(id TaskID) *sim.Thread {
	if id == 0 || int(id) > len(q.entries) {
		return nil
	}
	return q.entries[id-1].thread
}

func (q *Taskq) thread(t *sim.Thread, fn func(*sim.Thread)) *sim.Thread {
	q.created++
	u := t.Fork(q.class, q.created, fn)
	if q.prepare != nil {
		q.prepare(u)
	}
	return u
}

// run runs one task to its end.
func (q *Taskq) run(u *sim.Thread, id TaskID) {
	u.LogPoint(opRun, &q.obj)
	u.Logf("task_run")
	q.entries[id-1].fn(u)
	u.Logf("task_done")
	q.entries[id-1] = entry{}
	q.free = append(q.free, id)
}

// serve is the backing thread: it runs what is queued and ends when nothing is left.
func (q *Taskq) serve(u *sim.Thread) {
	for {
		u.Step(opTake, &q.obj, nil)
		if len(q.queue) == 0 {
			q.server = nil
			return
		}
		id := q.queue[0]
		q.queue = append(q.queue[:0], q.queue[1:]...)
		q.run(u, id)
	}
}

// Delay is delay(9F): an uninterruptible sleep of virtual time, with whatever locks the
// caller holds.
func Delay(t *sim.Thread, d time.Duration) {
	t.LogPoint(opDelay, nil)
	if t.Logging() {
		t.Logf("delay %d", d*hz/time.Second)
	}
	t.Sleep(d)
}

// CmnErr is cmn_err(9F): a line in the system log, which detailed runs keep as a note.
func CmnErr(t *sim.Thread, level, format string, args ...any) {
	t.Logf("cmn_err %s", level)
	if t.Detailed() {
		t.Notef("cmn_err: "+format, args...)
	}
}

// hz is the number of clock ticks in a second.
const hz = 100
