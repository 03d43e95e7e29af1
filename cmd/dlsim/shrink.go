// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/report"
	"dlsim/sim/shrink"
	"dlsim/sim/trace"
)

func (a *app) shrinkCommand() *cobra.Command {
	out := ""
	var patches []string
	cmd := &cobra.Command{
		Use:   "shrink TRACE",
		Short: "Make a trace smaller and find out what it depends on",
		Long: "Look for the smallest scenario and schedule that fail with the same signature: first the\n" +
			"fewest threads, operations and faults, then the fewest preemptions, then the shortest run;\n" +
			"and for the orders of operations without which it does not fail. dlsim run does the same\n" +
			"with less effort before it writes a trace. What is found goes to TRACE with .min before\n" +
			"its extension, unless -o names a file.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("shrink takes one trace")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("output") && out == "" {
				return usagef("-o must name a file")
			}
			if out == "" {
				ext := filepath.Ext(args[0])
				out = strings.TrimSuffix(args[0], ext) + ".min" + ext
			}
			return a.patched(cmd.Context(), patches, func() error { return a.shrink(cmd.Context(), args[0], out) })
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "write the smaller trace to this file")
	patchFlag(cmd.Flags(), &patches)
	return cmd
}

// shrink shrinks the trace in one file into another.
func (a *app) shrink(ctx context.Context, file, out string) error {
	t, sc, err := a.recorded(file)
	if err != nil {
		return err
	}
	bar := a.progress("shrinking "+sc.name, 0)
	s := &shrinker{
		catalog: a.catalog, effort: fullEffort(), debug: t.Header.Kernel == kernelDebug,
		tick: func(n int) bool {
			bar.update(int64(n))
			return ctx.Err() == nil
		},
	}
	x := s.shrink(t, sc)
	bar.done()
	if x == nil {
		return unknownError{fmt.Errorf("%s does not fail as recorded: %s; replay it to see", file, t.Violation.Signature)}
	}
	if err := x.trace.WriteFile(out); err != nil {
		return fmt.Errorf("cannot write the trace: %w", err)
	}
	if ctx.Err() != nil {
		a.code = exitUnknown
		fmt.Fprintln(a.out, "interrupted: what was found so far is kept")
	}
	return report.Write(a.out, report.Failure{
		Scenario: x.scenario, Record: x.record, Trace: out, Origin: origin(&x.trace.Header), Patches: a.patches,
		Notes: shrunkNotes(x.trace.Shrunk), Color: a.outTerminal,
	})
}

// shrinker makes traces smaller.
type shrinker struct {
	catalog catalog
	effort  shrink.Effort
	debug   bool // the kernel
	// shows, if not nil, must stay true of the failure.
	shows func(*explore.Record) bool
	// tick is told the number of schedules that were run and says whether to go on.
	tick func(schedules int) bool

	target  shrink.Target
	before  int // schedules run by searches that are closed
	current *shrink.Search
}

// shrunken is a smaller trace and what a report of it needs.
type shrunken struct {
	trace    *trace.Trace
	record   *explore.Record
	scenario report.Scenario
}

// Effort of dlsim run, which shrinks whatever it finds, and of dlsim shrink.
func quickEffort() shrink.Effort {
	return shrink.Effort{Any: 300, Fewer: 3000, Shorter: 1000, Break: 12}
}

func fullEffort() shrink.Effort {
	return shrink.Effort{Any: 5000, Fewer: 50_000, Shorter: 20_000, Break: 200}
}

// smallest is shrink, or else the trace as it is, of which r is the record.
func (s *shrinker) smallest(t *trace.Trace, sc *scenario, r *explore.Record) *shrunken {
	if x := s.shrink(t, sc); x != nil {
		return x
	}
	return whole(t, sc, r)
}

// whole is a trace that is not made smaller.
func whole(t *trace.Trace, sc *scenario, r *explore.Record) *shrunken {
	return &shrunken{trace: t, record: r, scenario: report.Scenario{Name: sc.name, Threads: sc.threads}}
}

// shrink returns the smaller trace, nil if the trace does not fail as recorded. The scenario
// is that of the trace.
func (s *shrinker) shrink(t *trace.Trace, sc *scenario) *shrunken {
	v := &t.Violation
	s.target = shrink.Target{Signature: v.Signature, Kind: v.Kind, Shows: s.shows, Checks: t.Header.Checks, StepsMax: t.Header.StepsMax}
	first := s.open(sc, sc)
	found := first.Find(t.Choices)
	if found == nil {
		s.close()
		return nil
	}
	// A smaller scenario is not to cost preemptions, so these come first.
	best := first.Least(found, shrink.Effort{Fewer: s.effort.Fewer}).Schedule
	record := first.Record(best)
	s.close()

	matches := func(e explore.Expectation) bool { return e.Matches(record) }
	small := s.catalog.shrink(sc, s.debug, matches, func(c *scenario) bool {
		defer s.close()
		x := s.open(c, sc)
		f := x.Reach(best.Recorded, best.Preemptions, s.effort)
		if f != nil {
			best = x.Simplify(f)
		}
		return f != nil
	})

	last := s.open(small, sc)
	defer s.close()
	tick := last.Tick
	last.Tick = nil // what was found is run in any case
	f := last.Find(best.Recorded)
	last.Tick = tick
	least := last.Least(f, s.effort)
	why := last.Why(least.Schedule, s.effort)
	out := &shrunken{record: last.Record(least.Schedule), scenario: report.Scenario{Name: small.name, Threads: small.threads}}
	r := out.record
	x := &trace.Shrunk{
		ScenarioHash: sc.hash,
		Threads:      trace.Part{Left: small.size.threads, Of: sc.size.threads},
		Operations:   trace.Part{Left: small.size.operations, Of: sc.size.operations},
		Faults:       trace.Part{Left: small.size.faults, Of: sc.size.faults},
		Preemptions:  trace.Part{Left: least.Preemptions, Of: found.Preemptions},
		Steps:        trace.Part{Left: least.Steps, Of: found.Steps},
		Fewer:        least.Tried, Proven: least.All, Schedules: s.before + last.Schedules,
		Why: trace.Why{Broken: why.Broken, Kept: why.Kept, Failed: why.Failed},
	}
	for _, o := range why.Orders {
		x.Why.Orders = append(x.Why.Orders, trace.Order{First: spot(o.First), Second: spot(o.Second)})
	}
	r.Depends = because(x)
	h := t.Header
	h.ScenarioHash = small.hash
	out.trace = &trace.Trace{
		Header: h, Source: small.source, Choices: r.Choices, Shrunk: x,
		Violation: trace.Violation{Kind: r.Kind, Signature: r.Signature, Message: r.Message, Step: r.Step, Digest: r.Digest},
	}
	return out
}

func spot(p shrink.Place) trace.Place {
	return trace.Place{Thread: p.Thread, Op: p.Op, Site: p.Site.String()}
}

// open returns a search in a scenario; places in the source are those of the first one.
func (s *shrinker) open(sc, first *scenario) *shrink.Search {
	s.current = shrink.NewSearch(sc.program, first.program.Sites(), s.target)
	if s.tick != nil {
		s.current.Tick = func() bool { return s.tick(s.before + s.current.Schedules) }
	}
	return s.current
}

func (s *shrinker) close() {
	s.before += s.current.Schedules
	s.current.Close()
}

// shrunkNotes says in a line what was shrunk.
func shrunkNotes(x *trace.Shrunk) []string {
	if x == nil {
		return nil
	}
	var left []string
	for _, p := range []struct {
		trace.Part
		what string
	}{{x.Threads, "threads"}, {x.Operations, "operations"}, {x.Faults, "faults"}, {x.Preemptions, "preemptions"}} {
		if p.Left < p.Of {
			left = append(left, fmt.Sprintf("%d of %d %s", p.Left, p.Of, p.what))
		}
	}
	note := "shrunk to " + strings.Join(left, ", ")
	if len(left) == 0 {
		note = "nothing could be left out"
	}
	switch {
	case x.Preemptions.Left == 0:
	case x.Proven:
		note += fmt.Sprintf("; with fewer preemptions it never fails (all %d schedules tried)", x.Fewer)
	default:
		note += fmt.Sprintf("; it does not fail in %d schedules with fewer preemptions", x.Fewer)
	}
	return []string{note}
}

// because words the orders that a failure depends on.
func because(x *trace.Shrunk) []sim.Evidence {
	if x == nil || len(x.Why.Orders) == 0 {
		return nil
	}
	w := &x.Why
	how := "only if"
	if w.Kept > 0 && w.Failed == w.Kept {
		how = "whenever"
	}
	e := sim.Evidence{Title: fmt.Sprintf("fails %s (%d of %d schedules that have it so, none of %d that have not)",
		how, w.Failed, w.Kept, w.Broken)}
	for i, o := range w.Orders {
		and := ""
		if i > 0 {
			and = "and "
		}
		e.Lines = append(e.Lines, fmt.Sprintf("%s%s comes before %s", and, placed(o.First), placed(o.Second)))
	}
	return []sim.Evidence{e}
}

// placed words an operation: "admin's rw_exit R i_dls_devnet_lock (dls_devnet_unset:987)".
func placed(p trace.Place) string {
	s := p.Thread + "'s " + p.Op
	if p.Site != "" {
		s += " (" + p.Site + ")"
	}
	return s
}

// recorded reads a trace and makes its scenario ready.
func (a *app) recorded(file string) (*trace.Trace, *scenario, error) {
	t, err := trace.ReadFile(file)
	if err != nil {
		var bad *trace.Error
		if errors.As(err, &bad) {
			return nil, nil, inputError{fmt.Errorf("%w\n    %s", err, bad.Text)}
		}
		return nil, nil, usageError{err}
	}
	h := &t.Header
	if h.Kernel != kernelProduction && h.Kernel != kernelDebug {
		return nil, nil, usagef("%s: there is no kernel %q", file, h.Kernel)
	}
	for _, c := range h.Checks {
		if err := pick("check", c, a.checks()); err != nil {
			return nil, nil, usagef("%s: %w", file, err)
		}
	}
	sc, err := a.catalog.parse(file+"(scenario.yaml)", t.Source, h.Kernel == kernelDebug)
	if err != nil {
		return nil, nil, inputError{err}
	}
	if sc.hash != h.ScenarioHash || sc.name != h.Scenario {
		return nil, nil, usagef("%s: the header is of scenario %s with hash %s, but the trace holds %s with "+
			"hash %s", file, h.Scenario, h.ScenarioHash, sc.name, sc.hash)
	}
	return t, sc, nil
}

// origin says how the failure of a trace was found.
func origin(h *trace.Header) string {
	return fmt.Sprintf("by %s: %s, seed %d, schedule %d", h.Tool, h.Strategy, h.Seed, h.Schedule)
}
