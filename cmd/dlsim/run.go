// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/pflag"

	"dlsim/sim/explore"
	"dlsim/sim/report"
	"dlsim/sim/trace"
)

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
			fmt.Fprintln(s.text, mix+"; if nothing fails, dpor")
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
		if r, err = s.prove(ctx, sc, c, r); err != nil {
			return nil, err
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
	if s.flags.noShrink {
		return whole(t, sc, r)
	}
	bar := s.progress("shrinking "+sc.name, 0)
	defer bar.done()
	small := &shrinker{catalog: s.catalog, effort: quickEffort(), debug: s.flags.debug, tick: func(n int) bool {
		bar.update(int64(n))
		return ctx.Err() == nil
	}}
	return small.smallest(t, sc, r)
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
