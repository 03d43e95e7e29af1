// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"testing"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
)

// The tests in this file are negative controls: races that look dangerous and are not. No
// schedule may fail. Their names are those of the bug list.

const controlSchedules = 5000

// TestN3: who waits for the property task is never left behind by the signal that is meant
// for unset, nor the other way round.
func TestN3(t *testing.T) {
	for _, backing := range []bool{false, true} {
		clean(t, controlSchedules, devnet.Config{Debug: true, Backing: backing}, func(m *machine, t *sim.Thread) {
			ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0))
			for i := range 2 {
				t.SpawnN("flows", i+1, func(t *sim.Thread) {
					t.SetLocal(&m.user)
					m.DLD.FlowWalk(t, idV0) // waits for the task with a temporary hold
				})
			}
			in(t, "admin", &m.user, func(t *sim.Thread) {
				// EBUSY while a walk has the MAC open.
				if err := m.VNIC.Delete(t, idV0); err != env.EBUSY {
					ok(t, "delete", err)
				}
			})
		})
	}
}

// TestN5: the owner's kstat is deleted under dd_mutex, and its readers do not need dd_mutex
// any more by then.
func TestN5(t *testing.T) {
	seen := make(envtest.Seen)
	clean(t, controlSchedules, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		setup(t, &m.user, func() { ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0)) })
		kid := m.Kstat.Lookup(t, "v0", 0)
		for i := range 2 {
			t.SpawnN("reader", i+1, func(t *sim.Thread) { seen[m.Kstat.Read(t, kid).String()]++ })
		}
		in(t, "admin", &m.user, func(t *sim.Thread) { ok(t, "delete", m.VNIC.Delete(t, idV0)) })
	})
	seen.All(t, "0", "ENOENT", "ENXIO")
}

// TestN7: a kstat reader uses the dls_link without a hold on it; the one that create took
// lives until unset has waited for the reader. Both kstats of a link on loan.
func TestN7(t *testing.T) {
	for _, debugKmem := range []bool{false, true} {
		clean(t, controlSchedules, devnet.Config{Debug: true, DebugKmem: debugKmem}, func(m *machine, t *sim.Thread) {
			setup(t, &m.user, func() {
				ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0))
				ok(t, "lend", m.DLD.SetZone(t, idV0, 5))
			})
			owner, web := m.Kstat.Lookup(t, "v0", 0), m.Kstat.Lookup(t, "v0", 5)
			in(t, "owner", &m.user, func(t *sim.Thread) { m.Kstat.Read(t, owner) })
			in(t, "web", &m.web, func(t *sim.Thread) { m.Kstat.Read(t, web) })
			in(t, "admin", &m.user, func(t *sim.Thread) {
				ok(t, "return", m.DLD.SetZone(t, idV0, 0))
				ok(t, "delete", m.VNIC.Delete(t, idV0))
			})
		})
	}
}

// TestN10: create drops i_dls_devnet_lock before it is done with the devnet, but the driver's
// lock keeps a delete out until then.
func TestN10(t *testing.T) {
	seen := make(envtest.Seen)
	for _, sims := range []bool{false, true} {
		clean(t, controlSchedules, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
			for i := range 2 {
				t.SpawnN("admin", i+1, func(t *sim.Thread) {
					t.SetLocal(&m.user)
					if sims {
						seen["create "+m.Simnet.Create(t, idSim0, "sim0").String()]++
						seen["delete "+m.Simnet.Delete(t, idSim0).String()]++
					} else {
						seen["create "+m.VNIC.Create(t, idV0, "vnic0", idNet0).String()]++
						seen["delete "+m.VNIC.Delete(t, idV0).String()]++
					}
				})
			}
		})
	}
	seen.All(t, "create 0", "create EEXIST", "delete 0", "delete ENOENT")
}

// TestN15: unset looks at the zone with i_dls_devnet_lock and dd_mutex held; nothing takes
// them the other way round. The link is on loan to a zone that goes through its whole end.
func TestN15(t *testing.T) {
	clean(t, controlSchedules, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		setup(t, &m.user, func() {
			ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0))
			ok(t, "lend", m.DLD.SetZone(t, idV0, 5))
		})
		in(t, "admin", &m.user, func(t *sim.Thread) { m.VNIC.Delete(t, idV0) })
		in(t, "halt", &m.user, func(t *sim.Thread) {
			z := m.Zones.Get(5)
			z.SetStatus(t, zone.ShuttingDown)
			z.SetStatus(t, zone.Empty)
			z.SetStatus(t, zone.Down)
		})
		in(t, "props", &m.user, func(t *sim.Thread) { m.DLD.GetMacProp(t, idV0, "mtu") })
	})
}

// TestDaemonDeathLeavesNothingBehind: whoever creates and deletes VNICs while the daemon dies
// and comes back gets an error or a link, never both, and nobody hangs.
func TestDaemonDeathLeavesNothingBehind(t *testing.T) {
	clean(t, controlSchedules, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		in(t, "admin", &m.user, func(t *sim.Thread) {
			if m.VNIC.Create(t, idV0, "vnic0", idNet0) == 0 {
				ok(t, "delete", m.VNIC.Delete(t, idV0))
			}
		})
		in(t, "props", &m.user, func(t *sim.Thread) { m.DLD.SetMacProp(t, idNet0, "mtu") })
		in(t, "svc", &m.user, func(t *sim.Thread) {
			m.Daemon.Crash(t)
			m.Daemon.Start(t)
		})
	})
}

// TestNoServerThread: retries and their delays are slow and nothing worse (L03).
func TestNoServerThread(t *testing.T) {
	clean(t, 2000, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		m.Door.Interfere = func(t *sim.Thread, _ *door.Request) door.Interference {
			if t.Choose(4, "no server thread") == 1 {
				return door.Interference{Errno: env.EAGAIN}
			}
			return door.Interference{}
		}
		in(t, "admin", &m.user, func(t *sim.Thread) {
			if m.VNIC.Create(t, idV0, "vnic0", idNet0) == 0 {
				ok(t, "delete", m.VNIC.Delete(t, idV0))
			}
		})
		in(t, "prober", &m.user, func(t *sim.Thread) {
			m.DLD.SetMacProp(t, idV0, "mtu")
			m.read(t, "net0", 0)
		})
	})
}
