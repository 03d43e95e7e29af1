// SPDX-License-Identifier: CDDL-1.0

package strategy_test

import (
	"maps"
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// yields is a program of threads that yield so often.
func yields(times ...int) func(*sim.Thread) {
	return func(t *sim.Thread) {
		for i, n := range times {
			t.Fork("t", i+1, func(t *sim.Thread) {
				for range n {
					t.Yield()
				}
			})
		}
	}
}

// search runs body to the end of the search and shows each schedule to visit.
func search(t *testing.T, s *strategy.DFS, body func(*sim.Thread), visit func(*sim.World, sim.Result)) strategy.Coverage {
	t.Helper()
	w := sim.New()
	defer w.Close()
	for {
		r := w.Run(sim.Config{Detail: true}, s, body)
		visit(w, r)
		if !s.Next(r) {
			break
		}
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return s.Coverage()
}

func TestDFSRunsEverySchedule(t *testing.T) {
	// The starts count: orders of 3, 3 and 2 events of three threads.
	digests := make(map[uint64]bool)
	c := search(t, &strategy.DFS{Preemptions: strategy.Unbounded}, yields(2, 2, 1), func(_ *sim.World, r sim.Result) {
		digests[r.Digest] = true
	})
	want := int64(8 * 7 * 6 * 5 * 4 / (3 * 2) / 2) // 8!/(3! 3! 2!)
	if c.Executions != want || len(digests) != int(want) || c.Bounded || c.Branches != 0 || c.Redundant != 0 {
		t.Errorf("%+v, %d different, want %d", c, len(digests), want)
	}
}

// The schedules up to a bound are those of the unbounded search that have no more preemptions.
func TestDFSBound(t *testing.T) {
	var m ksync.Mutex
	body := func(t *sim.Thread) {
		m.Init(t.World(), nil, "m", "", 0)
		for i := range 3 {
			t.Fork("t", i+1, func(t *sim.Thread) {
				m.Enter(t)
				if t.Choose(2, "twice") == 1 {
					t.Yield()
				}
				m.Exit(t)
			})
		}
	}
	by := make(map[int]map[uint64]bool)
	simtest.All(t, sim.Config{Detail: true}, 1_000_000, body, func(w *sim.World, r sim.Result) {
		n := preemptions(w)
		if by[n] == nil {
			by[n] = make(map[uint64]bool)
		}
		by[n][r.Digest] = true
	})
	most := len(by) - 1
	for bound := 0; bound <= most+2; bound++ {
		want := 0
		for n := 0; n <= bound; n++ {
			want += len(by[n])
		}
		seen, last := make(map[uint64]bool), 0
		c := search(t, &strategy.DFS{Preemptions: bound}, body, func(w *sim.World, r sim.Result) {
			n := preemptions(w)
			if n > bound {
				t.Fatalf("bound %d: %d preemptions", bound, n)
			}
			if !seen[r.Digest] && n < last {
				t.Fatalf("bound %d: %d preemptions after %d", bound, n, last)
			}
			last = max(last, n)
			seen[r.Digest] = true
		})
		if int(c.Executions) != want || len(seen) != want || c.Bounded != (bound < most) {
			t.Errorf("bound %d: %+v, %d different, want %d", bound, c, len(seen), want)
		}
	}
}

// Merging leaves out no interleaving that some schedule within the bound has.
func TestDFSMerge(t *testing.T) {
	var m ksync.Mutex
	var v ksync.Var[int]
	body := func(t *sim.Thread) {
		m.Init(t.World(), nil, "m", "", 0)
		v.Init(t.World(), nil, "v", "", 0)
		v.Poke(0)
		for i := range 3 {
			t.Fork("t", i+1, func(t *sim.Thread) {
				v.Store(t, v.Load(t)+1)
				m.Enter(t)
				if t.Choose(2, "again") == 1 {
					v.Load(t)
				}
				m.Exit(t)
			})
		}
	}
	bounds := 4
	if testing.Short() {
		bounds = 3
	}
	for bound := range bounds {
		want, got := make(map[uint64]bool), make(map[uint64]bool)
		all := search(t, &strategy.DFS{Preemptions: bound}, body, func(_ *sim.World, r sim.Result) {
			want[r.Fingerprint] = true
		})
		c := search(t, &strategy.DFS{Preemptions: bound, Merge: true}, body, func(_ *sim.World, r sim.Result) {
			if r.Outcome != sim.Stopped {
				got[r.Fingerprint] = true
			}
		})
		if !maps.Equal(got, want) || c.Bounded != all.Bounded {
			t.Errorf("bound %d: %d interleavings of %d", bound, len(got), len(want))
		}
		if c.Executions*2 > all.Executions && bound > 1 {
			t.Errorf("bound %d: %d executions of %d: hardly anything was merged", bound, c.Executions, all.Executions)
		}
	}
}

func preemptions(w *sim.World) int {
	n := 0
	for _, e := range w.Events() {
		if e.Preempt {
			n++
		}
	}
	return n
}

// A search with a bound says up to how many preemptions it has run all.
func TestLevels(t *testing.T) {
	s := &strategy.DFS{Preemptions: 2}
	w := sim.New()
	defer w.Close()
	body := func(t *sim.Thread) {
		for i := range 2 {
			t.Fork("t", i+1, func(t *sim.Thread) { t.Yield() })
		}
	}
	first := make(map[int]int64) // executions when a level was complete
	for more := true; more; {
		more = s.Next(w.Run(sim.Config{}, s, body))
		if c := s.Coverage(); more && first[c.Levels] == 0 {
			first[c.Levels] = c.Executions
		}
	}
	bound := func(n int) int64 {
		s := &strategy.DFS{Preemptions: n}
		for s.Next(w.Run(sim.Config{}, s, body)) {
		}
		return s.Coverage().Executions
	}
	if first[1] != bound(0) || first[2] != bound(1) {
		t.Errorf("level 0 after %d executions, level 1 after %d; want %d and %d", first[1], first[2], bound(0), bound(1))
	}
}
