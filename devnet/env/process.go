// SPDX-License-Identifier: CDDL-1.0

package env

import (
	"slices"

	"dlsim/sim"
)

var (
	opHoldLwps = &sim.OpType{Name: "holdlwps", Access: sim.Write}
	opHeldLwps = &sim.OpType{Name: "holdlwps (waiting)", Access: sim.Write, Wait: true}
	opForked   = &sim.OpType{Name: "fork1", Access: sim.Write}
	opStopPid  = &sim.OpType{Name: "stop", Access: sim.Write}
	opContPid  = &sim.OpType{Name: "continue", Access: sim.Write}
	opStopped  = &sim.OpType{Name: "issig (stopped)", Access: sim.Read, Wait: true}
)

// Process is a user process: threads that a fork or a stop concerns together (environment.md
// 9.4). A thread stops when it is in user space or waits for a door's reply, in the latter case
// with every kernel lock it has; a thread that sleeps on a kernel lock cannot stop.
type Process struct {
	obj     sim.Object
	all     sim.Object // what a forkall waits for, which stops nobody in an upcall
	lwps    []lwp
	forker  *sim.Thread // in fork1, and nobody else of the process runs
	forkall bool        // it is in forkall, which interrupts upcalls
	halted  bool        // by job control or a debugger
	dead    bool
	stopped sim.Queue // threads that have stopped
	waiting sim.Queue // the forker, until all others have
}

// lwp is one thread of the process.
type lwp struct {
	t *sim.Thread
	// kernel says that the thread is in the kernel and not where it can stop.
	kernel bool
}

// Init makes the process ready and empty.
func (p *Process) Init(w *sim.World, name string) {
	w.Register(&p.obj, "PROC", name, 0, p)
	w.Register(&p.all, "PROC (forkall)", name, 0, p)
	p.lwps = p.lwps[:0]
	p.forker, p.forkall, p.halted, p.dead = nil, false, false, false
	p.stopped.Reset()
	p.waiting.Reset()
}

// Restart is Init as part of an operation of t, when there was a process of that name before.
func (p *Process) Restart(t *sim.Thread, name string) {
	t.Touch(&p.obj, sim.Write)
	p.Init(t.World(), name)
	t.Touch(&p.obj, sim.Write)
}

// Add makes t, which by has just created, a thread of the process.
func (p *Process) Add(by, t *sim.Thread) {
	by.Touch(&p.obj, sim.Read)
	p.lwps = slices.DeleteFunc(p.lwps, func(l lwp) bool { return l.t.Done() })
	p.lwps = append(p.lwps, lwp{t: t})
}

// Kill ends the process: nobody stops or forks any more.
func (p *Process) Kill(t *sim.Thread) {
	t.Touch(&p.obj, sim.Write)
	p.dead, p.halted, p.forker, p.forkall = true, false, nil, false
	p.release(t)
	if u := p.waiting.First(); u != nil {
		p.waiting.Remove(u)
		t.World().Wake(t, u)
	}
}

// Enter is a system call of t: until Leave it is in the kernel. It first stops if it must. A
// nil Process is one that nobody forks or stops.
func (p *Process) Enter(t *sim.Thread) {
	if p != nil {
		p.Stop(t)
		p.inKernel(t, true)
	}
}

// Leave is the return of t to user space.
func (p *Process) Leave(t *sim.Thread) {
	if p != nil {
		p.inKernel(t, false)
	}
}

// Sleep says that t, in the kernel, goes to sleep where it can stop; Wake that it goes on, after
// it has stopped if it must.
func (p *Process) Sleep(t *sim.Thread) {
	if p != nil {
		p.inKernel(t, false)
	}
}

// Wake is described at Sleep. A forkall does not stop t here: it interrupts instead.
func (p *Process) Wake(t *sim.Thread) {
	if p != nil {
		t.Touch(&p.obj, sim.Read)
		if p.halted || !p.forkall {
			p.stop(t)
		}
		p.inKernel(t, true)
	}
}

// Stop is a stop point: t stays here while the process is halted or another thread forks.
func (p *Process) Stop(t *sim.Thread) {
	t.Awaits(&p.all, "R", nil)
	p.stop(t)
}

func (p *Process) stop(t *sim.Thread) {
	t.Awaits(&p.obj, "R", nil)
	t.Touch(&p.obj, sim.Read)
	for p.held(t) {
		p.inKernel(t, false)
		t.Block(opStopped, &p.obj, &p.stopped)
	}
}

// Interrupts reports whether a forkall by another thread interrupts the upcalls of t.
func (p *Process) Interrupts(t *sim.Thread) bool {
	if p != nil {
		t.Touch(&p.obj, sim.Read)
	}
	return p != nil && p.forkall && p.forker != t
}

func (p *Process) held(t *sim.Thread) bool {
	return p.halted || p.forker != nil && p.forker != t
}

// inKernel notes where t is; the last thread to be where it can stop lets the fork go on.
func (p *Process) inKernel(t *sim.Thread, kernel bool) {
	a := sim.Read
	if p.waiting.Len() > 0 {
		a = sim.Write // each may be the one that lets the fork go on
	}
	t.Touch(&p.obj, a)
	for i := range p.lwps {
		if p.lwps[i].t != t || p.lwps[i].kernel == kernel {
			continue
		}
		p.lwps[i].kernel = kernel
		if kernel {
			t.Obliged(&p.obj, "R")
			t.Obliged(&p.all, "R")
		}
	}
	if !kernel {
		t.Discharged(&p.obj)
		t.Discharged(&p.all)
	}
	if u := p.waiting.First(); u != nil && !kernel && p.allHeld() {
		p.waiting.Remove(u)
		t.World().Wake(t, u)
	}
}

// allHeld reports whether every thread but the forker is where it stops.
func (p *Process) allHeld() bool {
	for _, l := range p.lwps {
		if l.t != p.forker && l.kernel && !l.t.Done() {
			return false
		}
	}
	return true
}

// Fork is fork1 by t, a thread of the process: it waits until all others have stopped. With all it
// is forkall, for which interrupt is called with each thread that may wait in an upcall.
func (p *Process) Fork(t *sim.Thread, all bool, interrupt func(*sim.Thread)) {
	for again := true; again; again = p.held(t) { // one fork after the other
		p.Stop(t)
		p.inKernel(t, true)
		t.Discharged(&p.obj) // it does not wait for itself
		t.Discharged(&p.all)
		t.Step(opHoldLwps, &p.obj, nil)
	}
	if p.dead {
		return
	}
	p.forker, p.forkall = t, all
	stopping := &p.obj
	if all {
		stopping = &p.all
	}
	t.Awaits(stopping, "", nil)
	t.Obliged(stopping, "")
	if all {
		for _, l := range p.lwps {
			if l.t != t {
				interrupt(l.t)
			}
		}
	}
	t.Touch(&p.obj, sim.Write)
	if !p.allHeld() {
		t.Block(opHeldLwps, &p.obj, &p.waiting)
	}
	t.Step(opForked, &p.obj, nil)
	t.Discharged(stopping)
	if p.forker == t {
		p.forker, p.forkall = nil, false
		p.release(t)
	}
}

// Halt stops the process by job control or a debugger: each of its threads stops where it can.
func (p *Process) Halt(t *sim.Thread) {
	t.Step(opStopPid, &p.obj, nil)
	p.halted = !p.dead
}

// Continue lets a halted process go on.
func (p *Process) Continue(t *sim.Thread) {
	t.Step(opContPid, &p.obj, nil)
	p.halted = false
	p.release(t)
}

// release lets the stopped threads go on.
func (p *Process) release(t *sim.Thread) {
	for u := p.stopped.First(); u != nil; u = p.stopped.First() {
		p.stopped.Remove(u)
		t.World().Wake(t, u)
	}
}

// QueuesReaders says that a thread that stops waits for a forker that waits (check.Queueing): who is
// in the kernel is a reader, and the forker the writer.
func (p *Process) QueuesReaders() bool { return true }

// Threads calls visit for each thread of the process.
func (p *Process) Threads(visit func(*sim.Thread)) {
	for _, l := range p.lwps {
		visit(l.t)
	}
}

// Outside implements sim.Outside: who has stopped in a halted process waits for whoever continues it.
func (p *Process) Outside(t *sim.Thread) bool { return p.halted && t != p.forker }

// Halted reports whether the process is halted. It is not an operation.
func (p *Process) Halted() bool { return p.halted }

// Blockers implements sim.Resource: the forker waits for all that have not stopped, and they for
// the forker. Nobody knows who continues a halted process.
func (p *Process) Blockers(t *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	if t != p.forker {
		if p.forker != nil {
			buf = append(buf, p.forker)
		}
		return buf
	}
	for _, l := range p.lwps {
		if l.t != t && l.kernel && !l.t.Done() {
			buf = append(buf, l.t)
		}
	}
	return buf
}
