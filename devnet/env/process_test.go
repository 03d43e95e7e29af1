// SPDX-License-Identifier: CDDL-1.0

package env_test

import (
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/envtest"
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// system is a process, a lock of the kernel, and a door whose server answers after some time.
type system struct {
	p     env.Process
	lock  ksync.Mutex
	doors door.Layer
	dh    *door.Door
	ran   int // system calls that ended
}

func newSystem(t *sim.Thread) *system {
	s := new(system)
	s.p.Init(t.World(), "agent")
	s.lock.Init(t.World(), nil, "kernel_lock", "", 0)
	s.doors.Init(t.World())
	s.doors.Attach(t, func(u *sim.Thread, _ *door.Request) door.Reply {
		u.Yield()
		return door.Reply{}
	})
	s.dh, _ = s.doors.Open(t)
	return s
}

// thread makes a thread of the process that makes the given system calls.
func (s *system) thread(t *sim.Thread, name string, calls ...func(t *sim.Thread)) *sim.Thread {
	u := t.Fork(name, 0, func(t *sim.Thread) {
		for _, call := range calls {
			s.p.Enter(t)
			call(t)
			s.ran++
			s.p.Leave(t)
		}
	})
	u.SetLocal(&env.Context{User: true, Process: &s.p})
	s.p.Add(t, u)
	return u
}

func (s *system) fork(t *sim.Thread) { s.p.Fork(t, false, nil) }

func (s *system) short(t *sim.Thread) {
	s.lock.Enter(t)
	s.lock.Exit(t)
}

func (s *system) upcall(t *sim.Thread) {
	_, err := s.doors.Upcall(t, s.dh, &door.Request{})
	envtest.Equal(t, "upcall", err, 0)
}

func TestForkLetsAllGoOn(t *testing.T) {
	envtest.Clean(t, 2000, func(st *sim.Thread) {
		s := newSystem(st)
		s.thread(st, "a", s.short, s.upcall, s.short)
		s.thread(st, "b", s.upcall, s.fork)
		s.thread(st, "c", s.fork, s.short)
		st.Quiesce()
		envtest.Equal(st, "system calls that ended", s.ran, 7)
	})
}

// TestForkWaitsForTheKernel: a thread in the kernel that does not wait for a door must come out.
func TestForkWaitsForTheKernel(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 1000, func(st *sim.Thread) {
		s := newSystem(st)
		in, forked := false, false
		s.thread(st, "worker", func(t *sim.Thread) {
			in = true
			t.Yield()
			t.Yield()
			in = false
			if forked {
				seen["fork first"]++
			} else {
				seen["worker first"]++
			}
		})
		s.thread(st, "forker", func(t *sim.Thread) {
			s.p.Fork(t, false, nil)
			envtest.Check(t, !in, "forked with a thread in the kernel")
			forked = true
		})
		st.Quiesce()
	})
	seen.All(t, "fork first", "worker first")
}

// TestStoppedInAnUpcallKeepsItsLocks is bug L01 in small: the fork waits for a thread that waits
// for a lock of a thread that the fork has stopped.
func TestStoppedInAnUpcallKeepsItsLocks(t *testing.T) {
	envtest.Fails(t, 5000, sim.KindDeadlock, "PROC(agent)", func(st *sim.Thread) {
		s := newSystem(st)
		s.thread(st, "holder", func(t *sim.Thread) {
			s.lock.Enter(t)
			s.upcall(t)
			s.lock.Exit(t)
		})
		s.thread(st, "waiter", s.short)
		s.thread(st, "forker", s.fork)
		st.Quiesce()
	})
}

// TestForkallInterrupts: upcalls give EINTR instead of stopping, so the same program goes on.
func TestForkallInterrupts(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 5000, func(st *sim.Thread) {
		s := newSystem(st)
		s.thread(st, "holder", func(t *sim.Thread) {
			s.lock.Enter(t)
			_, err := s.doors.Upcall(t, s.dh, &door.Request{})
			seen["upcall "+err.String()]++
			s.lock.Exit(t)
		})
		s.thread(st, "waiter", s.short)
		s.thread(st, "forker", func(t *sim.Thread) {
			s.p.Fork(t, true, func(u *sim.Thread) { s.doors.Signal(t, u) })
		})
		st.Quiesce()
	})
	seen.All(t, "upcall 0", "upcall EINTR")
}

// TestHalt: nothing of the process goes on that can stop, and all does after Continue. Without it that
// is no hang for the process, and one for whoever waits for it.
func TestHalt(t *testing.T) {
	body := func(st *sim.Thread) (*system, *sim.Thread) {
		s := newSystem(st)
		s.p.Halt(st)
		a := s.thread(st, "a", s.short, s.upcall)
		st.Yield()
		envtest.Equal(st, "system calls of a halted process", s.ran, 0)
		return s, a
	}
	envtest.Clean(t, 200, func(st *sim.Thread) {
		s, _ := body(st)
		st.Quiesce()
		envtest.Equal(st, "system calls of a process that stays halted", s.ran, 0)
		s.p.Continue(st)
		st.Quiesce()
		envtest.Equal(st, "system calls that ended", s.ran, 2)
	})
	envtest.Fails(t, 1, sim.KindHang, "issig", func(st *sim.Thread) {
		_, a := body(st)
		st.Spawn("waiter", func(u *sim.Thread) { u.Join(a) })
		st.Quiesce()
	})
}

// TestKill: a dead process holds nobody, whatever it was in.
func TestKill(t *testing.T) {
	envtest.Clean(t, 1000, func(st *sim.Thread) {
		s := newSystem(st)
		s.thread(st, "a", func(t *sim.Thread) { t.Yield() }, s.short)
		s.thread(st, "forker", s.fork)
		s.p.Halt(st)
		s.p.Kill(st)
		s.p.Halt(st)
		st.Quiesce()
		envtest.Equal(st, "system calls that ended", s.ran, 3)
	})
}

// TestNoProcess: a thread that is alone is never stopped.
func TestNoProcess(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		var p *env.Process
		p.Enter(st)
		p.Sleep(st)
		p.Wake(st)
		p.Leave(st)
		envtest.Check(st, !p.Interrupts(st), "interrupted by nobody")
	})
}
