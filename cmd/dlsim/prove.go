// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"context"

	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// proofMax is the number of executions after which auto gives up to see all of them.
const proofMax = 100_000

// prove tries to see every interleaving of a scenario in which auto, by r, has found nothing: clean samples
// are no proof, and many scenarios are small enough for one. It returns what there is to tell: the search
// if it came to its end or to a violation, else r with how far the search came.
func (s *session) prove(ctx context.Context, sc *scenario, c explore.Config, r *explore.Result) (*explore.Result, error) {
	if c.Strategy != "auto" || c.Time > 0 || len(r.Violations) > 0 || r.Verdict != explore.Expected {
		return r, nil
	}
	c.Strategy, c.Preemptions, c.Schedules = "dpor", strategy.Unbounded, min(c.Schedules, proofMax)
	bar := s.progress("proving "+sc.name, c.Schedules)
	c.Progress = bar.update
	search, err := explore.Explore(ctx, sc.program, c)
	bar.done()
	if err != nil {
		return nil, unknownError{err}
	}
	if search.Complete || len(search.Violations) > 0 {
		return search, nil
	}
	r.Attempt = search.Coverage
	return r, nil
}
