// SPDX-License-Identifier: CDDL-1.0

package explore_test

import (
	"context"
	"fmt"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"
)

// gate is a protocol to be ported: an object that is closed when its last user has gone.
type gate struct {
	lock  ksync.Mutex
	empty ksync.Cond
	users ksync.Var[int]
	fixed bool
}

func (g *gate) init(w *sim.World) {
	g.lock.Init(w, nil, "g_lock", "", 0)
	g.empty.Init(w, nil, "g_empty", "", 0)
	g.users.Init(w, nil, "g_users", "", 0)
	g.users.Poke(0)
}

func (g *gate) enter(t *sim.Thread) {
	g.lock.Enter(t)
	g.users.Set(t, g.users.Get(t)+1)
	g.lock.Exit(t)
}

// leave tells whoever closes the gate only if it was the first to come: the bug.
func (g *gate) leave(t *sim.Thread) {
	g.lock.Enter(t)
	left := g.users.Get(t) - 1
	g.users.Set(t, left)
	if left == 1 || g.fixed {
		g.empty.Broadcast(t)
	}
	g.lock.Exit(t)
}

func (g *gate) close(t *sim.Thread) {
	g.lock.Enter(t)
	for g.users.Get(t) > 0 {
		g.empty.Wait(t, &g.lock)
	}
	g.lock.Exit(t)
}

// program has a user, who comes and goes, and somebody who closes the gate.
func (g *gate) program() explore.Program {
	return explore.Body{Scenario: "gate", Make: func() func(*sim.Thread) {
		own := gate{fixed: g.fixed} // each worker has its own
		return func(t *sim.Thread) {
			own.init(t.World())
			user := t.Spawn("user", func(t *sim.Thread) { own.enter(t); own.leave(t) })
			closer := t.Spawn("closer", own.close)
			t.Join(user)
			t.Join(closer)
		}
	}}
}

// A protocol is a struct with locks of ksync and functions that take the thread. dpor goes through all
// interleavings: it finds what is wrong, or proves that nothing is.
func Example() {
	for _, g := range []gate{{}, {fixed: true}} {
		r, err := explore.Explore(context.Background(), g.program(), explore.Config{
			Checks: explore.CheckNames(), Strategy: "dpor", Preemptions: strategy.Unbounded, Schedules: 10_000,
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d interleavings, complete: %v\n", r.Schedules, r.Complete)
		for _, v := range r.Violations {
			fmt.Printf("%s: %s\n", v.Kind, v.Message)
		}
	}
	// Output:
	// 3 interleavings, complete: true
	// hang: nothing can run and no timer is pending, but closer waits at cv_wait (waiting) g_empty
	// 3 interleavings, complete: true
}
