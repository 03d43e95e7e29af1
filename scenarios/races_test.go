// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"dlsim/scenarios"
	"dlsim/sim"
	"dlsim/sim/explore"
)

// TestOnlyThePortRaces: whatever scenarios do, the fields of the environment are ordered by the locks
// that the kernel has for them, or by the steps that stand for such locks. Only the datalink code
// leaves out locks: L23, L24, L27 and what comes of bugs that free or share too early. With -short there are fewer
// schedules, which still show them.
func TestOnlyThePortRaces(t *testing.T) {
	raced := make(map[string]bool)
	schedules := int64(150)
	if testing.Short() {
		schedules = 20
	}
	for _, sc := range shipped(t) {
		c := sc.Campaign()
		c.Checks, c.Expect = []string{string(sim.KindRace)}, nil
		c.Strategy, c.Depth, c.Schedules, c.Time = "pct", 3, schedules, 0
		r, err := explore.Explore(context.Background(), program(t, sc, scenarios.Options{}), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range r.Violations {
			raced[v.Subject] = true
			if !strings.HasPrefix(v.Subject, "dd_") && v.Subject != "devnet_need_rebuild" {
				t.Errorf("%s: %s", sc.Name, v.Message)
			}
		}
	}
	for _, known := range []string{"dd_linkname", "dd_zid", "devnet_need_rebuild"} {
		if !raced[known] {
			t.Errorf("nothing races on %s, only on %v", known, slices.Sorted(maps.Keys(raced)))
		}
	}
}
