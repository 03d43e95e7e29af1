// SPDX-License-Identifier: CDDL-1.0

package dpor

import "dlsim/sim"

// What a section of a guard acts on depends on what was done before it. Where a race with it has been reversed it may act on
// something that it did not act on before, such as a condition variable that it now waits for, and so conflict with
// an event that it seemed to commute with. What that can be is what sections of the guard have been seen to act on. A
// search that has relied on less, before it has seen that, begins again.

// within is a thing that sections of a guard act on.
type within struct{ guard, thing int32 }

// meets reports whether a section of a guard, of which nobody knows yet what it acts on, may conflict with an event with these
// uses. A guard of 0 stands for an event that is known.
func (s *Search) meets(guard int32, uses []use) bool {
	if guard == 0 {
		return false
	}
	for i := range uses {
		u := &uses[i]
		k := within{guard, u.thing}
		switch {
		case u.thing == guard:
		case !s.inside[k].Commutes(u.access):
			return true
		case s.assumed[k] != sim.Write:
			s.assumed[k] = union(s.assumed[k], u.access)
		}
	}
	return false
}

// learn notes what an event has acted on, if it began a section.
func (s *Search) learn(uses []use) {
	if s.Single || len(uses) < 2 || uses[0].acquire == sim.Nobody {
		return
	}
	for i := range uses[1:] {
		u := &uses[i+1]
		k := within{uses[0].thing, u.thing}
		old := s.inside[k]
		a := union(old, u.access)
		if a == old {
			continue
		}
		s.inside[k] = a
		s.surprised = s.surprised || !a.Commutes(s.assumed[k])
	}
}

// union returns what commutes with what both accesses commute with.
func union(a, b sim.Access) sim.Access {
	switch {
	case a == sim.Local || a == b:
		return b
	case b == sim.Local:
		return a
	}
	return sim.Write
}
