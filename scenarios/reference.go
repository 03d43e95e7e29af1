// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"fmt"
	"reflect"
	"strings"
)

// Reference returns the reference of scenario files in Markdown, made from the types and
// the table of operations.
func Reference() string {
	var b strings.Builder
	b.WriteString("# Scenario reference\n\n" +
		"Generated from the Go types and the table of operations in `scenarios/`; do not edit. The JSON Schema is\n" +
		"[scenario.schema.json](scenario.schema.json), that of baseline files (`dlsim run --baseline`), which list known violations under the\n" +
		"key violations, [baseline.schema.json](baseline.schema.json).\n\n## The file\n\n")
	writeFields(&b, reflect.TypeFor[Scenario]())
	for _, s := range []struct {
		name string
		typ  reflect.Type
	}{
		{"system", reflect.TypeFor[System]()},
		{"an entry of system.zones", reflect.TypeFor[Zone]()},
		{"an entry of system.links", reflect.TypeFor[Link]()},
		{"a thread in its long form", reflect.TypeFor[Thread]()},
		{"an entry of faults", reflect.TypeFor[Fault]()},
		{"explore", reflect.TypeFor[Explore]()},
		{"an entry of expect", reflect.TypeFor[Violation]()},
		{"an entry of violations in a baseline file", reflect.TypeFor[Known]()},
	} {
		fmt.Fprintf(&b, "### %s\n\n", s.name)
		writeFields(&b, s.typ)
	}
	b.WriteString("## Operations\n\n" +
		"A step is an operation and its arguments, as a mapping or, where one argument says it all, as that alone.\n" +
		"An operation that takes a hold keeps it under the name given with `as`, for later steps of the same thread;\n" +
		"steps that use a hold which was not obtained are skipped.\n\n")
	group := ""
	for _, op := range Ops() {
		if op.Group != group {
			group = op.Group
			fmt.Fprintf(&b, "### %s%s\n\n", strings.ToUpper(group[:1]), group[1:])
		}
		fmt.Fprintf(&b, "#### %s\n\n%s\n\n    - %s\n\n", op.Name, op.Doc, op.Example)
		writeFields(&b, op.args)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// writeFields writes the table of a struct's keys.
func writeFields(b *strings.Builder, t reflect.Type) {
	fs := fields(t)
	if len(fs) == 0 {
		return
	}
	b.WriteString("| key | value | |\n|---|---|---|\n")
	for _, f := range fs {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.key, describeValue(f), f.tag.Get("doc"))
	}
	b.WriteString("\n")
}

// describeValue says what a key takes.
func describeValue(f field) string {
	var s string
	switch {
	case f.tag.Get("enum") != "":
		s = strings.ReplaceAll(f.tag.Get("enum"), "|", ", ")
	case f.tag.Get("ref") != "":
		s = map[string]string{
			"link": "a link", "virtual link": "a link", "physical link": "a link", "zone": "a zone",
			"non-global zone": "a zone", "thread": "a thread", "process": "a process",
			"tmp": "a temporary hold", "ref": "a hold", "handle": "a hold",
			"node": "a node", "opened": "an open link", "stream": "a stream",
		}[f.tag.Get("ref")]
	default:
		s = describeType(f)
	}
	if f.must {
		s += "; required"
	} else if def := f.tag.Get("default"); def != "" {
		s += "; default " + def
	}
	return s
}

func describeType(f field) string {
	switch f.typ {
	case reflect.TypeFor[Threads](), reflect.TypeFor[Processes](), reflect.TypeFor[System](), reflect.TypeFor[Explore]():
		return "mapping"
	case reflect.TypeFor[[]Step]():
		return "list of steps"
	case reflect.TypeFor[Expect]():
		return "none, or list"
	case reflect.TypeFor[Duration]():
		return "span of time"
	}
	switch f.typ.Kind() {
	case reflect.Slice:
		return "list"
	case reflect.Int:
		low := f.tag.Get("min")
		if low == "" {
			low = "0"
		}
		return "number from " + low + " to " + f.tag.Get("max")
	case reflect.Bool:
		return "true or false"
	}
	return "string"
}
