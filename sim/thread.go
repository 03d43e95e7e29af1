// SPDX-License-Identifier: CDDL-1.0

package sim

import (
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"dlsim/sim/internal/coro"
)

type state uint8

const (
	unstarted state = iota // created, has not run yet
	alive
	done
)

// Thread is a simulated thread. Its methods may be called only by the thread itself,
// except where they say otherwise.
type Thread struct {
	w     *World
	id    int32
	state state
	// helper marks a thread that need not end for the schedule to be over.
	helper bool
	locked int32 // how many locks it holds
	ran    int   // its last step in the fair part of a schedule

	op     *OpType // the pending operation
	obj    *Object
	serial int32 // in Trail
	// hash stands for everything that happened before the thread's next event.
	hash uint64

	queue        *Queue
	qprev, qnext *Thread

	class   string
	num     int32
	local   any
	waits   any
	joins   *Thread // whose end the thread waits for
	fn      func(*Thread)
	joiners Queue
	wake    int64 // virtual time at which a sleeper goes on
	steps   int32 // operations carried out
	co      *coro.Coro
	clock   clock // in worlds with Config.Races
	parent  *Thread
	lineage uint64
	nth     int32 // child of its parent
	forks   int32 // children
	begun   int32 // buffers allocated
	detail  threadDetail
}

// World returns the thread's world.
func (t *Thread) World() *World { return t.w }

// ID returns the thread's number in the order of creation, from 0. Any thread may call it.
func (t *Thread) ID() int { return int(t.id) }

// Name returns the thread's name, which tells it from all others of its schedule. Any
// thread may call it.
func (t *Thread) Name() string {
	if t.num > 0 {
		return t.class + "/" + strconv.Itoa(int(t.num))
	}
	return t.class
}

// Label returns what the name is made of. Any thread may call it.
func (t *Thread) Label() Label { return Label{Class: t.class, Num: t.num} }

// Class returns the name without the number that tells apart threads of the same sort.
func (t *Thread) Class() string { return t.class }

// Steps returns how many operations the thread has carried out in this schedule. Any thread may call it.
func (t *Thread) Steps() int { return int(t.steps) }

// Pending returns the operation the thread does next. Any thread may call it.
func (t *Thread) Pending() Op { return Op{t.op, t.obj} }

// Enabled reports whether the pending operation can run now. Any thread may call it.
func (t *Thread) Enabled() bool { return t.w.enabled.Has(int(t.id)) }

// Outside reports whether the thread is blocked and waits for somebody who is no thread; see Outside.
func (t *Thread) Outside() bool {
	if t.obj == nil || t.Enabled() {
		return false
	}
	o, ok := t.obj.res.(Outside)
	return ok && o.Outside(t)
}

// Done reports whether the thread has ended. Any thread may call it.
func (t *Thread) Done() bool { return t.state == done }

// Helper reports whether MarkHelper was called. Any thread may call it.
func (t *Thread) Helper() bool { return t.helper }

// MarkHelper says that the schedule may end without this thread having ended, like an
// interrupt or server thread that waits for work. Any thread may call it.
func (t *Thread) MarkHelper() { t.helper = true }

// Local returns what SetLocal stored: the program's own data about the thread.
func (t *Thread) Local() any { return t.local }

// SetLocal stores the program's own data about the thread. Any thread may call it.
func (t *Thread) SetLocal(v any) { t.local = v }

// WaitsFor returns what SetWaitsFor stored. Any thread may call it.
func (t *Thread) WaitsFor() any { return t.waits }

// SetWaitsFor stores what a primitive needs to know of t while it is blocked.
func (t *Thread) SetWaitsFor(v any) { t.waits = v }

// Spawn creates a thread that runs fn and ends when it returns. It is a scheduling point
// before the creation; the new thread's first pending operation is its start. The name
// must be unique among the threads of the schedule.
func (t *Thread) Spawn(name string, fn func(*Thread)) *Thread {
	return t.SpawnN(name, 0, fn)
}

// SpawnN is Spawn with the name class/num, put together only when somebody asks.
func (t *Thread) SpawnN(class string, num int, fn func(*Thread)) *Thread {
	t.Step(opSpawn, nil, nil)
	return t.Fork(class, num, fn)
}

// Fork creates a thread as part of the operation that t is carrying out: SpawnN without a
// scheduling point of its own.
func (t *Thread) Fork(class string, num int, fn func(*Thread)) *Thread {
	t.hash = Mix(t.hash + 0x9e3779b97f4a7c15)
	u := t.w.newThread(class, num, fn)
	u.hash = Mix(^t.hash)
	u.descend(t)
	if t.w.slow&slowLocks != 0 {
		t.w.locks.Forked(t, u)
	}
	if w := t.w; w.trail != nil {
		w.trail.forked(u)
	}
	if t.Tracking() {
		u.clock.join(t.clock)
		t.tick()
	}
	return u
}

// Join waits until u has ended. It is a scheduling point.
func (t *Thread) Join(u *Thread) {
	if u.state == done {
		t.Step(opJoin, nil, nil)
	} else {
		t.joins = u
		t.Block(opJoin, nil, &u.joiners)
		t.joins = nil
	}
	t.hash = Mix(t.hash ^ u.hash)
	t.Follows(u)
	if w := t.w; w.trail != nil {
		w.trail.ended(u)
	}
	if t.Tracking() {
		t.clock.join(u.clock)
	}
}

// Joins returns the thread that t waits for in Join, or nil. Any thread may call it.
func (t *Thread) Joins() *Thread { return t.joins }

// Yield is a scheduling point and nothing else.
func (t *Thread) Yield() { t.Step(opYield, nil, nil) }

// Sleep lets d of virtual time pass; d <= 0 is a Yield. Virtual time moves only when no
// thread is enabled, so threads that need no time all run before the sleeper goes on.
func (t *Thread) Sleep(d time.Duration) {
	if d <= 0 {
		t.Yield()
		return
	}
	t.wake = t.w.now + int64(d)
	t.w.sleepers.push(t)
	t.Block(opSleep, nil, nil)
}

// Quiesce waits until no other thread can go on and no timer is pending: everything that
// was going to happen has happened. If then a thread that is not a helper has not ended,
// the run fails as a hang instead. Only one thread may be waiting in Quiesce.
func (t *Thread) Quiesce() {
	if t.w.over {
		panic(killed{})
	}
	if t.w.quiescer != nil {
		panic("engine bug: two threads in Quiesce")
	}
	t.w.quiescer = t
	t.Block(opQuiesce, nil, nil)
}

// Choose asks the strategy for a number in [0, n): every decision that is not "which
// thread", such as the waiter that a signal wakes or whether a fault strikes. label names
// the decision in traces. With n == 1 nothing is asked or recorded. It is not a
// scheduling point.
func (t *Thread) Choose(n int, label string) int {
	if n <= 1 {
		return 0
	}
	w := t.w
	if w.slow != 0 {
		if w.over {
			panic(killed{}) // on the way out nothing is decided any more
		}
		if w.slow&slowSequential != 0 {
			return 0
		}
		if w.slow&slowFair != 0 {
			return w.chooseFairly(n)
		}
	}
	v := w.strategy.Choose(w, t, n, label)
	if v == StopRun {
		w.stop(Stopped)
	}
	if w.slow&slowDetail != 0 {
		w.noteChoice(t, n, v, label)
	}
	if v < 0 || v >= n {
		panic(fmt.Sprintf("engine bug: strategy chose %d of %d for %s", v, n, label))
	}
	w.choices = append(w.choices, Choice(v)|choiceValue)
	t.hash = Mix(t.hash + uint64(v) + 1)
	w.add(t.hash)
	return v
}

// Step publishes an operation that can run now and returns when the strategy has picked
// it; the caller then carries it out. q is the queue in which the primitive wants to find
// the thread while another one runs, so that it can Disable and Enable it; it may be nil.
func (t *Thread) Step(op *OpType, o *Object, q *Queue) {
	w := t.w
	t.op, t.obj = op, o
	if w.slow != 0 {
		w.slowPublish(t)
	}
	if u := w.schedule(t); u != t {
		if q != nil {
			q.Push(t)
		}
		w.switchTo(t, u)
		if q != nil {
			q.Remove(t)
		}
	}
	w.carryOut(t)
}

// Block publishes an operation that cannot run now, and returns when another thread has
// called World.Enable or World.Repend for t and the strategy has picked it. q as in Step.
func (t *Thread) Block(op *OpType, o *Object, q *Queue) {
	w := t.w
	t.op, t.obj = op, o
	if w.slow != 0 {
		w.slowPublish(t)
	}
	w.enabled.remove(t.id)
	if q != nil {
		q.Push(t)
	}
	if w.monitor != nil && (o != nil || t.joins != nil) {
		w.monitor.Blocked(t)
	}
	u := w.schedule(t)
	if u != t {
		w.switchTo(t, u)
	}
	if t.queue != nil {
		t.queue.Remove(t)
	}
	w.carryOut(t)
}

// Touch adds to the operation that t is carrying out a second object it acts on.
func (t *Thread) Touch(o *Object, a Access) {
	t.w.touch(t, &o.order, a)
	if t.Tracking() {
		t.synchronise(o, a)
	}
}

// run is the body of the thread's coroutine, once per life of the thread.
func (t *Thread) run() {
	defer t.end()
	t.state = alive
	t.w.carryOut(t)
	t.fn(t)
}

// killed is the panic that unwinds a thread whose schedule is over.
type killed struct{}

// end runs when the thread's function has returned or was unwound, and hands on to the
// thread that goes next.
func (t *Thread) end() {
	w := t.w
	if r := recover(); r != nil {
		if _, ok := r.(killed); !ok && !w.over {
			if s, ok := r.(string); ok && strings.HasPrefix(s, "engine bug: ") {
				panic(r) // of Run, whose world cannot be used any more
			}
			w.fail(&Failure{
				Kind: KindPanic, Thread: t, Subject: "Go panic",
				Message: fmt.Sprintf("Go panic: %v", r), Stack: string(debug.Stack()),
			})
		}
	}
	t.state = done
	if int(t.id) < w.fair.live && !t.helper {
		t.Progress()
	}
	t.op, t.obj = nil, nil
	w.enabled.remove(t.id)
	if w.over {
		return
	}
	for t.joiners.head != nil {
		u := t.joiners.head
		t.joiners.Remove(u)
		w.Enable(u)
	}
	w.next = w.schedule(nil)
}
