// SPDX-License-Identifier: CDDL-1.0

package trace_test

import (
	"testing"

	"dlsim/sim/explore"
	"dlsim/sim/explore/exploretest"
	"dlsim/sim/strategy"
	"dlsim/sim/trace"
)

// TestResyncUnchanged expects a run that need not follow its recording to follow it when it can.
func TestResyncUnchanged(t *testing.T) {
	for _, name := range []string{"hang", "lifetime", "mixed", "panic", "philosophers", "stale"} {
		p, x := found(t, name)
		for what, r := range map[string]*trace.Replayed{
			"resync": trace.Resync(p, x), "continue": trace.ContinueWith(p, x, &strategy.Random{Seed: 1}),
		} {
			if !r.Exact || r.Loose.First != nil || r.Loose.Skipped+r.Loose.Added+r.Loose.Tried != 0 {
				t.Errorf("%s, %s: exact %v, %+v", name, what, r.Exact, r.Loose)
			}
		}
	}
}

// TestOlderPort replays what was found in a program after edits that have nothing to do with the
// bug. One shows in steps that nothing is asked for, so that the choices still fit; the other
// one needs more choices.
func TestOlderPort(t *testing.T) {
	p, _ := exploretest.Named("hang")
	aside, _ := exploretest.Named("hang_aside")
	inside, _ := exploretest.Named("hang_inside")
	strict := 0
	for seed := range uint64(30) {
		r, err := explore.Explore(t.Context(), p, explore.Config{Strategy: "random", Schedules: 1000, Seed: seed, FailFast: true})
		if err != nil {
			t.Fatal(err)
		}
		h := trace.Header{StepsMax: 1000, Checks: explore.CheckNames()}
		x := trace.New(h, []byte("name: hang\n"), r.Violations[0])
		if again := trace.Replay(aside, x); !again.Same || again.Exact {
			t.Errorf("seed %d: edited aside: same %v, exact %v, %v", seed, again.Same, again.Exact, again.Divergence)
		}
		if trace.Replay(inside, x).Same {
			strict++
		}
		if again := trace.Resync(inside, x); !again.Same {
			t.Errorf("seed %d: edited inside: not found, %+v", seed, again.Loose)
		}
	}
	if strict == 30 {
		t.Error("the edit changes no choice of any schedule")
	}
}

// TestContinue goes on where a recording ends early, and where it does not fit.
func TestContinue(t *testing.T) {
	p, x := found(t, "philosophers")
	outcomes := make(map[string]bool)
	for seed := range uint64(50) {
		y := *x
		y.Choices = x.Choices[:3]
		r := trace.ContinueWith(p, &y, &strategy.Random{Seed: seed})
		if r.Loose.First == nil || r.Loose.First.Choice != 4 {
			t.Fatalf("left the recording at %v", r.Loose.First)
		}
		for i, c := range r.Record.Choices[:3] {
			if c != x.Choices[i] {
				t.Fatalf("choice %d is %v, recorded is %v", i+1, c, x.Choices[i])
			}
		}
		outcomes[r.Outcome.String()] = true
	}
	if !outcomes["passed"] || !outcomes["failed"] {
		t.Errorf("50 ways to go on come to %v only", outcomes)
	}
}
