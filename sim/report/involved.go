// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"regexp"
	"strconv"

	"dlsim/sim"
	"dlsim/sim/explore"
)

// waiting returns the threads that wait and that the failure is about.
func waiting(r *explore.Record) map[string]bool {
	names := make(map[string]bool)
	for _, e := range r.Cycle {
		names[e.Thread] = true
	}
	if r.Kind == sim.KindHang {
		for _, s := range r.Stuck() {
			names[s.Thread] = true
		}
	}
	return names
}

// involved returns the threads that the failure is about.
func involved(r *explore.Record) map[string]bool {
	names := waiting(r)
	if !atQuiescence(r) {
		names[r.Thread] = true
	}
	for _, name := range []string{r.FreedBy, r.OtherThread} {
		names[name] = true
	}
	told := stepsTold(r)
	for i := range r.Events {
		if e := &r.Events[i]; told[e.Step] || e.Step == r.Other.Step && r.Other.Step > 0 {
			names[e.Thread] = true
		}
	}
	delete(names, "")
	return names
}

// atQuiescence reports whether the failure was found when all threads had ended, by a thread
// of the simulator.
func atQuiescence(r *explore.Record) bool {
	for i := range r.States {
		if s := &r.States[i]; s.Thread == r.Thread {
			return s.Op == "quiesce"
		}
	}
	return r.Kind == sim.KindStale
}

// stepsTold returns the steps that the check tells of in what it has worded itself.
func stepsTold(r *explore.Record) map[int]bool {
	steps := make(map[int]bool)
	number := regexp.MustCompile(`\bsteps? (\d+)(?: to (\d+))?`)
	for _, e := range r.Evidence {
		for _, l := range e.Lines {
			for _, m := range number.FindAllStringSubmatch(l, -1) {
				for _, digits := range m[1:] {
					if n, err := strconv.Atoi(digits); err == nil {
						steps[n] = true
					}
				}
			}
		}
	}
	delete(steps, 0)
	return steps
}
