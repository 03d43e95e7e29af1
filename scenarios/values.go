// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// value decodes one value. The types with a shape of their own decode themselves.
func (d *decoder) value(n ast.Node, v reflect.Value, tag reflect.StructTag, what string) error {
	switch p := v.Addr().Interface().(type) {
	case *Threads:
		return d.threads(n, p)
	case *Processes:
		return d.processes(n, p)
	case *[]Step:
		return d.steps(n, p, what)
	case *Expect:
		return d.expect(n, p)
	case *Duration:
		s, err := d.str(n, what)
		if err != nil {
			return err
		}
		if !span.MatchString(s) {
			return d.fail(n, "write it as 2s or 150ms", "%s must be a span of time, not %q", what, s)
		}
		x, perr := time.ParseDuration(s)
		if perr != nil {
			return d.fail(n, "it must be less than 292 years", "%s is out of range: %s", what, s)
		}
		*p = Duration(x)
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		s, err := d.str(n, what)
		if err != nil {
			return err
		}
		v.SetString(s)
		return d.checkString(n, s, tag, what)
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			return d.fail(n, "write true or false", "%s must be true or false, not %s", what, kindOf(n))
		}
		if only := tag.Get("only"); only != "" && only != strconv.FormatBool(b.Value) {
			return d.fail(n, "leave it out", "%s cannot be %t", what, b.Value)
		}
		v.SetBool(b.Value)
		return nil
	case reflect.Int:
		return d.integer(n, v, tag, what)
	case reflect.Slice:
		return d.list(n, v, tag, what)
	case reflect.Struct:
		return d.object(n, v, what)
	}
	panic("engine bug: no decoder for " + v.Type().String())
}

func (d *decoder) str(n ast.Node, what string) (string, error) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, nil
	case *ast.LiteralNode:
		return strings.TrimSuffix(s.Value.Value, "\n"), nil
	}
	hint := "put it in quotes if it is meant to be one"
	switch n.(type) {
	case *ast.AliasNode, *ast.AnchorNode, *ast.TagNode:
		hint = "write the value itself"
	}
	return "", d.fail(n, hint, "%s must be a string, not %s", what, kindOf(n))
}

// checkString checks the allowed values of a string and notes what it refers to.
func (d *decoder) checkString(n ast.Node, s string, tag reflect.StructTag, what string) error {
	if enum := tag.Get("enum"); enum != "" {
		allowed := strings.Split(enum, "|")
		for _, a := range allowed {
			if a == s {
				return nil
			}
		}
		return d.fail(n, suggest(s, allowed), "%s cannot be %q", what, s)
	}
	switch kind := tag.Get("ref"); kind {
	case "":
		if s == "" {
			return d.fail(n, "write a word", "%s is empty", what)
		}
		if sort := tag.Get("name"); sort != "" {
			return d.name(n, s, sort, what)
		}
	case "ref", "tmp", "handle", "node", "opened", "stream":
		return d.handle(n, kind, s)
	default:
		d.refs = append(d.refs, reference{kind, s, n})
	}
	return nil
}

func (d *decoder) integer(n ast.Node, v reflect.Value, tag reflect.StructTag, what string) error {
	low, _ := strconv.ParseInt(tag.Get("min"), 10, 64)
	high, _ := strconv.ParseInt(tag.Get("max"), 10, 64)
	outside := func() error {
		return d.fail(n, fmt.Sprintf("it must be from %d to %d", low, high), "%s is out of range: %s", what, n.GetToken().Value)
	}
	node, ok := n.(*ast.IntegerNode)
	if !ok {
		// The YAML library takes numbers beyond 64 bits for strings.
		if n != nil && n.Type() == ast.StringType && n.GetToken().Type == token.StringType && hugeNumber.MatchString(n.GetToken().Value) {
			return outside()
		}
		return d.fail(n, "write a whole number", "%s must be a whole number, not %s", what, kindOf(n))
	}
	var x int64
	switch i := node.Value.(type) {
	case int64:
		x = i
	case uint64:
		x = int64(min(i, 1<<62))
	}
	if x < low || x > high {
		return outside()
	}
	v.SetInt(x)
	return nil
}

var hugeNumber = regexp.MustCompile(`^[-+]?[0-9]+$`)

// list decodes a sequence; what all elements share with its field is the tag.
func (d *decoder) list(n ast.Node, v reflect.Value, tag reflect.StructTag, what string) error {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		return d.fail(n, "write it as [a, b]", "%s must be a list, not %s", what, kindOf(n))
	}
	for i, e := range seq.Values {
		x := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(e, x, tag, fmt.Sprintf("entry %d of %s", i+1, strings.TrimSuffix(what, " of the scenario"))); err != nil {
			return err
		}
		v.Set(reflect.Append(v, x))
	}
	return nil
}

// kindOf names what a node is, for people.
func kindOf(n ast.Node) string {
	switch s := n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.StringNode, *ast.LiteralNode:
		return fmt.Sprintf("the string %q", n.GetToken().Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + n.GetToken().Value
	case *ast.BoolNode:
		return "the boolean " + n.GetToken().Value
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.AliasNode, *ast.AnchorNode, *ast.MergeKeyNode, *ast.TagNode:
		return "an anchor, alias or tag, which scenario files do not use"
	default:
		return s.Type().String()
	}
}
