// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"testing"

	"dlsim/scenarios"
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
	"dlsim/sim/strategy/dpor"
)

// searched is what a complete search has seen: interleavings, and how they ended.
type searched struct {
	prints map[uint64]bool
	ends   map[string]bool
}

func (s searched) add(r sim.Result) {
	s.prints[r.Fingerprint] = true
	s.ends[ending(r)] = true
}

func ending(r sim.Result) string {
	if r.Failure == nil {
		return r.Outcome.String()
	}
	return r.Outcome.String() + " " + string(r.Failure.Kind) + " " + r.Failure.Message
}

// searchAll runs the search to its end.
func searchAll(t *testing.T, r explore.Runner, s *dpor.Search) searched {
	t.Helper()
	all := searched{make(map[uint64]bool), make(map[string]bool)}
	for more := true; more; {
		res := r.Run(sim.Config{}, s)
		all.add(res)
		more = s.Next(res)
	}
	if c := s.Coverage(); s.Err() != nil || c.Redundant != 0 || s.Single && int(c.Executions) != len(all.prints) {
		t.Fatalf("%+v, %d different, %v", c, len(all.prints), s.Err())
	}
	return all
}

// What random walks and a depth-first search with a bound find, the complete search has found: no
// interleaving is missing if each operation is an event, and no end if sections are. Neither of the two knows what
// commutes. With -short they look for less.
func TestCompleteSearchesMissNothing(t *testing.T) {
	walks, bounded := uint64(200), 1000
	if testing.Short() {
		walks, bounded = 20, 100
	}
	for _, sc := range shipped(t) {
		if sc.Explore.Strategy != "dpor" || sc.Explore.Preemptions >= 0 { // with a bound it is another search
			continue
		}
		t.Run(sc.Name, func(t *testing.T) {
			r := program(t, sc, scenarios.Options{}).NewRunner(explore.CheckNames())
			defer r.Close()
			all, few := searchAll(t, r, &dpor.Search{Single: true}), searchAll(t, r, new(dpor.Search))
			if len(few.prints) > len(all.prints) {
				t.Errorf("%d interleavings, but %d if each operation is an event", len(few.prints), len(all.prints))
			}
			check := func(how string, res sim.Result) {
				if !all.prints[res.Fingerprint] {
					t.Fatalf("%s: an interleaving that the search has not seen, which %s", how, ending(res))
				}
				if !few.ends[ending(res)] {
					t.Fatalf("%s: it %s, which the search has not seen", how, ending(res))
				}
			}
			for seed := range walks {
				check("random walk", r.Run(sim.Config{}, &strategy.Random{Seed: seed}))
			}
			dfs := &strategy.DFS{Preemptions: 1}
			for n, more := 0, true; more && n < bounded; n++ {
				res := r.Run(sim.Config{}, dfs)
				check("depth first", res)
				more = dfs.Next(res)
			}
		})
	}
}
