// SPDX-License-Identifier: CDDL-1.0

package dlmgmtd

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/sim"
)

// createLinkid is dlmgmt_createid, the userland request that makes the name and id of a new active link, in
// the caller's zone, before the kernel is asked to create it. Table lock W.
func (p *process) createLinkid(t *sim.Thread, req *door.Request) door.Reply {
	if !p.lock.write(t) {
		return door.Reply{}
	}
	err := env.Errno(0)
	if p.find(t, req.Link) != nil || p.findName(t, req.Name, req.Zone) != nil {
		err = env.EEXIST
	} else if req.Zone != env.GlobalZone {
		err = p.addDatalink(t, req.Zone, req.Link)
	}
	if err == 0 && !p.lock.dead {
		p.add(t, Link{ID: req.Link, Name: req.Name, Class: req.Class, Zone: req.Zone, Props: req.Props})
	}
	p.lock.unlock(t)
	return door.Reply{Err: err, Link: req.Link}
}

// remapLinkid is dlmgmt_remapid, the userland request that gives a link another name once the
// kernel has. Table lock W.
func (p *process) remapLinkid(t *sim.Thread, req *door.Request) door.Reply {
	if !p.lock.write(t) {
		return door.Reply{}
	}
	r := door.Reply{Link: req.Link}
	switch k := p.find(t, req.Link); {
	case k == nil:
		r.Err = env.ENOENT
	case p.findName(t, req.Name, k.Zone) != nil:
		r.Err = env.EEXIST
	default:
		p.rows.id(k.ID).Write(t)
		p.rows.renamed(t, k.Name)
		p.rows.renamed(t, req.Name)
		k.Name = req.Name
	}
	p.lock.unlock(t)
	return r
}

// upLinkid is dlmgmt_upid after the attributes of a device have been moved to the link: From is
// forgotten and the link becomes active. Table lock W.
func (p *process) upLinkid(t *sim.Thread, req *door.Request) door.Reply {
	if !p.lock.write(t) {
		return door.Reply{}
	}
	r := door.Reply{Link: req.Link, Err: env.ENOENT}
	if k, from := p.find(t, req.Link), p.find(t, req.From); k != nil && from != nil {
		p.rows.moved(t, k)
		p.rows.device(from.DevName).Write(t)
		k.DevName, k.Dev = from.DevName, from.Dev
		k.Flags |= door.Active
		p.drop(t, from)
		r.Err = 0
	}
	p.lock.unlock(t)
	return r
}

// destroyLinkid is dlmgmt_destroyid, the userland request that forgets a link after the kernel has deleted
// it. Table lock W.
func (p *process) destroyLinkid(t *sim.Thread, req *door.Request) door.Reply {
	if !p.lock.write(t) {
		return door.Reply{}
	}
	err := env.ENOENT
	if k := p.find(t, req.Link); k != nil {
		err = 0
		if k.Zone != env.GlobalZone {
			_ = p.removeDatalink(t, k.Zone, k.ID)
		}
		if !p.lock.dead {
			p.drop(t, k)
		}
	}
	p.lock.unlock(t)
	return door.Reply{Err: err}
}
