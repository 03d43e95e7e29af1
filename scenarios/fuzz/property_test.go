// SPDX-License-Identifier: CDDL-1.0

package fuzz

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"dlsim/scenarios"
	"dlsim/scenarios/generate"
	"dlsim/sim/explore"
	"dlsim/sim/trace"
)

// fixedPort says that the tests run on a port with all candidate fixes, where nothing at all may be
// found; see .ci/run.
func fixedPort() bool { return os.Getenv("DLSIM_EXPECT") == "none" }

// found is where a program that shows something new is written, as a scenario and a trace that can
// be committed as they are.
const found = "testdata/found"

// onlyKnown is the property: whatever a generated program shows is a bug that is listed.
func onlyKnown(t *rapid.T) {
	d := generate.Drafts(generate.Config{ThreadsMax: 4, GesturesMax: 3}).Draw(t, "program")
	sc, err := d.Scenario(programName(d))
	if err != nil {
		t.Fatal(err)
	}
	p, err := scenarios.NewProgram(sc, scenarios.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, sc.Source)
	}
	c := sc.Campaign()
	c.Strategy, c.Schedules, c.Workers = "pct", 40, 1
	r, err := explore.Explore(context.Background(), p, c)
	if err != nil {
		t.Fatalf("%v\n%s", err, sc.Source)
	}
	if r.Unknowns > 0 {
		t.Fatalf("%d schedules reached a limit\n%s", r.Unknowns, sc.Source)
	}
	for _, v := range r.Violations {
		if !fixedPort() && Recognise(Families(), v) != "" {
			continue
		}
		f := Finding{Scenario: sc, Program: p, Campaign: c, Violation: v}
		file := filepath.Join(found, trace.FileName(sc.Name, v))
		if err := f.Trace("go test", "as the scenario says").WriteFile(file); err != nil {
			t.Error(err)
		}
		if err := trace.WriteAtomic(filepath.Join(found, sc.Name+".yaml"), sc.Source); err != nil {
			t.Error(err)
		}
		t.Fatalf("nobody has listed %s; replay it with: dlsim replay %s\n%s", v.Signature, file, sc.Source)
	}
}

// TestMain has rapid draw the same programs every time, unless -rapid.seed asks for others: what nobody has
// found yet is for dlsim fuzz to find, not for a test to fail of by chance.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.seed"); f.Value.String() == "0" {
		if err := flag.Set(f.Name, "1"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestOnlyKnownBugs(t *testing.T) { rapid.Check(t, onlyKnown) }

func FuzzOnlyKnownBugs(f *testing.F) { f.Fuzz(rapid.MakeFuzz(onlyKnown)) }
