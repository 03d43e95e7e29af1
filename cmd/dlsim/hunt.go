// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"dlsim/devnet/bugbook"
	"dlsim/devnet/patch"
	"dlsim/sim/explore"
	"dlsim/sim/report"
	"dlsim/sim/trace"
)

// hunted is what came of looking for a bug with one of its scenarios. Its JSON is a line of
// --json.
type hunted struct {
	Bug       string `json:"bug"`
	Scenario  string `json:"scenario"`
	Patch     string `json:"patch,omitempty"`
	Found     bool   `json:"found"`
	Kind      string `json:"kind,omitempty"`
	Signature string `json:"signature,omitempty"`
	Schedules int64  `json:"schedules"` // until it was found, that one included
	ElapsedMS int64  `json:"elapsed_ms"`
	// Threads and Preemptions are those of the trace, which is shrunk.
	Threads     int    `json:"threads,omitempty"`
	Preemptions int    `json:"preemptions"`
	Trace       string `json:"trace,omitempty"`
	// Instead says what was found that is not the bug.
	Instead string `json:"instead,omitempty"`

	shown *shrunken // nil if nothing was found
}

// well reports whether it is as the book says.
func (h *hunted) well(b *bugbook.Bug) bool {
	return h.Instead == "" && h.Found == (b.Verdict == bugbook.Found)
}

// hunt explores one scenario of a bug until it shows it. The tool has the bug's patch. Other bugs
// that the scenario expects are passed over; what it does not expect ends the hunt.
func (a *app) hunt(ctx context.Context, f *bugFlags, root string, b *bugbook.Bug, file string) (*hunted, error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, usageError{err}
	}
	sc, err := a.catalog.parse(file, text, false)
	if err != nil {
		return nil, inputError{err}
	}
	c := sc.explore
	all := c.Expect
	c.Expect = slices.DeleteFunc(slices.Clone(all), func(e explore.Expectation) bool { return e.Bug == b.ID })
	c.FailFast = true
	if b.Verdict == bugbook.Found {
		c.Schedules, c.Time = f.schedules, f.time
	}
	r, err := explore.Explore(ctx, sc.program, c)
	if err != nil {
		return nil, unknownError{err}
	}
	if r.Interrupted {
		return nil, unknownError{errors.New("interrupted")}
	}
	h := &hunted{
		Bug: b.ID, Scenario: file, Patch: b.Patch, Schedules: r.Schedules, ElapsedMS: r.Elapsed.Milliseconds(),
	}
	var found *explore.Violation
	for _, v := range r.Violations {
		switch {
		case slices.ContainsFunc(all, func(e explore.Expectation) bool { return e.Bug == b.ID && e.Matches(v.Record) }):
			h.Found, h.Kind, h.Signature, found = true, string(v.Kind), v.Signature, v
		case !v.IsExpected():
			h.Instead, found = v.Signature, v
		}
	}
	if found == nil {
		return h, nil
	}
	header := trace.Header{
		Tool: a.tool(), Scenario: sc.name, ScenarioHash: sc.hash, PortHash: sc.program.PortHash(),
		Kernel: kernelProduction, Seed: c.Seed, StepsMax: c.StepsMax, Checks: c.Checks,
	}
	h.show(ctx, a.catalog, sc, trace.New(header, sc.source, found), found.Record, b.Whole)
	h.Trace = filepath.Join(f.traces, trace.FileName(sc.name, found))
	if err := h.shown.trace.WriteFile(h.Trace); err != nil {
		return nil, fmt.Errorf("cannot write the trace: %w", err)
	}
	return h, nil
}

// show shrinks the trace of what was found, unless it is to stay whole.
func (h *hunted) show(ctx context.Context, c catalog, sc *scenario, t *trace.Trace, r *explore.Record, whole bool) {
	if !whole {
		small := &shrinker{catalog: c, effort: quickEffort(), tick: func(int) bool { return ctx.Err() == nil }}
		h.shown = small.shrink(t, sc)
	}
	if h.shown == nil {
		h.shown = &shrunken{trace: t, record: r, scenario: report.Scenario{Name: sc.name, Threads: sc.threads}}
	}
	if x := h.shown.trace.Shrunk; x != nil {
		h.Threads, h.Preemptions = x.Threads.Left, x.Preemptions.Left
	}
}

// huntOne looks for a bug, whose patch the tool has, with each of its scenarios, and reports what
// is found.
func (a *app) huntOne(ctx context.Context, f *bugFlags, root string, b *bugbook.Bug) error {
	var results, text bytes.Buffer
	var reports []bugbook.Report
	for _, file := range b.Scenarios {
		h, err := a.hunt(ctx, f, root, b, file)
		if err != nil {
			return err
		}
		if !h.well(b) {
			a.code = exitFailed
		}
		r, err := a.addHunt(&results, h, b)
		if err != nil {
			return err
		}
		if r.Stamp, err = stamp(root, b, file); err != nil {
			return err
		}
		reports = append(reports, r)
		text.WriteString("\n" + r.Text)
	}
	if f.reports != "" {
		if err := trace.WriteAtomic(filepath.Join(f.reports, b.ID+".txt"), bugbook.FormatReports(reports)); err != nil {
			return err
		}
	}
	switch f.json {
	case "-":
		_, err := results.WriteTo(a.out)
		return err
	case "":
	default:
		if err := trace.WriteAtomic(f.json, results.Bytes()); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.out, "%s: %s\n%s\n", b.ID, b.Title, b.Source)
	_, err := text.WriteTo(a.out)
	return err
}

// stamp identifies the scenario and the patch that a report depends on.
func stamp(root string, b *bugbook.Bug, file string) (string, error) {
	scenario, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return "", err
	}
	var diff []byte
	for _, file := range patchFiles(root, b) {
		if diff, err = os.ReadFile(file); err != nil {
			return "", err
		}
	}
	return bugbook.Stamp(scenario, diff), nil
}

// addHunt adds the JSON line of a hunt and returns its report, without the stamp.
func (a *app) addHunt(results *bytes.Buffer, h *hunted, b *bugbook.Bug) (bugbook.Report, error) {
	line, err := json.Marshal(h)
	if err != nil {
		return bugbook.Report{}, err
	}
	results.Write(append(line, '\n'))
	if h.shown == nil {
		return bugbook.Report{Scenario: h.Scenario, Text: fmt.Sprintf("%s: nothing found in %d schedules of %s\n", b.ID, h.Schedules, h.Scenario)}, nil
	}
	var text bytes.Buffer
	err = report.Write(&text, report.Failure{
		Scenario: h.shown.scenario, Record: h.shown.record, Patches: relative(a.patches), Trace: h.Trace,
		Origin: origin(&h.shown.trace.Header), Notes: shrunkNotes(h.shown.trace.Shrunk), Color: a.outTerminal,
	})
	return bugbook.Report{Scenario: h.Scenario, Text: text.String()}, err
}

// relative shortens the names of files below the working directory.
func relative(files []string) []string {
	wd, err := os.Getwd()
	if err != nil {
		return files
	}
	var out []string
	for _, f := range files {
		if rel, err := filepath.Rel(wd, f); err == nil && filepath.IsLocal(rel) {
			f = rel
		}
		out = append(out, f)
	}
	return out
}

// huntAll looks for bugs one after the other, those that need a patch each in a tool of its own, and
// prints a table.
func (a *app) huntAll(ctx context.Context, f *bugFlags, root string, bugs []*bugbook.Bug) error {
	var results bytes.Buffer
	var missed []string
	text := a.out
	if f.json == "-" {
		text = a.err
	}
	fmt.Fprintf(text, "%-5s %-10s %9s %8s %7s %8s  %s\n", "bug", "found", "schedules", "time", "threads", "preempts",
		"scenario, and the signature")
	for _, b := range bugs {
		hunts, err := a.huntIn(ctx, f, root, b)
		if err != nil {
			return err
		}
		for _, h := range hunts {
			if err := huntRow(text, &results, h, b); err != nil {
				return err
			}
			if !h.well(b) && !slices.Contains(missed, b.ID) {
				missed = append(missed, b.ID)
			}
		}
	}
	if len(missed) > 0 {
		a.code = exitFailed
		fmt.Fprintf(text, "\n%d of %d are not as the book says: %s\n", len(missed), len(bugs), strings.Join(missed, ", "))
	} else {
		fmt.Fprintf(text, "\nall %d are as the book says\n", len(bugs))
	}
	switch f.json {
	case "":
		return nil
	case "-":
		_, err := results.WriteTo(a.out)
		return err
	}
	return trace.WriteAtomic(f.json, results.Bytes())
}

// huntRow writes a line of the table, and of JSON.
func huntRow(text io.Writer, results *bytes.Buffer, h *hunted, b *bugbook.Bug) error {
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	results.Write(append(line, '\n'))
	found, what := h.Kind, h.Signature
	switch {
	case h.Instead != "":
		found, what = "OTHER", h.Instead
	case !h.Found && b.Verdict == bugbook.Control:
		found = "nothing"
	case !h.Found:
		found = "NOT FOUND"
	}
	_, err = fmt.Fprintf(text, "%-5s %-10s %9d %7.2fs %7d %8d  %s: %s\n", h.Bug, found, h.Schedules,
		float64(h.ElapsedMS)/1000, h.Threads, h.Preemptions, strings.TrimSuffix(filepath.Base(h.Scenario), ".yaml"), what)
	return err
}

// huntIn looks for one bug in a tool that has its patch, and returns what that says.
func (a *app) huntIn(ctx context.Context, f *bugFlags, root string, b *bugbook.Bug) ([]*hunted, error) {
	args := []string{
		"bugs", b.ID, "--json", "-", "--traces", f.traces, "--reports", f.reports,
		"--schedules", fmt.Sprint(f.schedules), "--time", f.time.String(),
	}
	tool, err := os.Executable()
	if files := patchFiles(root, b); len(files) > 0 {
		var patches []*patch.Patch
		if patches, err = readPatches(files); err == nil {
			tool, err = a.buildPatched(ctx, patches)
		}
	}
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Stderr = a.err
	out, err := cmd.Output()
	var exit *exec.ExitError
	if ctx.Err() != nil {
		return nil, unknownError{errors.New("interrupted")}
	}
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != exitFailed) {
		return nil, unknownError{fmt.Errorf("%s: %w", b.ID, err)}
	}
	var hunts []*hunted
	for line := range bytes.Lines(out) {
		h := new(hunted)
		if err := json.Unmarshal(line, h); err != nil {
			return nil, unknownError{fmt.Errorf("%s: %w", b.ID, err)}
		}
		hunts = append(hunts, h)
	}
	return hunts, nil
}
