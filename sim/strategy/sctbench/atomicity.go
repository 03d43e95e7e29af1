// SPDX-License-Identifier: CDDL-1.0

package sctbench

import (
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// atomicity returns the programs in which two steps should be one.
func atomicity() []Benchmark {
	return []Benchmark{
		{
			Name: "bluetooth_driver", Threads: 2, Bug: "an I/O is counted after the driver was seen running, and stopped",
			Published: published(mean(70), mean(112), mean(36), mean(215)), make: bluetooth,
		},
		{
			Name: "stringbuffer", Threads: 2, Bug: "length and copy of another buffer in two critical sections",
			Published: published(mean(8), mean(281), mean(23), part(2243)), make: stringBuffer,
		},
		{
			Name: "twostage", Threads: 3, Bug: "two values that go together are written under a lock each",
			Published: published(mean(8), mean(13), mean(15), mean(464)),
			make:      func(repaired bool) func(*sim.Thread) { return twoStage(1, 1, repaired) },
		},
		{
			Name: "twostage_20", Threads: 21, Bug: "twostage with 19 writers",
			Published: published(mean(6), mean(159), mean(156), never()),
			make:      func(repaired bool) func(*sim.Thread) { return twoStage(19, 1, repaired) },
		},
		{
			Name: "twostage_20r", Threads: 21, Bug: "twostage with ten writers and ten readers",
			make: func(repaired bool) func(*sim.Thread) { return twoStage(10, 10, repaired) },
		},
		{
			Name: "wronglock_3", Threads: 5, Bug: "one thread guards a counter with another lock than three others",
			Published: published(mean(9), mean(58), mean(11), mean(36)), make: wrongLock,
		},
	}
}

// bluetooth has a driver that counts its I/Os in progress, and one more while it is not being
// stopped; when the count is 0 it may go.
func bluetooth(repaired bool) func(*sim.Thread) {
	var m ksync.Mutex
	var pending, stopping, idle, stopped ksync.Var[int]
	begin := func(t *sim.Thread) bool {
		if !repaired && stopping.Load(t) == 1 {
			return false
		}
		m.Enter(t)
		ok := !repaired || stopping.Load(t) == 0
		if ok {
			add(t, &pending, 1)
		}
		m.Exit(t)
		return ok
	}
	end := func(t *sim.Thread) {
		m.Enter(t)
		add(t, &pending, -1)
		left := pending.Load(t)
		m.Exit(t)
		if left == 0 {
			idle.Store(t, 1)
		}
	}
	stop := func(t *sim.Thread) {
		if repaired {
			m.Enter(t)
		}
		stopping.Store(t, 1)
		if repaired {
			m.Exit(t)
		}
		end(t)
		if idle.Load(t) == 1 {
			stopped.Store(t, 1)
		}
	}
	return func(t *sim.Thread) {
		mutex(t, &m, "m")
		variable(t, &pending, "pending", 0, 1)
		variable(t, &stopping, "stopping", 0, 0)
		variable(t, &idle, "idle", 0, 0)
		variable(t, &stopped, "stopped", 0, 0)
		u := t.SpawnN("thread", 1, stop)
		if begin(t) {
			assert(t, stopped.Load(t) == 0, "I/O of a stopped driver")
			end(t)
		}
		t.Join(u)
	}
}

func stringBuffer(repaired bool) func(*sim.Thread) {
	var m ksync.Mutex
	var length ksync.Var[int]
	change := func(t *sim.Thread, n int) {
		m.Enter(t)
		add(t, &length, n)
		m.Exit(t)
	}
	writer := func(t *sim.Thread) {
		change(t, -3)
		change(t, 3)
	}
	return func(t *sim.Thread) {
		mutex(t, &m, "m")
		variable(t, &length, "length", 0, 3)
		u := t.SpawnN("thread", 1, writer)
		m.Enter(t)
		n := length.Load(t)
		if !repaired {
			m.Exit(t)
			m.Enter(t)
		}
		assert(t, n <= length.Load(t), "copy past the end")
		m.Exit(t)
		t.Join(u)
	}
}

func twoStage(writers, readers int, repaired bool) func(*sim.Thread) {
	var m1, m2 ksync.Mutex
	var data1, data2 ksync.Var[int]
	// next ends the first stage; repaired, the second one is part of it.
	next := func(t *sim.Thread) {
		if !repaired {
			m1.Exit(t)
		}
		m2.Enter(t)
	}
	end := func(t *sim.Thread) {
		m2.Exit(t)
		if repaired {
			m1.Exit(t)
		}
	}
	writer := func(t *sim.Thread) {
		m1.Enter(t)
		data1.Store(t, 1)
		next(t)
		data2.Store(t, data1.Load(t)+1)
		end(t)
	}
	reader := func(t *sim.Thread) {
		m1.Enter(t)
		one := data1.Load(t)
		if one == 0 {
			m1.Exit(t)
			return
		}
		next(t)
		two := data2.Load(t)
		end(t)
		assert(t, two == one+1, "data1 and data2")
	}
	threads := append(copies(writers, writer), copies(readers, reader)...)
	return func(t *sim.Thread) {
		mutex(t, &m1, "m1")
		mutex(t, &m2, "m2")
		variable(t, &data1, "data1", 0, 0)
		variable(t, &data2, "data2", 0, 0)
		all(t, threads...)
	}
}

func wrongLock(repaired bool) func(*sim.Thread) {
	var right, wrong ksync.Mutex
	var data ksync.Var[int]
	other := &wrong
	if repaired {
		other = &right
	}
	checker := func(t *sim.Thread) {
		right.Enter(t)
		before := data.Load(t)
		add(t, &data, 1)
		assert(t, data.Load(t) == before+1, "data changed under its lock")
		right.Exit(t)
	}
	adder := func(t *sim.Thread) {
		other.Enter(t)
		add(t, &data, 1)
		other.Exit(t)
	}
	threads := append(copies(1, checker), copies(3, adder)...)
	return func(t *sim.Thread) {
		mutex(t, &right, "right")
		mutex(t, &wrong, "wrong")
		variable(t, &data, "data", 0, 0)
		all(t, threads...)
	}
}
