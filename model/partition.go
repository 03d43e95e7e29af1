// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// parts splits a history into parts that have nothing to do with each other: links stay together
// that may have the same linkid, MAC or name at some time, or of which one is made on the other while
// that may change. What concerns all is in every part. A history is right if all its parts are. One with a device
// that the daemon has never seen is in one part: any linkid and name may be that device's.
func (h *History) parts() []*History {
	if h.neverSeen() {
		return []*History{h}
	}
	var g groups
	for i := range h.Start.Links {
		l := &h.Start.Links[i]
		g.join(macKey(l.MAC), idKey(l.ID), nameKey(l.Name))
	}
	for i := range h.Start.Names {
		n := &h.Start.Names[i]
		g.join(idKey(n.ID), nameKey(n.Name), macKey(n.Dev))
	}
	changes := make(map[env.LinkID]bool) // links that others may find now visible, now not
	for i := range h.Ops {
		o := &h.Ops[i]
		if global(o.Op) {
			continue
		}
		if o.Op == Rebuild {
			return []*History{h}
		}
		g.join(macKey(o.MAC), idKey(o.Link), nameKey(o.Name), idKey(o.Onto), macKey(o.Result.MAC), idKey(o.Result.Link),
			nameKey(o.Result.Name))
		g.join(nameKey(o.Name), macKey(o.Name)) // it may be the name of a device
		if setOf(Create, Recreate, Destroy, Attach, Detach, Rename, Use, PhysAttr)&(1<<o.Op) != 0 {
			changes[o.Link], changes[o.Onto] = true, true
		}
	}
	g.joinUnfinished(h)
	over := func(id env.LinkID, below []env.LinkID) {
		for _, b := range below {
			if changes[b] || g.changing(h, b) {
				g.join(idKey(id), idKey(b))
			}
		}
	}
	for i := range h.Start.Links {
		over(h.Start.Links[i].ID, h.Start.Links[i].Over)
	}
	for i := range h.Ops {
		over(h.Ops[i].Link, h.Ops[i].Over)
	}
	return g.split(h)
}

// global reports whether an operation concerns all links.
func global(o Op) bool {
	return setOf(ZoneState, DaemonDown, DaemonStart, Signal, Readdir, ZoneHalted, ZoneShutdown)&(1<<o) != 0
}

// key names something that links have in common.
type key struct {
	sort byte
	text string
	id   env.LinkID
}

func macKey(s string) key    { return key{sort: 'm', text: s} }
func nameKey(s string) key   { return key{sort: 'n', text: s} }
func idKey(i env.LinkID) key { return key{sort: 'i', id: i} }
func (k key) none() bool     { return k.text == "" && k.id == env.InvalidLinkID }

// groups are disjoint sets of keys.
type groups struct{ parent map[key]key }

func (g *groups) find(k key) key {
	for {
		p, ok := g.parent[k]
		if !ok || p == k {
			return k
		}
		k = p
	}
}

// join makes one group of those of all keys that are not empty.
func (g *groups) join(keys ...key) {
	if g.parent == nil {
		g.parent = make(map[key]key)
	}
	var first key
	for _, k := range keys {
		if k.none() {
			continue
		}
		root := g.find(k)
		if first.none() {
			first = root
			g.parent[root] = root
			continue
		}
		g.parent[root] = first
	}
}

// joinUnfinished puts opens that may have made a tunnel, and not got it, tunnels that a listing may make again, and
// whatever is about a link that nobody has told of into one group.
func (g *groups) joinUnfinished(h *History) {
	lists := slices.ContainsFunc(h.Ops, func(o Operation) bool { return o.Op == Readdir })
	unfinished := func(o Operation) bool { return o.unfinished() || lists && isTunnelName(o.Name) }
	if !slices.ContainsFunc(h.Ops, unfinished) {
		return
	}
	var keys []key
	for i := range h.Ops {
		o := &h.Ops[i]
		if unfinished(*o) {
			keys = append(keys, nameKey(o.Name))
		}
		if !h.tells(o.Link) {
			keys = append(keys, idKey(o.Link), macKey(o.MAC))
		}
		if o.Result.Link != env.InvalidLinkID && !h.tells(o.Result.Link) {
			keys = append(keys, idKey(o.Result.Link))
		}
	}
	g.join(keys...)
}

// neverSeen reports whether a device comes of which the daemon knows nothing at the start.
func (h *History) neverSeen() bool {
	known := func(mac string) bool {
		return slices.ContainsFunc(h.Start.Names, func(n Name) bool { return n.Dev == mac })
	}
	return slices.ContainsFunc(h.Start.Links, func(l Link) bool { return l.Absent && !known(l.MAC) }) ||
		slices.ContainsFunc(h.Ops, func(o Operation) bool { return o.Op == Attach && !known(o.MAC) })
}

// unfinished reports whether the operation is an open that may have made a tunnel, and has not got it.
func (o *Operation) unfinished() bool {
	return o.Op == Open && isTunnelName(o.Name) && (o.Pending || o.Result.Err != ok)
}

// tells reports whether the history says where a linkid is from.
func (h *History) tells(id env.LinkID) bool {
	return slices.ContainsFunc(h.Start.Names, func(n Name) bool { return n.ID == id }) ||
		slices.ContainsFunc(h.Start.Links, func(l Link) bool { return !l.Absent && l.ID == id }) ||
		slices.ContainsFunc(h.Ops, func(o Operation) bool {
			return o.Op == CreateLinkid && o.Link == id || o.Op == Open && o.Result.Link == id
		})
}

// changing reports whether an operation of the history attaches or detaches the device of a link.
func (g *groups) changing(h *History, id env.LinkID) bool {
	return slices.ContainsFunc(h.Ops, func(o Operation) bool {
		return (o.Op == Attach || o.Op == Detach) && g.find(macKey(o.MAC)) == g.find(idKey(id))
	})
}

// split makes the parts.
func (g *groups) split(h *History) []*History {
	parts := make(map[key]*History)
	var order []*History
	part := func(keys ...key) *History {
		for _, k := range keys {
			if k.none() {
				continue
			}
			root := g.find(k)
			if parts[root] == nil {
				parts[root] = &History{Start: System{Zones: h.Start.Zones, Rebuild: h.Start.Rebuild, Faults: h.Start.Faults}}
				order = append(order, parts[root])
			}
			return parts[root]
		}
		return nil
	}
	for _, l := range h.Start.Links {
		p := part(macKey(l.MAC))
		p.Start.Links = append(p.Start.Links, l)
	}
	for _, n := range h.Start.Names {
		p := part(idKey(n.ID))
		p.Start.Names = append(p.Start.Names, n)
	}
	for i := range h.Ops {
		if o := &h.Ops[i]; !global(o.Op) {
			part(macKey(o.MAC), idKey(o.Link), nameKey(o.Name))
		}
	}
	for i := range h.Ops {
		o := &h.Ops[i]
		if p := part(macKey(o.MAC), idKey(o.Link), nameKey(o.Name)); p != nil && !global(o.Op) {
			p.Ops = append(p.Ops, *o)
			continue
		}
		for _, p := range order {
			p.Ops = append(p.Ops, *o)
		}
	}
	// The links that others are made on stay what they are, and every part needs them.
	for _, p := range order {
		p.addLower(h)
	}
	return order
}

// addLower adds the links that links of the part are made on and that are in another part: they do
// not change, or they would be in this one.
func (h *History) addLower(all *History) {
	need := func(ids []env.LinkID) {
		for _, id := range ids {
			here := slices.ContainsFunc(h.Start.Links, func(l Link) bool { return l.ID == id })
			at := slices.IndexFunc(all.Start.Links, func(l Link) bool { return l.ID == id })
			if !here && at >= 0 {
				h.Start.Links = append(h.Start.Links, all.Start.Links[at])
			}
		}
	}
	for i := 0; i < len(h.Start.Links); i++ {
		need(h.Start.Links[i].Over)
	}
	for i := range h.Ops {
		need(h.Ops[i].Over)
	}
}
