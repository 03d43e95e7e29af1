// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// nameRules are the requests to the daemon: the kernel's questions and what userland asks for
// before and after it calls the kernel. Each is one moment under the daemon's table lock
// (environment.md 10.1, 10.2, 10.6).
func nameRules() []*rule {
	return []*rule{
		{
			name: "get_linkid: found", ops: []Op{GetLinkid}, answers: []env.Errno{ok},
			says: "the linkid of a name that the caller's zone may find", from: "environment.md 10.1, 10.2",
			do: func(x *step) {
				e := x.s.known(x.o.Result.Link)
				x.when(e != nil && (e.name == x.o.name || e.known == unsure) && e.listed(x.o.Zone) != no)
			},
		},
		{
			name: "get_linkid: none", ops: []Op{GetLinkid}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if there is none", from: "environment.md 10.2",
			do: func(x *step) { x.when(mayBeUnknown(x, x.o.name)) },
		},
		{
			name: "get_linkinfo: found", ops: []Op{GetLinkinfo}, answers: []env.Errno{ok},
			says: "the name and class of a linkid that the caller's zone may see", from: "environment.md 10.1, 10.2",
			do: func(x *step) {
				e := x.s.known(x.o.Link)
				x.when(e != nil && (e.name == x.o.madeName && e.class == classOf(x.o.Result.Class) || e.known == unsure) &&
					e.seen(x.o.Zone) != no)
			},
		},
		{
			name: "get_linkinfo: none", ops: []Op{GetLinkinfo}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if there is none", from: "environment.md 10.2",
			do: func(x *step) {
				e := x.s.entry(x.o.Link)
				x.when(e == nil || e.known != yes || e.seen(x.o.Zone) != yes || zonesUnread(x, e))
			},
		},
		{
			name: "create_linkid", ops: []Op{CreateLinkid}, answers: []env.Errno{ok},
			says: "userland makes the name and the linkid of a new link, in its zone", from: "environment.md 10.6",
			do: func(x *step) {
				if e := x.s.entry(x.o.Link); (e == nil || e.known != yes) && mayBeUnknown(x, x.o.name) {
					x.next().add(newEntry(x, yes))
				}
			},
		},
		{
			name: "create_linkid: taken", ops: []Op{CreateLinkid}, answers: []env.Errno{env.EEXIST},
			says: "EEXIST if the linkid or the name is taken", from: "environment.md 10.2",
			do: func(x *step) { x.when(x.s.entry(x.o.Link) != nil || nameListed(x, x.o.name, x.o.Zone)) },
		},
		{
			name: "create_linkid: zone not up", ops: []Op{CreateLinkid},
			answers: []env.Errno{env.ENXIO, env.EPERM, env.EINVAL},
			says:    "ENXIO if the zone is not READY to DOWN", from: "environment.md 8.2",
			do: func(x *step) { x.when(mayBeInactive(x, x.o.Zone)) },
		},
		{
			name: "destroy_linkid", ops: []Op{DestroyLinkid}, answers: []env.Errno{ok},
			says: "userland has the daemon forget a link", from: "environment.md 10.6",
			do: func(x *step) {
				if e := x.s.known(x.o.Link); e != nil {
					x.next().forget(e.id)
				}
			},
		},
		{
			name: "linkid unknown", ops: []Op{DestroyLinkid, RemapLinkid, UpLinkid}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if the daemon does not know the linkid", from: "environment.md 10.2",
			do: func(x *step) {
				e, onto := x.s.entry(x.o.Link), x.s.entry(x.o.Onto)
				x.when(e == nil || e.known != yes || x.o.Op == UpLinkid && (onto == nil || onto.known != yes))
			},
		},
		{
			name: "remap_linkid", ops: []Op{RemapLinkid}, answers: []env.Errno{ok},
			says: "userland tells the daemon a link's new name", from: "environment.md 10.6",
			do: func(x *step) {
				e := x.s.entry(x.o.Link)
				free := func(zone env.ZoneID) bool { return !nameCertain(x, x.o.name, zone) }
				if e != nil && mayBeIn(x, e, free) && (e.name != x.o.name || e.known != yes) {
					x.next().entry(x.o.Link).name = x.o.name
					if t := x.toldBefore(e); t != nil {
						t.entry(x.o.Link).name = x.o.name
					}
				}
				strangerNamed(x)
			},
		},
		{
			name: "remap_linkid: taken", ops: []Op{RemapLinkid}, answers: []env.Errno{env.EEXIST},
			says: "EEXIST if a link that the zone which the link is in may find has it", from: "environment.md 10.1, 10.2",
			do: func(x *step) {
				e := x.s.entry(x.o.Link)
				x.when(e != nil && mayBeIn(x, e, func(zone env.ZoneID) bool { return nameListed(x, x.o.name, zone) }))
			},
		},
		{
			name: "up_linkid", ops: []Op{UpLinkid}, answers: []env.Errno{ok},
			says: "userland moves the device of a renamed link to its new linkid and forgets the old one",
			from: "environment.md 10.6",
			do: func(x *step) {
				from := x.s.entry(x.o.Onto)
				if x.s.entry(x.o.Link) == nil || from == nil {
					return
				}
				for _, t := range []*state{x.next(), x.toldBefore(from)} {
					if t != nil {
						t.entry(x.o.Link).dev = from.dev
						t.forget(x.o.Onto)
					}
				}
			},
		},
		{
			name: "zonehalt", ops: []Op{ZoneHalted}, answers: []env.Errno{ok},
			says: "the daemon forgets what a zone owns", from: "environment.md 10.2",
			do: func(x *step) {
				t := x.next()
				for i := len(t.names) - 1; i >= 0; i-- {
					e := t.names[i]
					two := e.id == unknownID && e.moved // it stands for one of another zone, too
					if e.owner == x.o.Into && !two {
						t.forget(e.id)
					}
				}
			},
		},
	}
}

// toldBefore adds the state, if its device is being attached, in which what the daemon knew of an entry has been told for the
// link, which comes with that.
func (x *step) toldBefore(e *entry) *state {
	l := x.s.of(e.dev)
	if l == nil || e.dev == 0 || !l.attaching || l.phase != absent && !x.p.unsettled {
		return nil
	}
	t := x.next()
	l = t.of(e.dev)
	l.toldID, l.toldName = e.id, e.name
	return t
}

// strangerNamed adds the state in which it is a tunnel whose linkid nobody was told that gets the name.
func strangerNamed(x *step) {
	if u := x.s.known(x.o.Link); u != nil && u.id == unknownID {
		x.next().entry(unknownID).alias = x.o.name
	}
}

func newEntry(x *step, known maybe) entry {
	return entry{
		id: x.o.Link, name: x.o.name, class: classOf(x.o.Class), owner: x.o.Zone, zone: x.o.Zone, known: known,
	}
}

// nameListed reports whether the daemon may list the name for a zone, nameCertain whether it does.
func nameListed(x *step, name word, zone env.ZoneID) bool {
	for i := range x.s.names {
		if e := &x.s.names[i]; e.called(name) && e.listed(zone) != no {
			return true
		}
	}
	return false
}

func nameCertain(x *step, name word, zone env.ZoneID) bool {
	for i := range x.s.names {
		if e := &x.s.names[i]; e.name == name && e.known == yes && e.listed(zone) == yes && !zonesUnread(x, e) {
			return true
		}
	}
	return false
}

// mayBeIn reports whether the daemon may have the entry in a zone of which that holds. One that has started does not
// ask a zone that is gone for its links (environment.md 10.5).
func mayBeIn(x *step, e *entry, holds func(env.ZoneID) bool) bool {
	if holds(e.zone) || (e.moved || x.p.unsettled && mayBeInactive(x, e.zone)) && holds(env.GlobalZone) {
		return true
	}
	return e.moved && slices.ContainsFunc(x.p.history.Start.Zones, func(z Zone) bool { return holds(z.ID) })
}

// mayBeUnknown reports whether the caller's zone may not find the name.
func mayBeUnknown(x *step, name word) bool { return !nameCertain(x, name, x.o.Zone) }

// zonesUnread reports whether the daemon may not have read the links of a zone yet, right after it
// has started (environment.md 10.5).
func zonesUnread(x *step, e *entry) bool {
	return e.owner != env.GlobalZone && x.around(setOf(DaemonStart))
}
