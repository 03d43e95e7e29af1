// SPDX-License-Identifier: CDDL-1.0

package dpor

// A schedule in which a thread is woken again after it has looked in vain goes the way of one in which it had not
// looked: see sim.Thread.Waits. From that event on nothing new is to be seen. But events that do not come after it must be,
// and the first of each thread that does, for they may race with what came before it. So the search freezes each thread
// whose last event comes after it, or whose next one would because of what has let it happen, and gives the schedule up when
// all others have done what they can. That each thread stops there depends on which events come after which only, not
// on their order otherwise: it is the search of a smaller program.

// frozen reports whether a thread goes no further.
func (s *Search) frozen(thread int32) bool {
	if len(s.awoken) == 0 {
		return false
	}
	causes, last := s.trail.Pending(thread)
	for _, i := range s.awoken {
		e := &s.events[i]
		if last >= 0 && s.after(e, s.clockOf(&s.events[last])) {
			return true
		}
		for _, x := range causes {
			if s.after(e, s.clockOf(&s.events[x])) {
				return true
			}
		}
	}
	return false
}
