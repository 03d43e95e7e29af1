// SPDX-License-Identifier: CDDL-1.0

package dpor

import "dlsim/sim"

// Threads of one class of Search.Symmetric do the same, so that schedules which differ only in which of them
// does what come to the same. Of those one is explored in which they make their first operation in the order
// of the class: whatever a schedule is, they can be renamed so that they do. That operation is a thread's
// second event, after its start, on which nothing depends. It counts as a cause of that of the next thread in
// the class, which until then is held back.
const firstOperation = 2

const (
	unknown = -2
	nobody  = -1
)

// ahead returns the thread that comes before a thread in its class, nobody if none does.
func (s *Search) ahead(thread int32) int32 {
	if len(s.Symmetric) == 0 {
		return nobody
	}
	for int(thread) >= len(s.inFront) {
		s.inFront = append(s.inFront, unknown)
	}
	if s.inFront[thread] == unknown {
		s.inFront[thread] = s.find(s.world.Thread(s.trail.ID(thread)).Name())
	}
	return s.inFront[thread]
}

// find returns the thread that comes before the one of that name in its class.
func (s *Search) find(name string) int32 {
	for _, class := range s.Symmetric {
		for i := 1; i < len(class); i++ {
			if class[i] != name {
				continue
			}
			front := int32(nobody)
			s.world.Threads(func(t *sim.Thread) {
				if t.Name() == class[i-1] {
					front = t.Serial()
				}
			})
			return front
		}
	}
	return nobody
}

// turn returns the event of the thread ahead that the next event of a thread, its seq-th, comes after because they
// are of one class, nobody if there is none. It reports false if the thread is held back.
func (s *Search) turn(thread, seq int32) (event int32, ok bool) {
	if seq != firstOperation {
		return nobody, true
	}
	front := s.ahead(thread)
	if front == nobody {
		return nobody, true
	}
	if int(front) >= len(s.lastOf) {
		return nobody, false
	}
	x := s.lastOf[front]
	for x >= 0 && s.events[x].seq > firstOperation {
		x = s.events[x].previous
	}
	return x, x >= 0 && s.events[x].seq == firstOperation
}

// held reports whether a thread is held back now.
func (s *Search) held(thread int32) bool {
	_, ok := s.turn(thread, s.next(thread))
	return !ok
}

// next returns the number of the next event of a thread.
func (s *Search) next(thread int32) int32 {
	if int(thread) >= len(s.lastOf) || s.lastOf[thread] < 0 {
		return 1
	}
	return s.events[s.lastOf[thread]].seq + 1
}
