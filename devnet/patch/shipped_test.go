// SPDX-License-Identifier: CDDL-1.0

package patch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dlsim/devnet/patch"
)

// shippedDir has the patches of the repository.
const shippedDir = "../../devnet/patches"

func shipped(t *testing.T, pattern string) []*patch.Patch {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shippedDir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	var patches []*patch.Patch
	for _, file := range files {
		p, err := patch.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		patches = append(patches, p)
	}
	return patches
}

// tree is the port, its environment and the scenarios on them, which can be checked with
// some of the sources replaced.
type tree struct {
	root     string
	packages []goPackage // in the order of their imports
	files    *token.FileSet
	others   types.Importer // of all other packages, compiled
}

type goPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

func readTree(t *testing.T) *tree {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-deps", "-export", "-json=ImportPath,Dir,Export,GoFiles", "./scenarios")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := make(map[string]string)
	tr := &tree{root: root, files: token.NewFileSet()}
	tr.others = importer.ForCompiler(tr.files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(p.ImportPath, "dlsim/devnet") || p.ImportPath == "dlsim/model" || p.ImportPath == "dlsim/scenarios" {
			tr.packages = append(tr.packages, p)
		} else {
			exports[p.ImportPath] = p.Export
		}
	}
	return tr
}

// check type-checks the packages with the files of patched in place of theirs, as a build
// would. Those that nothing of patched can have changed are taken from clean, if it is not
// nil.
func (tr *tree) check(t *testing.T, patched patch.Tree, clean map[string]*types.Package) map[string]*types.Package {
	t.Helper()
	done := make(map[string]*types.Package)
	changed := clean == nil
	for _, p := range tr.packages {
		rel, err := filepath.Rel(tr.root, p.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for name := range patched {
			changed = changed || filepath.Dir(name) == rel
		}
		if !changed {
			done[p.ImportPath] = clean[p.ImportPath]
			continue
		}
		conf := types.Config{
			Importer: imports(func(path string) (*types.Package, error) {
				if own := done[path]; own != nil {
					return own, nil
				}
				return tr.others.Import(path)
			}),
			Error: func(err error) { t.Error(err) },
		}
		done[p.ImportPath], _ = conf.Check(p.ImportPath, tr.files, tr.parse(t, p, rel, patched), nil) // errors are told above
	}
	return done
}

// compiles applies patches in their order and type-checks what comes of it; clean is as for check.
func (tr *tree) compiles(t *testing.T, patches []*patch.Patch, clean map[string]*types.Package) {
	t.Helper()
	patched, err := patch.Apply(tr.read, patches)
	if err != nil {
		t.Fatal(err)
	}
	tr.check(t, patched, clean)
}

type imports func(path string) (*types.Package, error)

func (f imports) Import(path string) (*types.Package, error) { return f(path) }

func (tr *tree) parse(t *testing.T, p goPackage, rel string, patched patch.Tree) []*ast.File {
	t.Helper()
	var out []*ast.File
	names := p.GoFiles
	for name := range patched {
		if _, err := os.Stat(filepath.Join(tr.root, name)); filepath.Dir(name) == rel && err != nil {
			names = append(names[:len(names):len(names)], filepath.Base(name)) // a new one
		}
	}
	for _, name := range names {
		var src any
		if text, ok := patched[filepath.ToSlash(filepath.Join(rel, name))]; ok {
			if src = text; text == nil {
				continue
			}
		}
		f, err := parser.ParseFile(tr.files, filepath.Join(p.Dir, name), src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

func (tr *tree) read(name string) ([]byte, error) { return os.ReadFile(filepath.Join(tr.root, name)) }

var (
	named = regexp.MustCompile(`^((?:H|X|M)\d\d[a-d]?|fix-[LD]\d\d[a-d]?)-[a-z0-9-]+\.patch$`)
	about = regexp.MustCompile(`(?m)^Source: `)
)

// TestShipped applies each patch of the repository alone, and the fixes also all together in
// the order of their names, and expects what comes of it to compile. Each says in its header
// what it is for and where that comes from.
func TestShipped(t *testing.T) {
	tr := readTree(t)
	clean := tr.check(t, nil, nil)
	if len(clean) < 10 || t.Failed() {
		t.Fatalf("the sources as they are: %d packages", len(clean))
	}
	try := func(name string, patches []*patch.Patch) {
		t.Run(name, func(t *testing.T) { tr.compiles(t, patches, clean) })
	}
	all := shipped(t, "*.patch")
	if len(all) == 0 {
		t.Fatal("there are no patches")
	}
	for _, p := range all {
		base := filepath.Base(p.Name)
		id := named.FindStringSubmatch(base)
		switch {
		case id == nil:
			t.Errorf("%s: not the name of a patch", base)
		case !strings.HasPrefix(p.Title(), strings.TrimPrefix(id[1], "fix-")+": ") || !about.MatchString(p.Header):
			t.Errorf("%s: the header must begin with its id and say its source; title %q", base, p.Title())
		}
		try(strings.TrimSuffix(base, ".patch"), []*patch.Patch{p})
	}
	try("fixes", shipped(t, "fix-*.patch"))
}

var foundBy = regexp.MustCompile(`(?m)^Found by: (scenarios/\S+\.yaml)$`)

// TestMistakes applies each mistake in a fix after all fixes, and expects what comes of it to compile. Each says
// which fix it is in, and which scenario finds it: .ci/run has it do so.
func TestMistakes(t *testing.T) {
	tr := readTree(t)
	clean := tr.check(t, nil, nil)
	fixes, mistakes := shipped(t, "fix-*.patch"), shipped(t, "mistakes/*.patch")
	if len(mistakes) == 0 {
		t.Fatal("there are no mistakes")
	}
	for _, p := range mistakes {
		base := filepath.Base(p.Name)
		t.Run(strings.TrimSuffix(base, ".patch"), func(t *testing.T) {
			id, _, _ := strings.Cut(base, "-")
			if len(shipped(t, "fix-"+id+"-*.patch")) != 1 || !strings.HasPrefix(p.Title(), id+": ") {
				t.Errorf("name and header must begin with the id of a fix; title %q", p.Title())
			}
			if m := foundBy.FindStringSubmatch(p.Header); m == nil {
				t.Error("the header must say which scenario finds it")
			} else if _, err := tr.read(m[1]); err != nil {
				t.Error(err)
			}
			tr.compiles(t, append(fixes[:len(fixes):len(fixes)], p), clean)
		})
	}
}
