// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"regexp"

	"github.com/goccy/go-yaml/ast"
)

// form is how a sort of name, or another string with a form of its own, is written. Names
// appear unquoted in traces, reports and signatures, so none has spaces or punctuation that
// means something there.
type form struct {
	pattern *regexp.Regexp // in the common part of Go's and JavaScript's syntax, for the schema
	hint    string
}

// formOf returns the form of the strings with the given name tag.
func formOf(tag string) form {
	switch tag {
	case "scenario":
		return form{scenarioName, "use lower-case letters, digits and dashes"}
	case "link":
		return form{linkName, "use 2 to 31 letters, digits, dots, dashes and underscores, beginning with a letter"}
	case "zone":
		return form{zoneName, "use up to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit"}
	case "word":
		return form{word, "use letters, digits, dashes and underscores, beginning with a letter"}
	}
	panic("engine bug: no form of name " + tag)
}

var (
	scenarioName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	linkName     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{1,30}$`)
	zoneName     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)
	word         = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	// span is what scenario files take of time.ParseDuration's language: no signs and no
	// missing digits.
	span = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$`)
)

// name checks a name by its form.
func (d *decoder) name(n ast.Node, s, tag, what string) error {
	if f := formOf(tag); !f.pattern.MatchString(s) {
		return d.fail(n, f.hint, "%s cannot be %q", what, s)
	}
	return nil
}
