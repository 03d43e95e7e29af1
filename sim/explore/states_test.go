// SPDX-License-Identifier: CDDL-1.0

package explore_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/explore/exploretest"
	"dlsim/sim/strategy"
)

// Whatever the schedule: the states that the steps add up to are in the end those that the failure
// came with; and a thread that carries out an operation had it pending, was not blocked, and was
// at that place.
func TestStatesAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(exploretest.All()).Draw(t, "program")
		runner := p.NewRunner(explore.AllCheckNames())
		defer runner.Close()
		s := &strategy.Random{Seed: rapid.Uint64().Draw(t, "seed")}
		res := runner.Run(sim.Config{StepsMax: 200, Detail: true}, s)
		r := explore.Take(runner.World(), res, p.Sites())
		for range 5 {
			i := rapid.IntRange(1, len(r.Events)-1).Draw(t, "event")
			if e := &r.Events[i]; !e.IsChoice {
				checkNext(t, r.StatesAt(i-1), e)
			}
		}
		if r.Kind == "" {
			return
		}
		ignore := cmpopts.IgnoreFields(explore.State{}, "PCs", "Awaits", "Met")
		if diff := cmp.Diff(r.States, r.StatesAt(len(r.Events)-1), ignore, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s in the end (-want +got):\n%s", p.Name(), diff)
		}
	})
}

// A record that is cut off at a step says what was so after it.
func TestUntil(t *testing.T) {
	p := exploretest.All()[0]
	runner := p.NewRunner(explore.AllCheckNames())
	defer runner.Close()
	res := runner.Run(sim.Config{StepsMax: 200, Detail: true}, &strategy.Random{Seed: 1})
	r := explore.Take(runner.World(), res, p.Sites())
	for i := range r.Events {
		if i+1 < len(r.Events) && r.Events[i+1].Step == r.Events[i].Step {
			continue
		}
		short := r.Until(r.Events[i].Step)
		if len(short.Events) != i+1 || short.Step != r.Events[i].Step {
			t.Fatalf("until step %d: %d events up to step %d", r.Events[i].Step, len(short.Events), short.Step)
		}
		if diff := cmp.Diff(r.StatesAt(i), short.States, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("until step %d (-want +got):\n%s", short.Step, diff)
		}
	}
	if short := r.Until(0); len(short.Events) != 0 || len(short.States) != 0 {
		t.Errorf("before the first step: %d events, %d states", len(short.Events), len(short.States))
	}
}

func checkNext(t *rapid.T, states []explore.State, e *explore.Event) {
	for _, s := range states {
		if s.Thread != e.Thread {
			continue
		}
		if s.Op != e.Op || s.Object != e.Object || s.Site != e.Site || s.Blocked || s.Done {
			t.Fatalf("before step %d, %s %s of %s at %v, it is %+v", e.Step, e.Op, e.Object, e.Thread, e.Site, s)
		}
		return
	}
	t.Fatalf("%s makes step %d and is not there before", e.Thread, e.Step)
}
