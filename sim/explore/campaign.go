// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"dlsim/sim"
)

// Config is what a campaign is to do.
type Config struct {
	Strategy  string        // one of StrategyNames
	Depth     int           // of pct; 0 means 3
	Schedules int64         // 0 means no limit
	Time      time.Duration // 0 means no limit
	Seed      uint64
	Workers   int      // 0 means 1
	StepsMax  int      // of one schedule; 0 means sim.DefaultStepsMax
	Checks    []string // nil means all
	Expect    []Expectation
	// Baseline, if not nil, says what does not fail the campaign, instead of Expect, which
	// still says what must be found.
	Baseline *Baseline
	// FailFast ends the campaign at the first violation that is not accepted.
	FailFast bool
	// Progress, if not nil, is called now and then with the number of schedules done.
	Progress func(done int64)
	_        struct{}
}

// normalise fills in defaults and refuses what makes no sense.
func (c *Config) normalise() error {
	if c.Depth == 0 {
		c.Depth = 3
	}
	c.Workers = max(c.Workers, 1)
	if c.Checks == nil {
		c.Checks = CheckNames()
	}
	switch {
	case c.Strategy != "pct" && c.Strategy != "random":
		return fmt.Errorf("no strategy %q", c.Strategy)
	case c.Depth < 0 || c.Schedules < 0 || c.Time < 0 || c.StepsMax < 0:
		return errors.New("depth, schedules, time and steps must not be negative")
	case c.Schedules == 0 && c.Time == 0:
		return errors.New("a campaign needs a number of schedules or a time")
	}
	return nil
}

// Nondeterminism is the error of a schedule that came out otherwise when it was run again.
// It is a bug of the engine or of the program, and makes all else worthless.
type Nondeterminism struct {
	Schedule int64
	Plan     Plan
	What     string
}

func (e *Nondeterminism) Error() string {
	return fmt.Sprintf("engine bug: nondeterminism: schedule %d (%v, seed %d) run again: %s",
		e.Schedule, e.Plan, e.Plan.Seed, e.What)
}

const (
	batchFirst = 8    // schedules in the first batch, from which pct's k is learnt
	batchMax   = 1024 // later ones double up to this
)

// campaign is the state of Explore between batches.
type campaign struct {
	cfg      Config
	scenario string
	sites    sim.Resolver
	workers  []*worker
	picksMax int // most choices seen in one schedule: the estimate of k
	distinct distinct
	checks   map[sim.Kind]bool
	groups   map[string]*group
	found    map[string]*Violation // by signature
	result   Result
}

// Explore runs a campaign. When ctx is cancelled it returns what it has so far. The only
// errors are those of cfg and *Nondeterminism.
func Explore(ctx context.Context, p Program, cfg Config) (*Result, error) {
	if err := cfg.normalise(); err != nil {
		return nil, err
	}
	c := &campaign{
		cfg: cfg, scenario: p.Name(), sites: p.Sites(), checks: make(map[sim.Kind]bool),
		groups: make(map[string]*group), found: make(map[string]*Violation),
	}
	for _, name := range cfg.Checks {
		c.checks[sim.Kind(name)] = true
	}
	for range cfg.Workers {
		w := &worker{runner: p.NewRunner(cfg.Checks), stepsMax: cfg.StepsMax}
		defer w.runner.Close()
		c.workers = append(c.workers, w)
	}
	start := time.Now()
	limited := ctx
	if cfg.Time > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, cfg.Time)
		defer cancel()
	}
	if err := c.run(limited); err != nil {
		return nil, err
	}
	r := &c.result
	r.Scenario, r.Workers, r.Plan = p.Name(), cfg.Workers, c.plan(0)
	r.Plan.Seed = cfg.Seed
	r.Distinct, r.DistinctExact = c.distinct.count()
	r.Saturation = c.distinct.saturation()
	r.Interrupted = ctx.Err() != nil && (cfg.Schedules == 0 || r.Schedules < cfg.Schedules)
	r.judge(cfg.Expect)
	r.Elapsed = time.Since(start)
	return r, nil
}

// run runs batch after batch until a limit is reached.
func (c *campaign) run(ctx context.Context) error {
	total := c.cfg.Schedules
	if total == 0 {
		total = math.MaxInt64
	}
	size := int64(batchFirst)
	for done := int64(0); done < total && ctx.Err() == nil; {
		n := min(size, total-done)
		slots := c.batch(ctx, done, n)
		stop, err := c.merge(done, slots)
		if err != nil || stop {
			return err
		}
		if done == 0 {
			if err := c.selfCheck(slots); err != nil {
				return err
			}
		} else {
			size = min(2*size, batchMax)
		}
		done += n
		if c.cfg.Progress != nil {
			c.cfg.Progress(done)
		}
	}
	return nil
}

// plan returns the plan of schedule i, which must be in the batch after the last merged.
func (c *campaign) plan(i int64) Plan {
	p := Plan{Strategy: c.cfg.Strategy, Seed: ScheduleSeed(c.cfg.Seed, i)}
	if p.Strategy == "pct" {
		p.Depth, p.Picks = c.cfg.Depth, c.picksMax
	}
	return p
}

// merge adds the results of a batch in the order of their indices, up to the first one
// that was not run, and reports whether the campaign is over.
func (c *campaign) merge(first int64, slots []slot) (stop bool, err error) {
	picks := c.picksMax
	defer func() { c.picksMax = picks }()
	r := &c.result
	for i := range slots {
		s := &slots[i]
		if !s.done {
			return true, nil
		}
		r.Schedules++
		r.Steps += int64(s.steps)
		c.distinct.add(s.fingerprint)
		picks = max(picks, int(s.picks))
		switch {
		case s.outcome == sim.Unknown:
			if r.Unknowns == 0 {
				r.FirstUnknown = first + int64(i)
			}
			r.Unknowns++
		case s.outcome == sim.Failed && !c.checks[s.kind]:
			r.Ignored++
		case s.outcome == sim.Failed:
			v, err := c.failed(first+int64(i), s)
			if err != nil {
				return true, err
			}
			if c.cfg.FailFast && !v.Accepted {
				return true, nil
			}
		}
	}
	return false, nil
}
