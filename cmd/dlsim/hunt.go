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
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/report"
	"dlsim/sim/trace"
)

// hunted is what came of looking for a bug with one of its scenarios. Its JSON is a line of
// --json.
type hunted struct {
	Bug       string `json:"bug"`
	Scenario  string `json:"scenario"`
	Expected  string `json:"expected,omitempty"` // the report that is asked for, in the words of bugs.md
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
	// Differs says how the last failure of the kind is not the report that is asked for.
	Differs string `json:"differs,omitempty"`

	shown *shrunken // nil if nothing was found
}

// well reports whether it is as the book says.
func (h *hunted) well(b *bugbook.Bug) bool {
	return h.Instead == "" && h.Found == (b.Verdict == bugbook.Found)
}

// hunt explores one scenario of a bug until it shows the report that is asked for; nil for a
// scenario that must show nothing. The tool has the bug's patch. Whatever else the scenario expects
// is passed over; what it does not expect ends the hunt.
func (a *app) hunt(ctx context.Context, f *bugFlags, root string, b *bugbook.Bug, file string, want *bugbook.Expected) (*hunted, error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, usageError{err}
	}
	debug := want != nil && want.Debug
	sc, err := a.catalog.parse(file, text, debug)
	if err != nil {
		return nil, inputError{err}
	}
	c := sc.explore
	c.FailFast = true
	h := &hunted{Bug: b.ID, Scenario: file, Patch: b.Patch}
	if want != nil {
		h.Expected = want.Says
		c.Until = h.until(b, want, c.Expect)
		c.Checks = want.Checks(c.Checks)
		if want.Kind != string(sim.KindOrder) && want.Kind != string(sim.KindUpcall) { // which show at the end
			c.Schedules, c.Time = f.schedules, f.time
		}
	}
	r, err := explore.Explore(ctx, sc.program, c)
	if err != nil {
		return nil, unknownError{err}
	}
	if r.Interrupted {
		return nil, unknownError{errors.New("interrupted")}
	}
	h.Schedules, h.ElapsedMS = r.Schedules, r.Elapsed.Milliseconds()
	found := r.Reached
	if found != nil {
		h.Found, h.Kind, h.Signature = true, string(found.Kind), found.Signature
	}
	for _, v := range r.Violations {
		if !v.Accepted {
			h.Instead, found = v.Signature, v
		}
	}
	if found == nil {
		return h, nil
	}
	header := trace.Header{
		Tool: a.tool(), Scenario: sc.name, ScenarioHash: sc.hash, PortHash: sc.program.PortHash(),
		Kernel: kernelName(debug), Seed: c.Seed, StepsMax: c.StepsMax, Checks: c.Checks,
	}
	small := &shrinker{
		catalog: a.catalog, effort: quickEffort(), debug: debug, shows: c.Until, tick: func(int) bool { return ctx.Err() == nil },
	}
	if h.Instead != "" {
		small.shows = nil
	}
	h.show(small, sc, trace.New(header, sc.source, found), found.Record)
	h.Trace = filepath.Join(f.traces, trace.FileName(sc.name, found))
	if err := h.shown.trace.WriteFile(h.Trace); err != nil {
		return nil, fmt.Errorf("cannot write the trace: %w", err)
	}
	return h, nil
}

// until returns what is true of the report that is asked for. What it is not, of what was seen
// last of its kind, is noted.
func (h *hunted) until(b *bugbook.Bug, want *bugbook.Expected, expect []explore.Expectation) func(*explore.Record) bool {
	return func(r *explore.Record) bool {
		own := slices.ContainsFunc(expect, func(e explore.Expectation) bool { return e.Bug == b.ID && e.Matches(r) })
		differs := want.Differs(r)
		if !own && differs == "" {
			differs = "the scenario does not expect it"
		}
		if string(r.Kind) == want.Kind {
			h.Differs = differs
		}
		return differs == ""
	}
}

// show shrinks the trace of what was found.
func (h *hunted) show(small *shrinker, sc *scenario, t *trace.Trace, r *explore.Record) {
	h.shown = small.smallest(t, sc, r)
	if x := h.shown.trace.Shrunk; x != nil {
		h.Threads, h.Preemptions = x.Threads.Left, x.Preemptions.Left
	}
}

// huntOne looks for a bug, whose patch the tool has, with each of its scenarios, and reports what
// is found.
func (a *app) huntOne(ctx context.Context, f *bugFlags, root string, b *bugbook.Bug) error {
	var results, text bytes.Buffer
	var reports []bugbook.Report
	for _, x := range b.Hunts() {
		h, err := a.hunt(ctx, f, root, b, x.Scenario, x.Expected)
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
		if r.Stamp, err = stamp(root, b, x.Scenario); err != nil {
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
		text := fmt.Sprintf("%s: nothing found in %d schedules of %s\n", b.ID, h.Schedules, h.Scenario)
		if h.Expected != "" {
			text = fmt.Sprintf("%s: %q is not found in %d schedules of %s\n", b.ID, h.Expected, h.Schedules, h.Scenario)
		}
		if h.Differs != "" {
			text += "  of the last failure of its kind: " + h.Differs + "\n"
		}
		return bugbook.Report{Scenario: h.Scenario, Says: h.Expected, Text: text}, nil
	}
	var text bytes.Buffer
	err = report.Write(&text, report.Failure{
		Scenario: h.shown.scenario, Record: h.shown.record, Patches: relative(a.patches), Trace: h.Trace,
		Origin: origin(&h.shown.trace.Header), Notes: shrunkNotes(h.shown.trace.Shrunk), Color: a.outTerminal,
	})
	return bugbook.Report{Scenario: h.Scenario, Says: h.Expected, Text: text.String()}, err
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
		found, what = "NOT FOUND", fmt.Sprintf("%q; %s", h.Expected, h.Differs)
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
