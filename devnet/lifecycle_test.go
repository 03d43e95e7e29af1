// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"testing"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
)

// once is a test of a single schedule, for what happens without concurrency.
func once(t *testing.T, cfg devnet.Config, body func(m *machine, t *sim.Thread)) {
	t.Helper()
	clean(t, 1, cfg, body)
}

// refuse makes the n-th upcall of the given command fail with f.
func (m *machine) refuse(cmd string, n int, f door.Interference) {
	m.Door.Interfere = func(_ *sim.Thread, req *door.Request) door.Interference {
		if req.Cmd == cmd {
			if n--; n == 0 {
				return f
			}
		}
		return door.Interference{}
	}
}

func (m *machine) register(t *sim.Thread, name string, class env.Class) *mac.MAC {
	mh, err := m.MAC.Register(t, name, class, nil)
	ok(t, "register "+name, err)
	return mh
}

func TestLifeOfADevnet(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		once(t, cfg, func(m *machine, t *sim.Thread) {
			ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0))
			t.Quiesce()
			f := m.devnet(t, "vnic0")
			envtest.Equal(t, "devnet", f, devnet.Fields{
				Linkid: idV0, Linkname: "v0", Ref: 1, PropLoaded: true, Ksp: true, Buffer: 2,
			})
			byID, found := m.DLS.ByLinkid(idV0)
			envtest.Check(t, found && byID == f, "the id hash disagrees")
			link, found := m.Links.Lookup("vnic0")
			envtest.Check(t, found && link.Ref.Peek() == 1, "no dls_link of one reference")
			ok(t, "read the kstat", m.read(t, "v0", 0))
			id, err := m.DLS.DevnetMacname2Linkid(t, "vnic0")
			envtest.Check(t, id == idV0 && err == 0, "macname2linkid: %d, %v", id, err)

			ok(t, "delete", m.VNIC.Delete(t, idV0))
			_, found = m.DLS.ByMAC("vnic0")
			_, foundID := m.DLS.ByLinkid(idV0)
			_, foundLink := m.Links.Lookup("vnic0")
			envtest.Check(t, !found && !foundID && !foundLink, "something is left")
			envtest.Equal(t, "read the kstat", m.read(t, "v0", 0), env.ENXIO)
			_, err = m.DLS.DevnetHold(t, idV0)
			envtest.Equal(t, "hold", err, env.ENOENT)
			_, err = m.DLS.DevnetMacname2Linkid(t, "vnic0")
			envtest.Equal(t, "macname2linkid", err, env.ENOENT)
		})
	})
}

// TestRecreate: a physical link that attached without a daemon has no linkid and cannot be
// seen until recreate gives it one.
func TestRecreate(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		once(t, cfg, func(m *machine, t *sim.Thread) {
			m.Daemon.Stop(t)
			mh := m.register(t, "e1000g1", env.ClassPhys)
			ok(t, "create without a linkid", m.DLS.DevnetCreate(t, mh, env.InvalidLinkID, 0))
			f := m.devnet(t, "e1000g1")
			envtest.Check(t, f.Flags == devnet.Initializing && f.Ref == 1 && !f.Ksp && !f.PropLoaded, "%+v", f)
			id, err := m.DLS.DevnetMacname2Linkid(t, "e1000g1")
			envtest.Check(t, id == 0 && err == 0, "macname2linkid shows it: %d, %v", id, err)
			envtest.Equal(t, "again without a linkid", m.DLS.DevnetCreate(t, mh, env.InvalidLinkID, 0), env.EINVAL)
			envtest.Equal(t, "recreate without a daemon", m.DLS.DevnetRecreate(t, mh, idNet1), env.EBADF)
			ok(t, "start", m.Daemon.Start(t))
			envtest.Equal(t, "recreate as a VNIC", m.DLS.DevnetRecreate(t, mh, idV0), env.EINVAL)
			envtest.Equal(t, "linkid taken", m.DLS.DevnetRecreate(t, mh, idNet0), env.EEXIST)
			envtest.Equal(t, "unknown linkid", m.DLS.DevnetRecreate(t, mh, 99), env.ENOENT)
			ok(t, "recreate", m.DLS.DevnetRecreate(t, mh, idNet1))
			t.Quiesce()
			f = m.devnet(t, "e1000g1")
			envtest.Check(t, f.Linkid == idNet1 && f.Linkname == "net1" && f.Flags == 0 && f.Ref == 1 &&
				f.Ksp && f.PropLoaded, "%+v", f)
			envtest.Equal(t, "recreate again", m.DLS.DevnetRecreate(t, mh, idNet1), env.EEXIST)
			h, err := m.DLS.DevnetHoldTmp(t, idNet1)
			ok(t, "hold", err)
			m.DLS.DevnetReleTmp(t, h)
		})
	})
}

func TestRecreateNeedsALinkid(t *testing.T) {
	finds(t, 1, devnet.Config{}, sim.KindPanic, "VERIFY", []string{"dls_devnet_recreate:1836"},
		func(m *machine, t *sim.Thread) {
			m.DLS.DevnetRecreate(t, m.MAC.Lookup("e1000g0"), env.InvalidLinkID)
		})
}

func TestCreateErrors(t *testing.T) {
	once(t, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		mh := m.register(t, "sim0", env.ClassSimnet)
		create := func(id env.LinkID) env.Errno { return m.DLS.DevnetCreate(t, mh, id, 0) }
		envtest.Equal(t, "linkid taken", create(idNet0), env.EEXIST)
		envtest.Equal(t, "unknown linkid", create(99), env.ENOENT)
		for _, e := range []env.Errno{env.EINTR, env.ENOSPC, env.EINVAL} {
			m.refuse("GETNAME", 1, door.Interference{Errno: e, Answer: e != env.EINTR})
			envtest.Equal(t, "upcall fails", create(idSim0), e)
		}
		m.Door.Interfere = nil
		_, found := m.DLS.ByMAC("sim0")
		envtest.Check(t, !found && mh.Ref() == 0, "something is left")
		ok(t, "create", create(idSim0))
		envtest.Equal(t, "MAC taken", create(idV0), env.EEXIST)
		envtest.Equal(t, "MAC taken, no linkid", create(env.InvalidLinkID), env.EEXIST)
		t.Quiesce()
		id, err := m.DLS.DevnetDestroy(t, mh, true)
		envtest.Check(t, id == idSim0 && err == 0, "destroy: %d, %v", id, err)
		_, err = m.DLS.DevnetDestroy(t, mh, true)
		envtest.Equal(t, "destroy again", err, env.ENOENT)
	})
}

// TestClientOpenFails: create takes the association back when the MAC client cannot be made.
// Without a linkid no property task is in its way, and the daemon does not know linkid 0.
func TestClientOpenFails(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		once(t, cfg, func(m *machine, t *sim.Thread) {
			mh := m.register(t, "sim0", env.ClassSimnet)
			envtest.Equal(t, "create", m.DLS.DevnetCreate(t, mh, env.InvalidLinkID, 0), env.ENOENT)
			_, found := m.DLS.ByMAC("sim0")
			_, foundLink := m.Links.Lookup("sim0")
			envtest.Check(t, !found && !foundLink && mh.Ref() == 0 && !mh.PerimHeld(t), "something is left")
		})
	})
}

// TestNoWaitIsBusy: destroy without wait gives EBUSY where one with wait would block.
func TestNoWaitIsBusy(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		once(t, cfg, func(m *machine, t *sim.Thread) {
			mh := m.MAC.Lookup("e1000g0")
			busy := func(why string) {
				before := m.devnet(t, "e1000g0")
				id, err := m.DLS.DevnetDestroy(t, mh, false)
				envtest.Check(t, err == env.EBUSY && id == env.InvalidLinkID, "%s: %d, %v", why, id, err)
				envtest.Equal(t, why, m.devnet(t, "e1000g0"), before)
			}
			h, _ := m.DLS.DevnetHoldTmp(t, idNet0)
			busy("temporary reference")
			m.DLS.DevnetReleTmp(t, h)
			h, _ = m.DLS.DevnetHold(t, idNet0)
			busy("reference")
			_, err := m.DLS.DevnetDestroy(t, mh, true)
			envtest.Equal(t, "reference, with wait", err, env.EBUSY)
			m.DLS.DevnetRele(t, h)
			_, err = m.DLS.DevnetDestroy(t, mh, false)
			ok(t, "unused", err)
		})
	})
	seen := make(envtest.Seen)
	clean(t, 500, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		mh := m.register(t, "sim0", env.ClassSimnet)
		ok(t, "create", m.DLS.DevnetCreate(t, mh, idSim0, 0))
		running := m.devnet(t, "sim0").PropRun
		_, err := m.DLS.DevnetDestroy(t, mh, false)
		if err != 0 {
			envtest.Check(t, running && err == env.EBUSY, "%v, property task runs: %v", err, running)
			_, again := m.DLS.DevnetDestroy(t, mh, true)
			ok(t, "destroy with wait", again)
		}
		seen[err.String()]++
	})
	seen.All(t, "0", "EBUSY")
}

// TestFailedDestroyIsUndone: the link is made again, for the caller's zone.
func TestFailedDestroyIsUndone(t *testing.T) {
	once(t, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		setup(t, &m.user, func() { ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0)) })
		before := m.devnet(t, "vnic0")
		ok(t, "flow", m.DLD.FlowAdd(t, idV0))
		envtest.Equal(t, "delete", m.VNIC.Delete(t, idV0), env.ENOTEMPTY)
		t.Quiesce()
		envtest.Equal(t, "devnet after the failure", m.devnet(t, "vnic0"), before)
		ok(t, "no flow", m.DLD.FlowRemove(t, idV0))
		ok(t, "delete", m.VNIC.Delete(t, idV0))
	})
}
