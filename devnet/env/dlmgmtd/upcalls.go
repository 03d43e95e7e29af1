// SPDX-License-Identifier: CDDL-1.0

package dlmgmtd

import (
	"fmt"
	"slices"

	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/sim"
)

// create is dlmgmt_upcall_create: it makes an active link for the kernel, or finds that of the
// same device. Only a physical link gets another name, net<N>, when its own is taken; EEXIST
// for others. In a zone the link is put into the zone's list. Table lock W.
func (p *process) create(t *sim.Thread, req *door.Request) door.Reply {
	if !p.lock.write(t) {
		return door.Reply{}
	}
	r := p.createLocked(t, req)
	p.lock.unlock(t)
	return r
}

func (p *process) createLocked(t *sim.Thread, req *door.Request) door.Reply {
	name := req.DevName
	if n := len(name); n <= 1 || n >= env.MaxLinkNameLen {
		return door.Reply{Err: env.EINVAL}
	}
	if req.Class == env.ClassPhys {
		if k := p.device(t, req.DevName); k != nil {
			p.rows.changed(t, k)
			k.Flags |= door.Active
			k.Dev = req.Dev
			return door.Reply{Link: k.ID}
		}
		for n := 0; p.findName(t, name, req.Cred) != nil; n++ {
			name = fmt.Sprintf("net%d", n)
		}
	} else if p.findName(t, name, req.Cred) != nil {
		return door.Reply{Err: env.EEXIST}
	}
	p.rows.next.Write(t)
	k := Link{
		ID: p.d.nextID(), Name: name, Class: req.Class, Media: req.Media, Zone: req.Cred, Flags: door.Active, Made: true,
	}
	if req.Persist {
		k.Flags |= door.Persist
	}
	if req.Class == env.ClassPhys {
		k.DevName, k.Dev = req.DevName, req.Dev
	}
	if req.Cred != env.GlobalZone {
		if err := p.addDatalink(t, req.Cred, k.ID); err != 0 {
			return door.Reply{Err: err}
		}
	}
	if err := p.write(t, &k); err != 0 {
		return door.Reply{Err: err}
	}
	p.add(t, k)
	return door.Reply{Link: k.ID}
}

// write writes the link's database, which can fail.
func (p *process) write(t *sim.Thread, k *Link) env.Errno {
	if k.Zone != env.GlobalZone {
		p.forkFor(t, k.Zone)
	}
	if p.lock.dead {
		return env.EBADF // reaches nobody
	}
	return p.d.Fault.At(t, "db_write", k.Name)
}

// destroy is dlmgmt_upcall_destroy: it takes the active flag off a link, with Persist the
// persistent one too, and forgets a link that has none left. ENOENT if there was nothing to
// take. Table lock W.
func (p *process) destroy(t *sim.Thread, req *door.Request) door.Reply {
	if !p.lock.write(t) {
		return door.Reply{}
	}
	r := door.Reply{Err: env.ENOENT}
	drop := door.Active
	if req.Persist {
		drop |= door.Persist
	}
	if k := p.find(t, req.Link); k != nil && k.visible(req.Cred) && k.Flags&drop != 0 {
		r.Err = 0
		if k.Zone != env.GlobalZone {
			_ = p.removeDatalink(t, k.Zone, k.ID)
		}
		if !p.lock.dead {
			p.rows.changed(t, k)
			if k.Flags &^= drop; k.Flags == 0 {
				p.drop(t, k)
			}
		}
	}
	p.lock.unlock(t)
	return r
}

// mediaOther is DL_OTHER: the media is not known yet.
const mediaOther env.Media = 9

// update is dlmgmt_upcall_update: it checks the media of a device's link, or learns it. EEXIST,
// with linkid and media, if that is another one, or if a link that cannot be named freely has
// another name than its device. ENOENT for an unknown device. Table lock W.
func (p *process) update(t *sim.Thread, req *door.Request) door.Reply {
	if !p.lock.write(t) {
		return door.Reply{}
	}
	r := door.Reply{Err: env.ENOENT}
	if k := p.device(t, req.DevName); k != nil {
		r = door.Reply{Link: k.ID, Media: k.Media}
		switch {
		case k.Media == mediaOther || k.Media == 0:
			p.rows.changed(t, k)
			k.Media = req.Media
			r.Err = p.write(t, k)
		case k.Media != req.Media:
			r.Err = env.EEXIST
		}
		if r.Err == 0 && req.NoVanity && k.Name != k.DevName {
			r.Err = env.EEXIST
		}
	}
	p.lock.unlock(t)
	return r
}

// next is dlmgmt_getnext: the first link after the given one that fits. Table lock R.
func (p *process) next(t *sim.Thread, req *door.Request) door.Reply {
	fits := func(k *Link) bool {
		return k.ID > req.Link && k.listed(req.Cred) && (req.Class == env.AnyClass || k.Class == req.Class) &&
			(req.Media == env.AnyMedia || k.Media == req.Media) && k.Flags&req.Flags != 0
	}
	return p.lookup(t, func(t *sim.Thread) {
		if i := slices.IndexFunc(p.d.links, func(k *Link) bool { return fits(k) && p.knows(t, k) }); i >= 0 {
			p.rows.between(t, req.Link, p.d.links[i].ID)
		} else {
			p.rows.all(t)
		}
	}, fits)
}

// attribute is dlmgmt_upcall_getattr of the attributes phymaj and phyinst: ENOENT if the link is
// not there or not physical. Table lock R.
func (p *process) attribute(t *sim.Thread, req *door.Request) door.Reply {
	var value uint64
	r := p.lookup(t, p.rows.id(req.Link).Read, func(k *Link) bool {
		if k.ID != req.Link || !k.visible(req.Cred) || k.DevName == "" {
			return false
		}
		value = uint64(k.Dev.Major)
		if req.Attr == "phyinst" {
			value = uint64(k.Dev.Minor)
		}
		return true
	})
	if r.Err != 0 {
		return door.Reply{Err: r.Err}
	}
	return door.Reply{Value: value, Size: 8}
}

// device finds the link of a device.
func (p *process) device(t *sim.Thread, devname string) *Link {
	p.rows.device(devname).Read(t)
	for _, k := range p.d.links {
		if k.DevName == devname {
			p.rows.id(k.ID).Read(t)
			return k
		}
	}
	return nil
}

// nextID is dlmgmt_advance_linkid: ids increase and are not used again.
func (d *Daemon) nextID() env.LinkID {
	d.lastID++
	return d.lastID
}

func (p *process) drop(t *sim.Thread, k *Link) {
	p.rows.moved(t, k)
	if i := slices.Index(p.d.links, k); i >= 0 {
		p.d.links = slices.Delete(p.d.links, i, i+1)
	}
}
