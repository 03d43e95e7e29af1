// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// zoneRules are the moves of links between zones, by an administrator and by the shutdown of a
// zone. The daemon is told first, then the link moves, then its kstat does.
func zoneRules() []*rule {
	return []*rule{
		{
			name: "setzone: daemon told", ops: []Op{SetZone}, answers: []env.Errno{ok},
			says: "the global zone moves its links; the daemon is told first, and nothing happens if it is there already",
			from: "environment.md 12; seed C:1572, 1584-1601",
			do: func(x *step) {
				for l := range x.found {
					if l.owner == x.o.Zone && x.o.Zone == env.GlobalZone {
						tellMove(x, l)
					}
				}
			},
		},
		{
			name: "setzone: moved", ops: []Op{SetZone}, answers: []env.Errno{ok}, step: 1, carried: true,
			says: "then the link is in the zone, which is a reference of its own",
			from: "seed C:1602-1607, 1630-1653",
			do: func(x *step) {
				if x.value == 0 {
					x.same()
					return
				}
				t := x.next()
				l := t.of(word(x.value))
				l.zone = x.o.Into
				if e := t.entry(l.id); e != nil && x.value&halfTold != 0 {
					e.zone, e.moved = x.o.Into, false
				}
			},
		},
		{
			name: "setzone: noted", ops: []Op{SetZone, zoneRemove}, answers: []env.Errno{ok}, step: 2, carried: true,
			says: "a listing is told of it a moment later", from: "seed C:1604-1606",
			do: func(x *step) {
				if x.value == 0 {
					x.same()
					return
				}
				x.next().changed(x)
			},
		},
		{
			name: "setzone: kstat deleted", ops: []Op{SetZone, zoneRemove}, answers: []env.Errno{ok}, step: 3, carried: true,
			says: "then its kstat in the zone that it has left goes", from: "seed C:1655-1657", do: leaveKstat,
		},
		{
			name: "setzone: kstat created", ops: []Op{SetZone}, answers: []env.Errno{ok}, step: 4, carried: true,
			says: "and one in the zone that it has come to comes", from: "seed C:1658-1660",
			do: func(x *step) {
				l := x.s.of(word(x.value))
				moves := x.value != 0 && x.o.Into != env.GlobalZone
				taken := moves && x.s.kstatTaken(l.name, x.o.Into)
				if !moves || taken || x.kstatLeft(l, x.o.Into) {
					x.same()
				}
				if moves && !taken {
					l = x.next().of(l.mac)
					l.zoneName, l.kstatZone = l.name, x.o.Into
				}
			},
		},
		{
			name: "setzone: none", ops: []Op{SetZone}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if the link does not exist, for the daemon or the kernel, or another zone owns it",
			from: "environment.md 10.2, 12",
			do: func(x *step) {
				l, e := x.s.visible(x.o.Link), x.s.entry(x.o.Link)
				x.when(l == nil || l.owner != x.o.Zone || e == nil || e.known != yes || e.seen(x.o.Zone) != yes || zonesUnread(x, e))
			},
		},
		{
			name: "property: no entry", ops: []Op{PropSet}, answers: []env.Errno{env.ENOENT},
			says: "a property is set only of a link that the daemon knows", from: "environment.md 10.3",
			do: func(x *step) {
				e := x.s.entry(x.o.Link)
				x.when(e == nil || e.known != yes || e.seen(x.o.Zone) != yes || zonesUnread(x, e))
			},
		},
		{
			name: "setzone: not the global zone", ops: []Op{SetZone}, answers: []env.Errno{env.EACCES},
			says: "EACCES for a zone's own link: only the global zone moves links", from: "environment.md 13 (9)",
			do: func(x *step) {
				l := x.s.visible(x.o.Link)
				x.when(x.o.Zone != env.GlobalZone && l != nil && l.owner == x.o.Zone)
			},
		},
		{
			name: "setzone: told for nothing", ops: []Op{SetZone}, answers: []env.Errno{env.EBUSY},
			says: "the daemon may have been told for a time of a move that is refused then",
			from: "seed C:1609-1613",
			do: func(x *step) {
				x.carry(0)
				for l := range x.found {
					if l.zone != x.o.Into && x.o.Zone == env.GlobalZone {
						tellInVain(x, l)
					}
				}
			},
		},
		{
			name: "setzone: told of a zone that goes", ops: []Op{SetZone}, answers: []env.Errno{env.ENXIO},
			says: "ENXIO also if the zone to move to shuts down while the daemon is told", from: "bugs.md L30",
			do: func(x *step) {
				_, high := x.p.status(x.o, x.o.Into)
				for l := range x.found {
					if l.zone != x.o.Into && x.o.Zone == env.GlobalZone && high >= ZoneShuttingDown {
						tellInVain(x, l)
					}
				}
			},
		},
		{
			name: "setzone: told again", ops: []Op{SetZone}, answers: []env.Errno{env.ENXIO}, step: 1, carried: true,
			says: "whereupon the daemon is told again", from: "seed C:1609-1613",
			do: func(x *step) {
				if x.value == 0 {
					x.same()
					return
				}
				told := false
				for l := range x.found {
					tellBack(x, l.id)
					told = true
				}
				if !told {
					tellBack(x, x.o.Link)
				}
			},
		},
		{
			name: "setzone: streams", ops: []Op{SetZone}, answers: []env.Errno{env.EBUSY}, step: 1,
			says: "EBUSY while streams of the link's zone are open on it", from: "environment.md 5",
			do: func(x *step) {
				for l := range x.found {
					if l.local > 0 || x.around(setOf(StreamAttach, StreamDetach, Rename)) {
						tellBack(x, l.id)
					}
				}
			},
		},
		{
			name: "setzone: zone not up", ops: []Op{SetZone},
			answers: []env.Errno{env.ENXIO, env.EINVAL},
			says: "ENXIO if the zone to move to is not READY to DOWN, or shuts down, EINVAL if that to move from is not READY to DOWN, " +
				"ENXIO if that does not list the link",
			from: "environment.md 8.2, 10.2, 13 (9)",
			do: func(x *step) {
				l := x.s.visible(x.o.Link)
				out := l != nil && mayBeInactive(x, l.zone)
				if x.o.Result.Err == env.EINVAL {
					x.when(out || otherwise(x) && x.p.zonesMayBeInactive(x.o))
				} else {
					_, high := x.p.status(x.o, x.o.Into)
					if high >= ZoneShuttingDown && x.o.Into != env.GlobalZone || mayBeInactive(x, x.o.Into) || halfMoved(x) {
						refusedHalfWay(x, l)
					}
				}
			},
		},
		{
			name: "setzone: on a list", ops: []Op{SetZone},
			answers: []env.Errno{env.EEXIST, env.EPERM},
			says:    "EEXIST if the zone to move to lists the link, and not for the daemon, EPERM if another zone does",
			from:    "environment.md 8.2, 10.2, 13 (9)",
			do: func(x *step) {
				lists := x.o.Result.Err == env.EEXIST || slices.ContainsFunc(x.p.history.Start.Zones, func(z Zone) bool { return z.ID != x.o.Into })
				x.when(lists && x.o.Into != env.GlobalZone && halfMoved(x))
			},
		},
		{
			name: "zone_shutdown: daemon told", ops: []Op{zoneRemove}, answers: []env.Errno{ok},
			says: "a zone that shuts down gives back each link that it was lent; the daemon is told first, if it listens",
			from: "seed C:154-171; bugs.md L30; environment.md 8.4",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				if l == nil || l.phase != visible || l.zone != x.o.Into || l.owner == l.zone {
					x.carry(0)
					return
				}
				t := x.carry(int32(l.mac))
				if e := t.entry(l.id); e != nil {
					e.zone = env.GlobalZone
					e.moved = e.moved || x.trouble() // the kernel moves it all the same
				}
			},
		},
		{
			name: "zone_shutdown: refused", ops: []Op{zoneRemove}, answers: []env.Errno{ok},
			says: "a link that cannot be given back stays, and nobody is told; nor need a zone without a stack of its own give it back, or " +
				"one that was shut down before",
			from: "seed C:166; bugs.md L30; environment.md 5, 8.1",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				stays := x.o.Local || l != nil && l.local > 0 || x.p.isShutAgain(x.o)
				if l != nil && (stays || x.around(setOf(StreamAttach, StreamDetach, Rename, SetZone)) || x.trouble()) {
					t := x.carry(0)
					if e := t.entry(l.id); e != nil {
						e.moved = e.moved || x.trouble()
					}
				}
			},
		},
		{
			name: "zone_shutdown: not ready", ops: []Op{zoneRemove}, answers: []env.Errno{env.EINVAL},
			says: "EINVAL for a zone that is not READY: nothing happens", from: "environment.md 8.1",
			do: func(x *step) {
				low, _ := x.p.status(x.o, x.o.Into)
				x.when(low < ZoneReady || low > ZoneDown)
			},
		},
		{
			name: "zone_shutdown: moved", ops: []Op{zoneRemove}, answers: []env.Errno{ok}, step: 1, carried: true,
			says: "then the link is in the global zone", from: "seed C:1602-1607, 1652-1653",
			do: func(x *step) {
				if x.value == 0 {
					x.same()
					return
				}
				x.next().of(word(x.value)).zone = env.GlobalZone
			},
		},
	}
}

// halfTold marks the value of a move of which the daemon has done only a part when it died, and does the rest when it
// is asked again.
const halfTold = 1 << 16

// tellMove tells the daemon of the move of a link, which is over if the link is there already.
func tellMove(x *step, l *link) {
	if l.zone == x.o.Into {
		x.carry(0)
		return
	}
	if x.o.Into != env.GlobalZone && !mayBeActive(x, x.o.Into) {
		return
	}
	if e := x.carry(int32(l.mac)).entry(l.id); e != nil {
		e.zone = x.o.Into
	}
	if e := x.s.entry(l.id); e != nil && !e.moved && x.around(setOf(DaemonDown, DaemonStart)) {
		x.carry(int32(l.mac) | halfTold).entry(l.id).moved = true
	}
}

// tellInVain tells the daemon of a move that is refused then.
func tellInVain(x *step, l *link) {
	if e := x.carry(int32(l.zone) + 1).entry(l.id); e != nil {
		e.zone = x.o.Into
	}
}

// refusedHalfWay is a move that the daemon refuses. One that has died on it may have taken the link out of its zone, and
// the one that refuses does not put it back: it is told where the link is before its start is over.
func refusedHalfWay(x *step, l *link) {
	t := x.next()
	if l == nil || l.zone == env.GlobalZone || !x.around(setOf(DaemonDown)) || !x.around(setOf(DaemonStart)) {
		return
	}
	if e := t.entry(l.id); e != nil {
		e.moved = true
	}
}

// tellBack tells the daemon that a link is in the zone that it was in before, if it was told of another. It may
// not be there, or refuse, in which case it keeps what it was told.
func tellBack(x *step, id env.LinkID) {
	e := x.next().entry(id)
	if e == nil || x.value == 0 {
		return
	}
	e.zone = env.ZoneID(x.value - 1)
	e.moved = e.moved || x.trouble()
}

// leaveKstat deletes the kstat in the zone that a link has left.
func leaveKstat(x *step) {
	if x.value == 0 {
		x.same()
		return
	}
	l := x.next().of(word(x.value))
	l.zoneName, l.kstatZone = 0, 0
}

// mayBeActive reports whether links can be assigned to the zone at some moment of the operation.
func mayBeActive(x *step, zone env.ZoneID) bool {
	low, high := x.p.status(x.o, zone)
	return low <= ZoneDown && high >= ZoneReady
}

// mayBeInactive is the opposite question.
func mayBeInactive(x *step, zone env.ZoneID) bool { return x.p.mayBeInactive(x.o, zone) }

func (p *prepared) mayBeInactive(o *operation, zone env.ZoneID) bool {
	low, high := p.status(o, zone)
	return zone != env.GlobalZone && (low < ZoneReady || high > ZoneDown)
}

// zonesMayBeInactive reports whether some zone may not be READY to DOWN during an operation.
func (p *prepared) zonesMayBeInactive(o *operation) bool {
	for _, z := range p.history.Start.Zones {
		if p.mayBeInactive(o, z.ID) {
			return true
		}
	}
	return false
}

// halfMoved reports whether the list of a zone may differ from what the daemon has by now. Only the daemon edits
// the lists, with its table locked, and moves inside the perimeter come one after the other (seed C:1578, 1615;
// environment.md 8.2, 10.3): it takes a move that was cut off half way.
func halfMoved(x *step) bool { return x.p.unsettled && otherwise(x) }

// otherwise reports whether the daemon may have the link in another zone than the kernel by now: something else
// moves links meanwhile, or has left a move half done (bugs.md L28).
func otherwise(x *step) bool {
	moves := setOf(SetZone, zoneRemove)
	return x.around(moves) || x.p.unsettled && slices.ContainsFunc(x.p.ops, func(o operation) bool {
		return moves&(1<<o.Op) != 0 && o.num != x.o.num && o.touch&x.o.touch != 0 && (x.o.Pending || o.Call <= x.o.Return)
	})
}
