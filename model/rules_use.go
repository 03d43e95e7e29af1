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
			name: "flow: removed", ops: []Op{FlowRemove}, answers: []env.Errno{ok},
			says: "a flow goes", from: "environment.md 12",
			do: func(x *step) {
				if l := x.s.find(x.o.Link); l != nil && l.flows > 0 {
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
			name: "flow: none", ops: []Op{FlowRemove}, answers: []env.Errno{env.ENOENT},
			says: "ENOENT if there is no flow to remove", from: "environment.md 12",
			do: func(x *step) {
				l := x.s.find(x.o.Link)
				x.when(l != nil && l.flows == 0)
			},
		},
	}
}
