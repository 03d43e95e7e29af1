// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// What an open has found out about its name, for its later steps: a linkid, or one of these.
const (
	madeHere = -1 // nobody knew it: the open makes a tunnel
	settled  = -2 // the reason of the error is found
	attached = -3 // it is a device's, which is attached; the daemon is asked again
	// noted, and one less for each further notice, says how many more times a listing is told of a tunnel.
	noted  = -4
	asked  = -8 // nobody knows the name yet
	others = -9 // and then somebody else has taken it
)

// openRules are opens by name in /dev/net and streams.
func openRules() []*rule {
	return []*rule{
		{
			name: "open: name known", ops: []Op{Open}, answers: []env.Errno{ok, env.ENOENT},
			says: "the daemon is asked for the linkid of the name", from: "seed C:1284-1286",
			do: func(x *step) {
				for i := range x.s.names {
					if e := &x.s.names[i]; e.called(x.o.name) && e.listed(x.o.Zone) != no {
						x.carry(int32(e.id))
					}
				}
			},
		},
		{
			name: "open: name made", ops: []Op{Open}, answers: []env.Errno{ok},
			says: "the name of an implicit tunnel that nobody knows is made; a daemon that starts before there is a link may not know it",
			from: "seed C:1302-1310, 1930-1963; bugs.md L28",
			do: func(x *step) {
				if isTunnelName(x.o.Name) && mayBeUnknown(x, x.o.name) && x.s.entry(x.o.Result.Link) == nil {
					e := newEntry(x, yes)
					if x.around(setOf(DaemonStart)) {
						e.known = unsure
					}
					e.id, e.class = x.o.Result.Link, tunnel
					x.carry(madeHere).add(e)
				}
			},
		},
		{
			name: "open: device asked", ops: []Op{Open}, answers: []env.Errno{ok},
			says: "an unknown name that is a device's attaches it", from: "seed C:1325-1357",
			do: func(x *step) {
				l := x.s.of(x.o.madeMAC)
				if l == nil || l.class != physical || l.mac != x.o.name || !mayBeUnknown(x, x.o.name) || x.s.entry(x.o.Result.Link) != nil {
					return
				}
				t := x.carry(int32(x.o.Result.Link))
				e := newEntry(x, yes)
				e.id, e.class, e.dev = x.o.Result.Link, physical, l.mac
				t.add(e)
				if l.phase == absent {
					t.of(l.mac).come(&e)
					t.of(l.mac).phase, t.of(l.mac).attaching = visible, false
					t.changed(x)
				}
			},
		},
		{
			name: "open: device attached", ops: []Op{Open}, answers: []env.Errno{ok},
			says: "so does a device's name that the zone may not find, for the daemon may be asked in vain the first time",
			from: "seed C:1334-1346; environment.md 10.1",
			do: func(x *step) {
				l := x.s.of(x.o.name)
				known := slices.ContainsFunc(x.s.names, func(e entry) bool { return e.dev == x.o.name })
				if l == nil || l.class != physical || !known || !mayBeUnknown(x, x.o.name) && !x.faulty(env.ENOENT) {
					return
				}
				t := x.carry(attached)
				if l = t.of(x.o.name); l.phase == absent {
					l.attaching = true
				}
			},
		},
		{
			name: "open: asked again", ops: []Op{Open}, answers: []env.Errno{ok}, step: 1,
			says: "the daemon is asked again, and tells a linkid that the zone may find by then; a device that was detached " +
				"meanwhile has been attached",
			from: "seed C:1338-1345",
			do: func(x *step) {
				if x.value != attached {
					return
				}
				for i := range x.s.names {
					e := &x.s.names[i]
					if !e.called(x.o.name) || e.listed(x.o.Zone) == no {
						continue
					}
					if l := x.carry(int32(e.id)).of(x.o.name); l.phase == absent {
						l.attaching = true
					}
				}
			},
		},
		{
			name: "open: device not told", ops: []Op{Open}, answers: []env.Errno{env.EINVAL},
			says: "EINVAL if the daemon tells the linkid of a device's name the second time, and then not its device",
			from: "seed C:599-617, 1345-1348",
			do: func(x *step) {
				if l := x.s.of(x.o.name); l != nil && l.class == physical && (x.trouble() || x.around(setOf(RemapLinkid, UpLinkid, Rename, SetZone, zoneRemove))) {
					x.carry(0)
					attachesDevice(x, 0)
				}
			},
		},
		{
			name: "open: tunnel registered", ops: []Op{Open}, answers: []env.Errno{ok}, step: 1,
			says: "the tunnel's link is in the table, not yet visible", from: "seed C:1964-1976, 824-920",
			do: func(x *step) {
				if x.value != madeHere {
					x.when(x.value != attached)
					return
				}
				if x.s.of(x.o.madeMAC) == nil || x.s.find(x.o.Result.Link) != nil {
					return
				}
				t := x.next()
				l := t.of(x.o.madeMAC)
				l.gone()
				l.phase, l.id, l.name, l.owner, l.zone = initialising, x.o.Result.Link, x.o.name, x.o.Zone, x.o.Zone
				l.implicit = true
				t.changed(x)
			},
		},
		{
			name: "open: kstat made", ops: []Op{Open}, answers: []env.Errno{ok}, step: 2,
			says: "then it comes to its zone and gets its kstat, unless another has the name", from: "seed C:928-951",
			do: func(x *step) {
				if l := x.s.of(x.o.madeMAC); x.value == madeHere && l.phase == initialising {
					finish(x, l)
				} else {
					x.same()
				}
			},
		},
		{
			name: "open: tunnel made", ops: []Op{Open}, answers: []env.Errno{ok}, step: 3,
			says: "then it is visible", from: "seed C:1964-1976, 1800-1817",
			do: func(x *step) {
				if x.value != madeHere {
					x.same()
					return
				}
				l := x.carry(int32(x.o.Result.Link)).of(x.o.madeMAC)
				l.phase, l.loading = visible, true
			},
		},
		{
			name: "open: held", ops: []Op{Open}, answers: []env.Errno{ok}, step: 4,
			says: "the link is held, if it is visible", from: "seed C:1285, 1312, 1355",
			do: func(x *step) {
				if l := x.s.visible(env.LinkID(x.value)); l != nil && x.got(l) {
					x.next().of(l.mac).refs++
				}
			},
		},
		{
			name: "open: zone", ops: []Op{Open}, answers: []env.Errno{ok}, step: 5,
			says: "a zone opens links that are in it, and the properties are loaded by then",
			from: "seed C:1707-1717",
			do: func(x *step) {
				l := x.s.find(env.LinkID(x.value))
				if x.o.Zone != env.GlobalZone && (l == nil || l.zone != x.o.Zone) {
					return
				}
				t := x.next()
				if l != nil {
					t.of(l.mac).loading = false
				}
			},
		},
		{
			name: "open: still the zone's", ops: []Op{Open}, answers: []env.Errno{ok}, step: atReturn,
			says: "when a zone has got the link it is in that zone: a zone never gets another's link",
			from: "seed C:1711-1717; bugs.md L24",
			do: func(x *step) {
				l := x.s.of(x.o.madeMAC)
				x.when(x.o.Zone == env.GlobalZone || l == nil || l.phase != visible || l.zone == x.o.Zone)
			},
		},
		{
			name: "open: name unknown", ops: []Op{Open}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if nobody knows the name and no tunnel or device can be made of it",
			from: "seed C:1288-1304, 1334-1352",
			do: func(x *step) {
				if !mayBeUnknown(x, x.o.name) && !x.trouble() || isTunnelName(x.o.Name) && !x.trouble() {
					return
				}
				leavesName(x, settled)
				attachesDevice(x, settled) // and its name turns out to be another link's
			},
		},
		{
			name: "open: not there", ops: []Op{Open}, answers: []env.Errno{env.ENOENT}, step: 1,
			says: "ENOENT if the link of the name is not visible, or not in the caller's zone",
			from: "seed C:1285, 1711-1717; environment.md 10.6",
			do: func(x *step) {
				l := x.s.visible(env.LinkID(x.value))
				switch {
				case x.value == asked:
				case x.value == settled:
					takenBack(x)
				case l == nil || x.o.Zone != env.GlobalZone && l.zone != x.o.Zone:
					x.carry(0)
				}
			},
		},
		{
			name: "open: tunnel to be made", ops: []Op{Open}, answers: []env.Errno{env.ENOENT},
			says: "a tunnel is made of a name that is unknown", from: "seed C:1284-1307",
			do: func(x *step) {
				if isTunnelName(x.o.Name) && mayBeUnknown(x, x.o.name) {
					x.carry(asked)
				}
			},
		},
		{
			name: "open: name taken", ops: []Op{Open}, answers: []env.Errno{env.ENOENT}, step: 1,
			says: "unless somebody else has taken it by then", from: "seed C:1306; bugs.md L15",
			do: func(x *step) {
				if x.value == asked && nameListed(x, x.o.name, x.o.Zone) {
					x.carry(others)
				}
			},
		},
		{
			name: "open: name given up", ops: []Op{Open}, answers: []env.Errno{env.ENOENT}, step: 2, carried: true,
			says: "and has another one when the daemon is asked again", from: "bugs.md L15",
			do: func(x *step) {
				if x.value == others && mayBeUnknown(x, x.o.name) {
					x.carry(0)
				}
			},
		},
		{
			name: "open: taken back", ops: []Op{Open}, step: 1,
			answers: slices.DeleteFunc(env.Errnos(), func(e env.Errno) bool { return e == env.ENOENT }),
			says:    "a tunnel that an open does not get is deleted again, which is one more change for a listing",
			from:    "seed C:908, 1066", do: takenBack,
		},
		{
			name: "open: more notices", ops: []Op{Open}, answers: []env.Errno{anyError}, step: 2, carried: true,
			says: "a tunnel of a zone also comes to it", from: "seed C:928, 1606", do: moreNotices,
		},
		{
			name: "open: last notice", ops: []Op{Open}, answers: []env.Errno{anyError}, step: 3, carried: true,
			says: "and leaves it, which are changes of their own", from: "seed C:1080-1097, 1606", do: moreNotices,
		},
		{
			name: "open: tunnel unfinished", ops: []Op{Open}, answers: []env.Errno{env.ENOENT, env.EINVAL, env.EEXIST},
			says: "a tunnel that somebody deletes while an open makes it is not opened",
			from: "bugs.md L14; environment.md 11",
			do: func(x *step) {
				interrupted := x.around(setOf(Open)) && x.p.unsettled // an open that the daemon has left takes the name back
				if isTunnelName(x.o.Name) && (interrupted || x.around(setOf(Destroy, DestroyLinkid, ZoneHalted))) {
					leavesName(x, settled)
				}
			},
		},
		{
			name: "open: exclusive", ops: []Op{Open, StreamAttach, PropGet, PropSet, GetZone, FlowAdd, FlowRemove, FlowWalk},
			answers: []env.Errno{env.EBUSY},
			says:    "EBUSY while the link takes over another linkid", from: "environment.md 4.2, 4.3",
			do: func(x *step) { x.when(x.around(setOf(Rename))) },
		},
		{
			name: "stream: held", ops: []Op{StreamAttach}, answers: []env.Errno{ok},
			says: "a stream holds the visible link of its device", from: "environment.md 12",
			do: func(x *step) {
				if l := x.s.of(x.o.mac); l != nil && l.phase == visible {
					x.next().of(x.o.mac).refs++
				}
			},
		},
		{
			name: "stream: opened", ops: []Op{StreamAttach}, answers: []env.Errno{ok}, step: 1,
			says: "in a zone only a link of the zone can be opened; a stream of the link's zone keeps it there",
			from: "environment.md 5",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				if l == nil {
					return
				}
				if x.o.Result.Local == (l.zone == x.o.Zone) && (x.o.Result.Local || x.o.Zone == env.GlobalZone) {
					t := x.next()
					if x.o.Result.Local {
						t.of(x.o.mac).local++
					}
				}
			},
		},
		{
			name: "stream: another zone's", ops: []Op{StreamAttach}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT for a zone that the link is not in", from: "environment.md 5",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				x.when(l != nil && l.phase == visible && x.o.Zone != env.GlobalZone && l.zone != x.o.Zone)
			},
		},
		{
			name: "stream: closed", ops: []Op{StreamDetach}, answers: []env.Errno{ok},
			says: "a stream of the link's zone does not keep it there any more", from: "environment.md 5",
			do: func(x *step) {
				t := x.next()
				if l := t.of(x.o.mac); l != nil && x.o.Local && l.local > 0 {
					l.local--
				}
			},
		},
		{
			name: "stream: given back", ops: []Op{StreamDetach}, answers: []env.Errno{ok}, step: 1,
			says: "and the reference of the stream is given back", from: "environment.md 12", do: giveBack,
		},
		{
			name: "stream: last of a tunnel", ops: []Op{StreamDetach}, answers: []env.Errno{ok}, step: 2, carried: true,
			says: "the last one deletes an implicit tunnel", from: "seed C:1264-1269", do: lastOfTunnel,
		},
		{
			name: "stream: tunnel leaves its zone", ops: []Op{StreamDetach}, answers: []env.Errno{ok}, step: 3, carried: true,
			says: "which leaves its zone on the way", from: "seed C:1080-1097, 1606", do: tunnelLeaves,
		},
		{
			name: "stream: tunnel forgotten", ops: []Op{StreamDetach}, answers: []env.Errno{ok}, step: 4, carried: true,
			says: "and then the daemon forgets it", from: "seed C:1988-1992", do: tunnelForgotten,
		},
	}
}

// takenBack is the end of an open that fails, of a name that it may have made a tunnel of, or whose device it may have
// attached after it was detached meanwhile.
func takenBack(x *step) {
	if !isTunnelName(x.o.Name) {
		x.carry(0)
		attachesDevice(x, 0)
		return
	}
	x.carry(x.notices(x.o.Zone, 0, 2)).mayHaveChanged(x)
}

// notices returns the value that says how often a listing is told again of a tunnel of a zone, global times if that
// is the global one, else other times.
func (x *step) notices(zone env.ZoneID, global, other int32) int32 {
	more := global
	if zone != env.GlobalZone {
		more = other
	}
	if more == 0 || !x.p.rebuilds {
		return 0
	}
	return noted - more
}

// moreNotices tells a listing of a tunnel again, if that is still to be done.
func moreNotices(x *step) {
	switch {
	case x.value == others:
	case x.value >= noted || x.value < noted-3:
		x.same()
	case x.value == noted-1:
		x.carry(0).mayHaveChanged(x)
	default:
		x.carry(x.value + 1).mayHaveChanged(x)
	}
}

// isTunnelName reports whether an open of the name makes a tunnel (seed C:77-81): one of three
// words and a number.
func isTunnelName(name string) bool {
	for _, kind := range [...]string{"ip.tun", "ip6.tun", "ip.6to4tun"} {
		if n := len(kind); len(name) > n && name[:n] == kind && digits(name[n:]) {
			return true
		}
	}
	return false
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
