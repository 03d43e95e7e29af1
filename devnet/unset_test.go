// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"strings"
	"testing"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
	"dlsim/sim/strategy"
)

// TestForcedUnset has the cases in which a referenced link is removed all the same.
func TestForcedUnset(t *testing.T) {
	for _, c := range []struct {
		name   string
		owned  bool // the link was created in the zone; else it is on loan
		status zone.Status
		err    env.Errno
	}{
		{"transient, running", true, zone.Running, env.EBUSY},
		{"transient, shutting down", true, zone.ShuttingDown, 0},
		{"transient, down", true, zone.Down, 0},
		{"transient, orphan", true, zone.Dying, 0},
		{"on loan, running", false, zone.Running, env.EBUSY},
		{"on loan, shutting down", false, zone.ShuttingDown, env.EBUSY},
		{"on loan, down", false, zone.Down, env.EBUSY},
		{"on loan, orphan", false, zone.Dying, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, cfg devnet.Config) {
				once(t, cfg, func(m *machine, t *sim.Thread) {
					id, macname := idV0, "vnic0"
					if c.owned {
						id, macname = idWeb0, "vnic1"
						setup(t, &m.web, func() { ok(t, "create", m.VNIC.Create(t, id, macname, idNet0)) })
						_, err := m.DLS.DevnetHold(t, id)
						ok(t, "hold", err)
					} else {
						setup(t, &m.user, func() { ok(t, "create", m.VNIC.Create(t, id, macname, idNet0)) })
						ok(t, "lend", m.DLD.SetZone(t, id, 5))
					}
					envtest.Equal(t, "dd_ref", m.devnet(t, macname).Ref, 2)
					m.Zones.Get(5).SetStatus(t, c.status)
					envtest.Equal(t, "delete", m.VNIC.Delete(t, id), c.err)
					envtest.Equal(t, "MAC is there", m.MAC.Registered(macname), c.err != 0)
				})
			})
		})
	}
}

// TestOrphansAreLogged: only the orphan gets a warning.
func TestOrphansAreLogged(t *testing.T) {
	w := sim.New()
	defer w.Close()
	m := &machine{Kernel: new(devnet.Kernel)}
	r := w.Run(sim.Config{Detail: true}, new(strategy.Random), func(st *sim.Thread) {
		m.boot(st, devnet.Config{Debug: true})
		setup(st, &m.user, func() { ok(st, "create", m.VNIC.Create(st, idV0, "vnic0", idNet0)) })
		ok(st, "lend", m.DLD.SetZone(st, idV0, 5))
		m.Zones.Get(5).SetStatus(st, zone.Dead)
		ok(st, "delete", m.VNIC.Delete(st, idV0))
	})
	if r.Outcome != sim.Passed {
		t.Fatal(r.Failure.Message)
	}
	logged := 0
	for _, e := range w.Events() {
		for _, n := range e.Notes {
			if strings.Contains(n, "orphaned datalink: v0") {
				logged++
			}
		}
	}
	if logged != 1 {
		t.Errorf("logged %d times, want 1", logged)
	}
}

// TestRecycledDevnetKeepsItsZone: what a forced delete leaves in the object shows in the next
// link (L19), unless the kernel's caches construct again.
func TestRecycledDevnetKeepsItsZone(t *testing.T) {
	for _, debugKmem := range []bool{false, true} {
		once(t, devnet.Config{DebugKmem: debugKmem}, func(m *machine, t *sim.Thread) {
			m.disagrees = true
			setup(t, &m.web, func() { ok(t, "create", m.VNIC.Create(t, idWeb0, "vnic1", idNet0)) })
			_, err := m.DLS.DevnetHold(t, idWeb0) // of a stream in the zone, which
			ok(t, "hold", err)
			link, _ := m.Links.Lookup("vnic1")
			link.ZoneRef.Poke(1) // keeps the dls_link from moving
			was := m.devnet(t, "vnic1").Buffer
			m.Zones.Get(5).SetStatus(t, zone.ShuttingDown)
			mh := m.MAC.Lookup("vnic1")
			_, err = m.DLS.DevnetDestroy(t, mh, true)
			ok(t, "destroy", err)
			envtest.Equal(t, "dl_ref", link.Ref.Peek(), 1)

			setup(t, &m.user, func() { ok(t, "create", m.Simnet.Create(t, idSim0, "sim0")) })
			f := m.devnet(t, "sim0")
			envtest.Equal(t, "buffer", f.Buffer, was)
			envtest.Equal(t, "owner", f.OwnerZid, env.GlobalZone)
			envtest.Equal(t, "zone 5 sees it", m.DLS.DevnetIslinkvisible(t, idSim0, 5), !debugKmem)
			envtest.Check(t, (f.Zid == 5) == !debugKmem && f.Transient == !debugKmem, "%+v", f)

			link.ZoneRef.Poke(0)
			p := m.MAC.PerimEnterByMH(t, mh)
			ok(t, "the stream's link", m.Links.ReleByName(t, "vnic1"))
			m.MAC.PerimExit(t, p)
		})
	}
}

// TestRecycledDevnetIsClean: after an ordinary delete nothing of the old link shows.
func TestRecycledDevnetIsClean(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		once(t, cfg, func(m *machine, t *sim.Thread) {
			setup(t, &m.user, func() { ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0)) })
			first := m.devnet(t, "vnic0")
			ok(t, "lend", m.DLD.SetZone(t, idV0, 5))
			ok(t, "return", m.DLD.SetZone(t, idV0, 0))
			ok(t, "delete", m.VNIC.Delete(t, idV0))
			setup(t, &m.web, func() {
				ok(t, "create", m.VNIC.Create(t, idWeb0, "vnic1", idNet0))
				ok(t, "delete", m.VNIC.Delete(t, idWeb0))
			})
			setup(t, &m.user, func() { ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0)) })
			envtest.Equal(t, "devnet", m.devnet(t, "vnic0"), first)
		})
	})
}

// TestUnsetOfNothing: destroy goes on to the dls_link when there is no devnet, and if that
// cannot be released either makes an association without a linkid.
func TestUnsetOfNothing(t *testing.T) {
	once(t, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		mh := m.register(t, "sim0", env.ClassSimnet)
		id, err := m.DLS.DevnetDestroy(t, mh, true)
		envtest.Check(t, id == env.InvalidLinkID && err == env.ENOENT, "%d, %v", id, err)
		// The failed destroy has made an association without a linkid.
		f := m.devnet(t, "sim0")
		envtest.Check(t, f.Linkid == env.InvalidLinkID && f.Flags == devnet.Initializing && f.Ref == 1, "%+v", f)
	})
}
