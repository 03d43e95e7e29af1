// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"dlsim/sim"
	"dlsim/sim/report"
	"dlsim/sim/trace"
)

func (a *app) replayCommand() *cobra.Command {
	events, strict := false, true
	var how style
	var files replayFiles
	var patches []string
	cmd := &cobra.Command{
		Use:   "replay TRACE",
		Short: "Run a recorded schedule again, exactly",
		Long: "Run a recorded schedule again, choice by choice, and report the violation it ends in.\n" +
			"If the run cannot follow the recording, it stops and names the first step that differs.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("replay takes one trace")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !strict {
				return usagef("--strict=false is not available in this version")
			}
			return a.patched(cmd.Context(), patches, func() error { return a.replay(args[0], events, how, files) })
		},
	}
	cmd.Flags().BoolVar(&events, "events", false, "print every step after the report")
	patchFlag(cmd.Flags(), &patches)
	how.flag(cmd.Flags())
	files.flags(cmd.Flags())
	cmd.Flags().BoolVar(&strict, "strict", true, "stop at the first step that differs")
	refuseFlags(cmd, []string{"step", "resync"}, []string{"continue"})
	return cmd
}

func (a *app) replay(file string, events bool, how style, files replayFiles) error {
	if err := errors.Join(how.check(), files.check()); err != nil {
		return err
	}
	t, sc, err := a.recorded(file)
	if err != nil {
		return err
	}
	h := &t.Header
	p := sc.program
	r := trace.Replay(p, t)
	if r.Same {
		r.Record.Evidence = append(r.Record.Evidence, because(t.Shrunk)...)
	}
	f := report.Failure{
		Scenario: report.Scenario{Name: sc.name, Threads: sc.threads}, Record: r.Record,
		Trace: file, Patches: a.patches, Color: a.outTerminal,
		Origin: origin(h), Notes: shrunkNotes(t.Shrunk),
	}
	if p.PortHash() != h.PortHash {
		f.Notes = append(f.Notes, fmt.Sprintf(
			"the port has changed since the recording: it was %s and is %s", h.PortHash,
			p.PortHash()))
	}
	if err := a.replayed(f, t, r, how); err != nil {
		return err
	}
	if err := files.write(f); err != nil {
		return err
	}
	if events {
		fmt.Fprintln(a.out)
		return report.Events(a.out, r.Record)
	}
	return nil
}

// replayed tells what a replay came to and sets the exit code.
func (a *app) replayed(f report.Failure, t *trace.Trace, r *trace.Replayed, how style) error {
	failed := r.Outcome == sim.Failed
	switch {
	case r.Same && !r.Exact:
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
