// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/strategy"
)

// The lock order is collected while a campaign explores. A worker only says which acquisitions are
// new to it; the schedules that have one are run again in detail, in their order, so that the
// graph is the same for any number of workers. What the graph predicts is looked at in the end.

const (
	acquisitionsMax = 5000 // in the graph; later ones are not added
	directedMax     = 400  // directed schedules for one predicted cycle
	directedAllMax  = 6000 // and for all of a campaign
)

// strategyDirected is the name of the strategy in plans of directed schedules.
const strategyDirected = "directed"

// lockOrder is the part of a campaign that the checks order and upcall need.
type lockOrder struct {
	graph    *check.Graph
	recorder *check.Locks        // of detailed runs
	passed   map[int64]recording // schedules that are in the graph and did not fail
	directed int64               // directed schedules so far
}

// recording is a schedule that can be run again.
type recording struct {
	plan    Plan
	choices []sim.Choice
}

// watchLocks has the workers watch what threads lock, if a check needs it.
func (c *campaign) watchLocks() {
	if !c.checks[sim.KindOrder] && !c.checks[sim.KindUpcall] {
		return
	}
	c.order = &lockOrder{graph: check.NewGraph(), recorder: check.NewLocks(), passed: make(map[int64]recording)}
	c.order.recorder.Sites = c.sites
	for _, w := range c.workers {
		w.locks = check.NewLocks()
	}
}

// learn adds the acquisitions of schedule i to the graph if it has one that is not there.
func (c *campaign) learn(i int64, s *slot) error {
	o := c.order
	if o == nil || !slices.ContainsFunc(s.locks, func(key uint64) bool { return !o.graph.Known(key) }) {
		return nil
	}
	if len(o.graph.Acquisitions()) >= acquisitionsMax {
		c.result.LocksCut = true
		return nil
	}
	plan := c.plan(i)
	choices, err := c.choices(i, plan, s)
	if err != nil {
		return err
	}
	if err := same(i, plan, s, c.detailed(choices, o.recorder)); err != nil {
		return err
	}
	if s.outcome == sim.Passed {
		o.passed[i] = recording{plan, choices}
	} else {
		i = -1
	}
	all := o.recorder.All()
	for j := range all {
		o.graph.Add(&all[j], i)
	}
	return nil
}

// detailed runs a schedule again in detail, with the given monitor of its locks, nil for none.
func (c *campaign) detailed(choices []sim.Choice, locks sim.LockMonitor) sim.Result {
	again := strategy.Rerun{Choices: choices}
	return c.workers[0].runner.Run(sim.Config{StepsMax: c.cfg.StepsMax, Detail: true, Locks: locks}, &again)
}

// Prediction is a cycle of lock classes in the lock order, and what has come of it.
type Prediction struct {
	Classes   string // "PERIM > dd_mutex"
	Cycles    int    // of these classes, at different places
	Verdict   PredictionVerdict
	Why       string
	Guard     string // the lock, or several, that keeps a guarded one from happening; "" if an order does
	Schedules int64  // directed at the cycles
}

// PredictionVerdict says what has come of a prediction.
type PredictionVerdict string

// The verdicts, in the order in which one outweighs the next.
const (
	Proven   PredictionVerdict = "deadlock"    // a schedule deadlocks so
	Unproven PredictionVerdict = "not reached" // a violation of kind order
	Apart    PredictionVerdict = "apart"       // no schedule has all of its acquisitions
	Guarded  PredictionVerdict = "guarded"     // a common lock, or an order, keeps it from happening
)

// predict looks at what the graph predicts. Each cycle is searched for, unless a deadlock that was
// found is the one. Of the cycles of one sequence of classes none is reported if one is a
// deadlock; else one, if some schedule has all that it is made of and nothing speaks against it.
func (c *campaign) predict(ctx context.Context) error {
	if c.order == nil || c.result.Reached != nil || c.cfg.FailFast && slices.ContainsFunc(c.result.Violations, func(v *Violation) bool { return !v.Accepted }) {
		return nil
	}
	if c.checks[sim.KindOrder] {
		if err := c.predictCycles(ctx); err != nil {
			return err
		}
	}
	if !c.checks[sim.KindUpcall] {
		return nil
	}
	for _, d := range c.order.graph.Dependences() {
		v, err := c.report(d.Together, sim.KindUpcall, d.Signature())
		if err != nil {
			return err
		}
		if v != nil {
			v.Origin = fmt.Sprintf("in the locks of %d schedules; schedule %d has the call and who needs the lock",
				c.result.Schedules, v.First)
		}
	}
	return nil
}

func (c *campaign) predictCycles(ctx context.Context) error {
	cycles := c.order.graph.Cycles()
	slices.SortStableFunc(cycles, func(a, b check.Cycle) int { return strings.Compare(a.Classes(), b.Classes()) })
	for first := 0; first < len(cycles); {
		p := Prediction{Classes: cycles[first].Classes()}
		last := first
		for ; last < len(cycles) && cycles[last].Classes() == p.Classes; last++ {
			if err := c.search(ctx, &cycles[last], &p); err != nil {
				return err
			}
		}
		p.Cycles = last - first
		if p.Verdict == Unproven {
			if err := c.unproven(cycles[first:last], &p); err != nil {
				return err
			}
		}
		c.result.Predictions = append(c.result.Predictions, p)
		first = last
	}
	return nil
}

// search looks whether one cycle is a deadlock and adds what it comes to to p.
func (c *campaign) search(ctx context.Context, cycle *check.Cycle, p *Prediction) error {
	switch {
	case cycle.Guard != "":
		if p.add(Guarded, "by "+cycle.Guard) {
			p.Guard = cycle.Guard
		}
	case cycle.Ordered:
		p.add(Guarded, "one thread is through before the other is created, or after it has ended")
	case c.explained(cycle):
		p.add(Proven, "reported above")
	default:
		tries, proven, err := c.drive(ctx, cycle)
		p.Schedules += tries
		switch {
		case err != nil:
			return err
		case proven:
			p.add(Proven, fmt.Sprintf("reached by directed schedule %d", tries))
		default:
			p.add(Unproven, "")
		}
	}
	return nil
}

// add takes over a verdict that outweighs the one that p has, and reports whether it does.
func (p *Prediction) add(v PredictionVerdict, why string) bool {
	rank := func(v PredictionVerdict) int {
		return slices.Index([]PredictionVerdict{"", Guarded, Apart, Unproven, Proven}, v)
	}
	if rank(v) <= rank(p.Verdict) {
		return false
	}
	p.Verdict, p.Why, p.Guard = v, why, ""
	return true
}

// unproven reports the first of the cycles that one schedule shows.
func (c *campaign) unproven(cycles []check.Cycle, p *Prediction) error {
	p.Why = fmt.Sprintf("in %d directed schedules", p.Schedules)
	at := int64(-1)
	for i := range cycles {
		if x := &cycles[i]; x.Feasible() && x.Together >= 0 && (at < 0 || x.Together < at) {
			at = x.Together
		}
	}
	v, err := c.report(at, sim.KindOrder, p.Classes)
	if v == nil {
		p.Verdict, p.Why = Apart, "no schedule has all of it"
		return err
	}
	v.Origin = fmt.Sprintf("in the lock order of %d schedules; schedule %d has all of it; a deadlock was not reached %s",
		c.result.Schedules, v.First, p.Why)
	return nil
}

// explained reports whether the cycle is a deadlock that was found.
func (c *campaign) explained(cycle *check.Cycle) bool {
	return slices.ContainsFunc(c.result.Violations, func(v *Violation) bool {
		return v.Kind == sim.KindDeadlock && cycle.Explains(v.Sites)
	})
}

// drive searches for a schedule that deadlocks as predicted and returns how many it has tried.
// Whatever else fails on the way is a violation too.
func (c *campaign) drive(ctx context.Context, cycle *check.Cycle) (tries int64, proven bool, err error) {
	w := c.workers[0]
	w.strategies.directed.Targets = targets(cycle)
	w.strategies.directed.Holding = w.locks.Holds
	c.directing = true
	defer func() { c.directing = false }()
	for tries < directedMax && c.order.directed < directedAllMax && ctx.Err() == nil {
		i := c.result.Schedules + c.order.directed
		tries++
		c.order.directed++
		s := summary(w.run(c.plan(i)))
		if s.outcome != sim.Failed || !c.checks[s.kind] {
			continue
		}
		v, isNew, err := c.examine(i, &s)
		if err != nil {
			return tries, false, err
		}
		if isNew {
			v.Count = 1
			v.Origin = fmt.Sprintf("by directed schedule %d, in search of a deadlock that the lock order predicts", tries)
		}
		if v.Kind != sim.KindDeadlock || !cycle.Explains(v.Sites) {
			continue
		}
		if isNew {
			v.Evidence = append(v.Evidence, sim.Evidence{
				Title: "predicted by order", Lines: cycle.Lines(),
			})
		}
		return tries, true, nil
	}
	return tries, false, nil
}

func targets(cycle *check.Cycle) []strategy.Target {
	var out []strategy.Target
	for _, t := range cycle.Targets() {
		out = append(out, strategy.Target(t))
	}
	return out
}

// report makes a violation of what schedule i shows in the end, nil if i is -1 or it does not.
func (c *campaign) report(i int64, kind sim.Kind, subject string) (*Violation, error) {
	was, ok := c.order.passed[i]
	if !ok {
		return nil, nil
	}
	c.order.recorder.Judge = check.Judge(kind, subject)
	defer func() { c.order.recorder.Judge = nil }()
	res := c.detailed(was.choices, c.order.recorder)
	if res.Failure == nil {
		return nil, nil
	}
	r := summarise(res, c.sites)
	r.addEvents(c.workers[0].runner.World(), c.sites)
	v := &Violation{Record: r, First: i, Plan: was.plan, Count: 1}
	if c.reached(v) != nil {
		return v, nil
	}
	c.cfg.recognise(c.scenario, v)
	c.found[r.Signature] = v
	c.result.Violations = append(c.result.Violations, v)
	return v, nil
}

// LockMonitor returns what a schedule that is run by itself must be watched with to fail as one
// of the given kind with the given signature did; nil for kinds that need none.
func LockMonitor(p Program, kind sim.Kind, signature string) sim.LockMonitor {
	if kind != sim.KindOrder && kind != sim.KindUpcall {
		return nil
	}
	l := check.NewLocks()
	l.Sites = p.Sites()
	l.Judge = check.Judge(kind, signature[len(kind)+1:])
	return l
}
