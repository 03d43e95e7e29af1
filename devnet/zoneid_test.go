// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"testing"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
)

// state is where a link is and what holds it there.
type state struct {
	zid              env.ZoneID
	ref, dlRef       int
	ksp, zoneKsp     bool
	daemon, listed   env.ZoneID
	inOwner, inZone5 bool // kstats that a reader finds
}

func (m *machine) state(t *sim.Thread, id env.LinkID, mac string) state {
	f := m.devnet(t, mac)
	link, _ := m.Links.Lookup(mac)
	s := state{zid: f.Zid, ref: f.Ref, dlRef: link.Ref.Peek(), ksp: f.Ksp, zoneKsp: f.ZoneKsp}
	m.Daemon.Links(func(l dlmgmtd.Link) {
		if l.ID == id {
			s.daemon = l.Zone
		}
	})
	s.listed = m.Zones.CheckDatalink(t, id)
	envtest.Equal(t, "zone of the dls_link", link.Zone.Peek(), f.Zid)
	s.inOwner = m.read(t, f.Linkname, f.OwnerZid) == 0
	s.inZone5 = m.read(t, f.Linkname, 5) == 0
	return s
}

var (
	home = state{ref: 1, dlRef: 1, ksp: true, inOwner: true}
	lent = state{zid: 5, ref: 2, dlRef: 2, ksp: true, zoneKsp: true, daemon: 5, listed: 5, inOwner: true, inZone5: true}
)

// withV0 runs body in a world where v0 exists in the global zone, in all kernels.
func withV0(t *testing.T, body func(m *machine, t *sim.Thread, h env.DLHandle)) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		once(t, cfg, func(m *machine, t *sim.Thread) {
			setup(t, &m.user, func() { ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0)) })
			h, err := m.DLS.DevnetHoldTmp(t, idV0)
			ok(t, "hold", err)
			body(m, t, h)
			m.DLS.DevnetReleTmp(t, h)
		})
	})
}

// TestLendAndReturn: the zone has a reference to the devnet, one to the dls_link, and a kstat
// of its own.
func TestLendAndReturn(t *testing.T) {
	withV0(t, func(m *machine, t *sim.Thread, h env.DLHandle) {
		envtest.Equal(t, "at home", m.state(t, idV0, "vnic0"), home)
		ok(t, "to itself", m.DLS.DevnetSetzid(t, h, 0))
		envtest.Equal(t, "at home", m.state(t, idV0, "vnic0"), home)

		ok(t, "lend", m.DLS.DevnetSetzid(t, h, 5))
		envtest.Equal(t, "lent", m.state(t, idV0, "vnic0"), lent)
		envtest.Check(t, m.DLS.DevnetGetzid(t, h) == 5 && m.DLS.DevnetGetownerzid(t, h) == 0, "zones of the handle")
		ok(t, "lend again", m.DLS.DevnetSetzid(t, h, 5))
		envtest.Equal(t, "lent", m.state(t, idV0, "vnic0"), lent)
		envtest.Equal(t, "delete", m.VNIC.Delete(t, idV0), env.EBUSY)

		ok(t, "to another zone", m.DLS.DevnetSetzid(t, h, 6))
		want := lent
		want.zid, want.daemon, want.listed, want.inZone5 = 6, 6, 6, false
		envtest.Equal(t, "in the other zone", m.state(t, idV0, "vnic0"), want)

		ok(t, "return", m.DLS.DevnetSetzid(t, h, 0))
		envtest.Equal(t, "at home again", m.state(t, idV0, "vnic0"), home)
	})
}

func TestVisibility(t *testing.T) {
	withV0(t, func(m *machine, t *sim.Thread, h env.DLHandle) {
		visible := func(want string) {
			got := ""
			for z := range env.ZoneID(7) {
				if m.DLS.DevnetIslinkvisible(t, idV0, z) {
					got += string(rune('0' + z))
				}
			}
			envtest.Equal(t, "visible from zones", got, want)
		}
		visible("0")
		ok(t, "lend", m.DLS.DevnetSetzid(t, h, 5))
		visible("05")
		ok(t, "return", m.DLS.DevnetSetzid(t, h, 0))
		envtest.Check(t, !m.DLS.DevnetIslinkvisible(t, 99, 0), "no link is visible")
	})
}

// TestFailedMoves: whatever fails, the reference is released, and a daemon that had agreed is
// told to go back.
func TestFailedMoves(t *testing.T) {
	withV0(t, func(m *machine, t *sim.Thread, h env.DLHandle) {
		for _, c := range []struct {
			what    string
			prepare func()
			to      env.ZoneID
			err     env.Errno
		}{
			{"no zone", func() {}, 9, env.ENXIO},
			{"dying zone", func() { m.Zones.Get(6).SetStatus(t, zone.Dying) }, 6, env.ENXIO},
			{"interrupted", func() { m.refuse("SETZONEID", 1, door.Interference{Errno: env.EINTR}) }, 5, env.EINTR},
			{"refused", func() { m.refuse("SETZONEID", 1, door.Interference{Errno: env.EEXIST, Answer: true}) }, 5, env.EEXIST},
			{"streams open", func() {
				link, _ := m.Links.Lookup("vnic0")
				link.ZoneRef.Poke(1)
			}, 5, env.EBUSY},
		} {
			c.prepare()
			envtest.Equal(t, c.what, m.DLS.DevnetSetzid(t, h, c.to), c.err)
			envtest.Equal(t, c.what, m.state(t, idV0, "vnic0"), home)
			m.Door.Interfere = nil
		}
		link, _ := m.Links.Lookup("vnic0")
		link.ZoneRef.Poke(0)

		ok(t, "lend", m.DLS.DevnetSetzid(t, h, 5))
		m.refuse("SETZONEID", 1, door.Interference{Errno: env.EINTR})
		envtest.Equal(t, "interrupted return", m.DLS.DevnetSetzid(t, h, 0), env.EINTR)
		envtest.Equal(t, "lent", m.state(t, idV0, "vnic0"), lent)
		m.Door.Interfere = nil
		ok(t, "return", m.DLS.DevnetSetzid(t, h, 0))

		m.Daemon.Crash(t)
		envtest.Equal(t, "no daemon", m.DLS.DevnetSetzid(t, h, 5), env.EBADF)
		envtest.Equal(t, "at home", m.state(t, idV0, "vnic0"), home)
	})
}

// TestCreatedInAZone: such a link is transient, its zone needs no extra reference to the
// devnet, and the owner's kstat is its only one.
func TestCreatedInAZone(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		once(t, cfg, func(m *machine, t *sim.Thread) {
			setup(t, &m.web, func() { ok(t, "create", m.VNIC.Create(t, idWeb0, "vnic1", idNet0)) })
			f := m.devnet(t, "vnic1")
			envtest.Check(t, f.Transient && f.OwnerZid == 5 && f.Zid == 5 && f.Ref == 1, "%+v", f)
			envtest.Equal(t, "state", m.state(t, idWeb0, "vnic1"), state{
				zid: 5, ref: 1, dlRef: 2, ksp: true, daemon: 5, listed: 5, inOwner: true, inZone5: true,
			})
			setup(t, &m.web, func() { ok(t, "delete", m.VNIC.Delete(t, idWeb0)) })
			envtest.Check(t, !m.MAC.Registered("vnic1"), "the MAC is left")
		})
	})
}

// TestCreateInAZoneFails: set takes the association back inside create's perimeter.
func TestCreateInAZoneFails(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		clean(t, 200, cfg, func(m *machine, t *sim.Thread) {
			t.SetLocal(&m.web)
			m.Daemon.Add(dlmgmtd.Link{ID: 7, Name: "stub5", Class: env.ClassEtherstub, Zone: 5})
			// The link is made for the move to the zone, which asks for the name a third time.
			m.refuse("GETNAME", 3, door.Interference{Errno: env.EINTR})
			envtest.Equal(t, "create", m.VNIC.Create(t, 7, "stub0", env.InvalidLinkID), env.EINTR)
			_, found := m.DLS.ByMAC("stub0")
			_, foundLink := m.Links.Lookup("stub0")
			envtest.Check(t, !found && !foundLink && !m.MAC.Registered("stub0"), "something is left")
			m.Door.Interfere = nil
			ok(t, "create", m.VNIC.Create(t, 7, "stub0", env.InvalidLinkID))
			ok(t, "delete", m.VNIC.Delete(t, 7))
		})
	})
}

// TestMovesThroughTheIoctl race each other; both are made inside the perimeter (N9).
func TestMovesThroughTheIoctl(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		clean(t, 1500, cfg, func(m *machine, t *sim.Thread) {
			setup(t, &m.user, func() { ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0)) })
			for i, z := range []env.ZoneID{5, 0, 6} {
				t.SpawnN("mover", i+1, func(t *sim.Thread) {
					t.SetLocal(&m.user)
					ok(t, "move", m.DLD.SetZone(t, idV0, z))
				})
			}
			t.Quiesce()
			s := m.state(t, idV0, "vnic0")
			envtest.Check(t, s.daemon == s.zid && s.listed == s.zid, "%+v", s)
			away := 0
			if s.zid != 0 {
				away = 1
			}
			envtest.Check(t, s.ref == 1+away && s.dlRef == 1+away && s.zoneKsp == (away == 1), "%+v", s)
		})
	})
}
