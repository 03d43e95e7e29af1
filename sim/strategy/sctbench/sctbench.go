// SPDX-License-Identifier: CDDL-1.0

// Package sctbench has programs of SCTBench, the benchmark of systematic concurrency testing
// (Thomson, Donaldson, Betts, PPoPP 2014), written afresh from what they do: each with its
// bug, and repaired. Every access to a shared variable is a scheduling point, also under a
// lock, and so is every operation on a lock.
package sctbench

import (
	"slices"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/ksync"
)

// Benchmark is one program.
type Benchmark struct {
	Name string
	// Threads counts main too.
	Threads int
	// Bug says what goes wrong.
	Bug string
	// Published has the mean schedules to the bug of Zhao and others (ASPLOS 2025), as their
	// raw data has it, by strategy: surw, pct (of depth 3), pos, random. They are of 20 trials
	// of at most 10,000 schedules.
	Published map[string]Figure
	make      func(repaired bool) func(*sim.Thread)
}

// Figure is a mean number of schedules to a bug. The zero value says that nobody measured it.
type Figure struct {
	// Mean is over the trials that found the bug.
	Mean float64
	// Never says that no trial found it, Part that some did not.
	Never, Part bool
}

// All returns the benchmarks, family by family.
func All() []Benchmark {
	return slices.Concat(orders(), atomicity(), buffers(), locks())
}

// Program returns the program with its bug, or repaired.
func (b Benchmark) Program(repaired bool) explore.Program {
	name := b.Name
	if repaired {
		name += "-repaired"
	}
	return explore.Body{Scenario: name, Make: func() func(*sim.Thread) { return b.make(repaired) }, Hash: "sctbench"}
}

// published returns the figures in the order in which they are published: surw, pct, pos,
// random.
func published(surw, pct, pos, random Figure) map[string]Figure {
	return map[string]Figure{"surw": surw, "pct": pct, "pos": pos, "random": random}
}

func mean(x float64) Figure { return Figure{Mean: x} }
func part(x float64) Figure { return Figure{Mean: x, Part: true} }
func never() Figure         { return Figure{Never: true} }
func notMeasured() Figure   { return Figure{} }
func variable(t *sim.Thread, v *ksync.Var[int], name string, num, value int) {
	v.Init(t.World(), nil, name, "", num)
	v.Poke(value)
}

func mutex(t *sim.Thread, m *ksync.Mutex, name string) { m.Init(t.World(), nil, name, "", 0) }

// add adds n to v: a read and a write.
func add(t *sim.Thread, v *ksync.Var[int], n int) { v.Store(t, v.Load(t)+n) }

// all spawns the threads, in order, and joins them.
func all(t *sim.Thread, threads ...func(*sim.Thread)) {
	made := make([]*sim.Thread, len(threads))
	for i, f := range threads {
		made[i] = t.SpawnN("thread", i+1, f)
	}
	for _, u := range made {
		t.Join(u)
	}
}

// copies returns n times f.
func copies(n int, f func(*sim.Thread)) []func(*sim.Thread) {
	return slices.Repeat([]func(*sim.Thread){f}, n)
}

func assert(t *sim.Thread, ok bool, what string) {
	if !ok {
		t.Fail(sim.KindPanic, "assertion", what)
	}
}
