// SPDX-License-Identifier: CDDL-1.0

package shrink

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/explore/exploretest"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// found explores a constructed program until it fails and returns a search for that failure,
// the recorded schedule and the record.
func found(t testing.TB, name string, seed uint64) (*Search, *explore.Record) {
	t.Helper()
	p, _ := exploretest.Named(name)
	r, err := explore.Explore(t.Context(), p, explore.Config{Strategy: "random", Schedules: 5000, Seed: seed, FailFast: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Violations) == 0 {
		t.Fatalf("%s did not fail", name)
	}
	v := r.Violations[0]
	s := NewSearch(p, p.Sites(), Target{Signature: v.Signature, Kind: v.Kind, Checks: explore.CheckNames(), StepsMax: 1000})
	t.Cleanup(s.Close)
	return s, v.Record
}

// TestShows: what is found has all that is asked for, though a smaller schedule of the same
// signature has not.
func TestShows(t *testing.T) {
	s, r := found(t, "hang", 1)
	preempted := func(r *explore.Record) bool {
		return slices.ContainsFunc(r.Events, func(e explore.Event) bool { return e.Preempt })
	}
	least := func() *Schedule {
		f := s.Find(r.Choices)
		if f == nil {
			return nil
		}
		return s.Least(f, effort()).Schedule
	}
	s.target.Shows = preempted
	with := least()
	s.target.Shows = func(r *explore.Record) bool { return !preempted(r) }
	without := least()
	if (with == nil) == (without == nil) {
		t.Fatalf("the schedule that was found both has and has not what is asked for: %v, %v", with, without)
	}
	s.target.Shows = nil
	if any := least(); any.Preemptions > 0 || with != nil && with.Preemptions == 0 {
		t.Errorf("%d preemptions, and %v with at least one", any.Preemptions, with)
	}
}

func effort() Effort { return Effort{Any: 300, Fewer: 500, Shorter: 300, Break: 5} }

// exhaust goes through all schedules and counts the preemptions of each.
type exhaust struct {
	simtest.Exhaust
	preemptions int
}

func (e *exhaust) Begin(w *sim.World) {
	e.Exhaust.Begin(w)
	e.preemptions = 0
}

func (e *exhaust) Pick(w *sim.World, cur *sim.Thread) int {
	id := e.Exhaust.Pick(w, cur)
	if cur != nil && id != cur.ID() && cur.Enabled() {
		e.preemptions++
	}
	return id
}

// fewest returns what all schedules of the program say: the fewest preemptions with which it
// fails as the target does, and the number of schedules with fewer.
func fewest(t *testing.T, name string, target Target) (preemptions, below int) {
	t.Helper()
	p, _ := exploretest.Named(name)
	r := p.NewRunner(target.Checks)
	defer r.Close()
	counts := make(map[int]int)
	preemptions = -1
	all := new(exhaust)
	for n := 0; n == 0 || all.Next(); n++ {
		if n > 3_000_000 {
			t.Fatal("too many schedules")
		}
		res := r.Run(sim.Config{StepsMax: target.StepsMax}, all)
		counts[all.preemptions]++
		if res.Outcome != sim.Failed || preemptions >= 0 && all.preemptions >= preemptions {
			continue
		}
		again := strategy.Rerun{Choices: slices.Clone(res.Choices)}
		res = r.Run(sim.Config{StepsMax: target.StepsMax, Detail: true}, &again)
		if explore.Signature(res, p.Sites()) == target.Signature {
			preemptions = all.preemptions
		}
	}
	for n, c := range counts {
		if n < preemptions {
			below += c
		}
	}
	return preemptions, below
}

// TestFewest compares the fewest preemptions that are found with those of all schedules, and
// what is said of the schedules with fewer with their number.
func TestFewest(t *testing.T) {
	for _, name := range []string{"hang", "lifetime", "panic", "stale"} {
		s, record := found(t, name, 7)
		e := effort()
		e.Fewer = 100_000
		least := s.Least(s.Find(record.Choices), e)
		want, below := fewest(t, name, s.target)
		if least.Preemptions != want || !least.All || least.Tried != below {
			t.Errorf("%s: %d preemptions, want %d; %d schedules with fewer, want all %d", name,
				least.Preemptions, want, least.Tried, below)
		}
	}
}

// TestKnownMinima are programs with too many schedules to try them all, and what is known of
// them: three philosophers deadlock when two of them are stopped between their forks, two
// threads with two locks when one is.
func TestKnownMinima(t *testing.T) {
	for name, want := range map[string]int{"philosophers": 2, "crowd": 1, "mixed": 1} {
		for seed := range uint64(3) {
			s, record := found(t, name, seed)
			if name == "mixed" && record.Kind != sim.KindLifetime {
				continue
			}
			e := effort()
			e.Fewer = 3000
			least := s.Least(s.Find(record.Choices), e)
			if least.Preemptions > want {
				t.Errorf("%s, seed %d: %d preemptions, want %d", name, seed, least.Preemptions, want)
			}
		}
	}
}

// TestLeastIsTheTarget runs what is found again, by name and in another world: the signature
// is the one that was found, the cost is what the events say, and finding it again gives the
// same.
func TestLeastIsTheTarget(t *testing.T) {
	for _, name := range []string{"crowd", "hang", "lifetime", "panic", "philosophers", "stale"} {
		for seed := range uint64(5) {
			s, before := found(t, name, seed)
			least := s.Least(s.Find(before.Choices), effort())
			after := s.Record(least.Schedule)
			preemptions, answers := 0, 0
			for _, e := range after.Events {
				if e.Preempt {
					preemptions++
				}
				if e.IsChoice && e.Value != 0 {
					answers++
				}
			}
			switch {
			case after.Signature != before.Signature:
				t.Errorf("%s, seed %d: %s became %s", name, seed, before.Signature, after.Signature)
			case preemptions != least.Preemptions || answers != least.Answers || after.Step != least.Steps:
				t.Errorf("%s, seed %d: %d preemptions, %d answers, %d steps; said to be %+v", name, seed,
					preemptions, answers, after.Step, least.Cost)
			}
			p, _ := exploretest.Named(name)
			again := NewSearch(p, p.Sites(), s.target)
			second := again.Least(again.Find(before.Choices), effort())
			if d := gocmp.Diff(least.Recorded, second.Recorded); d != "" || again.Schedules != s.Schedules {
				t.Errorf("%s, seed %d: the second time %d schedules, not %d: %s", name, seed, again.Schedules, s.Schedules, d)
			}
			again.Close()
		}
	}
}

// TestSearchStops ends every search when Tick says so.
func TestSearchStops(t *testing.T) {
	s, record := found(t, "philosophers", 1)
	f := s.Find(record.Choices)
	s.Schedules = 0
	s.Tick = func() bool { return s.Schedules < 10 }
	if least := s.Least(f, effort()); least.All || s.Schedules != 10 || least.Schedule == nil {
		t.Errorf("%d schedules, all %v", s.Schedules, least.All)
	}
}

// TestMinimise leaves exactly what is needed if each thing is needed for itself, and never
// more than can be left out one by one.
func TestMinimise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := make([]int, rapid.IntRange(0, 40).Draw(t, "n"))
		for i := range items {
			items[i] = i
		}
		need := make(map[int]bool)
		for range rapid.IntRange(0, 8).Draw(t, "needed") {
			need[rapid.IntRange(0, 39).Draw(t, "need")] = true
		}
		pairs := rapid.Bool().Draw(t, "pairs") // 2n goes only with 2n+1
		fails := func(part []int) bool {
			have := make(map[int]bool)
			for _, x := range part {
				have[x] = true
			}
			for x := range need {
				if x < len(items) && !have[x] {
					return false
				}
			}
			for x := 0; pairs && x+1 < len(items); x += 2 {
				if have[x] != have[x+1] {
					return false
				}
			}
			return true
		}
		if !fails(items) {
			return
		}
		got := Minimise(items, fails)
		if !fails(got) || !slices.IsSortedFunc(got, cmp.Compare[int]) {
			t.Fatalf("%v", got)
		}
		for i := range got {
			if fails(slices.Delete(slices.Clone(got), i, i+1)) {
				t.Fatalf("%d can still go from %v", got[i], got)
			}
		}
	})
}
