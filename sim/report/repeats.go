// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"strings"

	"dlsim/sim"
	"dlsim/sim/explore"
)

const loopStepsMax = 8 // of one loop

// loops says what each thread of a livelock repeats, those that only serve others last.
func loops(r *explore.Record) []string {
	var out, serving []string
	for _, l := range r.Loops {
		if l.Times == 0 {
			serving = append(serving, fmt.Sprintf("%s: %d steps and more without a pattern", l.Thread, len(l.Steps)))
			continue
		}
		out = append(out, fmt.Sprintf("%s, %d times: %s", l.Thread, l.Times, strings.Join(steps(l.Steps), "; ")))
	}
	return append(out, serving...)
}

// steps words the steps of a loop, those at one place as the last of them.
func steps(events []explore.Event) []string {
	var out []string
	var last sim.Site
	for i := range events {
		e := &events[i]
		s := e.Op
		if e.Object != "" {
			s += " " + e.Object
		}
		s += at(e.Site)
		switch {
		case i > 0 && e.Site == last && !e.Site.IsZero():
			out[len(out)-1] = s
		case len(out) == loopStepsMax:
			return append(out, "..")
		default:
			out = append(out, s)
		}
		last = e.Site
	}
	return out
}
