// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"fmt"
	"slices"
	"strings"

	"dlsim/devnet/env"
)

// Explanation says why a history cannot be explained.
type Explanation struct {
	// Op is the operation at whose return no order was left, in words: "prop_get = ENOENT".
	Op     Operation
	Prefix []string // the history up to that return, one line for each operation
	States []string // what the table could be just before it
	Right  []string // answers that would have been possible
	// Known says which known departure of the original from the specification explains the history,
	// and KnownBug its id; "" if none does.
	Known, KnownBug string
	// rightSorts are the same without names and numbers.
	rightSorts []string
}

// Section is a part of what there is to say below Message.
type Section struct {
	Title string
	Lines []string
}

// rightInMessage is how many possible answers are easy to read in the message; more are a section, too.
const rightInMessage = 3

// Sections says the rest: what happened, which bug it is known as, and what the table could be.
func (x *Explanation) Sections() []Section {
	history := slices.Clip(x.Prefix)
	if x.Known != "" {
		history = append(history, "known as "+x.KnownBug+": "+x.Known)
	}
	out := []Section{
		{"shortest part of the history that cannot be explained", history},
		{"what the table could be before it", x.States},
	}
	if len(x.Right) > rightInMessage {
		out = append(out, Section{"what would have been right", x.Right})
	}
	return out
}

const (
	prefixMax = 16
	statesMax = 4
)

// Explain finds, in a history that Check has refused, the shortest part from its beginning that no
// order explains, and what would have been right instead. It goes along the history and keeps every
// state that is possible, so the first return at which none is left is the one. Of the operations
// in progress at that point it takes the later answers as given.
func (c *Checker) Explain(h *History) *Explanation {
	h = c.about(h)
	c.begin(h)
	end, now := c.follow(len(c.p.events))
	if end == len(c.p.events) {
		return nil
	}
	o := &c.p.ops[c.p.events[end].op]
	x := &Explanation{Op: *o.Operation}
	c.tell(x, o, now, end)
	c.right(x, o, now, end)
	if d := c.instance(h, &x.Op); d != nil {
		x.Known, x.KnownBug = d.says, d.bug
	}
	return x
}

// Wrong returns the operation that Explain would name, without saying more.
func (c *Checker) Wrong(h *History) *Explanation {
	h = c.about(h)
	c.begin(h)
	end, _ := c.follow(len(c.p.events))
	if end == len(c.p.events) {
		return nil
	}
	return &Explanation{Op: *c.p.ops[c.p.events[end].op].Operation}
}

// follow goes along the first n events and keeps every state that is possible. It returns the
// event at which none was left, n if there is none, and the states before it.
func (c *Checker) follow(n int) (end int, now []*state) {
	now = []*state{&c.p.start}
	open := c.quick.open[:0]
	defer func() { c.quick.open = open[:0] }()
	for i, ev := range c.p.events[:n] {
		o := &c.p.ops[ev.op]
		switch {
		case o.plan.free:
			continue
		case ev.call:
			open = append(open, ev.op)
			continue
		}
		c.reach(now, open, o, false)
		if len(c.quick.done.states) == 0 {
			return i, now
		}
		now = slices.Clone(c.quick.done.states)
		at := slices.Index(open, ev.op)
		open = slices.Delete(open, at, at+1)
	}
	return n, now
}

// tell fills in the part of the history up to event end, and the states before it.
func (c *Checker) tell(x *Explanation, o *operation, now []*state, end int) {
	returned := make(map[int32]bool)
	for _, ev := range c.p.events[:end+1] {
		if !ev.call {
			returned[ev.op] = true
		}
	}
	for _, ev := range c.p.events[:end] {
		if p := &c.p.ops[ev.op]; ev.call {
			x.Prefix = append(x.Prefix, c.line(p, !returned[ev.op]))
		}
	}
	if n := len(x.Prefix); n > prefixMax {
		x.Prefix = append([]string{fmt.Sprintf("%d operations before", n-prefixMax)}, x.Prefix[n-prefixMax:]...)
	}
	for _, s := range now {
		if s.flight(o.num).stage == 0 {
			x.States = addWord(x.States, s.describe(&c.p.words))
		}
	}
	if n := len(x.States); n > statesMax {
		x.States = append(x.States[:statesMax], fmt.Sprintf("and %d more", n-statesMax))
	}
}

// line is one operation of the history; open says that it had not returned at its end.
func (c *Checker) line(o *operation, open bool) string {
	s := o.Thread + ": " + o.String()
	if open && !o.Pending {
		s += ", still in progress"
	}
	if o.Until > o.After {
		s += fmt.Sprintf(", steps %d to %d", o.After, o.Until)
	}
	return s
}

// right finds the answers that the operation could have given instead.
func (c *Checker) right(x *Explanation, o *operation, now []*state, end int) {
	given := *o.Operation
	candidates := c.candidates(now)
	for _, r := range candidates {
		c.used = 0 // the states of the last one, and now, are needed no more
		o.Result = r
		c.answer(o)
		if n, _ := c.follow(end + 1); n == end+1 {
			x.Right = addWord(x.Right, o.Answer())
			x.rightSorts = addWord(x.rightSorts, o.sort())
		}
	}
	*o.Operation = given
	c.answer(o)
}

func addWord(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// answer makes the operation ready after its result was changed.
func (c *Checker) answer(o *operation) {
	o.madeMAC, o.madeName = c.p.words.of(o.Result.MAC), c.p.words.of(o.Result.Name)
	o.late = c.p.isLate(o)
	o.plan = c.rules.plan(o)
}

// candidates are answers that an operation of this sort gives in some state: every errno, and
// success with the values that links in the given states have, each once.
func (c *Checker) candidates(now []*state) []Result {
	var out []Result
	add := func(r Result) {
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	add(Result{Visible: true})
	add(Result{Visible: false})
	add(Result{Local: true})
	for _, s := range now {
		for i := range s.links {
			l := &s.links[i]
			add(Result{
				Link: l.id, MAC: c.p.words.text(l.mac), Name: c.p.words.text(l.name), Zone: l.zone,
			})
		}
		for i := range s.names {
			e := &s.names[i]
			for _, class := range [...]env.Class{env.ClassPhys, env.ClassVNIC, env.ClassIptun, env.ClassSimnet, env.ClassEtherstub, env.ClassAggr} {
				add(Result{Link: e.id, Name: c.p.words.text(e.name), MAC: c.p.words.text(e.dev), Class: class})
			}
		}
	}
	for _, e := range env.Errnos() {
		add(Result{Err: e})
	}
	return out
}

// Subject names the violation in words that are the same for every schedule and thread.
func (x *Explanation) Subject() string {
	if x.Known != "" {
		return fmt.Sprintf("%v answers %s: %s", x.Op.Op, x.Op.sort(), x.Known)
	}
	if sort := x.Op.sort(); slices.Contains(x.rightSorts, sort) {
		return fmt.Sprintf("%v answers the wrong %s", x.Op.Op, strings.TrimPrefix(strings.TrimPrefix(sort, "an "), "a "))
	}
	s := fmt.Sprintf("%v answers %s", x.Op.Op, x.Op.sort())
	if len(x.rightSorts) > 0 {
		s += ", right would be " + strings.Join(x.rightSorts, " or ")
	}
	return s
}

// Message says in a line what is wrong.
func (x *Explanation) Message() string {
	s := fmt.Sprintf("no order of the operations explains %s", x.Op.String())
	if len(x.Right) > 0 {
		s += "; right would be " + strings.Join(x.Right, " or ")
	}
	return s
}
