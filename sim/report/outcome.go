// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"strings"

	"dlsim/sim/explore"
)

// Outcome is the result of one campaign, for files that other programs read.
type Outcome struct {
	Result   *explore.Result
	File     string    // the scenario's, with slashes
	Failures []Failure // the report of each violation
}

// title names violation i in a few words: the kind, the scenario, and what happened.
func (o *Outcome) title(i int) string {
	r := o.Failures[i].Record
	return fmt.Sprintf("%s in %s: %s", strings.ToUpper(string(r.Kind)), o.Result.Scenario, headline(r))
}

// missing says which expected violation was not found.
func missing(e explore.Expectation) string {
	s := "missing: " + string(e.Kind)
	if len(e.At) > 0 {
		s += " at " + list(e.At)
	}
	if e.Says != "" {
		s += fmt.Sprintf(" that says %q", e.Says)
	}
	if e.Bug != "" {
		s += " (" + e.Bug + ")"
	}
	return s
}

// unknown says why the result of a campaign is in doubt, "" if it is not.
func unknown(r *explore.Result) string {
	switch {
	case r.Verdict != explore.Unknown:
		return ""
	case r.Unknowns > 0:
		return stepLimit(r)
	}
	return "interrupted"
}

func stepLimit(r *explore.Result) string {
	what := "%d schedules reached the step limit, the first is %d: perhaps a livelock"
	switch r.Undecided {
	case 0:
	case r.Unknowns:
		what = "%d schedules have a history that the specification gave up, the first is %d"
	default:
		what = "%d schedules reached the limit of steps or of the specification, the first is %d"
	}
	return fmt.Sprintf(what, r.Unknowns, r.FirstUnknown)
}
