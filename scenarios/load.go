// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Load reads and checks a scenario file. What is wrong with its text is an *Error.
func Load(path string) (*Scenario, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, src)
}

// Find returns the scenario files at path: itself, or all .yaml files in and below a
// folder, sorted.
func Find(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(p string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && e.Name() == "testdata" {
			return filepath.SkipDir
		}
		if !e.IsDir() && filepath.Ext(p) == ".yaml" {
			files = append(files, p)
		}
		return nil
	})
	slices.Sort(files)
	return files, err
}

// Parse checks the text of a scenario; file is its name in errors, each of which is an
// *Error.
func Parse(file string, src []byte) (*Scenario, error) {
	d := &decoder{file: file, src: src}
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, d.syntaxError(err)
	}
	switch {
	case len(f.Docs) == 0 || f.Docs[0].Body == nil:
		return nil, errorAt(file, src, 1, 1, "the file is empty", "begin with name: and threads:")
	case len(f.Docs) > 1:
		return nil, errorAt(file, src, 1, 1, fmt.Sprintf("a scenario file has one document, this has %d", len(f.Docs)),
			"remove the lines that separate them")
	}
	sc := &Scenario{File: file, Source: src}
	if err := d.object(f.Docs[0].Body, reflect.ValueOf(sc).Elem(), "the scenario"); err != nil {
		return nil, err
	}
	if err := d.check(f.Docs[0].Body, sc); err != nil {
		return nil, err
	}
	return sc, nil
}

// syntaxError gives the YAML parser's complaint our form.
func (d *decoder) syntaxError(err error) error {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil && y.GetToken().Position != nil {
		p := y.GetToken().Position
		return errorAt(d.file, d.src, p.Line, p.Column, "invalid YAML: "+y.GetMessage(), "see docs/scenario-reference.md for the form")
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return errorAt(d.file, d.src, 1, 1, "invalid YAML: "+first, "see docs/scenario-reference.md for the form")
}

// threads decodes the threads, whose keys are their names.
func (d *decoder) threads(n ast.Node, out *Threads) error {
	pairs, err := d.pairs(n, "threads")
	if err != nil {
		return err
	}
	if len(pairs) == 0 {
		return d.fail(n, "add one", "there are no threads")
	}
	for _, p := range pairs {
		if !threadName.MatchString(p.key) {
			return d.fail(p.knode, "use letters, digits and dashes, beginning with a letter", "thread name %q", p.key)
		}
		if slices.Contains([]string{"main", "dlmgmtd", "system_taskq"}, p.key) {
			return d.fail(p.knode, "call it something else", "%s is a thread of the system", p.key)
		}
		d.handles = make(map[string]string)
		t := Thread{Name: p.key}
		if _, ok := p.value.(*ast.SequenceNode); ok {
			err = d.steps(p.value, &t.Steps, "thread "+p.key)
		} else {
			err = d.object(p.value, reflect.ValueOf(&t).Elem(), "thread "+p.key)
		}
		if err != nil {
			return err
		}
		*out = append(*out, t)
	}
	return nil
}

var (
	scenarioName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	threadName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
)

// steps decodes a list of steps.
func (d *decoder) steps(n ast.Node, out *[]Step, what string) error {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		return d.fail(n, "write a list of steps, each after a dash", "%s must be a list, not %s", what, kindOf(n))
	}
	if len(seq.Values) == 0 {
		return d.fail(n, "add a step", "%s does nothing", what)
	}
	for _, e := range seq.Values {
		s, err := d.step(e)
		if err != nil {
			return err
		}
		*out = append(*out, s)
	}
	return nil
}

// step decodes one step: an operation without arguments as a word, else a mapping of the
// operation to its arguments, with the handle under "as".
func (d *decoder) step(n ast.Node) (Step, error) {
	s := Step{Line: n.GetToken().Position.Line}
	if word, ok := n.(*ast.StringNode); ok {
		op, err := d.op(word, word.Value)
		if err != nil {
			return s, err
		}
		s.Op, s.Text = op, op.Name
		return s, d.args(n, nil, &s)
	}
	pairs, err := d.pairs(n, "a step")
	if err != nil {
		return s, err
	}
	var value ast.Node
	var as *pair
	for i, p := range pairs {
		switch {
		case p.key == "as":
			as = &pairs[i]
		case s.Op != nil:
			return s, d.fail(p.knode, "begin a new step with a dash", "step %s has a second key %s", s.Op.Name, p.key)
		default:
			if s.Op, err = d.op(p.knode, p.key); err != nil {
				return s, err
			}
			s.Line = p.knode.GetToken().Position.Line
			value = p.value
		}
	}
	if s.Op == nil {
		return s, d.fail(n, "write the operation first", "a step has no operation")
	}
	if err := d.args(n, value, &s); err != nil {
		return s, err
	}
	s.Text = s.text(as)
	return s, d.as(n, as, &s)
}

// as checks the handle a step makes and declares it.
func (d *decoder) as(n ast.Node, as *pair, s *Step) error {
	switch {
	case as == nil && s.Op.Yields != "":
		return d.fail(n, "write {"+s.Op.Name+": ..., as: h}", "%s takes a hold that no later step can release", s.Op.Name)
	case as == nil:
		return nil
	case s.Op.Yields == "":
		return d.fail(as.knode, "remove as", "%s makes no handle", s.Op.Name)
	}
	name, err := d.str(as.value, "as")
	if err != nil {
		return err
	}
	if !threadName.MatchString(name) {
		return d.fail(as.value, "use letters, digits and dashes, beginning with a letter", "handle name %q", name)
	}
	s.As = name
	d.handles[name] = s.Op.Yields
	return nil
}

func (d *decoder) op(n ast.Node, name string) (*Op, error) {
	if op := Lookup(name); op != nil {
		return op, nil
	}
	return nil, d.fail(n, suggest(name, OpNames()), "unknown operation %s", name)
}

// args decodes the arguments of a step; value is nil or null if there are none.
func (d *decoder) args(n, value ast.Node, s *Step) error {
	v := reflect.New(s.Op.args)
	s.Args = v.Interface()
	fs := fields(s.Op.args)
	what := s.Op.Name
	switch value.(type) {
	case nil, *ast.NullNode:
		return d.complete(n, v.Elem(), fs, nil, what)
	case *ast.MappingNode, *ast.MappingValueNode:
		return d.object(value, v.Elem(), what)
	}
	for _, f := range fs {
		if f.tag.Get("short") == "true" {
			if err := d.value(value, v.Elem().Field(f.num), f.tag, f.key+" of "+what); err != nil {
				return err
			}
			return d.complete(n, v.Elem(), fs, map[string]bool{f.key: true}, what)
		}
	}
	if len(fs) == 0 {
		return d.fail(value, "write - "+what, "%s takes no arguments", what)
	}
	return d.fail(value, "write {"+strings.Join(keysOf(fs), ": ..., ")+": ...}", "%s must be a mapping, not %s", what, kindOf(value))
}

// handle checks that the current thread has made a handle of the kind that is wanted.
func (d *decoder) handle(n ast.Node, kind, name string) error {
	made, ok := d.handles[name]
	if !ok {
		var known []string
		for h := range d.handles {
			known = append(known, h)
		}
		slices.Sort(known)
		return d.fail(n, suggest(name, known), "no earlier step of this thread makes a handle %s", name)
	}
	if kind != "handle" && kind != made {
		is := map[string]string{"tmp": "temporary hold, from hold_tmp", "ref": "hold, from hold"}[made]
		return d.fail(n, "release it with "+map[string]string{"tmp": "rele_tmp", "ref": "rele"}[made], "handle %s is a %s", name, is)
	}
	return nil
}

// expect decodes "none" or a list of violations.
func (d *decoder) expect(n ast.Node, e *Expect) error {
	e.Given = true
	switch s := n.(type) {
	case *ast.StringNode:
		if s.Value == "none" {
			return nil
		}
	case *ast.SequenceNode:
		if len(s.Values) > 0 {
			return d.list(n, reflect.ValueOf(&e.Violations).Elem(), "", "expect")
		}
	}
	return d.fail(n, "write none, or - {kind: deadlock, at: [dls_devnet_unset], bug: L04}",
		"expect must be none or a list of violations, not %s", kindOf(n))
}
