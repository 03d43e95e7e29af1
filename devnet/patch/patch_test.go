// SPDX-License-Identifier: CDDL-1.0

package patch_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dlsim/devnet/patch"
)

// sources is a module in memory.
type sources map[string]string

func (s sources) read(name string) ([]byte, error) {
	if text, ok := s[name]; ok {
		return []byte(text), nil
	}
	return nil, os.ErrNotExist
}

func apply(t *testing.T, s sources, texts ...string) (map[string]string, error) {
	t.Helper()
	var patches []*patch.Patch
	for i, text := range texts {
		p, err := patch.Parse(fmt.Sprintf("%d.patch", i+1), []byte(text))
		if err != nil {
			return nil, err
		}
		patches = append(patches, p)
	}
	tree, err := patch.Apply(s.read, patches)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string)
	for name, text := range tree {
		out[name] = string(text)
	}
	return out, nil
}

const (
	animals = "ant\nbee\ncat\ndog\neel\nfox\n"

	catToCow = "A title\n\nand why.\n\ndiff --git a/x/a.go b/x/a.go\n--- a/x/a.go\n+++ b/x/a.go\n" +
		"@@ -2,3 +2,4 @@\n bee\n-cat\n+cow\n+crow\n dog\n"
	eelToElk = "--- x/a.go\n+++ x/a.go\n@@ -4,3 +4,3 @@ heading\n dog\n-eel\n+elk\n fox\n"
	newFile  = "diff --git a/x/b.go b/x/b.go\nnew file mode 100644\n--- /dev/null\n+++ b/x/b.go\n@@ -0,0 +1 @@\n+gnu\n"
	gone     = "diff --git a/x/a.go b/x/a.go\ndeleted file mode 100644\n--- a/x/a.go\n+++ /dev/null\n" +
		"@@ -1,6 +0,0 @@\n-ant\n-bee\n-cat\n-dog\n-eel\n-fox\n"
)

// Patches stack: a hunk is found where those before it have moved it, and only there.
func TestApply(t *testing.T) {
	s := sources{"x/a.go": animals}
	tests := []struct {
		patches []string
		want    map[string]string
	}{
		{[]string{catToCow}, map[string]string{"x/a.go": "ant\nbee\ncow\ncrow\ndog\neel\nfox\n"}},
		{[]string{catToCow, eelToElk}, map[string]string{"x/a.go": "ant\nbee\ncow\ncrow\ndog\nelk\nfox\n"}},
		{[]string{eelToElk, catToCow}, map[string]string{"x/a.go": "ant\nbee\ncow\ncrow\ndog\nelk\nfox\n"}},
		{
			[]string{strings.Replace(eelToElk, "@@ -4", "@@ -400", 1)},
			map[string]string{"x/a.go": "ant\nbee\ncat\ndog\nelk\nfox\n"},
		},
		{[]string{newFile, eelToElk}, map[string]string{"x/a.go": "ant\nbee\ncat\ndog\nelk\nfox\n", "x/b.go": "gnu\n"}},
		{[]string{gone}, map[string]string{"x/a.go": ""}},
	}
	for _, test := range tests {
		got, err := apply(t, s, test.patches...)
		if err != nil {
			t.Error(err)
		} else if d := cmp.Diff(test.want, got); d != "" {
			t.Error(d)
		}
	}
}

func TestHeader(t *testing.T) {
	p, err := patch.Parse("p", []byte(catToCow))
	if err != nil {
		t.Fatal(err)
	}
	if p.Title() != "A title" || p.Header != "A title\n\nand why." {
		t.Errorf("title %q, header %q", p.Title(), p.Header)
	}
	if d := cmp.Diff([]string{"x/a.go"}, p.Files()); d != "" {
		t.Error(d)
	}
}

// What is wrong is said in one line, with the line of the patch and what is there.
func TestErrors(t *testing.T) {
	s := sources{"x/a.go": animals}
	tests := []struct {
		patches []string
		want    string
	}{
		{[]string{catToCow, catToCow}, `2.patch:8: hunk 1 of x/a.go does not apply: it needs line 3 to be "cat", which is "cow"`},
		{
			[]string{strings.Replace(catToCow, " dog\n", " dot\n", 1)},
			`1.patch:8: hunk 1 of x/a.go does not apply: it needs line 4 to be "dot", which is "dog"`,
		},
		{
			[]string{"--- x/a.go\n+++ x/a.go\n@@ -5,3 +5,3 @@\n-eel\n+elk\n fox\n gnu\n"},
			`1.patch:3: hunk 1 of x/a.go does not apply: it needs line 7 to be "gnu", and the file ends before it`,
		},
		{
			[]string{"--- x/a.go\n+++ x/a.go\n@@ -5,2 +5,2 @@\n-eel\n+elk\n fox\n@@ -10,2 +10,2 @@\n-ant\n+auk\n bee\n"},
			`1.patch:7: hunk 2 of x/a.go does not apply: the lines it needs come before those of the hunk above it`,
		},
		{[]string{strings.ReplaceAll(eelToElk, "x/a.go", "x/c.go")}, "1.patch:3: there is no file x/c.go to patch"},
		{[]string{gone, eelToElk}, "2.patch:3: hunk 1 of x/a.go does not apply: it needs line 1 to be \"dog\", and the file ends before it"},
		{[]string{strings.ReplaceAll(eelToElk, "x/a.go", "../a.go")}, `1.patch:3: "../a.go" is not the name of a file in the module`},
		{[]string{strings.ReplaceAll(eelToElk, "x/a.go", "go.mod")}, "1.patch:3: go.mod: only Go files can be patched"},
		{[]string{"diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n"}, "1.patch:1: y: renames and copies cannot be applied"},
		{
			[]string{catToCow, "--- x/a.go\n+++ x/a.go\n@@ -2,0 +3 @@\n+bat\n"},
			"2.patch:3: hunk 1 of x/a.go needs a line of context: it only adds lines, and other patches may move the place",
		},
		{[]string{"no diff\n"}, "1.patch:1: there is no diff in it"},
		{[]string{""}, "1.patch:1: there is no diff in it"},
		{[]string{"--- x/a.go\n+++ x/a.go\n@@ -x +4 @@\n"}, "1.patch:3: not a unified diff: "},
	}
	for _, test := range tests {
		_, err := apply(t, s, test.patches...)
		var bad *patch.Error
		if !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

// However far a change elsewhere moves what a hunk needs, the hunk follows it.
func TestHunksFollow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z]{1,2}`)
		before := rapid.SliceOfN(word, 3, 12).Draw(t, "before")
		for i := range before {
			before[i] = fmt.Sprintf("%s%d", before[i], i) // each line once
		}
		from := rapid.IntRange(0, len(before)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(before)).Draw(t, "to")
		out := rapid.SliceOfN(word, 1, 3).Draw(t, "out")
		above := rapid.SliceOfN(word, 0, 20).Draw(t, "above")

		hunk := fmt.Sprintf("--- a.go\n+++ a.go\n@@ -%d,%d +%d,%d @@\n", from+1, to-from, from+1, len(out))
		for _, l := range before[from:to] {
			hunk += "-" + l + "\n"
		}
		for _, l := range out {
			hunk += "+" + l + "\n"
		}
		join := func(parts ...[]string) string {
			var b strings.Builder
			for _, part := range parts {
				for _, l := range part {
					b.WriteString(l + "\n")
				}
			}
			return b.String()
		}
		p, err := patch.Parse("p", []byte(hunk))
		if err != nil {
			t.Fatal(err)
		}
		s := sources{"a.go": join(above, before)}
		tree, err := patch.Apply(s.read, []*patch.Patch{p})
		if err != nil {
			t.Fatal(err)
		}
		if want := join(above, before[:from], out, before[to:]); string(tree["a.go"]) != want {
			t.Fatalf("got %q, want %q", tree["a.go"], want)
		}
	})
}
