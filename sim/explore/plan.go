// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"fmt"

	"dlsim/sim"
	"dlsim/sim/strategy"
)

// StrategyNames returns the names of the strategies of this version, sorted.
func StrategyNames() []string { return []string{"auto", "dfs", "dpor", "pct", "pos", "random", "surw"} }

// Plan is all that decides one schedule of a program.
type Plan struct {
	Strategy string // one of StrategyNames; never auto in the plan of a schedule
	// Auto says that the strategy was drawn from the portfolio.
	Auto        bool
	Depth       int    // of pct, at least 1
	Picks       int    // of pct: the estimate of k
	Preemptions int    // bound of dfs and dpor, or strategy.Unbounded
	Seed        uint64 // of this schedule
	// Profile is what surw knows of earlier schedules, nil if nothing.
	Profile *strategy.Profile
	// Counted says that the schedule adds to the profile of later ones.
	Counted bool
}

// String returns the strategy with its parameters, but not the seed: "pct depth=3 k=57".
func (p Plan) String() string {
	s := p.Strategy
	if p.Strategy == "pct" {
		s = fmt.Sprintf("pct depth=%d k=%d", p.Depth, p.Picks)
	}
	if IsSearch(p.Strategy) && p.Preemptions != strategy.Unbounded {
		s = fmt.Sprintf("%s preemptions=%d", p.Strategy, p.Preemptions)
	}
	if p.Auto {
		s = "auto: " + s
	}
	return s
}

// OfOneSchedule reports whether the strategy of that name decides a schedule from a seed alone.
// auto chooses a strategy for each, and an exhaustive one goes from schedule to schedule.
func OfOneSchedule(name string) bool { return name != "auto" && name != "dfs" && name != "dpor" }

// New returns the strategy that p describes.
func (p Plan) New() sim.Strategy { return new(strategies).of(p) }

// ScheduleSeed returns the seed of schedule i of a campaign, a pure function of both.
func ScheduleSeed(campaign uint64, i int64) uint64 {
	return sim.Mix(sim.Mix(campaign) + uint64(i)*0x9e3779b97f4a7c15)
}

// strategies holds one strategy of each sort, so that a worker allocates none per schedule.
type strategies struct {
	random   strategy.Random
	pct      strategy.PCT
	pos      strategy.POS
	surw     strategy.SURW
	profiler strategy.Profiler
	directed strategy.Directed
}

// of returns the strategy that p describes, valid until the next call.
func (s *strategies) of(p Plan) sim.Strategy {
	if p.Counted {
		s.profiler.Strategy = s.plain(p)
		return &s.profiler
	}
	return s.plain(p)
}

func (s *strategies) plain(p Plan) sim.Strategy {
	switch p.Strategy {
	case "random":
		s.random.Seed = p.Seed
		return &s.random
	case "pct":
		s.pct.Seed, s.pct.Depth, s.pct.Picks = p.Seed, p.Depth, p.Picks
		return &s.pct
	case "pos":
		s.pos.Seed = p.Seed
		return &s.pos
	case "surw":
		s.surw.Seed, s.surw.Profile = p.Seed, p.Profile
		return &s.surw
	case strategyDirected:
		s.directed.Seed = p.Seed
		return &s.directed
	}
	panic("engine bug: strategy " + p.Strategy)
}
