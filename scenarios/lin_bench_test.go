// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"slices"
	"testing"

	"dlsim/scenarios"
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// tenOperations has three threads and ten operations on one link.
const tenOperations = `
name: ten-operations
system:
  links:
    - {name: net0, class: phys}
    - {name: vnic0, class: vnic, over: net0}
threads:
  admin:
    - destroy: vnic0
    - macname2linkid: vnic0
  holder:
    - {hold: vnic0, as: h}
    - rele: h
    - {hold_tmp: vnic0, as: t}
    - rele_tmp: t
  asker:
    - kstat_read: vnic0
    - islinkvisible: {link: vnic0, zone: global}
    - dev2linkid: vnic0
    - kstat_read: vnic0
`

// BenchmarkTenOperations is a random schedule of three threads and ten operations with all default
// checks, and without the judgement of its history.
func BenchmarkTenOperations(b *testing.B) {
	without := slices.DeleteFunc(explore.CheckNames(), func(c string) bool { return c == string(sim.KindLin) })
	for _, c := range []struct {
		name   string
		checks []string
	}{{"lin", explore.CheckNames()}, {"without", without}} {
		b.Run(c.name, func(b *testing.B) {
			sc, err := scenarios.Parse("bench.yaml", []byte(tenOperations))
			if err != nil {
				b.Fatal(err)
			}
			p, err := scenarios.NewProgram(sc, scenarios.Options{})
			if err != nil {
				b.Fatal(err)
			}
			r := p.NewRunner(c.checks)
			defer r.Close()
			s := new(strategy.Random)
			b.ReportAllocs()
			for b.Loop() {
				s.Seed++
				if res := r.Run(sim.Config{}, s); res.Outcome != sim.Passed {
					b.Fatal(res.Failure)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
		})
	}
}
