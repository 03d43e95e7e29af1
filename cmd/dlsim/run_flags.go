// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// runFlags are the flags of dlsim run.
type runFlags struct {
	strategy    string
	depth       int
	preemptions int
	symmetry    bool
	schedules   int64
	time        time.Duration
	seed        uint64
	workers     int
	checks      string
	debug       bool
	traces      string
	failFast    bool
	json        string
	quiet       bool
	style       style
	files       runFiles
	// baseline is read, writeBaseline is written anew.
	baseline, writeBaseline string
	patches                 []string
	expect                  string
	noShrink                bool
	certify, recheck        bool
}

func (a *app) runCommand() *cobra.Command {
	f := new(runFlags)
	cmd := &cobra.Command{
		Use:   "run [SCENARIO|DIR ...]",
		Short: "Explore scenarios, by default those in ./scenarios",
		Long: "Explore scenarios: run each many times, every time with another interleaving, and\n" +
			"report what fails. Without flags each scenario is explored as its file says.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.patched(cmd.Context(), f.patches, func() error {
				return a.run(cmd.Context(), f, cmd.Flags(), args)
			})
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.StringVar(&f.strategy, "strategy", "", "how schedules are chosen: "+strings.Join(explore.StrategyNames(), ", "))
	s.IntVar(&f.depth, "depth", 0, "bug depth that pct is tuned to")
	s.IntVar(&f.preemptions, "preemptions", 0, "most preemptions of a schedule, for dfs and dpor; -1 for any number (default: what the scenario says)")
	s.BoolVar(&f.symmetry, "symmetry", false, "do not tell threads apart that do the same, for dpor")
	s.Int64Var(&f.schedules, "schedules", 0, "schedules for each scenario")
	s.DurationVar(&f.time, "time", 0, "time for each scenario, instead of a number of schedules")
	s.Uint64Var(&f.seed, "seed", 0, "seed of the campaign")
	s.IntVar(&f.workers, "workers", 0, "schedules that run at the same time (default: CPUs)")
	s.StringVar(&f.checks, "checks", "", "checks to make, separated by commas")
	s.BoolVar(&f.debug, "debug-kernel", false, "simulate a DEBUG kernel, in which ASSERT counts")
	s.StringVar(&f.baseline, "baseline", "", "file of known violations: only others fail the run")
	s.StringVar(&f.writeBaseline, "write-baseline", "", "write what is found to a baseline file, or refresh it")
	patchFlag(s, &f.patches)
	s.StringVar(&f.expect, "expect", "", "none: nothing may be found, whatever the scenarios expect")
	s.StringVar(&f.traces, "traces", "dlsim-traces", "folder for the traces of violations")
	s.BoolVar(&f.noShrink, "no-shrink", false, "write traces as they were found, without making them smaller")
	s.BoolVar(&f.failFast, "fail-fast", false, "stop at the first violation that fails the run")
	s.BoolVar(&f.certify, "certify", false, "write a certificate beside each scenario that a search proves free of violations")
	s.BoolVar(&f.recheck, "recheck", false, "run what has a certificate again, and nothing else")
	s.StringVar(&f.json, "json", "", "write the results as JSON lines to a file, or to - (stdout)")
	f.style.flag(s)
	s.BoolVar(&f.quiet, "quiet", false, "say nothing of what is as expected")
	f.files.flags(s)
	return cmd
}

// check refuses values that make no sense.
func (f *runFlags) check(set *pflag.FlagSet) error {
	switch {
	case set.Changed("depth") && (f.depth < 1 || f.depth > 100):
		return usagef("--depth must be from 1 to 100")
	case set.Changed("preemptions") && (f.preemptions < -1 || f.preemptions > 100):
		return usagef("--preemptions must be from -1 (any number) to 100")
	case set.Changed("schedules") && f.schedules < 1:
		return usagef("--schedules must be at least 1")
	case set.Changed("time") && f.time <= 0:
		return usagef("--time must be more than 0")
	case set.Changed("workers") && (f.workers < 1 || f.workers > 256):
		return usagef("--workers must be from 1 to 256")
	case set.Changed("expect") && f.expect != "none":
		return usagef("--expect can be none only; what else is expected is said in scenarios")
	case f.style.check() != nil:
		return f.style.check()
	case f.certify && f.recheck:
		return usagef("--certify and --recheck do not go together")
	case f.recheck && (set.Changed("strategy") || set.Changed("preemptions") || set.Changed("schedules") || set.Changed("time")):
		return usagef("--recheck runs a scenario as its certificate says")
	case f.traces == "":
		return usagef("--traces must name a folder")
	}
	if f.json != "-" {
		if err := checkFolder("json", f.json); err != nil {
			return err
		}
	}
	if err := f.files.check(); err != nil {
		return err
	}
	if set.Changed("preemptions") && set.Changed("strategy") && !explore.IsSearch(f.strategy) {
		return usagef("--preemptions is for dfs and dpor")
	}
	if f.symmetry && (f.strategy != "dpor" || set.Changed("preemptions")) {
		return usagef("--symmetry is for --strategy dpor, without --preemptions")
	}
	if set.Changed("strategy") {
		return pick("strategy", f.strategy, explore.StrategyNames())
	}
	return nil
}

// checkFolder refuses a file that a flag wants written where there is no folder; "" is no
// file.
func checkFolder(flag, file string) error {
	if file == "" {
		return nil
	}
	dir := filepath.Dir(file)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return usagef("--%s: there is no folder %s", flag, dir)
	}
	return nil
}

// checkNames returns the checks that --checks asks for, sorted.
func (f *runFlags) checkNames() ([]string, error) {
	switch f.checks {
	case "":
		return nil, nil // those of the scenario
	case "all":
		return explore.AllCheckNames(), nil
	}
	var names []string
	for name := range strings.SplitSeq(f.checks, ",") {
		name = strings.TrimSpace(name)
		if err := pick("check", name, explore.AllCheckNames()); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// config returns how to explore sc: as its file says, unless a flag says otherwise.
func (f *runFlags) config(set *pflag.FlagSet, sc *scenario, checks []string) explore.Config {
	c := sc.explore
	if checks != nil {
		c.Checks = checks
	}
	if f.expect == "none" {
		c.Expect = nil
	}
	c.FailFast, c.Workers = f.failFast, f.workers
	if !set.Changed("workers") {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if set.Changed("strategy") {
		c.Strategy = f.strategy
	}
	if set.Changed("depth") {
		c.Depth = f.depth
	}
	if set.Changed("preemptions") {
		c.Preemptions = f.preemptions
	}
	if f.symmetry {
		c.Symmetry, c.Preemptions = true, strategy.Unbounded
	}
	if set.Changed("seed") {
		c.Seed = f.seed
	}
	if set.Changed("time") {
		c.Time, c.Schedules = f.time, 0
	}
	if set.Changed("schedules") {
		c.Schedules = f.schedules
	}
	return c
}
