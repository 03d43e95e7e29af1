// SPDX-License-Identifier: CDDL-1.0

package shrink

import (
	"cmp"
	"slices"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// Target is the failure that stays.
type Target struct {
	Signature string
	Kind      sim.Kind
	// Shows, if not nil, must be true of it as well: some failures of one signature have different causes.
	Shows    func(*explore.Record) bool
	Checks   []string // that are made
	StepsMax int      // of one schedule
}

// Cost is what makes one failing schedule worse than another: first the preemptions, then
// the answers that are not 0, then the steps, then whatever else is not as in the plain
// schedule.
type Cost struct{ Preemptions, Answers, Steps, Turns int }

// Compare orders costs.
func (c Cost) Compare(d Cost) int {
	return cmp.Or(cmp.Compare(c.Preemptions, d.Preemptions), cmp.Compare(c.Answers, d.Answers),
		cmp.Compare(c.Steps, d.Steps), cmp.Compare(c.Turns, d.Turns))
}

// Schedule is a schedule that fails as the target does.
type Schedule struct {
	Cost
	turns    []turn
	preempts []bool // whether each of them is a preemption
	choices  []sim.Choice
	// Recorded are its choices by name.
	Recorded []strategy.Recorded
}

// Search runs schedules of one program in search of the target. It is used by one goroutine.
type Search struct {
	target Target
	sites  sim.Resolver
	runner explore.Runner
	// locks, if not nil, sees the target, in detailed runs only.
	locks sim.LockMonitor
	steer steer
	want  func(Cost) bool // nil for all
	// known are the words of failures that were looked at in detail: how many were not the
	// target, -1 once one was.
	known  map[string]int
	unsure bool // some failures were taken not to be the target without looking

	// Schedules counts those that were run.
	Schedules int
	// Tick, if not nil, is called before each schedule; when it returns false nothing is run
	// any more and every search ends with what it has.
	Tick    func() bool
	stopped bool
}

// NewSearch returns a search; Close it.
func NewSearch(p explore.Program, sites sim.Resolver, t Target) *Search {
	return &Search{
		target: t, sites: sites, runner: p.NewRunner(t.Checks), known: make(map[string]int),
		locks: explore.LockMonitor(p, t.Kind, t.Signature),
	}
}

// Close releases what the search keeps.
func (s *Search) Close() { s.runner.Close() }

// run runs the schedule with the given turns and returns it if it is the target.
func (s *Search) run(turns []turn, keep bool) *Schedule {
	s.steer.begin(turns, nil, keep)
	return s.finish(&s.steer)
}

// finish runs a schedule with strategy st, and returns it if it is the target. The turns are
// those of s.steer, which has a part in st.
func (s *Search) finish(st sim.Strategy) *Schedule {
	res, ok := s.play(st)
	if !ok || res.Outcome != sim.Failed || res.Failure.Kind != s.target.Kind {
		return nil
	}
	c := Cost{Answers: s.steer.answers, Steps: res.Steps, Turns: len(s.steer.taken)}
	for _, p := range s.steer.preempted {
		if p {
			c.Preemptions++
		}
	}
	if s.want != nil && !s.want(c) {
		return nil
	}
	f := &Schedule{
		Cost: c, turns: slices.Clone(s.steer.taken), preempts: slices.Clone(s.steer.preempted),
		choices: slices.Clone(res.Choices),
	}
	if !s.confirm(f, explore.Words(res.Failure)) {
		return nil
	}
	return f
}

const doubtsMax = 40

// play runs a schedule with strategy st. ok is false if nothing is to be run any more.
func (s *Search) play(st sim.Strategy) (res sim.Result, ok bool) {
	if s.stopped || s.Tick != nil && !s.Tick() {
		s.stopped = true
		s.steer.forget()
		return res, false
	}
	s.Schedules++
	return s.runner.Run(sim.Config{StepsMax: s.target.StepsMax, Locks: s.locks, Detail: s.locks != nil}, st), true
}

// confirm runs a schedule again in detail, to see its signature and its names. After some
// that failed in the same words and were not the target it takes the others for the same.
func (s *Search) confirm(f *Schedule, words string) bool {
	if s.known[words] == doubtsMax {
		s.unsure = true
		return false
	}
	res := s.detail(f)
	same := explore.Signature(res, s.sites) == s.target.Signature
	if same && s.target.Shows != nil {
		same = s.target.Shows(explore.Take(s.runner.World(), res, s.sites))
	}
	if !same {
		if s.known[words] >= 0 {
			s.known[words]++
		}
		return false
	}
	s.known[words] = -1
	f.Recorded = strategy.Record(s.runner.World().Events())
	return true
}

// detail runs a schedule again in detail.
func (s *Search) detail(f *Schedule) sim.Result {
	again := strategy.Rerun{Choices: f.choices}
	return s.runner.Run(sim.Config{StepsMax: s.target.StepsMax, Locks: s.locks, Detail: true}, &again)
}

// Record returns the record of a schedule.
func (s *Search) Record(f *Schedule) *explore.Record {
	res := s.detail(f)
	return explore.Take(s.runner.World(), res, s.sites)
}

// Find runs a recorded schedule as far as it fits the program, and returns it with its turns
// if it is the target.
func (s *Search) Find(choices []strategy.Recorded) *Schedule {
	for _, st := range strategy.Resyncs(choices) {
		if f := s.named(st); f != nil {
			return f
		}
	}
	return nil
}

// named runs a schedule with any strategy and returns it, with its turns, if it is the
// target.
func (s *Search) named(st sim.Strategy) *Schedule {
	s.steer.forget()
	f := s.finish(st)
	if f == nil {
		return nil
	}
	s.steer.begin(nil, f.choices, false)
	return s.finish(&s.steer)
}
