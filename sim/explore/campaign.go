// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"dlsim/sim"
	"dlsim/sim/strategy"
)

// Config is what a campaign is to do.
type Config struct {
	Strategy string // one of StrategyNames
	Depth    int    // of pct, also in auto; 0 means 3
	// Preemptions bounds dfs and dpor; strategy.Unbounded means that it does not.
	Preemptions int
	// Symmetry has dpor explore one schedule only of those that differ in which of its symmetric threads is
	// which, if the program is Symmetrical.
	Symmetry  bool
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
	// Until, if not nil, is asked of each failing schedule that is looked at in detail; the first of
	// which it is true ends the campaign and is Result.Reached.
	Until func(*Record) bool
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
	case !slices.Contains(StrategyNames(), c.Strategy):
		return fmt.Errorf("no strategy %q", c.Strategy)
	case c.Depth < 0 || c.Schedules < 0 || c.Time < 0 || c.StepsMax < 0:
		return errors.New("depth, schedules, time and steps must not be negative")
	case c.Symmetry && (c.Strategy != "dpor" || c.Preemptions != strategy.Unbounded):
		return errors.New("symmetry is for dpor without a bound")
	case c.Schedules == 0 && c.Time == 0 && !IsSearch(c.Strategy):
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
	learnMax = 8    // schedules from which surw and auto learn what threads do
	batchMax = 1024 // schedules in a batch; they double up to this
)

// batchFirst is the number of schedules in the first batch, from which later ones learn. pct
// and surw are of little use before they have learnt.
func (c *Config) batchFirst() int64 {
	if c.Strategy == "pct" || c.Strategy == "surw" {
		return 1
	}
	return learnMax
}

// knowledge is what earlier batches say that decides how later schedules are chosen. It is
// the same for any number of workers.
type knowledge struct {
	picksMax int // most choices seen in one schedule: the estimate of k
	tally    strategy.Tally
	profile  *strategy.Profile // of the tally
	mix      portfolio
}

// campaign is the state of Explore between batches.
type campaign struct {
	cfg      Config
	scenario string
	sites    sim.Resolver
	workers  []*worker
	slots    []slot // of the batch
	known    knowledge
	distinct distinct
	checks   map[sim.Kind]bool
	groups   map[string]*group
	found    map[string]*Violation // by signature
	result   Result
	order    *lockOrder // nil unless a check needs it
	// directing says that plans are those of directed schedules.
	directing bool
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
	if s, ok := p.(Symmetrical); ok && cfg.Symmetry {
		c.result.Symmetric = s.Symmetric()
	}
	c.known.mix = newPortfolio(cfg.Depth)
	for _, name := range cfg.Checks {
		c.checks[sim.Kind(name)] = true
	}
	if IsSearch(cfg.Strategy) {
		cfg.Workers = 1
	}
	for range cfg.Workers {
		w := &worker{runner: p.NewRunner(cfg.Checks), stepsMax: cfg.StepsMax}
		defer w.runner.Close()
		c.workers = append(c.workers, w)
	}
	c.watchLocks()
	start := time.Now()
	limited := ctx
	if cfg.Time > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, cfg.Time)
		defer cancel()
	}
	run := c.run
	if IsSearch(cfg.Strategy) {
		run = c.exhaust
	}
	if err := run(limited); err != nil {
		return nil, err
	}
	if err := c.predict(ctx); err != nil {
		return nil, err
	}
	r := &c.result
	r.Scenario, r.Workers = p.Name(), cfg.Workers
	r.Plan = Plan{Strategy: cfg.Strategy, Depth: cfg.Depth, Picks: c.known.picksMax, Preemptions: cfg.Preemptions, Seed: cfg.Seed}
	r.Distinct, r.DistinctExact = c.distinct.count()
	r.Saturation = c.distinct.saturation()
	if r.Coverage != nil { // its schedules are no sample
		r.Saturation = 0
		if r.Complete && !r.Coverage.Bounded {
			r.Saturation = 1
		}
	}
	r.Interrupted = ctx.Err() != nil && !r.Complete && (cfg.Schedules == 0 || r.Schedules < cfg.Schedules)
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
	size, firstPlan := c.cfg.batchFirst(), c.plan(0)
	for done := int64(0); done < total && ctx.Err() == nil; {
		n := min(size, total-done)
		slots := c.batch(ctx, done, n)
		stop, err := c.merge(done, slots)
		if err != nil || stop {
			return err
		}
		if done == 0 {
			if err := c.selfCheck(firstPlan, &slots[0]); err != nil {
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
	if c.directing {
		return Plan{Strategy: strategyDirected, Seed: ScheduleSeed(c.cfg.Seed, i)}
	}
	p := Plan{
		Strategy: c.cfg.Strategy, Depth: c.cfg.Depth, Preemptions: c.cfg.Preemptions, Seed: ScheduleSeed(c.cfg.Seed, i),
	}
	if p.Strategy == "auto" {
		arm := c.arm(i)
		p.Auto, p.Strategy, p.Depth = true, arm.strategy, arm.depth
	}
	p.Counted = i < learnMax && (p.Auto || p.Strategy == "surw")
	switch p.Strategy {
	case "pct":
		p.Picks = c.known.picksMax
	case "surw":
		p.Profile = c.known.profile
	}
	return p
}

// arm returns what the portfolio of auto does in schedule i.
func (c *campaign) arm(i int64) *arm {
	if i < learnMax {
		return &c.known.mix.arms[0]
	}
	return c.known.mix.draw(sim.Mix(ScheduleSeed(c.cfg.Seed, i)))
}

// merge adds the results of a batch in the order of their indices, up to the first one
// that was not run, and reports whether the campaign is over. What there is to learn of them
// counts from the next batch on.
func (c *campaign) merge(first int64, slots []slot) (stop bool, err error) {
	next := c.known
	next.mix = c.known.mix.clone()
	defer func() {
		next.mix.settle()
		if first < learnMax {
			next.profile = next.tally.Profile()
		}
		c.known = next
	}()
	for i := range slots {
		s, at := &slots[i], first+int64(i)
		if !s.done {
			return true, nil
		}
		known := len(c.result.Violations)
		isNew := c.count(at, s)
		if err := c.learn(at, s); err != nil {
			return true, err
		}
		if s.outcome == sim.Failed && c.checks[s.kind] {
			v, err := c.failed(at, s)
			if err != nil {
				return true, err
			}
			stop = c.cfg.FailFast && !v.Accepted || c.result.Reached != nil
		}
		next.picksMax = max(next.picksMax, int(s.picks))
		if s.tally != nil {
			next.tally.Merge(s.tally)
		}
		if c.cfg.Strategy == "auto" {
			next.mix.arm(c.arm(at)).learn(isNew, len(c.result.Violations) > known)
		}
		if stop {
			return true, nil
		}
	}
	return false, nil
}

// count adds schedule i to the totals and reports whether it was an interleaving not seen
// before.
func (c *campaign) count(i int64, s *slot) (isNew bool) {
	r := &c.result
	r.Schedules++
	r.Steps += int64(s.steps)
	switch {
	case s.outcome == sim.Unknown:
		if r.Unknowns == 0 {
			r.FirstUnknown = i
		}
		r.Unknowns++
		if int(s.steps) < cmp.Or(c.cfg.StepsMax, sim.DefaultStepsMax) {
			r.Undecided++
		}
	case s.outcome == sim.Failed && !c.checks[s.kind]:
		r.Ignored++
	}
	return c.distinct.add(s.fingerprint)
}
