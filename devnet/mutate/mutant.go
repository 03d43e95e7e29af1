// SPDX-License-Identifier: CDDL-1.0

// Package mutate measures how good the checks are: it derives wrong variants of the port from its
// source, one small change each, and asks which of them golden cases and scenarios tell from the
// original.
//
// All mutants are compiled at once. Each change is written into the source beside the original
// with a test of which mutant is wanted, without moving a line, so that reports keep their C lines;
// the environment variable DLSIM_MUTANT chooses one by its number, and none without it. If
// DLSIM_REACHED names a file, the numbers of the mutants whose statement is executed are written
// there: the others do what the original does.
package mutate

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Mutant is one wrong variant.
type Mutant struct {
	// ID names it by what is changed where: "drop dls_devnet_unset:1068 d.devnetLock.Exit(t)". It
	// stays the same while that statement and its mark do.
	ID       string
	Operator string // one of Operators
	Func     string // in C words: "dls_devnet_unset"
	File     string // "unset.go"
	Line     int
	Change   string // what is changed, for people
	Number   int    // from 1, for DLSIM_MUTANT
}

// Operators returns what can be changed, with what it means.
func Operators() [][2]string {
	return [][2]string{
		{"drop-lock", "a lock or unlock is left out"},
		{"move-lock", "a lock or unlock is done one statement of the original earlier or later"},
		{"swap-locks", "two locks are taken in the other order"},
		{"drop-wake", "a signal or broadcast is left out"},
		{"wake-one", "a broadcast is a signal, or a signal a broadcast"},
		{"if-for-while", "a wait tests its condition once"},
		{"drop-hold", "a hold is not taken"},
		{"drop-release", "a release of a reference, hold or exclusive mark is left out"},
		{"drop-write", "a write of a shared field or of a hash is left out"},
		{"swap-writes", "two adjacent shared writes are in the other order"},
		{"weaken-test", "one operand of a test, or one flag of a mask, is left out"},
		{"move-bound", "a comparison takes its bound in, or leaves it out"},
		{"drop-branch", "what follows a test is never done"},
	}
}

// Set is all mutants of a port, and the sources they are in.
type Set struct {
	Mutants []Mutant
	// Files are the changed sources by their names from the root of the module.
	Files map[string][]byte
}

// visibility is the one function of devnet.go that tests something of the original's, the macro
// DD_NOT_VISIBLE.
const visibility = "ddNotVisible"

// sources are the files with functions of the original, in its order.
func sources() []string {
	return []string{
		"devnet.go", "stack.go", "upcall.go", "mgmt.go", "tmphold.go", "linkstat.go", "set.go", "unset.go", "hold.go",
		"rename.go", "zoneid.go", "open.go", "create.go", "iptun.go",
	}
}

// Derive makes all mutants of the port whose files read returns by their names from the root of
// the module.
func Derive(read func(name string) ([]byte, error)) (*Set, error) {
	s := &Set{Files: make(map[string][]byte)}
	ids := make(map[string]int)
	for _, base := range sources() {
		name := path.Join("devnet", base)
		src, err := read(name)
		if err != nil {
			return nil, err
		}
		f := &file{set: s, base: base, src: src, fset: token.NewFileSet(), ids: ids}
		if f.tree, err = parser.ParseFile(f.fset, name, src, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			return nil, err
		}
		f.marks = marks(src)
		for _, d := range f.tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil || base == "devnet.go" && fn.Name.Name != visibility {
				continue
			}
			f.inFunction(fn)
			f.block(fn.Body.List)
		}
		s.Files[name] = f.rewritten()
	}
	s.Files["devnet/mutant.go"] = []byte(chooser)
	return s, nil
}

// chooser is the file that says which mutant it is.
const chooser = `package devnet

import (
	"fmt"
	"os"
	"strconv"
	"sync"
)

var (
	mutant, _ = strconv.Atoi(os.Getenv("DLSIM_MUTANT"))
	reached   = os.Getenv("DLSIM_REACHED")
	once      sync.Map
)

func mutated(n int) bool {
	if reached != "" {
		reach(n)
	}
	return n == mutant
}

func reach(n int) {
	if _, known := once.LoadOrStore(n, true); known {
		return
	}
	f, err := os.OpenFile(reached, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err == nil {
		_, err = fmt.Fprintln(f, n)
	}
	if err != nil {
		panic(err)
	}
	f.Close()
}

// mask is a flag, or none in mutant n.
func mask(n int, flag uint) uint {
	if mutated(n) {
		return 0
	}
	return flag
}

// nothing is x, or a value that no tag is in mutant n.
func nothing[T ~int](n int, tag, x T) T {
	if mutated(n) {
		return -1 << 30
	}
	return x
}

// moved is x, or x and by in mutant n.
func moved[T ~int | ~uint8](n int, x T, by int) T {
	if mutated(n) {
		return x + T(by)
	}
	return x
}
`

var mark = regexp.MustCompile(`// C:(\d+)`)

// marks returns the C line of each marked line of a source, by its number.
func marks(src []byte) map[int]string {
	out := make(map[int]string)
	n := 0
	for line := range strings.Lines(string(src)) {
		n++
		if m := mark.FindStringSubmatch(line); m != nil {
			out[n] = m[1]
		}
	}
	return out
}

var portOf = regexp.MustCompile(`^\S+ is (?:the macro )?(\w+) (?:\(C:|of io/)`)

// inFunction begins a function. What has no function of the C file to port is a part of the one
// above it.
func (f *file) inFunction(fn *ast.FuncDecl) {
	if m := portOf.FindStringSubmatch(fn.Doc.Text()); m != nil {
		f.function = m[1]
	} else if f.function == "" {
		f.function = fn.Name.Name
	}
}

// file is a source being mutated.
type file struct {
	set      *Set
	base     string
	src      []byte
	fset     *token.FileSet
	tree     *ast.File
	marks    map[int]string
	function string
	ids      map[string]int
	inserts  []insert
}

// insert is text that goes in front of an offset of the source. Of two at one offset the one with
// the lower level is further out.
type insert struct {
	at, level int
	closing   bool
	text      string
}

func (f *file) offset(p token.Pos) int { return f.fset.Position(p).Offset }

func (f *file) text(n ast.Node) string {
	text := string(f.src[f.offset(n.Pos()):f.offset(n.End())])
	return strings.Join(strings.Fields(text), " ")
}

// line returns the C line that a node is marked with, "" if none of its lines is.
func (f *file) line(n ast.Node) string {
	from, to := f.fset.Position(n.Pos()).Line, f.fset.Position(n.End()).Line
	for l := from; l <= to; l++ {
		if c := f.marks[l]; c != "" {
			return c
		}
	}
	return ""
}

// mutant adds one and returns its number.
func (f *file) mutant(operator string, n ast.Node, change string) int {
	m := Mutant{
		Operator: operator, Func: f.function, File: f.base, Line: f.fset.Position(n.Pos()).Line,
		Change: change, Number: len(f.set.Mutants) + 1,
	}
	m.ID = fmt.Sprintf("%s %s:%s %s", operator, f.function, f.line(n), change)
	if f.ids[m.ID]++; f.ids[m.ID] > 1 {
		m.ID += fmt.Sprintf(" (%d)", f.ids[m.ID])
	}
	f.set.Mutants = append(f.set.Mutants, m)
	return m.Number
}

// around puts text before and after a node.
func (f *file) around(n ast.Node, level int, before, after string) {
	f.before(n, level, before)
	f.after(n, level, after)
}

func (f *file) before(n ast.Node, level int, text string) {
	f.inserts = append(f.inserts, insert{f.offset(n.Pos()), level, false, text})
}

func (f *file) after(n ast.Node, level int, text string) {
	f.inserts = append(f.inserts, insert{f.offset(n.End()), level, true, text})
}

// rewritten returns the source with all inserts. At one offset what closes comes before what
// opens; inner ones close first and open last.
func (f *file) rewritten() []byte {
	slices.SortStableFunc(f.inserts, func(a, b insert) int {
		switch {
		case a.at != b.at:
			return a.at - b.at
		case a.closing != b.closing:
			if a.closing {
				return -1
			}
			return 1
		case a.closing:
			return b.level - a.level
		}
		return a.level - b.level
	})
	var out []byte
	at := 0
	for _, in := range f.inserts {
		out = append(out, f.src[at:in.at]...)
		out = append(out, in.text...)
		at = in.at
	}
	return append(out, f.src[at:]...)
}
