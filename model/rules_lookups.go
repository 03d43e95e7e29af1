// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// lookupRules are the questions that leave everything as it is.
func lookupRules() []*rule {
	return []*rule{
		{
			name: "macname: found", ops: []Op{MacnameToLinkid, DevToLinkid}, answers: []env.Errno{ok},
			says: "a MAC's linkid can be asked for from the moment its link is being made, not only when it is visible",
			from: "seed C:1361-1375; bugs.md N4",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				x.when(l != nil && l.phase != absent && (l.id == x.o.Result.Link || l.unnamed()))
				// Without a daemon a device's link has no linkid yet (environment.md 7.2).
				x.when(l != nil && l.attaching && x.p.unsettled && x.o.Result.Link == env.InvalidLinkID)
			},
		},
		{
			name: "macname: none", ops: []Op{MacnameToLinkid, DevToLinkid}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if there is no link of that MAC", from: "seed C:1366-1370",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				x.when(l == nil || l.phase == absent)
			},
		},
		{
			name: "islinkvisible: yes", ops: []Op{IsLinkVisible}, answers: []env.Errno{ok},
			says: "a link is visible to the zone that it was created in and to the one that it is in",
			from: "seed C:1676-1691",
			do: func(x *step) {
				for l := range x.found {
					x.when(x.o.Result.Visible && (l.owner == x.o.Into || l.zone == x.o.Into))
				}
			},
		},
		{
			name: "islinkvisible: no", ops: []Op{IsLinkVisible}, answers: []env.Errno{ok},
			says: "it is not visible to other zones, and to none while it does not exist",
			from: "seed C:1676-1691",
			do: func(x *step) {
				x.when(!x.o.Result.Visible && x.s.visible(x.o.Link) == nil)
				for l := range x.found {
					x.when(!x.o.Result.Visible && l.owner != x.o.Into && l.zone != x.o.Into)
				}
			},
		},
		{
			name: "getzone: zone", ops: []Op{GetZone}, answers: []env.Errno{ok},
			says: "the zone that the link is in, for callers in the zone that owns it",
			from: "environment.md 10.3, 12; seed C:1664-1668",
			do: func(x *step) {
				for l := range x.found {
					x.when(l.owner == x.o.Zone && l.zone == x.o.Result.Zone)
				}
			},
		},
		{
			name: "getzone: going", ops: []Op{GetZone}, answers: []env.Errno{ok},
			says: "or the global zone, into which a link is moved while it is deleted, if it was held before",
			from: "seed C:1070-1097, 1664-1668",
			do: func(x *step) {
				x.when(x.o.Result.Zone == env.GlobalZone && x.around(setOf(Destroy, Detach, Close, Rele, StreamDetach, Readdir)))
			},
		},
		{
			name: "property: none", ops: []Op{GetZone, PropGet, PropSet}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if the link does not exist or the caller is not in the zone that owns it",
			from: "environment.md 12, 13 (9)",
			do: func(x *step) {
				l := x.s.visible(x.o.Link)
				x.when(l == nil || l.owner != x.o.Zone)
			},
		},
		{
			name: "phydev: visible", ops: []Op{Phydev}, answers: []env.Errno{ok, env.EINVAL},
			says: "the device of a link that is visible can be asked for", from: "seed C:1394-1404",
			do: func(x *step) { x.when(x.s.visible(x.o.Link) != nil) },
		},
		{
			name: "phydev: device", ops: []Op{Phydev}, answers: []env.Errno{ok}, step: 1,
			says: "then the daemon tells the device to the caller's zone, that of the linkid that a rename may have given it meanwhile",
			from: "seed C:1406-1410",
			do: func(x *step) {
				for i := range x.s.names {
					e := &x.s.names[i]
					if (e.id == x.o.Link || x.around(setOf(Rename))) && e.dev == x.o.madeMAC && e.seen(x.o.Zone) != no {
						x.same()
						return
					}
				}
			},
		},
		{
			name: "phydev: no device", ops: []Op{Phydev}, answers: []env.Errno{env.EINVAL}, step: 1,
			says: "EINVAL if the link has no device, or the daemon does not say which; a linkid that a rename has given it has none yet",
			from: "seed C:599-617, 1407",
			do: func(x *step) {
				none := func(e *entry) bool {
					return e == nil || e.dev == 0 || e.known != yes || e.seen(x.o.Zone) != yes || x.trouble()
				}
				if none(x.s.entry(x.o.Link)) {
					x.same()
					return
				}
				for l := range x.found {
					x.when(none(x.s.entry(l.id)))
				}
			},
		},
		{
			name: "phydev: none", ops: []Op{Phydev}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if the link is not visible", from: "seed C:1404",
			do: func(x *step) { x.when(x.s.visible(x.o.Link) == nil) },
		},
		{
			name: "link event", ops: []Op{LinkEvent}, answers: []env.Errno{ok},
			says: "an event tells of a link a name, a linkid and a zone that it had at one moment",
			from: "environment.md 4.6",
			do: func(x *step) {
				l, r := x.s.of(x.o.mac), &x.o.Result
				if l != nil && l.unnamed() {
					x.same()
				}
				if l != nil && l.name != 0 && l.name == x.o.madeName && l.id == r.Link {
					// A link that is deleted leaves its zone on the way (seed C:1070-1097).
					x.when(l.zone == r.Zone || l.phase == absent && r.Zone == env.GlobalZone)
				}
			},
		},
		{
			name: "rebuild: asked", ops: []Op{Rebuild}, answers: []env.Errno{ok},
			says: "whether links have come, gone or moved since it was last asked",
			from: "seed C:1762-1773",
			do: func(x *step) {
				if x.s.rebuild.canBe(x.o.Result.Visible) {
					x.same()
				}
			},
		},
		{
			name: "rebuild: cleared", ops: []Op{Rebuild}, answers: []env.Errno{ok}, step: 1,
			says: "asking clears the notice, after it was read and without a lock: a change between the two is lost",
			from: "seed C:1767-1772; bugs.md L27",
			do:   func(x *step) { x.next().rebuild = no },
		},
		{
			name: "readdir: clears the notice", ops: []Op{Readdir}, answers: []env.Errno{ok},
			says: "a listing asks whether links have changed, and so clears the notice", from: "environment.md 12; seed C:1771",
			do: func(x *step) { x.next().rebuild = no },
		},
		{
			name: "readdir: as it is", ops: []Op{Readdir}, answers: []env.Errno{ok}, step: 1,
			says: "then it opens and closes the links, which leaves them as they are", from: "environment.md 12",
			do: func(x *step) { x.same() },
		},
		{
			name: "readdir: device attached", ops: []Op{Readdir}, answers: []env.Errno{ok}, step: 1,
			says: "but it attaches the device of a name that it has read, and that the daemon does not tell in its zone when it opens it",
			from: "seed C:1334-1352; environment.md 12, 16",
			do: func(x *step) {
				renamed := x.around(setOf(UpLinkid, RemapLinkid, DestroyLinkid))
				goes := renamed || x.around(setOf(SetZone, zoneRemove)) || x.faulty(env.ENOENT)
				for i := range x.s.links {
					l := &x.s.links[i]
					if l.class != physical || l.phase != absent || l.attaching {
						continue
					}
					// The name may be one that it had when the listing began.
					if l.strange && goes || slices.ContainsFunc(x.s.names, func(e entry) bool {
						return e.name == l.mac && (goes || e.listed(x.o.Zone) != yes) || renamed && e.dev == l.mac
					}) {
						x.next().of(l.mac).attaching = true
					}
				}
			},
		},
		{
			name: "readdir: last of a tunnel", ops: []Op{Readdir}, answers: []env.Errno{ok}, step: 1,
			says: "deletes implicit tunnels that nobody uses",
			from: "seed C:1264-1269; environment.md 12",
			do:   func(x *step) { deletesUnused(x, x.s, 0, -1) },
		},
		{
			name: "readdir: tunnel made", ops: []Op{Readdir}, answers: []env.Errno{ok}, step: 1,
			says: "and makes a tunnel of a name that it has read, if there is none of it in its zone when it opens it",
			from: "seed C:1302-1310; environment.md 12",
			do: func(x *step) {
				goes := x.around(setOf(Open, Close, Rele, StreamDetach, Readdir, SetZone, zoneRemove, RemapLinkid, DestroyLinkid,
					ZoneHalted, DaemonStart))
				for i := range x.s.names {
					e := &x.s.names[i]
					if isTunnelName(x.p.words.text(e.name)) && (goes || e.known != yes || e.listed(x.o.Zone) != yes) {
						x.carry(x.notices(x.o.Zone, 1, 3)).madeInPassing(x, e.name)
					}
				}
			},
		},
		{
			name: "readdir: more notices", ops: []Op{Readdir}, answers: []env.Errno{ok}, step: 2, carried: true,
			says: "each coming and going of a tunnel, also to its zone and from it, is told to the next listing",
			from: "seed C:908, 1066, 1606", do: moreNotices,
		},
		{
			name: "readdir: notice before last", ops: []Op{Readdir}, answers: []env.Errno{ok}, step: 3, carried: true,
			says: "at moments of their own", from: "seed C:908, 1066, 1606", do: moreNotices,
		},
		{
			name: "readdir: last notice", ops: []Op{Readdir}, answers: []env.Errno{ok}, step: 4, carried: true,
			says: "up to four", from: "seed C:908, 1066, 1606", do: moreNotices,
		},
	}
}

// deletesUnused adds to s the states in which implicit tunnels that nobody uses, from the first link on, have been
// deleted, of which a listing has been told more often than once.
func deletesUnused(x *step, s *state, first int, more int32) {
	for i := first; i < len(s.links); i++ {
		l := &s.links[i]
		if !l.implicit || l.phase != visible || l.held() || l.flows > 0 {
			continue
		}
		told := more + 1
		if l.owner != env.GlobalZone {
			told++
		}
		t := x.c.copy(s)
		x.out = append(x.out, t)
		f := t.flight(x.o.num)
		f.value = x.notices(env.GlobalZone, min(told, 3), 0)
		t.advance(f)
		if e := t.entry(l.id); e != nil {
			e.known = unsure // until the daemon has forgotten it
		}
		t.links[i].gone()
		t.changed(x)
		deletesUnused(x, t, i+1, told)
	}
}
