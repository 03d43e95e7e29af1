// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"context"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/strategy"
)

// slot is what is kept of one schedule until its batch is merged.
type slot struct {
	done         bool
	outcome      sim.Outcome
	steps, picks int32
	digest       uint64
	fingerprint  uint64
	kind         sim.Kind
	key          string          // of a failure; see Words
	tally        *strategy.Tally // if the plan says so
	locks        []uint64        // keys of acquisitions that are new to the worker
	choices      []sim.Choice    // of a search, which cannot run a schedule twice
}

// worker runs schedules on a world of its own.
type worker struct {
	runner     Runner
	stepsMax   int
	strategies strategies
	locks      *check.Locks // nil unless a check needs it
}

// run runs one schedule fast. Failure and Choices of the result are valid until the next.
func (w *worker) run(p Plan) sim.Result { return w.runBy(w.strategies.of(p)) }

// runBy is run with a strategy of the caller's.
func (w *worker) runBy(s sim.Strategy) sim.Result {
	cfg := sim.Config{StepsMax: w.stepsMax}
	if w.locks != nil {
		cfg.Locks = w.locks
	}
	return w.runner.Run(cfg, s)
}

// summary returns what is kept of the schedule that was run last.
func (w *worker) summary(r sim.Result) slot {
	s := summary(r)
	if w.locks != nil {
		s.locks = slices.Clone(w.locks.Fresh())
	}
	return s
}

const chunk = 8 // schedules that a worker takes at a time

// batch runs schedules first to first+n-1 on all workers. Which worker runs which depends
// on timing; what each one comes to does not. The slots are valid until the next batch.
func (c *campaign) batch(ctx context.Context, first, n int64) []slot {
	if int64(cap(c.slots)) < n {
		c.slots = make([]slot, n)
	}
	slots := c.slots[:n]
	clear(slots)
	var next atomic.Int64
	work := func(w *worker) {
		for ctx.Err() == nil {
			at := next.Add(chunk) - chunk
			if at >= n {
				return
			}
			for i := at; i < min(at+chunk, n) && ctx.Err() == nil; i++ {
				p := c.plan(first + i)
				slots[i] = w.summary(w.run(p))
				if p.Counted {
					tally := w.strategies.profiler.Tally
					slots[i].tally = &tally
				}
			}
		}
	}
	var group errgroup.Group
	for _, w := range c.workers[1:] {
		group.Go(func() error { work(w); return nil })
	}
	work(c.workers[0])
	_ = group.Wait() // the workers return no errors
	return slots
}

func summary(r sim.Result) slot {
	s := slot{
		done: true, outcome: r.Outcome, steps: int32(r.Steps), picks: int32(r.Picks),
		digest: r.Digest, fingerprint: r.Fingerprint,
	}
	if r.Failure != nil {
		s.kind, s.key = r.Failure.Kind, Words(r.Failure)
	}
	return s
}
