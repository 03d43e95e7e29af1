// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dlsim/scenarios"
)

func TestShippedBaselineSchemaIsCurrent(t *testing.T) {
	current(t, "../docs/baseline.schema.json", scenarios.BaselineSchema())
}

// TestShippedBaseline checks that the shipped file is as a refresh writes it, and that each
// entry has a bug that the bug book describes and names scenarios that there are.
func TestShippedBaseline(t *testing.T) {
	const file = "baseline.yaml"
	b, err := scenarios.LoadBaseline(file)
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(src), string(b.Text())); d != "" {
		t.Errorf("%s is not as --write-baseline writes it (-shipped +written):\n%s", file, d)
	}
	if err := validator(t, scenarios.BaselineSchema())(src); err != nil {
		t.Errorf("the schema refuses it: %v", err)
	}
	book, err := os.ReadFile("../docs/bug-book.md")
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, sc := range shipped(t) {
		names[sc.Name] = true
	}
	for _, k := range b.Violations {
		if k.Bug == "" || !regexp.MustCompile(`\b`+k.Bug+`\b`).Match(book) {
			t.Errorf("%s: bug %q is not in the bug book", k.Signature, k.Bug)
		}
		for _, s := range k.Scenarios {
			if !names[s] {
				t.Errorf("%s: there is no scenario %s", k.Signature, s)
			}
		}
	}
}

// TestBaselineErrors gives baselines with one mistake each.
func TestBaselineErrors(t *testing.T) {
	entry := "violations:\n  - signature: hang cv at f:1\n    scenarios: [a]\n"
	for _, test := range []struct{ src, want string }{
		{"", "b.yaml:1:1: the file is empty; begin with violations:"},
		{"violations: {}\n", "b.yaml:1:13: violations of the baseline must be a list, not a mapping"},
		{"violations:\n  - sig: hang\n", "b.yaml:2:5: unknown key sig in entry 1 of violations of the baseline; did you mean bug?"},
		{"violations:\n  - {bug: L01, scenarios: [a]}\n", "b.yaml:2:6: entry 1 of violations of the baseline has no signature; add signature: "},
		{"violations:\n  - {signature: hang x}\n", "b.yaml:2:6: entry 1 of violations of the baseline has no scenarios; add"},
		{"violations:\n  - {signature: hnag x, scenarios: [a]}\n", "b.yaml:2:6: entry 1: a signature begins with the name of a check, not hnag; did you mean hang?"},
		{"violations:\n  - {signature: hang x, scenarios: []}\n", "b.yaml:2:6: entry 1: no scenario shows it; name the scenarios"},
		{"violations:\n  - {signature: hang x, scenarios: [A b]}\n", "b.yaml:2:37: entry 1 of scenarios of entry 1 of violations"},
		{entry + "  - signature: hang cv at f:1\n    scenarios: [b]\n", "b.yaml:4:5: entry 2: the signature is there twice; entry 1 has it"},
		{entry + "colour: red\n", "b.yaml:4:1: unknown key colour in the baseline"},
		{entry + "---\n" + entry, "b.yaml:4:1: a baseline file has one document, this has 2"},
	} {
		_, err := scenarios.ParseBaseline("b.yaml", []byte(test.src))
		var e *scenarios.Error
		if !errors.As(err, &e) || !strings.HasPrefix(e.Error(), test.want) || e.Hint == "" {
			t.Errorf("%q:\ngot  %v\nwant %s", test.src, err, test.want)
		}
	}
	if _, err := scenarios.ParseBaseline("b.yaml", []byte(entry+"  - {signature: hang cv at f:1, bug: L01, scenarios: [a]}\n")); err != nil {
		t.Errorf("one signature with two bugs: %v", err)
	}
}

// Whatever is found can be written down and read again, and accepts itself and nothing else:
// nothing is stale after a refresh, a second refresh changes nothing, and what scenarios that
// did not run have shown stays.
func TestBaselineRefresh(t *testing.T) {
	name := rapid.SampledFrom([]string{"a", "b", "c", "d-2"})
	signature := rapid.SampledFrom([]string{
		"hang cv at f:1", "deadlock A, b at f:1, g:2", "panic VERIFY(refs > 0) at f:1",
		"lifetime uninitialised pointer dls_devnet_t *ddp at f:1", "stale it's: a # \"sign\" {of} [both], & more",
	})
	bug := rapid.SampledFrom([]string{"", "L01", "L02"})
	kinds := []string{"deadlock", "hang", "lifetime", "panic", "stale"}
	found := rapid.Custom(func(t *rapid.T) scenarios.Found {
		f := make(scenarios.Found)
		for s, bugs := range rapid.MapOf(name, rapid.MapOf(signature, bug)).Draw(t, "bugs") {
			shown := scenarios.Shown{Checks: rapid.SliceOf(rapid.SampledFrom(kinds)).Draw(t, "checks"), Bugs: bugs}
			maps.DeleteFunc(bugs, func(signature, _ string) bool { return !made(shown, signature) })
			f[s] = shown
		}
		return f
	})
	rapid.Check(t, func(t *rapid.T) {
		first := found.Draw(t, "first")
		b := new(scenarios.Baseline).Refresh(first)
		read, err := scenarios.ParseBaseline("b.yaml", b.Text())
		if err != nil {
			t.Fatalf("%v in\n%s", err, b.Text())
		}
		if d := cmp.Diff(b.Text(), read.Text()); d != "" {
			t.Fatalf("read again it differs:\n%s", d)
		}
		if stale := b.Stale(first); len(stale) > 0 {
			t.Fatalf("stale at once: %v", stale)
		}
		second := found.Draw(t, "second")
		b = b.Refresh(second)
		if d := cmp.Diff(b.Text(), b.Refresh(second).Text()); d != "" {
			t.Fatalf("a second refresh changes it:\n%s", d)
		}
		for s, shown := range first {
			for sig := range shown.Bugs {
				if _, again := second[s].Bugs[sig]; made(second[s], sig) && !again {
					continue // it is not found any more
				}
				if !slices.ContainsFunc(b.Violations, func(k scenarios.Known) bool {
					return k.Signature == sig && slices.Contains(k.Scenarios, s)
				}) {
					t.Fatalf("%s in %s is lost:\n%s", sig, s, b.Text())
				}
			}
		}
		for _, k := range b.Violations {
			for _, s := range k.Scenarios {
				_, shown := second[s].Bugs[k.Signature]
				if made(second[s], k.Signature) && !shown {
					t.Fatalf("%s in %s is there and was not found", k.Signature, s)
				}
			}
		}
	})
}

// made reports whether the check that a signature is of was made.
func made(s scenarios.Shown, signature string) bool {
	kind, _, _ := strings.Cut(signature, " ")
	return slices.Contains(s.Checks, kind)
}

// TestBaselineKeepsHandWriting expects bugs and notes that somebody wrote to stay, and an
// entry that nothing shows any more to be stale, and gone after a refresh.
func TestBaselineKeepsHandWriting(t *testing.T) {
	b, err := scenarios.ParseBaseline("b.yaml", []byte(`violations:
  - {signature: hang cv at f:1, bug: L07, scenarios: [a, b], note: as on the real machine}
  - {signature: stale table, bug: L08, scenarios: [a]}
  - {signature: stale table, bug: L09, scenarios: [b]}
`))
	if err != nil {
		t.Fatal(err)
	}
	checks := []string{"hang", "stale"}
	found := scenarios.Found{
		"a": {Checks: checks, Bugs: map[string]string{"hang cv at f:1": ""}},
		"b": {Checks: checks, Bugs: map[string]string{"stale table": ""}},
	}
	stale := b.Stale(found)
	if len(stale) != 1 || stale[0].Bug != "L08" {
		t.Errorf("stale: %v", stale)
	}
	if stale := b.Stale(scenarios.Found{"b": {Checks: checks}}); len(stale) != 1 || stale[0].Bug != "L09" {
		t.Errorf("stale while a has not run: %v", stale)
	}
	if stale := b.Stale(scenarios.Found{"b": {Checks: []string{"hang"}}}); len(stale) != 0 {
		t.Errorf("stale although the check was not made: %v", stale)
	}
	want := []scenarios.Known{
		{Bug: "L07", Signature: "hang cv at f:1", Scenarios: []string{"a"}, Note: "as on the real machine"},
		{Bug: "L09", Signature: "stale table", Scenarios: []string{"b"}},
	}
	if d := cmp.Diff(want, b.Refresh(found).Violations); d != "" {
		t.Errorf("refreshed (-want +got):\n%s", d)
	}
}
