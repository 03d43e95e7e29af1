// SPDX-License-Identifier: CDDL-1.0

package dlmgmtd

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/sim"
)

// zoneBoot is dlmgmt_zoneboot, a request of zoneadmd: the databases of the zone are read, for which
// the daemon forks into the zone, and the zone's links are put into its list, all under the table
// lock W. EACCES unless the global zone asks, EINVAL if there is no such zone.
func (p *process) zoneBoot(t *sim.Thread, req *door.Request) door.Reply {
	if req.Cred != env.GlobalZone {
		return door.Reply{Err: env.EACCES}
	}
	if !p.lock.write(t) {
		return door.Reply{}
	}
	r := door.Reply{}
	if z := p.d.Zones.Find(t, req.Zone); z == nil {
		r.Err = env.EINVAL
	} else {
		p.forkFor(t, req.Zone)
		p.rows.all(t)
		for _, k := range p.d.links {
			if k.owner == req.Zone && !p.lock.dead {
				_ = p.addDatalink(t, req.Zone, k.ID)
			}
		}
	}
	p.lock.unlock(t)
	return r
}

// zoneHalt is dlmgmt_zonehalt, a request of zoneadmd: what the zone owns leaves its list and the
// table. Table lock W. EACCES unless the global zone asks.
func (p *process) zoneHalt(t *sim.Thread, req *door.Request) door.Reply {
	if req.Cred != env.GlobalZone {
		return door.Reply{Err: env.EACCES}
	}
	if !p.lock.write(t) {
		return door.Reply{}
	}
	var owned []*Link
	p.rows.all(t)
	for _, k := range p.d.links {
		if k.owner == req.Zone {
			owned = append(owned, k)
		}
	}
	for _, k := range owned {
		_ = p.removeDatalink(t, req.Zone, k.ID)
		if !p.lock.dead {
			p.drop(t, k)
		}
	}
	p.lock.unlock(t)
	return door.Reply{}
}

// forkFor forks to get at the files of a zone, if this daemon does.
func (p *process) forkFor(t *sim.Thread, zone env.ZoneID) {
	switch p.d.Forks {
	case ForksNever:
		return
	case ForksForFiles:
		files := false
		p.rows.all(t)
		for _, k := range p.d.links {
			files = files || k.owner == zone
		}
		if !files {
			return
		}
	case ForksAlways:
	}
	p.fork(t)
}
