// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// Verdict is what a history comes to.
type Verdict uint8

// The verdicts. Unknown is never folded into another one.
const (
	OK Verdict = iota
	NotLinearizable
	Unknown // the limit was reached
)

func (v Verdict) String() string { return [...]string{"ok", "not linearizable", "unknown"}[v] }

// DefaultLimit is the number of steps of the model after which a history is given up as Unknown:
// some twenty seconds' worth, and a gigabyte. Of sixteen million schedules of generated programs one took more than a
// third of it.
const DefaultLimit = 50_000_000

// Checker judges histories, one at a time. It keeps its memory from one to the next. What it
// says of a history depends on nothing else: the limit counts steps, not time.
type Checker struct {
	// Limit is the number of steps of the model after which a history is Unknown; 0 stands for
	// DefaultLimit.
	Limit int
	// Exact lets porcupine judge every history, also those that the quick way explains.
	Exact bool

	rules *Rules
	p     prepared
	pool  []*state
	used  int
	steps int // of the model so far, in this part of the history
	x     step
	quick quick
	sets  [8][]*state
	// loose has a checker for each departure, made when the first history is refused: making the plans of
	// all rules takes longer than judging a history.
	loose []loose
}

// loose judges histories as the specification does that allows a departure.
type loose struct {
	departure
	*Checker
}

// NewChecker returns a checker of the given rules.
func NewChecker(r *Rules) *Checker { return &Checker{rules: r} }

// Check judges a history: first the quick ways, then, of what they cannot explain, by porcupine.
func (c *Checker) Check(h *History) Verdict {
	v, _ := c.worst(h)
	return v
}

// worst judges a history part by part, if it is long, and returns the verdict and the part that it
// is about.
func (c *Checker) worst(h *History) (Verdict, *History) {
	if len(h.Ops) < partsMin {
		return c.check(h), h
	}
	verdict := OK
	for _, part := range h.parts() {
		switch c.check(part) {
		case OK:
		case NotLinearizable:
			return NotLinearizable, part
		case Unknown:
			verdict = Unknown
		}
	}
	return verdict, h
}

// about returns the part of a history that a refusal is about.
func (c *Checker) about(h *History) *History {
	if len(h.Ops) >= partsMin {
		_, h = c.worst(h)
	}
	return h
}

// partsMin is the length of a history from which it is worth splitting.
const partsMin = 64

func (c *Checker) check(h *History) Verdict {
	c.begin(h)
	if !c.Exact && (c.explains(true) || c.explains(false)) {
		return OK
	}
	return c.judge()
}

func (c *Checker) begin(h *History) {
	c.p.prepare(h, c.rules)
	c.used, c.steps = 0, 0
	c.x.c, c.x.p = c, &c.p
}

// limited reports whether the limit has been reached.
func (c *Checker) limited() bool {
	limit := c.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	return c.steps > limit
}

// copy returns a copy of a state, which the pool keeps.
func (c *Checker) copy(s *state) *state {
	if c.used == len(c.pool) {
		c.pool = append(c.pool, new(state))
	}
	t := c.pool[c.used]
	c.used++
	t.copyFrom(s)
	return t
}

// keep gives back the states made since the pool had first states, but for those that are kept.
func (c *Checker) keep(first int, kept []*state) {
	for _, t := range kept {
		t.kept = true
	}
	n := first
	for i := first; i < c.used; i++ {
		if c.pool[i].kept {
			c.pool[n], c.pool[i] = c.pool[i], c.pool[n]
			n++
		}
	}
	c.used = n
	for _, t := range kept {
		t.kept = false
	}
}

// take does one step of an operation in state s and adds the states that it may lead to, each
// noting that the step has been done. It may be called for the step that comes next only.
func (c *Checker) take(s *state, o *operation, n int, out []*state) []*state {
	rules := o.plan.returns
	if n < len(o.plan.steps) {
		rules = o.plan.steps[n]
	}
	x := &c.x
	x.o, x.out = o, x.out[:0]
	first := c.used
	for _, v := range c.settle(s) {
		x.s = v
		x.value = v.flight(o.num).value
		for _, r := range rules {
			c.steps++
			r.do(x)
		}
		if stranger := v.anonymous(o); stranger || o.plan.pending {
			x.same()
			if stranger && changesLinks&(1<<o.Op) != 0 && c.p.rebuilds {
				x.next().mayHaveChanged(x)
			}
		}
	}
	for _, t := range x.out {
		if !c.own(t, first) {
			t = c.copy(t)
		}
		f := t.flight(o.num)
		f.stage = uint8(n + 1)
		switch {
		case n+1 >= len(o.plan.steps):
			f.value = 0
		case f.value == 0 && n+1 >= o.plan.rest:
			f.stage = uint8(len(o.plan.steps))
		}
		t.advance(f)
		out = addState(out, t)
	}
	return out
}

// own reports whether a state was made since the pool had first states, and so may be changed.
func (c *Checker) own(t *state, first int) bool {
	for i := c.used - 1; i >= first; i-- {
		if c.pool[i] == t {
			return true
		}
	}
	return false
}

// addState adds a state to a set.
func addState(set []*state, t *state) []*state {
	if slices.ContainsFunc(set, t.equal) {
		return set
	}
	return append(set, t)
}

// settle returns the states that s may turn into by itself before a step: the link of a device
// that has been attached may come at any time, or not yet (environment.md 7.2).
func (c *Checker) settle(s *state) []*state {
	out := append(c.sets[0][:0], s)
	for i := range s.links {
		if l := &s.links[i]; !l.attaching || l.phase == visible {
			continue
		}
		for _, v := range slices.Clone(out) {
			out = c.arrive(v, i, out)
		}
	}
	c.sets[0] = out
	return out
}

// arrive adds the states in which the link of an attached device is being made, or is there.
func (c *Checker) arrive(s *state, i int, out []*state) []*state {
	mac := s.links[i].mac
	at := slices.IndexFunc(s.names, func(e entry) bool { return e.dev == mac })
	for _, ph := range []phase{initialising, visible} {
		t := c.copy(s)
		var e entry // of a device that the daemon has never seen: unnamed
		if at >= 0 {
			e = t.names[at]
		}
		had := t.links[i]
		fresh := had.phase == absent
		switch {
		case !fresh && !c.p.unsettled: // it has got its name and linkid
			e.id, e.name, e.owner = had.id, had.name, had.owner
		case had.toldID != env.InvalidLinkID:
			e.id, e.name = had.toldID, had.toldName
		}
		if l := t.find(e.id); l != nil && l != &t.links[i] {
			continue
		}
		// Or it fails, and is tried again: for one, if the daemon has given the device another linkid meanwhile.
		if lost := had.id != env.InvalidLinkID && t.entry(had.id) == nil; !fresh && ph == visible && (c.p.unsettled || lost) {
			f := c.copy(s)
			f.links[i].gone()
			f.links[i].attaching = true
			if c.p.rebuilds && f.rebuild == no {
				f.rebuild = unsure
			}
			if out = append(out, f); lost {
				out = c.arrive(f, i, out)
			}
		}
		doomed := had.toldID != env.InvalidLinkID && t.entry(had.toldID) == nil && !c.p.unsettled
		if doomed && ph == visible {
			continue // its MAC client asks for the name of the linkid, in vain
		}
		tried := !fresh && (had.ownName != 0 || had.bare)
		if tried && ph == initialising && !c.p.unsettled {
			continue // it is that already
		}
		t.links[i].ownName = 0
		taken := t.kstatTaken(e.name, e.owner)
		left := !taken && e.name != 0 && t.kstatLeft(&c.p, mac, e.name, e.owner)
		t.links[i].come(&e)
		if doomed {
			t.links[i].toldID = had.toldID
		}
		t.links[i].phase, t.links[i].attaching = ph, ph == initialising
		if c.p.rebuilds && fresh {
			t.rebuild = yes
		}
		// Its kstat is made on the way, unless another link has the name.
		kstat := func(t *state, name word, tried bool) {
			t.links[i].ownName, t.links[i].bare = name, tried && name == 0 && ph == initialising
			out = append(out, t)
		}
		switch {
		case tried:
			kstat(t, had.ownName, true)
			continue
		case taken:
			kstat(t, 0, true)
		default:
			kstat(t, e.name, true)
		}
		if left {
			kstat(c.copy(t), 0, true)
		}
		if ph == initialising && fresh && (taken || marked(c.p.names, e.name)&^bit(i) != 0) {
			kstat(c.copy(t), 0, false) // not yet: another may be faster
		}
	}
	return out
}

// come makes a link of what the daemon knows, in the zone that owns it.
func (l *link) come(e *entry) {
	l.id, l.name, l.owner, l.zone = e.id, e.name, e.owner, e.owner
	l.refs, l.flows, l.local, l.implicit = 0, 0, 0, false
	l.loading, l.fresh = true, true
	l.toldID, l.toldName = 0, 0
	l.ownName, l.zoneName, l.kstatZone = e.name, 0, 0
}
