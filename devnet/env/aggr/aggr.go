// SPDX-License-Identifier: CDDL-1.0

// Package aggr is the link aggregation driver as the datalink code meets it (io/aggr/aggr_grp.c,
// environment.md 4.4 and 12): groups over ports, created and deleted under aggr_grp_lock, whose
// rename renames the clients of all ports in their perimeters.
package aggr

import (
	"slices"

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
}

// Driver is the aggr module of one kernel.
type Driver struct {
	MAC    *mac.Layer
	Devnet Devnet

	lock   ksync.RWLock // aggr_grp_lock
	groups map[env.LinkID]*group
	table  ksync.Field // aggr_grp_hash, under aggr_grp_lock
}

type group struct {
	mac   *mac.MAC
	ports []port
	field ksync.Field // lg_ports, in the perimeter once the group is known
}

type port struct {
	id  env.LinkID
	mac *mac.MAC // open while it is a port
}

// Init forgets all groups.
func (d *Driver) Init(w *sim.World) {
	d.lock.Init(w, nil, "aggr_grp_lock", "", 0)
	d.table.Init(w, nil, "aggr_grp_hash", "", 0)
	if d.groups == nil {
		d.groups = make(map[env.LinkID]*group)
	}
	clear(d.groups)
}

// Create is aggr_grp_create, in the zone of the calling thread. Opening a port waits for the
// property task of its link under aggr_grp_lock. EEXIST if the driver has the id, EINVAL
// without ports.
func (d *Driver) Create(t *sim.Thread, id env.LinkID, macname string, ports []env.LinkID) env.Errno {
	d.lock.EnterWrite(t)
	defer d.lock.Exit(t)
	d.table.Read(t)
	switch {
	case d.groups[id] != nil:
		return env.EEXIST
	case len(ports) == 0:
		return env.EINVAL
	}
	g := new(group)
	g.field.Init(t.World(), nil, "lg_ports", macname, 0)
	for _, p := range ports {
		if err := d.addPort(t, g, p); err != 0 {
			d.closePorts(t, g)
			return err
		}
	}
	m, err := d.MAC.Register(t, macname, env.ClassAggr, nil)
	if err != 0 {
		d.closePorts(t, g)
		return err
	}
	g.mac = m
	g.link(t)
	if err := d.Devnet.DevnetCreate(t, m, id, env.Of(t).Zone); err != 0 {
		_ = d.MAC.Unregister(t, m)
		d.closePorts(t, g)
		return err
	}
	d.table.Write(t)
	d.groups[id] = g
	d.MAC.LinkUpdate(t, m)
	return 0
}

// Delete is aggr_grp_delete. When the MAC cannot be disabled the devnet is created again. ENOENT if
// the driver has no such id.
func (d *Driver) Delete(t *sim.Thread, id env.LinkID) env.Errno {
	d.lock.EnterWrite(t)
	defer d.lock.Exit(t)
	d.table.Read(t)
	g := d.groups[id]
	if g == nil {
		return env.ENOENT
	}
	if _, err := d.Devnet.DevnetDestroy(t, g.mac, true); err != 0 {
		return err
	}
	if err := d.MAC.Disable(t, g.mac); err != 0 {
		_ = d.Devnet.DevnetCreate(t, g.mac, id, env.Of(t).Zone)
		return err
	}
	d.table.Write(t)
	delete(d.groups, id)
	_ = d.MAC.Unregister(t, g.mac)
	d.closePorts(t, g)
	return 0
}

// AddPort is aggr_grp_add_ports of one port: ENOENT if there is no such group, EEXIST if it has
// the port.
func (d *Driver) AddPort(t *sim.Thread, id, p env.LinkID) env.Errno {
	d.lock.EnterRead(t)
	defer d.lock.Exit(t)
	d.table.Read(t)
	g := d.groups[id]
	if g == nil {
		return env.ENOENT
	}
	owner := d.MAC.PerimEnterByMH(t, g.mac)
	err := d.addPort(t, g, p)
	g.link(t)
	d.MAC.PerimExit(t, owner)
	return err
}

// RemovePort is aggr_grp_rem_ports of one port: ENOENT if there is no such group or port.
func (d *Driver) RemovePort(t *sim.Thread, id, p env.LinkID) env.Errno {
	d.lock.EnterRead(t)
	defer d.lock.Exit(t)
	d.table.Read(t)
	g := d.groups[id]
	if g == nil {
		return env.ENOENT
	}
	owner := d.MAC.PerimEnterByMH(t, g.mac)
	g.field.Write(t)
	err := env.ENOENT
	if i := slices.IndexFunc(g.ports, func(q port) bool { return q.id == p }); i >= 0 {
		q := g.ports[i]
		g.ports = slices.Delete(g.ports, i, i+1)
		g.link(t)
		d.MAC.Reclaim(t, q.mac, g)
		d.MAC.Close(t, q.mac)
		err = 0
	}
	d.MAC.PerimExit(t, owner)
	return err
}

// addPort is aggr_port_create: it opens the port's MAC by linkid.
func (d *Driver) addPort(t *sim.Thread, g *group, id env.LinkID) env.Errno {
	g.field.Read(t)
	if slices.ContainsFunc(g.ports, func(q port) bool { return q.id == id }) {
		return env.EEXIST
	}
	m, err := d.MAC.OpenByLinkid(t, id)
	if err == 0 {
		d.MAC.Keep(t, m, check.Owner{Key: g, What: "the aggregation over it"})
		g.field.Write(t)
		g.ports = append(g.ports, port{id, m})
	}
	return err
}

func (d *Driver) closePorts(t *sim.Thread, g *group) {
	g.field.Read(t)
	for _, q := range g.ports {
		d.MAC.Reclaim(t, q.mac, g)
		d.MAC.Close(t, q.mac)
	}
}

// link tells the MAC layer which MACs the group is made of.
func (g *group) link(t *sim.Thread) {
	g.mac.PortsField.Write(t)
	g.mac.Ports = g.mac.Ports[:0]
	for _, q := range g.ports {
		g.mac.Ports = append(g.mac.Ports, q.mac)
	}
}

// Has reports whether the driver has a group of that id. It is not an operation.
func (d *Driver) Has(id env.LinkID) bool { return d.groups[id] != nil }

// Keeps reports whether the owner of a reference is a group that the driver has. It is not an operation.
func (d *Driver) Keeps(key any) bool {
	g, ok := key.(*group)
	if ok {
		for _, x := range d.groups {
			if x == g {
				return true
			}
		}
	}
	return false
}

// IDs calls visit for each link of the driver, in no order. It is not an operation.
func (d *Driver) IDs(visit func(env.LinkID)) {
	for id := range d.groups {
		visit(id)
	}
}
