// SPDX-License-Identifier: CDDL-1.0

package patch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
)

// Key identifies patches in their order by their text alone.
func Key(patches []*Patch) string {
	h := sha256.New()
	for _, p := range patches {
		fmt.Fprintf(h, "%d\n%s", len(p.text), p.text)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// Build is a tool to be built from patched sources.
type Build struct {
	Root    string // of the module
	Package string // of the command, from the root: "./cmd/tool"
	// Stamp is a string variable of the command, "main.stamp", which gets the Key of the
	// patches.
	Stamp string
	// Cache is the folder in which tools are kept.
	Cache string
	// Building, if not nil, is called before a build that is not in the cache.
	Building func()
}

// unusedMax is how long a tool that nobody uses is kept.
const unusedMax = 7 * 24 * time.Hour

// Tool returns the file name of the tool with the patches applied. It is built unless the
// cache has it: for these sources, these patches and this Go. That can take a minute, and
// ends early when ctx does. An error that the patches are to blame for is an *Error; one of
// the compiler has its words.
func (b *Build) Tool(ctx context.Context, patches []*Patch) (string, error) {
	tree, err := Apply(b.read, patches)
	if err != nil {
		return "", err
	}
	goCmd, err := exec.LookPath("go")
	if err != nil {
		return "", errors.New("the go command is needed to build with patches, and is not in PATH")
	}
	key, err := b.key(ctx, goCmd, patches)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(b.Cache, key)
	tool := filepath.Join(dir, path.Base(b.Package))
	if now := time.Now(); os.Chtimes(dir, now, now) == nil {
		return tool, nil
	}
	if b.Building != nil {
		b.Building()
	}
	b.prune()
	if err := b.build(ctx, goCmd, tree, Key(patches), dir); err != nil {
		return "", err
	}
	return tool, nil
}

func (b *Build) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(b.Root, filepath.FromSlash(name)))
}

// key identifies everything that a build depends on.
func (b *Build) key(ctx context.Context, goCmd string, patches []*Patch) (string, error) {
	cmd := exec.CommandContext(ctx, goCmd, "env", "GOVERSION", "GOOS", "GOARCH", "GOFLAGS")
	cmd.Dir = b.Root
	version, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go env fails in %s: %w", b.Root, err)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s%s %s %s\n", version, b.Package, b.Stamp, Key(patches))
	err = HashSources(h, b.Root, isSource)
	if err != nil {
		return "", fmt.Errorf("the sources cannot be read: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil))[:32], nil
}

// isSource reports whether a build can depend on a file. Scenarios and the like may be
// embedded.
func isSource(name string) bool {
	return name == "go.mod" || name == "go.sum" ||
		slices.Contains([]string{".go", ".yaml", ".patch"}, path.Ext(name)) && !strings.HasSuffix(name, "_test.go") &&
			!strings.Contains("/"+name, "/testdata/")
}

// HashSources writes to h the files of a source tree that keep accepts, which gets their names from
// its root with slashes. Where the tree lies has no part in it. Hidden folders have none either.
func HashSources(h io.Writer, root string, keep func(name string) bool) error {
	return filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if file != root && strings.HasPrefix(e.Name(), ".") {
				return filepath.SkipDir
			}
			return nil
		}
		rel, _ := filepath.Rel(root, file) // file is below the root
		name := filepath.ToSlash(rel)
		if !keep(name) {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
		return err
	})
}

// build builds the tool into dir, in one piece or not at all.
func (b *Build) build(ctx context.Context, goCmd string, tree Tree, stamp, dir string) error {
	if err := os.MkdirAll(b.Cache, 0o777); err != nil {
		return fmt.Errorf("no place to keep the patched tool: %w", err)
	}
	temp, err := os.MkdirTemp(b.Cache, ".building-*")
	if err != nil {
		return fmt.Errorf("no place to keep the patched tool: %w", err)
	}
	defer os.RemoveAll(temp)
	overlay, err := tree.Overlay(b.Root, temp)
	if err != nil {
		return fmt.Errorf("no place to keep the patched sources: %w", err)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, goCmd, "build", "-overlay", overlay,
		"-ldflags", "-s -w -X "+b.Stamp+"="+stamp, "-o", filepath.Join(temp, path.Base(b.Package)), b.Package)
	cmd.Dir, cmd.Stdout, cmd.Stderr = b.Root, &out, &out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// The compiler names the copies.
		copies := regexp.MustCompile(`\S*` + regexp.QuoteMeta(filepath.Base(temp)) + `[/\\]src[/\\]`)
		said := copies.ReplaceAllString(strings.TrimRight(out.String(), "\n"), "")
		return fmt.Errorf("the patched sources do not build: %w\n%s", err, said)
	}
	err = os.Rename(temp, dir)
	if _, built := os.Stat(dir); built == nil {
		return nil // perhaps by somebody else meanwhile
	}
	return err
}

// Overlay writes the files of the tree below dir, and the file that tells the go command about them,
// whose name it returns. root is that of the module.
func (tree Tree) Overlay(root, dir string) (string, error) {
	replace := make(map[string]string)
	for name, text := range tree {
		at := ""
		if text != nil {
			at = filepath.Join(dir, "src", filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
				return "", err
			}
			if err := os.WriteFile(at, text, 0o666); err != nil {
				return "", err
			}
		}
		replace[filepath.Join(root, filepath.FromSlash(name))] = at
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, text, 0o666)
}

// prune removes tools that nobody has used for long, and what is left of builds that were
// killed.
func (b *Build) prune() {
	entries, _ := os.ReadDir(b.Cache) // there may be none yet
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > unusedMax {
			_ = os.RemoveAll(filepath.Join(b.Cache, e.Name())) // it is only in the way
		}
	}
}

// FindModule returns the root of the module of that name: around the working directory, or
// else around one of the given files. The error says what is missing.
func FindModule(module string, files ...string) (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	places := []string{wd}
	for _, f := range files {
		if filepath.IsAbs(f) {
			places = append(places, filepath.Dir(f))
		}
	}
	for _, dir := range places {
		for {
			if text, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && modfile.ModulePath(text) == module {
				return dir, nil
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return "", fmt.Errorf("the source tree of %s is needed to build with patches: run it there (there is none around %s)",
		module, strings.Join(places, " or "))
}
