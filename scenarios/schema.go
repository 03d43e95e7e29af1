// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"
)

// Schema returns the JSON Schema of scenario files, made from the types and the table of
// operations. What a schema cannot say, such as which names are declared, only Load checks.
func Schema() []byte {
	s := objectSchema(reflect.TypeFor[Scenario]())
	s.Version = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "dlsim scenario"
	s.Definitions = jsonschema.Definitions{"step": stepSchema()}
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("engine bug: schema: " + err.Error())
	}
	return append(out, '\n')
}

// BaselineSchema returns the JSON Schema of baseline files.
func BaselineSchema() []byte {
	s := objectSchema(reflect.TypeFor[Baseline]())
	s.Version = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "dlsim baseline"
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("engine bug: schema: " + err.Error())
	}
	return append(out, '\n')
}

// objectSchema describes a mapping that is decoded into struct t.
func objectSchema(t reflect.Type) *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
	}
	for _, f := range fields(t) {
		p := valueSchema(f.typ, f.tag)
		p.Description = f.tag.Get("doc")
		s.Properties.Set(f.key, p)
		if f.must {
			s.Required = append(s.Required, f.key)
		}
	}
	return s
}

// valueSchema describes one value, as decoder.value takes it.
func valueSchema(t reflect.Type, tag reflect.StructTag) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[Threads]():
		return threadsSchema()
	case reflect.TypeFor[Processes]():
		return processesSchema()
	case reflect.TypeFor[[]Step]():
		return stepsSchema()
	case reflect.TypeFor[Expect]():
		one := objectSchema(reflect.TypeFor[Violation]())
		return anyOf(&jsonschema.Schema{Const: "none"}, &jsonschema.Schema{Type: "array", Items: one, MinItems: ptr(1)})
	case reflect.TypeFor[Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: span.String()}
	}
	switch t.Kind() {
	case reflect.String:
		s := &jsonschema.Schema{Type: "string"}
		if enum := tag.Get("enum"); enum != "" {
			for _, e := range strings.Split(enum, "|") {
				s.Enum = append(s.Enum, e)
			}
		} else if sort := tag.Get("name"); sort != "" {
			s.Pattern = formOf(sort).pattern.String()
		} else {
			s.MinLength = ptr(1)
		}
		s.Default = orNil(tag.Get("default"))
		return s
	case reflect.Bool:
		s := &jsonschema.Schema{Type: "boolean"}
		if only := tag.Get("only"); only != "" {
			s.Const = only == "true"
		}
		return s
	case reflect.Int:
		s := &jsonschema.Schema{Type: "integer", Minimum: json.Number("0"), Maximum: json.Number(tag.Get("max"))}
		if low := tag.Get("min"); low != "" {
			s.Minimum = json.Number(low)
		}
		if n, err := strconv.Atoi(tag.Get("default")); err == nil {
			s.Default = n
		}
		return s
	case reflect.Slice:
		return &jsonschema.Schema{Type: "array", Items: valueSchema(t.Elem(), "")}
	case reflect.Struct:
		return objectSchema(t)
	}
	panic("engine bug: no schema for " + t.String())
}

func threadsSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", MinProperties: ptr(1),
		PropertyNames:        &jsonschema.Schema{Pattern: word.String()},
		AdditionalProperties: anyOf(stepsSchema(), objectSchema(reflect.TypeFor[Thread]())),
	}
}

func processesSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", PropertyNames: &jsonschema.Schema{Pattern: word.String()},
		AdditionalProperties: &jsonschema.Schema{
			Type: "array", Items: &jsonschema.Schema{Type: "string", MinLength: ptr(1)}, MinItems: ptr(1),
		},
	}
}

func stepsSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Ref: "#/$defs/step"}, MinItems: ptr(1)}
}

// stepSchema is one of the operations: a word where it needs no arguments, and a mapping.
func stepSchema() *jsonschema.Schema {
	s := new(jsonschema.Schema)
	for _, op := range Ops() {
		object := objectSchema(op.args)
		args := []*jsonschema.Schema{object}
		if len(object.Required) == 0 {
			s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Const: op.Name, Description: op.Doc})
			args = append(args, &jsonschema.Schema{Type: "null"})
		}
		for _, f := range fields(op.args) {
			if f.tag.Get("short") == "true" {
				args = append(args, valueSchema(f.typ, f.tag))
			}
		}
		step := &jsonschema.Schema{
			Type: "object", Description: op.Doc, Properties: jsonschema.NewProperties(),
			AdditionalProperties: jsonschema.FalseSchema, Required: []string{op.Name},
		}
		step.Properties.Set(op.Name, anyOf(args...))
		if op.Yields != "" {
			step.Properties.Set("as", &jsonschema.Schema{Type: "string", Pattern: word.String()})
			step.Required = append(step.Required, "as")
		}
		step.Properties.Set("answers", &jsonschema.Schema{
			Type: "array", Items: &jsonschema.Schema{Type: "string"}, MinItems: ptr(1),
			Description: "The answers that the step may give: ok, or names of errnos. Any other is a violation.",
		})
		s.AnyOf = append(s.AnyOf, step)
	}
	return s
}

func anyOf(s ...*jsonschema.Schema) *jsonschema.Schema {
	if len(s) == 1 {
		return s[0]
	}
	return &jsonschema.Schema{AnyOf: s}
}

func ptr(n uint64) *uint64 { return &n }

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
