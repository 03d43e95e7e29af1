// SPDX-License-Identifier: CDDL-1.0

package bugbook

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sampleReport = `DEADLOCK in x: a and b wait for each other
note: shrunk to 1 of 2 preemptions
replay: dlsim replay x.trace

scenario
  a  destroy: vnic0

interleaving: 2 steps, 1 choices
  step  a  b
     1  one

state at step 2
  a  waits

cycle
  a waits for b

found      by dlsim
trace      x.trace
`

// TestReports: what is kept is read as it was written, and the book tells the story of it.
func TestReports(t *testing.T) {
	kept := []Report{
		{Scenario: "s/one.yaml", Stamp: Stamp([]byte("name: one\nexpect: none\n"), nil), Text: sampleReport},
		{Scenario: "s/two.yaml", Stamp: Stamp([]byte("name: two\n"), []byte("diff")), Text: sampleReport},
	}
	if d := cmp.Diff(kept, ParseReports(FormatReports(kept))); d != "" {
		t.Error(d)
	}
	want := "DEADLOCK in x: a and b wait for each other\nnote: shrunk to 1 of 2 preemptions\n\n" +
		"interleaving: 2 steps, 1 choices\n  step  a  b\n     1  one\n\ncycle\n  a waits for b\n"
	if d := cmp.Diff(want, excerpt(sampleReport)); d != "" {
		t.Error(d)
	}
	doc := Doc([]*Bug{
		{ID: "L77", Title: "a title", Source: "somewhere", Kinds: []string{"deadlock"}, Threads: 2, Preemptions: 1, Patch: "p", Scenarios: []string{"s/one.yaml"}, Verdict: Found},
		{ID: "L78", Title: "another", Source: "elsewhere", Threads: 1, Verdict: Refuted, Note: "Because."},
	}, map[string][]Report{"L77": kept[:1]}, map[string][]string{"L77": {"fix-L77-x.patch"}})
	for _, line := range []string{
		"## In the original today", "| [L77](#l77) | a title | deadlock | found |",
		"**A title.** Known from: somewhere. 2 threads, one preemption.",
		"Patch: [`devnet/patches/p.patch`](../devnet/patches/p.patch)",
		"Fix: [`devnet/patches/fix-L77-x.patch`](../devnet/patches/fix-L77-x.patch)",
		"      a waits for b", "**Another.** Known from: elsewhere.", "Because.",
	} {
		if !strings.Contains(doc, "\n"+line+"\n") {
			t.Errorf("no line %q in\n%s", line, doc)
		}
	}
}

// TestStamp: a report is out of date when what runs changes, not what is expected of it.
func TestStamp(t *testing.T) {
	a := Stamp([]byte("name: x\nthreads: {}\nexpect: none\n"), []byte("diff"))
	if b := Stamp([]byte("name: x\nthreads: {}\nexpect: [y]\n"), []byte("diff")); a != b {
		t.Error("it depends on what is expected")
	}
	for _, other := range []string{
		Stamp([]byte("name: x\nthreads: {a}\nexpect: none\n"), []byte("diff")),
		Stamp([]byte("name: x\nthreads: {}\nexpect: none\n"), []byte("fid")),
		Stamp([]byte("name: x\nthreads: {}"), []byte("\ndiff")),
	} {
		if other == a {
			t.Error("it does not depend on what runs")
		}
	}
}
