// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"dlsim/sim"
)

// goldenFixed is the list of cases whose outcome is another on a port with all fixes, with the
// bugs that make it so: "case: L04, L10".
const goldenFixed = "testdata/golden-fixed.txt"

// TestGoldenFixed runs the golden cases on a port that was patched with all fixes, for which the
// go command is given an overlay and DLSIM_FIXED is set (.ci/run does). A fix may take a lock
// earlier or ask the daemon before it does, so events are not compared but what operations answer,
// the final state and the way of ending. Exactly the cases of the list differ.
func TestGoldenFixed(t *testing.T) {
	if os.Getenv("DLSIM_FIXED") == "" {
		checkGoldenFixed(t)
		return
	}
	known := readGoldenFixed(t)
	w := sim.New()
	defer w.Close()
	for _, c := range goldenCases(t, goldenDir()) {
		got := runGolden(w, c.script)
		diff := goldenDiff(goldenOutcome(c.want), goldenOutcome(got))
		bugs, listed := known[c.name]
		switch {
		case diff != "" && !listed:
			t.Errorf("%s, %s: %s", c.file, c.name, diff)
		case diff == "" && listed:
			t.Errorf("%s, %s: is as without the fixes, and listed for %s", c.file, c.name, bugs)
		}
	}
}

// checkGoldenFixed expects each listed case to exist, and each to pass on the faithful port, so
// that it is the fixes that make the difference.
func checkGoldenFixed(t *testing.T) {
	known := readGoldenFixed(t)
	w := sim.New()
	defer w.Close()
	for _, c := range goldenCases(t, goldenDir()) {
		if _, listed := known[c.name]; listed {
			if diff := goldenDiff(c.want, runGolden(w, c.script)); diff != "" {
				t.Errorf("%s: %s", c.name, diff)
			}
			delete(known, c.name)
		}
	}
	for name := range known {
		t.Errorf("%s: there is no case %s", goldenFixed, name)
	}
}

func readGoldenFixed(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(goldenFixed)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	known := make(map[string]string)
	for s := bufio.NewScanner(f); s.Scan(); {
		if line := s.Text(); line != "" && line[0] != '#' {
			name, bugs, ok := strings.Cut(line, ": ")
			if !ok {
				t.Fatalf("%s: no bugs in %q", goldenFixed, line)
			}
			known[name] = bugs
		}
	}
	return known
}

// goldenOutcome keeps the lines of results, of the state and of the end, those of each thread
// together.
func goldenOutcome(lines []string) []string {
	var out []string
	for _, l := range lines {
		if strings.HasPrefix(l, "< ") || strings.HasPrefix(l, ". ") || strings.HasPrefix(l, "end ") {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return strings.Compare(goldenThread(a), goldenThread(b)) })
	return out
}

// goldenThread is the thread of a result, and sorts state and end behind all results.
func goldenThread(line string) string {
	if rest, ok := strings.CutPrefix(line, "< "); ok {
		name, _, _ := strings.Cut(rest, ":")
		return "1" + name
	}
	return "2" + line[:1]
}
