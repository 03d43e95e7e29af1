// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// part is what sort of thing a unit of a scenario is.
type part int

// The parts, in the order in which they are left out: what takes others along goes first.
const (
	aThread part = iota
	aStep
	aRepeat // which is replaced by its steps, once
	aHalf   // of the times that something is done
	anOnce  // of the times that something is done
	aFault
	aProcess // or one of its threads
	aLink
	aZone
	aKey // of system or of one of the above
	anExpectation
)

// unit is something that can be taken out of a scenario.
type unit struct {
	part   part
	at     *token.Position
	remove func()
}

// tree is the YAML of a scenario, to be cut.
type tree struct {
	root  *ast.MappingNode
	units []unit // in the order of the file
}

// plant parses the text of a scenario that has been loaded before, with its comments.
func plant(src []byte) *tree {
	f, err := parser.ParseBytes(src, parser.ParseComments)
	if err != nil || len(f.Docs) != 1 {
		return nil
	}
	root, ok := f.Docs[0].Body.(*ast.MappingNode)
	if !ok {
		return nil
	}
	t := &tree{root: root}
	for _, p := range slices.Clone(root.Values) {
		switch p.Key.String() {
		case "system":
			t.system(p.Value)
		case "threads":
			t.threads(p.Value)
		case "processes":
			t.entries(p.Value, aProcess, func(n ast.Node) { t.elements(n, aProcess, nil) })
		case "faults":
			t.elements(p.Value, aFault, t.keys)
		case "expect":
			t.elements(p.Value, anExpectation, nil)
		}
	}
	return t
}

// text returns the scenario as it is now. Empty lists and mappings go first.
func (t *tree) text() []byte {
	for prune(t.root) {
	}
	s := t.root.String()
	return []byte(strings.TrimRight(s, "\n") + "\n")
}

func (t *tree) add(p part, n ast.Node, remove func()) {
	t.units = append(t.units, unit{p, position(n), remove})
}

// position returns where a node begins; the token of a mapping is its first colon.
func position(n ast.Node) *token.Position {
	switch m := n.(type) {
	case *ast.MappingNode:
		if len(m.Values) > 0 && !m.IsFlowStyle {
			return position(m.Values[0])
		}
	case *ast.MappingValueNode:
		return position(m.Key)
	}
	return n.GetToken().Position
}

// elements makes a unit of each element of a list, and of what is inside.
func (t *tree) elements(n ast.Node, p part, inside func(ast.Node)) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		return
	}
	for _, e := range slices.Clone(seq.Values) {
		t.add(p, e, func() { take(seq, e, nil) })
		if inside != nil {
			inside(e)
		}
	}
}

// entries makes a unit of each pair of a mapping, and of what is in its value.
func (t *tree) entries(n ast.Node, p part, inside func(ast.Node)) {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		if v, one := n.(*ast.MappingValueNode); one && inside != nil {
			inside(v.Value)
		}
		return
	}
	for _, v := range slices.Clone(m.Values) {
		t.add(p, v, func() { drop(m, v) })
		if inside != nil {
			inside(v.Value)
		}
	}
}

func (t *tree) keys(n ast.Node) { t.entries(n, aKey, nil) }

func (t *tree) system(n ast.Node) {
	for _, v := range pairsOf(n) {
		switch v.Key.String() {
		case "links":
			t.elements(v.Value, aLink, t.keys)
		case "zones":
			t.elements(v.Value, aZone, t.keys)
		default:
			if m, ok := n.(*ast.MappingNode); ok {
				t.add(aKey, v, func() { drop(m, v) })
			}
		}
	}
}

func (t *tree) threads(n ast.Node) {
	t.entries(n, aThread, func(body ast.Node) {
		if _, list := body.(*ast.SequenceNode); list {
			t.steps(body)
			return
		}
		for _, v := range pairsOf(body) {
			if v.Key.String() == "steps" {
				t.steps(v.Value)
			} else if m, ok := body.(*ast.MappingNode); ok {
				t.add(aKey, v, func() { drop(m, v) })
			}
		}
	})
}

func (t *tree) steps(n ast.Node) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		return
	}
	for _, step := range slices.Clone(seq.Values) {
		t.add(aStep, step, func() { take(seq, step, nil) })
		for _, v := range pairsOf(step) {
			if v.Key.String() != "repeat" {
				t.keys(v.Value)
				continue
			}
			for _, arg := range pairsOf(v.Value) {
				switch a := arg.Value.(type) {
				case *ast.SequenceNode:
					t.add(aRepeat, step, func() { take(seq, step, a.Values) })
					t.steps(a)
				case *ast.IntegerNode:
					t.add(aHalf, a, func() { count(a, func(n int) int { return n / 2 }) })
					t.add(anOnce, a, func() { count(a, func(n int) int { return n - 1 }) })
				}
			}
		}
		t.keys(step)
	}
}

// pairsOf returns the pairs of a mapping, none for anything else.
func pairsOf(n ast.Node) []*ast.MappingValueNode {
	switch m := n.(type) {
	case *ast.MappingNode:
		return slices.Clone(m.Values)
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}
	}
	return nil
}

// take replaces an element of a list.
func take(seq *ast.SequenceNode, e ast.Node, by []ast.Node) {
	i := slices.Index(seq.Values, e)
	if i < 0 {
		return
	}
	seq.Values = slices.Replace(seq.Values, i, i+1, by...)
	if i < len(seq.ValueHeadComments) {
		seq.ValueHeadComments = slices.Replace(seq.ValueHeadComments, i, i+1, make([]*ast.CommentGroupNode, len(by))...)
	}
}

// count changes a number of times, which stays at least 1.
func count(n *ast.IntegerNode, f func(int) int) {
	if old, err := strconv.Atoi(n.Token.Value); err == nil {
		n.Token.Value = strconv.Itoa(max(f(old), 1))
	}
}

func drop(m *ast.MappingNode, v *ast.MappingValueNode) {
	if i := slices.Index(m.Values, v); i >= 0 {
		m.Values = slices.Delete(m.Values, i, i+1)
	}
}

// prune removes the empty lists and mappings below n, and reports whether there were any.
func prune(n ast.Node) (pruned bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		for _, v := range slices.Clone(m.Values) {
			if hollow(v.Value) {
				drop(m, v)
				pruned = true
			} else {
				pruned = prune(v.Value) || pruned
			}
		}
	case *ast.MappingValueNode:
		return prune(m.Value)
	case *ast.SequenceNode:
		for _, e := range slices.Clone(m.Values) {
			if hollow(e) {
				take(m, e, nil)
				pruned = true
			} else {
				pruned = prune(e) || pruned
			}
		}
	}
	return pruned
}

func hollow(n ast.Node) bool {
	switch m := n.(type) {
	case *ast.MappingNode:
		return len(m.Values) == 0
	case *ast.MappingValueNode:
		return hollow(m.Value)
	case *ast.SequenceNode:
		return len(m.Values) == 0
	}
	return false
}

// barriers gives each barrier as many threads as still come to it, and removes those that
// only one thread comes to.
func (t *tree) barriers() {
	type stop struct {
		threads *ast.IntegerNode
		remove  func()
	}
	stops := make(map[string][]stop)
	users := make(map[string]map[ast.Node]bool)
	for _, p := range t.root.Values {
		if p.Key.String() != "threads" {
			continue
		}
		for _, thread := range pairsOf(p.Value) {
			walkSteps(thread.Value, func(seq *ast.SequenceNode, step ast.Node, args ast.Node) {
				s := stop{remove: func() { take(seq, step, nil) }}
				name := ""
				for _, a := range pairsOf(args) {
					switch a.Key.String() {
					case "name":
						name = a.Value.String()
					case "threads":
						s.threads, _ = a.Value.(*ast.IntegerNode)
					}
				}
				stops[name] = append(stops[name], s)
				if users[name] == nil {
					users[name] = make(map[ast.Node]bool)
				}
				users[name][thread] = true
			})
		}
	}
	for name, all := range stops {
		for _, s := range all {
			switch n := len(users[name]); {
			case n < 2:
				s.remove()
			case s.threads != nil:
				s.threads.Token.Value = strconv.Itoa(n)
			}
		}
	}
}

// walkSteps visits the barrier steps in a thread or in a repeat of it.
func walkSteps(n ast.Node, visit func(seq *ast.SequenceNode, step, args ast.Node)) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		for _, v := range pairsOf(n) {
			if v.Key.String() == "steps" {
				walkSteps(v.Value, visit)
			}
		}
		return
	}
	for _, step := range slices.Clone(seq.Values) {
		for _, v := range pairsOf(step) {
			switch v.Key.String() {
			case "barrier":
				visit(seq, step, v.Value)
			case "repeat":
				walkSteps(v.Value, visit)
			}
		}
	}
}
