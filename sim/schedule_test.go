// SPDX-License-Identifier: CDDL-1.0

package sim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// run runs one schedule of body by random walk.
func run(t *testing.T, cfg sim.Config, seed uint64, body func(*sim.Thread)) sim.Result {
	t.Helper()
	w := sim.New()
	t.Cleanup(w.Close)
	return w.Run(cfg, &strategy.Random{Seed: seed}, body)
}

func passed(t *testing.T, r sim.Result) {
	t.Helper()
	if r.Outcome != sim.Passed {
		t.Fatalf("%v: %v", r.Outcome, r.Failure)
	}
}

// refuser is a strategy that must not be asked anything.
type refuser struct{ t *testing.T }

func (r refuser) Begin(*sim.World) {}

func (r refuser) Pick(*sim.World, *sim.Thread) int {
	r.t.Error("asked to pick")
	return 0
}

func (r refuser) Choose(*sim.World, *sim.Thread, int, string) int {
	r.t.Error("asked to choose")
	return 0
}

func TestForcedStepsAskAndRecordNothing(t *testing.T) {
	w := sim.New()
	defer w.Close()
	r := w.Run(sim.Config{}, refuser{t}, func(t *sim.Thread) {
		for range 10 {
			t.Yield()
		}
		u := t.Fork("u", 0, func(*sim.Thread) {})
		u.World().Disable(u)
		t.Choose(1, "one value is no choice")
		t.Yield()
		u.World().Enable(u)
	})
	passed(t, r)
	// The start of main, eleven yields, the start of u once main has ended.
	if r.Steps != 13 || r.Picks != 0 || len(r.Choices) != 0 {
		t.Errorf("%d steps, %d picks, %d choices", r.Steps, r.Picks, len(r.Choices))
	}
}

func TestChoicesAreRecorded(t *testing.T) {
	body := func(t *sim.Thread) {
		u := t.Spawn("u", func(t *sim.Thread) { t.Yield() })
		t.Choose(1, "nothing to choose")
		if v := t.Choose(5, "value"); v != 4 {
			t.Fail(sim.KindPanic, "", "wrong value")
		}
		t.Join(u)
	}
	_, r := simtest.Script(t, sim.Config{}, body, "choose 4", "u")
	passed(t, r)
	var values, picks []int
	for _, c := range r.Choices {
		if c.IsThread() {
			picks = append(picks, c.Value())
		} else {
			values = append(values, c.Value())
		}
	}
	// Main joins, so from there on u is alone; before that, it is never asked.
	if !slices.Equal(values, []int{4}) || len(picks) != r.Picks {
		t.Errorf("values %v, picks %v of %d", values, picks, r.Picks)
	}
}

func TestStreamsAreIndependent(t *testing.T) {
	draw := func(name string, seed uint64) []uint64 {
		var s sim.Stream
		s.Seed(seed, name)
		return []uint64{s.Uint64(), s.Uint64(), s.Uint64()}
	}
	seen := map[uint64]string{}
	for _, name := range []string{"schedule", "faults", "workload", ""} {
		for seed := range uint64(1000) {
			a := draw(name, seed)
			if !slices.Equal(a, draw(name, seed)) {
				t.Fatalf("%q, seed %d: not a function of the seed", name, seed)
			}
			for _, v := range a {
				if other, ok := seen[v]; ok {
					t.Fatalf("%q and %q both drew %x", name, other, v)
				}
				seen[v] = name
			}
		}
	}
}

// Whether and how often values are chosen does not shift the picks of threads.
func TestChoosingDoesNotShiftPicks(t *testing.T) {
	order := func(values int) string {
		var b strings.Builder
		r := run(t, sim.Config{}, 7, func(t *sim.Thread) {
			for i := range 4 {
				t.Fork("u", i+1, func(t *sim.Thread) {
					for range 10 {
						for range values {
							t.Choose(3, "value")
						}
						b.WriteByte("0123"[i])
						t.Yield()
					}
				})
			}
		})
		passed(t, r)
		return b.String()
	}
	if a, b := order(0), order(3); a != b {
		t.Errorf("without values %s\nwith values    %s", a, b)
	}
}

func TestTimeMovesOnlyWhenNobodyCanRun(t *testing.T) {
	simtest.All(t, sim.Config{}, 1000, func(t *sim.Thread) {
		ended := false
		t.Fork("sleeper", 0, func(t *sim.Thread) {
			t.Sleep(time.Nanosecond)
			if !ended {
				t.Fail(sim.KindPanic, "", "woke while another thread could run")
			}
			if now := t.World().Now(); now != time.Nanosecond {
				t.Fail(sim.KindPanic, "", "woke at "+now.String())
			}
		})
		for range 3 {
			t.Yield()
			if t.World().Now() != 0 {
				t.Fail(sim.KindPanic, "", "time has moved")
			}
		}
		ended = true
	}, func(_ *sim.World, r sim.Result) {
		passed(t, r)
		if r.Elapsed != time.Nanosecond {
			t.Errorf("elapsed %v", r.Elapsed)
		}
	})
}

// Those that wake at the same time go on in any order; those that wake earlier, before.
func TestOrderOfWakeUps(t *testing.T) {
	orders := map[string]bool{}
	var order string
	simtest.All(t, sim.Config{}, 10000, func(t *sim.Thread) {
		order = ""
		for i, d := range []time.Duration{2, 1, 2, 3} {
			t.Fork("s", i+1, func(t *sim.Thread) {
				t.Sleep(d * time.Second)
				order += string(rune('a' + i))
			})
		}
		t.Sleep(0) // a yield
		if t.World().Now() != 0 {
			t.Fail(sim.KindPanic, "", "Sleep(0) took time")
		}
	}, func(_ *sim.World, r sim.Result) {
		passed(t, r)
		orders[order] = true
	})
	if len(orders) != 2 || !orders["bacd"] || !orders["bcad"] {
		t.Errorf("orders %v", orders)
	}
}

// Sleepers are woken by time, whatever the order in which they fell asleep.
func TestManySleepers(t *testing.T) {
	var woke []time.Duration
	passed(t, run(t, sim.Config{}, 3, func(t *sim.Thread) {
		for i := range 200 {
			t.Fork("s", i+1, func(t *sim.Thread) {
				t.Sleep(time.Duration(i*7919%199+1) * time.Millisecond)
				woke = append(woke, t.World().Now())
			})
		}
	}))
	if len(woke) != 200 || !slices.IsSorted(woke) || woke[199] != 199*time.Millisecond {
		t.Errorf("woke at %v", woke)
	}
}

func TestStepLimitIsUnknown(t *testing.T) {
	r := run(t, sim.Config{StepsMax: 50}, 1, func(t *sim.Thread) {
		for {
			t.Yield()
		}
	})
	if r.Outcome != sim.Unknown || r.Failure != nil || r.Steps != 50 {
		t.Errorf("%v after %d steps, failure %v", r.Outcome, r.Steps, r.Failure)
	}
}

// Threads that are made while the schedule runs, by threads made while it runs.
func TestThreadsAtRunTime(t *testing.T) {
	const depth = 8 // 2^9 - 1 threads
	count := 0
	var grow func(n int) func(*sim.Thread)
	grow = func(n int) func(*sim.Thread) {
		return func(t *sim.Thread) {
			count++
			if n == 0 {
				return
			}
			left := t.SpawnN(t.Name()+"l", 0, grow(n-1))
			right := t.SpawnN(t.Name()+"r", 0, grow(n-1))
			t.Join(right)
			t.Join(left)
			if !left.Done() || !right.Done() {
				t.Fail(sim.KindPanic, "", "joined a thread that has not ended")
			}
		}
	}
	w := sim.New()
	defer w.Close()
	for seed := range uint64(5) {
		count = 0
		passed(t, w.Run(sim.Config{}, &strategy.Random{Seed: seed}, grow(depth)))
		if count != 1<<(depth+1)-1 {
			t.Errorf("%d threads ran", count)
		}
	}
}

func TestSequentialExploresNothing(t *testing.T) {
	var order string
	w := sim.New()
	defer w.Close()
	r := w.Run(sim.Config{}, refuser{t}, func(t *sim.Thread) {
		t.World().Sequential(true)
		var mu ksync.Mutex
		mu.Init(t.World(), nil, "mu", "", 0)
		mu.Enter(t)
		a := t.Spawn("a", func(t *sim.Thread) {
			mu.Enter(t)
			order += "a"
			mu.Exit(t)
		})
		t.Spawn("b", func(t *sim.Thread) { order += "b" })
		order += "m"
		if t.Choose(9, "value") != 0 {
			t.Fail(sim.KindPanic, "", "a value other than 0")
		}
		mu.Exit(t)
		t.Join(a)
		order += "m"
	})
	passed(t, r)
	// Main runs until it blocks in Join, then a to its end, then the oldest, which is main.
	if order != "mamb" {
		t.Errorf("order %s", order)
	}
	if len(r.Choices) != 0 {
		t.Errorf("%d choices", len(r.Choices))
	}
}

func TestExploringGoesOnAfterSequential(t *testing.T) {
	n := simtest.All(t, sim.Config{}, 100, func(t *sim.Thread) {
		t.World().Sequential(true)
		t.Spawn("a", func(*sim.Thread) {})
		t.Spawn("b", func(*sim.Thread) {})
		t.World().Sequential(false)
	}, func(_ *sim.World, r sim.Result) { passed(t, r) })
	if n != 2 {
		t.Errorf("%d schedules, want 2", n)
	}
}
