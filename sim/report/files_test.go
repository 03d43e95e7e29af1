// SPDX-License-Identifier: CDDL-1.0

package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"pgregory.net/rapid"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/explore/exploretest"
	"dlsim/sim/report"
	"dlsim/sim/strategy"
)

// outcomes are a scenario with new violations of every kind, one with a known violation and one
// that is missing, one in doubt, and a clean one.
func outcomes() []report.Outcome {
	all := kinds()
	plan := explore.Plan{Strategy: "pct", Depth: 3, Picks: 60}
	violation := func(kind string, accepted bool) *explore.Violation {
		r := all[kind]
		for _, s := range []sim.Site{r.At.Site, r.Other.Site} {
			if s.Line > 0 {
				r.Sites = append(r.Sites, s)
			}
		}
		v := &explore.Violation{Record: r, First: 17, Plan: plan, Count: 42, Exact: true, Accepted: accepted}
		if accepted {
			v.Known = &explore.Known{Signature: r.Signature, Bug: "L99"}
		}
		return v
	}
	result := func(name string, v explore.Verdict) *explore.Result {
		return &explore.Result{Scenario: name, Plan: plan, Schedules: 10000, Verdict: v, Elapsed: 1234 * time.Millisecond}
	}
	fresh, known := result("fresh", explore.Violated), result("known", explore.Missing)
	doubt, clean := result("doubt", explore.Unknown), result("clean", explore.Expected)
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		if kind != "hang" {
			fresh.Violations = append(fresh.Violations, violation(kind, false))
		}
	}
	known.Violations = []*explore.Violation{violation("hang", true)}
	known.Missing = []explore.Expectation{{Kind: sim.KindStale, At: []string{"f"}, Bug: "L98"}}
	doubt.Unknowns, doubt.FirstUnknown = 3, 7
	var out []report.Outcome
	for _, r := range []*explore.Result{fresh, known, doubt, clean} {
		o := report.Outcome{Result: r, File: "scenarios/" + r.Scenario + ".yaml"}
		if r == clean {
			o.File = "scenarios/more/clean,1.yaml"
		}
		for _, v := range r.Violations {
			o.Failures = append(o.Failures, report.Failure{
				Scenario: report.Scenario{Name: r.Scenario}, Record: v.Record,
				Trace: "dlsim-traces/" + r.Scenario + "-" + string(v.Kind) + ".trace",
				Found: &report.Finding{Plan: v.Plan, First: v.First, Count: v.Count, Exact: v.Exact, Schedules: r.Schedules},
			})
		}
		out = append(out, o)
	}
	return out
}

func seedOrigin() report.Origin {
	return report.Origin{Version: "0.0.0", Sources: map[string]string{"dls_mgmt.c": "usr/src/uts/common/io/dls/dls_mgmt.c"}}
}

func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := report.JUnit(&b, outcomes()); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Tests != 4 || doc.Failures != 2 || doc.Errors != 1 || len(doc.Suites) != 2 {
		t.Errorf("%d tests, %d failures, %d errors, %d suites", doc.Tests, doc.Failures, doc.Errors, len(doc.Suites))
	}
	first := doc.Suites[0].Cases[0]
	if first.Failure == nil || strings.Count(first.Failure.Text, "\nstate at step ") != len(kinds())-1 {
		t.Errorf("the reports of the failures are not all there:\n%s", b.String())
	}
	golden(t, "junit.xml", b.Bytes())
}

// The log is valid by the schema of SARIF, and each violation is one result, with its signature
// as fingerprint and at places in the source or at its scenario.
func TestSARIF(t *testing.T) {
	var b bytes.Buffer
	if err := report.SARIF(&b, outcomes(), seedOrigin()); err != nil {
		t.Fatal(err)
	}
	log, err := sarif.FromBytes(b.Bytes(), sarif.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Validate(); err != nil {
		t.Error(err)
	}
	results := log.Runs[0].Results
	if len(results) != len(kinds()) {
		t.Errorf("%d results of %d violations", len(results), len(kinds()))
	}
	for _, r := range results {
		if r.PartialFingerprints["dlsimSignature/v1"] == "" || len(r.Locations) == 0 {
			t.Errorf("%s has no fingerprint or no location", *r.RuleID)
		}
		if known := *r.RuleID == "hang"; known != (len(r.Suppressions) == 1) {
			t.Errorf("%s: %d suppressions", *r.RuleID, len(r.Suppressions))
		}
	}
	golden(t, "violations.sarif", b.Bytes())
}

func TestGitHub(t *testing.T) {
	var b bytes.Buffer
	if err := report.GitHub(&b, outcomes()); err != nil {
		t.Fatal(err)
	}
	golden(t, "github.txt", b.Bytes())
}

func TestHTML(t *testing.T) {
	var b bytes.Buffer
	f := report.Failure{
		Scenario: report.Scenario{Name: "<b>&", Threads: []report.Thread{{Name: "admin", Ops: []string{"destroy: <vnic0>"}}}},
		Record:   kinds()["deadlock"], Trace: "t.trace", Origin: "by a test",
	}
	if err := report.HTML(&b, f); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<b>&", "<vnic0>", "<script", "http"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page has %q in it", bad)
		}
	}
	golden(t, "deadlock.html", b.Bytes())
}

// Slices of a track nest, as the format requires, and all threads have a named track.
func TestPerfetto(t *testing.T) {
	type event struct {
		Name, Ph string
		TS, Dur  int
		TID      int
		Args     map[string]any
	}
	parse := func(t interface{ Fatal(...any) }, src []byte) []event {
		var doc struct{ TraceEvents []event }
		if err := json.Unmarshal(src, &doc); err != nil {
			t.Fatal(err)
		}
		return doc.TraceEvents
	}
	var b bytes.Buffer
	if err := report.Perfetto(&b, report.Failure{Scenario: report.Scenario{Name: "s"}, Record: kinds()["deadlock"]}); err != nil {
		t.Fatal(err)
	}
	golden(t, "perfetto.json", b.Bytes())
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord(t)
		for i := range r.Events {
			if rapid.IntRange(0, 9).Draw(t, "ends") == 0 {
				r.Events[i].Results = []string{"op = 0"}
			}
		}
		var b bytes.Buffer
		if err := report.Perfetto(&b, report.Failure{Record: r}); err != nil {
			t.Fatal(err)
		}
		named := make(map[int]bool)
		tracks := make(map[int][]event)
		for _, e := range parse(t, b.Bytes()) {
			switch {
			case e.Name == "thread_name":
				named[e.TID] = true
			case e.Ph == "X":
				tracks[e.TID] = append(tracks[e.TID], e)
			}
		}
		seen := make(map[string]bool) // random threads may share a name, which real ones never do
		for _, s := range r.States {
			if seen[s.Thread] {
				return
			}
			seen[s.Thread] = true
		}
		for tid, slices := range tracks {
			if !named[tid] {
				t.Fatalf("track %d has no name", tid)
			}
			for i, a := range slices {
				for _, b := range slices[:i] {
					if a.TS < b.TS+b.Dur && b.TS < a.TS+a.Dur && // they overlap, and neither holds the other
						!(a.TS <= b.TS && b.TS+b.Dur <= a.TS+a.Dur) && !(b.TS <= a.TS && a.TS+a.Dur <= b.TS+b.Dur) {
						t.Fatalf("track %d: %v and %v overlap", tid, a, b)
					}
				}
			}
		}
	})
}

// What one file says does not depend on a run before it.
func TestFilesAreDeterministic(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"junit":  func(w io.Writer) error { return report.JUnit(w, outcomes()) },
		"sarif":  func(w io.Writer) error { return report.SARIF(w, outcomes(), seedOrigin()) },
		"github": func(w io.Writer) error { return report.GitHub(w, outcomes()) },
		"html":   func(w io.Writer) error { return report.HTML(w, report.Failure{Record: kinds()["hang"]}) },
	} {
		var first, second bytes.Buffer
		if err := write(&first); err != nil {
			t.Fatal(err)
		}
		if err := write(&second); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s differs when it is written again", name)
		}
	}
}

// Spans of holds begin and end in pairs, references are never fewer than none, and an arrow goes forwards in
// time to a thread's own step, whatever the schedule.
func TestPerfettoLocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(exploretest.All()).Draw(t, "program")
		runner := p.NewRunner(explore.AllCheckNames())
		defer runner.Close()
		s := &strategy.Random{Seed: rapid.Uint64().Draw(t, "seed")}
		r := explore.Take(runner.World(), runner.Run(sim.Config{StepsMax: 200, Detail: true}, s), p.Sites())
		var b bytes.Buffer
		if err := report.Perfetto(&b, report.Failure{Record: r}); err != nil {
			t.Fatal(err)
		}
		var doc struct {
			TraceEvents []struct {
				Name, Ph string
				TS, TID  int
				ID       any
				Args     map[string]any
			}
		}
		if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		open, arrows, spans := make(map[any]int), make(map[any]int), 0
		for _, e := range doc.TraceEvents {
			switch e.Ph {
			case "b":
				spans++
				open[e.ID]++
			case "e":
				open[e.ID]--
			case "C":
				if n := e.Args["references"].(float64); n < 0 {
					t.Fatalf("%v references to %s at %d", n, e.Name, e.TS)
				}
			case "s":
				arrows[e.ID] = e.TS
			case "f":
				from, begun := arrows[e.ID]
				if !begun || from > e.TS {
					t.Fatalf("arrow %v to %d from %d", e.ID, e.TS, from)
				}
			}
			if open[e.ID] < 0 || open[e.ID] > 1 {
				t.Fatalf("span %v is open %d times at %d", e.ID, open[e.ID], e.TS)
			}
		}
		for id, n := range open {
			if n != 0 {
				t.Fatalf("span %v does not end", id)
			}
		}
		if p.Name() == "counter" && spans < 9 {
			t.Fatalf("%d spans of nine holds", spans)
		}
	})
}
