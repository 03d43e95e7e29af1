// SPDX-License-Identifier: CDDL-1.0

package strategy

import (
	"slices"

	"dlsim/sim"
)

// Target is a thread that Directed brings to where it holds one lock and wants another. Threads
// are told by their lineage, locks by their identity.
type Target struct {
	Thread uint64
	Holds  uint64 // 0 if it need not hold any
	Wants  uint64
	// Await says that the thread only waits for what it wants, perhaps by an operation on
	// something else.
	Await bool
	// Under are all locks that it holds then.
	Under []uint64
}

// Directed searches for a deadlock that is predicted (Joshi, Park, Sen, Naik: A randomized dynamic
// program analysis technique for detecting real deadlocks, PLDI 2009): a random walk that holds
// each target back just before it acquires what it wants, until all others hold what they hold.
// In every other schedule the targets come to what they hold in a random order, too, because one
// that has it may keep another from getting there. If nobody else can run, one that is held back
// goes on.
type Directed struct {
	Seed    uint64
	Targets []Target
	// Holding reports whether a thread holds a lock now.
	Holding func(t *sim.Thread, lock uint64) bool

	schedule sim.Stream
	values   sim.Stream
	sticky   int    // in how many of 8 picks the thread that runs goes on
	rank     []int  // of each target in the order, all 0 if there is none
	eager    []bool // targets that only wait and are held back as soon as they hold something
	there    []bool
	met      bool // all were there once, and nobody is held back any more
	free     []int
}

// Begin implements sim.Strategy: the schedule is a pure function of Seed and Targets.
func (d *Directed) Begin(*sim.World) {
	d.schedule.Seed(d.Seed, "schedule")
	d.values.Seed(d.Seed, "faults")
	d.sticky = [...]int{0, 4, 7}[d.schedule.IntN(3)]
	d.met = false
	d.rank, d.eager, d.there = d.rank[:0], d.eager[:0], d.there[:0]
	ordered := d.schedule.IntN(2)
	for i := range d.Targets {
		d.there = append(d.there, false)
		d.eager = append(d.eager, d.Targets[i].Await && d.schedule.IntN(2) == 0)
		d.rank = append(d.rank, i*ordered)
		j := d.schedule.IntN(i + 1)
		d.rank[i], d.rank[j] = d.rank[j], d.rank[i]
	}
}

// Pick implements sim.Strategy.
func (d *Directed) Pick(w *sim.World, cur *sim.Thread) int {
	d.look(w)
	e := w.Enabled()
	d.free = d.free[:0]
	for id := e.Next(-1); id >= 0; id = e.Next(id) {
		k := d.gate(w.Thread(id))
		if k >= 0 && d.met && d.Targets[k].Holds == 0 {
			return id // a writer must wait before the reader that it keeps out
		}
		if d.met || k < 0 && !d.early(w.Thread(id)) && !d.waits(w.Thread(id)) {
			d.free = append(d.free, id)
		}
	}
	if len(d.free) == 0 {
		return e.At(d.schedule.IntN(e.Len()))
	}
	if cur != nil && d.schedule.IntN(8) < d.sticky {
		for _, id := range d.free {
			if id == cur.ID() {
				return id
			}
		}
	}
	return d.free[d.schedule.IntN(len(d.free))]
}

// gate returns the target that t is at, about to acquire what it wants; -1 if it is at none.
func (d *Directed) gate(t *sim.Thread) int {
	o := t.Pending().Object
	if o == nil {
		return -1
	}
	for k := range d.Targets {
		g := &d.Targets[k]
		if g.Thread == t.Lineage().ID && g.Wants == o.Identity() &&
			(g.Holds == 0 || d.Holding(t, g.Holds)) && !d.Holding(t, g.Wants) {
			return k
		}
	}
	return -1
}

// early reports whether t is about to acquire a lock that it is to hold before others are there
// that come first.
func (d *Directed) early(t *sim.Thread) bool {
	o := t.Pending().Object
	if o == nil {
		return false
	}
	for k := range d.Targets {
		g := &d.Targets[k]
		if g.Thread != t.Lineage().ID || !slices.Contains(g.Under, o.Identity()) || d.Holding(t, o.Identity()) {
			continue
		}
		for i := range d.Targets {
			if d.rank[i] < d.rank[k] && !d.there[i] {
				return true
			}
		}
	}
	return false
}

// waits reports whether t is one that is held back although it only waits.
func (d *Directed) waits(t *sim.Thread) bool {
	for k := range d.Targets {
		g := &d.Targets[k]
		if d.eager[k] && g.Thread == t.Lineage().ID && g.Holds != 0 && d.Holding(t, g.Holds) {
			return true
		}
	}
	return false
}

// look finds out which targets are where they should be.
func (d *Directed) look(w *sim.World) {
	if d.met {
		return
	}
	clear(d.there)
	w.Threads(func(t *sim.Thread) {
		if t.Done() {
			return
		}
		if k := d.gate(t); k >= 0 {
			d.there[k] = true
		}
		for i := range d.Targets {
			g := &d.Targets[i]
			if g.Await && g.Holds != 0 && g.Thread == t.Lineage().ID && d.Holding(t, g.Holds) {
				d.there[i] = true
			}
		}
	})
	d.met = true
	for _, there := range d.there {
		d.met = d.met && there
	}
}

// Choose implements sim.Strategy: every value is equally likely.
func (d *Directed) Choose(_ *sim.World, _ *sim.Thread, n int, _ string) int {
	return d.values.IntN(n)
}
