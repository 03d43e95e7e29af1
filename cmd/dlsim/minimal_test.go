// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dlsim/scenarios"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
	"dlsim/sim/trace"
)

// smallest is what bugs.md says of each latent bug, and the bug book of those that dlsim found: the
// preemptions of its smallest schedule, the most if it says a range, and the threads that take part.
// Threads that the kernel makes itself are not among them, and neither are those of the environment.
func smallest() map[string]struct{ preemptions, threads int } {
	return map[string]struct{ preemptions, threads int }{
		"L01": {2, 3}, "L02": {2, 3}, "L04": {1, 2}, "L05": {1, 3}, "L06": {2, 2}, "L08": {0, 1},
		"L09": {1, 1}, "L10": {1, 2}, "L13": {1, 2}, "L14": {1, 2}, "L15": {1, 2}, "L16": {0, 1},
		"L17": {1, 3}, "L19": {1, 3}, "L22": {1, 1}, "L23": {1, 2}, "L24": {1, 2}, "L25": {1, 2},
		"L27": {1, 2}, "L28": {0, 1}, "L29": {0, 1}, "L30": {0, 1}, "L31": {1, 2}, "L32": {0, 1},
		"D04": {1, 3}, "D05": {1, 2}, "D06": {1, 2}, "D07": {3, 2},
	}
}

// TestKeptTracesAreSmallest holds the traces in ../../traces, which are shrunk, against
// bugs.md. It counts as that does: a preemption takes the processor from a thread in the
// kernel that could go on. A user that is between two operations is not preempted, and what the
// environment does (a signal, the end or start of the daemon) happens at any time.
func TestKeptTracesAreSmallest(t *testing.T) {
	files, err := filepath.Glob("../../traces/*.trace")
	if err != nil {
		t.Fatal(err)
	}
	known, seen := smallest(), make(map[string]bool)
	for _, file := range files {
		x, err := trace.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		if x.Shrunk == nil {
			t.Errorf("%s is not shrunk: record it anew, as TestKeptTraces says", name)
			continue
		}
		sc, p := ofPort(t, x)
		r := trace.Replay(p, x)
		for _, e := range sc.Expectations() {
			want, ok := known[e.Bug]
			if !ok || !e.Matches(r.Record) {
				continue
			}
			seen[e.Bug] = true
			environment := environmentOf(sc)
			if got := preemptions(r.Record, environment); got > want.preemptions {
				t.Errorf("%s: %d preemptions, %s needs %d", name, got, e.Bug, want.preemptions)
			}
			if got := len(sc.Threads) - len(environment); got > want.threads {
				t.Errorf("%s: %d threads, %s needs %d", name, got, e.Bug, want.threads)
			}
		}
	}
	if len(seen) < 20 {
		t.Errorf("there are traces of %d bugs only: %v", len(seen), seen)
	}
}

func ofPort(t *testing.T, x *trace.Trace) (*scenarios.Scenario, explore.Program) {
	t.Helper()
	sc, err := scenarios.Parse(x.Header.Scenario, x.Source)
	if err != nil {
		t.Fatal(err)
	}
	p, err := scenarios.NewProgram(sc, scenarios.Options{DebugKernel: x.Header.Kernel == kernelDebug})
	if err != nil {
		t.Fatal(err)
	}
	return sc, p
}

// environmentOf returns the threads that do nothing but what bugs.md calls environment.
func environmentOf(sc *scenarios.Scenario) []string {
	var out []string
	for _, th := range sc.Threads {
		if !slices.ContainsFunc(th.Steps, func(s scenarios.Step) bool {
			return !strings.HasPrefix(s.Op.Name, "daemon_") && s.Op.Name != "signal" && s.Op.Group != "control"
		}) {
			out = append(out, th.Name)
		}
	}
	return out
}

// preemptions counts those of threads in the kernel by others than the environment.
func preemptions(r *explore.Record, environment []string) int {
	n, between := 0, make(map[string]bool)
	last := ""
	for _, e := range r.Events {
		if e.IsChoice {
			continue
		}
		if e.Preempt && !between[last] && !slices.Contains(environment, e.Thread) && !slices.Contains(environment, last) {
			n++
		}
		between[e.Thread] = len(e.Results) > 0
		last = e.Thread
	}
	return n
}

// TestKeptTracesOfAnOlderPort makes of each trace one that an older port could have recorded:
// operations are missing from it and others are in it that are no more. Its failure is still
// found.
func TestKeptTracesOfAnOlderPort(t *testing.T) {
	files, err := filepath.Glob("../../traces/*.trace")
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		if i%3 != 0 { // each is like others
			continue
		}
		x, err := trace.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, p := ofPort(t, x)
		x.Header.PortHash = "0123456789abcdef"
		if r := trace.Replay(p, x); !r.Exact {
			t.Errorf("%s does not replay", filepath.Base(file))
		}
		var older []strategy.Recorded
		for j, c := range x.Choices {
			if c.IsThread() && j%11 == 5 {
				continue
			}
			older = append(older, c)
			if c.IsThread() && j%9 == 3 {
				older = append(older, strategy.Recorded{Thread: c.Thread, Op: "mutex_enter gone_lock#1"})
			}
		}
		x.Choices = older
		r := trace.Resync(p, x)
		if !r.Same {
			t.Errorf("%s: not found: %+v", filepath.Base(file), r.Loose)
		}
	}
}
