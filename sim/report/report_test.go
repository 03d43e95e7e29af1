// SPDX-License-Identifier: CDDL-1.0

package report_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/explore/exploretest"
	"dlsim/sim/report"
)

// Only commit changed golden files if the change is understood.
var rewrite = flag.Bool("rewrite", false, "write the golden files of the reports")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got, rewrite with -rewrite):\n%s", file, diff)
	}
}

func explored(t *testing.T, name string) *explore.Result {
	t.Helper()
	p, ok := exploretest.Named(name)
	if !ok {
		t.Fatalf("no program %s", name)
	}
	r, err := explore.Explore(context.Background(), p, explore.Config{
		Strategy: "random", Schedules: 300, Seed: 2, StepsMax: 1000,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func scenario(name string) report.Scenario {
	return report.Scenario{Name: name, Threads: []report.Thread{
		{Name: "admin", Ops: []string{"create vnic0 over net0", "destroy vnic0 wait"}},
		{Name: "prober/1", Ops: []string{"hold vnic0 as h", "rele h"}},
	}}
}

func failure(r *explore.Result, i int) report.Failure {
	v := r.Violations[i]
	return report.Failure{
		Scenario: scenario(r.Scenario), Record: v.Record,
		Trace: "dlsim-traces/" + r.Scenario + ".trace",
		Found: &report.Finding{
			Plan: v.Plan, Seed: 2, First: v.First, Count: v.Count, Exact: v.Exact,
			Schedules: r.Schedules,
		},
	}
}

func text(t interface{ Fatal(...any) }, f report.Failure) []byte {
	var b bytes.Buffer
	if err := report.Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for _, name := range []string{"crowd", "hang", "lifetime", "panic", "philosophers", "stale"} {
		r := explored(t, name)
		if len(r.Violations) == 0 {
			t.Errorf("%s did not fail", name)
			continue
		}
		golden(t, name+".txt", text(t, failure(r, 0)))
	}
}

func TestEventsGolden(t *testing.T) {
	var b bytes.Buffer
	r := explored(t, "philosophers")
	if err := report.Events(&b, r.Violations[0].Record); err != nil {
		t.Fatal(err)
	}
	golden(t, "events.txt", b.Bytes())
}

func TestColor(t *testing.T) {
	f := failure(explored(t, "hang"), 0)
	plain := text(t, f)
	f.Color = true
	colored := text(t, f)
	if bytes.ContainsRune(plain, '\x1b') || !bytes.ContainsRune(colored, '\x1b') {
		t.Error("colours where none are asked for, or none where they are")
	}
}

func TestTable(t *testing.T) {
	deadlock := []explore.Expectation{{Kind: sim.KindDeadlock, Bug: "L99"}}
	var b bytes.Buffer
	table := report.NewTable(&b, []string{"counter", "philosophers"})
	for _, test := range []struct {
		name   string
		expect []explore.Expectation
		checks []string
	}{
		{"counter", nil, nil},
		{"counter", deadlock, nil},
		{"philosophers", deadlock, nil},
		{"philosophers", nil, []string{"panic"}},
		{"hang", nil, nil},
		{"spin", nil, []string{"panic"}},
	} {
		p, _ := exploretest.Named(test.name)
		r, err := explore.Explore(context.Background(), p, explore.Config{
			Strategy: "random", Schedules: 300, Seed: 2, StepsMax: 1000,
			Expect: test.expect, Checks: test.checks,
		})
		if err != nil {
			t.Fatal(err)
		}
		r.Elapsed = 1234 * time.Millisecond
		traces := make([]string, len(r.Violations))
		for i := range traces {
			traces[i] = "dlsim-traces/x.trace"
		}
		if err := table.Row(r, len(test.expect) > 0, traces); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "table.txt", b.Bytes())
}

// No record makes a report of more than 40 lines or 100 columns; file names are not cut.
func TestLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := report.Failure{
			Scenario: report.Scenario{Name: "s"}, Record: anyRecord(t),
			Found: &report.Finding{Plan: explore.Plan{Strategy: "random"}, Count: 1, Schedules: 2},
		}
		for range rapid.IntRange(0, 12).Draw(t, "scenario threads") {
			f.Scenario.Threads = append(f.Scenario.Threads, report.Thread{
				Name: word.Draw(t, "thread"), Ops: rapid.SliceOfN(word, 0, 20).Draw(t, "ops"),
			})
		}
		for range rapid.IntRange(0, 2).Draw(t, "notes") {
			f.Notes = append(f.Notes, strings.Repeat(word.Draw(t, "note")+" ", 9))
		}
		lines := strings.Split(strings.TrimSuffix(string(text(t, f)), "\n"), "\n")
		if len(lines) > 40 {
			t.Fatalf("%d lines", len(lines))
		}
		for _, l := range lines {
			if len(l) > 100 || strings.TrimRight(l, " ") != l {
				t.Fatalf("%d columns: %q", len(l), l)
			}
		}
	})
}

var word = rapid.SampledFrom([]string{
	"a", "admin", "system_taskq/12", "mutex_enter", "cv_wait (waiting)", "i_dls_devnet_lock",
	"a_very_long_name_of_a_link_or_a_thread_that_somebody_came_up_with",
})

func anyRecord(t *rapid.T) *explore.Record {
	site := rapid.Custom(func(t *rapid.T) sim.Site {
		return sim.Site{
			Func: rapid.SampledFrom([]string{"", "dls_devnet_unset", strings.Repeat("long_", 20)}).
				Draw(t, "func"),
			Line: rapid.IntRange(0, 2000).Draw(t, "line"), Via: word.Draw(t, "via"),
		}
	})
	point := rapid.Custom(func(t *rapid.T) explore.Point {
		return explore.Point{Step: rapid.IntRange(0, 300).Draw(t, "step"), Site: site.Draw(t, "at")}
	})
	r := &explore.Record{
		Kind: sim.Kind(rapid.SampledFrom([]string{
			"deadlock", "hang", "lifetime", "panic", "stale",
		}).Draw(t, "kind")),
		Message:   strings.Join(rapid.SliceOfN(word, 0, 20).Draw(t, "message"), " "),
		Signature: strings.Join(rapid.SliceOfN(word, 0, 20).Draw(t, "signature"), " "),
		Thread:    word.Draw(t, "running"), Step: 300, At: point.Draw(t, "at"),
		Other: point.Draw(t, "other"), Buffer: "packet_t#1", FreedBy: word.Draw(t, "freed by"),
	}
	for i := range rapid.IntRange(0, 300).Draw(t, "events") {
		r.Events = append(r.Events, explore.Event{
			Step: i + 1, Thread: word.Draw(t, "thread"), Op: word.Draw(t, "op"),
			Object: word.Draw(t, "object"), Site: site.Draw(t, "site"),
			Picked:  rapid.Bool().Draw(t, "picked"),
			Preempt: rapid.Bool().Draw(t, "preempt"), IsChoice: rapid.Bool().Draw(t, "choice"),
		})
	}
	for range rapid.IntRange(0, 12).Draw(t, "threads") {
		s := explore.State{
			Thread: word.Draw(t, "thread"), Op: word.Draw(t, "op"), Class: word.Draw(t, "class"),
			Object: word.Draw(t, "object"), Blocked: rapid.Bool().Draw(t, "blocked"),
			Site: site.Draw(t, "site"), Since: rapid.IntRange(0, 300).Draw(t, "since"),
		}
		for range rapid.IntRange(0, 5).Draw(t, "holds") {
			s.Holds = append(s.Holds, explore.Hold{
				Object: word.Draw(t, "held"), Point: point.Draw(t, "since"),
			})
		}
		r.States = append(r.States, s)
	}
	if r.Kind == sim.KindDeadlock {
		for range rapid.IntRange(1, 9).Draw(t, "cycle") {
			r.Cycle = append(r.Cycle, explore.Wait{
				Thread: word.Draw(t, "thread"), Op: word.Draw(t, "op"),
				Object: word.Draw(t, "object"), Holder: word.Draw(t, "holder"),
			})
		}
	}
	return r
}

// A loop is told once, and what must be seen is not taken for a part of it.
func TestLoopsAreFolded(t *testing.T) {
	r := &explore.Record{Kind: sim.KindPanic, Message: "it fails", Thread: "poller", Step: 400}
	for i := range 400 {
		ops := []string{"mutex_enter", "load", "mutex_exit"}
		e := explore.Event{Step: i + 1, Thread: "poller", Op: ops[i%3], Object: "lock#1", Picked: true}
		if i == 200 {
			e.Thread, e.Preempt = "setter", true
		}
		r.Events = append(r.Events, e)
	}
	out := string(text(t, report.Failure{Record: r}))
	if n := strings.Count(out, "<iterations 1-"); n != 2 {
		t.Errorf("%d loops:\n%s", n, out)
	}
	if !strings.Contains(out, "setter") || strings.Contains(out, "left out") {
		t.Errorf("the step between the loops is gone:\n%s", out)
	}
}
