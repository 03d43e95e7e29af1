// SPDX-License-Identifier: CDDL-1.0

package dpor_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
	"dlsim/sim/strategy/dpor"

	"pgregory.net/rapid"
)

// orders are some in which to explore: what is explored is the same in all.
func orders() []*dpor.Search {
	return []*dpor.Search{{}, {Seed: 1}, {Seed: 2, Spread: 40}, {Seed: 3, Spread: 1 << 62}}
}

// singly are the same where each operation is an event.
func singly() []*dpor.Search {
	searches := orders()
	for _, s := range searches {
		s.Single = true
	}
	return searches
}

// explore runs body to the end of the search and shows each execution to visit, which may be nil.
func explore(tb rapid.TB, s *dpor.Search, body func(*sim.Thread), visit func(*sim.World, sim.Result)) strategy.Coverage {
	tb.Helper()
	w := sim.New()
	defer w.Close()
	cfg := sim.Config{}
	ended := int64(0)
	for {
		r := w.Run(cfg, s, body)
		if r.Outcome != sim.Stopped {
			ended++
			if visit != nil {
				visit(w, r)
			}
		}
		if !s.Next(r) {
			break
		}
	}
	if s.Err() != nil {
		tb.Fatal(s.Err())
	}
	if n := s.Coverage().Executions; n > ended { // it may have begun again
		tb.Fatalf("%d executions, and %d schedules that have not been given up", n, ended)
	}
	return s.Coverage()
}

// sameEnds fails the test if a search misses an end that some schedule of the program has, or takes many more executions than
// with each operation as an event. Some may be run twice, where it is not known what a section will act on.
func sameEnds(tb rapid.TB, threads [][]string, body func(*sim.Thread), end func(sim.Result) string) {
	tb.Helper()
	ends := make(map[string]bool)
	w := sim.New()
	defer w.Close()
	for ex, more := new(simtest.Exhaust), true; more; more = ex.Next() {
		ends[end(w.Run(sim.Config{}, ex, body))] = true
	}
	single := explore(tb, &dpor.Search{Single: true}, body, nil)
	for _, search := range orders() {
		missed := maps.Clone(ends)
		c := explore(tb, search, body, func(_ *sim.World, r sim.Result) { delete(missed, end(r)) })
		if len(missed) > 0 {
			tb.Fatalf("%q\n%d of %d ends are missed: %v", threads, len(missed), len(ends), missed)
		}
		if c.Executions > single.Executions+single.Executions/2 {
			tb.Fatalf("%q\n%d executions, %d with single operations", threads, c.Executions, single.Executions)
		}
	}
}

// search returns the ends that a search meets in so many executions at most, how many these are, and whether they are all.
func search(
	tb rapid.TB, s *dpor.Search, most int64, body func(*sim.Thread), end func(sim.Result) string, threads [][]string,
) (ends map[string]bool, n int64, all bool) {
	tb.Helper()
	ends = make(map[string]bool)
	w := sim.New()
	defer w.Close()
	for !all && s.Coverage().Executions < most {
		r := w.Run(sim.Config{}, s, body)
		if r.Outcome != sim.Stopped {
			ends[end(r)] = true
		}
		all = !s.Next(r)
	}
	if s.Err() != nil {
		tb.Fatalf("%q\n%v", threads, s.Err())
	}
	return ends, s.Coverage().Executions, all
}

// meets fails the test if a search that comes to its end in so many executions misses one of the ends of the program that it is
// wanted to meet. It returns how many executions it took.
func meets(
	tb rapid.TB, want map[string]bool, s *dpor.Search, most int64, body func(*sim.Thread), end func(sim.Result) string, threads [][]string,
) int64 {
	tb.Helper()
	found, n, all := search(tb, s, most, body, end, threads)
	for e := range want {
		if all && !found[e] {
			tb.Fatalf("%q\nseed %d misses %s", threads, s.Seed, e)
		}
	}
	return n
}

// threadsOf returns the operations of each thread of a program such as "load0 store0 | store0".
func threadsOf(program string) (threads [][]string) {
	for ops := range strings.SplitSeq(program, "|") {
		threads = append(threads, strings.Fields(ops))
	}
	return threads
}

// drawBlocks draws what two or more threads do: one to three blocks each, of so many operations together.
func drawBlocks(t *rapid.T, weights map[string]int, threadsMax, operations int) (threads [][]string) {
	blocks := slices.Sorted(maps.Keys(weights))
	for i := range rapid.IntRange(2, threadsMax).Draw(t, "threads") {
		var all []string
		for range rapid.IntRange(1, 3).Draw(t, fmt.Sprintf("blocks of %d", i+1)) {
			b := rapid.SampledFrom(blocks).Draw(t, "block")
			if operations -= weights[b]; operations < 0 {
				break
			}
			all = append(all, b)
		}
		threads = append(threads, all)
	}
	return threads
}

// count fails the test unless there are so many executions and none was redundant, in every order if
// they are few, and with each operation as an event.
func count(t *testing.T, name string, want int64, body func(*sim.Thread)) {
	t.Helper()
	countBy(t, orders(), name, want, body)
	countBy(t, singly(), name, want, body)
}

func countBy(t *testing.T, searches []*dpor.Search, name string, want int64, body func(*sim.Thread)) {
	t.Helper()
	for i, s := range searches {
		if want > 4000 && i > 0 {
			break
		}
		c := explore(t, s, body, func(_ *sim.World, r sim.Result) {
			if r.Outcome != sim.Passed {
				t.Fatalf("%s: %v: %v", name, r.Outcome, r.Failure)
			}
		})
		if c.Executions != want || c.Redundant != 0 || c.Branches != 0 {
			t.Errorf("%s, seed %d, spread %d: %+v, want %d", name, s.Seed, s.Spread, c, want)
		}
	}
}

// W1x(n): three threads, each n times (enter, add, exit).
func counter(n int) func(*sim.Thread) {
	var mu ksync.Mutex
	return func(t *sim.Thread) {
		mu.Init(t.World(), nil, "m", "", 0)
		var threads [3]*sim.Thread
		for i := range threads {
			threads[i] = t.SpawnN("worker", i+1, func(t *sim.Thread) {
				for range n {
					mu.Enter(t)
					mu.Exit(t)
				}
			})
		}
		for _, u := range threads {
			t.Join(u)
		}
	}
}

func TestCounter(t *testing.T) {
	count(t, "W1x(1)", 6, counter(1))
	count(t, "W1x(2)", 90, counter(2))
	count(t, "W1x(3)", 1680, counter(3))
	if !testing.Short() {
		count(t, "W1x(4)", 34650, counter(4))
	}
}

func readers(n int) func(*sim.Thread) {
	var x ksync.Var[int]
	return func(t *sim.Thread) {
		x.Init(t.World(), nil, "x", "", 0)
		t.Fork("writer", 0, func(t *sim.Thread) { x.Store(t, 1) })
		for i := range n {
			t.Fork("reader", i+1, func(t *sim.Thread) { x.Load(t) })
		}
	}
}

func TestReaders(t *testing.T) {
	for _, n := range []int{2, 8, 13} {
		count(t, fmt.Sprintf("readers(%d)", n), 1<<n, readers(n))
	}
}

func lastzero(n int) func(*sim.Thread) {
	a := make([]ksync.Var[int], n+1)
	return func(t *sim.Thread) {
		for i := range a {
			a[i].Init(t.World(), nil, "a", "", i+1)
			a[i].Poke(0)
		}
		t.Fork("checker", 0, func(t *sim.Thread) {
			for i := n; a[i].Load(t) != 0; i-- {
			}
		})
		for j := 1; j <= n; j++ {
			t.Fork("t", j, func(t *sim.Thread) { a[j].Store(t, a[j-1].Load(t)+1) })
		}
	}
}

func TestLastzero(t *testing.T) {
	count(t, "lastzero(5)", 64, lastzero(5))
	count(t, "lastzero(10)", 3328, lastzero(10))
	if !testing.Short() { // a minute under the race detector, for one goroutine
		count(t, "lastzero(15)", 147456, lastzero(15))
	}
}

func filesystem(n int) func(*sim.Thread) {
	const inodes, blocks = 32, 26
	var (
		locki [inodes]ksync.Mutex
		inode [inodes]int
		lockb [blocks]ksync.Mutex
		inUse [blocks]bool
	)
	return func(t *sim.Thread) {
		for i := range inodes {
			locki[i].Init(t.World(), nil, "inode", "", i+1)
			inode[i] = 0
		}
		for i := range blocks {
			lockb[i].Init(t.World(), nil, "block", "", i+1)
			inUse[i] = false
		}
		for tid := range n {
			t.Fork("t", tid+1, func(t *sim.Thread) {
				i := tid % inodes
				locki[i].Enter(t)
				if inode[i] == 0 {
					for b, looking := (i*2)%blocks, true; looking; b = (b + 1) % blocks {
						lockb[b].Enter(t)
						if !inUse[b] {
							inUse[b], inode[i], looking = true, b+1, false
						}
						lockb[b].Exit(t)
					}
				}
				locki[i].Exit(t)
			})
		}
	}
}

func TestFilesystem(t *testing.T) {
	for _, x := range []struct {
		threads int
		want    int64
	}{{14, 2}, {16, 8}, {18, 32}, {19, 64}} {
		count(t, fmt.Sprintf("filesystem(%d)", x.threads), x.want, filesystem(x.threads))
	}
}
