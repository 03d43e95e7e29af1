// SPDX-License-Identifier: CDDL-1.0

// Package certificate keeps what a complete search has proved: that all interleavings of a
// scenario, up to a bound, were explored and none fails. A certificate is a small text file, one
// "key: value" to a line, in the order of the fields of Certificate. It holds for exactly the
// scenario, port, kernel, tool and checks that it names.
package certificate

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"dlsim/sim/trace"
)

// format is the version of the file's format.
const format = 2

// Claim is what a certificate is about. Two runs with the same claim come to the same result.
type Claim struct {
	Scenario     string
	ScenarioHash string
	PortHash     string
	Tool         string // name and version
	Kernel       string
	Strategy     string
	Preemptions  int    // bound, -1 for none
	Symmetry     string // threads that were not told apart, "none" for none
	StepsMax     int
	Checks       string // sorted, with a space between them
}

// Certificate is a claim and what shows it.
type Certificate struct {
	Claim
	Executions int64
	Digest     uint64 // of the executions, in any order; explore.Result.Digest
}

// fields are the keys in order, with what they point to.
func (c *Certificate) fields() []struct {
	key   string
	value any
} {
	return []struct {
		key   string
		value any
	}{
		{"scenario", &c.Scenario},
		{"scenario-hash", &c.ScenarioHash},
		{"port-hash", &c.PortHash},
		{"tool", &c.Tool},
		{"kernel", &c.Kernel},
		{"strategy", &c.Strategy},
		{"preemptions", &c.Preemptions},
		{"symmetry", &c.Symmetry},
		{"steps-max", &c.StepsMax},
		{"checks", &c.Checks},
		{"executions", &c.Executions},
		{"digest", &c.Digest},
	}
}

// Format returns the text of the certificate.
func (c *Certificate) Format() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "dlsim certificate %d\n", format)
	for _, f := range c.fields() {
		switch v := f.value.(type) {
		case *string:
			fmt.Fprintf(&b, "%s: %s\n", f.key, *v)
		case *int:
			fmt.Fprintf(&b, "%s: %d\n", f.key, *v)
		case *int64:
			fmt.Fprintf(&b, "%s: %d\n", f.key, *v)
		case *uint64:
			fmt.Fprintf(&b, "%s: %016x\n", f.key, *v)
		}
	}
	return []byte(b.String())
}

// Parse reads the text of a certificate. Its errors name the line.
func Parse(name string, text []byte) (*Certificate, error) {
	c := new(Certificate)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if want := fmt.Sprintf("dlsim certificate %d", format); lines[0] != want {
		return nil, fmt.Errorf("%s:1: not a certificate of this version: its first line must be %q", name, want)
	}
	fields := c.fields()
	if len(lines) != 1+len(fields) {
		return nil, fmt.Errorf("%s:%d: a certificate has %d lines", name, len(lines), 1+len(fields))
	}
	for i, f := range fields {
		value, ok := strings.CutPrefix(lines[i+1], f.key+": ")
		if !ok || !set(f.value, value) {
			return nil, fmt.Errorf("%s:%d: expected %q and its value", name, i+2, f.key+":")
		}
	}
	return c, nil
}

// set parses a value and reports whether it is one.
func set(field any, value string) bool {
	var err error
	switch v := field.(type) {
	case *string:
		*v = value
		return value != ""
	case *int:
		*v, err = strconv.Atoi(value)
	case *int64:
		*v, err = strconv.ParseInt(value, 10, 64)
	case *uint64:
		*v, err = strconv.ParseUint(value, 16, 64)
	}
	return err == nil
}

// Read reads a file. The error is of os.ReadFile if it cannot be read.
func Read(name string) (*Certificate, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, text)
}

// Write writes a file, whole or not at all.
func (c *Certificate) Write(name string) error { return trace.WriteAtomic(name, c.Format()) }

// Stale says what has changed since the certificate was written, "" if nothing has.
func (c *Certificate) Stale(now Claim) string {
	switch was := c.Claim; {
	case was == now:
		return ""
	case was.ScenarioHash != now.ScenarioHash || was.Scenario != now.Scenario:
		return "the scenario has changed"
	case was.PortHash != now.PortHash:
		return "the port has changed"
	case was.Tool != now.Tool:
		return "it is of " + was.Tool
	}
	return "it is for another kernel, strategy, bound, symmetry, step limit or other checks"
}
