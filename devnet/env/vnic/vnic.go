// SPDX-License-Identifier: CDDL-1.0

// Package vnic is the VNIC driver as the datalink code meets it (io/vnic/vnic_dev.c,
// environment.md 12): create and delete under vnic_lock, which is what serialises them for
// one link and for all VNICs and etherstubs of the system.
package vnic

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
)

// Devnet is what the driver calls in the datalink code.
type Devnet interface {
	DevnetCreate(t *sim.Thread, m *mac.MAC, id env.LinkID, zone env.ZoneID) env.Errno
	DevnetDestroy(t *sim.Thread, m *mac.MAC, wait bool) (env.LinkID, env.Errno)
	MgmtLinkName(t *sim.Thread, id env.LinkID) (string, env.Errno)
}

// Driver is the vnic module of one kernel.
type Driver struct {
	MAC    *mac.Layer
	Devnet Devnet

	lock  ksync.RWLock // vnic_lock
	vnics map[env.LinkID]*vnic
	table ksync.Field // vnic_hash, under vnic_lock
}

type vnic struct {
	mac   *mac.MAC
	lower *mac.MAC // nil for an etherstub
}

// Init forgets all VNICs.
func (d *Driver) Init(w *sim.World) {
	d.lock.Init(w, nil, "vnic_lock", "", 0)
	d.table.Init(w, nil, "vnic_hash", "", 0)
	if d.vnics == nil {
		d.vnics = make(map[env.LinkID]*vnic)
	}
	clear(d.vnics)
}

// Create is vnic_dev_create, in the zone of the calling thread: a VNIC over the link lower,
// or an etherstub if lower is InvalidLinkID. Opening the lower link waits for its property
// task under vnic_lock. EEXIST if the driver has the id already.
func (d *Driver) Create(t *sim.Thread, id env.LinkID, macname string, lower env.LinkID) env.Errno {
	v := new(vnic)
	d.lock.EnterWrite(t)
	err := d.create(t, v, id, macname, lower)
	d.lock.Exit(t)
	if err != 0 {
		d.closeLower(t, v)
	}
	return err
}

func (d *Driver) create(t *sim.Thread, v *vnic, id env.LinkID, macname string, lower env.LinkID) env.Errno {
	d.table.Read(t)
	if d.vnics[id] != nil {
		return env.EEXIST
	}
	class := env.ClassEtherstub
	if lower != env.InvalidLinkID {
		class = env.ClassVNIC
		m, err := d.MAC.OpenByLinkid(t, lower)
		if err != 0 {
			return err
		}
		v.lower = m
		d.MAC.Keep(t, m, check.Owner{Key: v, What: "the VNIC over it"})
	}
	_, err := d.Devnet.MgmtLinkName(t, id)
	if err != 0 {
		return err
	}
	if v.lower != nil {
		// The client on the lower link is made inside its perimeter.
		d.MAC.PerimExit(t, d.MAC.PerimEnterByMH(t, v.lower))
	}
	if v.mac, err = d.MAC.Register(t, macname, class, v.lower); err != 0 {
		return err
	}
	if err = d.Devnet.DevnetCreate(t, v.mac, id, env.Of(t).Zone); err != 0 {
		_ = d.MAC.Unregister(t, v.mac)
		return err
	}
	d.table.Write(t)
	d.vnics[id] = v
	d.MAC.LinkUpdate(t, v.mac)
	return 0
}

// Delete is vnic_dev_delete. When the MAC cannot be disabled because something still has it
// open, the devnet is created again, in the caller's zone, and the result is ignored.
// ENOENT if the driver has no such id.
func (d *Driver) Delete(t *sim.Thread, id env.LinkID) env.Errno {
	d.lock.EnterWrite(t)
	d.table.Read(t)
	v := d.vnics[id]
	if v == nil {
		d.lock.Exit(t)
		return env.ENOENT
	}
	if _, err := d.Devnet.DevnetDestroy(t, v.mac, true); err != 0 {
		d.lock.Exit(t)
		return err
	}
	if err := d.MAC.Disable(t, v.mac); err != 0 {
		_ = d.Devnet.DevnetCreate(t, v.mac, id, env.Of(t).Zone)
		d.lock.Exit(t)
		return err
	}
	d.table.Write(t)
	delete(d.vnics, id)
	d.lock.Exit(t)
	_ = d.MAC.Unregister(t, v.mac)
	d.closeLower(t, v)
	return 0
}

func (d *Driver) closeLower(t *sim.Thread, v *vnic) {
	if v.lower != nil {
		d.MAC.Reclaim(t, v.lower, v)
		d.MAC.Close(t, v.lower)
	}
}

// Found is Has by t: what it does next depends on it.
func (d *Driver) Found(t *sim.Thread, id env.LinkID) bool {
	d.table.Sees(t)
	return d.Has(id)
}

// Has reports whether the driver has a VNIC of that id. It is not an operation.
func (d *Driver) Has(id env.LinkID) bool { return d.vnics[id] != nil }

// Keeps reports whether the owner of a reference is a VNIC that the driver has. It is not an operation.
func (d *Driver) Keeps(key any) bool {
	v, ok := key.(*vnic)
	if ok {
		for _, x := range d.vnics {
			if x == v {
				return true
			}
		}
	}
	return false
}

// IDs calls visit for each link of the driver, in no order. It is not an operation.
func (d *Driver) IDs(visit func(env.LinkID)) {
	for id := range d.vnics {
		visit(id)
	}
}
