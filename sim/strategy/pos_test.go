// SPDX-License-Identifier: CDDL-1.0

package strategy_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// afterStarts lets every thread start before it asks the strategy: the starts of threads
// touch nothing, but they take turns that what is sampled here should not depend on.
type afterStarts struct{ sim.Watcher }

func (a afterStarts) Pick(w *sim.World, cur *sim.Thread) int {
	e := w.Enabled()
	for id := e.Next(-1); id >= 0; id = e.Next(id) {
		if w.Thread(id).Pending().Type.Name == "thread_start" {
			return id
		}
	}
	return a.Watcher.Pick(w, cur)
}

// race makes a body in which each thread does what its word says, letter by letter: a
// capital letter writes the variable of that name, a small one reads it, and a dot yields.
// note is told whose access each one is.
func race(note func(thread int), words ...string) func(*sim.Thread) {
	var vars ['z' + 1]ksync.Var[int]
	var threads []func(*sim.Thread)
	for i, word := range words {
		threads = append(threads, func(t *sim.Thread) {
			for _, c := range []byte(word) {
				switch v := &vars[c|0x20]; {
				case c == '.':
					t.Yield()
					continue
				case c >= 'a':
					v.Load(t)
				default:
					v.Store(t, i)
				}
				note(i)
			}
		})
	}
	return program(func(t *sim.Thread) {
		for c := 'a'; c <= 'z'; c++ {
			vars[c].Init(t.World(), nil, string(c), "", 0)
		}
	}, threads...)
}

// TestPOSOrdersOfRacingOperations expects every order of operations that all race with each
// other, one to a thread, to be equally likely.
func TestPOSOrdersOfRacingOperations(t *testing.T) {
	w := sim.New()
	defer w.Close()
	order := ""
	body := race(func(i int) { order += string(rune('a' + i)) }, "X", "X", "X", "X")
	counts := make(map[string]int)
	for seed := range uint64(12_000) {
		order = ""
		w.Run(sim.Config{}, afterStarts{&strategy.POS{Seed: seed}}, body)
		counts[order]++
	}
	uniform(t, counts, 24)
}

// TestPOSBound measures how often POS samples each partial order of small programs, and
// expects none to be rarer than 1/n!, n operations, less three standard deviations.
func TestPOSBound(t *testing.T) {
	schedules := simtest.Fewer(15_000)
	for _, words := range [][]string{
		{"XX", "XX"}, {"XY", "YX"}, {"Xy", "Yx"}, {"X", "xx", "xx"}, {"X", "Y", "xy", "y"}, {"XY", "xZ", "z"},
	} {
		body := race(func(int) {}, words...)
		all := make(map[uint64]bool)
		simtest.All(t, sim.Config{}, 100_000, body, func(_ *sim.World, r sim.Result) {
			all[r.Fingerprint] = true
		})
		w := sim.New()
		counts := make(map[uint64]int)
		for seed := range uint64(schedules) {
			counts[w.Run(sim.Config{}, afterStarts{&strategy.POS{Seed: seed}}, body).Fingerprint]++
		}
		w.Close()
		bound := 1.0
		for i := range len(strings.Join(words, "")) {
			bound /= float64(i + 1)
		}
		least := schedules
		for print := range all {
			least = min(least, counts[print])
		}
		if len(counts) != len(all) {
			t.Errorf("%v: %d partial orders sampled of %d", words, len(counts), len(all))
		}
		freq := float64(least) / float64(schedules)
		t.Logf("%v: %d partial orders, the rarest %.4f, guaranteed %.4f", words, len(all), freq, bound)
		if freq < bound-3*math.Sqrt(bound*(1-bound)/float64(schedules)) {
			t.Errorf("%v: a partial order was sampled with %.5f, less than %.5f", words, freq, bound)
		}
	}
}

// TestPOSDoesNotCountOrdersOfReads is what POS is for: many reads that commute do not make
// a write at the start or at the end rare, as they do for a random walk.
func TestPOSDoesNotCountOrdersOfReads(t *testing.T) {
	first := func(s sim.Strategy, seed func(uint64)) float64 {
		w := sim.New()
		defer w.Close()
		last := 0
		words := []string{"X"}
		for range 8 {
			words = append(words, "yyyy")
		}
		body := race(func(i int) { last = i }, words...)
		n := 0
		for i := range uint64(4000) {
			seed(i)
			w.Run(sim.Config{}, s, body)
			if last == 0 {
				n++
			}
		}
		return float64(n) / 4000
	}
	r, p := new(strategy.Random), new(strategy.POS)
	walk := first(r, func(i uint64) { r.Seed = i })
	pos := first(p, func(i uint64) { p.Seed = i })
	// The write goes last if its priority is below that of 32 reads: 1/33 for POS.
	t.Logf("the write is last in %.4f of the walks, in %.4f of POS", walk, pos)
	if pos < 0.02 || walk > pos/2 {
		t.Errorf("the write is last in %.4f of the walks, in %.4f of POS", walk, pos)
	}
}

// uniform expects n different keys, all equally likely.
func uniform[K comparable](t *testing.T, counts map[K]int, n int) {
	t.Helper()
	var list []int
	for _, c := range counts {
		list = append(list, c)
	}
	if len(list) != n {
		t.Errorf("%d different ones of %d", len(list), n)
		return
	}
	if x, most := chiSquare(list), criticalAt(n-1); x > most {
		t.Errorf("%v: chi-square %.1f > %.1f (%d degrees, p = 0.001)", fmt.Sprint(counts), x, most, n-1)
	}
}

// criticalAt returns the critical value of chi-square at p = 0.001, after Wilson and
// Hilferty; within 1 % for n > 2 degrees of freedom.
func criticalAt(n int) float64 {
	k := float64(n)
	return k * math.Pow(1-2/(9*k)+3.0902*math.Sqrt(2/(9*k)), 3)
}
