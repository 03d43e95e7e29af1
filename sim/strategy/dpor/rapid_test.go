// SPDX-License-Identifier: CDDL-1.0

package dpor_test

import (
	"maps"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/simtest"

	"pgregory.net/rapid"
)

// compare runs all schedules of the program one after the other, and then those of the search, in every
// order. Where the answer to Choose decides in one event whether it fails, some may be run twice.
func compare(tb rapid.TB, s *simtest.Small) {
	risky := strings.Contains(s.String(), "risk")
	prints := make(map[uint64]bool)
	outcomes := make(map[string]bool)
	w := sim.New()
	defer w.Close()
	ex := new(simtest.Exhaust)
	for n := 0; ; n++ {
		r := w.Run(sim.Config{}, ex, s.Body)
		prints[r.Fingerprint] = true
		outcomes[end(r)] = true
		if !ex.Next() {
			break
		}
	}
	for _, search := range singly() {
		left := maps.Clone(outcomes)
		found := make(map[uint64]bool)
		c := explore(tb, search, s.Body, func(_ *sim.World, r sim.Result) {
			if found[r.Fingerprint] && !risky {
				tb.Fatalf("%v\nfingerprint %x twice", s, r.Fingerprint)
			}
			found[r.Fingerprint] = true
			if !prints[r.Fingerprint] {
				tb.Fatalf("%v\nfingerprint %x is of no schedule", s, r.Fingerprint)
			}
			delete(left, end(r))
		})
		twice := c.Redundant != 0 || int(c.Executions) != len(found)
		if len(found) != len(prints) || c.Branches != 0 || twice && !risky {
			tb.Fatalf("%v\n%d fingerprints, found %d; %+v", s, len(prints), len(found), c)
		}
		if len(left) > 0 {
			tb.Fatalf("%v\nends not found: %v", s, left)
		}
	}
}

func end(r sim.Result) string {
	if r.Failure == nil {
		return r.Outcome.String()
	}
	return r.Outcome.String() + " " + r.Failure.Message
}

func TestAsManyAsFingerprints(t *testing.T) {
	for name, blocks := range map[string][]string{
		"variables": {"load0", "store0", "load1", "store1"},
		"mutexes": {
			"enter0 exit0", "enter1 exit1", "enter0 load0 exit0", "enter0 enter1 exit1 exit0", "store0",
			"enter1 enter0 exit0 exit1", "enter0",
		},
		"rwlocks":    {"load0", "read0 leave0", "write0 leave0", "read0 load0 leave0", "write0 store0 leave0", "read0 upgrade0 leave0"},
		"conditions": {"load0", "enter0 wait0 exit0", "signal0", "broadcast0", "enter0 signal0 exit0", "enter0 exit0"},
		"choices":    {"choose0", "choose1", "load0", "store0", "chooses0", "chooses1", "enter0 choose0 exit0"},
		"timers":     {"sleep0", "sleep1", "load0", "store0", "enter0 sleep0 exit0", "enter0 exit0"},
		"threads":    {"child0", "child1", "load0", "store0", "yield0"},
		"all": {
			"load0", "store0", "enter0 exit0", "enter0 enter1 exit1 exit0", "enter1 exit1", "read0 leave0", "write0 leave0",
			"enter0 wait0 exit0", "signal0", "broadcast0", "choose0", "sleep0", "child0", "yield0", "chooses1",
		},
		"failures":             {"assert0", "assert1", "load0", "store0", "store1", "yield0", "enter0 assert0 exit0", "enter0 store0 exit0"},
		"failures and choices": {"assert0", "load0", "store0 assert0", "choose0", "choose1", "clear0", "yield0"},
		"risks":                {"assert0", "load0", "store0", "clear0", "risk0", "risk1", "risks0", "enter0 risk0 exit0", "enter0 exit0"},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { compare(t, simtest.DrawSmall(t, blocks, 3)) })
		})
	}
}

// In these programs something was lost that comes after a failure in the order of the search.
func TestAfterFailures(t *testing.T) {
	for _, threads := range []string{
		"store0 assert0 | choose0",
		"store0 | store0 assert0 | choose1",
		"choose0 | store0 assert0 | store0",
		"store0 assert0 | store0 assert0 | choose0",
		"assert0 | risk0",
		"risk0 store0 | risk0",
		"assert0 risk0 | risk0 store0",
		"load0 | risk0 | load0 risk0 store0",
		"assert0 risks0 | risks0 assert0",
		"risks0 assert0 store0 | risks0",
		"risks0 assert0 | risks0 | assert0",
		"store0 exit0 | enter0 load0 enter0",
		"enter0 wait0 exit0 | enter0 wait0 exit0 | alarm0",
	} {
		compare(t, &simtest.Small{Threads: threadsOf(threads)})
	}
}
