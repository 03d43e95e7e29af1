// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"math/bits"
	"slices"

	"dlsim/devnet/env"
)

// pair says which links a key may stand for.
type pair[K comparable] struct {
	key  K
	mask uint64
}

func mark[K comparable](list []pair[K], key K, mask uint64) []pair[K] {
	for i := range list {
		if list[i].key == key {
			list[i].mask |= mask
			return list
		}
	}
	return append(list, pair[K]{key, mask})
}

func marked[K comparable](list []pair[K], key K) uint64 {
	for i := range list {
		if list[i].key == key {
			return list[i].mask
		}
	}
	return 0
}

// call notes what the links may be called, and what they may be made on, once all links are known.
func (p *prepared) call() {
	for keys := -1; keys != p.keys(); { // a linkid that a rename gives may be given on by one that began earlier
		keys = p.keys()
		for i := range p.ops {
			switch o := &p.ops[i]; o.Op {
			case CreateLinkid, RemapLinkid:
				p.called(o.name, marked(p.ids, o.Link))
			case Rename:
				p.called(o.name, marked(p.ids, o.Link))
				p.known(o.Onto, marked(p.ids, o.Link))
			case UpLinkid:
				p.known(o.Link, marked(p.ids, o.Onto))
			}
		}
	}
	for i := range p.ops {
		switch o := &p.ops[i]; {
		case o.Op == Create:
			for _, id := range o.Over {
				p.renamedUnder(o, o.mac, id)
			}
		case o.Op == Use && o.Onto != env.InvalidLinkID:
			p.getsPort(o)
		case o.Op == Rename && o.name != 0 && marked(p.ids, o.Link) == 0:
			p.strangers = append(p.strangers, o)
		}
	}
}

// keys returns how much is known of what links may be called.
func (p *prepared) keys() (n int) {
	for _, x := range p.ids {
		n += bits.OnesCount64(x.mask)
	}
	for _, x := range p.names {
		n += bits.OnesCount64(x.mask)
	}
	return n
}

// getsPort notes that an aggregation may get a port.
func (p *prepared) getsPort(o *operation) {
	mask := marked(p.ids, o.Link)
	for i := range p.start.links {
		if mac := p.start.links[i].mac; mask&bit(i) != 0 {
			p.over = append(p.over, upon{mac: mac, lower: o.Onto, loose: true, since: o.Call})
			p.renamedUnder(o, mac, o.Onto)
		}
	}
}

// renamedUnder notes that the link which o looks up by a linkid, to put that of the MAC on it, may get another before o has it open.
func (p *prepared) renamedUnder(o *operation, mac word, lower env.LinkID) {
	for i := range p.ops {
		if r := &p.ops[i]; r.Op == Rename && r.Link == lower && r.Onto != env.InvalidLinkID && o.overlaps(r) {
			p.over = append(p.over, upon{mac: mac, lower: r.Onto, loose: true, since: o.Call})
		}
	}
}

// learn notes a link that the history brings, and what it may be called.
func (p *prepared) learn(mac word, id env.LinkID, name word, c class) {
	at := slices.IndexFunc(p.start.links, func(l link) bool { return l.mac == mac })
	if at < 0 {
		at = len(p.start.links)
		p.start.links = append(p.start.links, link{mac: mac, class: c})
	}
	p.known(id, bit(at))
	p.called(name, bit(at))
}

// known notes that links may have the linkid, and so the name that the daemon knows under it at the start.
func (p *prepared) known(id env.LinkID, links uint64) {
	if id == env.InvalidLinkID {
		return
	}
	p.ids = mark(p.ids, id, links)
	if e := p.start.entry(id); e != nil {
		p.called(e.name, links)
	}
}

// reads notes whose kstat it may be that is read.
func (p *prepared) reads(o *operation) {
	if o.Op != KstatRead {
		return
	}
	o.strangers = p.strangersName(o, o.name)
	o.tunnels = isTunnelName(o.Name)
	for i := range p.start.links {
		o.tunnels = o.tunnels || marked(p.names, o.name)&bit(i) != 0 && p.opened(&p.start.links[i])
	}
}

// opened reports whether a link is a tunnel that an open has made.
func (p *prepared) opened(l *link) bool {
	return l.class == tunnel && l.phase == absent &&
		!slices.ContainsFunc(p.ops, func(o operation) bool { return o.Op == Create && o.mac == l.mac })
}

// strangersName reports whether a link of which the history tells nothing may have got the name by the time at which an
// operation returns.
func (p *prepared) strangersName(o *operation, name word) bool {
	return slices.ContainsFunc(p.strangers, func(r *operation) bool {
		return r.name == name && (o.Pending || r.Call <= o.Return)
	})
}

// called notes that links may have the name. An operation that tells none is about no link because of that.
func (p *prepared) called(name word, links uint64) {
	if name != 0 {
		p.names = mark(p.names, name, links)
	}
}
