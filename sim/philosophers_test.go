// SPDX-License-Identifier: CDDL-1.0

package sim_test

import (
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// philosophers is W2: three threads that each lock two of three mutexes. If ordered, each
// locks the lower index first (W2o), and there is no deadlock.
type philosophers struct {
	ordered bool
	m       [3]ksync.Mutex
	workers [3]func(*sim.Thread)
	threads [3]*sim.Thread
}

func newPhilosophers(ordered bool) *philosophers {
	p := &philosophers{ordered: ordered}
	for i := range p.workers {
		first, second := i, (i+1)%3
		if ordered {
			first, second = min(first, second), max(first, second)
		}
		p.workers[i] = func(t *sim.Thread) {
			p.m[first].Enter(t)
			p.m[second].Enter(t)
			p.m[second].Exit(t)
			p.m[first].Exit(t)
		}
	}
	return p
}

func (p *philosophers) body(t *sim.Thread) {
	for i := range p.m {
		p.m[i].Init(t.World(), nil, "m", "", i+1)
	}
	for i := range p.threads {
		p.threads[i] = t.SpawnN("phil", i+1, p.workers[i])
	}
	for _, u := range p.threads {
		t.Join(u)
	}
}
