// SPDX-License-Identifier: CDDL-1.0

package model

import "dlsim/devnet/env"

// renameRules are both cases of the rename: to a new name, and onto the linkid of a physical link
// whose device was removed.
func renameRules() []*rule {
	return []*rule{
		{
			name: "rename: device held", ops: []Op{Rename, PhysAttr}, answers: []env.Errno{ok, anyError},
			says: "the device of a physical link is held first, and that of the linkid to take over, which attaches it if it is not there",
			from: "environment.md 7.3; seed C:1443-1453",
			do: func(x *step) {
				x.same()
				for _, id := range [...]env.LinkID{x.o.Link, x.o.Onto} {
					e := x.s.entry(id)
					if e == nil || e.dev == 0 {
						continue
					}
					if l := x.s.of(e.dev); l != nil && l.phase == absent && !l.attaching {
						x.next().of(e.dev).attaching = true
					}
				}
				if x.around(setOf(UpLinkid, DestroyLinkid)) { // it may have been told before the daemon moved or forgot it
					for i := range x.s.links {
						if l := &x.s.links[i]; x.o.touch&bit(i) != 0 && l.class == physical && l.phase == absent && !l.attaching {
							x.next().of(l.mac).attaching = true
						}
					}
				}
				attachesStrange(x)
			},
		},
		{
			name: "rename: new name", ops: []Op{Rename}, answers: []env.Errno{ok}, step: 1,
			says: "a link that nobody holds gets the new name", from: "seed C:1412-1428, 1474-1491",
			do: func(x *step) {
				l := x.s.visible(x.o.Link)
				if x.o.Onto != env.InvalidLinkID || l == nil || l.held() {
					if x.s.find(x.o.Link) == nil {
						strangerNamed(x) // whose kstat has the name from now on
					}
					return
				}
				t := x.carry(int32(l.mac))
				l = t.of(l.mac)
				l.name, l.loading = x.o.name, false
			},
		},
		{
			name: "rename: onto", ops: []Op{Rename}, answers: []env.Errno{ok}, step: 1,
			says: "a physical link that nobody has open gets the name and linkid of the removed one, in one moment",
			from: "seed C:1421-1428, 1493-1550",
			do: func(x *step) {
				l, e := x.s.visible(x.o.Link), x.s.entry(x.o.Onto)
				if x.o.Onto == env.InvalidLinkID || l == nil || l.held() || usedBelow(x, l, true) || l.class != physical ||
					e == nil || e.known == no || x.s.find(x.o.Onto) != nil {
					return
				}
				t := x.carry(int32(l.mac))
				l = t.of(l.mac)
				// Its kstat stands for the old linkid, so nobody can read it any more.
				l.staleName, l.ownName = l.ownName, 0
				l.id, l.name, l.loading = x.o.Onto, e.name, true
			},
		},
		{
			name: "rename: kstat deleted", ops: []Op{Rename}, answers: []env.Errno{ok}, step: 2,
			says: "then the kstat under the old name goes", from: "seed C:791-799",
			do: func(x *step) {
				t := x.next()
				if l := t.of(word(x.value)); l != nil && l.phase != absent {
					l.ownName, l.staleName = 0, 0
				}
			},
		},
		{
			name: "rename: kstat created", ops: []Op{Rename}, answers: []env.Errno{ok}, step: 3,
			says: "and one under the new name comes, unless that name is taken, also by a link that is being deleted",
			from: "seed C:800-805, 1068, 1115-1116",
			do: func(x *step) {
				if l := x.s.of(word(x.value)); l != nil && l.phase != absent {
					makeKstat(x, l)
				} else {
					x.same()
				}
			},
		},
		{
			name: "rename: none", ops: []Op{Rename}, answers: []env.Errno{env.ENOENT}, step: 1,
			says: "ENOENT if the link is not visible, or the daemon does not know one of the linkids",
			from: "environment.md 12; seed C:1460, 1466, 1529",
			do: func(x *step) {
				e, onto := x.s.entry(x.o.Link), x.s.entry(x.o.Onto)
				x.when(x.s.visible(x.o.Link) == nil || e == nil || e.known != yes || e.seen(x.o.Zone) != yes || zonesUnread(x, e) ||
					x.o.Onto != env.InvalidLinkID && (onto == nil || onto.known != yes))
			},
		},
		{
			name: "rename: held", ops: []Op{Rename}, answers: []env.Errno{env.EBUSY}, step: 1,
			says: "EBUSY if it is held or lent to a zone", from: "seed C:1470-1478",
			do: func(x *step) {
				l := x.s.visible(x.o.Link)
				x.when(l != nil && (l.held() || x.o.Onto != env.InvalidLinkID && usedBelow(x, l, false)))
			},
		},
		{
			name: "rename: used for a moment", ops: []Op{Rename}, answers: []env.Errno{env.EBUSY}, step: 1,
			says: "EBUSY also if somebody holds it for a moment, or, to take over a linkid, has its MAC open",
			from: "bugs.md N14; environment.md 4.3",
			do: func(x *step) {
				x.when(x.around(takesRef|setOf(Rename)) || x.o.Onto != env.InvalidLinkID && x.around(usesMAC|setOf(Destroy, DaemonStart)))
			},
		},
		{
			name: "rename: taken", ops: []Op{Rename}, answers: []env.Errno{env.EEXIST}, step: 1,
			says: "EEXIST if the linkid to take over is in use, or its device is there",
			from: "seed C:1436-1449, 1518-1526",
			do: func(x *step) {
				if x.o.Onto == env.InvalidLinkID {
					return
				}
				e := x.s.entry(x.o.Onto)
				x.when(x.s.find(x.o.Onto) != nil || e != nil && x.s.of(e.dev) != nil && e.dev != 0)
			},
		},
		{
			name: "rename: no device", ops: []Op{Rename}, answers: []env.Errno{env.EINVAL}, step: 1,
			says: "EINVAL if the link that is to take over a linkid is not physical, or its device cannot be held",
			from: "seed C:1493-1500",
			do: func(x *step) {
				l, e := x.s.visible(x.o.Link), x.s.entry(x.o.Link)
				x.when(x.o.Onto != env.InvalidLinkID && l != nil &&
					(l.class != physical || e == nil || e.dev == 0 || x.trouble() || x.around(setOf(Attach, Detach))))
			},
		},
		{
			name: "rename: another zone's", ops: []Op{Rename}, answers: []env.Errno{env.EACCES}, step: 1,
			says: "EACCES for a zone that does not list the link, which it may not do for a moment if a move to another fails",
			from: "environment.md 10.2, 12",
			do: func(x *step) {
				e := x.s.entry(x.o.Link)
				x.when(x.o.Zone != env.GlobalZone && (e == nil || e.zone != x.o.Zone || e.moved || x.around(setOf(SetZone))))
			},
		},
	}
}

// attachesStrange adds states in which a device is attached whose linkid the history does not know.
func attachesStrange(x *step) {
	for i := range x.s.links {
		if l := &x.s.links[i]; l.strange && l.phase == absent && !l.attaching && x.s.anonymous(x.o) {
			x.next().of(l.mac).attaching = true
		}
	}
}
