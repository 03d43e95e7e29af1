// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"testing"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/strategy"
)

// BenchmarkDevnet is a schedule of three threads on a booted kernel with all default
// checks: a VNIC is created and deleted while its kstat is read and a property is set. It
// includes making the kernel afresh and bringing up the lower link.
func BenchmarkDevnet(b *testing.B) {
	w := sim.New()
	defer w.Close()
	m := &machine{Kernel: new(devnet.Kernel)}
	s := new(strategy.Random)
	cfg := sim.Config{Monitor: new(check.Deadlock)}
	steps := 0
	body := func(t *sim.Thread) {
		m.boot(t, devnet.Config{})
		t.Spawn("admin", func(t *sim.Thread) {
			t.SetLocal(&m.user)
			m.VNIC.Create(t, 2, "vnic0", 1)
			m.VNIC.Delete(t, 2)
		})
		t.Spawn("prober", func(t *sim.Thread) {
			t.SetLocal(&m.user)
			if kid := m.Kstat.Lookup(t, "v0", env.GlobalZone); kid != 0 {
				m.Kstat.Read(t, kid)
			}
		})
		t.Spawn("dladm", func(t *sim.Thread) {
			t.SetLocal(&m.user)
			m.DLD.SetMacProp(t, 2, "mtu")
		})
		t.Quiesce()
		m.CheckStale(t)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Seed++
		r := w.Run(cfg, s, body)
		if r.Outcome != sim.Passed {
			b.Fatal(r.Failure)
		}
		steps += r.Steps
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
	b.ReportMetric(float64(steps)/float64(b.N), "steps/schedule")
}
