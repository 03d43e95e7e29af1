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
	levelBound // what an operand is compared with
)

// sort is what a statement does, as far as mutation cares.
type sort uint8

const (
	other sort = iota
	locks
	unlocks
	wakes
	holds
	releases
	writes
)

// sortOf classifies the marked statements that are a call and nothing else.
func (f *file) sortOf(s ast.Stmt) (sort, *ast.CallExpr) {
	var x ast.Expr
	switch s := s.(type) {
	case *ast.ExprStmt:
		x = s.X
	case *ast.AssignStmt: // _ = f(), or x, _ = f()
		if s.Tok == token.ASSIGN && isBlank(s.Lhs[len(s.Lhs)-1]) {
			x = s.Rhs[0]
		}
	}
	call, ok := x.(*ast.CallExpr)
	if !ok || f.line(s) == "" {
		return other, nil
	}
	if verified := verifies(call); verified != nil {
		call = verified
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
	case "Hold", "HoldDevice":
		return holds, call
	case "Rele", "DevnetRele", "DevnetReleTmp", "ReleDevice", "ReleaseDevi", "NetstackRele", "UnmarkExclusive", "Close":
		return releases, call
	case "Set", "Store", "insert", "remove":
		return writes, call
	}
	return other, nil
}

// label names a statement, without the words that a VERIFY panics with.
func (f *file) label(s ast.Stmt) string {
	if x, ok := s.(*ast.ExprStmt); ok {
		if call, ok := x.X.(*ast.CallExpr); ok && verifies(call) != nil {
			return f.text(verifies(call))
		}
	}
	return f.text(s)
}

// verifies returns the f() of a VERIFY that f() is 0, nil if the call is something else.
func verifies(call *ast.CallExpr) *ast.CallExpr {
	if id, ok := call.Fun.(*ast.Ident); !ok || id.Name != "verify" {
		return nil
	}
	test, ok := call.Args[1].(*ast.BinaryExpr)
	if !ok || test.Op != token.EQL {
		return nil
	}
	verified, _ := test.X.(*ast.CallExpr)
	return verified
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
			f.switchStatement(s)
		case *ast.AssignStmt:
			f.values(s.Rhs)
		case *ast.ReturnStmt:
			f.values(s.Results)
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
	drop := map[sort]string{
		locks: "drop-lock", unlocks: "drop-lock", wakes: "drop-wake", holds: "drop-hold", releases: "drop-release", writes: "drop-write",
	}
	without = append(without, f.mutant(drop[kind], s, "without "+f.label(s)))
	switch kind {
	case locks, unlocks:
		without = append(without, f.moves(list, i, what)...)
	case writes:
		if i+1 < len(list) {
			if next, _ := f.sortOf(list[i+1]); next == writes {
				n := f.mutant("swap-writes", s, f.label(list[i+1])+" before "+f.label(s))
				f.after(list[i+1], levelMoved, fmt.Sprintf("; if mutated(%d) { %s }", n, what))
				without = append(without, n)
			}
		}
	case wakes:
		f.wake(s, call, what)
	}
	var test []string
	for _, n := range without {
		test = append(test, fmt.Sprintf("!mutated(%d)", n))
	}
	f.around(s, levelStatement, "if "+strings.Join(test, " && ")+" { ", " }")
}

// wake exchanges signal and broadcast.
func (f *file) wake(s ast.Stmt, call *ast.CallExpr, what string) {
	sel := call.Fun.(*ast.SelectorExpr)
	with := map[string]string{"Signal": "Broadcast", "Broadcast": "Signal"}[sel.Sel.Name]
	instead := strings.Replace(what, "."+sel.Sel.Name+"(", "."+with+"(", 1)
	n := f.mutant("wake-one", s, instead)
	f.around(s, levelReplaced, fmt.Sprintf("if mutated(%d) { %s } else { ", n, instead), " }")
}

// ifStatement mutates a test and both branches.
func (f *file) ifStatement(s *ast.IfStmt) {
	if f.tests(s) {
		n := f.mutant("drop-branch", s.Cond, "never, if "+f.text(s.Cond))
		f.around(s.Cond, levelTest, fmt.Sprintf("!mutated(%d) && (", n), ")")
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

// switchStatement drops one case after the other, so that the default counts.
func (f *file) switchStatement(s *ast.SwitchStmt) {
	for _, c := range s.Body.List {
		c := c.(*ast.CaseClause)
		for _, x := range c.List {
			n := f.mutant("drop-branch", x, "never, case "+f.text(x))
			if s.Tag == nil {
				f.around(x, levelTest, fmt.Sprintf("!mutated(%d) && (", n), ")")
			} else {
				f.around(x, levelTest, fmt.Sprintf("nothing(%d, %s, ", n, f.text(s.Tag)), ")")
			}
		}
		f.block(c.Body)
	}
}

// forStatement turns a loop around a wait into one test.
func (f *file) forStatement(s *ast.ForStmt) {
	if s.Cond != nil && s.Init == nil && s.Post == nil && strings.Contains(f.text(s.Body), ".Wait(") {
		n := f.mutant("if-for-while", s, "if "+f.text(s.Cond))
		f.around(s.Cond, levelTest, fmt.Sprintf("first := true; (first || !mutated(%d)) && (", n), "); first = false")
		f.operands(s.Cond)
	}
	f.block(s.Body.List)
}

// values mutates tests whose result is kept or returned.
func (f *file) values(list []ast.Expr) {
	for _, x := range list {
		if test, ok := x.(*ast.BinaryExpr); ok && slices.Contains([]token.Token{
			token.LAND, token.LOR, token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ,
		}, test.Op) {
			f.operands(test)
		}
	}
}

// operands leaves one operand of a test out after the other, and mutates its comparisons.
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
			f.comparison(y)
		}
		if !slices.Contains([]token.Token{token.LAND, token.LOR}, op) || strings.Contains(f.text(x), "Debug") {
			return
		}
		n := f.mutant("weaken-test", x, "without "+f.text(x)+" in "+f.text(test))
		if op == token.LAND {
			f.around(x, levelOperand, fmt.Sprintf("(mutated(%d) || ", n), ")")
		} else {
			f.around(x, levelOperand, fmt.Sprintf("(!mutated(%d) && ", n), ")")
		}
	}
	walk(test, token.ILLEGAL)
}

// comparison moves the bound of a comparison, and leaves one flag of a mask out after the other.
func (f *file) comparison(x *ast.BinaryExpr) {
	by := map[token.Token]int{token.LSS: 1, token.LEQ: -1, token.GTR: -1, token.GEQ: 1}[x.Op]
	if by != 0 {
		op := map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}[x.Op]
		n := f.mutant("move-bound", x, f.text(x.X)+" "+op+" "+f.text(x.Y))
		f.around(x.Y, levelBound, fmt.Sprintf("moved(%d, ", n), fmt.Sprintf(", %d)", by))
	}
	masked, ok := x.X.(*ast.BinaryExpr)
	if !ok || masked.Op != token.AND {
		return
	}
	flags, ok := masked.Y.(*ast.ParenExpr)
	if !ok {
		return
	}
	both, ok := flags.X.(*ast.BinaryExpr)
	if !ok || both.Op != token.OR {
		return
	}
	for _, flag := range []ast.Expr{both.X, both.Y} {
		n := f.mutant("weaken-test", flag, "without "+f.text(flag)+" in "+f.text(x))
		f.around(flag, levelOperand, fmt.Sprintf("mask(%d, ", n), ")")
	}
}
