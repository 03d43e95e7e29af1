// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"path/filepath"
	"testing"

	"dlsim/sim/explore"
	"dlsim/sim/trace"
)

// TestShrinkStopsAnywhere stops shrinking after some schedules: what has been found by then is a
// trace that replays to the same violation, or there is none if not even that was run.
func TestShrinkStopsAnywhere(t *testing.T) {
	files, err := filepath.Glob("../../traces/l14-*-panic-*.trace")
	if err != nil || len(files) != 1 {
		t.Fatalf("traces of L14: %v, %v", files, err)
	}
	recorded, err := trace.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	sc, err := newCatalog().parse("x", recorded.Source, false)
	if err != nil {
		t.Fatal(err)
	}
	cfg := sc.explore
	cfg.Until = func(*explore.Record) bool { return true }
	r, err := explore.Explore(t.Context(), sc.program, cfg)
	if err != nil || len(r.Violations) == 0 {
		t.Fatal(r, err)
	}
	x := trace.New(recorded.Header, sc.source, r.Violations[0])
	for limit := 0; limit < 6000; limit += 1 + limit/3 {
		s := &shrinker{catalog: newCatalog(), effort: quickEffort(), tick: func(n int) bool { return n < limit }}
		small := s.shrink(x, sc)
		if small == nil {
			if limit > 2 {
				t.Errorf("stopped after %d schedules: nothing", limit)
			}
			continue
		}
		again, err := newCatalog().parse("y", small.trace.Source, false)
		if err != nil {
			t.Fatal(err)
		}
		if r := trace.Replay(again.program, small.trace); !r.Exact || r.Record.Signature != x.Violation.Signature {
			t.Errorf("stopped after %d schedules: exact %v, %v, %s", limit, r.Exact, r.Divergence, r.Record.Signature)
		}
	}
}
