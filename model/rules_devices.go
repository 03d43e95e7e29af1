// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// deviceRules are the attach and detach of physical devices, whose links softmac makes and deletes.
func deviceRules() []*rule {
	return []*rule{
		{
			name: "attach: begun", ops: []Op{Attach}, answers: []env.Errno{ok},
			says: "a device that is attached gets its link by a task, which may end long after",
			from: "environment.md 7.2",
			do: func(x *step) {
				if l := x.s.of(x.o.mac); l.phase == absent && !l.attaching {
					x.next().of(x.o.mac).attaching = true
				}
			},
		},
		{
			name: "attach: attached", ops: []Op{Attach}, answers: []env.Errno{env.EEXIST},
			says: "EEXIST if it is attached", from: "environment.md 7.4",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				x.when(l.phase != absent || l.attaching)
			},
		},
		{
			name: "attach: no device", ops: []Op{Attach, Detach}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if there is no such device; of detach also if it is not attached",
			from: "environment.md 7.4",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				x.when(l.phase == absent && !l.attaching)
			},
		},
		{
			name: "detach: removed", ops: []Op{Detach}, answers: []env.Errno{ok},
			says: "a link that nobody uses, for a moment or longer, or whose zone is gone, goes with its device; nothing is waited for",
			from: "seed C:993-1050; environment.md 7.1",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				if l.phase == absent && !l.attaching || (l.held() || l.trefs > 0) && !forced(x, l) || usedBelow(x, l, true) {
					return
				}
				t := x.carry(int32(l.zone))
				if l.phase == absent || x.p.unsettled {
					t.mayHaveChanged(x) // a link without a linkid is in no listing
				} else {
					t.changed(x)
				}
				t.of(x.o.mac).gone()
			},
		},
		{
			name: "detach: in use", ops: []Op{Detach}, answers: []env.Errno{env.EBUSY},
			says: "EBUSY if the link or the device is in use, or being attached, or its properties are being loaded",
			from: "environment.md 7.1, 13 (2)",
			do:   func(x *step) { x.when(mayBeInUse(x)) },
		},
		{
			name: "detach: flows", ops: []Op{Detach}, answers: []env.Errno{env.ENOTEMPTY},
			says: "ENOTEMPTY if the link has flows", from: "environment.md 5, 7.1",
			do: func(x *step) {
				l := x.s.of(x.o.mac)
				x.when(l.phase != absent && l.flows > 0 || l.unnamed() || l.strange) // whose flows are not judged
			},
		},
		{
			name: "detach: and attached again", ops: []Op{Detach}, answers: []env.Errno{env.EBUSY},
			says: "a detach that the device itself refuses has taken the link away, which then comes back",
			from: "environment.md 7.4",
			do: func(x *step) {
				if l := x.s.of(x.o.mac); mayBeInUse(x) && l.phase != absent && !l.held() && l.trefs == 0 {
					t := x.next()
					t.of(x.o.mac).gone()
					t.of(x.o.mac).attaching = true
					t.changed(x)
				}
			},
		},
	}
}

func mayBeInUse(x *step) bool {
	l := x.s.of(x.o.mac)
	return l.held() || l.trefs > 0 || l.loading || x.reloading() || l.attaching || l.fresh || usedBelow(x, l, false) ||
		x.around(usesMAC|setOf(HoldTmp, HoldTmpByLink, ReleTmp, LinkEvent, KstatRead, IsLinkVisible, Phydev,
			PhysAttr, DaemonStart, Attach, Detach, Destroy, PropTaskWait))
}

// reloading reports whether a daemon that has started may have the properties loaded that an earlier one did not
// answer for, for as long as that takes (bugs.md L32).
func (x *step) reloading() bool {
	return slices.ContainsFunc(x.p.ops, func(o operation) bool {
		return o.Op == DaemonStart && (x.o.Pending || o.Call <= x.o.Return)
	})
}
