// SPDX-License-Identifier: CDDL-1.0

// Package simnet is the simnet driver as the datalink code meets it (io/simnet/simnet.c,
// environment.md 12): links with a MAC of their own, created and deleted under
// simnet_dev_lock. Unlike a VNIC's, the client of such a MAC asks the daemon for its name.
package simnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// Devnet is what the driver calls in the datalink code.
type Devnet interface {
	DevnetCreate(t *sim.Thread, m *mac.MAC, id env.LinkID, zone env.ZoneID) env.Errno
	DevnetDestroy(t *sim.Thread, m *mac.MAC, wait bool) (env.LinkID, env.Errno)
}

// Driver is the simnet module of one kernel.
type Driver struct {
	MAC    *mac.Layer
	Devnet Devnet

	lock  ksync.RWLock // simnet_dev_lock
	devs  map[env.LinkID]*mac.MAC
	table ksync.Field // simnet_dev_list, under simnet_dev_lock
}

// Init forgets all devices.
func (d *Driver) Init(w *sim.World) {
	d.lock.Init(w, nil, "simnet_dev_lock", "", 0)
	d.table.Init(w, nil, "simnet_dev_list", "", 0)
	if d.devs == nil {
		d.devs = make(map[env.LinkID]*mac.MAC)
	}
	clear(d.devs)
}

// Create is simnet_dev_create, in the zone of the calling thread. EEXIST if the driver has
// the id already.
func (d *Driver) Create(t *sim.Thread, id env.LinkID, macname string) env.Errno {
	d.lock.EnterWrite(t)
	defer d.lock.Exit(t)
	d.table.Read(t)
	if d.devs[id] != nil {
		return env.EEXIST
	}
	m, err := d.MAC.Register(t, macname, env.ClassSimnet, nil)
	if err != 0 {
		return err
	}
	if err := d.Devnet.DevnetCreate(t, m, id, env.Of(t).Zone); err != 0 {
		_ = d.MAC.Unregister(t, m)
		return err
	}
	d.table.Write(t)
	d.devs[id] = m
	d.MAC.LinkUpdate(t, m)
	return 0
}

// Delete is simnet_dev_delete for a device without users. When the MAC cannot be disabled
// the devnet is created again. ENOENT if the driver has no such id.
func (d *Driver) Delete(t *sim.Thread, id env.LinkID) env.Errno {
	d.lock.EnterWrite(t)
	defer d.lock.Exit(t)
	d.table.Read(t)
	m := d.devs[id]
	if m == nil {
		return env.ENOENT
	}
	if _, err := d.Devnet.DevnetDestroy(t, m, true); err != 0 {
		return err
	}
	if err := d.MAC.Disable(t, m); err != 0 {
		_ = d.Devnet.DevnetCreate(t, m, id, env.Of(t).Zone)
		return err
	}
	d.table.Write(t)
	delete(d.devs, id)
	_ = d.MAC.Unregister(t, m)
	return 0
}

// Has reports whether the driver has a device of that id. It is not an operation.
func (d *Driver) Has(id env.LinkID) bool { return d.devs[id] != nil }

// IDs calls visit for each link of the driver, in no order. It is not an operation.
func (d *Driver) IDs(visit func(env.LinkID)) {
	for id := range d.devs {
		visit(id)
	}
}
