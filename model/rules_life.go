// SPDX-License-Identifier: CDDL-1.0

package model

import "dlsim/devnet/env"

// The operations that have a link or its MAC open for a moment, so that a delete or a rename meanwhile may be
// refused although nothing is held before and after (bugs.md N14; environment.md 4.2 and 4.3).
var (
	takesRef = setOf(Open, Close, Readdir, StreamAttach, StreamDetach, SetZone, zoneRemove, Rele, Use, Hold, HoldByDev)
	usesMAC  = takesRef | setOf(FlowAdd, FlowRemove, FlowWalk, Rename, Create, PropGet, PropSet, GetZone)
)

// lifeRules are the creation and the deletion of links in their drivers.
func lifeRules() []*rule {
	return []*rule{
		{
			name: "create: over", ops: []Op{Create}, answers: []env.Errno{ok},
			says: "the links that a link is made on are visible when it is begun", from: "environment.md 12",
			do: func(x *step) { x.when(lowerVisible(x)) },
		},
		{
			name: "create: registered", ops: []Op{Create}, answers: []env.Errno{ok}, step: 1,
			says: "the kernel asks the daemon for the name, and the link is in the table, not yet visible",
			from: "seed C:824-920",
			do: func(x *step) {
				if e := x.s.entry(x.o.Link); e != nil && e.known != no && !taken(x) {
					register(x, e, x.o.Zone)
				}
			},
		},
		{
			name: "create: kstat made", ops: []Op{Create, Recreate}, answers: []env.Errno{ok}, step: 2,
			says: "then it comes to its zone and gets its kstat, unless another has the name", from: "seed C:928-951",
			do: func(x *step) {
				if l := x.s.of(x.o.mac); l.phase == initialising {
					finish(x, l)
				} else {
					x.same()
				}
			},
		},
		{
			name: "create: visible", ops: []Op{Create, Recreate}, answers: []env.Errno{ok}, step: 3,
			says: "at the end it becomes visible, and its properties are being loaded", from: "seed C:952-960, 1800-1817",
			do: func(x *step) {
				t := x.next()
				if l := t.of(x.o.mac); l.phase == initialising {
					l.phase, l.loading = visible, true
				}
			},
		},
		{
			name: "create: seen in passing", ops: []Op{Create}, answers: []env.Errno{anyError},
			says: "a creation that fails may have been seen by MAC name", from: "bugs.md N4; environment.md 4.5",
			do: func(x *step) {
				x.same()
				if e := x.s.entry(x.o.Link); e != nil && !taken(x) && x.o.Result.Err != env.EEXIST {
					register(x, e, x.o.Zone)
				}
			},
		},
		{
			name: "create: exists", ops: []Op{Create}, answers: []env.Errno{env.EEXIST}, step: 1,
			says: "EEXIST if there is a link with the linkid or the MAC, which a link that is being deleted keeps to the last",
			from: "environment.md 12; seed C:830-847",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				x.when(taken(x) || classOf(x.o.Class) == tunnel && x.around(setOf(Destroy, Create, Rele, Close)) ||
					l != nil && l.phase == absent && x.s.deleted(x.p, l))
			},
		},
		{
			name: "create: lower or name missing", ops: []Op{Create}, answers: []env.Errno{env.ENOENT}, step: 1,
			says: "ENOENT if a link that it is made on is not visible, or the daemon does not know the linkid",
			from: "environment.md 10.2, 12; seed C:837",
			do: func(x *step) {
				e := x.s.entry(x.o.Link)
				if !lowerVisible(x) || e == nil || e.known != yes || e.seen(x.o.Zone) != yes || x.trouble() {
					unregister(x)
				}
			},
		},
		{
			name: "create: lower exclusive", ops: []Op{Create}, answers: []env.Errno{env.EBUSY}, step: 1,
			says: "EBUSY while the link that it is made on takes over another linkid",
			from: "environment.md 4.3",
			do: func(x *step) {
				if x.around(setOf(Rename)) {
					unregister(x)
				}
			},
		},
		{
			name: "create: refused", ops: []Op{Create}, answers: []env.Errno{env.EINVAL, env.ENXIO, env.EPERM}, step: 1,
			says: "EINVAL for an aggregation without ports and for a tunnel of another zone",
			from: "environment.md 11, 12",
			do: func(x *step) {
				e := x.s.entry(x.o.Link)
				if x.o.Class == env.ClassAggr && len(x.o.Over) == 0 ||
					classOf(x.o.Class) == tunnel && e != nil && (e.zone != x.o.Zone || e.moved) {
					unregister(x)
				}
			},
		},
		{
			name: "recreate: gets its linkid", ops: []Op{Recreate}, answers: []env.Errno{ok},
			says: "a device's link that had no linkid gets one", from: "seed C:1824-1846",
			do: func(x *step) {
				l, e := x.s.of(x.o.mac), x.s.entry(x.o.Link)
				if l != nil && l.phase != visible && e != nil && e.known != no && x.s.find(x.o.Link) == nil {
					register(x, e, env.GlobalZone)
				}
			},
		},
		{
			name: "recreate: same moment", ops: []Op{Recreate}, answers: []env.Errno{ok}, step: 1,
			says: "nothing more happens before it is visible", from: "seed C:1837-1841",
			do: func(x *step) { x.same() },
		},
		{
			name: "recreate: exists", ops: []Op{Recreate}, answers: []env.Errno{env.EEXIST},
			says: "EEXIST if the MAC's link has a linkid, or another link has this one", from: "seed C:826-847",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				x.when(l != nil && l.phase == visible || x.s.find(x.o.Link) != nil)
			},
		},
		{
			name: "recreate: none", ops: []Op{Recreate}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if the daemon does not know the linkid", from: "environment.md 10.2",
			do: func(x *step) {
				e := x.s.entry(x.o.Link)
				x.when(e == nil || e.known != yes)
			},
		},
		{
			name: "destroy: removed", ops: []Op{Destroy}, answers: []env.Errno{ok},
			says: "a link that nobody holds is removed: from then on nobody finds it, nor need a daemon that starts know a tunnel's name",
			from: "seed C:976-1068; bugs.md L28",
			do: func(x *step) {
				l := x.s.find(x.o.Link)
				if l != nil && l.class != physical && (!l.held() || forced(x, l)) && !usedBelow(x, l, true) {
					t := x.carry(int32(l.zone))
					t.of(l.mac).gone()
					t.nameMayGo(x, l)
					t.changed(x)
				}
			},
		},
		{
			name: "destroy: leaves its zone", ops: []Op{Destroy, Detach}, answers: []env.Errno{ok}, step: 1, carried: true,
			says: "then it leaves the zone that it was in, which is one more change for a listing", from: "seed C:1080-1097, 1606",
			do: func(x *step) {
				if x.value == int32(env.GlobalZone) {
					x.same()
					return
				}
				x.next().changed(x)
			},
		},
		{
			name: "destroy: drained", ops: []Op{Destroy}, answers: []env.Errno{ok}, step: atReturn,
			says: "when it returns no temporary reference to the link is left", from: "seed C:1101-1110",
			do: func(x *step) {
				for i := range x.s.links {
					l := &x.s.links[i]
					if l.id == x.o.Link && l.phase == absent && l.trefs > 0 {
						return
					}
				}
				x.same()
			},
		},
		{
			name: "destroy: none", ops: []Op{Destroy}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if the driver has no link with the linkid", from: "environment.md 11, 12",
			do: func(x *step) {
				l := x.s.find(x.o.Link)
				x.when(l == nil || l.class == physical)
			},
		},
		{
			name: "destroy: another driver's", ops: []Op{Destroy}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if the link is another driver's than the one that is asked, which has looked it up by an old name",
			from: "environment.md 11, 12",
			do: func(x *step) {
				l := x.s.find(x.o.Link)
				x.when(l != nil && x.o.Class != env.AnyClass && driverOf(l.class) != driverOf(classOf(x.o.Class)))
			},
		},
		{
			name: "destroy: tunnel unfinished", ops: []Op{Destroy}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT also for a tunnel that somebody is making: its driver has it last", from: "environment.md 11",
			do: func(x *step) {
				l := x.s.find(x.o.Link)
				x.when(l != nil && l.class == tunnel && x.around(setOf(Create, Open)))
			},
		},
		{
			name: "destroy: held", ops: []Op{Destroy}, answers: []env.Errno{env.EBUSY},
			says: "EBUSY if it is held, lent to a zone, or another link is on it; nothing changes",
			from: "seed C:1000-1038; environment.md 4.2",
			do: func(x *step) {
				l := x.s.find(x.o.Link)
				if l != nil && (l.held() || usedBelow(x, l, false)) {
					x.next().mayHaveChanged(x)
				}
			},
		},
		{
			name: "destroy: used for a moment", ops: []Op{Destroy}, answers: []env.Errno{env.EBUSY},
			says: "EBUSY also if somebody has the link or its MAC open for a moment; nothing changes",
			from: "bugs.md N14; environment.md 4.2",
			do: func(x *step) {
				if x.around(usesMAC&^setOf(PropGet, PropSet, GetZone) | setOf(Destroy)) {
					x.next().mayHaveChanged(x)
				}
			},
		},
		{
			name: "destroy: flows", ops: []Op{Destroy}, answers: []env.Errno{env.ENOTEMPTY},
			says: "ENOTEMPTY if it has flows; nothing changes", from: "environment.md 4.2, 5",
			do: func(x *step) {
				if l := x.s.find(x.o.Link); l != nil && l.flows > 0 {
					x.next().mayHaveChanged(x)
				}
			},
		},
		{
			name: "destroy: not the creator", ops: []Op{Destroy}, answers: []env.Errno{env.EACCES},
			says: "EACCES for a tunnel that another zone has created", from: "environment.md 11",
			do: func(x *step) {
				l := x.s.find(x.o.Link)
				x.when(l != nil && l.class == tunnel && l.owner != x.o.Zone)
			},
		},
	}
}

// lowerVisible reports whether all links that a new link is made on are visible.
func lowerVisible(x *step) bool {
	for _, id := range x.o.Over {
		if x.s.visible(id) == nil {
			return false
		}
	}
	return true
}

// driverOf returns the class that stands for the driver of a class: etherstubs are vnic's.
func driverOf(c class) class {
	if c == etherstub {
		return vnic
	}
	return c
}

// taken reports whether the kernel has a link with the linkid or the MAC of a new one.
func taken(x *step) bool {
	l := x.s.of(x.o.mac)
	return x.s.find(x.o.Link) != nil || l != nil && l.phase != absent
}

// register puts a link into the table that is not visible yet.
func register(x *step, e *entry, owner env.ZoneID) {
	t := x.next()
	l := t.of(x.o.mac)
	l.gone()
	l.phase, l.id, l.name, l.owner, l.zone = initialising, x.o.Link, e.name, owner, owner
	l.implicit = false
	t.changed(x)
}

// finish has a link that is being made come to its zone, which is one more change for a listing, and gives it its
// kstat.
func finish(x *step, l *link) {
	before := x.s
	if l.owner != env.GlobalZone {
		x.s = x.c.copy(before)
		x.s.changed(x)
	}
	makeKstat(x, x.s.of(l.mac))
	x.s = before
}

// unregister takes back what a creation that fails has registered.
func unregister(x *step) {
	t := x.next()
	if l := t.of(x.o.mac); l != nil && l.phase == initialising {
		l.gone()
	}
	t.mayHaveChanged(x)
}

// gone makes a link absent. Temporary references to it may be left, and what it was called last
// stays, for events that tell of it.
func (l *link) gone() {
	l.strange = l.strange || l.unnamed() || l.attaching && l.name == 0
	l.phase = absent
	l.refs, l.local, l.flows = 0, 0, 0
	l.loading, l.attaching, l.fresh, l.bare = false, false, false, false
	l.toldID, l.toldName = 0, 0
	l.ownName, l.zoneName, l.kstatZone, l.staleName = 0, 0, 0, 0
}

// forced reports whether a link may be removed although it is held: it is transient and its zone
// shuts down, or the zone that it is in is gone (seed C:1002-1050).
func forced(x *step, l *link) bool {
	if l.zone == env.GlobalZone {
		return false
	}
	low, high := x.p.status(x.o, l.zone)
	return high > ZoneDown || low < ZoneReady || l.owner != env.GlobalZone && high >= ZoneShuttingDown
}

// usedBelow reports whether another link is made on l, whose MAC it has open: for certain, or it may
// be.
func usedBelow(x *step, l *link, certain bool) bool {
	for i := range x.p.over {
		o := &x.p.over[i]
		if o.lower == l.id && !(certain && o.loose) && (x.o.Pending || x.o.Return >= o.since) {
			if u := x.s.of(o.mac); u != nil && u.phase != absent {
				return true
			}
		}
	}
	return false
}
