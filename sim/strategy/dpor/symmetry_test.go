// SPDX-License-Identifier: CDDL-1.0

package dpor_test

import (
	"fmt"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy/dpor"

	"pgregory.net/rapid"
)

// inTurn goes through all schedules in which the threads of a class make their first operation in order.
type inTurn struct {
	simtest.Exhaust
	class []string
}

func (s *inTurn) Pick(w *sim.World, _ *sim.Thread) int {
	var may []int
	for id := w.Enabled().Next(-1); id >= 0; id = w.Enabled().Next(id) {
		if !s.held(w, w.Thread(id)) {
			may = append(may, id)
		}
	}
	if len(may) == 1 {
		return may[0]
	}
	return may[s.Choose(w, nil, len(may), "")]
}

func (s *inTurn) held(w *sim.World, t *sim.Thread) bool {
	for i := 1; i < len(s.class); i++ {
		if s.class[i] == t.Name() && t.Steps() == 1 {
			return thread(w, s.class[i-1]).Steps() < 2
		}
	}
	return false
}

func thread(w *sim.World, name string) (found *sim.Thread) {
	w.Threads(func(t *sim.Thread) {
		if t.Name() == name {
			found = t
		}
	})
	return found
}

// drawTwins draws two or three threads that do the same and perhaps one that does something else.
func drawTwins(t *rapid.T, blocks []string) (s *simtest.Small, class []string) {
	s, left := new(simtest.Small), simtest.Budget()
	n := rapid.IntRange(2, 3).Draw(t, "twins")
	ops := strings.Fields(rapid.SampledFrom(blocks).Draw(t, "block"))
	if 3*simtest.Weight(ops) > left {
		n = 2 // three would have too many schedules to run them all
	}
	if more := strings.Fields(rapid.SampledFrom(blocks).Draw(t, "second block")); n*(simtest.Weight(ops)+simtest.Weight(more)) <= left {
		ops = append(ops, more...)
	}
	for i := range n {
		s.Threads = append(s.Threads, ops)
		class = append(class, fmt.Sprintf("t/%d", i+1))
	}
	if other := strings.Fields(rapid.SampledFrom(blocks).Draw(t, "other")); n*simtest.Weight(ops)+simtest.Weight(other) <= left {
		s.Threads = append(s.Threads, other)
	}
	return s, class
}

// The executions are exactly the interleavings in which twins make their first operation in order, and end in
// every way in which any schedule ends.
func TestSymmetryOfSmallPrograms(t *testing.T) {
	blocks := []string{
		"load0", "store0", "load0 store0", "load0 store1", "enter0 exit0", "enter0 enter1 exit1 exit0", "read0 leave0", "write0 leave0",
		"read0 upgrade0 leave0", "enter0 wait0 exit0", "signal0", "enter0 broadcast0 exit0", "choose0", "sleep0 store0", "yield0 store0",
		"child0", "assert0", "store0 assert1", "load1 store0 assert1", "enter0 assert0 store0 exit0", "assert0 store0", "load0 enter0 store1 exit0",
	}
	rapid.Check(t, func(t *rapid.T) {
		s, class := drawTwins(t, blocks)
		w := sim.New()
		defer w.Close()
		ends := make(map[string]bool)
		for ex, more := new(simtest.Exhaust), true; more; more = ex.Next() {
			ends[end(w.Run(sim.Config{}, ex, s.Body))] = true
		}
		prints := make(map[uint64]bool)
		for ex, more := (&inTurn{class: class}), true; more; more = ex.Next() {
			prints[w.Run(sim.Config{}, ex, s.Body).Fingerprint] = true
		}
		for _, search := range append(singly(), orders()...) {
			search.Symmetric = [][]string{class}
			left := len(ends)
			seen := make(map[string]bool)
			c := explore(t, search, s.Body, func(_ *sim.World, r sim.Result) {
				if !prints[r.Fingerprint] {
					t.Fatalf("%v\nan interleaving that is not in order, or twice", s)
				}
				seen[end(r)] = true
			})
			as := int(c.Executions) == len(prints) || !search.Single && int(c.Executions) < len(prints)
			if !as || c.Redundant != 0 || len(seen) != left {
				t.Fatalf("%v\n%+v, want %d; ends %v, want %v", s, c, len(prints), seen, ends)
			}
		}
	})
}

func TestSymmetry(t *testing.T) {
	symmetric := func(name string, want int64, body func(*sim.Thread), class ...string) {
		t.Helper()
		for _, s := range orders() {
			s.Symmetric = [][]string{class}
			if c := explore(t, s, body, nil); c.Executions != want || c.Redundant != 0 || c.Branches != 0 {
				t.Errorf("%s: %+v, want %d", name, c, want)
			}
		}
	}
	workers := []string{"worker/1", "worker/2", "worker/3"}
	symmetric("W1x(3)", 1680/6, counter(3), workers...)
	symmetric("W1x(3), two of them", 1680/2, counter(3), workers[:2]...)
	if !testing.Short() {
		symmetric("W1x(4)", 34650/6, counter(4), workers...)
	}
	var all []string
	for i := range 13 {
		all = append(all, fmt.Sprintf("reader/%d", i+1))
	}
	symmetric("readers(13)", 14, readers(13), all...) // how many have read before
	twins := &simtest.Small{Threads: [][]string{{"store0", "assert0"}, {"store0", "assert0"}, {"choose0"}}}
	symmetric("failures of twins", 52/2, twins.Body, "t/1", "t/2")
	symmetric("W5", 19, (&hold{users: 2}).body, "user/1", "user/2") // of 23: they begin with a reader's lock, which commutes
}

// Threads that are not what they are said to be are an error, where that shows.
func TestSymmetryThatIsNot(t *testing.T) {
	s := &dpor.Search{Symmetric: [][]string{{"b", "a"}}}
	w := sim.New()
	defer w.Close()
	body := func(t *sim.Thread) {
		a := t.Spawn("a", func(t *sim.Thread) { t.Yield() })
		t.Join(a)
		t.Spawn("b", func(t *sim.Thread) { t.Yield() })
	}
	for s.Next(w.Run(sim.Config{}, s, body)) {
	}
	if s.Err() == nil {
		t.Error("no error")
	}
}
