// SPDX-License-Identifier: CDDL-1.0

package door_test

import (
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/envtest"
	"dlsim/sim"
)

// server is a door whose server adds one to the link id after some time.
type server struct {
	door.Layer
	served int
}

func (s *server) start(t *sim.Thread) *door.Door {
	s.Attach(t, func(t *sim.Thread, req *door.Request) door.Reply {
		t.Yield()
		s.served++
		return door.Reply{Link: req.Link + 1}
	})
	d, err := s.Open(t)
	envtest.Equal(t, "open", err, 0)
	return d
}

func newServer(t *sim.Thread) *server {
	s := new(server)
	s.Init(t.World())
	return s
}

func as(t *sim.Thread, c env.Context) *env.Context {
	t.SetLocal(&c)
	return &c
}

func TestUpcallsAreServedAtOnce(t *testing.T) {
	envtest.Clean(t, 300, func(st *sim.Thread) {
		s := newServer(st)
		_, err := s.Open(st)
		envtest.Equal(st, "open before the start", err, env.ENOENT)
		d := s.start(st)
		for i := range 3 {
			st.SpawnN("caller", i+1, func(t *sim.Thread) {
				r, err := s.Upcall(t, d, &door.Request{Link: env.LinkID(i)})
				envtest.Check(t, err == 0 && r.Link == env.LinkID(i+1), "reply %v, %v", r.Link, err)
			})
		}
	})
}

func TestRevokedForEver(t *testing.T) {
	envtest.Clean(t, 100, func(st *sim.Thread) {
		s := newServer(st)
		old := s.start(st)
		old.Hold(st)
		s.Revoke(st)
		envtest.Check(st, old.Revoked(st), "not revoked")
		_, err := s.Upcall(st, old, &door.Request{})
		envtest.Equal(st, "upcall", err, env.EBADF)
		_, err = s.Open(st)
		envtest.Equal(st, "open", err, env.ENOENT)
		now := s.start(st)
		envtest.Check(st, old.Revoked(st) && !now.Revoked(st), "the new door took the old one's place")
		_, err = s.Upcall(st, old, &door.Request{})
		envtest.Equal(st, "upcall by the old door", err, env.EBADF)
		_, err = s.Upcall(st, now, &door.Request{})
		envtest.Equal(st, "upcall by the new door", err, 0)
		old.Rele(st)
	})
}

// TestRequestsInHandOutliveRevocation: an orderly exit lets server threads finish.
func TestRequestsInHandOutliveRevocation(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 500, func(st *sim.Thread) {
		s := newServer(st)
		d := s.start(st)
		u := st.Spawn("caller", func(t *sim.Thread) {
			_, err := s.Upcall(t, d, &door.Request{})
			seen[err.String()]++
		})
		s.Revoke(st)
		st.Join(u)
	})
	seen.All(t, "0", "EBADF")
	if seen["EINTR"] > 0 {
		t.Error("revocation alone gave EINTR")
	}
}

func TestSignals(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 1000, func(st *sim.Thread) {
		s := newServer(st)
		d := s.start(st)
		user := st.Spawn("user", func(t *sim.Thread) {
			as(t, env.Context{User: true})
			_, err := s.Upcall(t, d, &door.Request{})
			seen["signalled in the call: "+err.String()]++
		})
		s.Signal(st, user)
		pending := st.Spawn("pending", func(t *sim.Thread) {
			as(t, env.Context{User: true, Signalled: true})
			for range 2 {
				_, err := s.Upcall(t, d, &door.Request{})
				envtest.Equal(t, "upcall with a signal pending", err, env.EINTR)
			}
		})
		kernel := st.Spawn("kernel", func(t *sim.Thread) {
			as(t, env.Context{Signalled: true})
			_, err := s.Upcall(t, d, &door.Request{})
			envtest.Equal(t, "kernel thread", err, 0)
		})
		st.Join(user)
		st.Join(pending)
		st.Join(kernel)
		st.Quiesce()
		envtest.Equal(st, "requests carried out", s.served, 4)
	})
	seen.All(t, "signalled in the call: 0", "signalled in the call: EINTR")
}

func TestInterference(t *testing.T) {
	for _, c := range []struct {
		name   string
		user   bool
		f      door.Interference
		err    env.Errno // of the door
		lrErr  env.Errno
		served int
	}{
		{"nothing", true, door.Interference{}, 0, 0, 1},
		{"EINTR", true, door.Interference{Errno: env.EINTR}, env.EINTR, 0, 0},
		{"EINTR and done", true, door.Interference{Errno: env.EINTR, Done: true}, env.EINTR, 0, 1},
		{"no server thread", true, door.Interference{Errno: env.EAGAIN}, env.EAGAIN, 0, 0},
		{"no server thread for a kernel thread", false, door.Interference{Errno: env.EAGAIN}, 0, 0, 1},
		{"the daemon refuses", true, door.Interference{Errno: env.ENOENT, Answer: true}, 0, env.ENOENT, 0},
	} {
		envtest.Clean(t, 50, func(st *sim.Thread) {
			s := newServer(st)
			d := s.start(st)
			as(st, env.Context{User: c.user})
			s.Interfere = func(*sim.Thread, *door.Request) door.Interference { return c.f }
			r, err := s.Upcall(st, d, &door.Request{})
			envtest.Equal(st, c.name+": door", err, c.err)
			envtest.Equal(st, c.name+": lr_err", r.Err, c.lrErr)
			st.Quiesce()
			envtest.Equal(st, c.name+": carried out", s.served, c.served)
		})
	}
}

// TestServerDeath: every caller gets EINTR, kernel threads too, or EBADF if it comes later;
// none is left waiting.
func TestServerDeath(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 1000, func(st *sim.Thread) {
		s := newServer(st)
		d := s.start(st)
		for _, user := range []bool{true, false} {
			name := map[bool]string{true: "user", false: "kernel"}[user]
			st.Spawn(name, func(t *sim.Thread) {
				as(t, env.Context{User: user})
				_, err := s.Upcall(t, d, &door.Request{})
				seen[name+" "+err.String()]++
			})
		}
		s.Crash(st)
		envtest.Check(st, d.Revoked(st), "not revoked")
	})
	seen.All(t, "user 0", "user EINTR", "user EBADF", "kernel 0", "kernel EINTR", "kernel EBADF")
}

// TestDeathInsideTheKernel: a server thread that is in a system call ends only when that
// does, and its caller waits as long.
func TestDeathInsideTheKernel(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 1000, func(st *sim.Thread) {
		s := newServer(st)
		inside := false
		var d *door.Door
		s.Attach(st, func(t *sim.Thread, _ *door.Request) door.Reply {
			if d.Revoked(t) {
				return door.Reply{} // killed before it made the call
			}
			s.Downcall(t, func() env.Errno {
				inside = true
				t.Yield()
				t.Yield()
				inside = false
				return 0
			})
			t.Yield()
			return door.Reply{}
		})
		d, _ = s.Open(st)
		u := st.Spawn("caller", func(t *sim.Thread) {
			_, err := s.Upcall(t, d, &door.Request{})
			envtest.Check(t, !inside, "%v before the server thread could die", err)
			seen[err.String()]++
		})
		s.Crash(st)
		if inside {
			seen["died inside"]++
		}
		st.Join(u)
	})
	seen.All(t, "0", "EINTR", "EBADF", "died inside")
}

// TestCrashSparesTheNextServer: what races with the death of one life of the server is no
// business of the next.
func TestCrashSparesTheNextServer(t *testing.T) {
	envtest.Clean(t, 1000, func(st *sim.Thread) {
		s := newServer(st)
		s.start(st)
		crashed := false
		st.Spawn("crash", func(t *sim.Thread) {
			s.Crash(t)
			crashed = true
		})
		d := s.start(st)
		_, err := s.Upcall(st, d, &door.Request{})
		if err != 0 {
			// The crash was that of the new one: then it must have begun before.
			envtest.Check(st, crashed && d.Revoked(st), "upcall: %v", err)
			return
		}
		if _, err := s.Open(st); !d.Revoked(st) {
			envtest.Equal(st, "the door file of the new server", err, 0)
		}
	})
}

// TestReleasedDoor: a door that its last holder has released is not there any more, for whatever
// is done with it.
func TestReleasedDoor(t *testing.T) {
	uses := map[string]func(*server, *sim.Thread, *door.Door){
		"door_ki_hold":           func(_ *server, t *sim.Thread, d *door.Door) { d.Hold(t) },
		"door_ki_rele":           func(_ *server, t *sim.Thread, d *door.Door) { d.Rele(t) },
		"door_ki_info":           func(_ *server, t *sim.Thread, d *door.Door) { d.Revoked(t) },
		"door_ki_upcall_limited": func(s *server, t *sim.Thread, d *door.Door) { s.Upcall(t, d, new(door.Request)) },
	}
	for what, use := range uses {
		envtest.Fails(t, 1, sim.KindLifetime, what+" of door d1", func(st *sim.Thread) {
			s := newServer(st)
			d := s.start(st)
			d.Rele(st)
			use(s, st, d)
		})
	}
}
