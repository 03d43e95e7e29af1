// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dlsim/sim"

	"github.com/google/go-cmp/cmp"
)

// goldenCase is one case of testdata/golden/README.md: a script, and what the original printed
// when it was compiled and run.
type goldenCase struct {
	file, name string
	script     []string
	want       []string
}

// goldenDir returns the folder of cases: testdata/golden unless DLSIM_GOLDEN names another.
func goldenDir() string {
	if dir := os.Getenv("DLSIM_GOLDEN"); dir != "" {
		return dir
	}
	return filepath.Join("testdata", "golden")
}

// goldenCases reads all cases of a folder.
func goldenCases(t testing.TB, dir string) []goldenCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases in %s: %v", dir, err)
	}
	var cases []goldenCase
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, parseGolden(t, file, string(text))...)
	}
	return cases
}

func parseGolden(t testing.TB, file, text string) []goldenCase {
	var cases []goldenCase
	var c *goldenCase
	output := false
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		name, head := strings.CutPrefix(line, "=== ")
		switch {
		case head:
			cases = append(cases, goldenCase{file: filepath.Base(file), name: name})
			c, output = &cases[len(cases)-1], false
		case c == nil:
			t.Fatalf("%s:%d: a line before the first case", file, i+1)
		case line == "---":
			output = true
		case output:
			c.want = append(c.want, line)
		default:
			c.script = append(c.script, line)
		}
	}
	return cases
}

// TestGolden runs every case and expects what the original did: results, events in their
// order, the final state and the way of ending.
func TestGolden(t *testing.T) {
	cases := goldenCases(t, goldenDir())
	w := sim.New()
	defer w.Close()
	passed := 0
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := runGolden(w, c.script)
			if diff := goldenDiff(c.want, got); diff != "" {
				t.Errorf("%s: %s", c.file, diff)
				return
			}
			passed++
		})
	}
	fmt.Printf("golden: %d of %d cases\n", passed, len(cases))
}

// goldenDiff names the first line that differs, with what stands around it.
func goldenDiff(want, got []string) string {
	if cmp.Equal(want, got) {
		return ""
	}
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	from := max(0, i-8)
	near := func(lines []string) []string { return lines[min(from, len(lines)):min(i+6, len(lines))] }
	return fmt.Sprintf("event %d is the first that differs (-original +port):\n%s",
		i+1, cmp.Diff(near(want), near(got)))
}

// TestGoldenComparisonFails makes sure that a case can fail: one changed event is found, and
// named.
func TestGoldenComparisonFails(t *testing.T) {
	w := sim.New()
	defer w.Close()
	c := goldenCases(t, filepath.Join("testdata", "golden"))[0]
	for i := range c.want {
		want := append([]string(nil), c.want...)
		want[i] += "x"
		if diff := goldenDiff(want, runGolden(w, c.script)); !strings.Contains(diff, fmt.Sprintf("event %d ", i+1)) {
			t.Errorf("line %d was changed, the comparison says %q", i+1, diff)
		}
	}
}
