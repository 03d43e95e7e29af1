// SPDX-License-Identifier: CDDL-1.0

// Package exploretest has small programs with known bugs, for tests of whatever explores,
// records and reports.
package exploretest

import (
	"dlsim/sim"
	"dlsim/sim/explore"
)

// Program is a constructed program: make returns the body of its first thread, with state
// of its own that the body makes ready in each schedule.
type Program struct {
	name, about string
	make        func() func(*sim.Thread)
}

// All returns the programs, sorted by name.
func All() []Program {
	return []Program{
		{"backoff", "two threads that take two locks in two orders, and give way to each other for ever", backoff},
		{"counter", "three threads count under one mutex; no bug", counter},
		{"crowd", "nine threads take two locks each, two of them in the other order", crowd},
		{"hang", "a wakeup that comes before the wait is lost", lostWakeup},
		{"hang_aside", "hang, edited where nothing else runs", lostWakeupAside},
		{"hang_inside", "hang, edited in one of its threads", lostWakeupInside},
		{"lifetime", "one thread uses a buffer that another frees", useAfterFree},
		{"mixed", "the bugs of lifetime and philosophers in one program", mixed},
		{"panic", "a VERIFY of a count that is changed without its lock", verify},
		{"philosophers", "three threads take two of three forks each", philosophers},
		{"patience", "a thread that polls until the other has run; no bug", patience},
		{"spin", "a thread that polls for ever", spin},
		{"stale", "a table that is updated in two steps", stale},
	}
}

// Named returns the program of that name.
func Named(name string) (Program, bool) {
	for _, p := range All() {
		if p.name == name {
			return p, true
		}
	}
	return Program{}, false
}

// Name implements explore.Program.
func (p Program) Name() string { return p.name }

// About says in a line what the program does.
func (p Program) About() string { return p.about }

// Sites implements explore.Program.
func (p Program) Sites() sim.Resolver { return sim.GoSite }

// PortHash implements explore.Program.
func (p Program) PortHash() string { return "exploretest" }

// NewRunner implements explore.Program.
func (p Program) NewRunner(checks []string) explore.Runner {
	return explore.Body{Scenario: p.name, Make: p.make}.NewRunner(checks)
}
