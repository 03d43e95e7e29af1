// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// holdRules are references and temporary references.
func holdRules() []*rule {
	return []*rule{
		{
			name: "hold: by linkid", ops: []Op{Hold}, answers: []env.Errno{ok},
			says: "a visible link can be held, which keeps it from being deleted or renamed",
			from: "seed C:1160-1197",
			do: func(x *step) {
				if l := x.s.visible(x.o.Link); l != nil && x.got(l) {
					x.next().of(l.mac).refs++
				}
			},
		},
		{
			name: "hold: by device", ops: []Op{HoldByDev}, answers: []env.Errno{ok},
			says: "the visible link of a device can be held", from: "seed C:1199-1256",
			do: func(x *step) {
				if l := x.s.of(x.o.mac); l != nil && l.phase == visible {
					x.next().of(l.mac).refs++
				}
			},
		},
		{
			name: "hold_tmp: by linkid", ops: []Op{HoldTmp}, answers: []env.Errno{ok},
			says: "a visible link can be held for a time; a delete waits for that",
			from: "seed C:1199-1207",
			do: func(x *step) {
				if l := x.s.visible(x.o.Link); l != nil && x.got(l) {
					x.next().of(l.mac).trefs++
				}
			},
		},
		{
			name: "hold_tmp: by dls_link", ops: []Op{HoldTmpByLink}, answers: []env.Errno{ok},
			says: "so can a visible link by its dls_link", from: "seed C:1127-1158",
			do: func(x *step) {
				if l := x.s.of(x.o.mac); l != nil && l.phase == visible {
					x.next().of(l.mac).trefs++
				}
			},
		},
		{
			name: "hold: none", ops: []Op{Hold, HoldTmp}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if no visible link has the linkid", from: "seed C:1169-1180",
			do: func(x *step) { x.when(x.s.visible(x.o.Link) == nil) },
		},
		{
			name: "hold: none of the MAC", ops: []Op{HoldByDev, HoldTmpByLink, StreamAttach},
			answers: []env.Errno{env.ENOENT},
			says:    "ENOENT if the MAC has no visible link", from: "seed C:1138-1150, 1237-1248",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				x.when(l == nil || l.phase != visible)
			},
		},
		{
			name: "rele: given back", ops: []Op{Rele, Close}, answers: []env.Errno{ok},
			says: "a reference is given back", from: "seed C:1258-1271, 1738-1760",
			do: giveBack,
		},
		{
			name: "rele: last of a tunnel", ops: []Op{Rele, Close}, answers: []env.Errno{ok}, step: 1, carried: true,
			says: "the last release of an implicit tunnel deletes it", from: "seed C:1264-1269",
			do: lastOfTunnel,
		},
		{
			name: "rele: tunnel leaves its zone", ops: []Op{Rele, Close}, answers: []env.Errno{ok}, step: 2, carried: true,
			says: "which leaves its zone on the way", from: "seed C:1080-1097, 1606", do: tunnelLeaves,
		},
		{
			name: "rele: tunnel forgotten", ops: []Op{Rele, Close}, answers: []env.Errno{ok}, step: 3, carried: true,
			says: "and then the daemon forgets it", from: "seed C:1988-1992", do: tunnelForgotten,
		},
		{
			name: "rele_tmp", ops: []Op{ReleTmp}, answers: []env.Errno{ok},
			says: "a temporary reference is given back, also on a link that is being deleted",
			from: "seed C:664-674",
			do: func(x *step) {
				t := x.next()
				if l := t.of(x.o.mac); l != nil && l.trefs > 0 {
					l.trefs--
				}
			},
		},
		{
			name: "prop_task_wait", ops: []Op{PropTaskWait}, answers: []env.Errno{ok},
			says: "it returns when the properties are loaded", from: "seed C:655-662",
			do: func(x *step) {
				t := x.next()
				if l := t.of(x.o.mac); l != nil {
					l.loading = false
				}
			},
		},
	}
}

// giveBack is a release of a reference. A link that was removed by force has none left.
func giveBack(x *step) {
	l := x.s.of(x.o.mac)
	if l == nil || l.refs == 0 {
		x.same()
		return
	}
	t := x.carry(0)
	l = t.of(x.o.mac)
	if l.refs--; l.refs == 0 && l.implicit && l.phase == visible {
		f := t.flight(x.o.num)
		f.value = int32(l.id)
		t.advance(f)
	}
}

// lastOfTunnel deletes the tunnel whose last reference was given back, unless it is used again.
func lastOfTunnel(x *step) {
	l := x.s.of(x.o.mac)
	if x.value == 0 || l == nil {
		x.same()
		return
	}
	if l.phase == visible && l.id == env.LinkID(x.value) && !l.held() {
		t := x.next()
		t.of(x.o.mac).phase = absent
		t.nameMayGo(x, l)
		t.changed(x)
	}
	if l.phase != visible || l.held() || l.flows > 0 || usedBelow(x, l, false) || x.o.Zone != l.owner || x.around(usesMAC) {
		x.carry(0) // somebody else has it, it has flows, or another link is on it: the tunnel stays, or is theirs to delete
	}
}

// tunnelLeaves tells a listing that a tunnel which is being deleted has left the zone that it was in.
func tunnelLeaves(x *step) {
	if x.value == 0 || x.o.Zone == env.GlobalZone {
		x.same()
		return
	}
	x.next().changed(x)
}

// nameMayGo notes that a daemon that starts when the link of an implicit tunnel has gone need not know its name any
// more, although nobody has asked it to forget that yet.
func (s *state) nameMayGo(x *step, l *link) {
	starts := func(o operation) bool { return o.Op == DaemonStart && (o.Pending || o.Return >= x.o.Call) }
	if e := s.entry(l.id); e != nil && l.implicit && slices.ContainsFunc(x.p.ops, starts) {
		e.known = unsure
	}
}

func tunnelForgotten(x *step) {
	if x.value == 0 {
		x.same()
		return
	}
	if !x.trouble() || x.o.down {
		x.next().forget(env.LinkID(x.value))
	}
	if x.trouble() {
		t := x.next()
		if e := t.entry(env.LinkID(x.value)); e != nil {
			e.known = unsure
		}
	}
}
