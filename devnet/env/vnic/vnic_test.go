// SPDX-License-Identifier: CDDL-1.0

package vnic_test

import (
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/mac"
	"dlsim/devnet/env/simnet"
	"dlsim/devnet/env/vnic"
	"dlsim/sim"
)

// devnet records what the drivers ask of the datalink code, and how many are in it at once.
type devnet struct {
	calls   string
	inside  int
	name    env.Errno // answers
	create  env.Errno
	destroy env.Errno
	zone    env.ZoneID // of the last create
}

func (d *devnet) DevnetHoldTmp(*sim.Thread, env.LinkID) (env.DLHandle, env.Errno) { return d, 0 }
func (d *devnet) DevnetReleTmp(*sim.Thread, env.DLHandle)                         {}
func (d *devnet) DevnetPropTaskWait(*sim.Thread, env.DLHandle)                    { d.calls += "propwait " }
func (d *devnet) DevnetMac(*sim.Thread, env.DLHandle) string                      { return "net0" }

func (d *devnet) DevnetMacname2Linkid(*sim.Thread, string) (env.LinkID, env.Errno) { return 1, 0 }

func (d *devnet) MgmtLinkName(*sim.Thread, env.LinkID) (string, env.Errno) {
	d.calls += "name "
	return "v0", d.name
}

func (d *devnet) alone(t *sim.Thread, call string) {
	d.calls += call + " "
	d.inside++
	t.Yield()
	envtest.Equal(t, "drivers in the datalink code", d.inside, 1)
	d.inside--
}

func (d *devnet) DevnetCreate(t *sim.Thread, m *mac.MAC, _ env.LinkID, zone env.ZoneID) env.Errno {
	d.alone(t, "create")
	d.zone = zone
	return d.create
}

func (d *devnet) DevnetDestroy(t *sim.Thread, m *mac.MAC, wait bool) (env.LinkID, env.Errno) {
	d.alone(t, "destroy")
	envtest.Check(t, wait && !m.PerimHeld(t), "wait %v, in the perimeter %v", wait, m.PerimHeld(t))
	return 2, d.destroy
}

type system struct {
	devnet
	macs   mac.Layer
	vnics  vnic.Driver
	simnet simnet.Driver
	net0   *mac.MAC
}

func boot(t *sim.Thread) *system {
	s := new(system)
	s.macs.Devnet = s
	s.macs.Init(t.World())
	s.net0, _ = s.macs.Register(t, "net0", env.ClassPhys, nil)
	s.vnics.MAC, s.vnics.Devnet = &s.macs, s
	s.vnics.Init(t.World())
	s.simnet.MAC, s.simnet.Devnet = &s.macs, s
	s.simnet.Init(t.World())
	return s
}

func TestLifeOfAVNIC(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		s := boot(st)
		st.SetLocal(&env.Context{User: true, Zone: 5})
		envtest.Equal(st, "create", s.vnics.Create(st, 2, "vnic0", 1), 0)
		envtest.Equal(st, "calls", s.calls, "propwait name create ")
		envtest.Equal(st, "zone", s.zone, 5)
		v := s.macs.Lookup("vnic0")
		envtest.Check(st, v.Lower == s.net0 && v.Class == env.ClassVNIC && s.net0.Ref() == 1, "wrong MAC")
		envtest.Equal(st, "same id", s.vnics.Create(st, 2, "vnic1", 1), env.EEXIST)
		envtest.Equal(st, "same MAC name", s.vnics.Create(st, 3, "vnic0", 1), env.EEXIST)
		envtest.Equal(st, "opens of net0", s.net0.Ref(), 1)

		s.calls, s.destroy = "", env.EBUSY
		envtest.Equal(st, "busy", s.vnics.Delete(st, 2), env.EBUSY)
		envtest.Equal(st, "calls", s.calls, "destroy ")
		s.destroy = 0
		st.SetLocal(&env.Context{User: true})
		open, _ := s.macs.Open(st, "vnic0")
		s.calls = ""
		envtest.Equal(st, "MAC in use", s.vnics.Delete(st, 2), env.EBUSY)
		envtest.Equal(st, "calls", s.calls, "destroy create ")
		envtest.Equal(st, "zone of who deletes", s.zone, env.GlobalZone)
		envtest.Check(st, s.vnics.Has(2), "gone after a failure")
		s.macs.Close(st, open)
		envtest.Equal(st, "delete", s.vnics.Delete(st, 2), 0)
		envtest.Check(st, !s.vnics.Has(2) && !s.macs.Registered("vnic0") && s.net0.Ref() == 0, "something is left")
		envtest.Equal(st, "delete again", s.vnics.Delete(st, 2), env.ENOENT)
	})
}

func TestFailedCreates(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		s := boot(st)
		s.name = env.ENOENT
		envtest.Equal(st, "no name", s.vnics.Create(st, 2, "vnic0", 1), env.ENOENT)
		s.name, s.create = 0, env.EINTR
		envtest.Equal(st, "vnic", s.vnics.Create(st, 2, "vnic0", 1), env.EINTR)
		envtest.Equal(st, "etherstub", s.vnics.Create(st, 2, "stub0", env.InvalidLinkID), env.EINTR)
		envtest.Equal(st, "simnet", s.simnet.Create(st, 2, "sim0"), env.EINTR)
		for _, m := range []string{"vnic0", "stub0", "sim0"} {
			envtest.Check(st, !s.macs.Registered(m), "%s is left", m)
		}
		envtest.Check(st, s.net0.Ref() == 0 && !s.vnics.Has(2) && !s.simnet.Has(2), "something is left")
	})
}

func TestLifeOfASimnet(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		s := boot(st)
		envtest.Equal(st, "create", s.simnet.Create(st, 2, "sim0"), 0)
		envtest.Equal(st, "calls", s.calls, "create ")
		envtest.Equal(st, "again", s.simnet.Create(st, 2, "sim1"), env.EEXIST)
		m, _ := s.macs.Open(st, "sim0")
		s.calls = ""
		envtest.Equal(st, "MAC in use", s.simnet.Delete(st, 2), env.EBUSY)
		envtest.Equal(st, "calls", s.calls, "destroy create ")
		s.macs.Close(st, m)
		envtest.Equal(st, "delete", s.simnet.Delete(st, 2), 0)
		envtest.Check(st, !s.macs.Registered("sim0") && !s.simnet.Has(2), "something is left")
		envtest.Equal(st, "delete again", s.simnet.Delete(st, 2), env.ENOENT)
	})
}

// TestOneAtATime: vnic_lock and simnet_dev_lock serialise creates and deletes.
func TestOneAtATime(t *testing.T) {
	for _, sims := range []bool{false, true} {
		envtest.Clean(t, 500, func(st *sim.Thread) {
			s := boot(st)
			for i := range 3 {
				st.SpawnN("admin", i+1, func(t *sim.Thread) {
					if sims {
						s.simnet.Create(t, 2, "sim0")
						s.simnet.Delete(t, 2)
					} else {
						s.vnics.Create(t, 2, "vnic0", 1)
						s.vnics.Delete(t, 2)
					}
				})
			}
		})
	}
}
