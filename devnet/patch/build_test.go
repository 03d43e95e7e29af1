// SPDX-License-Identifier: CDDL-1.0

package patch_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dlsim/devnet/patch"
)

// module writes a small module whose command prints a word, its own embedded source and its
// stamp.
func module(t *testing.T) *patch.Build {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.org/hello\n\ngo 1.26\n",
		"cmd/hello/main.go": "package main\n\nimport \"example.org/hello/word\"\n\nvar stamp string\n\n" +
			"func main() { print(word.Word, \" \", word.Source(), \" \", stamp, \"\\n\") }\n",
		"word/word.go": "package word\n\nimport _ \"embed\"\n\n//go:embed word.go\nvar source string\n\n" +
			"const Word = \"hello\"\n\nfunc Source() int { return len(source) }\n",
	} {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return &patch.Build{
		Root: root, Package: "./cmd/hello", Stamp: "main.stamp", Cache: filepath.Join(root, ".cache"),
	}
}

const helloToGoodbye = "--- a/word/word.go\n+++ b/word/word.go\n@@ -8,1 +8,1 @@\n-const Word = \"hello\"\n+const Word = \"goodbye\"\n"

func parse(t *testing.T, text string) []*patch.Patch {
	t.Helper()
	p, err := patch.Parse("p", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return []*patch.Patch{p}
}

// A tool is built from patched sources, which it also embeds, knows its patches, and is kept
// until sources or patches change.
func TestTool(t *testing.T) {
	b := module(t)
	builds := 0
	b.Building = func() { builds++ }
	output := func(patches []*patch.Patch) string {
		t.Helper()
		tool, err := b.Tool(t.Context(), patches)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tool).CombinedOutput()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	patches := parse(t, helloToGoodbye)
	want := "goodbye 135 " + patch.Key(patches) + "\n" // the source has two bytes less unpatched
	for range 2 {
		if got := output(patches); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if builds != 1 {
		t.Errorf("built %d times, want once", builds)
	}
	main := filepath.Join(b.Root, "cmd/hello/main.go")
	text, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(main, []byte(strings.Replace(string(text), `"\n"`, `"!\n"`, 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := output(patches); got != strings.Replace(want, "\n", "!\n", 1) || builds != 2 {
		t.Errorf("got %q after %d builds", got, builds)
	}
}

func TestToolErrors(t *testing.T) {
	b := module(t)
	_, err := b.Tool(t.Context(), parse(t, strings.Replace(helloToGoodbye, `"goodbye"`, "goodbye", 1)))
	if err == nil || !strings.HasPrefix(err.Error(), "the patched sources do not build: ") ||
		!strings.Contains(err.Error(), "\nword/word.go:8:14: undefined: goodbye") {
		t.Errorf("got %v", err)
	}
	kept, _ := os.ReadDir(b.Cache)
	if len(kept) != 0 {
		t.Errorf("%d entries are left of a build that failed", len(kept))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Tool(ctx, parse(t, helloToGoodbye)); err == nil {
		t.Error("a cancelled build gives a tool")
	}
	t.Setenv("PATH", t.TempDir())
	_, err = b.Tool(t.Context(), parse(t, helloToGoodbye))
	if err == nil || err.Error() != "the go command is needed to build with patches, and is not in PATH" {
		t.Errorf("got %v", err)
	}
}

// A source tree is the same wherever it lies, and another one if a file that counts is.
func TestHashSources(t *testing.T) {
	hash := func(root string) string {
		t.Helper()
		var b strings.Builder
		if err := patch.HashSources(&b, root, func(name string) bool { return strings.HasPrefix(name, "word/") }); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	one, other := module(t).Root, module(t).Root
	if hash(one) != hash(other) || hash(one) == "" {
		t.Errorf("a tree and its copy: %q and %q", hash(one), hash(other))
	}
	for name, changes := range map[string]bool{"go.mod": false, "word/.hidden/x.go": false, "word/new.go": true, "word/word.go": true} {
		file := filepath.Join(other, filepath.FromSlash(name))
		before := hash(other)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("changed"), 0o666); err != nil {
			t.Fatal(err)
		}
		if (hash(other) != before) != changes {
			t.Errorf("after a change of %s the hash is another one: %t, want %t", name, !changes, changes)
		}
	}
}

func TestFindModule(t *testing.T) {
	b := module(t)
	inside := filepath.Join(b.Root, "cmd", "hello")
	if root, err := patch.FindModule("example.org/hello", filepath.Join(inside, "main.go")); err != nil || root != b.Root {
		t.Errorf("by a file: %q, %v", root, err)
	}
	t.Chdir(inside)
	if root, err := patch.FindModule("example.org/hello"); err != nil || root != b.Root {
		t.Errorf("by the working directory: %q, %v", root, err)
	}
	_, err := patch.FindModule("example.org/other", "main.go")
	if err == nil || !strings.HasPrefix(err.Error(), "the source tree of example.org/other is needed to build with patches") {
		t.Errorf("got %v", err)
	}
}
