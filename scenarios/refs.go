// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"dlsim/devnet"
	"dlsim/devnet/env/dls"
	"dlsim/sim"
	"dlsim/sim/check"
)

// hold is a handle that is a bare reference, as the owner of that reference in the ledger.
type hold struct{ name string }

// keep hands the reference that a step has taken for a handle over to the handle. Nodes and streams
// are handles that see to that themselves.
func (a *actor) keep(t *sim.Thread, s *Step) {
	var sorts []string
	switch s.Op.Yields {
	case "ref":
		sorts = append(sorts, devnet.RefSort)
	case "tmp":
		sorts = append(sorts, devnet.TrefSort)
	case "opened":
		sorts = append(sorts, devnet.RefSort, dls.RefSort)
	default:
		return
	}
	h := a.holds[s.As]
	if h == nil {
		h = &hold{"handle " + s.As}
		a.holds[s.As] = h
	}
	for _, sort := range sorts {
		a.m.kernel.Refs().KeepSort(t, sort, check.Owner{Key: h, What: h.name})
	}
}

// open reports whether a handle of the scenario that keeps references is still there. A bare
// reference is there until it is released; nobody closes it for a thread that is killed.
func (m *machine) open(key any) bool {
	if _, ok := key.(*hold); ok {
		return true
	}
	for _, a := range m.actors {
		for _, h := range a.handles {
			if h == key {
				return true
			}
		}
	}
	return false
}
