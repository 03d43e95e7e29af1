// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// unmarked lists the C lines that call a primitive or touch shared state and yet have no
// statement in the port, with the reason. A line that gets its mark must leave the list.
var unmarked = map[int]string{
	309: "the request is a value and cannot be NULL",
}

var (
	markRange = regexp.MustCompile(`C:(\d+)(?:-(\d+))?`)
	portDoc   = regexp.MustCompile(`^\w+ is (\w+) \(C:(\d+)-(\d+)\)`)
	partDoc   = regexp.MustCompile(`\(C:(\d+)-(\d+)\)`)

	// mustMark are the C statements that other threads can notice or that panic.
	mustMark = regexp.MustCompile(`\b(mutex_(enter|exit)|rw_(enter|exit)|cv_\w+|taskq_dispatch|delay|` +
		`i_dls_mgmt_upcall|mod_hash_(find|insert|remove|create\w*|destroy\w*)|kmem_cache_\w+|kstat_delete|` +
		`VERIFY0?|ASSERT0?|mac_perim_(enter\w*|exit)|dls_link_(hold\w*|rele\w*|setzid)|dls_stat_\w+|` +
		`door_ki_\w+|zone_(find_by_id|status_get|rele)|i?_?dls_devnet_(set|unset|setzid|hold\w*|rele\w*|stat_\w+)|` +
		`dls_mgmt_\w+)\s*\(|->dd_\w+|devnet_need_rebuild|dls_mgmt_dh\b`)
	// Declarations, and the second lines of calls, say nothing of their own.
	notStatement = regexp.MustCompile(`^\s*(extern|static|struct|dls_\w+_t|\w+_t\s+\w+;)|sizeof \(ddp->|^(i_)?dls_\w+\(`)
)

// mark is a C:nnn mark at the end of a Go statement.
type mark struct {
	pos         token.Position
	first, last int
}

// portFunc is a Go function of the port with the lines of C that it says it ports.
type portFunc struct {
	name, c     string
	first, last int
	part        bool // a part of a C function
	marks       []mark
}

// seed returns the lines of the original, by number, without comments; it skips the test
// where the original is not at hand.
func seed(t *testing.T) []string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		files, _ := filepath.Glob(filepath.Join(dir, "shared", "seed", "*.txt"))
		if len(files) > 0 {
			text, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			return stripComments(string(text))
		}
		if dir == filepath.Dir(dir) {
			t.Skip("no shared/seed/*.txt in any folder above: the marks cannot be compared with the original")
		}
	}
}

func stripComments(text string) []string {
	lines := []string{""}
	inside := false
	for _, l := range strings.Split(text, "\n")[1:] {
		l = strings.TrimLeft(l, "0123456789")
		l = strings.TrimPrefix(strings.TrimPrefix(l, "\u00a0"), " ")
		var code strings.Builder
		for i := 0; i < len(l); i++ {
			switch {
			case inside && strings.HasPrefix(l[i:], "*/"):
				inside = false
				i++
			case !inside && strings.HasPrefix(l[i:], "/*"):
				inside = true
				i++
			case !inside:
				code.WriteByte(l[i])
			}
		}
		lines = append(lines, strings.TrimRight(code.String(), " \t"))
	}
	return lines
}

// portFuncs reads the port's own source.
func portFuncs(t *testing.T) []*portFunc {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var funcs []*portFunc
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, name, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			p := newPortFunc(fn)
			for _, g := range f.Comments {
				if g.Pos() < fn.Body.Pos() || g.End() > fn.Body.End() {
					continue
				}
				for _, c := range g.List {
					pos := files.Position(c.Pos())
					m := markRange.FindStringSubmatch(c.Text)
					if m == nil || strings.TrimSpace(lines[pos.Line-1][:pos.Column-1]) == "" {
						continue
					}
					first, _ := strconv.Atoi(m[1])
					last, err := strconv.Atoi(m[2])
					if err != nil {
						last = first
					}
					p.marks = append(p.marks, mark{pos, first, last})
				}
			}
			funcs = append(funcs, p)
		}
	}
	return funcs
}

func newPortFunc(fn *ast.FuncDecl) *portFunc {
	p := &portFunc{name: fn.Name.Name}
	doc := strings.ReplaceAll(fn.Doc.Text(), "\n", " ")
	m := portDoc.FindStringSubmatch(doc)
	if m != nil {
		p.c, m = m[1], m[1:]
	} else {
		m, p.part = partDoc.FindStringSubmatch(doc), true
	}
	if m != nil {
		p.first, _ = strconv.Atoi(m[1])
		p.last, _ = strconv.Atoi(m[2])
	}
	return p
}

// TestMarksFitTheOriginal expects each function's range to be that of the C function, and
// each mark to point at code inside it.
func TestMarksFitTheOriginal(t *testing.T) {
	c := seed(t)
	ported := 0
	for _, p := range portFuncs(t) {
		if p.c != "" {
			ported++
			// Where the type has a line of its own a range may begin there.
			head := c[p.first] + c[p.first+1]
			if !strings.Contains(head, p.c+"(") || c[p.last] != "}" {
				t.Errorf("%s: C:%d-%d is not %s", p.name, p.first, p.last, p.c)
			}
		}
		for _, m := range p.marks {
			if p.first == 0 {
				t.Errorf("%s: %s has marks but names no C function", m.pos, p.name)
				break
			}
			if m.first < p.first || m.last > p.last || m.last < m.first {
				t.Errorf("%s: mark C:%d-%d is outside %s, C:%d-%d", m.pos, m.first, m.last, p.name, p.first, p.last)
			} else if c[m.first] == "" || c[m.last] == "" {
				t.Errorf("%s: mark C:%d-%d points at a blank line or a comment", m.pos, m.first, m.last)
			}
		}
	}
	if ported < 25 {
		t.Errorf("only %d functions say which C function they port", ported)
	}
}

// TestMarksCoverTheOriginal expects every statement of a ported C function that synchronises,
// checks or uses shared state to have a statement in Go.
func TestMarksCoverTheOriginal(t *testing.T) {
	c := seed(t)
	funcs := portFuncs(t)
	marked := make(map[int]bool)
	for _, p := range funcs {
		for _, m := range p.marks {
			for l := m.first; l <= m.last; l++ {
				marked[l] = true
			}
		}
	}
	for l, why := range unmarked {
		if marked[l] {
			t.Errorf("C:%d has a mark: take it off the list of exceptions (%s)", l, why)
		}
	}
	sort.Slice(funcs, func(i, j int) bool { return funcs[i].first < funcs[j].first })
	for _, p := range funcs {
		if p.c == "" {
			continue
		}
		for l := p.first; l <= p.last; l++ {
			if mustMark.MatchString(c[l]) && !notStatement.MatchString(c[l]) && !marked[l] && unmarked[l] == "" {
				t.Errorf("C:%d in %s has no mark: %s", l, p.c, strings.TrimSpace(c[l]))
			}
		}
	}
}
