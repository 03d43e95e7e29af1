// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"fmt"
	"math/bits"
	"slices"

	"dlsim/sim"
)

// A group holds the failures of one cheap key. Its first failures are all run again in
// detail, later ones at ever longer distances, and more often again once that shows
// something new. The others count for what the group showed last.
type group struct {
	seen, analysed int64
	budget         int64 // analyse all until that many are
	last           *Violation
	mixed          bool // showed more than one signature
}

const analyseAll = 64

// failed counts a failing schedule and returns what it is an instance of.
func (c *campaign) failed(i int64, s *slot) (*Violation, error) {
	g := c.groups[s.key]
	if g == nil {
		g = &group{budget: analyseAll}
		c.groups[s.key] = g
	}
	g.seen++
	if c.cfg.Until == nil && g.analysed >= g.budget && bits.OnesCount64(uint64(g.seen)) != 1 {
		g.last.Count++
		if g.mixed {
			g.last.Exact = false
		}
		return g.last, nil
	}
	g.analysed++
	v, isNew, err := c.examine(i, s)
	if err != nil {
		return nil, err
	}
	if isNew {
		g.budget = g.analysed + analyseAll
	}
	g.mixed = g.mixed || g.last != nil && g.last != v
	g.last = v
	v.Count++
	return v, nil
}

// examine runs a failing schedule again, first as it was found and then in detail, and
// finds or makes the violation it is an instance of.
func (c *campaign) examine(i int64, s *slot) (v *Violation, isNew bool, err error) {
	plan := c.plan(i)
	choices, err := c.choices(i, plan, s)
	if err != nil {
		return nil, false, err
	}
	res := c.detailed(choices, nil)
	if err := same(i, plan, s, res); err != nil {
		return nil, false, err
	}
	r := summarise(res, c.sites)
	if c.cfg.Until != nil {
		r.addEvents(c.workers[0].runner.World(), c.sites)
		if v = c.reached(&Violation{Record: r, First: i, Plan: plan, Exact: true}); v != nil {
			return v, true, nil
		}
	}
	if v = c.found[r.Signature]; v != nil {
		return v, false, nil
	}
	if c.cfg.Until == nil {
		r.addEvents(c.workers[0].runner.World(), c.sites)
	}
	v = &Violation{Record: r, First: i, Plan: plan, Exact: true}
	c.cfg.recognise(c.scenario, v)
	c.found[r.Signature] = v
	c.result.Violations = append(c.result.Violations, v)
	return v, true, nil
}

// reached returns v if it is what the campaign is to go on until, which it notes; else nil.
func (c *campaign) reached(v *Violation) *Violation {
	if c.cfg.Until == nil || c.result.Reached != nil || !c.cfg.Until(v.Record) {
		return nil
	}
	c.cfg.recognise(c.scenario, v)
	c.found[v.Signature], c.result.Reached = v, v
	c.result.Violations = append(c.result.Violations, v)
	return v
}

// choices returns those of schedule i. A search has left them; another schedule is run again, as it was
// found.
func (c *campaign) choices(i int64, plan Plan, s *slot) ([]sim.Choice, error) {
	if s.choices != nil {
		return slices.Clone(s.choices), nil
	}
	fast := c.workers[0].run(plan)
	if err := same(i, plan, s, fast); err != nil {
		return nil, err
	}
	return slices.Clone(fast.Choices), nil
}

// selfCheck runs the first schedule of the campaign again: in a world that has run others
// since, and in detail.
func (c *campaign) selfCheck(plan Plan, s *slot) error {
	choices, err := c.choices(0, plan, s)
	if err != nil {
		return err
	}
	return same(0, plan, s, c.detailed(choices, nil))
}

// same checks that res is what the schedule came to before.
func same(i int64, p Plan, s *slot, res sim.Result) error {
	what := ""
	switch {
	case res.Outcome != s.outcome:
		what = fmt.Sprintf("it %v before and %v now", s.outcome, res.Outcome)
	case res.Steps != int(s.steps):
		what = fmt.Sprintf("it made %d steps before and %d now", s.steps, res.Steps)
	case res.Digest != s.digest:
		what = fmt.Sprintf("its digest was %x and is %x", s.digest, res.Digest)
	}
	if what == "" {
		return nil
	}
	return &Nondeterminism{Schedule: i, Plan: p, What: what}
}
