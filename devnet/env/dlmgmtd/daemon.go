// SPDX-License-Identifier: CDDL-1.0

// Package dlmgmtd is the datalink management daemon (environment.md 10): a process whose
// threads are real simulated threads, with a link table under a lock of its own, that
// answers the kernel's upcalls and calls back into the kernel to apply link properties.
package dlmgmtd

import (
	"slices"

	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// Commands are the door commands that this daemon serves.
const (
	CmdGetName      = "GETNAME"
	CmdDLSCreate    = "DLS_CREATE"
	CmdDLSDestroy   = "DLS_DESTROY"
	CmdDLSUpdate    = "DLS_UPDATE"
	CmdDLSGetattr   = "DLS_GETATTR"
	CmdGetNext      = "GETNEXT"
	CmdGetLinkid    = "GETLINKID"
	CmdLinkpropInit = "LINKPROP_INIT"
	CmdSetZoneid    = "SETZONEID"
	CmdCreateLinkid = "CREATE_LINKID" // userland, not an upcall
	CmdZoneBoot     = "ZONEBOOT"      // userland, not an upcall
	CmdZoneHalt     = "ZONEHALT"      // userland, not an upcall
	CmdUpLinkid     = "UP_LINKID"     // userland, not an upcall
	CmdRemapLinkid  = "REMAP_LINKID"  // userland, not an upcall
	CmdDestroyLink  = "DESTROY_LINKID"
)

// Kernel is what the daemon's threads call in the kernel.
type Kernel interface {
	// GetMacProp is the DLDIOC_GETMACPROP ioctl, for the range of a property.
	GetMacProp(t *sim.Thread, id env.LinkID, prop string) env.Errno
	// SetMacProp is the DLDIOC_SETMACPROP ioctl.
	SetMacProp(t *sim.Thread, id env.LinkID, prop string) env.Errno
	// DoorSet is the DLDIOC_DOORSERVER ioctl.
	DoorSet(t *sim.Thread, start bool) env.Errno
}

// Forks is when the daemon forks.
type Forks uint8

// The cases.
const (
	ForksNever Forks = iota
	ForksForFiles
	ForksAlways
)

// Daemon is dlmgmtd over all its lives. Active links survive a restart in its cache.
type Daemon struct {
	Door   *door.Layer
	Zones  *zone.Layer
	Kernel Kernel
	// Fault makes db_write fail: a link's database cannot be written.
	Fault env.Fault

	// Forks says when a handler forks to read or write the database of a zone: always, if the
	// zone has links, or never (environment.md 10.2 and 10.4: trees differ).
	Forks Forks

	proc     env.Process
	lastID   env.LinkID  // given out or in use
	links    []*Link     // in ascending order of id
	files    ksync.Table // their names
	life     *process    // nil while the daemon is down
	last     *process    // the present or last life
	lives    int
	obj      sim.Object
	starting sim.Queue // of threads that wait for the last process to be gone
}

// Init stops the daemon and empties its table.
func (d *Daemon) Init(w *sim.World) {
	d.links, d.life, d.last, d.lives, d.lastID = d.links[:0], nil, nil, 0, 0
	d.starting.Reset()
	d.proc.Init(w, "dlmgmtd")
	d.files.Init(w, "datalink.conf", 0)
	w.Register(&d.obj, "dlmgmtd", "", 0, d)
}

// Up reports whether the daemon runs. It is not an operation.
func (d *Daemon) Up() bool { return d.life != nil }

// serve is dlmgmt_handler: it executes one request on a server thread. The reply of a dead
// process reaches nobody.
func (p *process) serve(t *sim.Thread, req *door.Request) door.Reply {
	p.d.proc.Stop(t)
	switch req.Cmd {
	case CmdGetName:
		return p.lookup(t, p.rows.id(req.Link).Read, func(k *Link) bool { return k.ID == req.Link && k.visible(req.Cred) })
	case CmdGetLinkid:
		return p.lookup(t, p.rows.name(req.Name).Read, func(k *Link) bool { return p.named(t, k, req.Name) && k.listed(req.Cred) })
	case CmdDLSCreate:
		return p.create(t, req)
	case CmdDLSDestroy:
		return p.destroy(t, req)
	case CmdDLSUpdate:
		return p.update(t, req)
	case CmdDLSGetattr:
		return p.attribute(t, req)
	case CmdGetNext:
		return p.next(t, req)
	case CmdLinkpropInit:
		return p.linkpropInit(t, req)
	case CmdSetZoneid:
		return p.setZoneid(t, req)
	case CmdCreateLinkid:
		return p.createLinkid(t, req)
	case CmdZoneBoot:
		return p.zoneBoot(t, req)
	case CmdZoneHalt:
		return p.zoneHalt(t, req)
	case CmdUpLinkid:
		return p.upLinkid(t, req)
	case CmdRemapLinkid:
		return p.remapLinkid(t, req)
	case CmdDestroyLink:
		return p.destroyLinkid(t, req)
	}
	return door.Reply{Err: env.EINVAL, Short: true}
}

// lookup answers with the link that matches, ENOENT if none does; look says what it looks at. Table lock R.
func (p *process) lookup(t *sim.Thread, look func(*sim.Thread), match func(*Link) bool) door.Reply {
	if !p.lock.read(t) {
		return door.Reply{}
	}
	r := door.Reply{Err: env.ENOENT}
	look(t)
	for _, k := range p.d.links {
		if match(k) && p.knows(t, k) {
			r = door.Reply{Link: k.ID, Name: k.Name, Class: k.Class, Media: k.Media, Flags: k.Flags, Zone: k.Zone}
			break
		}
	}
	p.lock.unlock(t)
	return r
}

// knows reports whether the link's database has been read in this life.
func (p *process) knows(t *sim.Thread, k *Link) bool {
	if k.owner == env.GlobalZone {
		return true
	}
	t.Within(&p.zones, sim.Read)
	return p.loaded
}

// linkpropInit is dlmgmt_linkprop_init: it applies the persistent properties of a link by
// ioctls, which come back as upcalls and need the perimeter. The table lock is held for the
// lookups only, R. A property that fails is remembered and the rest go on.
func (p *process) linkpropInit(t *sim.Thread, req *door.Request) door.Reply {
	var props []string
	r := p.lookup(t, p.rows.id(req.Link).Read, func(k *Link) bool {
		if k.ID != req.Link || !k.visible(req.Cred) {
			return false
		}
		props = k.Props
		return true
	})
	if r.Err != 0 {
		return r
	}
	for _, prop := range props {
		if !p.lock.read(t) { // for the value that is kept
			return door.Reply{}
		}
		p.lock.unlock(t)
		if p.lock.dead {
			return door.Reply{}
		}
		_ = p.downcall(t, func() env.Errno { return p.d.Kernel.GetMacProp(t, req.Link, prop) })
		if p.downcall(t, func() env.Errno { return p.d.Kernel.SetMacProp(t, req.Link, prop) }) != 0 {
			r = door.Reply{Err: env.EINVAL}
		}
	}
	return r
}

// setZoneid is dlmgmt_setzoneid: it moves a link to another zone in the table and in the
// kernel's lists, under the table lock W. Only the global zone may ask.
func (p *process) setZoneid(t *sim.Thread, req *door.Request) door.Reply {
	if req.Cred != env.GlobalZone {
		return door.Reply{Err: env.EACCES}
	}
	if !p.lock.write(t) {
		return door.Reply{}
	}
	r := door.Reply{Err: p.moveLink(t, req.Link, req.Zone)}
	p.lock.unlock(t)
	return r
}

// moveLink takes the link out of one zone's list and puts it in the other's. If the process
// dies in between, the rest is not done.
func (p *process) moveLink(t *sim.Thread, id env.LinkID, to env.ZoneID) env.Errno {
	k := p.find(t, id)
	if k == nil || !p.knows(t, k) {
		return env.ENOENT
	}
	if k.Zone == to {
		return 0
	}
	if k.Zone != env.GlobalZone {
		if err := p.removeDatalink(t, k.Zone, id); err != 0 || p.lock.dead {
			return err
		}
	}
	if to != env.GlobalZone {
		err := p.addDatalink(t, to, id)
		if p.lock.dead {
			return err
		}
		if err != 0 {
			if k.Zone != env.GlobalZone {
				_ = p.addDatalink(t, k.Zone, id)
			}
			return err
		}
	}
	p.rows.rezoned(t, k)
	k.Zone = to
	return 0
}

func (p *process) addDatalink(t *sim.Thread, zone env.ZoneID, id env.LinkID) env.Errno {
	return p.downcall(t, func() env.Errno { return p.d.Zones.AddDatalink(t, zone, id) })
}

func (p *process) removeDatalink(t *sim.Thread, zone env.ZoneID, id env.LinkID) env.Errno {
	return p.downcall(t, func() env.Errno { return p.d.Zones.RemoveDatalink(t, zone, id) })
}

func (p *process) find(t *sim.Thread, id env.LinkID) *Link {
	p.rows.id(id).Read(t)
	for _, k := range p.d.links {
		if k.ID == id {
			return k
		}
	}
	return nil
}

// findName finds a link by the name under which a zone lists it.
func (p *process) findName(t *sim.Thread, name string, zone env.ZoneID) *Link {
	p.rows.name(name).Read(t)
	for _, k := range p.d.links {
		if p.named(t, k, name) && k.listed(zone) {
			return k
		}
	}
	return nil
}

// named reports whether a link has that name; then t looks at the rest of it, too.
func (p *process) named(t *sim.Thread, k *Link, name string) bool {
	if k.Name != name {
		return false
	}
	p.rows.id(k.ID).Read(t)
	return true
}

// Add puts a link into the table, owned by the zone it is in, and into that zone's list if
// the zone has been made already. It is not an operation: for setting a world up.
func (d *Daemon) Add(k Link) {
	k.owner = k.Zone
	if k.Flags == 0 {
		k.Flags = door.Active | door.Persist
	}
	d.lastID = max(d.lastID, k.ID)
	i := 0
	for i < len(d.links) && d.links[i].ID < k.ID {
		i++
	}
	d.links = slices.Insert(d.links, i, &k)
	d.enlist(&k)
}

// add is Add by t, under the table lock W.
func (p *process) add(t *sim.Thread, k Link) {
	p.rows.moved(t, &k)
	p.rows.next.Write(t)
	p.d.Add(k)
}

func (d *Daemon) enlist(k *Link) {
	if z := d.Zones.Get(k.Zone); z != nil && k.Zone != env.GlobalZone {
		z.Enlist(k.ID)
	}
}

// IDOf returns the linkid of the link with the given name, InvalidLinkID if there is none. It is
// not an operation, but what t does next depends on it.
func (d *Daemon) IDOf(t *sim.Thread, name string) env.LinkID {
	d.files.At(name).Sees(t)
	for _, k := range d.links {
		if k.Name == name {
			return k.ID
		}
	}
	return env.InvalidLinkID
}

// Links calls visit for each link in ascending order of id. It is not an operation.
func (d *Daemon) Links(visit func(Link)) {
	for _, k := range d.links {
		visit(*k)
	}
}

// Reserve has the daemon give out no linkid up to id: userland asks for those itself (CREATE_LINKID). It is not
// an operation.
func (d *Daemon) Reserve(id env.LinkID) { d.lastID = max(d.lastID, id) }
