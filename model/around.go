// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// touches returns the links that an operation may concern.
func (p *prepared) touches(o *operation) uint64 {
	switch o.Op {
	case ZoneState, DaemonDown, DaemonStart, Signal, Readdir:
		return everything
	}
	m := marked(p.ids, o.Link) | marked(p.ids, o.Onto) | marked(p.names, o.name)
	for i := range p.start.links {
		// An open by the name of a device holds the device.
		if l := p.start.links[i].mac; l != 0 && (l == o.mac || l == o.madeMAC || o.Op == Open && l == o.name) {
			m |= bit(i)
		}
	}
	for _, over := range o.Over {
		m |= marked(p.ids, over)
	}
	if m == 0 || o.unfinished() {
		m |= unknownLink
	}
	return m
}

// unknownLink stands for all links of which the history does not tell a MAC.
const unknownLink = 1 << 63

// below returns the links that an operation has in use until it returns because it deletes what is
// made on them.
func (p *prepared) below(o *operation) uint64 {
	if o.Op != Destroy {
		return 0
	}
	m := uint64(0)
	for _, u := range p.over {
		at := slices.IndexFunc(p.start.links, func(l link) bool { return l.mac == u.mac })
		if at >= 0 && o.touch&bit(at) != 0 {
			m |= marked(p.ids, u.lower)
		}
	}
	return m
}

// surround finds what was in progress at the same time as each operation.
func (p *prepared) surround() {
	down, lastDown := false, int64(-1)
	for _, ev := range p.events {
		o := &p.ops[ev.op]
		if !ev.call {
			at := slices.Index(p.open, ev.op)
			p.open = slices.Delete(p.open, at, at+1)
			switch {
			case o.Op == DaemonStart && o.Call > lastDown && !p.inProgress(DaemonStart):
				down = false // who starts it too need not wait for its door
			case o.Op == DaemonDown && !p.inProgress(DaemonDown):
				lastDown = o.Return
			}
			continue
		}
		if o.Op == DaemonDown {
			down, lastDown = true, 1<<62
		}
		o.down = down
		for _, other := range p.open {
			q := &p.ops[other]
			all := q.touch == everything || o.touch == everything
			if all || (q.touch|q.below)&o.touch != 0 {
				o.meets(q)
			}
			if all || q.touch&(o.touch|o.below) != 0 {
				q.meets(o)
			}
			q.down = q.down || down
		}
		p.open = append(p.open, ev.op)
	}
	for i := range p.ops {
		p.ops[i].signalled = p.isSignalled(&p.ops[i])
	}
}

// inProgress reports whether an operation of that kind is.
func (p *prepared) inProgress(k Op) bool {
	return slices.ContainsFunc(p.open, func(n int32) bool { return p.ops[n].Op == k })
}

// overlaps reports whether there is a moment at which both are in progress.
func (o *operation) overlaps(q *operation) bool {
	return (o.Pending || q.Call <= o.Return) && (q.Pending || o.Call <= q.Return)
}

// meets notes that q was in progress at the same time and may concern the same link.
func (o *operation) meets(q *operation) {
	o.around |= 1 << q.Op
	if o.Op == KstatRead {
		makes, deletes := q.movesKstat(o)
		o.making, o.deleting = o.making || makes, o.deleting || deletes
	}
}

// isSignalled reports whether a signal may have been pending in the thread: it was posted before
// the operation returned, by somebody or by the end of the thread's zone.
func (p *prepared) isSignalled(o *operation) bool {
	for _, n := range p.signals {
		if s := &p.ops[n]; s.Target == o.Thread && (o.Pending || s.Call <= o.Return) {
			return true
		}
	}
	for _, n := range p.zoneOps {
		z := &p.ops[n]
		if z.Into == o.Zone && z.State >= ZoneDown && (o.Pending || z.Call <= o.Return) {
			return true
		}
	}
	return false
}

// status returns the lowest and the highest status that a zone may have had during an operation;
// statuses only go up (environment.md 8.1). A zone that the history does not know is gone.
func (p *prepared) status(o *operation, zone env.ZoneID) (low, high int) {
	if zone == env.GlobalZone {
		return ZoneRunning, ZoneRunning
	}
	low, high = ZoneDead, ZoneDead
	for _, z := range p.history.Start.Zones {
		if z.ID == zone {
			low, high = z.State, z.State
		}
	}
	for _, n := range p.zoneOps {
		z := &p.ops[n]
		switch {
		case z.Into != zone:
		case !z.Pending && z.Return < o.Call && z.Result.Err == 0:
			low, high = max(low, z.State), max(high, z.State)
		case o.Pending || z.Call <= o.Return:
			high = max(high, z.State)
		}
	}
	return low, high
}

// isShutAgain reports whether the zone that an operation shuts down may have been shut down by another one, or have begun so: the
// zone's links are given back once (environment.md 8.1).
func (p *prepared) isShutAgain(o *operation) bool {
	for _, z := range p.history.Start.Zones {
		if z.ID == o.Into && z.State >= ZoneShuttingDown {
			return true
		}
	}
	return slices.ContainsFunc(p.zoneOps, func(n int32) bool {
		z := &p.ops[n]
		return z.Into == o.Into && z.State >= ZoneShuttingDown && z.Call != o.Call && (o.Pending || z.Call <= o.Return)
	})
}
