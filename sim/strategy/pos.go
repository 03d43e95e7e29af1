// SPDX-License-Identifier: CDDL-1.0

package strategy

import "dlsim/sim"

// POS is partial order sampling (Yuan, Yang, Gu, CAV 2018): every pending operation has a
// random priority, the highest enabled one goes on, and the priorities of the pending
// operations that race with it are drawn again. Operations that commute keep the order in
// which they were drawn, so the walk does not spend its chances on orders that make no
// difference. Where no operations race, a schedule of n operations has a probability of at
// least 1/n!, that of their priorities falling in its order; where n operations of n threads
// all race with each other, each order has exactly that.
//
// Two operations race if they act on the same object and one of them writes. The second
// object that some operations touch (sim.Thread.Touch) does not count.
type POS struct {
	Seed     uint64
	schedule sim.Stream
	values   sim.Stream
	prio     priorities
	drawn    []uint32 // by thread id: the step at which prio was drawn

	step    uint32
	wrote   []uint32 // by object id: the last step that wrote it; 0 is never
	touched []uint32 // by object id: the last step that read or wrote it
}

// Begin implements sim.Strategy: the schedule is a pure function of Seed.
func (p *POS) Begin(*sim.World) {
	p.schedule.Seed(p.Seed, "schedule")
	p.values.Seed(p.Seed, "faults")
	p.prio.reset(&p.schedule)
	p.drawn, p.wrote, p.touched = p.drawn[:0], p.wrote[:0], p.touched[:0]
	p.step = 0
}

// Pick implements sim.Strategy.
func (p *POS) Pick(w *sim.World, _ *sim.Thread) int {
	e := w.Enabled()
	best, bestPrio := -1, uint64(0)
	for id := e.Next(-1); id >= 0; id = e.Next(id) {
		for id >= len(p.drawn) {
			p.drawn = append(p.drawn, 0)
		}
		if p.raced(w.Thread(id).Pending(), p.drawn[id]) {
			p.prio.forget(id)
		}
		prio := p.prio.get(id)
		p.drawn[id] = p.step
		if prio > bestPrio {
			best, bestPrio = id, prio
		}
	}
	return best
}

// raced reports whether an operation that races with o was carried out after the given step.
// A priority that has been looked at since then is as good as one drawn now.
func (p *POS) raced(o sim.Op, since uint32) bool {
	if o.Object == nil || o.Object.ID() >= len(p.touched) {
		return false
	}
	switch o.Type.Access {
	case sim.Write:
		return p.touched[o.Object.ID()] > since
	case sim.Read, sim.Add:
		return p.wrote[o.Object.ID()] > since
	}
	return false
}

// Watch implements sim.Watcher.
func (p *POS) Watch(_ *sim.World, t *sim.Thread) {
	p.step++
	p.prio.forget(t.ID())
	o := t.Pending()
	if o.Object == nil || o.Type.Access == sim.Local {
		return
	}
	id := o.Object.ID()
	for id >= len(p.touched) {
		p.touched, p.wrote = append(p.touched, 0), append(p.wrote, 0)
	}
	p.touched[id] = p.step
	if o.Type.Access == sim.Write {
		p.wrote[id] = p.step
	}
}

// Choose implements sim.Strategy: every value is equally likely.
func (p *POS) Choose(_ *sim.World, _ *sim.Thread, n int, _ string) int {
	return p.values.IntN(n)
}
