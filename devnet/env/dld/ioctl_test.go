// SPDX-License-Identifier: CDDL-1.0

package dld_test

import (
	"testing"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/dls"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
)

// recorder notes the order in which the ioctls call the datalink code and whether they are
// in the perimeter.
type recorder struct {
	*devnet.DLS
	k     *devnet.Kernel
	calls string
}

func (r *recorder) call(t *sim.Thread, what string) {
	if r.k.MAC.Lookup("e1000g0").PerimHeld(t) {
		what += "@perim"
	}
	r.calls += what + " "
}

func (r *recorder) MgmtLinkName(t *sim.Thread, id env.LinkID) (string, env.Errno) {
	r.call(t, "linkinfo")
	return r.DLS.MgmtLinkName(t, id)
}

func (r *recorder) DevnetHoldTmp(t *sim.Thread, id env.LinkID) (env.DLHandle, env.Errno) {
	r.call(t, "hold")
	return r.DLS.DevnetHoldTmp(t, id)
}

func (r *recorder) DevnetReleTmp(t *sim.Thread, h env.DLHandle) {
	r.call(t, "rele")
	r.DLS.DevnetReleTmp(t, h)
}

func (r *recorder) DevnetHoldLink(t *sim.Thread, id env.LinkID) (env.DLHandle, dls.Ptr, env.Errno) {
	r.call(t, "holdlink")
	return r.DLS.DevnetHoldLink(t, id)
}

func (r *recorder) DevnetReleLink(t *sim.Thread, h env.DLHandle, p dls.Ptr) {
	r.call(t, "relelink")
	r.DLS.DevnetReleLink(t, h, p)
}

func (r *recorder) DevnetSetzid(t *sim.Thread, h env.DLHandle, z env.ZoneID) env.Errno {
	r.call(t, "setzid")
	return r.DLS.DevnetSetzid(t, h, z)
}

// boot makes a kernel with the link net0 (1) and the running zone 5.
func boot(t *sim.Thread) (*devnet.Kernel, *recorder) {
	k := new(devnet.Kernel)
	k.Init(t.World(), devnet.Config{Debug: true})
	k.Zones.Add(t.World(), 5, "web", zone.Running)
	t.SetLocal(&env.Context{User: true})
	k.Daemon.Start(t)
	k.Daemon.Add(dlmgmtd.Link{ID: 1, Name: "net0", Class: env.ClassPhys})
	m, _ := k.MAC.Register(t, "e1000g0", env.ClassPhys, nil)
	envtest.Equal(t, "create net0", k.DLS.DevnetCreate(t, m, 1, env.GlobalZone), 0)
	t.Quiesce()
	r := &recorder{DLS: &k.DLS, k: k}
	k.DLD.Devnet = r
	return k, r
}

func dlRef(k *devnet.Kernel) int {
	l, _ := k.Links.Lookup("e1000g0")
	return l.Ref.Peek()
}

// TestOrderOfHolds: property ioctls hold before the perimeter and release after it; flow
// ioctls do both inside.
func TestOrderOfHolds(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(*devnet.Kernel, *sim.Thread) env.Errno
		calls string
	}{
		{"set property", func(k *devnet.Kernel, t *sim.Thread) env.Errno { return k.DLD.SetMacProp(t, 1, "mtu") }, "linkinfo hold rele "},
		{"get property", func(k *devnet.Kernel, t *sim.Thread) env.Errno { return k.DLD.GetMacProp(t, 1, "mtu") }, "hold rele "},
		{"set zone", func(k *devnet.Kernel, t *sim.Thread) env.Errno { return k.DLD.SetZone(t, 1, 5) }, "linkinfo hold setzid@perim rele "},
		{"flow walk", func(k *devnet.Kernel, t *sim.Thread) env.Errno { return k.DLD.FlowWalk(t, 1) }, "holdlink@perim relelink@perim "},
		{"flow add", func(k *devnet.Kernel, t *sim.Thread) env.Errno { return k.DLD.FlowAdd(t, 1) }, "holdlink@perim relelink@perim "},
	} {
		envtest.Clean(t, 1, func(st *sim.Thread) {
			k, r := boot(st)
			ref, mref := dlRef(k), k.MAC.Lookup("e1000g0").Ref()
			if c.name == "set zone" {
				ref++
			}
			envtest.Equal(st, c.name, c.do(k, st), 0)
			envtest.Equal(st, c.name, r.calls, c.calls)
			envtest.Equal(st, c.name+": dl_ref", dlRef(k), ref)
			envtest.Equal(st, c.name+": mi_ref", k.MAC.Lookup("e1000g0").Ref(), mref)
			envtest.Check(st, !k.MAC.Lookup("e1000g0").PerimHeld(st), "still in the perimeter")
		})
	}
}

func TestErrors(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		k, r := boot(st)
		envtest.Equal(st, "set, unknown link", k.DLD.SetMacProp(st, 9, "mtu"), env.ENOENT)
		envtest.Equal(st, "the daemon is asked first", r.calls, "linkinfo ")
		envtest.Equal(st, "get, unknown link", k.DLD.GetMacProp(st, 9, "mtu"), env.ENOENT)
		envtest.Equal(st, "flow, unknown link", k.DLD.FlowWalk(st, 9), env.ENOENT)
		envtest.Equal(st, "no flow to remove", k.DLD.FlowRemove(st, 1), env.ENOENT)
		envtest.Equal(st, "add a flow", k.DLD.FlowAdd(st, 1), 0)
		envtest.Equal(st, "remove it", k.DLD.FlowRemove(st, 1), 0)
		envtest.Equal(st, "flows", k.MAC.Lookup("e1000g0").Flows(), 0)
		envtest.Equal(st, "to no zone", k.DLD.SetZone(st, 1, 9), env.ENXIO)
		envtest.Equal(st, "to zone 5", k.DLD.SetZone(st, 1, 5), 0)
		z, err := k.DLD.GetZone(st, 1)
		envtest.Check(st, z == 5 && err == 0, "zone %d, %v", z, err)

		st.SetLocal(&env.Context{User: true, Zone: 5})
		envtest.Equal(st, "the zone that has it on loan", k.DLD.SetMacProp(st, 1, "mtu"), env.ENOENT)
		envtest.Equal(st, "its return by the zone", k.DLD.SetZone(st, 1, 0), env.ENOENT)
		st.SetLocal(&env.Context{User: true, Zone: 6})
		envtest.Equal(st, "a zone that never had it", k.DLD.SetMacProp(st, 1, "mtu"), env.ENOENT)
		st.SetLocal(&env.Context{User: true})
		k.Daemon.Stop(st)
		envtest.Equal(st, "set without a daemon", k.DLD.SetMacProp(st, 1, "mtu"), env.EBADF)
		envtest.Equal(st, "get without a daemon", k.DLD.GetMacProp(st, 1, "mtu"), 0)
	})
	envtest.Clean(t, 1, func(st *sim.Thread) {
		k, _ := boot(st)
		k.Daemon.Add(dlmgmtd.Link{ID: 2, Name: "web0", Class: env.ClassEtherstub, Zone: 5})
		st.SetLocal(&env.Context{User: true, Zone: 5})
		envtest.Equal(st, "create in the zone", k.VNIC.Create(st, 2, "vnic0", 0), 0)
		st.Quiesce()
		envtest.Equal(st, "property by the owner", k.DLD.SetMacProp(st, 2, "mtu"), 0)
		envtest.Equal(st, "zone by the owner", k.DLD.SetZone(st, 2, 0), env.EACCES)
		st.SetLocal(&env.Context{User: true})
		envtest.Equal(st, "zone by another", k.DLD.SetZone(st, 2, 0), env.ENOENT)
	})
}
