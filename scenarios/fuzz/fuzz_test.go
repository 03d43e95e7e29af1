// SPDX-License-Identifier: CDDL-1.0

package fuzz

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dlsim/scenarios"
	"dlsim/sim/explore"
)

// fewer is how many times fewer programs there are with -short, which the race detector's run asks for: nearly all of
// a run is one world after the other.
func fewer() int64 {
	if testing.Short() {
		return 4
	}
	return 1
}

func fuzz(t *testing.T, cfg Config) *Stats {
	t.Helper()
	cfg.Schedules = 20
	s, err := Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// timeless is what two runs that do the same have in common.
func timeless(s *Stats) Stats {
	out := *s
	out.Elapsed = 0
	out.Discoveries = nil
	for _, d := range s.Discoveries {
		d.After = 0
		out.Discoveries = append(out.Discoveries, d)
	}
	return out
}

var times = regexp.MustCompile(`(?m)^elapsed .*$|(found \S+ \d+) \S+`)

// TestResume: a run that is cut in two comes to what one run comes to, and so does its folder.
func TestResume(t *testing.T) {
	whole, parts := t.TempDir(), t.TempDir()
	all, first, canary := 60/fewer(), 24/fewer(), 24/fewer()
	want := fuzz(t, Config{Seed: 5, Programs: all, Corpus: whole, Canary: canary})
	fuzz(t, Config{Seed: 5, Programs: first, Corpus: parts, Canary: canary})
	got := fuzz(t, Config{Seed: 5, Programs: all - first, Corpus: parts, Canary: canary, Workers: 2})
	if diff := cmp.Diff(timeless(want), timeless(got)); diff != "" {
		t.Errorf("in two runs (+) and in one (-):\n%s", diff)
	}
	files, err := filepath.Glob(filepath.Join(whole, "*"))
	if err != nil || len(files) != want.Corpus+1 {
		t.Fatalf("%d files for a corpus of %d (%v)", len(files), want.Corpus, err)
	}
	for _, f := range files {
		a, _ := os.ReadFile(f)
		b, err := os.ReadFile(filepath.Join(parts, filepath.Base(f)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(times.ReplaceAllString(string(a), "$1"), times.ReplaceAllString(string(b), "$1")); diff != "" {
			t.Errorf("%s:\n%s", filepath.Base(f), diff)
		}
	}
	if want.Canaries != 2 || want.Reported != 2 {
		t.Errorf("%d of %d canaries reported", want.Reported, want.Canaries)
	}
}

// TestKilled: without the state of the last second the programs are still there.
func TestKilled(t *testing.T) {
	folder := t.TempDir()
	before := fuzz(t, Config{Seed: 1, Programs: 10, Corpus: folder})
	if err := os.Remove(filepath.Join(folder, stateFile)); err != nil {
		t.Fatal(err)
	}
	after := fuzz(t, Config{Seed: 2, Programs: 10, Corpus: folder})
	if before.Corpus == 0 || after.Corpus < before.Corpus {
		t.Errorf("a corpus of %d came to one of %d", before.Corpus, after.Corpus)
	}
}

func TestDamagedCorpus(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{stateFile, "", "state:1:1: the file is empty"},
		{stateFile, "dlsim fuzz state 2\n", "state:1:1: "},
		{stateFile, stateVersion + "\nprograms many\n", "state:2:1: "},
		{stateFile, stateVersion + "\nprograms 1\nfound L01\n", "state:3:1: a discovery has four parts"},
		{stateFile, stateVersion + "\nnonsense 1\n", `state:2:1: unknown line "nonsense"`},
		{"fuzz-0.yaml", "name: x\n", "fuzz-0.yaml:1:1: a program of a corpus begins with a comment"},
		{"fuzz-0.yaml", genomePrefix + "1,a\n", `fuzz-0.yaml:1:1: "a" is not a number of a genome`},
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, c.file), []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := Run(context.Background(), Config{Programs: 1, Corpus: folder})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %q: %v", c.file, c.text, err)
		}
	}
}

// TestKnownBugsAreFound: a short run from nothing finds known bugs and knows them.
func TestKnownBugsAreFound(t *testing.T) {
	families := Families()
	known := func(_ string, v *explore.Violation) string { return Recognise(families, v) }
	told := 0
	s := fuzz(t, Config{Seed: 3, Programs: 120 / fewer(), Known: known, Found: func(f Finding) error {
		told++
		if f.Violation.Signature != f.Signature || f.Scenario == nil || f.Program == nil {
			t.Errorf("finding %+v", f.Discovery)
		}
		return nil
	}})
	bugs := make(map[string]bool)
	for _, d := range s.Discoveries {
		bugs[d.Bug] = true
	}
	if int64(len(bugs)) < 5/fewer() || told != len(s.Discoveries) {
		t.Errorf("found %v; told of %d of %d", bugs, told, len(s.Discoveries))
	}
	if un := s.Unlisted(); len(un) > 0 {
		t.Errorf("not listed: %v", un)
	}
}

// TestLimited: a program of which a schedule reached a limit is told of, with what runs it again.
func TestLimited(t *testing.T) {
	var told []Limit
	r := &run{cfg: Config{Limited: func(x Limit) error { told = append(told, x); return nil }}}
	sc := &scenarios.Scenario{Name: "endless"}
	for number, unknowns := range []int64{0, 2} {
		res := &explore.Result{Schedules: 200, Unknowns: unknowns, FirstUnknown: 17}
		if err := r.judge(sc, nil, explore.Config{Seed: 3}, res, int64(number)); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) != 1 || told[0].Scenario != sc || told[0].Number != 1 || told[0].Schedule != 17 || told[0].Campaign.Seed != 3 {
		t.Errorf("told of %+v", told)
	}
	if r.progress.Unknowns != 2 || r.progress.Schedules != 400 {
		t.Errorf("counted %d of %d schedules", r.progress.Unknowns, r.progress.Schedules)
	}
}

// TestCanary: the bug of every canary is found, whichever way it is explored.
func TestCanary(t *testing.T) {
	r := &run{cfg: Config{Schedules: 20}, corpus: &corpus{}}
	canaries := 8 / fewer()
	for seed := range uint64(canaries) {
		if err := r.canary(context.Background(), rand.New(rand.NewPCG(seed, 1))); err != nil {
			t.Fatal(err)
		}
	}
	if r.progress.Canaries != canaries || r.progress.Reported != canaries {
		t.Errorf("%d of %d canaries reported", r.progress.Reported, r.progress.Canaries)
	}
}

func TestFamilies(t *testing.T) {
	for _, c := range []struct {
		s, pattern string
		want       bool
	}{
		{"abc", "abc", true},
		{"abc", "ab", false},
		{"abc", "*", true},
		{"", "*", true},
		{"abc", "a*", true},
		{"abc", "*c", true},
		{"abc", "a*c", true},
		{"abc", "b*", false},
		{"abcabc", "a*b*c", true},
		{"ac", "a*b*c", false},
		{"aa", "a*a", true},
		{"a", "a*a", false},
	} {
		if got := like(c.s, c.pattern); got != c.want {
			t.Errorf("like(%q, %q) = %t", c.s, c.pattern, got)
		}
	}
	seen := make(map[string]bool)
	for _, f := range Families() {
		if seen[f.Like] {
			t.Errorf("%q is there twice", f.Like)
		}
		seen[f.Like] = true
	}
}
