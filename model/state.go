// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"fmt"
	"slices"
	"strings"

	"dlsim/devnet/env"
)

// phase is how far a link is in its life.
type phase uint8

const (
	absent       phase = iota // the kernel has no link of this MAC
	initialising              // being made: found by MAC name only (seed C:91-96)
	visible
)

// maybe is a truth that the history need not settle.
type maybe uint8

const (
	no maybe = iota
	yes
	unsure
)

func (m maybe) canBe(b bool) bool { return m == unsure || (m == yes) == b }

// link is the kernel's side of a link. There is one for each MAC that the history knows of.
type link struct {
	phase phase
	class class
	mac   word
	id    env.LinkID
	name  word
	owner env.ZoneID
	zone  env.ZoneID
	refs  int16 // holds, open nodes and streams
	trefs int16 // temporary holds, also of a link that is being deleted
	local int16 // streams that were of the link's zone when they were opened
	flows int16
	// implicit is a tunnel that the last release deletes.
	implicit bool
	// loading says that the property task may not have ended.
	loading bool
	// attaching says that the device has been attached, and the link may come at any time.
	attaching bool
	// fresh is a device that was attached not long ago, so that its attach may not be over although its link is
	// there (environment.md 7.2).
	fresh bool
	// strange is a device that the daemon had never seen and that has been attached since: it has a name
	// and a linkid now, which the history does not know.
	strange bool
	// ownName and zoneName are the names of the kstats in the owner's zone and in kstatZone; 0
	// for none.
	ownName, zoneName word
	kstatZone         env.ZoneID
	// toldID and toldName are what the daemon has told of a device that is being attached before it was told
	// something else; 0 if the link gets what the daemon knows when it comes.
	toldID   env.LinkID
	toldName word
	// bare says that the kstat of a link that is being made could not be made, its name being taken.
	bare bool
	// staleName is that of a kstat which stands for a linkid that the link had before a rename: it keeps the name, and
	// cannot be read.
	staleName word
}

// assigned reports whether the link is lent to a zone, which is a reference of its own.
func (l *link) assigned() bool { return l.zone != l.owner }

// held reports whether a delete or rename is refused for the link's references.
func (l *link) held() bool { return l.refs > 0 || l.assigned() }

// name is the daemon's side of a link.
type entry struct {
	id    env.LinkID
	name  word
	class class
	owner env.ZoneID
	zone  env.ZoneID
	dev   word
	known maybe
	// moved says that the zone may be another one: a move ended with an error.
	moved bool
	// alias is a name that it may have got, or get: a remap ended with an error.
	alias word
}

// called reports whether the entry may have the name.
func (e *entry) called(name word) bool { return e.name == name || e.alias == name && name != 0 }

// listed reports whether a zone may find the entry by name: it is in the zone, or lent out by it
// (environment.md 10.1).
func (e *entry) listed(zone env.ZoneID) maybe {
	switch {
	case zone == env.GlobalZone && e.owner == env.GlobalZone:
		return yes
	case e.moved:
		return unsure
	case zone == e.zone:
		return yes
	}
	return no
}

// seen reports whether a zone may look the entry up by linkid (environment.md 10.1).
func (e *entry) seen(zone env.ZoneID) maybe {
	switch {
	case zone == env.GlobalZone:
		return yes
	case e.moved:
		return unsure
	case zone == e.zone:
		return yes
	}
	return no
}

// flight is an operation of which some steps have been done.
type flight struct {
	op    int32
	stage uint8 // the next one
	// value is what an earlier step found out for a later one.
	value int32
}

// state is a state of the datalink table. States are values: rules change copies.
type state struct {
	links   []link
	names   []entry
	flights []flight // in ascending order of op
	rebuild maybe
	kept    bool // only while the pool is put in order
}

func (s *state) copyFrom(t *state) {
	s.links = append(s.links[:0], t.links...)
	s.names = append(s.names[:0], t.names...)
	s.flights = append(s.flights[:0], t.flights...)
	s.rebuild = t.rebuild
}

func (s *state) equal(t *state) bool {
	return s.rebuild == t.rebuild && slices.Equal(s.flights, t.flights) && slices.Equal(s.links, t.links) &&
		slices.Equal(s.names, t.names)
}

// hash is equal for equal states.
func (s *state) hash() uint64 {
	h := uint64(14695981039346656037)
	mix := func(v uint64) { h = (h ^ v) * 1099511628211 }
	for i := range s.links {
		l := &s.links[i]
		mix(uint64(l.phase) | uint64(l.id)<<8 | uint64(l.name)<<40)
		mix(uint64(l.zone) ^ uint64(l.owner)<<16 ^ uint64(l.refs)<<32 ^ uint64(l.trefs)<<44 ^ uint64(l.flows)<<56)
		mix(uint64(l.ownName) | uint64(l.zoneName)<<16 ^ uint64(l.kstatZone)<<32 ^ uint64(l.local)<<50)
		mix(uint64(l.toldID)<<24 ^ uint64(l.toldName)<<40 ^ uint64(l.staleName)<<6 | truths(l.implicit, l.loading, l.attaching, l.fresh, l.strange, l.bare))
	}
	for i := range s.names {
		e := &s.names[i]
		mix(uint64(e.id) | uint64(e.name)<<32 ^ uint64(e.zone)<<20 ^ uint64(e.known)<<60)
		mix(uint64(e.alias)<<8 | uint64(e.dev)<<32 | truths(e.moved))
	}
	for _, f := range s.flights {
		mix(uint64(f.op)<<40 | uint64(f.stage)<<32 | uint64(uint32(f.value)))
	}
	mix(uint64(s.rebuild))
	return h
}

// truths returns a number that says which of the list hold.
func truths(list ...bool) (n uint64) {
	for _, t := range list {
		n <<= 1
		if t {
			n |= 1
		}
	}
	return n
}

// flight returns the progress of an operation: stage 0 if it has not begun.
func (s *state) flight(op int32) flight {
	for _, f := range s.flights {
		if f.op == op {
			return f
		}
	}
	return flight{op: op}
}

// advance notes the progress of an operation.
func (s *state) advance(f flight) {
	for i := range s.flights {
		if s.flights[i].op == f.op {
			s.flights[i] = f
			return
		}
	}
	at := len(s.flights)
	for at > 0 && s.flights[at-1].op > f.op {
		at--
	}
	s.flights = slices.Insert(s.flights, at, f)
}

// land forgets an operation that has returned.
func (s *state) land(op int32) {
	s.flights = slices.DeleteFunc(s.flights, func(f flight) bool { return f.op == op })
}

// find returns the link in the kernel's table with the given linkid, nil if there is none.
func (s *state) find(id env.LinkID) *link {
	for i := range s.links {
		if l := &s.links[i]; l.phase != absent && l.id == id && id != env.InvalidLinkID {
			return l
		}
	}
	return nil
}

// visible returns the link with the given linkid if it can be held, else nil.
func (s *state) visible(id env.LinkID) *link {
	if l := s.find(id); l != nil && l.phase == visible {
		return l
	}
	return nil
}

// unnamed reports whether the link is of a device that the daemon had never seen, so that the
// history does not know its name and linkid.
func (l *link) unnamed() bool { return l.phase != absent && l.class == physical && l.name == 0 }

// anonymous reports whether the operation may be about an unnamed or strange link, or a tunnel that an open
// has made and not got (bugs.md L14), by a linkid, name or MAC that stands for nothing else. What it answers
// is not judged.
func (s *state) anonymous(o *operation) bool {
	unknown := func(id env.LinkID) bool {
		return id != env.InvalidLinkID && s.find(id) == nil && s.entry(id) == nil
	}
	ids := unknown(o.Link) || unknown(o.Result.Link) || slices.ContainsFunc(o.Over, unknown)
	if e := s.entry(unknownID); e != nil && (ids || o.mac != 0 && s.nobodys(o.mac) || o.Op == KstatRead && e.called(o.name)) {
		return true
	}
	if !s.hasUnnamed() {
		return false
	}
	if l := s.of(o.mac); o.Op == StreamAttach && l != nil && (l.unnamed() || l.strange) {
		return true // nobody knows which zone it is in
	}
	known := func(e entry) bool { return e.name == o.name }
	return ids || o.strangers || o.name != 0 && !slices.ContainsFunc(s.names, known)
}

// hasUnnamed reports whether there is, or was, the link of a device that the daemon had never seen.
func (s *state) hasUnnamed() bool {
	return slices.ContainsFunc(s.links, func(l link) bool { return l.unnamed() || l.strange || s.comesUnnamed(&l) })
}

// changesLinks are the operations that tell a listing of a link, also of one that the history does not know.
var changesLinks = setOf(Create, Recreate, Destroy, Attach, Detach, SetZone, zoneRemove, Open, Close, Rele, StreamDetach)

// nobodys reports whether no link has the MAC, or none but a tunnel that a listing may have made again, before an
// open of the history got it.
func (s *state) nobodys(mac word) bool {
	l := s.of(mac)
	return l == nil || l.class == tunnel && l.phase == absent
}

// comesUnnamed reports whether the link is of a device that is being attached and that the daemon had never seen. It is
// told of the device before the kernel has the link.
func (s *state) comesUnnamed(l *link) bool {
	return l.attaching && l.name == 0 && !slices.ContainsFunc(s.names, func(e entry) bool { return e.dev == l.mac })
}

// of returns the link of a MAC, nil if the history knows none.
func (s *state) of(mac word) *link {
	for i := range s.links {
		if s.links[i].mac == mac {
			return &s.links[i]
		}
	}
	return nil
}

// entry returns what the daemon knows under a linkid, nil for nothing.
func (s *state) entry(id env.LinkID) *entry {
	for i := range s.names {
		if s.names[i].id == id {
			return &s.names[i]
		}
	}
	return nil
}

// known is entry, but for a linkid that stands for nothing else the one whose linkid nobody was told.
func (s *state) known(id env.LinkID) *entry {
	if e := s.entry(id); e != nil || id == env.InvalidLinkID {
		return e
	}
	return s.entry(unknownID)
}

// forget takes an entry out of the daemon's table.
func (s *state) forget(id env.LinkID) {
	s.names = slices.DeleteFunc(s.names, func(e entry) bool { return e.id == id })
}

// add puts an entry into the daemon's table, which is in order of linkid.
func (s *state) add(e entry) {
	s.forget(e.id)
	at := len(s.names)
	for at > 0 && s.names[at-1].id > e.id {
		at--
	}
	s.names = slices.Insert(s.names, at, e)
}

// kstatTaken reports whether a link kstat of that name exists in a zone.
func (s *state) kstatTaken(name word, zone env.ZoneID) bool {
	for i := range s.links {
		l := &s.links[i]
		own := (l.ownName == name || l.staleName == name) && l.owner == zone
		if l.phase != absent && (own || l.zoneName == name && l.kstatZone == zone) {
			return true
		}
	}
	return false
}

// describe says in a line what the state is, for people.
func (s *state) describe(w *words) string {
	var parts []string
	for i := range s.links {
		l := &s.links[i]
		switch l.phase {
		case absent:
			what := w.text(l.mac) + " absent"
			if l.trefs > 0 {
				what += fmt.Sprintf(" (%d temporary holds left)", l.trefs)
			}
			parts = append(parts, what)
			continue
		case initialising:
			parts = append(parts, w.text(l.name)+" being made")
			continue
		case visible:
		}
		what := fmt.Sprintf("%s visible, linkid %d", w.text(l.name), l.id)
		if l.zone != env.GlobalZone {
			what += fmt.Sprintf(", zone %d", l.zone)
		}
		for _, c := range []struct {
			n    int16
			what string
		}{{l.refs, "held"}, {l.trefs, "temporary holds"}, {l.flows, "flows"}} {
			if c.n > 0 {
				what += fmt.Sprintf(", %s %d", c.what, c.n)
			}
		}
		parts = append(parts, what)
	}
	for i := range s.names {
		if e := &s.names[i]; s.find(e.id) == nil {
			parts = append(parts, fmt.Sprintf("the daemon knows %s, linkid %d", w.text(e.name), e.id))
		}
	}
	if len(parts) == 0 {
		return "no links"
	}
	return strings.Join(parts, "; ")
}
