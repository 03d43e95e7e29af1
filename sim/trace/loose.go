// SPDX-License-Identifier: CDDL-1.0

package trace

import (
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/shrink"
	"dlsim/sim/strategy"
)

// Loose says how a run that need not follow its recording differs from it.
type Loose struct {
	// First is where the run first left the recording, nil if it never did.
	First *strategy.Divergence
	// Skipped counts recorded choices that were left out, Added decisions that are not in the
	// recording.
	Skipped, Added int
	// Tried counts other schedules that were run in search of the failure.
	Tried int
}

// What Resync does when the recording no longer leads to the failure.
const (
	searchPreemptions = 2
	searchSchedules   = 5000
)

// Resync runs the recorded schedule on a program that may have changed since, as far as it
// fits; see strategy.Resync. If that does not lead to the recorded failure, the simplest
// schedules with few preemptions are searched for it.
func Resync(p explore.Program, t *Trace) *Replayed {
	runner := p.NewRunner(t.Header.Checks)
	defer runner.Close()
	var first *Replayed
	for _, s := range strategy.Resyncs(t.Choices) {
		out := run(runner, p, t, s)
		s.Finish()
		out.Loose = &Loose{First: s.First, Skipped: s.Skipped, Added: s.Added}
		if out.Same {
			return out
		}
		if first == nil {
			first = out
		}
	}
	search := shrink.NewSearch(p, p.Sites(), shrink.Target{
		Signature: t.Violation.Signature, Kind: t.Violation.Kind, Checks: t.Header.Checks, StepsMax: t.Header.StepsMax,
	})
	defer search.Close()
	f := search.Reach(t.Choices, searchPreemptions, shrink.Effort{Any: searchSchedules})
	first.Loose.Tried = search.Schedules
	if f == nil {
		return first
	}
	out := run(runner, p, t, &strategy.Replay{Choices: f.Recorded})
	out.Loose = first.Loose
	return out
}

// ContinueWith runs the recorded schedule for as long as it fits and goes on with strategy s.
func ContinueWith(p explore.Program, t *Trace, s sim.Strategy) *Replayed {
	runner := p.NewRunner(t.Header.Checks)
	defer runner.Close()
	c := strategy.Continue{Choices: t.Choices, Then: s}
	out := run(runner, p, t, &c)
	out.Loose = &Loose{First: c.Left}
	return out
}

// run runs one schedule in detail.
func run(runner explore.Runner, p explore.Program, t *Trace, s sim.Strategy) *Replayed {
	res := runner.Run(sim.Config{
		StepsMax: t.Header.StepsMax, Detail: true,
		Locks: explore.LockMonitor(p, t.Violation.Kind, t.Violation.Signature),
	}, s)
	out := &Replayed{Record: explore.Take(runner.World(), res, p.Sites()), Outcome: res.Outcome}
	out.Same = out.Record.Kind != "" && out.Record.Signature == t.Violation.Signature
	out.Exact = out.Same && res.Digest == t.Violation.Digest
	return out
}
