// SPDX-License-Identifier: CDDL-1.0

// Package envtest runs the tests of the environment: small programs under many random
// schedules.
package envtest

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/strategy"
	"dlsim/sim/strategy/dpor"
)

// Clean runs body in as many random schedules and fails the test at the first failure.
func Clean(t testing.TB, schedules int, body func(*sim.Thread)) {
	t.Helper()
	explore(schedules, body, func(seed int, r sim.Result) bool {
		if r.Outcome == sim.Passed {
			return true
		}
		t.Errorf("seed %d: %s %s", seed, r.Outcome, describe(r.Failure))
		return false
	})
}

// Fails runs body in random schedules until one of them fails, and expects that failure to
// be of the given kind with text in its message.
func Fails(t testing.TB, schedules int, kind sim.Kind, text string, body func(*sim.Thread)) {
	t.Helper()
	failed := false
	explore(schedules, body, func(seed int, r sim.Result) bool {
		if r.Outcome == sim.Passed {
			return true
		}
		failed = true
		if r.Failure == nil || r.Failure.Kind != kind || !strings.Contains(r.Failure.Message, text) {
			t.Errorf("seed %d: %s %s, want a %s with %q", seed, r.Outcome, describe(r.Failure), kind, text)
		}
		return false
	})
	if !failed {
		t.Errorf("no failure in %d schedules, want a %s with %q", schedules, kind, text)
	}
}

// Searched runs body, which notes how it ends, in as many random schedules, and in a search in some orders. It fails the test
// unless the search meets what the random schedules do, which must be so many ends, and no error: what each operation looks
// at is told.
func Searched(t testing.TB, schedules, ends int, body func(t *sim.Thread, end func(string))) {
	t.Helper()
	w := sim.New()
	defer w.Close()
	into := func(seen map[string]bool) func(*sim.Thread) {
		return func(t *sim.Thread) { body(t, func(s string) { seen[s] = true }) }
	}
	want := make(map[string]bool)
	for seed := range schedules {
		w.Run(sim.Config{}, &strategy.Random{Seed: uint64(seed)}, into(want))
	}
	for seed := range uint64(4) {
		found := make(map[string]bool)
		s := &dpor.Search{Seed: seed}
		for s.Next(w.Run(sim.Config{}, s, into(found))) {
		}
		if s.Err() != nil || len(want) != ends || !maps.Equal(want, found) {
			t.Errorf("random schedules end with %v, search %d with %v, %v", want, seed, found, s.Err())
		}
	}
}

func explore(schedules int, body func(*sim.Thread), each func(int, sim.Result) bool) {
	w := sim.New()
	defer w.Close()
	for seed := range schedules {
		r := w.Run(sim.Config{Monitor: new(check.Deadlock)}, &strategy.Random{Seed: uint64(seed)}, body)
		if !each(seed, r) {
			return
		}
	}
}

func describe(f *sim.Failure) string {
	if f == nil {
		return ""
	}
	return fmt.Sprintf("%s: %s %s", f.Kind, f.Message, f.Stack)
}

// Check fails the schedule unless ok.
func Check(t *sim.Thread, ok bool, format string, args ...any) {
	if !ok {
		t.Fail(sim.KindPanic, "test", fmt.Sprintf(format, args...))
	}
}

// Equal fails the schedule unless got is want.
func Equal[T comparable](t *sim.Thread, what string, got, want T) {
	if got != want {
		t.Fail(sim.KindPanic, "test", fmt.Sprintf("%s: got %v, want %v", what, got, want))
	}
}

// Seen counts what happened in some schedule, for tests that expect something to be possible.
type Seen map[string]int

// All fails the test unless everything named was seen.
func (s Seen) All(t testing.TB, names ...string) {
	t.Helper()
	for _, n := range names {
		if s[n] == 0 {
			t.Errorf("%q never happened; seen: %v", n, s)
		}
	}
}
