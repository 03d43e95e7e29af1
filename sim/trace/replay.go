// SPDX-License-Identifier: CDDL-1.0

package trace

import (
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// Replayed is what a schedule came to when it was run again.
type Replayed struct {
	// Record has the failure, or no Kind if there was none, and the steps in any case.
	Record  *explore.Record
	Outcome sim.Outcome
	// Divergence is where the run left the recording and was stopped; nil if it followed
	// it to the end.
	Divergence *strategy.Divergence
	// Same says that the run failed as recorded, with the same signature; Exact that it
	// was also the same step for step.
	Same, Exact bool
	// Loose is set if the run need not follow the recording.
	Loose *Loose
}

// Replay runs the recorded schedule on p, which is the program of the trace's scenario.
func Replay(p explore.Program, t *Trace) *Replayed {
	runner := p.NewRunner(t.Header.Checks)
	defer runner.Close()
	s := strategy.Replay{Choices: t.Choices}
	out := run(runner, p, t, &s)
	if out.Divergence = s.Diverged(runner.World().Steps()); out.Divergence != nil {
		out.Same, out.Exact = false, false
	}
	return out
}
