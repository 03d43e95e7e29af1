// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dlsim/scenarios/fuzz"
	"dlsim/sim/explore"
	"dlsim/sim/trace"
)

type fuzzFlags struct {
	time      time.Duration
	corpus    string
	seed      uint64
	programs  int64
	schedules int64
	workers   int
	baseline  string
	traces    string
	quiet     bool
	patches   []string
	expect    string
}

func (a *app) fuzzCommand() *cobra.Command {
	f := new(fuzzFlags)
	cmd := &cobra.Command{
		Use:   "fuzz",
		Short: "Generate scenarios and explore them, without end",
		Long: "Generate scenarios and explore them, one after the other, until --time or an interrupt. Programs that\n" +
			"bring operations together which had not met, or reach new hand-offs of an object between two places\n" +
			"of the source, are kept in the corpus, from which the next run goes on. Each new violation is made\n" +
			"smaller and written as a scenario and a trace. Known ones are told by the families of the bug book and by --baseline.\n\n" +
			"Exit code 1 if the corpus has shown a violation that nobody has listed; 3 if a canary, one program in\n" +
			"a thousand that carries a bug on purpose, was not reported, or schedules reached a limit.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("fuzz takes no arguments; see --corpus")
			}
			return a.patched(cmd.Context(), f.patches, func() error { return a.fuzz(cmd.Context(), f, cmd.Flags()) })
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.DurationVar(&f.time, "time", 0, "stop after that long")
	s.StringVar(&f.corpus, "corpus", "dlsim-corpus", "folder of the corpus, made if it is missing")
	s.Uint64Var(&f.seed, "seed", 1, "seed of the programs and their schedules")
	s.Int64Var(&f.programs, "programs", 0, "stop after that many programs")
	s.Int64Var(&f.schedules, "schedules", 200, "schedules of each program")
	s.IntVar(&f.workers, "workers", 0, "schedules that run at the same time (default: CPUs)")
	s.StringVar(&f.baseline, "baseline", "", "file of known violations, besides those of the bug book")
	patchFlag(s, &f.patches)
	s.StringVar(&f.expect, "expect", "", "none: bugs of the bug book count as new, as on a port with all fixes")
	s.StringVar(&f.traces, "traces", "dlsim-traces", "folder for the scenarios and traces of violations")
	s.BoolVar(&f.quiet, "quiet", false, "say nothing of what is known")
	return cmd
}

func (f *fuzzFlags) check(set *pflag.FlagSet) error {
	switch {
	case set.Changed("time") && f.time <= 0:
		return usagef("--time must be more than 0")
	case set.Changed("programs") && f.programs < 1:
		return usagef("--programs must be at least 1")
	case f.schedules < 1:
		return usagef("--schedules must be at least 1")
	case set.Changed("workers") && (f.workers < 1 || f.workers > 256):
		return usagef("--workers must be from 1 to 256")
	case set.Changed("expect") && f.expect != "none":
		return usagef("--expect can be none only")
	case f.corpus == "":
		return usagef("--corpus must name a folder")
	case f.traces == "":
		return usagef("--traces must name a folder")
	}
	if !set.Changed("workers") {
		f.workers = runtime.GOMAXPROCS(0)
	}
	return nil
}

func (a *app) fuzz(ctx context.Context, f *fuzzFlags, set *pflag.FlagSet) error {
	if err := f.check(set); err != nil {
		return err
	}
	known, err := readBaseline(f.baseline, "")
	if err != nil {
		return err
	}
	ticker := &fuzzTicker{app: a, quiet: f.quiet}
	s, err := fuzz.Run(ctx, fuzz.Config{
		Seed: f.seed, Programs: f.programs, Time: f.time, Schedules: f.schedules, Workers: f.workers, Corpus: f.corpus,
		Known: f.recogniser(known.known()), Progress: ticker.update,
		Found: func(x fuzz.Finding) error {
			ticker.clear()
			return a.finding(ctx, f, x)
		},
		Limited: func(x fuzz.Limit) error {
			ticker.clear()
			return a.limited(f, x)
		},
	})
	ticker.clear()
	if err != nil {
		return usageError{err}
	}
	a.fuzzed(f, s)
	return nil
}

// recogniser returns what names the bug of a violation: the baseline, then the families, unless
// nothing may be found.
func (f *fuzzFlags) recogniser(b *explore.Baseline) func(scenario string, v *explore.Violation) string {
	families := fuzz.Families()
	if f.expect == "none" {
		families = nil
	}
	return func(scenario string, v *explore.Violation) string {
		if b != nil {
			if k := b.Find(v.Signature, scenario); k != nil && k.Bug != "" {
				return k.Bug
			}
		}
		return fuzz.Recognise(families, v)
	}
}

// finding writes a new violation as a scenario and a trace, and tells of it. What nobody has listed is
// made smaller first.
func (a *app) finding(ctx context.Context, f *fuzzFlags, x fuzz.Finding) error {
	if x.Bug != "" && f.quiet {
		return nil
	}
	t, name := x.Trace(a.tool(), kernelName(false)), filepath.Join(f.traces, trace.FileName(x.Scenario.Name, x.Violation))
	if x.Bug == "" {
		var err error
		if t, err = a.smaller(ctx, t); err != nil {
			return err
		}
		if err := trace.WriteAtomic(strings.TrimSuffix(name, filepath.Ext(name))+".yaml", t.Source); err != nil {
			return err
		}
	}
	if err := t.WriteFile(name); err != nil {
		return err
	}
	after := x.After.Round(time.Second)
	if x.Bug != "" {
		_, err := fmt.Fprintf(a.out, "%-4s after %s, in program %d: %s\n", x.Bug, after, x.Number, x.Signature)
		return err
	}
	_, err := fmt.Fprintf(a.out, "NEW  after %s, in program %d: %s\n     %s\n", after, x.Number, x.Signature, name)
	return err
}

// limited writes a program of which a schedule reached a limit, and tells how to run it again.
func (a *app) limited(f *fuzzFlags, x fuzz.Limit) error {
	name := filepath.Join(f.traces, x.Scenario.Name+".yaml")
	if err := trace.WriteAtomic(name, x.Scenario.Source); err != nil {
		return err
	}
	c := x.Campaign
	how := c.Strategy
	if how == "pct" {
		how += fmt.Sprintf(" --depth %d", c.Depth)
	}
	_, err := fmt.Fprintf(a.out, "UNKNOWN in program %d: schedule %d reached a limit; it does again with\n"+
		"     dlsim run %s --strategy %s --seed %d --schedules %d\n", x.Number, x.Schedule, name, how, c.Seed, x.Schedule+1)
	return err
}

// smaller returns the trace, smaller if it can be.
func (a *app) smaller(ctx context.Context, t *trace.Trace) (*trace.Trace, error) {
	sc, err := a.catalog.parse(t.Header.Scenario, t.Source, false)
	if err != nil {
		return nil, err
	}
	s := &shrinker{catalog: a.catalog, effort: quickEffort(), tick: func(int) bool { return ctx.Err() == nil }}
	return s.smallest(t, sc, nil).trace, nil
}

// fuzzed sums a run up and decides the exit code.
func (a *app) fuzzed(f *fuzzFlags, s *fuzz.Stats) {
	bugs := make(map[string]bool)
	for _, d := range s.Discoveries {
		bugs[d.Bug] = true
	}
	delete(bugs, "")
	fmt.Fprintf(a.out, "%d programs, %d schedules in %s; %d programs in %s\n", s.Programs, s.Schedules, s.Elapsed.Round(time.Second), s.Corpus, f.corpus)
	fmt.Fprintf(a.out, "%s, %d hand-offs\n", s.Pairs, s.HandOffs)
	fmt.Fprintf(a.out, "%d signatures of %d known bugs\n", len(s.Discoveries)-len(s.Unlisted()), len(bugs))
	if s.Unknowns > 0 {
		fmt.Fprintf(a.out, "%d schedules reached a limit\n", s.Unknowns)
		a.code = exitUnknown
	}
	if s.Reported < s.Canaries {
		fmt.Fprintf(a.out, "%d of %d canaries were NOT reported: a bug put there on purpose is not found, so nothing above can be relied on\n",
			s.Canaries-s.Reported, s.Canaries)
		a.code = exitUnknown
	} else if s.Canaries > 0 {
		fmt.Fprintf(a.out, "all %d canaries, programs with a bug on purpose, were reported\n", s.Canaries)
	}
	if un := s.Unlisted(); len(un) > 0 {
		fmt.Fprintf(a.out, "%d violations that nobody has listed:\n", len(un))
		for _, d := range un {
			fmt.Fprintf(a.out, "  %s\n", d.Signature)
		}
		a.code = exitFailed
	}
}

// fuzzTicker shows on a terminal how far a run is, in one line.
type fuzzTicker struct {
	*app
	quiet bool
	last  time.Time
	width int
}

func (t *fuzzTicker) update(s fuzz.Stats) {
	if !t.errTerminal || t.quiet || time.Since(t.last) < progressAfter {
		return
	}
	t.last = time.Now()
	line := fmt.Sprintf("%s  %d programs, %d schedules, corpus %d, %d hand-offs, %d signatures",
		s.Elapsed.Round(time.Second), s.Programs, s.Schedules, s.Corpus, s.HandOffs, len(s.Discoveries))
	fmt.Fprintf(t.err, "\r%-*s", t.width, line)
	t.width = len(line)
}

func (t *fuzzTicker) clear() {
	if t.width > 0 {
		fmt.Fprint(t.err, "\r"+strings.Repeat(" ", t.width)+"\r")
		t.width = 0
	}
}
