// SPDX-License-Identifier: CDDL-1.0

package ksync

import "dlsim/sim"

var (
	opWait      = &sim.OpType{Name: "cv_wait", Access: sim.Write, Inside: true}
	opWaiting   = &sim.OpType{Name: "cv_wait (waiting)", Access: sim.Write, Wait: true}
	opReacquire = &sim.OpType{Name: "cv_wait (mutex_enter)", Access: sim.Write, Acquire: sim.Exclusive}
	opSignal    = &sim.OpType{Name: "cv_signal", Access: sim.Write, Inside: true}
	opBroadcast = &sim.OpType{Name: "cv_broadcast", Access: sim.Write, Inside: true}
)

// Cond is a kcondvar (environment.md 3.2). A signal wakes one waiter, which one is a
// choice of the strategy; with no waiter it is lost. A woken thread competes for its mutex
// like any other, so what it waited for may be gone again. Nothing else wakes a waiter.
type Cond struct {
	obj     sim.Object
	life    *sim.Life
	waiters sim.Queue
	// Releasers, if set, names the threads that must act before t, a waiter, can be
	// woken, as sim.Resource.Blockers does: a condition variable itself cannot know.
	Releasers func(t *sim.Thread, buf []*sim.Thread) []*sim.Thread
	// Until, if set, says what t, a waiter, waits for and whether that is so, for reports. It also tells a search that
	// each waiter looks again in one loop around Wait, that nothing but going on waiting comes of a look in vain, and that
	// nobody acts on who waits: see sim.Thread.Waits. Two loops after each other in one section are not that.
	Until func(t *sim.Thread) (what string, holds bool)
	// Backing, if set, is the object that the releasers hold, for reports.
	Backing *sim.Object
}

// Init makes the condition variable ready; see Mutex.Init for the arguments. It leaves
// Releasers, Until and Backing as they are.
func (c *Cond) Init(w *sim.World, life *sim.Life, class, key string, num int) {
	w.Register(&c.obj, class, key, num, c)
	c.obj.SetLife(life)
	c.life = life
	c.waiters.Reset()
}

// Destroy is cv_destroy. Destroying a condition variable with waiters fails the run.
func (c *Cond) Destroy(t *sim.Thread) {
	if c.waiters.Len() > 0 {
		t.Fail(sim.KindPanic, "cv_destroy "+c.obj.Class(),
			"cv_destroy: "+c.waiters.First().Name()+" waits on "+c.obj.Name())
	}
}

// Wait is cv_wait: in one step it queues t and leaves m, which t must own; once woken it
// enters m again. Callers loop around it.
func (c *Cond) Wait(t *sim.Thread, m *Mutex) {
	gen, mutexGen := c.life.Generation(), m.life.Generation()
	t.Step(opWait, &c.obj, nil)
	c.life.Use(t, gen, opWait.Name, &c.obj)
	m.checkOwner(t, opWait.Name)
	t.Touch(&m.obj, sim.Write)
	if t.Logging() {
		t.Logf("cv_wait %s", c.obj.Name())
	}
	m.release(t)
	t.SetWaitsFor(m)
	if c.Until != nil {
		t.Waits(&c.obj)
	}
	t.Block(opWaiting, &c.obj, &c.waiters)
	t.Woken(&c.obj)
	t.SetWaitsFor(nil)
	c.life.Use(t, gen, opWait.Name, &c.obj)
	m.life.Use(t, mutexGen, opReacquire.Name, &m.obj)
	if !t.World().Handoff() {
		m.take(t)
	}
	if t.Logging() {
		t.Logf("cv_wait %s woke", c.obj.Name())
	}
}

// Signal is cv_signal. The caller need not own the mutex.
func (c *Cond) Signal(t *sim.Thread) {
	gen := c.life.Generation()
	t.Step(opSignal, &c.obj, nil)
	c.life.Use(t, gen, opSignal.Name, &c.obj)
	c.log(t, opSignal)
	if n := c.waiters.Len(); n == 0 {
		t.Only(&c.obj, sim.Read)
	} else {
		u := c.waiters.At(t.Choose(n, opSignal.Name))
		if n == 1 {
			t.Wakes(u)
		}
		c.wake(t, u)
	}
}

// Broadcast is cv_broadcast: it wakes all waiters.
func (c *Cond) Broadcast(t *sim.Thread) {
	gen := c.life.Generation()
	t.Step(opBroadcast, &c.obj, nil)
	c.life.Use(t, gen, opBroadcast.Name, &c.obj)
	c.log(t, opBroadcast)
	if c.waiters.Len() == 0 {
		t.Only(&c.obj, sim.Read)
	}
	for c.waiters.Len() > 0 {
		t.Wakes(c.waiters.First())
		c.wake(t, c.waiters.First())
	}
}

func (c *Cond) log(t *sim.Thread, op *sim.OpType) {
	if t.Logging() {
		t.Logf("%s %s waiters=%d", op.Name, c.obj.Name(), c.waiters.Len())
	}
}

// wake makes waiter u compete for its mutex.
func (c *Cond) wake(t, u *sim.Thread) {
	c.waiters.Remove(u)
	t.Woke(u)
	m := u.WaitsFor().(*Mutex)
	if t.World().Handoff() && m.owner == nil {
		m.grant(t, u)
		return
	}
	t.World().Repend(t, u, opReacquire, &m.obj, &m.wanting, m.owner == nil)
}

// Waiters returns how many threads wait. It is not an operation; what a program does must not depend on it if Until is set.
func (c *Cond) Waiters() int { return c.waiters.Len() }

// Object returns the object that operations on the condition variable act on.
func (c *Cond) Object() *sim.Object { return &c.obj }

// Condition implements sim.Conditional.
func (c *Cond) Condition(t *sim.Thread) (what string, holds bool) {
	if c.Until == nil {
		return "", false
	}
	return c.Until(t)
}

// Blockers implements sim.Resource.
func (c *Cond) Blockers(t *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	if c.Releasers != nil {
		buf = c.Releasers(t, buf)
	}
	return buf
}
