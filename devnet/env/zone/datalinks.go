// SPDX-License-Identifier: CDDL-1.0

package zone

import (
	"slices"

	"dlsim/devnet/env"
	"dlsim/sim"
)

// DatalinkWalk is zone_datalink_walk: it holds the zone and calls visit for each link that
// was in its list at the start; the list may change meanwhile. ENOENT if the zone is not
// active.
func (l *Layer) DatalinkWalk(t *sim.Thread, id env.ZoneID, visit func(env.LinkID)) env.Errno {
	z := l.FindByID(t, id)
	if z == nil {
		return env.ENOENT
	}
	t.Step(opWalk, &z.obj, nil)
	z.linksField.Read(t)
	for _, link := range slices.Clone(z.links) {
		visit(link)
	}
	z.Rele(t)
	return 0
}

// AddDatalink is zone_add_datalink: ENXIO if the zone is not active, EPERM if the link is in
// another active zone, EEXIST if it is in this one.
func (l *Layer) AddDatalink(t *sim.Thread, id env.ZoneID, link env.LinkID) env.Errno {
	z := l.get(t, id)
	if z == nil {
		return env.ENXIO
	}
	t.Step(opAdd, &z.obj, nil)
	z.statusField.Read(t)
	z.linksField.Write(t)
	if !z.active() {
		return env.ENXIO
	}
	t.Touch(&l.list, sim.Read)
	for _, other := range l.zones {
		t.Touch(&other.obj, sim.Read)
		other.statusField.Read(t)
		other.linksField.Read(t)
		if other.active() && other.has(link) {
			if other == z {
				return env.EEXIST
			}
			return env.EPERM
		}
	}
	z.links = append(z.links, link)
	return 0
}

// RemoveDatalink is zone_remove_datalink: EINVAL if the zone is not active, ENXIO if the
// link is not in its list.
func (l *Layer) RemoveDatalink(t *sim.Thread, id env.ZoneID, link env.LinkID) env.Errno {
	z := l.get(t, id)
	if z == nil {
		return env.EINVAL
	}
	t.Step(opRemove, &z.obj, nil)
	z.statusField.Read(t)
	z.linksField.Write(t)
	if !z.active() {
		return env.EINVAL
	}
	for i, x := range z.links {
		if x == link {
			z.links = append(z.links[:i], z.links[i+1:]...)
			return 0
		}
	}
	return env.ENXIO
}

func (z *Zone) has(link env.LinkID) bool {
	for _, x := range z.links {
		if x == link {
			return true
		}
	}
	return false
}

// Enlist puts a link into the zone's list unless it is there. It is not an operation: for
// setting a world up.
func (z *Zone) Enlist(link env.LinkID) {
	if !z.has(link) {
		z.links = append(z.links, link)
	}
}

// Relist is Enlist by a daemon that starts, as part of its operation.
func (z *Zone) Relist(t *sim.Thread, link env.LinkID) {
	t.Touch(&z.obj, sim.Write)
	z.linksField.Write(t)
	z.Enlist(link)
}

// Strike takes a link off the zone's list. It is not an operation: for setting a world up.
func (z *Zone) Strike(link env.LinkID) {
	z.links = slices.DeleteFunc(z.links, func(x env.LinkID) bool { return x == link })
}

// CheckDatalink is zone_check_datalink over all zones: the active zone that lists the link,
// the global zone if none does. The daemon asks it before it serves anybody, so it is not an
// operation.
func (l *Layer) CheckDatalink(t *sim.Thread, link env.LinkID) env.ZoneID {
	t.Touch(&l.list, sim.Read)
	for _, z := range l.zones {
		t.Touch(&z.obj, sim.Read)
		z.statusField.Read(t)
		z.linksField.Read(t)
		if z.active() && z.has(link) {
			return z.ID
		}
	}
	return env.GlobalZone
}

// Links returns the datalinks listed in the zone. It is not an operation.
func (z *Zone) Links() []env.LinkID { return z.links }
