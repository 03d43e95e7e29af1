// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the output shown in README.md anew")

// cli runs one command line in the current folder and returns what it printed.
func cli(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	a := &app{catalog: newCatalog(), out: &out, err: &out}
	root := a.root()
	root.SetArgs(args)
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var elapsed = regexp.MustCompile(`(?m) +[0-9.]+m?s$`)

// TestReadme keeps the output that README.md shows what the commands print: the table of
// a run, timings aside, and the report of one violation. With -short only the scenario
// of that violation is run, and its lines must be in the table.
func TestReadme(t *testing.T) {
	readme, err := filepath.Abs("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	scenarios, err := filepath.Abs("../../scenarios")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	run := []string{"run", filepath.Join(scenarios, "bugs", "L04-flow-vs-zone-destroy.yaml")}
	if !testing.Short() {
		run = slices.Insert(run, 1, filepath.Join(scenarios, "core"))
		run = append(run, filepath.Join(scenarios, "bugs", "L17-two-returns-to-global.yaml"))
	}
	table := strings.Replace(elapsed.ReplaceAllString(cli(t, run...), ""), "verdict        time", "verdict", 1)
	traces, err := filepath.Glob("dlsim-traces/l04-*-deadlock-*.trace")
	if err != nil || len(traces) != 1 {
		t.Fatalf("traces of L04: %v, %v", traces, err)
	}
	want := string(text)
	if testing.Short() {
		shown := squeezed(want)
		for line := range strings.Lines(table) {
			if !strings.Contains(shown, squeezed(line)) {
				t.Errorf("README.md does not show %q", line)
			}
		}
	} else {
		want = splice(t, want, "run", table)
	}
	want = splice(t, want, "report", cli(t, "replay", traces[0]))
	if *update {
		if err := os.WriteFile(readme, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(string(text), want); d != "" {
		t.Errorf("README.md shows other output; run go test ./cmd/dlsim -run Readme -update (-shown +now):\n%s", d)
	}
}

// squeezed returns the text with one space for each run of space: a table is as wide as its rows.
func squeezed(text string) string { return strings.Join(strings.Fields(text), " ") }

// splice puts an indented block between the markers of the given name.
func splice(t *testing.T, text, name, block string) string {
	t.Helper()
	before, rest, ok := strings.Cut(text, "<!-- "+name+" -->\n")
	_, after, ok2 := strings.Cut(rest, "<!-- end -->")
	if !ok || !ok2 {
		t.Fatalf("README.md has no block %s", name)
	}
	var b strings.Builder
	for line := range strings.Lines(block) {
		if line == "\n" {
			b.WriteString("\n")
		} else {
			b.WriteString("    " + line)
		}
	}
	return before + "<!-- " + name + " -->\n\n" + b.String() + "\n<!-- end -->" + after
}

// TestReadmeScenario runs the scenario that README.md shows.
func TestReadmeScenario(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "## Your own scenario\n\n")
	if !ok {
		t.Fatal("README.md has no scenario")
	}
	var src strings.Builder
	for line := range strings.Lines(rest) {
		code, ok := strings.CutPrefix(line, "    ")
		if !ok {
			break
		}
		src.WriteString(code)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("my-hang.yaml", []byte(src.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := cli(t, "run", "--schedules", "1000", "my-hang.yaml"); !strings.Contains(out, "  ok  ") {
		t.Errorf("it does not run clean:\n%s", out)
	}
}
