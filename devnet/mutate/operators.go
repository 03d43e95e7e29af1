// SPDX-License-Identifier: CDDL-1.0

package mutate

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// Levels of inserts, from outside in.
const (
	levelMoved     = iota // statements that come from elsewhere
	levelStatement        // the statement as a whole
	levelReplaced         // a call in place of it
	levelTest             // a test as a whole
	levelOperand
)

// sort is what a statement does, as far as mutation cares.
type sort uint8

const (
	other sort = iota
	locks
	unlocks
	wakes
	releases
	writes
)

// sortOf classifies the marked statements that are a call and nothing else.
func (f *file) sortOf(s ast.Stmt) (sort, *ast.CallExpr) {
	var x ast.Expr
	switch s := s.(type) {
	case *ast.ExprStmt:
		x = s.X
	case *ast.AssignStmt: // _ = f()
		if len(s.Lhs) == 1 && s.Tok == token.ASSIGN && isBlank(s.Lhs[0]) {
			x = s.Rhs[0]
		}
	}
	call, ok := x.(*ast.CallExpr)
	if !ok || f.line(s) == "" {
		return other, nil
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return other, nil
	}
	switch sel.Sel.Name {
	case "Enter", "EnterRead", "EnterWrite":
		return locks, call
	case "Exit", "PerimExit":
		return unlocks, call
	case "Signal", "Broadcast":
		return wakes, call
	case "Rele", "DevnetRele", "DevnetReleTmp", "ReleDevice", "ReleaseDevi", "NetstackRele", "UnmarkExclusive", "Close":
		return releases, call
	case "Set", "Store", "remove":
		return writes, call
	}
	return other, nil
}

func isBlank(x ast.Expr) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == "_"
}

// block mutates the statements of a block, and those in them.
func (f *file) block(list []ast.Stmt) {
	for i, s := range list {
		f.statement(list, i)
		switch s := s.(type) {
		case *ast.IfStmt:
			f.ifStatement(s)
		case *ast.ForStmt:
			f.forStatement(s)
		case *ast.RangeStmt:
			f.block(s.Body.List)
		case *ast.BlockStmt:
			f.block(s.List)
		case *ast.SwitchStmt:
			for _, c := range s.Body.List {
				f.block(c.(*ast.CaseClause).Body)
			}
		}
	}
	f.swapLocks(list)
}

// statement mutates a statement that is a call: it is left out, moved, or replaced.
func (f *file) statement(list []ast.Stmt, i int) {
	s := list[i]
	kind, call := f.sortOf(s)
	if kind == other {
		return
	}
	what := f.text(s)
	var without []int // mutants in which it does not stand here
	drop := map[sort]string{locks: "drop-lock", unlocks: "drop-lock", wakes: "drop-wake", releases: "drop-release", writes: "drop-write"}
	without = append(without, f.mutant(drop[kind], s, "without "+what))
	switch kind {
	case locks, unlocks:
		without = append(without, f.moves("move-lock", list, i, what)...)
	case writes:
		if i+1 < len(list) {
			if next, _ := f.sortOf(list[i+1]); next == writes {
				n := f.mutant("swap-writes", s, f.text(list[i+1])+" before "+what)
				f.after(list[i+1], levelMoved, fmt.Sprintf("; if mutant == %d { %s }", n, what))
				without = append(without, n)
			}
		}
	case wakes:
		f.wake(s, call, what)
	}
	var test []string
	for _, n := range without {
		test = append(test, fmt.Sprintf("mutant != %d", n))
	}
	f.around(s, levelStatement, "if "+strings.Join(test, " && ")+" { ", " }")
}

// moves moves a lock past its neighbours, unless the neighbour is one too, which swap-locks covers,
// or leaves the block.
func (f *file) moves(operator string, list []ast.Stmt, i int, what string) []int {
	var out []int
	usable := func(n ast.Stmt) bool {
		switch n.(type) {
		case *ast.ReturnStmt, *ast.BranchStmt:
			return false
		}
		k, _ := f.sortOf(n)
		return k != locks && k != unlocks
	}
	if i > 0 && usable(list[i-1]) && f.declaredBefore(list, i-1, list[i]) {
		n := f.mutant(operator, list[i], "earlier, "+what)
		f.before(list[i-1], levelMoved, fmt.Sprintf("if mutant == %d { %s }; ", n, what))
		out = append(out, n)
	}
	if i+1 < len(list) && usable(list[i+1]) {
		n := f.mutant(operator, list[i], "later, "+what)
		f.after(list[i+1], levelMoved, fmt.Sprintf("; if mutant == %d { %s }", n, what))
		out = append(out, n)
	}
	return out
}

// wake exchanges signal and broadcast.
func (f *file) wake(s ast.Stmt, call *ast.CallExpr, what string) {
	sel := call.Fun.(*ast.SelectorExpr)
	with := map[string]string{"Signal": "Broadcast", "Broadcast": "Signal"}[sel.Sel.Name]
	instead := strings.Replace(what, "."+sel.Sel.Name+"(", "."+with+"(", 1)
	n := f.mutant("wake-one", s, instead)
	f.around(s, levelReplaced, fmt.Sprintf("if mutant == %d { %s } else { ", n, instead), " }")
}

// swapLocks exchanges each lock of a block with the next one. Where the second can only be named
// after what is between them, both are taken there.
func (f *file) swapLocks(list []ast.Stmt) {
	last := -1
	for i, s := range list {
		if kind, _ := f.sortOf(s); kind != locks {
			continue
		}
		if last >= 0 && f.text(list[last]) != f.text(s) {
			a, b := f.text(list[last]), f.text(s)
			n := f.mutant("swap-locks", list[last], b+" before "+a)
			first, second := b, a
			if !f.declaredBefore(list, last, s) {
				first, second = "", b+"; "+a
			}
			f.around(list[last], levelReplaced, fmt.Sprintf("if mutant == %d { %s } else { ", n, first), " }")
			f.around(s, levelReplaced, fmt.Sprintf("if mutant == %d { %s } else { ", n, second), " }")
		}
		last = i
	}
}

// declaredBefore reports whether all that s names exists before list[at].
func (f *file) declaredBefore(list []ast.Stmt, at int, s ast.Stmt) bool {
	made := make(map[string]bool)
	for _, between := range list[at:] {
		if between == s {
			break
		}
		if a, ok := between.(*ast.AssignStmt); ok && a.Tok == token.DEFINE {
			for _, l := range a.Lhs {
				made[l.(*ast.Ident).Name] = true
			}
		}
	}
	ok := true
	ast.Inspect(s, func(n ast.Node) bool {
		if id, is := n.(*ast.Ident); is && made[id.Name] {
			ok = false
		}
		return true
	})
	return ok
}

// ifStatement mutates a test and both branches.
func (f *file) ifStatement(s *ast.IfStmt) {
	if f.tests(s) {
		n := f.mutant("drop-branch", s.Cond, "never, if "+f.text(s.Cond))
		f.around(s.Cond, levelTest, fmt.Sprintf("mutant != %d && (", n), ")")
		f.operands(s.Cond)
	}
	f.block(s.Body.List)
	switch e := s.Else.(type) {
	case *ast.BlockStmt:
		f.block(e.List)
	case *ast.IfStmt:
		f.ifStatement(e)
	}
}

// tests reports whether a test decides something of the original's: it is marked, or what it
// leads to is, and it is not there for notes.
func (f *file) tests(s *ast.IfStmt) bool {
	return !strings.Contains(f.text(s.Cond), "Detailed()") && (f.line(s.Cond) != "" || f.line(s.Body) != "" || returns(s.Body))
}

func returns(b *ast.BlockStmt) bool {
	if len(b.List) == 0 {
		return false
	}
	_, ok := b.List[len(b.List)-1].(*ast.ReturnStmt)
	return ok
}

// forStatement turns a loop around a wait into one test.
func (f *file) forStatement(s *ast.ForStmt) {
	if s.Cond != nil && s.Init == nil && s.Post == nil && strings.Contains(f.text(s.Body), ".Wait(") {
		n := f.mutant("if-for-while", s, "if "+f.text(s.Cond))
		f.around(s.Cond, levelTest, fmt.Sprintf("once := true; (once || mutant != %d) && (", n), "); once = false")
		f.operands(s.Cond)
	}
	f.block(s.Body.List)
}

// operands leaves one operand of a test out after the other.
func (f *file) operands(test ast.Expr) {
	var walk func(x ast.Expr, op token.Token)
	walk = func(x ast.Expr, op token.Token) {
		switch y := x.(type) {
		case *ast.ParenExpr:
			walk(y.X, op)
			return
		case *ast.BinaryExpr:
			if y.Op == token.LAND || y.Op == token.LOR {
				walk(y.X, y.Op)
				walk(y.Y, y.Op)
				return
			}
		}
		if !slices.Contains([]token.Token{token.LAND, token.LOR}, op) || strings.Contains(f.text(x), "Debug") {
			return
		}
		n := f.mutant("weaken-test", x, "without "+f.text(x)+" in "+f.text(test))
		if op == token.LAND {
			f.around(x, levelOperand, fmt.Sprintf("(mutant == %d || ", n), ")")
		} else {
			f.around(x, levelOperand, fmt.Sprintf("(mutant != %d && ", n), ")")
		}
	}
	walk(test, token.ILLEGAL)
}
