// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// decoder turns YAML nodes into the types of this package, strictly, by their field tags:
//
//	yaml      the key ("-" for fields that are not in the file)
//	required  the key must be there
//	default   the value if it is not
//	enum      the allowed values, separated by |
//	min, max  of a number
//	ref       what a string names: link, zone, thread, or a handle kind
//	name      what a string is the name of, which decides its form; see formOf
//	only      the one value that a boolean may have
//	short     in an operation's arguments: the one that a bare value gives
type decoder struct {
	file  string
	src   []byte
	sort  string      // of file: scenario or baseline
	begin string      // how such a file begins, for errors
	refs  []reference // names to look up once everything is declared
	// handles are those the current thread has made so far, by name.
	handles map[string]string
}

// reference is a name whose declaration may come later in the file.
type reference struct {
	kind, name string
	node       ast.Node
}

// fail returns an Error at a node.
func (d *decoder) fail(n ast.Node, hint, format string, args ...any) error {
	line, col := 1, 1
	switch m := n.(type) { // the token of a mapping is its first colon
	case *ast.MappingNode:
		if len(m.Values) > 0 {
			n = m.Values[0].Key
		}
	case *ast.MappingValueNode:
		n = m.Key
	}
	if n != nil && n.GetToken() != nil && n.GetToken().Position != nil {
		p := n.GetToken().Position
		line, col = p.Line, p.Column
	}
	return errorAt(d.file, d.src, line, col, fmt.Sprintf(format, args...), hint)
}

// entry returns entry i of the list under the only key of a mapping, else the mapping.
func (d *decoder) entry(n ast.Node, i int) ast.Node {
	if pairs, err := d.pairs(n, ""); err == nil && len(pairs) == 1 {
		if seq, ok := pairs[0].value.(*ast.SequenceNode); ok && i < len(seq.Values) {
			return seq.Values[i]
		}
	}
	return n
}

// pair is one key of a mapping.
type pair struct {
	key   string
	knode ast.Node
	value ast.Node
}

// pairs returns the keys of a mapping in file order, or an error if n is something else.
func (d *decoder) pairs(n ast.Node, what string) ([]pair, error) {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		return nil, d.fail(n, "write keys and values", "%s must be a mapping, not %s", what, kindOf(n))
	}
	out := make([]pair, 0, len(values))
	seen := make(map[string]bool)
	for _, v := range values {
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			return nil, d.fail(v.Key, "write a plain word", "a key of %s must be a string, not %s", what, kindOf(v.Key))
		}
		if seen[key.Value] {
			return nil, d.fail(key, "keep one of them", "key %s appears twice in %s", key.Value, what)
		}
		seen[key.Value] = true
		out = append(out, pair{key.Value, key, v.Value})
	}
	return out, nil
}

// field is a struct field as its tags describe it.
type field struct {
	key  string
	tag  reflect.StructTag
	typ  reflect.Type
	num  int
	must bool
}

// fields returns the fields of a struct type that are in the file, in order.
func fields(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		if key := f.Tag.Get("yaml"); key != "" && key != "-" {
			out = append(out, field{key, f.Tag, f.Type, i, f.Tag.Get("required") == "true"})
		}
	}
	return out
}

func keysOf(fs []field) []string {
	keys := make([]string, len(fs))
	for i, f := range fs {
		keys[i] = f.key
	}
	return keys
}

// object decodes a mapping into struct v. what names it in errors.
func (d *decoder) object(n ast.Node, v reflect.Value, what string) error {
	pairs, err := d.pairs(n, what)
	if err != nil {
		return err
	}
	fs := fields(v.Type())
	seen := make(map[string]bool)
	for _, p := range pairs {
		f, ok := findField(fs, p.key)
		if !ok {
			hint := suggest(p.key, keysOf(fs))
			if p.key == "processes" && v.Type() == reflect.TypeFor[Scenario]() {
				hint = "processes are not available in this version, where each thread has one of its own"
			}
			return d.fail(p.knode, hint, "unknown key %s in %s", p.key, what)
		}
		seen[p.key] = true
		if err := d.value(p.value, v.Field(f.num), f.tag, p.key+" of "+what); err != nil {
			return err
		}
	}
	return d.complete(n, v, fs, seen, what)
}

// complete fills in defaults and refuses missing keys.
func (d *decoder) complete(n ast.Node, v reflect.Value, fs []field, seen map[string]bool, what string) error {
	for _, f := range fs {
		if seen[f.key] {
			continue
		}
		if f.must {
			about, _, _ := strings.Cut(f.tag.Get("doc"), ".")
			about, _, _ = strings.Cut(about, ":")
			return d.fail(n, "add "+f.key+": "+strings.ToLower(about[:1])+about[1:], "%s has no %s", what, f.key)
		}
		setDefault(v.Field(f.num), f.tag)
	}
	return nil
}

// setDefault gives a field the value of its default tag, and its own fields theirs.
func setDefault(v reflect.Value, tag reflect.StructTag) {
	def := tag.Get("default")
	switch v.Kind() {
	case reflect.String:
		v.SetString(def)
	case reflect.Bool:
		v.SetBool(def == "true")
	case reflect.Int:
		x, _ := strconv.Atoi(def)
		v.SetInt(int64(x))
	case reflect.Struct:
		for _, f := range fields(v.Type()) {
			setDefault(v.Field(f.num), f.tag)
		}
	}
}

func findField(fs []field, key string) (field, bool) {
	for _, f := range fs {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}
