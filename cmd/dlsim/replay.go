// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/report"
	"dlsim/sim/trace"
)

// replayFlags are the flags of dlsim replay.
type replayFlags struct {
	events, strict, resync, step bool
	// then is the strategy to go on with, "" if the run is not to.
	then    string
	seed    uint64
	style   style
	files   replayFiles
	patches []string
}

func (a *app) replayCommand() *cobra.Command {
	f := new(replayFlags)
	cmd := &cobra.Command{
		Use:   "replay TRACE",
		Short: "Run a recorded schedule again, exactly",
		Long: "Run a recorded schedule again, choice by choice, and report the violation it ends in.\n" +
			"If the run cannot follow the recording, it stops and names the first step that differs;\n" +
			"with --resync it follows as far as it can and searches near it, with --continue it goes\n" +
			"on freely from there.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("replay takes one trace")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd.Flags()); err != nil {
				return err
			}
			if f.step && !a.terminal {
				return usagef("--step needs a terminal to show the steps on; --events prints them")
			}
			return a.patched(cmd.Context(), f.patches, func() error {
				return a.replay(cmd.Context(), args[0], f, cmd.Flags().Changed("seed"))
			})
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.BoolVar(&f.strict, "strict", true, "stop at the first step that differs")
	s.BoolVar(&f.resync, "resync", false, "leave out what does not fit any more, and search near the recording")
	s.StringVar(&f.then, "continue", "", "go on with this strategy where the recording ends or does not fit")
	s.Uint64Var(&f.seed, "seed", 0, "seed of that strategy (default: that of the recording)")
	s.BoolVar(&f.step, "step", false, "look at the schedule step by step in the terminal, before the report")
	s.BoolVar(&f.events, "events", false, "print every step after the report")
	patchFlag(s, &f.patches)
	f.style.flag(s)
	f.files.flags(s)
	return cmd
}

// check refuses flags that make no sense together.
func (f *replayFlags) check(set *pflag.FlagSet) error {
	switch {
	case f.resync && f.then != "":
		return usagef("--resync and --continue exclude each other")
	case set.Changed("strict") && f.strict && (f.resync || f.then != ""):
		return usagef("--strict excludes --resync and --continue")
	case !f.strict && !f.resync && f.then == "":
		return usagef("instead of being strict, --resync or --continue=STRATEGY")
	case set.Changed("seed") && f.then == "":
		return usagef("--seed goes with --continue")
	}
	if set.Changed("continue") {
		known := slices.DeleteFunc(explore.StrategyNames(), func(s string) bool { return !explore.OfOneSchedule(s) })
		if err := pick("strategy to continue with,", f.then, known); err != nil {
			return err
		}
	}
	return errors.Join(f.style.check(), f.files.check())
}

func (a *app) replay(ctx context.Context, file string, f *replayFlags, seeded bool) error {
	t, sc, err := a.recorded(file)
	if err != nil {
		return err
	}
	h := &t.Header
	p := sc.program
	var r *trace.Replayed
	switch {
	case f.resync:
		r = trace.Resync(p, t)
	case f.then != "":
		if !seeded {
			f.seed = h.Seed
		}
		r = trace.ContinueWith(p, t, explore.Plan{Strategy: f.then, Depth: 3, Picks: len(t.Choices), Seed: f.seed}.New())
	default:
		r = trace.Replay(p, t)
	}
	if r.Same {
		r.Record.Depends = because(t.Shrunk)
	}
	fail := report.Failure{
		Scenario: report.Scenario{Name: sc.name, Threads: sc.threads}, Record: r.Record,
		Trace: file, Patches: a.patches, Color: a.outTerminal,
		Origin: origin(h), Notes: shrunkNotes(t.Shrunk),
	}
	if p.PortHash() != h.PortHash {
		fail.Notes = append(fail.Notes, fmt.Sprintf(
			"the port has changed since the recording: it was %s and is %s", h.PortHash,
			p.PortHash()))
	}
	if r.Loose != nil {
		fail.Notes = append(fail.Notes, looseNotes(r, f.then)...)
	}
	if f.step {
		if err := a.stepping(ctx, fail); err != nil {
			return err
		}
	}
	if err := a.replayed(fail, t, r, f.style); err != nil {
		return err
	}
	if err := f.files.write(fail); err != nil {
		return err
	}
	if f.events {
		fmt.Fprintln(a.out)
		return report.Events(a.out, r.Record)
	}
	return nil
}

// looseNotes says how a run that need not follow its recording differs from it.
func looseNotes(r *trace.Replayed, then string) []string {
	x := r.Loose
	switch {
	case x.First == nil:
		return nil
	case then != "":
		return []string{fmt.Sprintf("went on with %s from %v", then, x.First)}
	}
	note := fmt.Sprintf("resynchronised: %d recorded choices left out, %d decisions that are not recorded; %v",
		x.Skipped, x.Added, x.First)
	switch {
	case x.Tried > 0 && r.Same:
		return []string{note, fmt.Sprintf("found in schedule %d of a search near the recording", x.Tried)}
	case x.Tried > 0:
		return []string{note, fmt.Sprintf("not found in %d schedules near the recording", x.Tried)}
	}
	return []string{note}
}

// replayed tells what a replay came to and sets the exit code.
func (a *app) replayed(f report.Failure, t *trace.Trace, r *trace.Replayed, how style) error {
	failed := r.Outcome == sim.Failed
	switch {
	case r.Same && !r.Exact && r.Loose == nil:
		f.Notes = append(f.Notes, "the run is not the recorded one step for step")
	case r.Divergence != nil && failed:
		f.Notes = append(f.Notes, r.Divergence.Error())
	case failed && !r.Same:
		f.Notes = append(f.Notes, "the recorded violation was another: "+t.Violation.Signature)
	}
	if failed {
		a.code = exitFailed
		return a.write(a.out, how, f)
	}
	for _, n := range f.Notes {
		fmt.Fprintln(a.out, "note:", n)
	}
	switch {
	case r.Divergence != nil:
		a.code = exitUnknown
		fmt.Fprintf(a.out, "DIVERGED in %s: %v\n", f.Scenario.Name, r.Divergence)
	case r.Loose != nil && r.Loose.First != nil:
		a.code = exitUnknown
		fmt.Fprintf(a.out, "NOT SEEN in %s: the run left the recording and did not fail; recorded was %s\n",
			f.Scenario.Name, t.Violation.Signature)
	case r.Outcome == sim.Unknown:
		a.code = exitUnknown
		fmt.Fprintf(a.out, "UNKNOWN in %s: the run reached the limit of %d steps\n",
			f.Scenario.Name, t.Header.StepsMax)
	default:
		fmt.Fprintf(a.out, "GONE from %s: the run followed the recording to its end and did not "+
			"fail; recorded was %s\n", f.Scenario.Name, t.Violation.Signature)
	}
	return nil
}
