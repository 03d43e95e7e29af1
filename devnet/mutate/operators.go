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
	without = append(without, f.mutant(drop[kind], s, "without "+what))
	switch kind {
	case locks, unlocks:
		without = append(without, f.moves(list, i, what)...)
	case writes:
		if i+1 < len(list) {
			if next, _ := f.sortOf(list[i+1]); next == writes {
				n := f.mutant("swap-writes", s, f.text(list[i+1])+" before "+what)
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

// moves moves a lock past its neighbours, unless the neighbour is one too, which swap-locks covers,
// or leaves the block. Nothing can come between an unlock and what the port does with Get and Set,
// because a lock protects that; where it does not any more, the thread can be preempted.
func (f *file) moves(list []ast.Stmt, i int, what string) []int {
	var out []int
	if at := f.neighbour(list, i, -1); at >= 0 && f.declaredBefore(list, at, list[i]) {
		n := f.mutant("move-lock", list[i], "earlier, "+what)
		preempt := ""
		if kind, _ := f.sortOf(list[i]); kind == unlocks {
			preempt = "; t.Yield()"
		}
		f.before(list[at], levelMoved, fmt.Sprintf("if mutated(%d) { %s%s }; ", n, what, preempt))
		out = append(out, n)
	}
	if at := f.neighbour(list, i, 1); at >= 0 {
		n := f.mutant("move-lock", list[i], "later, "+what)
		f.after(list[at], levelMoved, fmt.Sprintf("; if mutated(%d) { %s }", n, what))
		out = append(out, n)
	}
	return out
}

// neighbour returns the place of the nearest statement of the original before or after list[i], -1
// if there is none that a lock can be moved past. What ports one line of the original is one
// statement, of which the far end counts. What changes nothing for other threads is none.
func (f *file) neighbour(list []ast.Stmt, i, step int) int {
	at := i + step
	for inside(list, at) && f.silent(list[at]) {
		at += step
	}
	if !inside(list, at) {
		return -1
	}
	switch list[at].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return -1
	}
	if k, _ := f.sortOf(list[at]); k == locks || k == unlocks {
		return -1
	}
	for l := f.line(list[at]); l != "" && inside(list, at+step) && f.line(list[at+step]) == l; {
		at += step
	}
	return at
}

func inside(list []ast.Stmt, at int) bool { return at >= 0 && at < len(list) }

// silent reports whether a statement does nothing that another thread of the original could
// notice: it is about local variables, it is an assertion, which only a DEBUG kernel has, or it is
// there for the ledger and for notes.
func (f *file) silent(s ast.Stmt) bool {
	local := true
	ast.Inspect(s, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && (id.Name == "t" || id.Name == "d") {
			local = false
		}
		return true
	})
	if local {
		_, jumps := s.(*ast.BranchStmt)
		return !jumps && !returned(s)
	}
	x, ok := s.(*ast.ExprStmt)
	if !ok {
		return strings.Contains(f.text(s), ".ledger.")
	}
	call, ok := x.X.(*ast.CallExpr)
	if !ok || f.line(s) == "" {
		return ok
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && slices.Contains([]string{
		"assert", "begin", "end", "gaveExistence", "wroteOff", "tookRef", "gaveRef", "tookTref", "gaveTref",
	}, sel.Sel.Name)
}

func returned(s ast.Stmt) bool {
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		_, is := n.(*ast.ReturnStmt)
		found = found || is
		return !found
	})
	return found
}

// wake exchanges signal and broadcast.
func (f *file) wake(s ast.Stmt, call *ast.CallExpr, what string) {
	sel := call.Fun.(*ast.SelectorExpr)
	with := map[string]string{"Signal": "Broadcast", "Broadcast": "Signal"}[sel.Sel.Name]
	instead := strings.Replace(what, "."+sel.Sel.Name+"(", "."+with+"(", 1)
	n := f.mutant("wake-one", s, instead)
	f.around(s, levelReplaced, fmt.Sprintf("if mutated(%d) { %s } else { ", n, instead), " }")
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
			f.around(list[last], levelReplaced, fmt.Sprintf("if mutated(%d) { %s } else { ", n, first), " }")
			f.around(s, levelReplaced, fmt.Sprintf("if mutated(%d) { %s } else { ", n, second), " }")
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
