// SPDX-License-Identifier: CDDL-1.0

// Package dlmgmtd is the datalink management daemon (environment.md 10): a process whose
// threads are real simulated threads, with a link table under a lock of its own, that
// answers the kernel's upcalls and calls back into the kernel to apply link properties.
package dlmgmtd

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
)

// Commands are the door commands that this daemon serves.
const (
	CmdGetName      = "GETNAME"
	CmdGetLinkid    = "GETLINKID"
	CmdLinkpropInit = "LINKPROP_INIT"
	CmdSetZoneid    = "SETZONEID"
	CmdCreateLinkid = "CREATE_LINKID" // userland, not an upcall
	CmdDestroyLink  = "DESTROY_LINKID"
)

// Kernel is what the daemon's threads call in the kernel.
type Kernel interface {
	// SetMacProp is the DLDIOC_SETMACPROP ioctl.
	SetMacProp(t *sim.Thread, id env.LinkID, prop string) env.Errno
	// DoorSet is the DLDIOC_DOORSERVER ioctl.
	DoorSet(t *sim.Thread, start bool) env.Errno
}

// Daemon is dlmgmtd over all its lives. Active links survive a restart in its cache.
type Daemon struct {
	Door   *door.Layer
	Zones  *zone.Layer
	Kernel Kernel

	links []*Link // in ascending order of id
	life  *process
	lives int
}

// process is one life of the daemon.
type process struct {
	d    *Daemon
	lock tableLock
}

// Init stops the daemon and empties its table.
func (d *Daemon) Init() {
	d.links, d.life, d.lives = d.links[:0], nil, 0
}

// Up reports whether the daemon runs. It is not an operation.
func (d *Daemon) Up() bool { return d.life != nil }

// Start begins a life of the daemon: it makes its door and gives it to the kernel. Starting
// a daemon that runs does nothing.
func (d *Daemon) Start(t *sim.Thread) env.Errno {
	if d.life != nil {
		return 0
	}
	d.lives++
	p := &process{d: d}
	p.lock.init(t.World(), d.lives)
	d.life = p
	d.Door.Attach(t.World(), p.serve)
	return d.Kernel.DoorSet(t, true)
}

// Stop is the daemon's orderly exit: it revokes the door and tells the kernel before the
// process ends.
func (d *Daemon) Stop(t *sim.Thread) {
	if d.life != nil {
		d.Door.Revoke(t)
		_ = d.Kernel.DoorSet(t, false)
		d.Crash(t)
	}
}

// Crash is the daemon's death without a word: the kernel keeps its revoked door.
func (d *Daemon) Crash(t *sim.Thread) {
	if p := d.life; p != nil {
		d.life = nil
		d.Door.Crash(t)
		p.lock.die(t)
	}
}

// serve executes one request on a server thread. The reply of a dead process reaches
// nobody.
func (p *process) serve(t *sim.Thread, req *door.Request) door.Reply {
	switch req.Cmd {
	case CmdGetName:
		return p.lookup(t, func(k *Link) bool { return k.ID == req.Link && k.visible(req.Cred) })
	case CmdGetLinkid:
		return p.lookup(t, func(k *Link) bool { return k.Name == req.Name && k.visible(req.Cred) })
	case CmdLinkpropInit:
		return p.linkpropInit(t, req)
	case CmdSetZoneid:
		return p.setZoneid(t, req)
	case CmdCreateLinkid:
		return p.createLinkid(t, req)
	case CmdDestroyLink:
		return p.destroyLinkid(t, req)
	}
	return door.Reply{Err: env.EINVAL, Short: true}
}

// lookup answers with the link that matches, ENOENT if none does. Table lock R.
func (p *process) lookup(t *sim.Thread, match func(*Link) bool) door.Reply {
	if !p.lock.read(t) {
		return door.Reply{}
	}
	r := door.Reply{Err: env.ENOENT}
	for _, k := range p.d.links {
		if match(k) {
			r = door.Reply{Link: k.ID, Name: k.Name, Class: k.Class, Zone: k.Zone}
			break
		}
	}
	p.lock.unlock(t)
	return r
}

// linkpropInit applies the persistent properties of a link by ioctls, which come back as
// upcalls and need the perimeter. The table lock is held for the lookups only, R. A
// property that fails is remembered and the rest go on.
func (p *process) linkpropInit(t *sim.Thread, req *door.Request) door.Reply {
	r := p.lookup(t, func(k *Link) bool { return k.ID == req.Link && k.visible(req.Cred) })
	if r.Err != 0 {
		return r
	}
	var props []string
	if k := p.d.find(req.Link); k != nil {
		props = k.Props
	}
	for _, prop := range props {
		if p.lock.dead {
			return door.Reply{}
		}
		if p.d.Kernel.SetMacProp(t, req.Link, prop) != 0 {
			r = door.Reply{Err: env.EINVAL}
		}
	}
	return r
}

// setZoneid moves a link to another zone in the table and in the kernel's lists, under the
// table lock W. Only the global zone may ask.
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

func (p *process) moveLink(t *sim.Thread, id env.LinkID, to env.ZoneID) env.Errno {
	k := p.d.find(id)
	if k == nil {
		return env.ENOENT
	}
	if k.Zone == to {
		return 0
	}
	if k.Zone != env.GlobalZone {
		if err := p.d.Zones.RemoveDatalink(t, k.Zone, id); err != 0 {
			return err
		}
	}
	if to != env.GlobalZone {
		if err := p.d.Zones.AddDatalink(t, to, id); err != 0 {
			if k.Zone != env.GlobalZone {
				_ = p.d.Zones.AddDatalink(t, k.Zone, id)
			}
			return err
		}
	}
	k.Zone = to
	return 0
}

// createLinkid is the userland request that makes the name and id of a new active link, in
// the caller's zone, before the kernel is asked to create it. Table lock W.
func (p *process) createLinkid(t *sim.Thread, req *door.Request) door.Reply {
	if !p.lock.write(t) {
		return door.Reply{}
	}
	err := env.Errno(0)
	if p.d.find(req.Link) != nil || p.d.findName(req.Name) != nil {
		err = env.EEXIST
	} else if req.Zone != env.GlobalZone {
		err = p.d.Zones.AddDatalink(t, req.Zone, req.Link)
	}
	if err == 0 {
		p.d.Add(Link{ID: req.Link, Name: req.Name, Class: req.Class, Zone: req.Zone, Props: req.Props})
	}
	p.lock.unlock(t)
	return door.Reply{Err: err, Link: req.Link}
}

// destroyLinkid is the userland request that forgets a link after the kernel has deleted
// it. Table lock W.
func (p *process) destroyLinkid(t *sim.Thread, req *door.Request) door.Reply {
	if !p.lock.write(t) {
		return door.Reply{}
	}
	err := env.ENOENT
	for i, k := range p.d.links {
		if k.ID == req.Link {
			if k.Zone != env.GlobalZone {
				_ = p.d.Zones.RemoveDatalink(t, k.Zone, k.ID)
			}
			p.d.links = append(p.d.links[:i], p.d.links[i+1:]...)
			err = 0
			break
		}
	}
	p.lock.unlock(t)
	return door.Reply{Err: err}
}

func (d *Daemon) find(id env.LinkID) *Link {
	for _, k := range d.links {
		if k.ID == id {
			return k
		}
	}
	return nil
}

func (d *Daemon) findName(name string) *Link {
	for _, k := range d.links {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Add puts a link into the table. It is not an operation: for setting a world up.
func (d *Daemon) Add(k Link) {
	i := 0
	for i < len(d.links) && d.links[i].ID < k.ID {
		i++
	}
	d.links = append(d.links, nil)
	copy(d.links[i+1:], d.links[i:])
	d.links[i] = &k
}

// Links calls visit for each link in ascending order of id. It is not an operation.
func (d *Daemon) Links(visit func(Link)) {
	for _, k := range d.links {
		visit(*k)
	}
}
