// SPDX-License-Identifier: CDDL-1.0

// Package trace is the file format of recorded failures: a text that holds everything
// needed to run a failing schedule again, by names and never by numbers, so that it stays
// readable, diffs well and survives changes of the program that do not touch its way.
//
// A trace is a txtar archive of these sections:
//
//	header         format version, where it comes from, and how it was found
//	scenario.yaml  the scenario, verbatim
//	choices        one line for each time the strategy had to decide
//	violation      what the schedule ended with
//	shrunk         only if it was shrunk: what is left of what was found, and why it fails
//	checksums      one for each section above
//
// A line of choices is the pick of a thread with the operation it did next,
//
//	admin: mutex_enter dd_mutex#1
//
// or several picks in a row of the same thread,
//
//	admin x3: mutex_enter dd_mutex#1; mutex_exit dd_mutex#1; load dd_ref#1
//
// or the answer to another question:
//
//	admin choose cv_signal = 1 of 3
//
// There is one way to write a trace and nothing else is accepted: a trace that was cut
// short or edited by hand is refused, with the line, and so is an unknown version.
package trace

import (
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// FormatVersion is the newest version that this package reads and writes. A trace says the
// lowest version that can hold it: 2 if it was shrunk, else 1.
const FormatVersion = 2

// Header says where a trace comes from.
type Header struct {
	Tool         string // name and version of what wrote it
	Scenario     string // name
	ScenarioHash string
	PortHash     string // of the code under test
	Kernel       string // which kernel was simulated: "production" or "debug"
	Strategy     string // with its parameters: "pct depth=3 k=57"
	Seed         uint64 // of the campaign
	Schedule     int64  // index in the campaign
	StepsMax     int
	Checks       []string // that were on
	Kinds        []string // of the violations, one in this version
}

// Violation is what the recorded schedule ended with.
type Violation struct {
	Kind      sim.Kind
	Signature string
	Message   string
	Step      int
	Digest    uint64
}

// Trace is one recorded schedule.
type Trace struct {
	Header    Header
	Source    []byte // of the scenario
	Choices   []strategy.Recorded
	Violation Violation
	// Shrunk says what was left out of what was found; nil if nothing was tried.
	Shrunk *Shrunk
}

// version returns the format version that the trace needs.
func (t *Trace) version() int {
	if t.Shrunk != nil {
		return 2
	}
	return 1
}

// New returns the trace of a violation; h says where it comes from, without the fields that
// the violation knows itself.
func New(h Header, source []byte, v *explore.Violation) *Trace {
	h.Strategy, h.Schedule = v.Plan.String(), v.First
	h.Kinds = []string{string(v.Kind)}
	return &Trace{
		Header: h, Source: source, Choices: v.Choices,
		Violation: Violation{v.Kind, v.Signature, v.Message, v.Step, v.Digest},
	}
}
