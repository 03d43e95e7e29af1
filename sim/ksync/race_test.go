// SPDX-License-Identifier: CDDL-1.0

package ksync_test

import (
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
)

// shared is a variable and every sort of lock around it.
type shared struct {
	v  ksync.Var[int]
	mu ksync.Mutex
	rw ksync.RWLock
	cv ksync.Cond
	q  ksync.Taskq
}

func (s *shared) init(w *sim.World) {
	s.v.Init(w, nil, "v", "", 0)
	s.v.Poke(0)
	s.mu.Init(w, nil, "mu", "", 0)
	s.rw.Init(w, nil, "rw", "", 0)
	s.cv.Init(w, nil, "cv", "", 0)
	s.q.Init(w, "task", nil)
}

// TestRaces runs every schedule of small programs and counts those with a race: all, none, or
// some, as what orders the accesses says.
func TestRaces(t *testing.T) {
	locked := func(s *shared, t *sim.Thread) {
		s.mu.Enter(t)
		s.v.Set(t, s.v.Get(t)+1)
		s.mu.Exit(t)
	}
	for _, c := range []struct {
		name string
		a, b func(s *shared, t *sim.Thread)
		want string // "all", "some" or "none" of the schedules have a race
	}{
		{"two writes", func(s *shared, t *sim.Thread) { s.v.Store(t, 1) }, func(s *shared, t *sim.Thread) { s.v.Store(t, 2) }, "all"},
		{"read and write", func(s *shared, t *sim.Thread) { s.v.Load(t) }, func(s *shared, t *sim.Thread) { s.v.Store(t, 2) }, "all"},
		{"two reads", func(s *shared, t *sim.Thread) { s.v.Load(t) }, func(s *shared, t *sim.Thread) { s.v.Load(t) }, "none"},
		{"mutex", locked, locked, "none"},
		{"mutex on one side", locked, func(s *shared, t *sim.Thread) { s.v.Store(t, 2) }, "all"},
		{"readers and writer", func(s *shared, t *sim.Thread) {
			s.rw.EnterRead(t)
			s.v.Get(t)
			s.rw.Exit(t)
		}, func(s *shared, t *sim.Thread) {
			s.rw.EnterWrite(t)
			s.v.Set(t, 2)
			s.rw.Exit(t)
		}, "none"},
		{"two that hold the lock as readers and write", func(s *shared, t *sim.Thread) {
			s.rw.EnterRead(t)
			s.v.Set(t, 1)
			s.rw.Exit(t)
		}, func(s *shared, t *sim.Thread) {
			s.rw.EnterRead(t)
			s.v.Set(t, 2)
			s.rw.Exit(t)
		}, "all"},
		{"condition variable", func(s *shared, t *sim.Thread) {
			s.mu.Enter(t)
			for s.v.Get(t) == 0 {
				s.cv.Wait(t, &s.mu)
			}
			s.mu.Exit(t)
			s.v.Store(t, 2)
		}, func(s *shared, t *sim.Thread) {
			s.mu.Enter(t)
			s.v.Set(t, 1)
			s.cv.Signal(t)
			s.mu.Exit(t)
		}, "none"},
		{"a task and its dispatcher before the dispatch", func(s *shared, t *sim.Thread) {
			s.v.Store(t, 1)
			s.q.Dispatch(t, func(u *sim.Thread) { s.v.Store(u, 2) })
		}, func(*shared, *sim.Thread) {}, "none"},
		{"a task and its dispatcher after the dispatch", func(s *shared, t *sim.Thread) {
			s.q.Dispatch(t, func(u *sim.Thread) { s.v.Store(u, 2) })
			s.v.Store(t, 1)
		}, func(*shared, *sim.Thread) {}, "all"},
		{"join", func(s *shared, t *sim.Thread) {
			t.Join(t.Spawn("child", func(u *sim.Thread) { s.v.Store(u, 1) }))
			s.v.Store(t, 2)
		}, func(*shared, *sim.Thread) {}, "none"},
		{"ordered by luck", func(s *shared, t *sim.Thread) {
			s.v.Store(t, 1)
			locked2(s, t)
		}, func(s *shared, t *sim.Thread) {
			locked2(s, t)
			s.v.Store(t, 2)
		}, "some"},
	} {
		s := new(shared)
		races, total := 0, 0
		body := simtest.Program(s.init,
			simtest.Thread{Name: "a", Run: func(t *sim.Thread) { c.a(s, t) }},
			simtest.Thread{Name: "b", Run: func(t *sim.Thread) { c.b(s, t) }})
		simtest.All(t, sim.Config{Races: true}, 100_000, body, func(_ *sim.World, r sim.Result) {
			total++
			switch {
			case r.Failure == nil:
			case r.Failure.Kind != sim.KindRace || r.Failure.Subject != "v" || !strings.Contains(r.Failure.Message, "that nothing orders"):
				t.Fatalf("%s: %+v", c.name, r.Failure)
			default:
				races++
			}
		})
		if got := share(races, total); got != c.want {
			t.Errorf("%s: %d of %d schedules have a race, want %s", c.name, races, total, c.want)
		}
	}
}

// locked2 uses the mutex for something else.
func locked2(s *shared, t *sim.Thread) {
	s.mu.Enter(t)
	s.mu.Exit(t)
}

func share(n, of int) string {
	switch n {
	case 0:
		return "none"
	case of:
		return "all"
	}
	return "some"
}

// TestRacesChangeNothing: the same choices give the same steps with and without the check.
func TestRacesChangeNothing(t *testing.T) {
	s := new(shared)
	body := simtest.Program(s.init,
		simtest.Thread{Name: "a", Run: func(t *sim.Thread) { s.mu.Enter(t); s.v.Set(t, 1); s.mu.Exit(t) }},
		simtest.Thread{Name: "b", Run: func(t *sim.Thread) { s.mu.Enter(t); s.v.Set(t, 2); s.mu.Exit(t) }})
	var digests [2][]uint64
	for i, races := range []bool{false, true} {
		simtest.All(t, sim.Config{Races: races}, 10_000, body, func(_ *sim.World, r sim.Result) {
			digests[i] = append(digests[i], r.Digest, r.Fingerprint)
		})
	}
	if len(digests[0]) != len(digests[1]) {
		t.Fatalf("%d and %d schedules", len(digests[0]), len(digests[1]))
	}
	for i := range digests[0] {
		if digests[0][i] != digests[1][i] {
			t.Fatalf("schedule %d is another one with the check on", i/2)
		}
	}
}

// A race names the locks of both sides, and the one that the other accesses have.
func TestRaceSaysWhichLocks(t *testing.T) {
	s := new(shared)
	body := simtest.Program(s.init,
		simtest.Thread{Name: "a", Run: func(t *sim.Thread) {
			for range 3 {
				s.mu.Enter(t)
				s.v.Set(t, 1)
				s.mu.Exit(t)
			}
		}},
		simtest.Thread{Name: "b", Run: func(t *sim.Thread) {
			s.rw.EnterRead(t)
			s.v.Store(t, 2)
			s.rw.Exit(t)
		}})
	w := sim.New()
	defer w.Close()
	r := w.Run(sim.Config{Races: true, Detail: true}, oldest{}, body)
	if r.Failure == nil || r.Failure.Kind != sim.KindRace || len(r.Failure.Evidence) != 1 {
		t.Fatalf("%+v", r.Failure)
	}
	got := strings.Join(r.Failure.Evidence[0].Lines, "\n")
	want := "a had mu since step 7; b has rw (R) since step 10\nall other accesses to v have mu, 2 of them"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// oldest runs one thread after the other.
type oldest struct{}

func (oldest) Begin(*sim.World)                                {}
func (oldest) Pick(w *sim.World, _ *sim.Thread) int            { return w.Enabled().At(0) }
func (oldest) Choose(*sim.World, *sim.Thread, int, string) int { return 0 }
