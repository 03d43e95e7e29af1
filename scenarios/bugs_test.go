// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dlsim/devnet"
	"dlsim/devnet/bugbook"
	"dlsim/scenarios"
	"dlsim/sim/explore"
	"dlsim/sim/trace"
)

// TestReportedBugs expects of each bug that needs no patch the reports that bugs.md asks for: of a
// kept trace, or, if none shows it, of a schedule of the scenario. Those that need a patch are found
// by dlsim bugs, which expects the same.
func TestReportedBugs(t *testing.T) {
	records := make(map[string]*explore.Record)
	kept, ran := 0, 0
	for _, x := range unpatched(t) {
		t.Run(fmt.Sprintf("%s/%s", x.bug.ID, x.Expected.Kind), func(t *testing.T) {
			ran++
			wrong := []string{"no trace of that kind is kept"}
			for _, file := range x.traces(t) {
				if records[file] == nil {
					records[file] = replayed(t, file)
				}
				what := x.Expected.Differs(records[file])
				if what == "" {
					kept++
					return
				}
				wrong = append(wrong, fmt.Sprintf("%s: %s", filepath.Base(file), what))
			}
			if !x.explored(t) {
				t.Errorf("bugs.md says %q, which neither a trace nor %s shows:\n%s", x.Expected.Says, x.Scenario, strings.Join(wrong, "\n"))
			}
		})
	}
	if kept < ran*3/4 {
		t.Errorf("kept traces show only %d of %d reports", kept, ran)
	}
}

// asked is a report that a bug of the port as it is must have.
type asked struct {
	bugbook.Hunt
	bug *bugbook.Bug
}

func unpatched(t *testing.T) []asked {
	t.Helper()
	book, err := bugbook.Bugs()
	if err != nil {
		t.Fatal(err)
	}
	var out []asked
	for _, b := range book {
		for _, x := range b.Hunts() {
			if b.Patch == "" && x.Expected != nil {
				out = append(out, asked{x, b})
			}
		}
	}
	return out
}

// traces returns the kept ones of the scenario and the kind.
func (x *asked) traces(t *testing.T) []string {
	t.Helper()
	name := strings.ToLower(strings.TrimSuffix(filepath.Base(x.Scenario), ".yaml"))
	files, err := filepath.Glob(fmt.Sprintf("../traces/%s-%s-*.trace", name, x.Expected.Kind))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// explored reports whether the scenario shows the report as it is explored.
func (x *asked) explored(t *testing.T) bool {
	t.Helper()
	sc, err := scenarios.Load(filepath.Join("..", x.Scenario))
	if err != nil {
		t.Fatal(err)
	}
	c := sc.Campaign()
	c.Checks = x.Expected.Checks(c.Checks)
	c.Until = func(r *explore.Record) bool { return x.Expected.Differs(r) == "" }
	r, err := explore.Explore(context.Background(), program(t, sc, scenarios.Options{DebugKernel: x.Expected.Debug}), c)
	if err != nil {
		t.Fatal(err)
	}
	return r.Reached != nil
}

// replayed runs a trace again and returns its record.
func replayed(t *testing.T, file string) *explore.Record {
	t.Helper()
	tr, err := trace.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sc, err := scenarios.Parse(file, tr.Source)
	if err != nil {
		t.Fatal(err)
	}
	r := trace.Replay(program(t, sc, scenarios.Options{DebugKernel: tr.Header.Kernel == "debug"}), tr)
	if !r.Same {
		t.Fatalf("%s: recorded %q, replayed %q", file, tr.Violation.Signature, r.Record.Signature)
	}
	return r.Record
}

// TestStacksGoThroughTheirSites unwinds the stack of each thread at each recorded failure. The
// place at which the report says the thread is must be in it, with what it called to get there
// above it.
func TestStacksGoThroughTheirSites(t *testing.T) {
	sites := devnet.NewSites()
	checked := 0
	for _, x := range unpatched(t) {
		files := x.traces(t)
		if len(files) == 0 {
			continue
		}
		r := replayed(t, files[0])
		for _, s := range r.States {
			if s.Thread == r.Thread && !s.Blocked {
				s.Site = r.At.Site // and not its next operation
			}
			if s.Site.Line == 0 || s.Done {
				continue
			}
			checked++
			var stack []string
			for _, f := range sites.Frames(s.PCs) {
				stack = append(stack, f.String())
			}
			at := slices.Index(stack, s.Site.String())
			via := slices.Index(stack, s.Site.Via)
			if at < 0 || s.Site.Via != "" && (via < 0 || via > at) {
				t.Errorf("%s: %s is at %v via %q, and its stack is %v", files[0], s.Thread, s.Site, s.Site.Via, stack)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d threads were in the port", checked)
	}
}
