// SPDX-License-Identifier: CDDL-1.0

package shrink

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/explore/exploretest"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// TestOrdersOfKnownBugs looks for the order that each bug is about. The tables of stale differ
// when one order is the other way round, whichever it is, so that neither is necessary.
func TestOrdersOfKnownBugs(t *testing.T) {
	want := map[string]string{
		"hang":  "waker: mutex_exit ready_lock before waiter: mutex_enter ready_lock",
		"panic": "second: store refs before first: store refs",
		"stale": "",
	}
	for name, w := range want {
		s, record := found(t, name, 1)
		e := effort()
		e.Break = 40
		least := s.Least(s.Find(record.Choices), e)
		got := ""
		for _, o := range s.Why(least.Schedule, e).Orders {
			got += fmt.Sprintf("%s: %s before %s: %s", o.First.Thread, o.First.Op, o.Second.Thread, o.Second.Op)
			if o.First.Site.IsZero() || o.Second.Site.IsZero() {
				t.Errorf("%s: an operation has no place: %+v", name, o)
			}
		}
		if got != w {
			t.Errorf("%s: %q, want %q", name, got, w)
		}
	}
}

// TestOrdersAreNecessary goes through all schedules of small programs: none that is the target
// has an order the other way round, which Why can only have tried.
func TestOrdersAreNecessary(t *testing.T) {
	for _, name := range []string{"hang", "lifetime", "panic", "stale"} {
		for seed := range uint64(4) {
			s, record := found(t, name, seed)
			e := effort()
			e.Break = 100
			least := s.Least(s.Find(record.Choices), e)
			why := s.Why(least.Schedule, e)
			p, _ := exploretest.Named(name)
			r := p.NewRunner(s.target.Checks)
			targets := 0
			all := new(simtest.Exhaust)
			for n := 0; n == 0 || all.Next(); n++ {
				res := r.Run(sim.Config{StepsMax: s.target.StepsMax}, all)
				if res.Outcome != sim.Failed {
					continue
				}
				again := strategy.Rerun{Choices: slices.Clone(res.Choices)}
				res = r.Run(sim.Config{StepsMax: s.target.StepsMax, Detail: true}, &again)
				if explore.Signature(res, p.Sites()) != s.target.Signature {
					continue
				}
				targets++
				for _, o := range why.Orders {
					if turned(r.World().Events(), o, p.Sites()) {
						t.Fatalf("%s, seed %d: fails without %v", name, seed, o)
					}
				}
			}
			if targets == 0 {
				t.Errorf("%s: no schedule is the target", name)
			}
			r.Close()
		}
	}
}

// turned reports whether the second place of an order, where it is in the source, came before
// the first one.
func turned(events []sim.Event, o Order, sites sim.Resolver) bool {
	for _, e := range events {
		at := func(p Place) bool {
			return e.Thread.Name() == p.Thread && sites(e.PCs).String() == p.Site.String() &&
				strings.TrimSpace(e.Op+" "+e.Object) == p.Op
		}
		switch {
		case at(o.First):
			return false
		case at(o.Second):
			return true
		}
	}
	return false
}

// TestOrdersAreTold counts: schedules with another order are some, and what is kept is told
// from the schedule itself.
func TestOrdersAreTold(t *testing.T) {
	s, record := found(t, "hang", 2)
	least := s.Least(s.Find(record.Choices), effort())
	first := s.Why(least.Schedule, effort())
	second := s.Why(least.Schedule, effort())
	if fmt.Sprint(first) != fmt.Sprint(second) {
		t.Errorf("not the same again: %v, %v", first, second)
	}
	if first.Broken == 0 || first.Failed > first.Kept {
		t.Errorf("%+v", first)
	}
	s.Tick = func() bool { return false }
	if w := s.Why(least.Schedule, effort()); len(w.Orders) > 0 {
		t.Errorf("stopped, and yet %v", w)
	}
}
