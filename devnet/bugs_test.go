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

// The tests in this file expect random search to find bugs of the original in the faithful
// port. Their names are those of the bug list.

// webLink makes web0, a VNIC created in zone 5.
func (m *machine) webLink(t *sim.Thread) {
	setup(t, &m.web, func() { ok(t, "create", m.VNIC.Create(t, idWeb0, "vnic1", idNet0)) })
}

// TestL04: unset enters the perimeter with dd_mutex held; a flow walk releases its temporary
// hold, which needs dd_mutex, inside the perimeter.
func TestL04(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		finds(t, 5000, cfg, sim.KindDeadlock, "PERIM", []string{"i_dls_devnet_setzid:1578", "dls_devnet_rele_tmp:669"},
			func(m *machine, t *sim.Thread) {
				m.webLink(t)
				in(t, "admin", &m.web, func(t *sim.Thread) {
					m.read(t, "web0", 5) // gives the walk a start
					m.VNIC.Delete(t, idWeb0)
				})
				in(t, "flows", &m.user, func(t *sim.Thread) { m.DLD.FlowWalk(t, idWeb0) })
			})
	})
}

// forcedDelete holds a transient link while its zone shuts down and somebody deletes it.
func forcedDelete(m *machine, t *sim.Thread) {
	m.webLink(t)
	in(t, "holder", &m.user, func(t *sim.Thread) {
		if h, err := m.DLS.DevnetHold(t, idWeb0); err == 0 {
			t.Yield()
			m.DLS.DevnetRele(t, h)
		}
	})
	in(t, "halt", &m.user, func(t *sim.Thread) { m.Zones.Get(5).SetStatus(t, zone.ShuttingDown) })
	in(t, "admin", &m.user, func(t *sim.Thread) { m.VNIC.Delete(t, idWeb0) })
}

// TestL05: the forced delete of a transient link takes every reference away, whoever holds it.
func TestL05(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		finds(t, 5000, cfg, sim.KindLifetime, "use after free", []string{"dls_devnet_rele:1261", "dls_devnet_unset:1122"}, forcedDelete)
		finds(t, 5000, cfg, sim.KindPanic, "VERIFY(dd_ref > 1)", []string{"dls_devnet_rele:1262"}, forcedDelete)
	})
}

// TestL05Recycled: the delete is forced and then undone, because somebody has the MAC open.
// The holder releases what the new devnet in the same memory never gave.
func TestL05Recycled(t *testing.T) {
	finds(t, 1, devnet.Config{}, sim.KindLifetime, "allocated again since", []string{"dls_devnet_rele:1261", "dls_devnet_unset:1122"},
		func(m *machine, t *sim.Thread) {
			m.webLink(t)
			_, err := m.MAC.Open(t, "vnic1")
			ok(t, "open", err)
			h, err := m.DLS.DevnetHold(t, idWeb0)
			ok(t, "hold", err)
			m.Zones.Get(5).SetStatus(t, zone.ShuttingDown)
			t.Join(in(t, "admin", &m.user, func(t *sim.Thread) {
				if err := m.VNIC.Delete(t, idWeb0); err != env.EBUSY {
					t.Fail(sim.KindPanic, "test", "delete: "+err.String())
				}
			}))
			m.DLS.DevnetRele(t, h)
		})
}

// TestL08: destroy uses what its re-set should have assigned, though the re-set has failed.
func TestL08(t *testing.T) {
	withFlow := func(m *machine, t *sim.Thread) {
		setup(t, &m.user, func() {
			ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0))
			ok(t, "flow", m.DLD.FlowAdd(t, idV0))
		})
	}
	at := []string{"dls_devnet_destroy:1918"}
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		finds(t, 1, cfg, sim.KindLifetime, "uninitialised pointer", at, func(m *machine, t *sim.Thread) {
			withFlow(m, t)
			in(t, "admin", &env.Context{User: true, Signalled: true}, func(t *sim.Thread) { m.VNIC.Delete(t, idV0) })
		})
		finds(t, 500, cfg, sim.KindLifetime, "uninitialised pointer", at, func(m *machine, t *sim.Thread) {
			withFlow(m, t)
			in(t, "admin", &m.user, func(t *sim.Thread) { m.VNIC.Delete(t, idV0) })
			in(t, "svc", &m.user, m.Daemon.Crash)
		})
	})
}

// TestL09: create cannot take its association back while the property task is pending, and
// nobody ever will.
func TestL09(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		finds(t, 2000, cfg, sim.KindStale, "whose MAC is gone", nil, func(m *machine, t *sim.Thread) {
			asked := 0
			m.Door.Interfere = func(t *sim.Thread, req *door.Request) door.Interference {
				if req.Cmd == "GETNAME" && t.Class() == "admin" {
					if asked++; asked == 2 {
						return door.Interference{Errno: env.EINTR}
					}
				}
				return door.Interference{}
			}
			in(t, "admin", &m.user, func(t *sim.Thread) { m.Simnet.Create(t, idSim0, "sim0") })
		})
	})
}

// TestL09NotForVNICs: after the driver's and set's own a VNIC's create makes no upcall that
// could be interrupted.
func TestL09NotForVNICs(t *testing.T) {
	clean(t, 2000, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		asked := 0
		m.Door.Interfere = func(t *sim.Thread, req *door.Request) door.Interference {
			if req.Cmd == "GETNAME" && t.Class() == "admin" {
				if asked++; asked > 2 {
					return door.Interference{Errno: env.EINTR}
				}
			}
			return door.Interference{}
		}
		in(t, "admin", &m.user, func(t *sim.Thread) {
			ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0))
			if asked != 2 {
				t.Fail(sim.KindPanic, "test", "the daemon was asked more often than twice")
			}
		})
	})
}

// TestL17: the zone shutdown hook, whose port is not here yet, returns a link to the global
// zone outside the perimeter; a property ioctl that does the same meanwhile makes two
// releases of one reference.
func TestL17(t *testing.T) {
	hook := func(m *machine, t *sim.Thread) {
		if h, err := m.DLS.DevnetHoldTmp(t, idV0); err == 0 {
			m.DLS.DevnetSetzid(t, h, env.GlobalZone)
			m.DLS.DevnetReleTmp(t, h)
		}
	}
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		finds(t, 5000, cfg, sim.KindPanic, "VERIFY(dd_ref > 1)", []string{"dls_devnet_rele:1262"},
			func(m *machine, t *sim.Thread) {
				setup(t, &m.user, func() {
					ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0))
					ok(t, "lend", m.DLD.SetZone(t, idV0, 5))
				})
				in(t, "hook", &m.user, func(t *sim.Thread) { hook(m, t) })
				in(t, "admin", &m.user, func(t *sim.Thread) { m.DLD.SetZone(t, idV0, env.GlobalZone) })
			})
	})
}

// TestL28: the daemon has acted on a request whose caller was interrupted.
func TestL28(t *testing.T) {
	finds(t, 200, devnet.Config{Debug: true}, sim.KindStale, "is in zone 5 for the daemon and in zone 0 for the kernel", nil,
		func(m *machine, t *sim.Thread) {
			setup(t, &m.user, func() { ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0)) })
			m.refuse("SETZONEID", 1, door.Interference{Errno: env.EINTR, Done: true})
			envtest.Equal(t, "setzone", m.DLD.SetZone(t, idV0, 5), env.EINTR)
		})
}
