// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"cmp"
	"slices"

	"dlsim/devnet/env"
)

// operation is an Operation made ready for the rules: names are words, and what the rest of the
// history says about it is known.
type operation struct {
	*Operation
	num       int32
	mac, name word
	madeMAC   word // of the result
	madeName  word
	plan      *plan
	// touch has a bit for each link that the operation may concern, and around one for each sort
	// of operation that was in progress at the same time and may concern the same link.
	// below are the links that what it deletes is made on.
	touch, around, below uint64
	// down says that the daemon may have been gone at some moment of the operation, and signalled
	// that the thread had a signal pending (environment.md 9.3).
	down, signalled bool
	// making and deleting say that another operation may have been at work on a kstat that this one reads.
	making, deleting bool
	// tunnels says that it reads a kstat that may be that of a tunnel which an open makes.
	tunnels bool
	// strangers says that it reads a kstat the name of which a link may have that the history tells nothing of.
	strangers bool
	// late says that it is a request to the daemon whose caller was interrupted. The daemon goes on with
	// it and may carry it out at any time after (environment.md 9.3).
	late bool
}

// event is a call or a return.
type event struct {
	at   int64
	op   int32
	call bool
}

// prepared is a history made ready for the rules.
type prepared struct {
	words  words
	ops    []operation
	extra  []Operation // of expanded operations
	events []event
	start  state
	// zones are the zones at the start and zoneOps what moves them, signals who is signalled.
	history          *History
	zoneOps, signals []int32
	// unsettled says that the daemon or upcalls may fail anywhere in the history.
	unsettled bool
	rebuilds  bool // somebody asks whether links have changed
	ids       []pair[env.LinkID]
	names     []pair[word]
	open      []int32
	over      []upon
	// strangers are renames of links of which the history tells nothing, by a linkid that stands for no other.
	strangers []*operation
}

// upon says that the link of a MAC is made on another link.
type upon struct {
	mac   word
	lower env.LinkID
	// loose says that it may be taken off again: a port of an aggregation.
	loose bool
	since int64 // a port that is added later
}

const everything = ^uint64(0)

// prepare makes p of h, under the rules r.
func (p *prepared) prepare(h *History, r *Rules) {
	p.history = h
	p.words.reset()
	p.ops, p.extra, p.events = p.ops[:0], p.extra[:0], p.events[:0]
	p.zoneOps, p.signals, p.open = p.zoneOps[:0], p.signals[:0], p.open[:0]
	p.ids, p.names, p.over, p.strangers = p.ids[:0], p.names[:0], p.over[:0], p.strangers[:0]
	p.unsettled, p.rebuilds = len(h.Start.Faults) > 0, false
	p.begin(&h.Start)
	p.expand(h)
	for i := range h.Ops {
		if h.Ops[i].Op != ZoneShutdown {
			p.ops = append(p.ops, operation{Operation: &h.Ops[i]})
		}
	}
	for i := range p.extra {
		p.ops = append(p.ops, operation{Operation: &p.extra[i]})
	}
	for i := range p.ops {
		p.make(&p.ops[i], int32(i))
	}
	for i := range p.ops {
		p.span(&p.ops[i], r)
	}
	p.arrange()
	p.call()
	for i := range p.ops {
		p.ops[i].touch = p.touches(&p.ops[i])
		p.ops[i].below = p.below(&p.ops[i])
		p.reads(&p.ops[i])
	}
	p.surround()
}

// begin makes the state that the history starts from.
func (p *prepared) begin(sys *System) {
	s := &p.start
	s.links, s.names, s.flights, s.rebuild = s.links[:0], s.names[:0], s.flights[:0], no
	if sys.Rebuild {
		s.rebuild = unsure
	}
	for i := range sys.Links {
		k := &sys.Links[i]
		l := link{mac: p.words.of(k.MAC), class: classOf(k.Class)}
		for _, id := range k.Over {
			p.over = append(p.over, upon{mac: l.mac, lower: id, loose: k.Class == env.ClassAggr})
		}
		if !k.Absent {
			l.phase, l.id, l.name = visible, k.ID, p.words.of(k.Name)
			l.owner, l.zone, l.flows = k.Owner, k.Zone, int16(k.Flows)
			l.ownName = l.name
			if l.assigned() {
				l.zoneName, l.kstatZone = l.name, l.zone
			}
			p.ids = mark(p.ids, k.ID, bit(len(s.links)))
			p.called(l.name, bit(len(s.links)))
		}
		s.links = append(s.links, l)
	}
	for i := range sys.Names {
		k := &sys.Names[i]
		s.add(entry{
			id: k.ID, name: p.words.of(k.Name), class: classOf(k.Class), owner: k.Owner, zone: k.Zone,
			dev: p.words.of(k.Dev), known: yes,
		})
		if at := slices.IndexFunc(s.links, func(l link) bool { return k.Dev != "" && l.mac == p.words.of(k.Dev) }); at >= 0 {
			p.known(k.ID, bit(at))
		}
	}
}

func bit(n int) uint64 { return 1 << (n % 64) }

// expand turns the shutdown of a zone into the return of each link that may be in it.
func (p *prepared) expand(h *History) {
	for i := range h.Ops {
		o := &h.Ops[i]
		if o.Op != ZoneShutdown {
			continue
		}
		var macs []string
		for j := range h.Start.Links {
			if l := &h.Start.Links[j]; !l.Absent && l.Zone == o.Into && l.Owner != l.Zone || p.moves(h, l, o.Into) {
				macs = append(macs, l.MAC)
			}
		}
		for j := range h.Ops {
			if l, ok := h.Ops[j].brings(); ok && !slices.Contains(macs, l.MAC) && p.moves(h, &l, o.Into) {
				macs = append(macs, l.MAC)
			}
		}
		for _, mac := range macs {
			one := *o
			one.Op, one.MAC = zoneRemove, mac
			p.extra = append(p.extra, one)
		}
		for _, id := range h.strangersIn(o.Into) {
			one := *o
			one.Op, one.Link = zoneRemove, id
			p.extra = append(p.extra, one)
		}
		one := *o
		one.Op, one.State = ZoneState, ZoneDown
		p.extra = append(p.extra, one)
	}
}

// brings returns the link that an operation may make.
func (o *Operation) brings() (l Link, ok bool) {
	switch {
	case o.Op == Create:
		return Link{MAC: o.MAC, ID: o.Link}, true
	case o.Op == Open && o.Result.MAC != "":
		return Link{MAC: o.Result.MAC, ID: o.Result.Link}, true
	}
	return Link{}, false
}

// moves reports whether the history has an operation that may lend the link to the zone, by the linkid that it has or
// one that a rename may have given it.
func (p *prepared) moves(h *History, l *Link, zone env.ZoneID) bool {
	renamed := func(id env.LinkID) bool {
		return slices.ContainsFunc(h.Ops, func(o Operation) bool { return o.Op == Rename && o.Onto == id })
	}
	for i := range h.Ops {
		o := &h.Ops[i]
		if o.Op == SetZone && o.Into == zone && (l.Absent || l.ID == o.Link || classOf(l.Class) == physical && renamed(o.Link)) {
			return true
		}
	}
	return false
}

// strangersIn returns the linkids of links that the history tells nothing of, and that may have been lent to the zone.
func (h *History) strangersIn(zone env.ZoneID) (ids []env.LinkID) {
	for i := range h.Ops {
		o := &h.Ops[i]
		if o.Op == SetZone && o.Into == zone && !slices.Contains(ids, o.Link) && !h.tells(o.Link) {
			ids = append(ids, o.Link)
		}
	}
	return ids
}

// make fills in what an operation says itself.
func (p *prepared) make(o *operation, num int32) {
	o.num = num
	o.mac, o.name = p.words.of(o.MAC), p.words.of(o.Name)
	o.madeMAC, o.madeName = p.words.of(o.Result.MAC), p.words.of(o.Result.Name)
	switch o.Op {
	case Create:
		p.learn(o.mac, o.Link, 0, classOf(o.Class))
		for _, id := range o.Over {
			p.over = append(p.over, upon{mac: o.mac, lower: id, loose: o.Class == env.ClassAggr})
		}
	case Attach, Detach:
		p.learn(o.mac, 0, 0, physical)
	case Open:
		if o.madeMAC != 0 {
			p.learn(o.madeMAC, o.Result.Link, o.name, tunnel)
		}
	case ZoneState:
		p.zoneOps = append(p.zoneOps, num)
	case Signal:
		p.signals = append(p.signals, num)
	case DaemonDown, DaemonStart:
		p.unsettled = true
	case Rebuild:
		p.rebuilds = true
	}
}

// span notes when an operation begins and ends, once signals and the daemon's deaths are known.
func (p *prepared) span(o *operation, r *Rules) {
	o.late = p.isLate(o)
	o.plan = r.plan(o)
	p.events = append(p.events, event{o.Call, o.num, true})
	if !o.Pending && !o.late {
		p.events = append(p.events, event{o.Return, o.num, false})
	}
}

func (p *prepared) isLate(o *operation) bool {
	return !o.Pending && o.Result.Err == env.EINTR && p.mayBeInterrupted(o) &&
		setOf(CreateLinkid, DestroyLinkid, RemapLinkid, UpLinkid, ZoneHalted)&(1<<o.Op) != 0
}

// mayBeInterrupted reports whether there is a cause for EINTR: a signal, the daemon's death or a fault.
func (p *prepared) mayBeInterrupted(o *operation) bool {
	if p.isSignalled(o) || p.history.Start.faulty(o.Thread, env.EINTR) {
		return true
	}
	return slices.ContainsFunc(p.ops, func(d operation) bool {
		return d.Op == DaemonDown && d.Call <= o.Return && (d.Pending || d.Return >= o.Call)
	})
}

// arrange puts the events in order. Those of the engine are numbered without gaps.
func (p *prepared) arrange() {
	slices.SortFunc(p.events, func(a, b event) int {
		if c := cmp.Compare(a.at, b.at); c != 0 {
			return c
		}
		switch {
		case a.call != b.call && a.call:
			return -1 // intervals are closed: whoever meets in a point overlaps
		case a.call != b.call:
			return 1
		}
		return cmp.Compare(a.op, b.op)
	})
}
