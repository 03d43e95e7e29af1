// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dlsim/scenarios"
)

// TestErrors runs testdata/errors.txt: "=== name", a scenario, "---", the error it gives.
// With -update the errors are written anew; read the diff before committing it.
func TestErrors(t *testing.T) {
	const file = "testdata/errors.txt"
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, c := range strings.Split(string(golden), "=== ")[1:] {
		name, rest, _ := strings.Cut(c, "\n")
		src, _, ok := cutLast("\n"+rest, "\n---\n")
		src = strings.TrimPrefix(src+"\n", "\n")
		if !ok {
			t.Fatalf("case %s has no ---", name)
		}
		_, err := scenarios.Parse(name+".yaml", []byte(src))
		var e *scenarios.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: error is %v", name, err)
			continue
		}
		if e.Hint == "" {
			t.Errorf("%s: no hint of what would be right: %v", name, err)
		}
		out.WriteString("=== " + name + "\n" + src + "---\n" + e.Error() + "\n")
	}
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		golden = []byte(out.String())
	}
	if d := cmp.Diff(string(golden), out.String()); d != "" {
		t.Errorf("errors differ (-want +got):\n%s", d)
	}
}

// cutLast cuts around the last separator.
func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// checkParse parses anything and expects success or an Error inside the file.
func checkParse(t interface{ Fatalf(string, ...any) }, src []byte) {
	_, err := scenarios.Parse("f.yaml", src)
	if err == nil {
		return
	}
	var e *scenarios.Error
	if !errors.As(err, &e) {
		t.Fatalf("error of another type: %v", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(src), "\n"), "\n")
	if e.Line < 1 || e.Line > len(lines) || e.Col < 1 || e.Col > len(lines[e.Line-1])+1 {
		t.Fatalf("%d:%d is not in the file: %v", e.Line, e.Col, err)
	}
	if strings.Contains(e.Msg, "\n") {
		t.Fatalf("the message has several lines: %q", e.Msg)
	}
}

// TestMutatedScenarios changes bytes of shipped scenarios: each either parses or gives an
// Error with a place in the file.
func TestMutatedScenarios(t *testing.T) {
	all := shipped(t)
	rapid.Check(t, func(r *rapid.T) {
		src := []byte(string(rapid.SampledFrom(all).Draw(r, "scenario").Source))
		for range rapid.IntRange(1, 4).Draw(r, "changes") {
			i := rapid.IntRange(0, len(src)-1).Draw(r, "at")
			switch rapid.IntRange(0, 2).Draw(r, "change") {
			case 0:
				src[i] = rapid.SampledFrom([]byte(":-[]{}#&*!|>'\"%@ \n\tax0")).Draw(r, "byte")
			case 1:
				src = append(src[:i:i], src[i+1:]...)
			case 2:
				src = append(src[:i:i], append([]byte{src[i]}, src[i:]...)...)
			}
			if len(src) == 0 {
				return
			}
		}
		checkParse(r, src)
	})
}

func FuzzParse(f *testing.F) {
	files, err := scenarios.Find(".")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) { checkParse(t, src) })
}
