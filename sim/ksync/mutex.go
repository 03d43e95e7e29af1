// SPDX-License-Identifier: CDDL-1.0

// Package ksync provides the synchronisation primitives of the illumos kernel for
// simulated threads: kmutex, krwlock, kcondvar, task queues, delay, and variables whose
// unlocked accesses are scheduling points. Their semantics are those of environment.md
// 3.1-3.3, 3.6 and 3.7; misuse that panics a kernel fails the run.
//
// All primitives are embedded by value in what they protect and made ready by Init once
// per schedule, so that a world can be built from pooled memory.
package ksync

import "dlsim/sim"

var (
	opMutexEnter = &sim.OpType{Name: "mutex_enter", Access: sim.Write, Acquire: sim.Exclusive}
	opMutexExit  = &sim.OpType{Name: "mutex_exit", Access: sim.Write, Inside: true}
	opMutexGot   = &sim.OpType{Name: "mutex_enter (waiting)", Access: sim.Write, Wait: true}
	opMutexAfter = &sim.OpType{Name: "after mutex_exit", Access: sim.Local}
)

// Mutex is an adaptive kmutex (environment.md 3.1): not recursive, uninterruptible, woken
// all at once and never handed off, so that any thread may win it, a newcomer too.
type Mutex struct {
	obj   sim.Object
	life  *sim.Life
	owner *sim.Thread
	// wanting holds the threads whose pending operation is to enter.
	wanting sim.Queue
}

// Init makes the mutex ready and free. class and what follows name it (see
// sim.World.Register); life is that of the buffer it lives in, nil if it is never freed.
func (m *Mutex) Init(w *sim.World, life *sim.Life, class, key string, num int) {
	w.Register(&m.obj, class, key, num, m)
	m.obj.SetLife(life)
	m.life, m.owner = life, nil
	m.wanting.Reset()
}

// Destroy is mutex_destroy. Destroying a held mutex fails the run.
func (m *Mutex) Destroy(t *sim.Thread) {
	if m.owner != nil {
		t.Fail(sim.KindPanic, "mutex_destroy "+m.obj.Class(),
			"mutex_destroy: "+m.obj.Name()+" is held by "+m.owner.Name())
	}
}

// Enter is mutex_enter. It blocks, uninterruptibly, while another thread owns the mutex;
// entering a mutex that t owns already fails the run.
func (m *Mutex) Enter(t *sim.Thread) {
	gen := m.life.Generation()
	if t.World().Handoff() {
		m.enterInOrder(t, gen)
		return
	}
	switch m.owner {
	case nil:
		t.Step(opMutexEnter, &m.obj, &m.wanting)
	case t:
		t.Step(opMutexEnter, &m.obj, nil)
		t.Fail(sim.KindPanic, "recursive mutex_enter "+m.obj.Class(),
			"recursive mutex_enter of "+m.obj.Name())
	default:
		t.Block(opMutexEnter, &m.obj, &m.wanting)
	}
	m.life.Use(t, gen, opMutexEnter.Name, &m.obj)
	m.take(t)
}

// enterInOrder is Enter in a world with Config.Handoff: arriving is a step of its own.
func (m *Mutex) enterInOrder(t *sim.Thread, gen uint32) {
	t.Step(opMutexEnter, &m.obj, nil)
	m.life.Use(t, gen, opMutexEnter.Name, &m.obj)
	switch m.owner {
	case nil:
		t.Logf("mutex_enter %s", m.obj.Name())
		m.take(t)
	case t:
		t.Fail(sim.KindPanic, "recursive mutex_enter "+m.obj.Class(),
			"recursive mutex_enter of "+m.obj.Name())
	default:
		t.Logf("mutex_enter %s wait owner=%s", m.obj.Name(), m.owner.Name())
		t.Block(opMutexGot, &m.obj, &m.wanting)
		m.life.Use(t, gen, opMutexEnter.Name, &m.obj)
		t.Logf("mutex_enter %s got", m.obj.Name())
	}
}

// handOff makes the first waiter the owner, in a world with Config.Handoff.
func (m *Mutex) handOff(t *sim.Thread) {
	if u := m.wanting.First(); u != nil {
		m.wanting.Remove(u)
		m.grant(t, u)
	}
}

// grant makes blocked thread u the owner.
func (m *Mutex) grant(t, u *sim.Thread) {
	m.owner = u
	m.life.Lock(&m.obj)
	u.Granted(&m.obj, "")
	t.World().Wake(t, u)
}

// take makes t the owner of a free mutex.
func (m *Mutex) take(t *sim.Thread) {
	m.owner = t
	m.life.Lock(&m.obj)
	t.World().DisableAll(&m.wanting)
	t.World().Admit(&m.obj, sim.Nobody)
	t.Held(&m.obj, "")
}

// Exit is mutex_exit. Exiting a mutex that t does not own fails the run.
func (m *Mutex) Exit(t *sim.Thread) {
	gen := m.life.Generation()
	t.Step(opMutexExit, &m.obj, nil)
	m.life.Use(t, gen, opMutexExit.Name, &m.obj)
	m.checkOwner(t, opMutexExit.Name)
	if t.Logging() {
		t.Logf("mutex_exit %s", m.obj.Name())
	}
	m.release(t)
	t.LogPoint(opMutexAfter, &m.obj)
}

// checkOwner fails the run unless t owns the mutex.
func (m *Mutex) checkOwner(t *sim.Thread, what string) {
	if m.owner == t {
		return
	}
	msg := what + ": " + t.Name() + " does not own " + m.obj.Name()
	if m.owner != nil {
		msg += ", " + m.owner.Name() + " does"
	}
	t.Fail(sim.KindPanic, what+" by non-owner "+m.obj.Class(), msg)
}

// release frees the mutex; all that want it may compete for it.
func (m *Mutex) release(t *sim.Thread) {
	m.owner = nil
	m.life.Unlock(&m.obj)
	t.Unheld(&m.obj)
	if t.World().Handoff() {
		m.handOff(t)
		return
	}
	t.World().EnableAll(&m.wanting)
	t.World().Admit(&m.obj, sim.Exclusive)
}

// Owner returns the owning thread, nil if the mutex is free. It is not an operation.
func (m *Mutex) Owner() *sim.Thread { return m.owner }

// Object returns the object that operations on the mutex act on.
func (m *Mutex) Object() *sim.Object { return &m.obj }

// Blockers implements sim.Resource.
func (m *Mutex) Blockers(_ *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	if m.owner != nil {
		buf = append(buf, m.owner)
	}
	return buf
}
