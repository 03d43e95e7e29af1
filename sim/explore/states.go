// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"slices"

	"dlsim/sim"
)

// HoldChange is a hold that a thread has got, or, if Gone, its last hold of an object given
// back.
type HoldChange struct {
	Thread string
	Hold
	Gone bool
}

// Turn is what a thread does next, or waits for, from an event on.
type Turn struct {
	Thread, Op, Object, Class string // Op is "" if the thread has ended
	Blocked, Done, Helper     bool
}

// changes takes over what e changed in the states of threads.
func (out *Event) changes(e *sim.Event, sites sim.Resolver) {
	for _, h := range e.Holds {
		x := HoldChange{Thread: h.Thread.Name(), Hold: Hold{Object: h.Object, Class: h.Class, Mode: h.Mode}, Gone: h.Gone}
		if !h.Gone {
			x.Point = point(h.At, sites)
		}
		out.Holds = append(out.Holds, x)
	}
	for _, t := range e.Turns {
		out.Turns = append(out.Turns, Turn{
			Thread: t.Thread.Name(), Op: t.Op, Object: t.Object, Class: t.Class,
			Blocked: !t.Enabled && !t.Done, Done: t.Done, Helper: t.Thread.Helper(),
		})
	}
}

// StatesAt returns what each thread did after event i, 0 <= i < len(r.Events), before the next
// one: in the order of creation, those that are not created yet left out. After the last event
// these are r.States, but for what only the failure knows: Awaits, Met and PCs.
func (r *Record) StatesAt(i int) []State {
	var out []State
	index := make(map[string]int)
	of := func(thread string) *State {
		n, known := index[thread]
		if !known {
			n = len(out)
			index[thread] = n
			out = append(out, State{Thread: thread})
		}
		return &out[n]
	}
	for j := range r.Events[:i+1] {
		e := &r.Events[j]
		of(e.Thread).Since = e.Step
		for _, h := range e.Holds {
			of(h.Thread).change(h)
		}
		for _, t := range e.Turns {
			s := of(t.Thread)
			s.Op, s.Object, s.Class = t.Op, t.Object, t.Class
			s.Blocked, s.Done, s.Helper = t.Blocked, t.Done, t.Helper
		}
	}
	r.sitesAfter(i, out, index)
	return out
}

// Until returns the record as if its run had ended with the given step, at least 1.
func (r *Record) Until(step int) *Record {
	n := 0
	for n < len(r.Events) && r.Events[n].Step <= step {
		n++
	}
	short := *r
	short.Step, short.Events, short.States = step, r.Events[:n], nil
	if n > 0 {
		short.States = r.StatesAt(n - 1)
	}
	return &short
}

func (s *State) change(h HoldChange) {
	if !h.Gone {
		s.Holds = append(s.Holds, h.Hold)
		return
	}
	for i := len(s.Holds) - 1; i >= 0; i-- {
		if s.Holds[i].Object == h.Object {
			s.Holds = slices.Delete(s.Holds, i, i+1)
			return
		}
	}
}

// sitesAfter finds where the threads are after event i: at the operation that each carries out
// next, or, if it never does, where it was in the end.
func (r *Record) sitesAfter(i int, states []State, index map[string]int) {
	missing := len(states)
	found := make([]bool, len(states))
	take := func(thread string, site sim.Site) {
		if n, known := index[thread]; known && !found[n] {
			found[n] = true
			missing--
			states[n].Site = site
		}
	}
	for j := i + 1; j < len(r.Events) && missing > 0; j++ {
		if e := &r.Events[j]; !e.IsChoice {
			take(e.Thread, e.Site)
		}
	}
	for j := range r.States {
		take(r.States[j].Thread, r.States[j].Site)
	}
}
