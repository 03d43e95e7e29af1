// SPDX-License-Identifier: CDDL-1.0

package strategy

import (
	"cmp"
	"slices"

	"dlsim/sim"
)

// Tally is how often each thread acted on each object in one or more schedules, and which
// threads made which. Threads and objects are known by label, so that tallies of different
// schedules go together. The zero value is empty.
type Tally struct {
	objects map[sim.Label]map[sim.Label]int // operations by object and thread
	written map[sim.Label]bool              // objects that were written
	parents map[sim.Label]sim.Label         // of threads made while counting
}

// Merge adds what o has counted: of two counts of the same thing it keeps the greater, as a
// schedule may have been cut short by a failure.
func (c *Tally) Merge(o *Tally) {
	if c.objects == nil {
		c.objects = make(map[sim.Label]map[sim.Label]int)
		c.written, c.parents = make(map[sim.Label]bool), make(map[sim.Label]sim.Label)
	}
	for object, threads := range o.objects {
		for thread, n := range threads {
			c.atLeast(object, thread, n)
		}
	}
	for object := range o.written {
		c.written[object] = true
	}
	for thread, parent := range o.parents {
		c.parents[thread] = parent
	}
}

func (c *Tally) atLeast(object, thread sim.Label, n int) {
	threads := c.objects[object]
	if threads == nil {
		threads = make(map[sim.Label]int)
		c.objects[object] = threads
	}
	threads[thread] = max(threads[thread], n)
}

// Profile is what SURW knows of a program: the objects over which threads can race, and how
// many operations on each every thread does, together with the threads that it makes. It is
// not changed once it is made, and may be used by several goroutines.
type Profile struct {
	objects []profiled // sorted by label
	total   int        // sum of their weights
}

type profiled struct {
	label  sim.Label
	weight int               // operations on it in all
	events map[sim.Label]int // by thread, those of its descendants included
}

// Profile returns the profile of what has been counted. An object can be of interest if at
// least two threads act on it and one writes.
func (c *Tally) Profile() *Profile {
	shared := make([]sim.Label, 0, len(c.objects))
	for object, threads := range c.objects {
		if len(threads) > 1 && c.written[object] {
			shared = append(shared, object)
		}
	}
	slices.SortFunc(shared, compareLabels)
	p := new(Profile)
	for _, object := range shared {
		x := profiled{label: object, events: make(map[sim.Label]int)}
		for thread, n := range c.objects[object] {
			x.weight += n
			for depth := 0; depth <= len(c.parents); depth++ {
				x.events[thread] += n
				parent, ok := c.parents[thread]
				if !ok {
					break
				}
				thread = parent
			}
		}
		p.objects = append(p.objects, x)
		p.total += x.weight
	}
	return p
}

func compareLabels(a, b sim.Label) int {
	return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Num, b.Num))
}

// Profiler is a strategy that lets another one decide, and counts.
type Profiler struct {
	sim.Strategy
	Tally Tally // of the last schedule

	inner   sim.Watcher // Strategy, if it watches too
	threads lineage
}

// Begin implements sim.Strategy.
func (p *Profiler) Begin(w *sim.World) {
	p.Tally = Tally{}
	p.Tally.Merge(&Tally{})
	p.inner, _ = p.Strategy.(sim.Watcher)
	p.threads.reset()
	p.Strategy.Begin(w)
}

// Watch implements sim.Watcher.
func (p *Profiler) Watch(w *sim.World, t *sim.Thread) {
	p.threads.update(w, func(u, parent *sim.Thread) {
		if parent != nil {
			p.Tally.parents[u.Label()] = parent.Label()
		}
	})
	p.threads.last = t
	if o := t.Pending(); o.Object != nil && o.Type.Access != sim.Local {
		object, thread := o.Object.Label(), t.Label()
		p.Tally.atLeast(object, thread, p.Tally.objects[object][thread]+1)
		if o.Type.Access == sim.Write {
			p.Tally.written[object] = true
		}
	}
	if p.inner != nil {
		p.inner.Watch(w, t)
	}
}

// lineage tells which thread made which: the one that carried out the last operation before
// the new one appeared. The first thread was made by nobody.
type lineage struct {
	known int
	last  *sim.Thread // that carried out an operation
}

func (l *lineage) reset() { *l = lineage{} }

// update calls made for each thread that is new, in order of creation.
func (l *lineage) update(w *sim.World, made func(t, parent *sim.Thread)) {
	for ; l.known < w.NumThreads(); l.known++ {
		made(w.Thread(l.known), l.last)
	}
}
