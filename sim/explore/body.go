// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"slices"

	"dlsim/sim"
	"dlsim/sim/check"
)

// Body is a Program that is one function: the least that a protocol needs to be explored, certified and
// reported on. The checks are those of the engine and its primitives; what the protocol promises beside
// them its threads VERIFY, or say with Thread.Fail.
type Body struct {
	Scenario string // its name
	// Make is called once for each worker and returns what the first thread does in every schedule. It
	// has to start afresh each time, with Init of its locks and variables: the memory may be kept.
	Make func() func(*sim.Thread)
	// Hash identifies the code under test; it may be "" if no trace is to outlive it.
	Hash string
}

// Name implements Program.
func (b Body) Name() string { return b.Scenario }

// Sites implements Program: places are those of the Go source.
func (b Body) Sites() sim.Resolver { return sim.GoSite }

// PortHash implements Program.
func (b Body) PortHash() string { return b.Hash }

// NewRunner implements Program.
func (b Body) NewRunner(checks []string) Runner {
	r := &bodyRunner{
		world: sim.New(), body: b.Make(),
		races: slices.Contains(checks, string(sim.KindRace)), livelock: slices.Contains(checks, string(sim.KindLivelock)),
	}
	if slices.Contains(checks, string(sim.KindDeadlock)) {
		r.monitor = new(check.Deadlock)
	}
	return r
}

type bodyRunner struct {
	world           *sim.World
	body            func(*sim.Thread)
	monitor         sim.Monitor
	races, livelock bool
}

func (r *bodyRunner) Run(cfg sim.Config, s sim.Strategy) sim.Result {
	cfg.Monitor, cfg.Races, cfg.Livelock = r.monitor, r.races, r.livelock
	return r.world.Run(cfg, s, r.body)
}

func (r *bodyRunner) World() *sim.World { return r.world }
func (r *bodyRunner) Close()            { r.world.Close() }
