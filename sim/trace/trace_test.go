// SPDX-License-Identifier: CDDL-1.0

package trace_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/explore/exploretest"
	"dlsim/sim/strategy"
	"dlsim/sim/trace"
)

// found explores a program until it fails and returns the trace.
func found(t testing.TB, name string) (explore.Program, *trace.Trace) {
	t.Helper()
	p, _ := exploretest.Named(name)
	r, err := explore.Explore(context.Background(), p, explore.Config{
		Strategy: "pct", Schedules: 1000, Seed: 1, FailFast: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Violations) == 0 {
		t.Fatalf("%s did not fail", name)
	}
	h := trace.Header{
		Tool: "dlsim test", Scenario: name, ScenarioHash: "abc", PortHash: p.PortHash(),
		Kernel: "production", Seed: 1, StepsMax: 1000, Checks: explore.CheckNames(),
	}
	return p, trace.New(h, []byte("name: "+name+"\n"), r.Violations[0])
}

func format(t testing.TB, x *trace.Trace) []byte {
	t.Helper()
	data, err := x.Format()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReplay(t *testing.T) {
	for _, name := range []string{"hang", "lifetime", "mixed", "panic", "philosophers", "stale"} {
		p, x := found(t, name)
		read, err := trace.Parse("x.trace", format(t, x))
		if err != nil {
			t.Fatal(err)
		}
		first, second := trace.Replay(p, read), trace.Replay(p, read)
		if !first.Same || !first.Exact || first.Divergence != nil {
			t.Errorf("%s: same %v, exact %v, %v", name, first.Same, first.Exact, first.Divergence)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("%s: the second replay differs: %s", name, diff)
		}
		if diff := cmp.Diff(x.Choices, first.Record.Choices); diff != "" {
			t.Errorf("%s: other choices: %s", name, diff)
		}
	}
}

func TestDivergence(t *testing.T) {
	p, x := found(t, "philosophers")
	choices := x.Choices
	last := len(choices) - 1
	change := func(i int, f func(*strategy.Recorded)) []strategy.Recorded {
		out := append([]strategy.Recorded(nil), choices...)
		f(&out[i])
		return out
	}
	tests := []struct {
		name    string
		choices []strategy.Recorded
		choice  int
		words   []string
	}{
		{
			"no such thread", change(2, func(c *strategy.Recorded) { c.Thread = "socrates" }), 3,
			[]string{"step ", "recorded socrates: ", "could run: "},
		},
		{
			"other operation", change(last, func(c *strategy.Recorded) { c.Op = "yield" }), last + 1,
			[]string{": yield", "could run: "},
		},
		{
			"other question", change(1, func(c *strategy.Recorded) { c.Of = 2 }), 2,
			[]string{"choose ", "could run: "},
		},
		{"too short", choices[:last], last + 1, []string{"recorded the end of the run"}},
		{
			"too long", append(choices[:last+1:last+1], choices[0]), last + 2,
			[]string{"the run was over"},
		},
	}
	for _, test := range tests {
		y := *x
		y.Choices = test.choices
		r := trace.Replay(p, &y)
		if r.Divergence == nil || r.Same {
			t.Errorf("%s: no divergence", test.name)
			continue
		}
		msg := r.Divergence.Error()
		if r.Divergence.Choice != test.choice {
			t.Errorf("%s: at choice %d, want %d", test.name, r.Divergence.Choice, test.choice)
		}
		for _, w := range test.words {
			if !strings.Contains(msg, w) {
				t.Errorf("%s: %q lacks %q", test.name, msg, w)
			}
		}
	}
}

// Every trace cut short or with any one byte changed is refused.
func TestRefusesDamage(t *testing.T) {
	_, x := found(t, "hang")
	data := format(t, x)
	for i := range data {
		if _, err := trace.Parse("x.trace", data[:i]); err == nil {
			t.Errorf("cut at %d: accepted", i)
		}
		for _, b := range []byte{data[i] ^ 1, '\n', ' '} {
			if b == data[i] {
				continue
			}
			edited := bytes.Clone(data)
			edited[i] = b
			_, err := trace.Parse("x.trace", edited)
			if _, ok := err.(*trace.Error); !ok {
				t.Errorf("byte %d changed to %q: %v", i, b, err)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	_, x := found(t, "hang")
	data := string(format(t, x))
	line := func(prefix string) int {
		before, _, ok := strings.Cut(data, "\n"+prefix)
		if !ok {
			t.Fatalf("no line begins with %q", prefix)
		}
		return 2 + strings.Count(before, "\n")
	}
	replace := func(old, new string) string { return strings.Replace(data, old, new, 1) }
	cut := func(before string) string { return data[:strings.Index(data, before)] }
	tests := []struct{ data, want string }{
		{"", "x:1: not a dlsim trace"},
		{"hello\n" + data, "x:1: not a dlsim trace"},
		{replace("format: 1", "format: 3"), "x:2: trace format 3 is not known"},
		{replace("format: 1", "format: 2"), fmt.Sprintf("x:%d: expected section \"shrunk\"", line("-- checksums"))},
		{replace("format: 1\n", ""), "x:2: expected \"format: VERSION\""},
		{cut("-- violation --"), fmt.Sprintf("x:%d: the trace is cut short: it ends before "+
			"section \"violation\"", line("-- violation --")-1)},
		{cut("\nviolation "), fmt.Sprintf("x:%d: section \"checksums\" is cut short",
			line("violation ")-1)},
		{replace("seed: 1\n", "seed: x\n"), fmt.Sprintf("x:%d: seed: \"x\" is not a number",
			line("seed"))},
		{replace("seed: 1\n", "seed: 2\n"), "x:1: section \"header\" (lines 2-14) was edited"},
		{replace("name: hang", "name: hung"), fmt.Sprintf("x:%d: section \"scenario.yaml\"",
			line("-- scenario"))},
		{replace("main: ", "main "), fmt.Sprintf("x:%d: expected \": OPERATION\"",
			line("main: "))},
		{
			replace("-- choices --\n", "-- choices --\n\n"),
			fmt.Sprintf("x:%d: expected a name", line("-- choices")+1),
		},
		{data + "-- more --\n", "unexpected section \"more\""},
	}
	for _, test := range tests {
		_, err := trace.Parse("x", []byte(test.data))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
}

func TestFormatRefusesMarker(t *testing.T) {
	x := &trace.Trace{Source: []byte("a: |\n-- b --\n")}
	if _, err := x.Format(); err == nil {
		t.Error("accepted")
	}
}

// anyTrace draws traces that hold whatever a program could name its things.
func anyTrace(t *rapid.T) *trace.Trace {
	name := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"admin", "system_taskq/1", "a b", "a:b", "a; b", "cv_wait (waiting) cv#2", " ", "\"",
		"a = b", "choose", "x2", "\xff", "\n",
	}))
	var choices []strategy.Recorded
	for range rapid.IntRange(0, 20).Draw(t, "choices") {
		c := strategy.Recorded{Thread: name.Draw(t, "thread"), Op: name.Draw(t, "op")}
		if rapid.Bool().Draw(t, "answer") {
			c.Of = rapid.IntRange(2, 9).Draw(t, "of")
			c.Value = rapid.IntRange(0, c.Of-1).Draw(t, "value")
		}
		for range rapid.SampledFrom([]int{1, 1, 2, 12}).Draw(t, "times") {
			choices = append(choices, c)
		}
	}
	var shrunk *trace.Shrunk
	if rapid.Bool().Draw(t, "shrunk") {
		count := rapid.IntRange(0, 1<<40)
		part := func(what string) trace.Part { return trace.Part{Left: count.Draw(t, what), Of: count.Draw(t, what)} }
		shrunk = &trace.Shrunk{
			ScenarioHash: name.Draw(t, "hash"), Threads: part("threads"), Operations: part("operations"),
			Faults: part("faults"), Preemptions: part("preemptions"), Steps: part("steps"),
			Fewer: count.Draw(t, "fewer"), Proven: rapid.Bool().Draw(t, "proven"), Schedules: count.Draw(t, "schedules"),
			Why: trace.Why{Broken: count.Draw(t, "broken"), Kept: count.Draw(t, "kept"), Failed: count.Draw(t, "failed")},
		}
		place := func() trace.Place {
			return trace.Place{Thread: name.Draw(t, "thread"), Op: name.Draw(t, "op"), Site: name.Draw(t, "site")}
		}
		for range rapid.IntRange(0, 3).Draw(t, "orders") {
			shrunk.Why.Orders = append(shrunk.Why.Orders, trace.Order{First: place(), Second: place()})
		}
	}
	return &trace.Trace{
		Shrunk: shrunk,
		Header: trace.Header{
			Tool: name.Draw(t, "tool"), Scenario: name.Draw(t, "scenario"),
			ScenarioHash: "1", PortHash: "2", Kernel: "debug", Strategy: "pct depth=3 k=5",
			Seed: rapid.Uint64().Draw(t, "seed"), Schedule: rapid.Int64Min(0).Draw(t, "i"),
			StepsMax: 5, Checks: []string{"a", "b"}, Kinds: []string{"hang"},
		},
		Source:  []byte(name.Draw(t, "source")),
		Choices: choices,
		Violation: trace.Violation{
			Kind: sim.Kind(name.Draw(t, "kind")), Signature: name.Draw(t, "signature"),
			Message: name.Draw(t, "message"), Step: 7, Digest: rapid.Uint64().Draw(t, "digest"),
		},
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyTrace(t)
		data, err := want.Format()
		if err != nil {
			t.Fatal(err)
		}
		got, err := trace.Parse("x", data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s\n%s", diff, data)
		}
	})
}

// Whatever is accepted is written back byte for byte; nothing makes the reader panic.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"hang", "philosophers"} {
		_, x := found(f, name)
		f.Add(format(f, x))
	}
	_, x := found(f, "hang")
	x.Shrunk = &trace.Shrunk{Why: trace.Why{Orders: []trace.Order{{First: trace.Place{Thread: "a"}}}}}
	f.Add(format(f, x))
	f.Add([]byte("-- header --\nformat: 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := trace.Parse("x", data)
		if err != nil {
			return
		}
		if again := format(t, x); !bytes.Equal(data, again) {
			t.Fatalf("read %q, wrote %q", data, again)
		}
	})
}

func TestWriteFile(t *testing.T) {
	_, x := found(t, "hang")
	dir := filepath.Join(t.TempDir(), "traces")
	name := filepath.Join(dir, "hang.trace")
	for range 2 { // the second time over the first
		if err := x.WriteFile(name); err != nil {
			t.Fatal(err)
		}
	}
	got, err := trace.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(x, got); diff != "" {
		t.Error(diff)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files", len(entries))
	}
}

func TestWriteFileLeavesNothing(t *testing.T) {
	_, x := found(t, "hang")
	dir := t.TempDir()
	// The name is taken by a folder with something in it, so the rename fails.
	if err := os.MkdirAll(filepath.Join(dir, "taken", "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := x.WriteFile(filepath.Join(dir, "taken")); err == nil {
		t.Fatal("no error")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files", len(entries))
	}
}
