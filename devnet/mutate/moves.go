// SPDX-License-Identifier: CDDL-1.0

package mutate

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

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
