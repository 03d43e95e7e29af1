// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"fmt"
	"testing"

	"dlsim/scenarios"
	"dlsim/sim/explore"
)

// BenchmarkWorkers is a campaign on a devnet scenario with all default checks, on one worker
// and on two. Compare schedules/s.
func BenchmarkWorkers(b *testing.B) {
	sc, err := scenarios.Load("core/kstat-vs-destroy.yaml")
	if err != nil {
		b.Fatal(err)
	}
	p, err := scenarios.NewProgram(sc, scenarios.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			cfg := sc.Campaign()
			cfg.Workers, cfg.Schedules = workers, int64(max(b.N, 1))
			r, err := explore.Explore(b.Context(), p, cfg)
			if err != nil || r.Verdict != explore.Expected {
				b.Fatal(r.Verdict, err)
			}
			b.ReportMetric(float64(r.Schedules)/b.Elapsed().Seconds(), "schedules/s")
		})
	}
}
