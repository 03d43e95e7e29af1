// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"dlsim/devnet/env"
)

// Op is one operation that a step can be. The table of them is the single source for
// parsing, execution, `dlsim list ops` and the reference.
type Op struct {
	Name    string
	Group   string
	Doc     string
	Example string // a step, as it stands after the dash
	// Yields is the kind of handle the operation makes: "tmp" for a temporary hold, "ref"
	// for a hold, "" for none.
	Yields string

	args reflect.Type // of the argument struct
	run  func(c *call, args any) env.Errno
}

// none is the argument struct of operations without arguments.
type none struct{}

// define makes a table entry from an operation's argument struct and what it does.
func define[A any](name, group, doc, example string, run func(c *call, a *A) env.Errno) *Op {
	return &Op{
		Name: name, Group: group, Doc: doc, Example: example, args: reflect.TypeFor[A](),
		run: func(c *call, args any) env.Errno { return run(c, args.(*A)) },
	}
}

// yields says that the operation makes a handle of the given kind.
func (o *Op) yields(kind string) *Op {
	o.Yields = kind
	return o
}

// Ops returns all operations, by group and in the order of the reference.
func Ops() []*Op {
	return slices.Concat(linkOps(), holdOps(), propOps(), lookupOps(), devnetOps(), deviceOps(), daemonOps(), zoneOps(), processOps(), controlOps())
}

// OpNames returns the names of all operations in that order.
func OpNames() []string {
	var names []string
	for _, o := range Ops() {
		names = append(names, o.Name)
	}
	return names
}

// Lookup returns the operation with the given name, or nil.
func Lookup(name string) *Op {
	for _, o := range Ops() {
		if o.Name == name {
			return o
		}
	}
	return nil
}

// argsText renders arguments as they are written in a step: ": vnic0" where one value says
// it all, else a mapping without the defaults.
func argsText(args any) string {
	v := reflect.ValueOf(args).Elem()
	var parts []string
	short := ""
	for _, f := range fields(v.Type()) {
		x := v.Field(f.num)
		text := fmt.Sprint(x.Interface())
		switch {
		case x.Type() == reflect.TypeFor[[]Step]():
			var inner []string
			for _, step := range x.Interface().([]Step) {
				inner = append(inner, step.Text)
			}
			text = "[" + strings.Join(inner, ", ") + "]"
		case x.IsZero() && f.tag.Get("default") == "" || text == f.tag.Get("default"):
			continue
		}
		if f.tag.Get("short") == "true" {
			short = text
		}
		parts = append(parts, f.key+": "+text)
	}
	switch {
	case len(parts) == 0:
		return ""
	case len(parts) == 1 && short != "":
		return ": " + short
	}
	return ": {" + strings.Join(parts, ", ") + "}"
}
