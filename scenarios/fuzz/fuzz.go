// SPDX-License-Identifier: CDDL-1.0

// Package fuzz generates programs and explores them, one after the other, without end. A program
// that brings operations together which had not met, or hands an object from one place of the
// source to another as none did before, is kept in a corpus, and later programs are made of those
// by mutation as well as anew.
//
// Programs are made and judged in order, so that a run is a pure function of its seed, the corpus
// it began with and the number of programs; only times differ.
package fuzz

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"dlsim/scenarios"
	"dlsim/scenarios/generate"
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/trace"
)

// Config is what a run is to do.
type Config struct {
	Seed      uint64
	Programs  int64         // 0 means no limit
	Time      time.Duration // 0 means no limit
	Schedules int64         // of each program; 0 means 200
	Workers   int           // 0 means 1
	// Canary is one in how many programs carries a bug on purpose; 0 means 1000.
	Canary int64
	// Corpus is a folder that is made if it is missing, "" to keep the corpus in memory.
	Corpus string
	// Known names the bug of a violation, "" if nobody has listed it.
	Known func(scenario string, v *explore.Violation) string
	// Found, if not nil, is called at the first program that shows a signature.
	Found func(Finding) error
	// Limited, if not nil, is called at each program of which a schedule reached a limit.
	Limited func(Limit) error
	// Progress, if not nil, is called after each program.
	Progress func(Stats)
	_        struct{}
}

// Finding is a violation that no program of the corpus's history has shown before.
type Finding struct {
	Scenario  *scenarios.Scenario
	Program   *scenarios.Program
	Campaign  explore.Config // that found it
	Violation *explore.Violation
	Discovery
}

// Limit is a program of which a schedule reached a limit, that of steps or that of the specification, so that nothing
// is known of it.
type Limit struct {
	Scenario *scenarios.Scenario
	Campaign explore.Config // that it was found by
	Number   int64          // of the program, from 0
	Schedule int64          // the first that did
}

// Trace returns the recording of the violation. tool and kernel are what its header says of them.
func (f *Finding) Trace(tool, kernel string) *trace.Trace {
	return trace.New(trace.Header{
		Tool: tool, Scenario: f.Scenario.Name, ScenarioHash: f.Scenario.Hash(), PortHash: f.Program.PortHash(),
		Kernel: kernel, Seed: f.Campaign.Seed, StepsMax: f.Campaign.StepsMax, Checks: f.Campaign.Checks,
	}, f.Scenario.Source, f.Violation)
}

// Discovery is when a signature was first shown.
type Discovery struct {
	Signature string
	Bug       string        // "" if nobody has listed it
	Number    int64         // of the program, from 0
	After     time.Duration // of fuzzing, all runs on the corpus together
}

// Stats is how far a run is.
type Stats struct {
	Programs, Schedules int64 // all runs on the corpus together, as the rest
	Corpus              int
	Pairs               string // how many operations have met, in words
	HandOffs            int    // ways in which an object went from one place to another
	Discoveries         []Discovery
	Canaries, Reported  int64 // programs that carry a bug on purpose, and those of them found out
	Unknowns            int64 // schedules that reached a limit
	Elapsed             time.Duration
}

// Unlisted returns the discoveries that have no bug.
func (s *Stats) Unlisted() []Discovery {
	var out []Discovery
	for _, d := range s.Discoveries {
		if d.Bug == "" {
			out = append(out, d)
		}
	}
	return out
}

// run is the state of Run between programs.
type run struct {
	cfg      Config
	corpus   *corpus
	start    time.Time
	before   time.Duration // fuzzed in earlier runs
	progress Stats
	seen     map[string]bool // signatures
}

// Run fuzzes until a limit is reached or ctx is cancelled. Errors are those of the corpus's files
// and of Found, and *explore.Nondeterminism; what was done until then stays in the corpus.
func Run(ctx context.Context, cfg Config) (*Stats, error) {
	if cfg.Schedules == 0 {
		cfg.Schedules = 200
	}
	if cfg.Canary == 0 {
		cfg.Canary = 1000
	}
	r := &run{cfg: cfg, start: time.Now(), seen: make(map[string]bool)}
	var err error
	if r.corpus, err = openCorpus(cfg.Corpus); err != nil {
		return nil, err
	}
	r.progress, r.before = r.corpus.stats, r.corpus.stats.Elapsed
	for _, d := range r.progress.Discoveries {
		r.seen[d.Signature] = true
	}
	if cfg.Time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, cfg.Time)
		defer cancel()
	}
	for done := int64(0); (cfg.Programs == 0 || done < cfg.Programs) && ctx.Err() == nil; done++ {
		if err = r.step(ctx); err != nil {
			break
		}
		if cfg.Progress != nil {
			cfg.Progress(r.stats())
		}
	}
	s := r.stats()
	if serr := r.corpus.save(s, true); err == nil {
		err = serr
	}
	return &s, err
}

func (r *run) stats() Stats {
	s := r.progress
	s.Corpus, s.Pairs, s.HandOffs = len(r.corpus.programs), r.corpus.pairs.String(), len(r.corpus.handOffs)
	s.Elapsed = r.before + time.Since(r.start)
	return s
}

// step makes and explores the next program. One that is cut off counts as not begun.
func (r *run) step(ctx context.Context) error {
	number := r.progress.Programs
	rng := rand.New(rand.NewPCG(r.cfg.Seed, uint64(number)))
	if number%r.cfg.Canary == r.cfg.Canary-1 {
		if err := r.canary(ctx, rng); err != nil || ctx.Err() != nil {
			return err
		}
		r.progress.Programs++
		return r.corpus.save(r.stats(), false)
	}
	genome := r.choose(rng)
	d := generate.Make(generate.Config{Met: &r.corpus.pairs}, genome)
	name := programName(d)
	sc, err := d.Scenario(name)
	if err != nil {
		return err
	}
	p, err := scenarios.NewProgram(sc, scenarios.Options{})
	if err != nil {
		return fmt.Errorf("a generated system does not come up: %w\n%s", err, sc.Source)
	}
	c := r.campaign(sc, rng)
	res, err := explore.Explore(ctx, p, c)
	if err != nil || ctx.Err() != nil {
		return err
	}
	if err := r.judge(sc, p, c, res, number); err != nil {
		return err
	}
	news := r.corpus.pairs.Add(d) + r.corpus.handOff(p, rng.Uint64())
	r.progress.Programs++
	if news > 0 {
		if err := r.corpus.keep(name, sc.Source, genome); err != nil {
			return err
		}
	}
	return r.corpus.save(r.stats(), false)
}

// judge notes what the schedules of a program have shown.
func (r *run) judge(sc *scenarios.Scenario, p *scenarios.Program, c explore.Config, res *explore.Result, number int64) error {
	r.progress.Schedules += res.Schedules
	r.progress.Unknowns += res.Unknowns
	for _, v := range res.Violations {
		if err := r.violation(sc, p, c, v, number); err != nil {
			return err
		}
	}
	if res.Unknowns == 0 || r.cfg.Limited == nil {
		return nil
	}
	return r.cfg.Limited(Limit{Scenario: sc, Campaign: c, Number: number, Schedule: res.FirstUnknown})
}

// choose returns what the next program is made of: something new, a mutation of what is in the
// corpus, or that once more.
func (r *run) choose(rng *rand.Rand) *generate.Genome {
	fresh, kind := rng.Uint64(), rng.IntN(20)
	if len(r.corpus.programs) == 0 || kind < 10 {
		return generate.NewGenome(fresh)
	}
	g := r.corpus.programs[rng.IntN(len(r.corpus.programs))].genome.Clone(fresh)
	if kind < 17 {
		return g.Mutate(fresh)
	}
	return g
}

// campaign returns how a program is explored: by PCT of one depth or another, or at random.
func (r *run) campaign(sc *scenarios.Scenario, rng *rand.Rand) explore.Config {
	c := sc.Campaign()
	c.Strategy, c.Depth = "pct", 2+rng.IntN(3)
	if rng.IntN(4) == 0 {
		c.Strategy = "random"
	}
	c.Schedules, c.Workers, c.Seed = r.cfg.Schedules, r.cfg.Workers, rng.Uint64()>>1
	return c
}

// violation notes what a program shows, and tells of it if it is the first.
func (r *run) violation(sc *scenarios.Scenario, p *scenarios.Program, c explore.Config, v *explore.Violation, number int64) error {
	if r.seen[v.Signature] {
		return nil
	}
	r.seen[v.Signature] = true
	d := Discovery{Signature: v.Signature, Number: number, After: r.before + time.Since(r.start)}
	if r.cfg.Known != nil {
		d.Bug = r.cfg.Known(sc.Name, v)
	}
	r.progress.Discoveries = append(r.progress.Discoveries, d)
	if r.cfg.Found == nil {
		return nil
	}
	return r.cfg.Found(Finding{Scenario: sc, Program: p, Campaign: c, Violation: v, Discovery: d})
}

// canary explores a program with a bug of its own, and notes whether that is found.
func (r *run) canary(ctx context.Context, rng *rand.Rand) error {
	sc, p, err := canaryProgram(rng)
	if err != nil {
		return err
	}
	c := r.campaign(sc, rng)
	c.Strategy, c.Schedules = "pct", max(c.Schedules, canarySchedules) // a random walk rarely holds a thread back for so long
	res, err := explore.Explore(ctx, p, c)
	if err != nil || ctx.Err() != nil {
		return err
	}
	r.progress.Canaries++
	for _, v := range res.Violations {
		if v.Kind == sim.KindLifetime && v.Subject == canaryBuffer {
			r.progress.Reported++
			break
		}
	}
	return nil
}
