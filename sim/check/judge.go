// SPDX-License-Identifier: CDDL-1.0

package check

import "dlsim/sim"

// Judge returns a function for Locks.Judge that finds in one schedule what Graph finds in many:
// a feasible cycle or a dependence, of the given kind and with the given subject.
func Judge(kind sim.Kind, subject string) func(*sim.World, []Acquisition) *sim.Failure {
	return func(w *sim.World, all []Acquisition) *sim.Failure {
		g := NewGraph()
		for i := range all {
			g.Add(&all[i], 0)
		}
		switch kind {
		case sim.KindOrder:
			var least *Cycle
			for _, c := range g.Cycles() {
				if c.Feasible() && c.Classes() == subject && (least == nil || c.Signature() < least.Signature()) {
					least = &c
				}
			}
			if least != nil {
				return least.Failure(w)
			}
		case sim.KindUpcall:
			for _, d := range g.Dependences() {
				if d.Signature() == subject {
					return d.Failure(w)
				}
			}
		}
		return nil
	}
}

// named returns the thread of the given name, nil if the world has none.
func named(w *sim.World, name string) (found *sim.Thread) {
	w.Threads(func(t *sim.Thread) {
		if t.Name() == name {
			found = t
		}
	})
	return found
}
