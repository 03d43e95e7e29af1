// SPDX-License-Identifier: CDDL-1.0

package bugbook

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dlsim/devnet/patch"
	"dlsim/sim"
)

var update = flag.Bool("update", false, "write docs/bug-book.md anew")

// TestDocIsCurrent compares docs/bug-book.md with what comes of the book and of the kept reports,
// and expects a report, made with the scenario and the patch of today, of each scenario of each bug
// that is found.
func TestDocIsCurrent(t *testing.T) {
	all := bugs(t)
	reports := make(map[string][]Report)
	fixes := make(map[string][]string)
	for _, b := range all {
		if b.Verdict != Found {
			continue
		}
		text, err := os.ReadFile(filepath.Join("reports", b.ID+".txt"))
		if err != nil {
			t.Fatalf("%v; dlsim bugs --all --reports devnet/bugbook/reports writes it", err)
		}
		reports[b.ID] = ParseReports(text)
		checkReports(t, b, reports[b.ID])
		if d := cmp.Diff(string(text), string(FormatReports(reports[b.ID]))); d != "" {
			t.Errorf("%s: reports are not read as they are written: %s", b.ID, d)
		}
	}
	for _, file := range fixFiles(t) {
		p, err := patch.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range fixed(p) {
			if Find(all, id) == nil {
				t.Errorf("%s fixes %s, which is not in the book", file, id)
			}
			fixes[id] = append(fixes[id], filepath.Base(file))
		}
	}
	const doc = "../../docs/bug-book.md"
	want := Doc(all, reports, fixes)
	if *update {
		if err := os.WriteFile(doc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("%s is out of date; run go test ./devnet/bugbook -update (-want +shipped):\n%s", doc, d)
	}
}

func fixFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../devnet/patches/fix-*.patch")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d fixes, %v", len(files), err)
	}
	return files
}

var fixesLine = regexp.MustCompile(`(?m)^Fixes: (.+)$`)

// fixed returns the ids in the line of a patch's header that says what it fixes.
func fixed(p *patch.Patch) []string {
	m := fixesLine.FindStringSubmatch(p.Header)
	if m == nil {
		return nil
	}
	return strings.Split(m[1], ", ")
}

// TestEveryLatentBugHasAFix: each bug that is in the original today and is found has a candidate
// fix, and each fix says which bugs it is for.
func TestEveryLatentBugHasAFix(t *testing.T) {
	done := make(map[string]bool)
	for _, file := range fixFiles(t) {
		p, err := patch.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		ids := fixed(p)
		if len(ids) == 0 {
			t.Errorf("%s: no line \"Fixes: ...\"", file)
		}
		for _, id := range ids {
			done[id] = true
		}
	}
	for _, b := range bugs(t) {
		if (b.Class() == "L" || b.Class() == "D") && b.Verdict == Found && !done[b.ID] {
			t.Errorf("%s has no fix", b.ID)
		}
	}
}

// checkReports expects a report of each that is asked for, made with the scenario and the patch of
// today, and that it names the threads, places and classes which are asked for.
func checkReports(t *testing.T, b *Bug, reports []Report) {
	t.Helper()
	hunts := b.Hunts()
	if len(reports) != len(hunts) {
		t.Errorf("%s has %d reports and %d are asked for", b.ID, len(reports), len(hunts))
		return
	}
	for i, r := range reports {
		scenario, err := os.ReadFile(filepath.Join("../..", hunts[i].Scenario))
		if err != nil {
			t.Fatal(err)
		}
		var diff []byte
		if b.Patch != "" {
			if diff, err = os.ReadFile("../../devnet/patches/" + b.Patch + ".patch"); err != nil {
				t.Fatal(err)
			}
		}
		want := hunts[i].Expected
		if r.Scenario != hunts[i].Scenario || r.Says != want.Says || r.Stamp != Stamp(scenario, diff) {
			t.Errorf("%s: the report of %s is of another scenario, patch or expectation; run dlsim bugs %s --reports devnet/bugbook/reports", b.ID, r.Scenario, b.ID)
		}
		if kind, _, _ := strings.Cut(r.Text, " "); kind != strings.ToUpper(want.Kind) {
			t.Errorf("%s: the report of %q is of a %q, not of a %s", b.ID, want.Says, kind, want.Kind)
		}
		text := strings.Join(strings.Fields(r.Text), " ") // lines are folded
		if want.Kind == string(sim.KindHang) && !strings.Contains(text, " who could have woken them ") {
			t.Errorf("%s: the report of %q does not say who could have woken them", b.ID, want.Says)
		}
		for _, name := range want.Names() {
			if !strings.Contains(text, name) {
				t.Errorf("%s: the report of %q does not name %s", b.ID, want.Says, name)
			}
		}
	}
}
