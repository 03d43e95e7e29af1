// SPDX-License-Identifier: CDDL-1.0

package strategy_test

import (
	"slices"
	"testing"

	"dlsim/sim"
	"dlsim/sim/strategy"
)

// yielders makes a body with n threads that each yield a number of times.
func yielders(n, times int) func(*sim.Thread) {
	var threads []func(*sim.Thread)
	for range n {
		threads = append(threads, func(t *sim.Thread) {
			for range times {
				t.Yield()
			}
		})
	}
	return program(nil, threads...)
}

// chiSquare returns the statistic of counts against equal expectations.
func chiSquare(counts []int) float64 {
	total := 0
	for _, c := range counts {
		total += c
	}
	expected := float64(total) / float64(len(counts))
	x := 0.0
	for _, c := range counts {
		d := float64(c) - expected
		x += d * d / expected
	}
	return x
}

// critical values of chi-square at p = 0.001 by degrees of freedom.
var critical = map[int]float64{2: 13.82, 3: 16.27, 5: 20.52, 6: 22.46, 9: 27.88}

// counter is a strategy that counts how often each of the enabled threads is picked while
// exactly n are enabled.
type counter struct {
	sim.Strategy
	n      int
	counts []int
}

func (c *counter) Pick(w *sim.World, cur *sim.Thread) int {
	id := c.Strategy.Pick(w, cur)
	if e := w.Enabled(); e.Len() == c.n {
		rank := 0
		for i := range c.n {
			if e.At(i) == id {
				rank = i
			}
		}
		c.counts[rank]++
	}
	return id
}

// TestRandomPicksAreUniform expects that each of four enabled threads is equally likely, and
// that a pick says nothing of the next one: pairs of picks are equally likely too.
func TestRandomPicksAreUniform(t *testing.T) {
	w := sim.New()
	defer w.Close()
	r := new(strategy.Random)
	c := &counter{Strategy: r, n: 4, counts: make([]int, 4)}
	pairs := make([]int, 4)
	for seed := range uint64(2000) {
		r.Seed = seed
		res := w.Run(sim.Config{}, c, yielders(4, 10))
		ids := res.Choices[:2] // all four are enabled at the first two picks
		pairs[(ids[0].Value()-ids[1].Value()+4)%4]++
	}
	if x := chiSquare(c.counts); x > critical[3] {
		t.Errorf("picks %v: chi-square %.1f > %.1f (3 degrees, p = 0.001)", c.counts, x, critical[3])
	}
	if x := chiSquare(pairs); x > critical[3] {
		t.Errorf("pairs of picks %v: chi-square %.1f > %.1f (3 degrees, p = 0.001)", pairs, x, critical[3])
	}
}

func TestRandomChoosesUniformly(t *testing.T) {
	w := sim.New()
	defer w.Close()
	counts := make([]int, 7)
	for seed := range uint64(700) {
		w.Run(sim.Config{}, &strategy.Random{Seed: seed}, func(t *sim.Thread) {
			for range 10 {
				counts[t.Choose(7, "n")]++
			}
		})
	}
	if x := chiSquare(counts); x > critical[6] {
		t.Errorf("values %v: chi-square %.1f > %.1f (6 degrees, p = 0.001)", counts, x, critical[6])
	}
}

// TestSameSeedSameRun expects a schedule to be a pure function of strategy and seed.
func TestSameSeedSameRun(t *testing.T) {
	for name, make := range map[string]func(seed uint64) sim.Strategy{
		"random": func(seed uint64) sim.Strategy { return &strategy.Random{Seed: seed} },
		"pct":    func(seed uint64) sim.Strategy { return &strategy.PCT{Seed: seed, Depth: 3, Picks: 30} },
		"pos":    func(seed uint64) sim.Strategy { return &strategy.POS{Seed: seed} },
		"surw":   func(seed uint64) sim.Strategy { return &strategy.SURW{Seed: seed} },
	} {
		t.Run(name, func(t *testing.T) {
			digests := map[uint64]bool{}
			for seed := range uint64(200) {
				a := run(make(seed), yielders(3, 5))
				b := run(make(seed), yielders(3, 5))
				if a.Digest != b.Digest || !slices.Equal(a.Choices, b.Choices) {
					t.Fatalf("seed %d gives two schedules", seed)
				}
				digests[a.Digest] = true
			}
			if len(digests) < 20 {
				t.Errorf("200 seeds give %d schedules", len(digests))
			}
		})
	}
}

// TestFaultsDoNotShiftTheSchedule expects the stream of values to be another than that of
// picks: drawing more values leaves the picks as they were.
func TestFaultsDoNotShiftTheSchedule(t *testing.T) {
	picks := func(values int) []int {
		var out []int
		body := program(nil,
			func(t *sim.Thread) {
				for range values {
					t.Choose(5, "value")
				}
				t.Yield()
				t.Yield()
			},
			func(t *sim.Thread) { t.Yield(); t.Yield() })
		r := run(&strategy.Random{Seed: 7}, body)
		for _, c := range r.Choices {
			if c.IsThread() {
				out = append(out, c.Value())
			}
		}
		return out
	}
	if a, b := picks(0), picks(9); !slices.Equal(a, b) {
		t.Errorf("picks %v without values, %v with", a, b)
	}
}

// program makes a body that starts the given threads, named a, b, c, ..., and waits for
// them.
func program(setup func(*sim.Thread), threads ...func(*sim.Thread)) func(*sim.Thread) {
	return func(t *sim.Thread) {
		if setup != nil {
			setup(t)
		}
		var started []*sim.Thread
		for i, f := range threads {
			started = append(started, t.Fork(string(rune('a'+i)), 0, f))
		}
		for _, u := range started {
			t.Join(u)
		}
	}
}

// run runs one schedule in a world of its own.
func run(s sim.Strategy, body func(*sim.Thread)) sim.Result {
	w := sim.New()
	defer w.Close()
	return w.Run(sim.Config{}, s, body)
}
