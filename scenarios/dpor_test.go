// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dlsim/scenarios"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

var dporRare = flag.Bool("dpor.rare", false, "also those that dpor needs many executions for")

// dporMost is how many executions dpor may take for a scenario that is not in rare.
const dporMost = 1000

// rare are scenarios whose bug dpor meets late, with a seed with which it is early enough.
var rare = map[string]struct {
	executions int64
	seed       uint64
}{
	"l02-daemon-forks-under-its-table-lock": {30_000, 3},
}

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
		most, late := rare[sc.Name]
		if len(sc.Threads) > 3 || !sc.Expect.Given || len(sc.Expect.Violations) == 0 || late && !*dporRare {
			continue
		}
		tried++
		if testing.Short() && tried%8 != 0 {
			continue // a search has one worker, in which the race detector finds nothing new
		}
		t.Run(sc.Name, func(t *testing.T) {
			cfg := sc.Campaign()
			cfg.Strategy, cfg.Preemptions, cfg.Schedules = "dpor", strategy.Unbounded, dporMost
			if late {
				cfg.Schedules, cfg.Seed = most.executions, most.seed
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
