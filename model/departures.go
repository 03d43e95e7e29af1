// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// departure is a way in which the original is known to depart from the specification: rules that
// would allow it. A history that cannot be explained, and can be with a departure, is an instance of
// it, whatever operation happens to show it. Nothing is allowed by that.
type departure struct {
	bug   string // its id in the bug book
	says  string
	rules func() []*rule
}

func departures() []departure {
	return []departure{
		{"L25", "a destroy that is refused hides the link meanwhile", refusedDestroyHides},
		{"L08", "a destroy that is refused loses the link when its upcall fails", refusedDestroyLoses},
	}
}

// refusedDestroyHides are the steps of a destroy that is refused, as dls_devnet_destroy does it: the
// link goes from the table, and is put back for the caller's zone.
func refusedDestroyHides() []*rule {
	refused := []env.Errno{env.EBUSY, env.ENOTEMPTY}
	return []*rule{
		{
			name: "L25: hidden", ops: []Op{Destroy, Detach}, answers: refused, from: "bugs.md L25; seed C:1855",
			says: "the link is taken out of the table before it is known whether it can go",
			do: func(x *step) {
				l := x.s.visible(x.o.Link)
				if x.o.Op == Detach {
					l = x.s.of(x.o.mac)
				}
				if l != nil && l.phase == visible {
					t := x.carry(int32(l.mac))
					t.of(l.mac).phase = absent
				}
			},
		},
		{
			name: "L25: back", ops: []Op{Destroy, Detach}, answers: refused, step: 1, from: "bugs.md L25; seed C:1909",
			says: "and is put back, as a link of the caller's zone",
			do: func(x *step) {
				l := x.s.of(word(x.value))
				if x.value == 0 || l.phase != absent {
					x.same()
					return
				}
				t := x.next()
				l = t.of(l.mac)
				l.phase, l.owner, l.zone = visible, x.o.Zone, x.o.Zone
			},
		},
	}
}

// refusedDestroyLoses is the same destroy when the link cannot be put back, which nobody looks at.
func refusedDestroyLoses() []*rule {
	return append(refusedDestroyHides(), &rule{
		name: "L08: lost", ops: []Op{Destroy, Detach}, answers: []env.Errno{env.EBUSY, env.ENOTEMPTY}, step: 1,
		from: "bugs.md L08; seed C:1909", says: "the association is not made again",
		do: func(x *step) { x.when(x.value != 0 && x.trouble()) },
	})
}

// instance returns the departure that explains what the specification does not, nil if none does.
func (c *Checker) instance(h *History) *departure {
	for _, d := range departures() {
		loose := NewChecker(makeRules(slices.Concat(c.rules.list, d.rules()), ""))
		loose.begin(h)
		if end, _ := loose.follow(len(loose.p.events)); end == len(loose.p.events) && !loose.limited() {
			return &d
		}
	}
	return nil
}
