// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"dlsim/sim/explore"
)

// JUnit writes the outcomes as a JUnit report: a suite for each folder of scenarios, a test
// case for each scenario. Violations that fail the run are failures, with their reports, and
// so are expected ones that were not found; doubt is an error; known violations are output.
func JUnit(w io.Writer, outcomes []Outcome) error {
	all := junit.Testsuites{Name: "dlsim"}
	var order []string
	suites := make(map[string]*junit.Testsuite)
	for i := range outcomes {
		o := &outcomes[i]
		name := path.Dir(o.File)
		if suites[name] == nil {
			suites[name] = &junit.Testsuite{Name: name, ID: len(order)}
			order = append(order, name)
		}
		c, err := testcase(o)
		if err != nil {
			return err
		}
		suites[name].AddTestcase(c)
	}
	for _, name := range order {
		s := suites[name]
		elapsed := 0.0
		for i := range outcomes {
			if path.Dir(outcomes[i].File) == name {
				elapsed += outcomes[i].Result.Elapsed.Seconds()
			}
		}
		s.Time = fmt.Sprintf("%.3f", elapsed)
		all.AddSuite(*s)
	}
	if _, err := io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"); err != nil {
		return err
	}
	return all.WriteXML(w)
}

func testcase(o *Outcome) (junit.Testcase, error) {
	r := o.Result
	c := junit.Testcase{
		Name: r.Scenario, Classname: path.Dir(o.File), Time: fmt.Sprintf("%.3f", r.Elapsed.Seconds()),
	}
	var failures, known []string
	var text strings.Builder
	kind := ""
	for i, v := range r.Violations {
		if v.Accepted {
			known = append(known, fmt.Sprintf("%s (%s): %s", o.title(i), standing(v), v.Signature))
			continue
		}
		failures = append(failures, o.title(i))
		if kind == "" {
			kind = string(v.Kind)
		}
		if err := Write(&text, o.Failures[i]); err != nil {
			return c, err
		}
		text.WriteByte('\n')
	}
	for _, e := range r.Missing {
		failures = append(failures, missing(e))
		if kind == "" {
			kind = string(explore.Missing)
		}
	}
	if len(failures) > 0 {
		c.Failure = &junit.Result{Message: strings.Join(failures, "; "), Type: kind, Data: text.String()}
	} else if doubt := unknown(r); doubt != "" {
		c.Error = &junit.Result{Message: doubt, Type: string(explore.Unknown)}
	}
	if len(known) > 0 {
		c.SystemOut = &junit.Output{Data: strings.Join(known, "\n") + "\n"}
	}
	return c, nil
}
