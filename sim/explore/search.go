// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"context"
	"math"

	"dlsim/sim"
	"dlsim/sim/strategy"
	"dlsim/sim/strategy/dpor"
)

// search is a strategy that goes through all schedules of a program, one after the other.
type search interface {
	sim.Strategy
	// Next takes the result of the last schedule and reports whether there is another one.
	Next(r sim.Result) bool
	Coverage() strategy.Coverage
	Err() error
}

// IsSearch tells a strategy that can know that it has seen all from one that samples.
func IsSearch(name string) bool { return name == "dfs" || name == "dpor" }

// dpor spreads its schedules before it goes depth-first: that finds most of what is to be found early. What is left
// between them takes some ten kilobytes for each.
const (
	spreadDefault = 5_000  // schedules that are spread if there is no limit to them
	spreadMax     = 50_000 // and if there is
)

// newSearch returns the search that the configuration asks for. Bounds and the wakeup trees of dpor
// do not go together; with a bound it merges equivalent beginnings of schedules instead.
func newSearch(c *Config, symmetric [][]string) search {
	if c.Strategy == "dpor" && c.Preemptions == strategy.Unbounded {
		spread := min(c.Schedules, spreadMax)
		if c.Schedules == 0 {
			spread = spreadDefault
		}
		return &dpor.Search{Seed: c.Seed, Spread: spread, Symmetric: symmetric}
	}
	return &strategy.DFS{Preemptions: c.Preemptions, Merge: c.Strategy == "dpor"}
}

// exhaust runs a search to its end or to a limit, on one worker: it is one tree, and what is to be
// explored follows from what was.
func (c *campaign) exhaust(ctx context.Context) error {
	limit := c.cfg.Schedules
	if limit == 0 {
		limit = math.MaxInt64
	}
	s, w := newSearch(&c.cfg, c.result.Symmetric), c.workers[0]
	plan := c.plan(0)
	choices := []sim.Choice{} // not nil, which would say that the schedule has to be run again
	for more, covered := true, s.Coverage(); more && covered.Executions < limit && ctx.Err() == nil; {
		res := w.runBy(s)
		slot := w.summary(res)
		choices = append(choices[:0], res.Choices...) // the world may run the schedule again
		slot.choices = choices
		more = s.Next(res)
		if err := s.Err(); err != nil {
			return &Nondeterminism{Schedule: c.result.Schedules, Plan: plan, What: err.Error()}
		}
		before := covered.Executions
		covered = s.Coverage()
		c.result.Coverage, c.result.Complete = &covered, !more
		if covered.Executions == before {
			continue // nothing new
		}
		stop, err := c.searched(&slot, plan)
		if err != nil || stop {
			c.result.Complete = false
			return err
		}
	}
	return nil
}

// searched takes account of one schedule of a search.
func (c *campaign) searched(s *slot, plan Plan) (stop bool, err error) {
	i := c.result.Schedules
	c.count(i, s)
	c.certify(s.fingerprint)
	if i == 0 {
		if err := c.selfCheck(plan, s); err != nil {
			return true, err
		}
	}
	if err := c.learn(i, s); err != nil {
		return true, err
	}
	if s.outcome == sim.Failed && c.checks[s.kind] {
		v, err := c.failed(i, s)
		if err != nil {
			return true, err
		}
		stop = c.cfg.FailFast && !v.Accepted
	}
	if c.cfg.Progress != nil && i%progressEvery == 0 {
		c.cfg.Progress(i)
	}
	return stop, nil
}

const progressEvery = 256

// certify adds a schedule to the digest of the search, which does not depend on their order.
func (c *campaign) certify(fingerprint uint64) {
	c.result.Digest += sim.Mix(fingerprint)
}
