// SPDX-License-Identifier: CDDL-1.0

// Package explore runs campaigns: many schedules of one program, on several workers, with
// a seed for each schedule that depends on nothing but its index. What a campaign finds in
// a given number of schedules is therefore the same for any number of workers.
//
// Exploring is fast and keeps no evidence. A schedule that fails is run again in detail,
// choice by choice, and turned into a Record, which outlives the world it was made in:
// traces and reports are views of it. A rerun that differs is an error of its own, because
// nothing a nondeterministic program shows can be relied on.
//
// The package knows nothing of what the program does; a Program gives it the little it
// needs.
package explore

import (
	"slices"
	"strings"

	"dlsim/sim"
)

// Program is something that can be explored. It may be used by several goroutines.
type Program interface {
	// Name returns the name of the scenario.
	Name() string
	// NewRunner returns a runner that watches for the kinds of failure in checks, a
	// subset of CheckNames. Each worker has its own.
	NewRunner(checks []string) Runner
	// Sites returns what turns stacks into places in the source under test.
	Sites() sim.Resolver
	// PortHash identifies the code under test; traces of other code may not replay.
	PortHash() string
}

// Symmetrical is a Program with threads that nothing tells apart.
type Symmetrical interface {
	Program
	// Symmetric returns classes of threads, by name, that do the same to the same objects.
	Symmetric() [][]string
}

// Runner runs schedules of a program, one at a time; it is used by one goroutine at a time.
type Runner interface {
	// Run runs one schedule from a fresh start. The caller sets StepsMax and Detail; the
	// runner adds its monitors.
	Run(cfg sim.Config, s sim.Strategy) sim.Result
	// World returns the world of the last Run.
	World() *sim.World
	// Close releases what the runner keeps.
	Close()
}

// CheckNames returns the names of the checks that are made unless others are asked for, sorted. A check has the name of the kind of
// failure it reports.
func CheckNames() []string {
	return []string{
		string(sim.KindAnswer), string(sim.KindDeadlock), string(sim.KindHang), string(sim.KindLifetime), string(sim.KindLin), string(sim.KindLivelock),
		string(sim.KindPanic), string(sim.KindRefs), string(sim.KindStale),
	}
}

// AskedCheckNames returns the names of the checks that are made only when they are asked for,
// sorted.
func AskedCheckNames() []string {
	return []string{string(sim.KindOrder), string(sim.KindRace), string(sim.KindUpcall)}
}

// AllCheckNames returns the names of all checks, sorted.
func AllCheckNames() []string {
	all := append(CheckNames(), AskedCheckNames()...)
	slices.Sort(all)
	return all
}

// Expectation is a failure that a scenario is known to have.
type Expectation struct {
	Kind sim.Kind
	// At are functions that all appear among the violation's sites.
	At []string
	// Says is part of the violation's message, or "".
	Says string
	// Maybe says that the violation need not be found: it depends on the kernel, or shows in
	// few schedules.
	Maybe bool
	// Bug is the name of the bug in the bug book, or "".
	Bug string
}

// Matches reports whether the failure is the expected one.
func (e Expectation) Matches(r *Record) bool {
	if e.Kind != r.Kind || !strings.Contains(r.Message, e.Says) {
		return false
	}
	for _, fn := range e.At {
		found := false
		for _, s := range r.Sites {
			found = found || s.Func == fn || s.Via == fn
		}
		if !found {
			return false
		}
	}
	return true
}
