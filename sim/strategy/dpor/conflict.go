// SPDX-License-Identifier: CDDL-1.0

package dpor

import (
	"slices"

	"dlsim/sim"
)

// earlier are the events that one conflicts with and that no other of them orders.
type earlier struct {
	direct   []int32 // the event could come before them
	takers   []int32 // the same: they took what it acquires
	releases []int32 // it could not: they gave that back
	exits    []int32 // so did these, of readers; it could queue before them, and that alone would make no difference
}

func (h *earlier) reset() {
	h.direct, h.takers, h.releases, h.exits = h.direct[:0], h.takers[:0], h.releases[:0], h.exits[:0]
}

// conflicts notes what event i has used, returns the events that it comes after because of that, and notes its
// races.
func (s *Search) conflicts(i int, from *sim.TrailEvent) *earlier {
	e, h := &s.events[i], &s.scratch.earlier
	e.races = int32(len(s.races))
	h.reset()
	e.uses.from = int32(len(s.uses))
	for j, u := range s.trail.UsesOf(i) {
		for int(u.Thing) >= len(s.last) {
			s.last = append(s.last, -1)
		}
		x := use{thing: u.Thing, access: u.Access, event: int32(i), previous: s.last[u.Thing]}
		if j == 0 {
			x.acquire, x.release, x.late = from.Acquire, from.Releases, from.Late > 0
			x.whole = x.acquire != sim.Nobody && u.Access == sim.Read && u.Changed
		}
		s.comesAfter(h, &x)
		if x.admits = s.admits(x.previous); u.Changed {
			x.admits = u.Admits
		}
		s.last[u.Thing] = int32(len(s.uses))
		s.uses = append(s.uses, x)
	}
	e.uses.to = int32(len(s.uses))
	if len(h.releases) == 1 && len(h.takers) == 1 {
		taker, release := h.takers[0], h.releases[0]
		h.direct = slices.DeleteFunc(h.direct, func(x int32) bool { // what else was done up to the release comes with it
			return x >= taker && x <= release && s.events[x].thread == s.events[release].thread
		})
	}
	s.noteRaces(i)
	return h
}

// comesAfter adds to h the events that one comes after because of use x.
func (s *Search) comesAfter(h *earlier, x *use) {
	k := x.previous
	if x.acquire != sim.Nobody && x.access == sim.Read {
		k = s.written(k)
	}
	for ; k >= 0; k = s.uses[k].previous {
		u := &s.uses[k]
		switch {
		case x.access.Commutes(u.access):
		case u.late:
			h.direct = append(h.direct, u.event)
		case s.admits(u.previous) < x.acquire:
			h.releases = append(h.releases, u.event)
			h.takers = append(h.takers, s.taker(k, x.acquire))
		case u.release && x.acquire != sim.Nobody:
			h.exits = append(h.exits, u.event)
		case u.acquire == sim.Shared && x.acquire != sim.Nobody:
			h.takers = append(h.takers, u.event)
		default:
			h.direct = append(h.direct, u.event)
		}
		if u.access == sim.Write {
			break
		}
	}
}

// written returns the last write up to use k of a thing, -1 for none.
func (s *Search) written(k int32) int32 {
	for k >= 0 && s.uses[k].access != sim.Write {
		k = s.uses[k].previous
	}
	return k
}

// admits returns which acquiring operations a thing admits after use k of it.
func (s *Search) admits(k int32) sim.Acquire {
	if k < 0 {
		return sim.Exclusive
	}
	return s.uses[k].admits
}

// taker returns the event that made the thing, whose last use is k, admit an acquiring operation no
// more.
func (s *Search) taker(k int32, a sim.Acquire) int32 {
	for s.admits(s.uses[k].previous) < a {
		k = s.uses[k].previous
	}
	return s.uses[k].event
}
