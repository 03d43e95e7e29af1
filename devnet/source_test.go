// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sourceFile is a file of the package with its functions.
type sourceFile struct {
	lines []string
	names []string // by line, the function that it is in
	body  map[string]string
}

// at returns the name of the function at a line.
func (f *sourceFile) at(line int) string { return f.names[line] }

// readAllFunctions reads the package, tests excepted.
func readAllFunctions(t *testing.T) map[string]*sourceFile {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]*sourceFile)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		f := &sourceFile{lines: strings.Split(string(text), "\n"), body: make(map[string]string)}
		f.names = make([]string, len(f.lines)+1)
		for _, decl := range parsed.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			from, to := set.Position(fn.Pos()), set.Position(fn.End())
			f.body[fn.Name.Name] = string(text[from.Offset:to.Offset])
			for l := from.Line; l <= to.Line; l++ {
				f.names[l] = fn.Name.Name
			}
		}
		files[name] = f
	}
	return files
}
