// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// rule is one thing that an operation may do, in one of its steps, when it answers in a certain
// way. It is a sentence, where the sentence comes from, and what it means for a state.
//
// An operation that is atomic in the kernel has one step. Others have several, which happen in
// their order at some moments between call and return; each step of an answer needs one rule that
// allows it. A step that finds a state it cannot be taken in adds no successor.
type rule struct {
	name string // unique, for tests and people
	ops  []Op
	// answers are those the rule is part of; anyError stands for all but success.
	answers []env.Errno
	step    int // from 0; atReturn for the moment of the return
	// carried says of a later step that it leaves all as it is when no earlier one has carried a value to it.
	carried bool
	says    string
	from    string // environment.md, or lines of the seed
	do      func(x *step)
}

const (
	ok       = env.Errno(0)
	anyError = env.Errno(-1)
	atReturn = 100
	errnos   = 128
)

// plan is the rules of an operation with a certain answer.
type plan struct {
	steps [][]*rule
	// returns are the rules of the step at the return, nil if there is none.
	returns []*rule
	// rest is the first of the last steps that all leave everything as it is without a value.
	rest int
	// pending says that each step may be left out: the operation was cut off.
	pending bool
	// free says that nothing is judged: the operation says only what may go wrong elsewhere.
	free bool
}

// Rules are the specification: what each operation may answer in each state.
type Rules struct {
	list  []*rule
	plans [opsEnd][errnos]*plan
	cut   [opsEnd]*plan // of operations that did not return
	late  [opsEnd]*plan // of requests that go on after their caller was interrupted
}

// NewRules returns the whole specification.
func NewRules() *Rules { return makeRules(allRules(), "") }

func allRules() []*rule {
	return slices.Concat(lookupRules(), holdRules(), lifeRules(), deviceRules(), renameRules(), zoneRules(),
		nameRules(), openRules(), kstatRules(), useRules(), troubleRules())
}

// Names returns the names of the rules.
func (r *Rules) Names() []string {
	var out []string
	for _, x := range r.list {
		out = append(out, x.name)
	}
	return out
}

// Without returns the specification without one rule. The steps of operations stay: one that no rule
// is left for cannot be taken. What the rule is for shows in what is then refused.
func (r *Rules) Without(name string) *Rules { return makeRules(r.list, name) }

// makeRules makes the plans of a list of rules, without the rule of one name.
func makeRules(list []*rule, without string) *Rules {
	r := &Rules{list: list}
	for k := range opsEnd {
		if k < Readdir {
			p := &plan{free: true}
			for e := range errnos {
				r.plans[k][e] = p
			}
			r.cut[k] = p
			continue
		}
		for e := range errnos {
			r.plans[k][e] = makePlan(list, without, k, func(x *rule) bool { return x.answersWith(env.Errno(e)) })
		}
		r.cut[k] = makePlan(list, without, k, func(*rule) bool { return true })
		r.cut[k].pending, r.cut[k].returns = true, nil
		r.late[k] = makePlan(list, without, k, func(x *rule) bool { return x.answersWith(ok) })
		r.late[k].pending, r.late[k].returns = true, nil
	}
	return r
}

func (x *rule) answersWith(err env.Errno) bool {
	return slices.Contains(x.answers, err) || err != ok && slices.Contains(x.answers, anyError)
}

func makePlan(list []*rule, without string, k Op, fits func(*rule) bool) *plan {
	p := &plan{steps: make([][]*rule, 1)}
	for _, x := range list {
		if !slices.Contains(x.ops, k) || !fits(x) {
			continue
		}
		at := &p.returns
		if x.step != atReturn {
			for len(p.steps) <= x.step {
				p.steps = append(p.steps, nil)
			}
			at = &p.steps[x.step]
		}
		if *at == nil {
			*at = []*rule{} // the step is there, whoever is left for it
		}
		if x.name != without {
			*at = append(*at, x)
		}
	}
	p.rest = len(p.steps)
	for p.rest > 1 && onlyCarried(p.steps[p.rest-1]) {
		p.rest--
	}
	return p
}

func onlyCarried(step []*rule) bool {
	return len(step) > 0 && !slices.ContainsFunc(step, func(x *rule) bool { return !x.carried })
}

func (r *Rules) plan(o *operation) *plan {
	switch {
	case o.Pending:
		return r.cut[o.Op]
	case o.late:
		return r.late[o.Op]
	}
	if o.Result.Err < 0 || o.Result.Err >= errnos {
		return r.plans[o.Op][errnos-1]
	}
	return r.plans[o.Op][o.Result.Err]
}

// step is one rule being applied to one state.
type step struct {
	c     *Checker
	p     *prepared
	o     *operation
	s     *state
	value int32 // of the operation's earlier steps
	out   []*state
}

// same adds the state as it is as a successor.
func (x *step) same() { x.out = append(x.out, x.s) }

// next adds a copy of the state, for the rule to change.
func (x *step) next() *state {
	t := x.c.copy(x.s)
	x.out = append(x.out, t)
	return t
}

// carry adds a copy of the state with a value for the operation's next steps.
func (x *step) carry(value int32) *state {
	t := x.next()
	f := t.flight(x.o.num)
	f.value = value
	t.advance(f)
	return t
}

// when adds the state as it is if cond holds.
func (x *step) when(cond bool) {
	if cond {
		x.same()
	}
}

// got reports whether l can be the link that the operation has got.
func (x *step) got(l *link) bool { return x.o.Pending || l.mac == x.o.madeMAC }

// found are the visible links that the operation may have found by its linkid before it acts: the one that has the
// linkid, and one to which a rename meanwhile has given another.
func (x *step) found(yield func(*link) bool) {
	l := x.s.visible(x.o.Link)
	if l != nil && !yield(l) || !x.around(setOf(Rename)) {
		return
	}
	for i := range x.p.ops {
		r := &x.p.ops[i]
		if r.Op != Rename || r.Link != x.o.Link || !x.o.overlaps(r) {
			continue
		}
		if l := x.s.visible(r.Onto); l != nil && !yield(l) {
			return
		}
	}
}

// around reports whether an operation of one of the kinds was in progress at the same time and may
// have concerned the same link.
func (x *step) around(kinds uint64) bool { return x.o.around&kinds != 0 }

// trouble reports whether an upcall of the operation may have failed for a reason that lies
// outside the datalink code.
func (x *step) trouble() bool {
	return x.o.down || x.o.signalled || x.around(setOf(DaemonDown, DaemonStart)) || x.faulty(anyError)
}

// faulty reports whether an upcall of the thread may be made to fail with err.
func (x *step) faulty(err env.Errno) bool { return x.p.history.Start.faulty(x.o.Thread, err) }

func (s *System) faulty(thread string, err env.Errno) bool {
	return slices.ContainsFunc(s.Faults, func(f Fault) bool {
		return (f.Thread == "" || f.Thread == thread) && (err == anyError || f.Err == err)
	})
}

// changed notes that links have changed, for the next listing.
func (s *state) changed(x *step) {
	if x.p.rebuilds {
		s.rebuild = yes
	}
}

// mayHaveChanged notes that links may have changed.
func (s *state) mayHaveChanged(x *step) {
	if x.p.rebuilds && s.rebuild == no {
		s.rebuild = unsure
	}
}
