// SPDX-License-Identifier: CDDL-1.0

package report_test

import (
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/report"
)

// TestStepsBeforeTheFirstChoice: what the threads of the program do is in the table, also while nothing
// has been chosen yet, and if nothing ever is; what brings the system up is not.
func TestStepsBeforeTheFirstChoice(t *testing.T) {
	for _, picked := range []int{0, 4} { // the step of the only choice, 0 for none
		r := &explore.Record{Kind: sim.KindStale, Message: "tables disagree", Step: 5, Signature: "stale tables"}
		for i, e := range []explore.Event{
			{Thread: "main", Op: "bring_up"},
			{Thread: "admin", Op: "mutex_enter", Object: "lock", Site: sim.Site{Func: "unset", Line: 7}},
			{Thread: "admin", Op: "mutex_exit", Object: "lock", Results: []string{"destroy = 0"}},
			{Thread: "server", Op: "serve"},
			{Thread: "main", Op: "quiesce"},
		} {
			e.Step, e.Picked = i+1, i+1 == picked
			r.Events = append(r.Events, e)
		}
		out := string(text(t, report.Failure{Record: r}))
		if !strings.Contains(out, "mutex_enter lock") || !strings.Contains(out, "unset:7") || strings.Contains(out, "bring_up") {
			t.Errorf("choice in step %d:\n%s", picked, out)
		}
	}
}
