// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// around are the files that are not the port but the kernel around it and its tools.
var around = map[string]bool{"kernel.go": true, "stale.go": true, "handle.go": true, "ledger.go": true, "refs.go": true, "sites.go": true, "modhash.go": true}

// goFunction is a function of the port with the lines of C that it says it ports: a whole
// function if c is not empty, else a part of one, or nothing if first is 0.
type goFunction struct {
	name, file, c string
	first, last   int
	line, end     int
	departs       []string
	statements    []*goStatement
}

// goStatement is a statement of the port, or what stands before the body of one that has a
// body, with its mark; first is 0 if it has none.
type goStatement struct {
	fn          *goFunction
	pos         string
	text        string
	first, last int
	tokens      []string
}

// port is the port's own source.
type port struct {
	funcs []*goFunction
	marks []string // positions of marks that are not at the end of a statement
	texts map[string]string
}

var (
	goMark   = regexp.MustCompile(`\bC:(\d+)(?:-(\d+))?$`)
	goDoc    = regexp.MustCompile(`^\w+ is (\w+) \(C:(\d+)-(\d+)\)`)
	goPart   = regexp.MustCompile(`\(C:(\d+)-(\d+)\)`)
	goString = regexp.MustCompile(`"[^"]*"`)
	goSpace  = regexp.MustCompile(`\s+`)
)

func readPort(t *testing.T) *port {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	p := &port{texts: make(map[string]string)}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || around[name] {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p.texts[name] = string(text)
		p.readFile(t, name, string(text))
	}
	c := make(map[string]string)
	for _, f := range p.funcs {
		if f.c != "" {
			c[f.name] = f.c
		}
	}
	for _, f := range p.funcs {
		for _, s := range f.statements {
			s.tokens = goTokens(s.text, c)
		}
	}
	return p
}

// readFile adds the functions of a file.
func (p *port) readFile(t *testing.T, name, text string) {
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	marks := make(map[int][2]int) // by line
	for _, group := range f.Comments {
		for _, c := range group.List {
			if m := goMark.FindStringSubmatch(strings.TrimSpace(c.Text)); m != nil {
				marks[files.Position(c.Pos()).Line] = markLines(m)
			}
		}
	}
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		g := newGoFunction(fn, name)
		g.line, g.end = files.Position(fn.Pos()).Line, files.Position(fn.End()).Line
		for _, group := range f.Comments {
			if (group == fn.Doc || fn.Pos() < group.Pos() && group.End() < fn.End()) && strings.Contains(group.Text(), "DEPARTS:") {
				_, why, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(group.Text()), "\n", " "), "DEPARTS: ")
				g.departs = append(g.departs, why)
			}
		}
		w := statementWalker{fn: g, text: text, files: files, marks: marks}
		w.walk(fn.Body)
		p.funcs = append(p.funcs, g)
	}
	for line := range marks {
		p.marks = append(p.marks, fmt.Sprintf("%s:%d", name, line))
	}
}

func markLines(m []string) [2]int {
	first, _ := strconv.Atoi(m[1])
	last, err := strconv.Atoi(m[2])
	if err != nil {
		last = first
	}
	return [2]int{first, last}
}

func newGoFunction(fn *ast.FuncDecl, file string) *goFunction {
	g := &goFunction{name: fn.Name.Name, file: file}
	doc := strings.ReplaceAll(fn.Doc.Text(), "\n", " ")
	lines := goPart.FindStringSubmatch(doc)
	if m := goDoc.FindStringSubmatch(doc); m != nil {
		g.c, lines = m[1], m[1:]
	}
	if lines != nil {
		r := markLines(lines)
		g.first, g.last = r[0], r[1]
	}
	return g
}

// statementWalker cuts a function into statements and gives each the mark at its end.
type statementWalker struct {
	fn    *goFunction
	text  string
	files *token.FileSet
	marks map[int][2]int
}

func (w *statementWalker) walk(s ast.Stmt) {
	switch s := s.(type) {
	case nil:
	case *ast.BlockStmt:
		w.all(s.List)
	case *ast.LabeledStmt:
		w.walk(s.Stmt)
	case *ast.IfStmt:
		w.add(s.If, s.Body.Lbrace+1)
		w.walk(s.Body)
		w.walk(s.Else)
	case *ast.ForStmt:
		w.add(s.For, s.Body.Lbrace+1)
		w.walk(s.Body)
	case *ast.RangeStmt:
		w.add(s.For, s.Body.Lbrace+1)
		w.walk(s.Body)
	case *ast.SwitchStmt:
		w.add(s.Switch, s.Body.Lbrace+1)
		w.walk(s.Body)
	case *ast.CaseClause:
		w.add(s.Case, s.Colon+1)
		w.all(s.Body)
	default:
		w.add(s.Pos(), s.End())
	}
}

func (w *statementWalker) all(list []ast.Stmt) {
	for _, s := range list {
		w.walk(s)
	}
}

func (w *statementWalker) add(pos, end token.Pos) {
	from, to := w.files.Position(pos), w.files.Position(end)
	text := goString.ReplaceAllString(w.text[from.Offset:to.Offset], `""`)
	s := &goStatement{
		fn: w.fn, pos: fmt.Sprintf("%s:%d", from.Filename, from.Line),
		text: goSpace.ReplaceAllString(text, " "),
	}
	if m, ok := w.marks[to.Line]; ok {
		s.first, s.last = m[0], m[1]
		delete(w.marks, to.Line)
	}
	w.fn.statements = append(w.fn.statements, s)
}

var (
	goHash   = regexp.MustCompile(`\bd\.(hash|idHash)\b(?:\.(\w+)\()?`)
	goField  = regexp.MustCompile(`\.dd([A-Z]\w*)\.(Load|Get|Peek|Store|Set)\(`)
	goDoor   = regexp.MustCompile(`\bd\.mgmtDh\b( = )?`)
	goCallee = regexp.MustCompile(`\bd\.(\w+)\b|\b(constructor|destructor)\b`)
)

// goTokens returns the tokens of a statement of the port; c has the functions of the port.
func goTokens(text string, c map[string]string) []string {
	tokens := tokens(goTable, text)
	for _, m := range goHash.FindAllStringSubmatch(text, -1) {
		op := m[2]
		if op == "destroy" {
			op = "destroy_hash"
		}
		tokens = append(tokens, "mod_hash_"+op+" "+map[string]string{"hash": "i_dls_devnet_hash", "idHash": "i_dls_devnet_id_hash"}[m[1]])
	}
	for _, m := range goField.FindAllStringSubmatch(text, -1) {
		access := "read"
		if m[2] == "Store" || m[2] == "Set" {
			access = "write"
		}
		tokens = append(tokens, access+" dd_"+snake(m[1]))
	}
	for _, m := range goDoor.FindAllStringSubmatch(text, -1) {
		if m[1] == "" {
			tokens = append(tokens, "read dls_mgmt_dh")
		}
	}
	for _, m := range goCallee.FindAllStringSubmatch(text, -1) {
		if name := c[m[1]+m[2]]; name != "" {
			tokens = append(tokens, name)
		}
	}
	return tokens
}

// snake turns PropTaskid into prop_taskid.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
