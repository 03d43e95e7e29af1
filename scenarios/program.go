// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"slices"
	"sync"

	"dlsim/devnet"
	"dlsim/model"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// Options change how a scenario's kernel is built.
type Options struct {
	// DebugKernel turns ASSERT on and lets object caches destroy and poison, whatever the
	// scenario says.
	DebugKernel bool
	_           struct{}
}

// Program is a scenario that can be explored. It implements explore.Program.
type Program struct {
	sc    *Scenario
	cfg   devnet.Config
	sites func() *devnet.Sites // read when the first stack is to be shown
}

// NewProgram prepares a scenario. It brings the system up once; if that fails, the scenario
// asks for the impossible, and the error says what.
func NewProgram(sc *Scenario, opts Options) (*Program, error) {
	p := &Program{sc: sc, sites: sync.OnceValue(devnet.NewSites), cfg: devnet.Config{
		Debug:     sc.System.Debug || opts.DebugKernel,
		DebugKmem: sc.System.Kmem == "debug" || opts.DebugKernel,
		Backing:   sc.System.Taskq == "backing",
	}}
	m := newMachine(sc, p.cfg, false)
	w := sim.New()
	defer w.Close()
	r := w.Run(sim.Config{Monitor: new(check.Deadlock)}, new(strategy.Random), m.bringUp)
	if r.Outcome != sim.Passed {
		what := "the system cannot be brought up"
		if r.Failure != nil {
			what = r.Failure.Message
		}
		line, col := place(sc, r.Failure)
		return nil, errorAt(sc.File, sc.Source, line, col, what, "see system in docs/scenario-reference.md")
	}
	return p, nil
}

// place returns where the link that a failure to bring the system up is about is declared.
func place(sc *Scenario, f *sim.Failure) (line, col int) {
	if f != nil {
		if l := sc.link(f.Subject); l != nil {
			return l.Line, l.Col
		}
	}
	return 1, 1
}

// Name implements explore.Program.
func (p *Program) Name() string { return p.sc.Name }

// Sites implements explore.Program: places in the C file.
func (p *Program) Sites() sim.Resolver {
	return func(pcs []uintptr) sim.Site { return p.sites().Resolve(pcs) }
}

// PortHash implements explore.Program.
func (p *Program) PortHash() string { return devnet.PortHash() }

// NewRunner implements explore.Program.
func (p *Program) NewRunner(checks []string) explore.Runner {
	cfg := p.cfg
	cfg.Refs = slices.Contains(checks, string(sim.KindRefs))
	r := &runner{
		world:   sim.New(),
		machine: newMachine(p.sc, cfg, slices.Contains(checks, string(sim.KindStale))),
	}
	r.machine.kernel.Sites = func(pcs []uintptr) sim.Site { return p.sites().Caller(pcs) }
	r.body = r.machine.main
	if slices.Contains(checks, string(sim.KindDeadlock)) {
		r.monitor = new(check.Deadlock)
	}
	r.races = slices.Contains(checks, string(sim.KindRace))
	r.livelock = slices.Contains(checks, string(sim.KindLivelock))
	r.machine.history.on = slices.Contains(checks, string(sim.KindLin))
	if r.machine.history.on {
		r.lin, r.right = model.NewChecker(model.NewRules()), make(map[uint64]bool)
	}
	r.machine.answers = slices.Contains(checks, string(sim.KindAnswer))
	return r
}

type runner struct {
	world    *sim.World
	machine  *machine
	monitor  sim.Monitor
	races    bool
	livelock bool
	body     func(*sim.Thread)
	lin      *model.Checker  // nil if the check is not made
	right    map[uint64]bool // hashes of histories that it has found right
}

func (r *runner) Run(cfg sim.Config, s sim.Strategy) sim.Result {
	cfg.Monitor, cfg.Races, cfg.Livelock, cfg.Explain = r.monitor, r.races, r.livelock, r.machine.kernel.Explain
	res := r.world.Run(cfg, s, r.body)
	if r.lin != nil && r.machine.quiet {
		r.judge(cfg, &res)
	}
	return res
}

func (r *runner) World() *sim.World { return r.world }
func (r *runner) Close()            { r.world.Close() }

// Expectations returns the violations that the scenario expects.
func (s *Scenario) Expectations() []explore.Expectation {
	var out []explore.Expectation
	for _, v := range s.Expect.Violations {
		out = append(out, explore.Expectation{Kind: sim.Kind(v.Kind), At: v.At, Says: v.Says, Maybe: v.Maybe, Bug: v.Bug})
	}
	return out
}

// Campaign returns the campaign that the scenario asks for, on one worker.
func (s *Scenario) Campaign() explore.Config {
	checks := append(explore.CheckNames(), s.Explore.Checks...)
	slices.Sort(checks)
	return explore.Config{
		Checks: slices.Compact(checks), Strategy: s.Explore.Strategy, Depth: s.Explore.Depth, Preemptions: s.Explore.Preemptions,
		Schedules: int64(s.Explore.Schedules),
		StepsMax:  s.Explore.Steps, Seed: uint64(s.Explore.Seed), Expect: s.Expectations(),
	}
}
