// SPDX-License-Identifier: CDDL-1.0

package explore_test

import (
	"testing"

	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// A search ends by itself, has seen as many different interleavings as it ran, and proves what it
// did not find.
func TestSearchesAreComplete(t *testing.T) {
	all := make(map[string]*explore.Result)
	for _, name := range []string{"dfs", "dpor"} {
		r := campaign(t, "hang", explore.Config{Strategy: name, Preemptions: strategy.Unbounded, Workers: 3})
		if !r.Complete || r.Coverage.Branches != 0 || r.Coverage.Executions != r.Schedules || r.Workers != 1 {
			t.Errorf("%s: %+v of %d schedules, %d workers", name, r.Coverage, r.Schedules, r.Workers)
		}
		if p, _ := r.Unseen(); p > 0.01 || r.BugBound() != 0 {
			t.Errorf("%s: unseen %v, bugs %v", name, p, r.BugBound())
		}
		all[name] = r
	}
	if dpor := all["dpor"]; dpor.Distinct != dpor.Schedules || dpor.Distinct != all["dfs"].Distinct {
		t.Errorf("%d different interleavings in %d schedules; dfs has %d", dpor.Distinct, dpor.Schedules, all["dfs"].Distinct)
	}
	if len(all["dfs"].Violations) != len(all["dpor"].Violations) {
		t.Errorf("%d violations, dfs %d", len(all["dpor"].Violations), len(all["dfs"].Violations))
	}
}

// A budget ends a search, which then proves nothing and says how far it came.
func TestSearchesMeetBudgets(t *testing.T) {
	for _, name := range []string{"dfs", "dpor"} {
		r := campaign(t, "counter", explore.Config{Strategy: name, Preemptions: strategy.Unbounded, Schedules: 5})
		if r.Complete || r.Schedules != 5 || r.Coverage.Executions != 5 || r.Coverage.Branches == 0 || r.BugBound() != 1 {
			t.Errorf("%s: complete %v, %d schedules, %+v", name, r.Complete, r.Schedules, r.Coverage)
		}
	}
}
