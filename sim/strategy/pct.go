// SPDX-License-Identifier: CDDL-1.0

package strategy

import "dlsim/sim"

// PCT is probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatti,
// ASPLOS 2010): random priorities, the highest enabled thread always goes on, and at
// Depth-1 random choices the thread that would go on is demoted below all others. One
// schedule finds a bug of depth Depth with probability at least 1/(n k^(Depth-1)), where n
// is the number of threads and k the number of choices among at least two threads.
//
// The paper demotes the thread that has just made its k_i-th step and counts all steps. A
// demotion makes a difference only at the next choice at which the thread would have been
// picked, so demoting it there, and counting only choices, reaches the same schedules with
// a smaller k: steps at which one thread alone is enabled cost nothing.
type PCT struct {
	Seed uint64
	// Depth is d, at least 1.
	Depth int
	// Picks is the estimate of k: the number of choices that change points are spread
	// over, such as the most seen in earlier schedules. 0 says that nothing is known, and
	// gives a schedule without change points.
	Picks int

	schedule sim.Stream
	values   sim.Stream
	// prio of a thread: Depth + a random 63-bit number, or below Depth once demoted.
	prio    []uint64
	changes []int // change point i is at this choice, from 1, and demotes to priority i+1
}

// Begin implements sim.Strategy: the schedule is a pure function of Seed, Depth and Picks.
func (p *PCT) Begin(*sim.World) {
	p.schedule.Seed(p.Seed, "schedule")
	p.values.Seed(p.Seed, "faults")
	p.prio, p.changes = p.prio[:0], p.changes[:0]
	for range p.Depth - 1 {
		if p.Picks > 0 {
			p.changes = append(p.changes, 1+p.schedule.IntN(p.Picks))
		}
	}
}

// Pick implements sim.Strategy.
func (p *PCT) Pick(w *sim.World, _ *sim.Thread) int {
	e := w.Enabled()
	id := p.highest(e)
	for i, at := range p.changes {
		if at == w.Picks()+1 {
			p.prio[id] = uint64(i + 1)
			id = p.highest(e)
		}
	}
	return id
}

// highest returns the enabled thread of highest priority, giving one to new threads.
func (p *PCT) highest(e *sim.Set) int {
	best, bestPrio := -1, uint64(0)
	for id := e.Next(-1); id >= 0; id = e.Next(id) {
		for id >= len(p.prio) {
			p.prio = append(p.prio, uint64(p.Depth)+p.schedule.Uint64()>>1)
		}
		if p.prio[id] > bestPrio {
			best, bestPrio = id, p.prio[id]
		}
	}
	return best
}

// Choose implements sim.Strategy: every value is equally likely.
func (p *PCT) Choose(_ *sim.World, _ *sim.Thread, n int, _ string) int {
	return p.values.IntN(n)
}
