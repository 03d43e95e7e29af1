// SPDX-License-Identifier: CDDL-1.0

package bugbook

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dlsim/devnet/patch"
	"dlsim/scenarios"
)

func bugs(t *testing.T) []*Bug {
	t.Helper()
	all, err := Bugs()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestBook holds the book against the scenarios and patches it names: each scenario expects the
// bug, as one of its kinds, or nothing if nothing may be found; and no scenario or patch is there
// that the book does not use.
func TestBook(t *testing.T) {
	unused := make(map[string]bool)
	for _, pattern := range []string{"../../devnet/bugbook/scenarios/*.yaml", "../../devnet/patches/[HXM]*.patch"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, f := range files {
			unused[f] = true
		}
	}
	for _, b := range bugs(t) {
		if b.Patch != "" {
			file := "../../devnet/patches/" + b.Patch + ".patch"
			if _, err := patch.Read(file); err != nil {
				t.Errorf("%s: %v", b.ID, err)
			}
			delete(unused, file)
		}
		shown := make(map[string]bool) // kinds
		for _, file := range b.Scenarios {
			file = "../../" + file
			delete(unused, file)
			sc, err := scenarios.Load(file)
			if err != nil {
				t.Error(err)
				continue
			}
			here := false
			for _, e := range sc.Expect.Violations {
				if e.Bug == b.ID {
					here = true
					shown[e.Kind] = true
				}
			}
			if here != (b.Verdict == Found) && b.Verdict != Unreached && b.Verdict != Contrived {
				t.Errorf("%s is %s, and %s expects it: %v", b.ID, b.Verdict, file, here)
			}
		}
		for _, k := range b.Kinds {
			if b.Verdict == Found && !shown[k] {
				t.Errorf("%s: no scenario expects a %s", b.ID, k)
			}
		}
	}
	for file := range unused {
		t.Errorf("%s is not in the book", file)
	}
}

// TestScenariosNameBugs: what any scenario expects of a bug is of one in the book.
func TestScenariosNameBugs(t *testing.T) {
	all := bugs(t)
	files, err := scenarios.Find("../../scenarios")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	for _, file := range files {
		sc, err := scenarios.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range sc.Expect.Violations {
			if e.Bug != "" && Find(all, e.Bug) == nil {
				t.Errorf("%s expects %s, which is not in the book", file, e.Bug)
			}
		}
	}
}

// TestBookIsComplete compares the ids with those of bugs.md, if that is there. A letter stands for
// a variant.
func TestBookIsComplete(t *testing.T) {
	text, err := os.ReadFile("../../../shared/bugs.md")
	if err != nil {
		t.Log("no bugs.md: only the ids of the book are checked")
		return
	}
	var ids []string
	for _, b := range bugs(t) {
		ids = append(ids, b.ID[:3])
	}
	listed := regexp.MustCompile(`(?m)^### ([HLXM]\d\d)`).FindAllStringSubmatch(string(text), -1)
	if len(listed) < 50 {
		t.Fatalf("bugs.md lists only %d", len(listed))
	}
	for _, m := range listed {
		if !slices.Contains(ids, m[1]) {
			t.Errorf("%s is not in the book", m[1])
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const good = "- {id: H99, title: t, source: s, threads: 1, kinds: [panic], scenarios: [s/x.yaml], reports: [{says: z, kind: panic, about: [y]}], verdict: found}\n"
	if _, err := parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"H99", "Q99", `entry 1, "Q99": is not an id`},
		{"title: t", "title: ''", "needs a title, a source and threads"},
		{"verdict: found", "verdict: maybe", `there is no verdict "maybe"`},
		{"verdict: found", "verdict: refuted", "needs a note"},
		{", scenarios: [s/x.yaml]", "", "needs scenarios"},
		{"kinds: [panic], ", "", "needs kinds"},
		{"[panic]", "[panik]", "there is no kind panik"},
		{"title: t", "titel: t", "unknown field"},
		{"says: z, ", "", "a report needs says"},
		{"kind: panic", "kind: stale", "is a \"stale\", which is none of its kinds"},
		{", about: [y]", "", "needs waits or about"},
		{"says: z", "says: z, scenario: w", "is of a scenario that it does not have: w"},
		{"[panic]", "[panic, stale]", "no report is a stale"},
		{"[s/x.yaml], reports: [{", "[s/x.yaml, s/w.yaml], reports: [{scenario: x, ", "no report is of s/w.yaml"},
		{"}\n", "}\n" + good, `entry 2, "H99": is there twice`},
	} {
		_, err := parse([]byte(strings.Replace(good, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: got %v, want %s", c.new, c.old, err, c.want)
		}
	}
}
