// SPDX-License-Identifier: CDDL-1.0

// Package check holds the checks that watch a schedule, one to a file. A check knows
// threads, objects and accesses, and nothing of the protocol under test.
package check

import "dlsim/sim"

// Deadlock finds cycles in the wait-for graph, at the step that closes them. Every waiting
// thread needs all of its blockers to act (AND-waiting), so one cycle is a deadlock even
// while other threads go on. A cycle is closed by a thread that blocks, or by a signal that
// moves a waiter to a mutex somebody else holds: whatever else adds an edge adds it towards
// a thread that runs. The exception is a condition variable whose releasers change under a
// waiter; such a cycle is found when next a thread blocks, or when nothing can run.
type Deadlock struct {
	path  []sim.Wait
	seen  []bool // by thread id, in the current search
	stack [][]*sim.Thread
}

// Blocked implements sim.Monitor.
func (d *Deadlock) Blocked(t *sim.Thread) {
	d.path = d.path[:0]
	clear(d.seen)
	if d.search(t, t, 0) {
		t.FailWith(&sim.Failure{
			Kind: sim.KindDeadlock, Thread: t, Subject: "wait-for cycle",
			Message: message(d.path), Cycle: append([]sim.Wait(nil), d.path...),
		})
	}
}

// search looks for a way from u, which is blocked, back to goal, and leaves it in path.
func (d *Deadlock) search(goal, u *sim.Thread, depth int) bool {
	op := u.Pending()
	if u.Joins() == nil && (op.Object == nil || op.Object.Resource() == nil) {
		return false
	}
	for u.ID() >= len(d.seen) {
		d.seen = append(d.seen, false)
	}
	d.seen[u.ID()] = true
	for depth >= len(d.stack) {
		d.stack = append(d.stack, nil)
	}
	if v := u.Joins(); v != nil {
		d.stack[depth] = append(d.stack[depth][:0], v)
	} else {
		d.stack[depth] = op.Object.Resource().Blockers(u, d.stack[depth][:0])
	}
	for i := 0; i < len(d.stack[depth]); i++ {
		v := d.stack[depth][i]
		if v != goal && (v.Done() || v.Enabled() || v.ID() < len(d.seen) && d.seen[v.ID()]) {
			continue
		}
		d.path = append(d.path, sim.Wait{Thread: u, For: op, Holder: v})
		if v == goal || d.search(goal, v, depth+1) {
			return true
		}
		d.path = d.path[:len(d.path)-1]
	}
	return false
}

func message(cycle []sim.Wait) string {
	m := "deadlock: "
	for i, e := range cycle {
		if i > 0 {
			m += ", "
		}
		m += e.Thread.Name() + " waits for " + e.Holder.Name() + " at " + e.For.String()
	}
	return m
}
