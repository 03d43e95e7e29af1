// SPDX-License-Identifier: CDDL-1.0

package shrink

import (
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// Place is an operation of a thread and where it is in the source.
type Place struct {
	Thread, Op string
	Site       sim.Site
}

// Order says that First comes before Second.
type Order struct{ First, Second Place }

// Why is what a failure depends on.
type Why struct {
	// Orders are necessary as far as was tried: no schedule in which one of them is the other
	// way round is the target.
	Orders []Order
	// Broken counts the schedules that had one of them the other way round. Kept counts other
	// schedules than the target itself that had all of them as they are, Failed those of them
	// that are the target.
	Broken, Kept, Failed int
}

// act is an operation of a thread, known again in other schedules by what it is and how often
// the thread has done the same before.
type act struct {
	thread, op string
	nth        int
}

// event is an act in the schedule that is to be explained.
type event struct {
	act
	id     int // of the thread
	helper bool
	steps  int // of the thread, this one included
	at     int // index in the schedule; those that were never carried out come last
	object string
	access sim.Access
	pcs    []uintptr
}

// pair are two events on one object, of different threads and in this order, that do not
// commute.
type pair struct{ a, b event }

// sample is what a schedule did: when each act was carried out, and whether it is the target.
type sample struct {
	at     map[act]int
	target bool
}

// reversed reports whether the events of the pair were carried out the other way round.
func (x *sample) reversed(p *pair) bool {
	b, done := x.at[p.b.act]
	a, too := x.at[p.a.act]
	return done && (!too || b < a)
}

// kept reports whether they were in order.
func (x *sample) kept(p *pair) bool {
	a, done := x.at[p.a.act]
	b, too := x.at[p.b.act]
	return done && (too && a < b || !too && x.target)
}

const (
	// ordersMax is how many orders are told; more do not explain anything.
	ordersMax = 3
	// triesMax is how many orders can be tried as often as Effort says.
	triesMax = 40
	// near is up to how many steps apart operations of a thread say much the same.
	near = 6
)

// Why finds the orders of operations that the schedule needs to be the target. Candidates are
// the operations of different threads that touch the same object one after the other and do
// not commute. Each is put to the test by schedules that have it the other way round: random
// ones, ones that are like f but for a few turns, and ones that are like f but for a thread
// that waits until the other one is through. An order that cannot be turned round is none
// that could be missing, and is left out, as is one that follows from another.
func (s *Search) Why(f *Schedule, e Effort) Why {
	events, itself := s.events(f)
	candidates := pairs(events)
	limit := s.Schedules + triesMax*e.Break
	samples := s.sample(f, 5*e.Break)
	var needed []pair
	for i := range candidates {
		p := &candidates[i]
		if s.stopped {
			return Why{}
		}
		if s.Schedules >= limit {
			break
		}
		if s.necessary(f, p, &samples, e.Break) {
			needed = append(needed, *p)
		}
	}
	needed = strongest(needed)
	needed = needed[:min(len(needed), ordersMax)]
	w := Why{}
	for i := range needed {
		p := &needed[i]
		w.Orders = append(w.Orders, Order{s.place(p.a), s.place(p.b)})
	}
	for i := range samples {
		x := &samples[i]
		kept, broken := true, false
		for j := range needed {
			kept = kept && x.kept(&needed[j])
			broken = broken || x.reversed(&needed[j])
		}
		switch {
		case broken:
			w.Broken++
		case kept && !sameRun(x, itself):
			w.Kept++
			if x.target {
				w.Failed++
			}
		}
	}
	return w
}

func (s *Search) place(e event) Place { return Place{e.thread, e.op, s.sites(e.pcs)} }

// sameRun reports whether a sample did what f did, step for step.
func sameRun(x *sample, f *sample) bool {
	if len(x.at) != len(f.at) {
		return false
	}
	for a, i := range x.at {
		if j, ok := f.at[a]; !ok || i != j {
			return false
		}
	}
	return true
}

// events returns what the schedule did from its first choice on, then what the threads were
// about to do that are blocked.
func (s *Search) events(f *Schedule) ([]event, *sample) {
	res := s.detail(f)
	w := s.runner.World()
	count := make(map[act]int)
	steps := make(map[int]int)
	x := &sample{at: make(map[act]int), target: true}
	var out []event
	begun := false
	for i, e := range w.Events() {
		begun = begun || e.Picked
		if e.IsChoice() {
			continue
		}
		id := e.Thread.ID()
		steps[id]++
		a := next(count, e.Thread.Name(), e.Op, e.Object)
		if !begun {
			continue
		}
		x.at[a] = i
		if e.Object != "" {
			out = append(out, event{a, id, helper(e.Thread), steps[id], i, e.Object, e.Access, e.PCs})
		}
	}
	for _, st := range res.Failure.States {
		if o := st.Pending.Object; o != nil && !st.Done && !st.Enabled {
			id := st.Thread.ID()
			a := next(count, st.Thread.Name(), st.Pending.Type.Name, o.Name())
			out = append(out, event{a, id, helper(st.Thread), steps[id] + 1, len(w.Events()), o.Name(), sim.Write, st.At.PCs})
		}
	}
	return out, x
}

// helper reports whether the thread was made on behalf of others, in whatever order they came.
func helper(t *sim.Thread) bool { return t.Helper() || t.Label().Num > 0 }

// next returns the act that comes next of those that are the same but for their number.
func next(count map[act]int, thread, op, object string) act {
	if object != "" {
		op += " " + object
	}
	a := act{thread: thread, op: op}
	count[a]++
	a.nth = count[a]
	return a
}

// pairs returns the candidates: each event with the last one before it of each other thread
// that it does not commute with. Those between threads of the program come before those with
// helpers, later ones before earlier ones. Pairs of helpers are left out: which helper does
// what depends on the schedule, so that they are not known again in others.
func pairs(events []event) []pair {
	var own, helped []pair
	for j := len(events) - 1; j >= 0; j-- {
		b := events[j]
		seen := map[int]bool{b.id: true}
		for i := j - 1; i >= 0; i-- {
			a := events[i]
			if a.object != b.object || seen[a.id] || a.at == b.at || a.access != sim.Write && b.access != sim.Write {
				continue
			}
			seen[a.id] = true
			switch {
			case a.helper && b.helper:
			case a.helper || b.helper:
				helped = append(helped, pair{a, b})
			default:
				own = append(own, pair{a, b})
			}
		}
	}
	return append(own, helped...)
}

// follows reports whether p follows from q: a comes before b if something that a's thread does
// no earlier comes before something that b's thread does no later.
func (p *pair) follows(q *pair) bool {
	return p.a.id == q.a.id && p.b.id == q.b.id && p.a.steps <= q.a.steps && q.b.steps <= p.b.steps &&
		(p.a.act != q.a.act || p.b.act != q.b.act)
}

// near reports whether p is about the same threads at much the same steps as q.
func (p *pair) near(q *pair) bool {
	apart := func(x, y int) int { return max(x-y, y-x) }
	return p.a.id == q.a.id && p.b.id == q.b.id && apart(p.a.steps, q.a.steps) <= near && apart(p.b.steps, q.b.steps) <= near
}

// strongest leaves out the pairs that follow from another one, and of those near to each other
// all but the first.
func strongest(pairs []pair) []pair {
	var out []pair
	for i := range pairs {
		p, keep := &pairs[i], true
		for j := range pairs {
			keep = keep && !p.follows(&pairs[j])
		}
		for j := range out {
			keep = keep && !p.near(&out[j])
		}
		if keep {
			out = append(out, *p)
		}
	}
	return out
}

// sample runs n schedules, by turns random ones and ones that are like f but for some turns.
func (s *Search) sample(f *Schedule, n int) []sample {
	var out []sample
	for i := range n {
		var st sim.Strategy = &strategy.Random{Seed: uint64(i)}
		if i%2 == 1 {
			s.steer.begin(f.turns, nil, false)
			a := &astray{steer: &s.steer, odds: []int{100, 30, 10}[i/2%3]}
			a.random.Seed(uint64(i), "turns")
			st = a
		}
		if x, ok := s.observe(st); ok {
			out = append(out, x)
		}
	}
	return out
}

// necessary tries to have the pair the other way round in n schedules, and reports whether
// it was at least once and then never the target.
func (s *Search) necessary(f *Schedule, p *pair, samples *[]sample, n int) bool {
	turned := 0
	for i := range *samples {
		if x := &(*samples)[i]; x.reversed(p) {
			turned++
			if x.target {
				return false
			}
		}
	}
	for i := range n {
		r := &reverse{steer: &s.steer, first: p.a.id, second: p.b.id, until: p.b.steps}
		// From right before a back to the start of its thread, ever faster.
		far, farthest := i/2, max((n-1)/2, 1)
		r.from = (p.a.steps - 1) * (farthest*farthest - far*far) / (farthest * farthest)
		s.steer.begin(f.turns, nil, false)
		if i%2 == 1 {
			r.random = &strategy.Random{Seed: uint64(i)}
		}
		x, ok := s.observe(r)
		if !ok {
			return false
		}
		*samples = append(*samples, x)
		if x.reversed(p) {
			turned++
			if x.target {
				return false
			}
		}
	}
	return turned > 0
}

// observe runs a schedule in detail. ok is false if nothing is to be run any more.
func (s *Search) observe(st sim.Strategy) (x sample, ok bool) {
	if s.stopped || s.Tick != nil && !s.Tick() {
		s.stopped = true
		return x, false
	}
	s.Schedules++
	res := s.runner.Run(sim.Config{StepsMax: s.target.StepsMax, Locks: s.locks, Detail: true}, st)
	x = sample{at: make(map[act]int)}
	count := make(map[act]int)
	begun := false
	for i, e := range s.runner.World().Events() {
		begun = begun || e.Picked
		if e.IsChoice() {
			continue
		}
		if a := next(count, e.Thread.Name(), e.Op, e.Object); begun {
			x.at[a] = i
		}
	}
	x.target = res.Outcome == sim.Failed && res.Failure.Kind == s.target.Kind &&
		explore.Signature(res, s.sites) == s.target.Signature
	return x, true
}
