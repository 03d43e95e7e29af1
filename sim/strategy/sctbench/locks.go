// SPDX-License-Identifier: CDDL-1.0

package sctbench

import (
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// locks returns the programs that deadlock.
func locks() []Benchmark {
	return []Benchmark{
		{
			Name: "carter01", Threads: 5, Bug: "the first in takes a gate while it holds the lock that the last out needs",
			Published: published(notMeasured(), mean(5), mean(2), mean(1)), make: carter,
		},
		{
			Name: "deadlock01", Threads: 3, Bug: "two locks in both orders",
			Published: published(mean(2), mean(13), mean(4), mean(3)), make: deadlock,
		},
		{
			Name: "radbench6", Threads: 3, Bug: "a reader reads again while a writer waits",
			Published: published(mean(4), mean(42), mean(18), mean(48)), make: recursiveRead,
		},
	}
}

// carter has two classes of threads that exclude each other by a gate: the first in of a
// class takes it, the last out opens it. Two more threads do nothing.
func carter(repaired bool) func(*sim.Thread) {
	var counts [2]ksync.Mutex
	var gate ksync.Mutex
	var inside [2]ksync.Var[int]
	pass := func(class int) func(*sim.Thread) {
		m := &counts[0]
		if repaired {
			m = &counts[class] // the other class need not wait for it
		}
		return func(t *sim.Thread) {
			m.Enter(t)
			add(t, &inside[class], 1)
			if inside[class].Load(t) == 1 {
				gate.Enter(t)
			}
			m.Exit(t)
			m.Enter(t)
			add(t, &inside[class], -1)
			if inside[class].Load(t) == 0 {
				gate.Exit(t)
			}
			m.Exit(t)
		}
	}
	nothing := func(*sim.Thread) {}
	return func(t *sim.Thread) {
		for i := range counts {
			counts[i].Init(t.World(), nil, "count", "", i+1)
			variable(t, &inside[i], "inside", i+1, 0)
		}
		mutex(t, &gate, "gate")
		all(t, pass(0), pass(1), nothing, nothing)
	}
}

func deadlock(repaired bool) func(*sim.Thread) {
	var a, b ksync.Mutex
	var counter ksync.Var[int]
	both := func(first, second *ksync.Mutex, n int) func(*sim.Thread) {
		return func(t *sim.Thread) {
			first.Enter(t)
			second.Enter(t)
			add(t, &counter, n)
			second.Exit(t)
			first.Exit(t)
		}
	}
	up, down := both(&a, &b, 1), both(&b, &a, -1)
	if repaired {
		down = both(&a, &b, -1)
	}
	return func(t *sim.Thread) {
		mutex(t, &a, "a")
		mutex(t, &b, "b")
		variable(t, &counter, "counter", 0, 0)
		all(t, up, down)
	}
}

// sharedLock is a reader/writer lock made of a mutex and two condition variables, in which
// readers wait while a writer does. It deadlocks with a reader that comes in twice, unless it
// is told that the reader is in already.
type sharedLock struct {
	mu                       ksync.Mutex
	readable, writable       ksync.Cond
	holders, readers, writer ksync.Var[int] // holders is -1 for a writer; the rest wait
}

func (l *sharedLock) init(t *sim.Thread) {
	mutex(t, &l.mu, "lock")
	l.readable.Init(t.World(), nil, "readable", "", 0)
	l.writable.Init(t.World(), nil, "writable", "", 0)
	variable(t, &l.holders, "holders", 0, 0)
	variable(t, &l.readers, "readers", 0, 0)
	variable(t, &l.writer, "writers", 0, 0)
}

func (l *sharedLock) read(t *sim.Thread, inside bool) {
	l.mu.Enter(t)
	for l.holders.Load(t) < 0 || !inside && l.writer.Load(t) > 0 {
		add(t, &l.readers, 1)
		l.readable.Wait(t, &l.mu)
		add(t, &l.readers, -1)
	}
	add(t, &l.holders, 1)
	l.mu.Exit(t)
}

func (l *sharedLock) write(t *sim.Thread) {
	l.mu.Enter(t)
	for l.holders.Load(t) != 0 {
		add(t, &l.writer, 1)
		l.writable.Wait(t, &l.mu)
		add(t, &l.writer, -1)
	}
	l.holders.Store(t, -1)
	l.mu.Exit(t)
}

func (l *sharedLock) unlock(t *sim.Thread) {
	l.mu.Enter(t)
	if n := l.holders.Load(t); n > 0 {
		l.holders.Store(t, n-1)
	} else {
		l.holders.Store(t, 0)
	}
	if l.holders.Load(t) == 0 {
		if l.writer.Load(t) > 0 {
			l.writable.Signal(t)
		} else if l.readers.Load(t) > 0 {
			l.readable.Broadcast(t)
		}
	}
	l.mu.Exit(t)
}

func recursiveRead(repaired bool) func(*sim.Thread) {
	var l sharedLock
	reader := func(t *sim.Thread) {
		l.read(t, false)
		l.read(t, repaired)
		l.unlock(t)
		l.unlock(t)
	}
	writer := func(t *sim.Thread) {
		l.write(t)
		l.unlock(t)
	}
	return func(t *sim.Thread) {
		l.init(t)
		all(t, reader, writer)
	}
}
