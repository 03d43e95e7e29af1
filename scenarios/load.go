// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"dlsim/devnet/env"
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
// folder but those named BaselineName, sorted.
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
		if !e.IsDir() && filepath.Ext(p) == ".yaml" && e.Name() != BaselineName {
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
	d := &decoder{file: file, src: src, sort: "scenario", begin: "begin with name: and threads:"}
	root, err := d.document()
	if err != nil {
		return nil, err
	}
	sc := &Scenario{File: file, Source: src}
	if err := d.object(root, reflect.ValueOf(sc).Elem(), "the scenario"); err != nil {
		return nil, err
	}
	if err := d.check(root, sc); err != nil {
		return nil, err
	}
	if err := checkConduct(sc); err != nil {
		return nil, err
	}
	return sc, nil
}

// document returns the one document of the file.
func (d *decoder) document() (ast.Node, error) {
	if bytes.HasPrefix(d.src, []byte("\xef\xbb\xbf")) {
		return nil, errorAt(d.file, d.src, 1, 1, "the file begins with a byte order mark", "save it without one")
	}
	// Keys that appear twice are for pairs to report, which knows what they are keys of.
	f, err := parser.ParseBytes(d.src, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, d.syntaxError(err)
	}
	for _, doc := range f.Docs {
		if y, ok := doc.Body.(*ast.DirectiveNode); ok {
			return nil, d.fail(y, "remove the line", "%s files do not use YAML directives", d.sort)
		}
	}
	if len(f.Docs) == 0 || len(f.Docs) == 1 && f.Docs[0].Body == nil {
		return nil, errorAt(d.file, d.src, 1, 1, "the file is empty", d.begin)
	}
	if len(f.Docs) > 1 {
		line, col := 1, 1
		if start := f.Docs[1].Start; start != nil && start.Position != nil {
			line, col = start.Position.Line, start.Position.Column
		}
		return nil, errorAt(d.file, d.src, line, col, fmt.Sprintf("a %s file has one document, this has %d", d.sort, len(f.Docs)),
			"remove the lines that separate them")
	}
	return f.Docs[0].Body, nil
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
		if err := d.name(p.knode, p.key, "word", "thread name"); err != nil {
			return err
		}
		if slices.Contains([]string{"main", "dlmgmtd", "system_taskq"}, p.key) {
			return d.fail(p.knode, "call it something else", "%s is a thread of the system", p.key)
		}
		d.handles = make(map[string]string)
		t := Thread{Name: p.key}
		switch p.value.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			err = d.object(p.value, reflect.ValueOf(&t).Elem(), "thread "+p.key)
		default:
			err = d.steps(p.value, &t.Steps, "thread "+p.key)
		}
		if err != nil {
			return err
		}
		*out = append(*out, t)
	}
	return nil
}

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
	s := Step{Line: n.GetToken().Position.Line, Col: n.GetToken().Position.Column}
	if word, ok := n.(*ast.StringNode); ok {
		op, err := d.op(word, word.Value)
		if err != nil {
			return s, err
		}
		s.Op, s.Text = op, op.Name
		return s, d.args(n, nil, &s)
	}
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
	default:
		return s, d.fail(n, "write an operation, like - kstat_read: LINK", "a step must be an operation, not %s", kindOf(n))
	}
	pairs, err := d.pairs(n, "a step")
	if err != nil {
		return s, err
	}
	var value ast.Node
	var as *pair
	var answers ast.Node
	for i, p := range pairs {
		switch {
		case p.key == "as":
			as = &pairs[i]
		case p.key == "answers":
			answers = p.value
		case s.Op != nil:
			return s, d.fail(p.knode, "begin a new step with a dash", "step %s has a second key %s", s.Op.Name, p.key)
		default:
			if s.Op, err = d.op(p.knode, p.key); err != nil {
				return s, err
			}
			s.Line, s.Col = p.knode.GetToken().Position.Line, p.knode.GetToken().Position.Column
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
	if answers != nil {
		if err := d.answers(answers, &s); err != nil {
			return s, err
		}
	}
	return s, d.as(n, as, &s)
}

// answers decodes the answers that a step may give.
func (d *decoder) answers(n ast.Node, s *Step) error {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		return d.fail(n, "write answers: [ok, EBUSY]", "answers of %s must be a list, not %s", s.Op.Name, kindOf(n))
	}
	names := []string{"ok"}
	for _, e := range env.Errnos() {
		names = append(names, e.String())
	}
	for _, e := range seq.Values {
		name, err := d.str(e, "an answer")
		if err != nil {
			return err
		}
		if !slices.Contains(names, name) {
			return d.fail(e, suggest(name, names), "unknown answer %s", name)
		}
		if name == "ok" {
			name = env.Errno(0).String()
		}
		s.Answers = append(s.Answers, name)
	}
	if len(s.Answers) == 0 {
		return d.fail(n, "name one, like ok", "%s may give no answer", s.Op.Name)
	}
	return nil
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
	if err := d.name(as.value, name, "word", "handle name"); err != nil {
		return err
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
	if kind == made || kind == "handle" && (made == "tmp" || made == "ref") {
		return nil
	}
	is := map[string][2]string{
		"tmp": {"temporary hold, from hold_tmp", "rele_tmp"}, "ref": {"hold, from hold", "rele"},
		"node": {"node of /dev/net, from open", "close"}, "opened": {"link, from devnet_open", "devnet_close"},
		"stream": {"stream, from stream_open", "stream_detach"},
	}[made]
	return d.fail(n, "release it with "+is[1], "handle %s is a %s", name, is[0])
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
