// SPDX-License-Identifier: CDDL-1.0

package sctbench

import (
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// buffers returns the programs in which one thread hands something to another.
func buffers() []Benchmark {
	return []Benchmark{
		{
			Name: "circular_buffer", Threads: 3, Bug: "the receiver counts its turns, not what it has received",
			Published: published(mean(3), mean(9), mean(2), mean(4)), make: circularBuffer,
		},
		{
			Name: "qsort_mt", Threads: 3, Bug: "a worker of a pool is marked busy before it is locked and has its task",
			Published: published(part(3048), part(4714), part(3004), part(3442)), make: pool,
		},
		{
			Name: "stack", Threads: 3, Bug: "the stack says for ever after the first push that it is not empty",
			Published: published(mean(5), mean(3), mean(2), mean(176)), make: stack,
		},
	}
}

// circularBuffer sends 0 to 6 through a ring, one at a time.
func circularBuffer(repaired bool) func(*sim.Thread) {
	const n = 7
	var m ksync.Mutex
	var ring [n]ksync.Var[int]
	var first, next, empty, full ksync.Var[int]
	sender := func(t *sim.Thread) {
		for i := range n {
			m.Enter(t)
			if empty.Load(t) == 1 {
				if repaired {
					i = next.Load(t)
				}
				ring[next.Load(t)].Store(t, i)
				add(t, &next, 1)
				empty.Store(t, 0)
				full.Store(t, 1)
			}
			m.Exit(t)
		}
	}
	receiver := func(t *sim.Thread) {
		for i := range n {
			m.Enter(t)
			if full.Load(t) == 1 {
				if repaired {
					i = first.Load(t)
				}
				assert(t, ring[first.Load(t)].Load(t) == i, "received out of order")
				add(t, &first, 1)
				full.Store(t, 0)
				empty.Store(t, 1)
			}
			m.Exit(t)
		}
	}
	return func(t *sim.Thread) {
		mutex(t, &m, "m")
		for i := range ring {
			variable(t, &ring[i], "ring", i+1, -1)
		}
		variable(t, &first, "first", 0, 0)
		variable(t, &next, "next", 0, 0)
		variable(t, &empty, "empty", 0, 1)
		variable(t, &full, "full", 0, 0)
		all(t, sender, receiver)
	}
}

func stack(repaired bool) func(*sim.Thread) {
	const n = 10
	var m ksync.Mutex
	var top, filled ksync.Var[int]
	pusher := func(t *sim.Thread) {
		for range n {
			m.Enter(t)
			add(t, &top, 1)
			filled.Store(t, 1)
			m.Exit(t)
		}
	}
	popper := func(t *sim.Thread) {
		for range n {
			m.Enter(t)
			if filled.Load(t) == 1 {
				assert(t, top.Load(t) > 0, "stack underflow")
				add(t, &top, -1)
				if repaired && top.Load(t) == 0 {
					filled.Store(t, 0)
				}
			}
			m.Exit(t)
		}
	}
	return func(t *sim.Thread) {
		mutex(t, &m, "m")
		variable(t, &top, "top", 0, 0)
		variable(t, &filled, "filled", 0, 0)
		all(t, pusher, popper)
	}
}

// States of a worker of the pool.
const (
	idle = iota
	busy
	over
)

// worker is one thread of a pool that sorts. Its lock guards state and task.
type worker struct {
	mu          ksync.Mutex
	cv          ksync.Cond
	state, task ksync.Var[int]
}

// pool hands two tasks to two workers and waits until both are idle again.
func pool(repaired bool) func(*sim.Thread) {
	var lock ksync.Mutex // of the pool
	var done ksync.Cond
	var free ksync.Var[int]
	var workers [2]worker
	// allocate returns an idle worker, now busy, with its lock held.
	allocate := func(t *sim.Thread) *worker {
		lock.Enter(t)
		for i := range workers {
			w := &workers[i]
			if w.state.Load(t) != idle {
				continue
			}
			add(t, &free, -1)
			if repaired {
				w.mu.Enter(t)
				w.state.Store(t, busy)
			} else {
				w.state.Store(t, busy)
				w.mu.Enter(t)
			}
			lock.Exit(t)
			return w
		}
		lock.Exit(t)
		return nil
	}
	serve := func(w *worker) func(*sim.Thread) {
		return func(t *sim.Thread) {
			for {
				w.mu.Enter(t)
				for w.state.Load(t) == idle {
					w.cv.Wait(t, &w.mu)
				}
				w.mu.Exit(t)
				if w.state.Load(t) == over {
					return
				}
				assert(t, w.task.Load(t) != 0, "worker goes on with the task of before")
				w.task.Store(t, 0)
				lock.Enter(t)
				w.state.Store(t, idle)
				add(t, &free, 1)
				done.Signal(t)
				lock.Exit(t)
			}
		}
	}
	hand := func(t *sim.Thread, w *worker, task, state int) {
		w.task.Store(t, task)
		w.state.Store(t, state)
		w.cv.Signal(t)
		w.mu.Exit(t)
	}
	return func(t *sim.Thread) {
		mutex(t, &lock, "pool")
		done.Init(t.World(), nil, "done", "", 0)
		variable(t, &free, "free", 0, len(workers))
		var threads [2]*sim.Thread
		for i := range workers {
			w := &workers[i]
			w.mu.Init(t.World(), nil, "worker", "", i+1)
			w.cv.Init(t.World(), nil, "wanted", "", i+1)
			variable(t, &w.state, "state", i+1, idle)
			variable(t, &w.task, "task", i+1, 0)
			threads[i] = t.SpawnN("thread", i+1, serve(w))
		}
		for task := range 2 {
			if w := allocate(t); w != nil {
				hand(t, w, task+1, busy)
			}
		}
		lock.Enter(t)
		for free.Load(t) < len(workers) {
			done.Wait(t, &lock)
		}
		lock.Exit(t)
		for i := range workers {
			workers[i].mu.Enter(t)
			hand(t, &workers[i], 0, over)
			t.Join(threads[i])
		}
	}
}
