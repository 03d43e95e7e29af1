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
		{bug: "L25", says: "a destroy that is refused hides the link meanwhile", rules: refusedDestroyHides},
		{bug: "L25", says: "a destroy takes the link away before the one that is made on it", rules: destroyTakesLower},
		{bug: "L09", says: "a create that fails leaves its link", rules: failedCreateLeaves},
		{bug: "L08", says: lostSays, rules: refusedDestroyLoses},
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
					if forced(x, l) {
						t.of(l.mac).refs = 0 // they are written off (L05)
					}
					t.changed(x)
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
				l.phase, l.owner, l.zone = initialising, x.o.Zone, x.o.Zone
				if e := x.s.entry(l.id); e != nil { // its name is the daemon's, which a rename tells later
					l.name = e.name
				}
				l.ownName, l.zoneName, l.kstatZone = l.name, 0, 0
				t.changed(x)
			},
		},
		{
			name: "L25: visible", ops: []Op{Destroy, Detach}, answers: refused, step: 2, from: "bugs.md L25; seed C:1909-1921",
			says: "where it is found by its MAC before it is visible",
			do: func(x *step) {
				if l := x.s.of(word(x.value)); x.value == 0 || l.phase != initialising {
					x.same()
					return
				}
				x.next().of(word(x.value)).phase = visible
			},
		},
	}
}

// refusedDestroyLoses is the same destroy when the link cannot be put back, which nobody looks at.
func refusedDestroyLoses() []*rule {
	return append(refusedDestroyHides(), &rule{
		name: "L08: no linkid", ops: []Op{MacnameToLinkid, DevToLinkid}, answers: []env.Errno{ok},
		from: "bugs.md L08; seed C:1909", says: "the next destroy that is refused puts it back without a linkid",
		do: func(x *step) {
			l := x.s.of(x.o.mac)
			x.when(l != nil && l.phase == absent && x.o.Result.Link == env.InvalidLinkID)
		},
	}, &rule{
		name: "L08: back", ops: []Op{Destroy}, answers: []env.Errno{env.EBUSY, env.ENOTEMPTY, env.ENOENT},
		from: "bugs.md L08; seed C:1857-1891, 1909", says: "or with it, if its driver made it again",
		do: func(x *step) {
			for i := range x.s.links {
				if l := &x.s.links[i]; l.phase == absent && l.name != 0 && l.id == x.o.Link {
					x.carry(0).of(l.mac).phase = visible
				}
			}
		},
	}, &rule{
		name: "L08: lost", ops: []Op{Destroy, Detach}, answers: []env.Errno{env.EBUSY, env.ENOTEMPTY}, step: 1,
		from: "bugs.md L08; seed C:1909", says: "the association is not made again",
		do: func(x *step) {
			l := x.s.of(word(x.value))
			if x.value == 0 {
				return
			}
			e := x.s.entry(l.id)
			x.when(x.trouble() || e == nil || e.known != yes || e.seen(x.o.Zone) != yes)
		},
	})
}

// destroyTakesLower is a destroy that would be refused if the link that is made on its own did not
// go meanwhile: the link is gone from the table long before that is looked at.
func destroyTakesLower() []*rule {
	return append(refusedDestroyHides(), &rule{
		name: "L25: lower", ops: []Op{Destroy, Detach}, answers: []env.Errno{ok}, from: "bugs.md L25; seed C:1855",
		says: "the link is taken out of the table while another is made on it",
		do: func(x *step) {
			l := x.s.visible(x.o.Link)
			if x.o.Op == Detach {
				l = x.s.of(x.o.mac)
			}
			if l != nil && l.phase == visible && !l.held() && usedBelow(x, l, true) {
				t := x.next()
				t.of(l.mac).gone()
				t.changed(x)
			}
		},
	})
}

// failedCreateLeaves is a create whose link cannot be taken back, because its properties are being
// loaded: it is being made for ever.
func failedCreateLeaves() []*rule {
	return []*rule{{
		name: "L09: not the driver's", ops: []Op{Destroy}, answers: []env.Errno{env.ENOENT}, from: "bugs.md L09; environment.md 12",
		says: "the driver has no such link",
		do: func(x *step) {
			l := x.s.find(x.o.Link)
			x.when(l != nil && l.phase == initialising)
		},
	}, {
		name: "L09: left", ops: []Op{Create}, answers: []env.Errno{anyError}, step: 1, from: "bugs.md L09; seed C:1795-1798",
		says: "the association stays",
		do: func(x *step) {
			l := x.s.of(x.o.mac)
			x.when(l != nil && l.phase == initialising && l.id == x.o.Link)
		},
	}}
}

const lostSays = "a destroy that is refused loses the link when its upcall fails"

// lost reports whether the operation came when the table may have been wrong already, after a destroy
// that was refused and whose upcall may have failed: a link that is lost (bugs.md L08), or half made,
// is made again or destroyed by the next in more ways than it is worth to tell apart.
func (c *Checker) lost(o *Operation) bool {
	for i := range c.p.ops {
		d := &c.p.ops[i]
		refused := d.Result.Err == env.EBUSY || d.Result.Err == env.ENOTEMPTY
		x := step{c: c, p: &c.p, o: d}
		if setOf(Destroy, Detach)&(1<<d.Op) != 0 && refused && d.Call < o.Return && x.trouble() {
			return true
		}
	}
	return false
}

// instance returns the departure that explains a history that the specification does not, in which o is
// the first that is wrong, nil if none does.
func (c *Checker) instance(h *History, o *Operation) *departure {
	if c.loose == nil {
		for _, d := range departures() {
			rules := makeRules(slices.Concat(c.rules.list, d.rules()), "")
			c.loose = append(c.loose, loose{d, NewChecker(rules)})
		}
	}
	for i := range c.loose {
		l := &c.loose[i]
		l.begin(h)
		if end, _ := l.follow(len(l.p.events)); end == len(l.p.events) && !l.limited() {
			return &l.departure
		}
	}
	if c.lost(o) {
		return &departure{bug: "L08", says: lostSays}
	}
	return nil
}
