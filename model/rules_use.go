// SPDX-License-Identifier: CDDL-1.0

package model

import "dlsim/devnet/env"

// useRules are property and flow ioctls.
func useRules() []*rule {
	return []*rule{
		{
			name: "property", ops: []Op{PropGet, PropSet}, answers: []env.Errno{ok},
			says: "a property of a visible link can be read and set in the zone that owns the link",
			from: "environment.md 10.3, 12",
			do: func(x *step) {
				l := x.s.visible(x.o.Link)
				x.when(l != nil && l.owner == x.o.Zone)
			},
		},
		{
			name: "flow: added", ops: []Op{FlowAdd}, answers: []env.Errno{ok},
			says: "a visible link gets a flow", from: "environment.md 12",
			do: func(x *step) {
				if l := x.s.visible(x.o.Link); l != nil {
					x.next().of(l.mac).flows++
				}
			},
		},
		{
			name: "flow: link found", ops: []Op{FlowRemove}, answers: []env.Errno{ok, env.ENOENT},
			says: "a flow is removed from the link that has the linkid when it is asked for", from: "environment.md 4.1, 12",
			do: func(x *step) {
				if l := x.s.visible(x.o.Link); l != nil {
					x.carry(int32(l.mac))
				}
			},
		},
		{
			name: "flow: removed", ops: []Op{FlowRemove}, answers: []env.Errno{ok}, step: 1,
			says: "a flow of its MAC goes, whatever linkid a rename has given it meanwhile", from: "environment.md 4.1, 12",
			do: func(x *step) {
				if l := x.s.of(word(x.value)); x.value != 0 && l.flows > 0 {
					x.next().of(l.mac).flows--
				}
			},
		},
		{
			name: "flow: walked", ops: []Op{FlowWalk}, answers: []env.Errno{ok},
			says: "the flows of a visible link can be listed", from: "environment.md 12",
			do: func(x *step) { x.when(x.s.visible(x.o.Link) != nil) },
		},
		{
			name: "flow: no link", ops: []Op{FlowAdd, FlowRemove, FlowWalk}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if the link is not visible", from: "environment.md 4.1, 12",
			do: func(x *step) { x.when(x.s.visible(x.o.Link) == nil) },
		},
		{
			name: "flow: none", ops: []Op{FlowRemove}, answers: []env.Errno{env.ENOENT}, step: 1,
			says: "or if its MAC has no flow to remove", from: "environment.md 12",
			do: func(x *step) { x.when(x.value == 0 || x.s.of(word(x.value)).flows == 0) },
		},
	}
}
