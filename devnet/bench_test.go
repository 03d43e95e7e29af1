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

// BenchmarkDestroyKstatHold is a schedule of three threads on a booted kernel, bare and with all default
// checks: a VNIC that exists is deleted, its kstat is read, and it is held and released. It
// includes making the kernel afresh and bringing both links up.
func BenchmarkDestroyKstatHold(b *testing.B) {
	schedules(b, func(m *machine, t *sim.Thread) {
		setup(t, &m.user, func() { m.VNIC.Create(t, idV0, "vnic0", idNet0) })
		m.in(t, "admin", func(t *sim.Thread) { m.VNIC.Delete(t, idV0) })
		m.in(t, "reader", func(t *sim.Thread) { m.read(t, "v0", env.GlobalZone) })
		m.in(t, "holder", func(t *sim.Thread) {
			if h, err := m.DLS.DevnetHold(t, idV0); err == 0 {
				m.DLS.DevnetRele(t, h)
			}
		})
	})
}

// BenchmarkDevnet is a schedule of three threads on a booted kernel, bare and with all default
// checks: a VNIC is created and deleted while its kstat is read and a property is set. It
// includes making the kernel afresh and bringing up the lower link.
func BenchmarkDevnet(b *testing.B) {
	schedules(b, func(m *machine, t *sim.Thread) {
		m.in(t, "admin", func(t *sim.Thread) {
			m.VNIC.Create(t, idV0, "vnic0", idNet0)
			m.VNIC.Delete(t, idV0)
		})
		m.in(t, "prober", func(t *sim.Thread) { m.read(t, "v0", env.GlobalZone) })
		m.in(t, "dladm", func(t *sim.Thread) { m.DLD.SetMacProp(t, idV0, "mtu") })
	})
}

// in runs an operation in a thread of its own, in a process of the global zone.
func (m *machine) in(t *sim.Thread, name string, operation func(t *sim.Thread)) {
	in(t, name, &m.user, func(t *sim.Thread) {
		m.Refs().Begin(t, name)
		operation(t)
		m.Refs().Return(t)
		t.Progress()
	})
}

// schedules measures random schedules of body on a booted kernel: bare, with the default checks, those
// at the end included, and with what the checks race, order and upcall add to them.
func schedules(b *testing.B, body func(m *machine, t *sim.Thread)) {
	b.Run("bare", func(b *testing.B) { measure(b, sim.Config{}, devnet.Config{}, body, func(*machine, *sim.Thread) {}) })
	for _, x := range []struct {
		name        string
		races, lock bool
	}{{"checks", false, false}, {"race", true, false}, {"order", false, true}, {"all", true, true}} {
		b.Run(x.name, func(b *testing.B) {
			cfg := sim.Config{Monitor: new(check.Deadlock), Livelock: true, Races: x.races}
			if x.lock {
				cfg.Locks = check.NewLocks()
			}
			measure(b, cfg, devnet.Config{Refs: true}, body, func(m *machine, t *sim.Thread) {
				m.CheckStale(t)
				m.CheckRefs(t, func(any) bool { return false })
			})
		})
	}
}

func measure(
	b *testing.B, cfg sim.Config, kernel devnet.Config,
	body func(m *machine, t *sim.Thread), atEnd func(m *machine, t *sim.Thread),
) {
	w := sim.New()
	defer w.Close()
	m := &machine{Kernel: new(devnet.Kernel)}
	s := new(strategy.Random)
	steps := 0
	all := func(t *sim.Thread) {
		m.boot(t, kernel)
		body(m, t)
		t.Quiesce()
		atEnd(m, t)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Seed++
		r := w.Run(cfg, s, all)
		if r.Outcome != sim.Passed {
			b.Fatal(r.Failure)
		}
		steps += r.Steps
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
	b.ReportMetric(float64(steps)/float64(b.N), "steps/schedule")
}
