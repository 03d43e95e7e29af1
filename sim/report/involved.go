// SPDX-License-Identifier: CDDL-1.0

package report

import (
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
	for i := range r.Events {
		if e := &r.Events[i]; e.Step == r.Other.Step && r.Other.Step > 0 {
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
