// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"io"

	"github.com/anishathalye/porcupine"
)

// machine is a nondeterministic model for porcupine with types: S is a state, I one step of an
// operation with its answer. It is the only place that knows that porcupine's are any.
type machine[S, I any] struct {
	start func() []S
	// step returns the states that a step may lead to, none if it cannot be taken.
	step          func(S, I) []S
	equal         func(S, S) bool
	hash          func(S) uint64
	describe      func(I) string
	describeState func(S) string
}

func (m machine[S, I]) model() porcupine.Model {
	nm := porcupine.NondeterministicModel{
		Init:  func() []any { return untyped(m.start()) },
		Step:  func(s, in, _ any) []any { return untyped(m.step(s.(S), in.(I))) },
		Equal: func(a, b any) bool { return m.equal(a.(S), b.(S)) },
		Hash:  func(s any) uint64 { return m.hash(s.(S)) },
	}
	if m.describe != nil {
		nm.DescribeOperation = func(in, _ any) string { return m.describe(in.(I)) }
		nm.DescribeState = func(s any) string { return m.describeState(s.(S)) }
	}
	return nm.ToModel()
}

func untyped[T any](in []T) []any {
	out := make([]any, len(in))
	for i, x := range in {
		out[i] = x
	}
	return out
}

// part is one step of an operation, which porcupine sees as an operation of its own with the same
// interval. That steps come in their order is in the state: see flight.
type part struct {
	o    *operation
	step int
}

// judge lets porcupine judge the prepared history.
func (c *Checker) judge() Verdict {
	switch r := porcupine.CheckOperationsTimeout(c.machine().model(), c.parts(), 0); {
	case c.limited():
		return Unknown
	case r == porcupine.Ok:
		return OK
	}
	return NotLinearizable
}

func (c *Checker) machine() machine[*state, part] {
	return machine[*state, part]{
		start: func() []*state { return []*state{&c.p.start} },
		step: func(s *state, x part) []*state {
			stage := int(s.flight(x.o.num).stage)
			if c.limited() || stage < x.step || stage > x.step && (x.step < x.o.plan.rest || stage < len(x.o.plan.steps)) {
				return nil
			}
			out := []*state{c.copy(s)} // the step was taken with the one before it
			if stage == x.step {
				out = c.take(s, x.o, x.step, nil)
			}
			for _, t := range out {
				if x.step+1 == x.o.plan.count() {
					t.land(x.o.num)
				}
			}
			return out
		},
		equal: func(s, t *state) bool { return s.equal(t) },
		hash:  (*state).hash,
		describe: func(x part) string {
			if x.o.plan.count() == 1 {
				return x.o.String()
			}
			return x.o.String() + " step " + string(rune('1'+x.step))
		},
		describeState: func(s *state) string { return s.describe(&c.p.words) },
	}
}

// count returns how many steps the operation has, with that at the return.
func (p *plan) count() int {
	if p.returns != nil {
		return len(p.steps) + 1
	}
	return len(p.steps)
}

// parts makes porcupine's history of the prepared one. Each event is spread over a few
// positions, so that the step at a return has an interval of its own, after all others.
func (c *Checker) parts() []porcupine.Operation {
	const spread = 32
	calls := make([]int64, len(c.p.ops))
	returns := make([]int64, len(c.p.ops))
	for i := range returns {
		returns[i] = int64(len(c.p.events)+1+i) * spread // of those that never return
	}
	for i, ev := range c.p.events {
		if ev.call {
			calls[ev.op] = int64(i) * spread
		} else {
			returns[ev.op] = int64(i) * spread
		}
	}
	clients := make(map[string]int)
	var out []porcupine.Operation
	for i := range c.p.ops {
		o := &c.p.ops[i]
		if o.plan.free {
			continue
		}
		client, known := clients[o.Thread]
		if !known {
			client = len(clients)
			clients[o.Thread] = client
		}
		for n := range o.plan.count() {
			from, to := calls[i]+int64(n), returns[i]+int64(n)
			if n == len(o.plan.steps) {
				from, to = returns[i]+spread/2, returns[i]+spread/2+1
			}
			out = append(out, porcupine.Operation{ClientId: client, Input: part{o, n}, Call: from, Return: to})
		}
	}
	return out
}

// WriteHTML judges a history by porcupine alone and writes its view of it: the operations along
// the time, the longest orders that were found, and the states.
func (c *Checker) WriteHTML(w io.Writer, h *History) error {
	h = c.about(h)
	c.begin(h)
	m := c.machine().model()
	_, info := porcupine.CheckOperationsVerbose(m, c.parts(), 0)
	c.steps = 0 // the view takes the steps again
	return porcupine.Visualize(m, info, w)
}
