// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// movesKstat reports whether an operation may make, or delete, the kstat that a read is about. A reader may meet one
// that is not readable yet, or that goes between its look-up and the read.
func (o *operation) movesKstat(read *operation) (makes, deletes bool) {
	refused := o.Pending || o.Result.Err != ok
	switch o.Op {
	case Create, Recreate, Attach, Open, DaemonStart, Use:
		return true, true
	case Destroy, Detach: // a link that stays is made again (seed C:1899-1909; environment.md 7.4)
		return refused, true
	case zoneRemove, Close, Rele, StreamDetach:
		return false, true
	case Readdir: // that of a tunnel
		return isTunnelName(read.Name), read.tunnels
	case Rename: // away from the old name, which may be the same, then under the new one (seed C:796-805, 1554-1555)
		return o.name == read.name || o.Onto != 0, true
	case SetZone: // in the zones that the link is lent to, not in the one that owns it (seed C:1655-1659)
		return o.Into == read.Into && lends(o.Into), o.Into != read.Into && lends(read.Into)
	}
	return false, false
}

// lends reports whether a link that is moved into the zone is lent to it: moves are of links of the global zone.
func lends(zone env.ZoneID) bool { return zone != env.GlobalZone }

// kstatRules are reads of link kstats.
func kstatRules() []*rule {
	return []*rule{
		{
			name: "kstat: read", ops: []Op{KstatRead}, answers: []env.Errno{ok},
			says: "the kstat of a visible link can be read under its name in the zone that owns the link and in the one it is lent to",
			from: "environment.md 6; seed C:720-770",
			do: func(x *step) {
				for i := range x.s.links {
					l := &x.s.links[i]
					x.when(l.phase == visible && hasKstat(l, x.o.name, x.o.Into))
				}
			},
		},
		{
			name: "kstat: none", ops: []Op{KstatRead}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if there is no such kstat, or its link is not visible", from: "environment.md 6; seed C:728-730",
			do: func(x *step) {
				for i := range x.s.links {
					if l := &x.s.links[i]; l.phase == visible && hasKstat(l, x.o.name, x.o.Into) {
						return
					}
				}
				x.same()
			},
		},
		{
			name: "kstat: deleted", ops: []Op{KstatRead}, answers: []env.Errno{env.ENXIO},
			says: "ENXIO if it was deleted between the look-up of its id and the read, also with a device's link that fails",
			from: "environment.md 6, 7.2; seed C:1795-1798",
			do: func(x *step) {
				x.when(x.o.deleting)
				for i := range x.s.links {
					x.when(x.s.links[i].attaching && x.p.unsettled)
				}
			},
		},
		{
			name: "kstat: not installed", ops: []Op{KstatRead}, answers: []env.Errno{env.EAGAIN},
			says: "EAGAIN while it is being made", from: "environment.md 6",
			do: func(x *step) {
				x.when(x.o.making)
				for i := range x.s.links {
					x.when(x.s.links[i].attaching)
				}
			},
		},
	}
}

func hasKstat(l *link, name word, zone env.ZoneID) bool {
	return l.ownName == name && l.owner == zone || l.zoneName == name && l.kstatZone == zone
}

// makeKstat gives a link that has none a kstat in its owner's zone, unless the name is taken.
func makeKstat(x *step, l *link) {
	taken := x.s.kstatTaken(l.name, l.owner)
	if taken || x.kstatLeft(l, l.owner) {
		x.same()
	}
	if !taken {
		x.next().of(l.mac).ownName = l.name
	}
}

// kstatLeft reports whether there may be a kstat of a link that somebody is deleting, and that nobody finds any
// more: the kstat goes last. So may there be one of another link that is being made in vain.
func (x *step) kstatLeft(of *link, zone env.ZoneID) bool {
	return x.s.kstatLeft(x.p, of.mac, of.name, zone)
}

func (s *state) kstatLeft(p *prepared, mac, name word, zone env.ZoneID) bool {
	return slices.ContainsFunc(s.links, func(l link) bool {
		return l.mac != mac && l.name == name && l.owner == zone &&
			(l.phase == absent && s.deleted(p, &l) || l.phase == initialising && l.ownName == 0 && l.class != physical)
	})
}

// deleted reports whether an operation that has taken the link away is still in progress.
func (s *state) deleted(p *prepared, l *link) bool {
	return slices.ContainsFunc(s.flights, func(f flight) bool {
		switch o := &p.ops[f.op]; o.Op {
		case Destroy:
			return o.Link == l.id
		case Detach, Close, Rele, StreamDetach:
			return o.mac == l.mac
		case Readdir:
			return l.implicit
		}
		return false
	})
}
