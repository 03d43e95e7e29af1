// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dlsim/sim/explore"
	"dlsim/sim/explore/exploretest"
	"dlsim/sim/report"
	"dlsim/sim/report/step"
	"dlsim/sim/trace"
)

func deadlocked(t *testing.T) report.Failure {
	t.Helper()
	p, _ := exploretest.Named("philosophers")
	r, err := explore.Explore(t.Context(), p, explore.Config{Strategy: "random", Schedules: 100, Seed: 2, StepsMax: 1000})
	if err != nil || len(r.Violations) == 0 {
		t.Fatal(r, err)
	}
	return report.Failure{Record: r.Violations[0].Record}
}

// On a terminal the keys do what the view makes of them, and q ends it.
func TestStepping(t *testing.T) {
	f := deadlocked(t)
	var out bytes.Buffer
	model := step.New(f)
	program := tea.NewProgram(screen{model: model}, tea.WithContext(t.Context()), tea.WithInput(strings.NewReader("G/ #\rkq")),
		tea.WithOutput(&out), tea.WithWindowSize(100, 30), tea.WithoutSignals())
	if _, err := program.Run(); err != nil {
		t.Fatal(err)
	}
	last := len(f.Record.Events) - 1
	if !model.Done() || model.At() != last-1 {
		t.Errorf("ended %v at event %d of %d", model.Done(), model.At(), last)
	}
	if !strings.Contains(out.String(), "q quit") {
		t.Errorf("shown was %q", out.String())
	}
}

// The size of the terminal is that of the screen, and the current step is set off.
func TestScreen(t *testing.T) {
	f := deadlocked(t)
	for _, color := range []bool{true, false} {
		var s tea.Model = screen{model: step.New(f), color: color}
		if got := s.View().Content; got != "" {
			t.Errorf("before the size is known: %q", got)
		}
		s, _ = s.Update(tea.WindowSizeMsg{Width: 90, Height: 20})
		got := s.View().Content
		if n := strings.Count(got, "\n"); n != 19 || strings.Contains(got, "\x1b[7m>") != color || !strings.Contains(got, ">") {
			t.Errorf("color %v, %d line ends:\n%s", color, n, got)
		}
	}
}

// What the steps add up to is what the engine knows of the threads when the schedule fails, and
// nobody holds a lock that another thread holds for writing.
func TestStatesOfTraces(t *testing.T) {
	traces, err := filepath.Glob("../../traces/*.trace")
	if err != nil || len(traces) < 4 {
		t.Fatal(len(traces), err)
	}
	a := &app{catalog: newCatalog()}
	for i := 0; i < len(traces); i++ {
		tr, sc, err := a.recorded(traces[i])
		if err != nil {
			t.Fatal(err)
		}
		r := trace.Replay(sc.program, tr).Record
		ignore := cmpopts.IgnoreFields(explore.State{}, "PCs", "Awaits", "Met")
		if diff := cmp.Diff(r.States, r.StatesAt(len(r.Events)-1), ignore, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", traces[i], diff)
		}
		held := 0
		for at := range r.Events {
			writers := make(map[string]string)
			for _, s := range r.StatesAt(at) {
				for _, h := range s.Holds {
					held++
					if h.Mode != "W" {
						continue
					}
					if other, taken := writers[h.Object]; taken {
						t.Fatalf("%s: at step %d %s and %s hold %s", traces[i], r.Events[at].Step, other, s.Thread, h.Object)
					}
					writers[h.Object] = s.Thread
				}
			}
		}
		if held == 0 {
			t.Errorf("%s: nobody holds anything at any step", traces[i])
		}
	}
}
