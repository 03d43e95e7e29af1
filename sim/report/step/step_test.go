// SPDX-License-Identifier: CDDL-1.0

package step_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dlsim/sim/explore"
	"dlsim/sim/explore/exploretest"
	"dlsim/sim/report"
	"dlsim/sim/report/step"
)

// Only commit changed golden files if the change is understood.
var rewrite = flag.Bool("rewrite", false, "write the golden screens")

// failing returns the first failure of a program.
func failing(t *testing.T, name string) report.Failure {
	t.Helper()
	p, ok := exploretest.Named(name)
	if !ok {
		t.Fatalf("no program %s", name)
	}
	r, err := explore.Explore(context.Background(), p, explore.Config{
		Strategy: "random", Schedules: 300, Seed: 2, StepsMax: 1000,
	})
	if err != nil || len(r.Violations) == 0 {
		t.Fatalf("%s: %d violations, %v", name, len(r.Violations), err)
	}
	return report.Failure{Scenario: report.Scenario{Name: name}, Record: r.Violations[0].Record}
}

// press takes keys with spaces between them.
func press(m *step.Model, keys string) {
	for _, k := range strings.Fields(keys) {
		m.Press(k)
	}
}

func screen(m *step.Model, width, height int) string {
	var b strings.Builder
	for _, l := range m.View(width, height) {
		fmt.Fprintf(&b, "%c|%s\n", " BMF"[l.Style], l.Text)
	}
	return b.String()
}

// The screens after some keys, each line with its style: a heading (B), the current step (M),
// faint (F).
func TestScreens(t *testing.T) {
	for _, x := range []struct {
		program       string
		keys          []string
		width, height int
	}{
		{"philosophers", []string{"j", "p", "G", "P", "?", "?", "/ f o r", "k # 3 enter", "n", "g k", "x"}, 100, 24},
		{"hang", []string{"c", "t", "tab t", "G", "N"}, 80, 20},
		{"lifetime", []string{"G"}, 60, 12},
		{"lifetime", []string{"G"}, 59, 12},
	} {
		m := step.New(failing(t, x.program))
		got := "begins\n" + screen(m, x.width, x.height)
		for _, keys := range x.keys {
			press(m, keys)
			got += "\n" + keys + "\n" + screen(m, x.width, x.height)
		}
		file := filepath.Join("testdata", fmt.Sprintf("%s-%dx%d.txt", x.program, x.width, x.height))
		if *rewrite {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got, rewrite with -rewrite):\n%s", file, diff)
		}
	}
}

// Whatever is pressed: the screen has its size, the current step is marked on it and its number
// is in the title, and how it came there changes nothing.
func TestAnyKeys(t *testing.T) {
	var failures []report.Failure
	for _, name := range []string{"philosophers", "hang", "crowd"} {
		failures = append(failures, failing(t, name))
	}
	keys := []string{
		"j", "k", "pgdown", "pgup", "c", "C", "p", "P", "t", "T", "tab", "shift+tab", ".", "/", "n", "N", "g", "G", "?",
		"enter", "esc", "backspace", "space", "down", "f7", "é", "f", "o",
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(failures).Draw(t, "failure")
		m := step.New(f)
		for _, k := range rapid.SliceOfN(rapid.SampledFrom(keys), 0, 30).Draw(t, "keys") {
			m.Press(k)
			width, height := rapid.IntRange(60, 180).Draw(t, "width"), rapid.IntRange(12, 60).Draw(t, "height")
			lines := m.View(width, height)
			if len(lines) != height {
				t.Fatalf("%d lines, want %d", len(lines), height)
			}
			marked := 0
			for _, l := range lines {
				if len(l.Text) > width {
					t.Fatalf("a line of %d columns, want %d: %s", len(l.Text), width, l.Text)
				}
				if l.Style == step.Mark {
					marked++
				}
			}
			e := &f.Record.Events[m.At()]
			if !strings.Contains(lines[0].Text, fmt.Sprintf("step %d of", e.Step)) {
				t.Fatalf("at step %d the title is %s", e.Step, lines[0].Text)
			}
			help := slices.ContainsFunc(lines, func(l step.Line) bool { return strings.HasSuffix(l.Text, "10 steps on") })
			if marked != 1 && !help {
				t.Fatalf("%d steps are marked:\n%s", marked, screen(m, width, height))
			}
		}
	})
}

// Each movement ends where it says, and the opposite one leads back where it is one.
func TestMovements(t *testing.T) {
	f := failing(t, "philosophers")
	events := f.Record.Events
	m := step.New(f)
	if !events[m.At()].Picked {
		t.Errorf("begins at step %d, which is no choice", m.At())
	}
	count := func(key string, is func(*explore.Event) bool) {
		press(m, "g")
		want, got := 0, 0
		for i := range events[1:] {
			if is(&events[i+1]) {
				want++
			}
		}
		for at := -1; m.At() != at; {
			if at = m.At(); at > 0 {
				got++
				if !is(&events[at]) {
					t.Errorf("%s leads to step %d", key, events[at].Step)
				}
			}
			press(m, key)
		}
		if want == 0 || got != want {
			t.Errorf("%s found %d of %d", key, got, want)
		}
	}
	count("c", func(e *explore.Event) bool { return e.Picked })
	count("p", func(e *explore.Event) bool { return e.Preempt })
	count("j", func(*explore.Event) bool { return true })
	press(m, "G .")
	last := events[len(events)-1].Thread
	count("t", func(e *explore.Event) bool { return e.Thread == last })
	press(m, "G T")
	if e := events[m.At()]; e.Thread != last || m.At() == len(events)-1 {
		t.Errorf("T leads to %s at step %d", e.Thread, e.Step)
	}
	press(m, "g / f o r k # 2 enter")
	if e := events[m.At()]; e.Object != "fork#2" {
		t.Errorf("the search for fork#2 found %s", e.Object)
	}
	if press(m, "ctrl+c"); !m.Done() {
		t.Error("ctrl+c does not close the view")
	}
}
