// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dlsim/sim/explore"
	"dlsim/sim/report"
	"dlsim/sim/trace"
)

// runFlags are the flags of dlsim run.
type runFlags struct {
	strategy    string
	depth       int
	preemptions int
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
	s.IntVar(&f.preemptions, "preemptions", 0, "most preemptions of a schedule, for dfs and dpor (default: any number)")
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
	case set.Changed("preemptions") && (f.preemptions < 0 || f.preemptions > 100):
		return usagef("--preemptions must be from 0 to 100")
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

// session is one dlsim run.
type session struct {
	*app
	flags *runFlags
	text  io.Writer // where people read
	table *report.Table
	known *baseline
	// outcomes are kept for the files that are written at the end.
	outcomes []report.Outcome
	json     bytes.Buffer
	reports  bytes.Buffer
}

func (a *app) run(ctx context.Context, f *runFlags, set *pflag.FlagSet, paths []string) error {
	if err := f.check(set); err != nil {
		return err
	}
	checks, err := f.checkNames()
	if err != nil {
		return err
	}
	known, err := readBaseline(f.baseline, f.writeBaseline)
	if err != nil {
		return err
	}
	all, err := load(a.catalog, paths, f.debug)
	if err != nil {
		return err
	}
	if f.recheck {
		if all, err = certified(all); err != nil {
			return err
		}
	}
	names := make([]string, len(all))
	for i, sc := range all {
		names[i] = sc.name
	}
	s := &session{app: a, flags: f, text: a.out, known: known}
	if f.json == "-" {
		s.text = a.err // the other stream is for the machine
	}
	configs := make([]explore.Config, len(all))
	for i, sc := range all {
		configs[i] = f.config(set, sc, checks)
		configs[i].Baseline = known.known()
	}
	s.announce(configs)
	s.table = report.NewTable(s.text, names)
	for i, sc := range all {
		r, err := s.explore(ctx, sc, configs[i])
		if err != nil {
			return err
		}
		a.code = worse(a.code, r.Verdict)
		if ctx.Err() != nil {
			a.code = worse(a.code, explore.Unknown)
			if left := len(all) - i - 1; left > 0 {
				known.cutOff()
				fmt.Fprintf(s.text, "interrupted: %d scenarios were not run\n", left)
			}
			break
		}
		if f.failFast && r.Verdict == explore.Violated {
			known.cutOff()
			break
		}
	}
	if err := s.table.Legend(); err != nil {
		return err
	}
	if _, err := s.reports.WriteTo(s.text); err != nil {
		return err
	}
	if err := known.finish(s.text); err != nil {
		return err
	}
	if err := f.files.write(s.text, s.outcomes); err != nil {
		return err
	}
	return s.writeJSON()
}

// announce says what auto will do, once for each depth of pct that is asked for.
func (s *session) announce(configs []explore.Config) {
	said := make(map[string]bool)
	for _, c := range configs {
		mix := explore.Portfolio(c.Depth)
		if c.Strategy == "auto" && !said[mix] && !s.flags.quiet {
			said[mix] = true
			fmt.Fprintln(s.text, mix)
		}
	}
}

// worse returns the exit code after one more verdict: a violation outweighs doubt, and
// doubt outweighs all being as expected.
func worse(code int, v explore.Verdict) int {
	switch {
	case code == exitFailed || v == explore.Violated || v == explore.Missing:
		return exitFailed
	case v == explore.Unknown:
		return exitUnknown
	}
	return code
}

// explore runs the campaign of one scenario and tells of it.
func (s *session) explore(ctx context.Context, sc *scenario, c explore.Config) (*explore.Result,
	error,
) {
	r, err := s.recognise(sc, c)
	if err != nil {
		return nil, err
	}
	if r == nil {
		bar := s.progress(sc.name, c.Schedules)
		c.Progress = bar.update
		r, err = explore.Explore(ctx, sc.program, c)
		bar.done()
		if err != nil {
			return nil, unknownError{err}
		}
		if err := s.certify(sc, c, r); err != nil {
			return nil, err
		}
	}
	traces := make([]string, len(r.Violations))
	failures := make([]report.Failure, len(r.Violations))
	for i, v := range r.Violations {
		traces[i] = filepath.Join(s.flags.traces, trace.FileName(sc.name, v))
		small := s.shrink(ctx, trace.New(s.header(sc, c), sc.source, v), sc, v.Record)
		if err := small.trace.WriteFile(traces[i]); err != nil {
			return nil, fmt.Errorf("cannot write the trace: %w", err)
		}
		if err := writeAttachments(traces[i], small.record); err != nil {
			return nil, err
		}
		failures[i] = report.Failure{
			Scenario: small.scenario, Record: small.record, Notes: shrunkNotes(small.trace.Shrunk),
			Patches: s.patches, Trace: traces[i],
			Found: finding(r, v), Origin: v.Origin,
		}
	}
	if !s.flags.quiet || r.Verdict != explore.Expected {
		if err := s.table.Row(r, len(c.Expect) > 0, traces); err != nil {
			return nil, err
		}
	}
	s.known.add(sc.name, c.Checks, r)
	s.outcomes = append(s.outcomes, report.Outcome{
		Result: r, File: filepath.ToSlash(sc.file), Failures: failures,
	})
	s.addJSON(sc, c, r, traces)
	return r, s.report(sc, r, failures)
}

// shrink returns the trace of a violation as it is to be written: smaller, unless it is not to
// be, or cannot be because its checks need more than one schedule.
func (s *session) shrink(ctx context.Context, t *trace.Trace, sc *scenario, r *explore.Record) *shrunken {
	if !s.flags.noShrink {
		bar := s.progress("shrinking "+sc.name, 0)
		defer bar.done()
		small := &shrinker{catalog: s.catalog, effort: quickEffort(), debug: s.flags.debug, tick: func(n int) bool {
			bar.update(int64(n))
			return ctx.Err() == nil
		}}
		if x := small.shrink(t, sc); x != nil {
			return x
		}
	}
	return &shrunken{trace: t, record: r, scenario: report.Scenario{Name: sc.name, Threads: sc.threads}}
}

func (s *session) header(sc *scenario, c explore.Config) trace.Header {
	return trace.Header{
		Tool: s.tool(), Scenario: sc.name, ScenarioHash: sc.hash,
		PortHash: sc.program.PortHash(), Kernel: kernelName(s.flags.debug), Seed: c.Seed,
		StepsMax: c.StepsMax, Checks: c.Checks,
	}
}

// Which kernel a trace was made on, beyond what its scenario says.
const (
	kernelProduction = "as the scenario says"
	kernelDebug      = "debug"
)

func kernelName(debug bool) string {
	if debug {
		return kernelDebug
	}
	return kernelProduction
}

const reportsMax = 3 // of one scenario

// report keeps the reports of what fails the run for the end.
func (s *session) report(sc *scenario, r *explore.Result, failures []report.Failure) error {
	shown, left := 0, 0
	for i, v := range r.Violations {
		if v.Accepted {
			continue
		}
		if shown == reportsMax {
			left++
			continue
		}
		shown++
		s.reports.WriteByte('\n')
		f := failures[i]
		f.Color = s.outTerminal && s.flags.json != "-"
		if err := s.write(&s.reports, s.flags.style, f); err != nil {
			return err
		}
	}
	if left > 0 {
		fmt.Fprintf(&s.reports, "\n%s: %d more violations; replay their traces to see them\n",
			sc.name, left)
	}
	return nil
}

// finding says where the campaign's schedules met the violation, nil if it was found otherwise.
func finding(r *explore.Result, v *explore.Violation) *report.Finding {
	if v.Origin != "" {
		return nil
	}
	return &report.Finding{
		Plan: v.Plan, Seed: r.Plan.Seed, First: v.First, Count: v.Count,
		Exact: v.Exact, Schedules: r.Schedules,
	}
}
