// SPDX-License-Identifier: CDDL-1.0

package dpor

import (
	"slices"
)

// sleeper is an event that was explored in a state, or in an earlier one since which nothing has
// happened that conflicts with it: what begins with it is known.
type sleeper struct {
	thread           int32
	ends             bool
	uses             []use
	answers, choices []int32
}

// sleepers returns what is asleep in the state before event i.
func (s *Search) sleepers(i int) []sleeper {
	x := &s.states[i]
	return s.asleep[x.asleep.from:x.asleep.to]
}

// sleep makes a sleeper of event i.
func (s *Search) sleep(i int) sleeper {
	e := &s.events[i]
	return sleeper{
		thread: e.thread, ends: e.ends, uses: slices.Clone(s.usesOf(e)),
		answers: slices.Clone(e.answers), choices: slices.Clone(e.choices),
	}
}

// stillAsleep appends to s.asleep what is asleep after event i, the last one.
func (s *Search) stillAsleep(i int) span {
	e := &s.events[i]
	uses, before := s.usesOf(e), s.states[i].asleep
	from := int32(len(s.asleep))
	for k := before.from; k < before.to; k++ {
		x := &s.asleep[k]
		if x.thread != e.thread && !x.ends && !conflict(x.uses, uses) {
			s.asleep = append(s.asleep, *x)
		}
	}
	return span{from, int32(len(s.asleep))}
}

// exhausted reports whether all events of the thread whose first answers are the given ones are asleep.
func exhausted(sleepers []sleeper, thread int32, answers []int32) bool {
	var known *sleeper
	k := len(answers)
	for i := range sleepers {
		if x := &sleepers[i]; x.thread == thread && hasPrefix(x.answers, answers) {
			if len(x.answers) == k {
				return true
			}
			known = x
		}
	}
	if known == nil {
		return false
	}
	for a := range known.choices[k] {
		if !exhausted(sleepers, thread, append(answers[:k:k], a)) {
			return false
		}
	}
	return true
}

func hasPrefix(all, first []int32) bool {
	return len(all) >= len(first) && slices.Equal(all[:len(first)], first)
}

// conflict reports whether events with these uses do not commute.
func conflict(a, b []use) bool {
	for i := range a {
		for j := range b {
			if a[i].thing == b[j].thing && !a[i].access.Commutes(b[j].access) {
				return true
			}
		}
	}
	return false
}
