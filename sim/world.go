// SPDX-License-Identifier: CDDL-1.0

package sim

import (
	"fmt"
	"time"

	"dlsim/sim/internal/coro"
)

const (
	slowOver       uint8 = 1 << iota // the schedule is over, threads are unwound
	slowDetail                       // events, sites and holds are kept
	slowSequential                   // no exploring: run on until blocked
	slowRaces                        // accesses are tracked for races
	slowLocks                        // a LockMonitor watches
	slowWatched                      // the strategy watches each step
	slowFair                         // beyond the step limit: each thread in turn
	slowTrail                        // what events depend on is recorded
)

// World runs schedules, one at a time. It keeps its threads' coroutines and its buffers
// from one schedule to the next; everything else starts afresh. A World may be used by one
// goroutine at a time.
type World struct {
	slow     uint8
	over     bool
	again    bool // an event has woken a thread again, see TrailEvent; only in worlds with a Trail
	enabled  Set
	strategy Strategy
	watcher  Watcher // the strategy, if it is one
	steps    int
	stepsMax int
	livelock bool
	fair     fair
	picks    int
	digest   uint64
	print    uint64
	choices  []Choice
	next     *Thread
	monitor  Monitor
	locks    LockMonitor

	threads  []*Thread // all that ever were; the first live ones belong to this schedule
	live     int
	objects  int32
	now      int64
	sleepers timers
	quiescer *Thread
	outcome  Outcome
	failure  *Failure
	lenient  func(t *Thread, l *Life, gen uint32, what string) bool
	explain  func(f *Failure)
	handoff  bool
	log      func(t *Thread, line string)
	trail    *Trail // nil if the strategy wants none
	detail   worldDetail
	races    raceState
}

// New returns a world. Close it when it is no longer needed.
func New() *World { return new(World) }

// Close releases the coroutines.
func (w *World) Close() {
	for _, t := range w.threads {
		t.co.Close()
	}
	w.threads = nil
}

// Run runs one schedule of body, which is the first thread, named "main".
func (w *World) Run(cfg Config, s Strategy, body func(*Thread)) Result {
	w.reset(cfg, s)
	s.Begin(w)
	main := w.newThread("main", 0, body)
	main.hash = 1
	main.descend(nil)
	if w.locks != nil {
		w.locks.Begin(w)
	}
	for w.next = main; w.next != nil; {
		t := w.next
		w.next = nil
		t.co.Resume()
	}
	if w.locks != nil && w.outcome == Passed {
		if f := w.locks.End(w); f != nil {
			w.fail(f)
		}
	}
	if w.trail != nil {
		w.trail.end(w)
	}
	if w.slow&slowDetail != 0 && !w.over {
		w.noteTurns()
	}
	w.tearDown()
	return Result{
		Outcome: w.outcome, Failure: w.failure, Steps: w.steps, Picks: w.picks,
		Choices: w.choices, Digest: w.digest, Fingerprint: w.print,
		Elapsed: time.Duration(w.now),
	}
}

func (w *World) reset(cfg Config, s Strategy) {
	w.slow, w.over, w.again = 0, false, false
	w.enabled.clear()
	w.strategy, w.monitor, w.lenient = s, cfg.Monitor, cfg.Lenient
	w.handoff, w.log, w.locks, w.explain = cfg.Handoff, cfg.Log, cfg.Locks, cfg.Explain
	w.steps, w.picks, w.digest, w.print = 0, 0, 0, 0
	w.stepsMax, w.livelock, w.fair = cfg.StepsMax, cfg.Livelock, fair{}
	if w.stepsMax == 0 {
		w.stepsMax = DefaultStepsMax
	}
	w.choices = w.choices[:0]
	w.live, w.objects, w.now = 0, 0, 0
	w.sleepers.reset()
	w.quiescer = nil
	w.outcome, w.failure = Passed, nil
	w.detail.reset()
	if cfg.Detail {
		w.slow = slowDetail
	}
	if cfg.Races {
		w.slow |= slowRaces
		w.races.reset()
	}
	if cfg.Locks != nil {
		w.slow |= slowLocks
	}
	var watched bool
	if w.watcher, watched = s.(Watcher); watched {
		w.slow |= slowWatched
	}
	w.trail = nil
	if s, ok := s.(Tracker); ok {
		w.trail = s.Trail()
		w.trail.Sections = w.trail.Sections && !cfg.Races
		w.trail.reset()
		w.slow |= slowTrail
	}
}

// newThread makes thread number w.live of this schedule, enabled at its start.
func (w *World) newThread(class string, num int, fn func(*Thread)) *Thread {
	if w.live == len(w.threads) {
		t := &Thread{w: w, id: int32(w.live)}
		t.co = coro.New(t.run)
		w.threads = append(w.threads, t)
	}
	t := w.threads[w.live]
	w.live++
	t.class, t.num, t.fn = class, int32(num), fn
	t.state, t.helper, t.locked, t.ran = unstarted, false, 0, 0
	t.local, t.waits, t.joins = nil, nil, nil
	t.op, t.obj, t.hash, t.wake, t.steps = opStart, nil, 0, 0, 0
	t.queue, t.qprev, t.qnext, t.serial = nil, nil, nil, 0
	t.joiners.Reset()
	t.clock = t.clock[:0]
	t.detail.reset()
	w.enabled.grow(w.live)
	w.enabled.add(t.id)
	if w.slow&slowDetail != 0 {
		w.checkName(t)
	}
	return t
}

// switchTo parks t and lets u run. A nil u means that the schedule is over.
func (w *World) switchTo(t, u *Thread) {
	w.next = u
	t.co.Yield()
	if w.over {
		panic(killed{})
	}
}

// tearDown unwinds the threads that have not ended. Whatever they still try to do ends in
// the same panic, so nothing they run on the way out can fail the schedule again.
func (w *World) tearDown() {
	w.over = true
	w.slow |= slowOver
	for _, t := range w.threads[:w.live] {
		if t.state == alive {
			t.co.Resume()
		}
		t.state = done
		t.fn, t.local = nil, nil
	}
	w.next = nil
}

// stop ends the schedule from inside thread t, whose stack it unwinds.
func (w *World) stop(o Outcome) {
	w.outcome, w.over = o, true
	if w.slow&slowDetail != 0 {
		w.noteTurns()
	}
	w.slow |= slowOver
	panic(killed{})
}

// Threads calls visit for each thread created so far, in order of creation.
func (w *World) Threads(visit func(*Thread)) {
	for _, t := range w.threads[:w.live] {
		visit(t)
	}
}

// NumThreads returns the number of threads created so far: their ids are below it.
func (w *World) NumThreads() int { return w.live }

// Thread returns the thread with the given id.
func (w *World) Thread(id int) *Thread { return w.threads[:w.live][id] }

// Enabled returns the threads that can go on; valid until the next step.
func (w *World) Enabled() *Set { return &w.enabled }

// Now returns the virtual time since the start of the schedule.
func (w *World) Now() time.Duration { return time.Duration(w.now) }

// Steps returns the number of operations carried out so far.
func (w *World) Steps() int { return w.steps }

// Fingerprint returns that of the schedule so far, as Result.Fingerprint says.
func (w *World) Fingerprint() uint64 { return w.print }

// Picks returns the number of picks among at least two threads so far.
func (w *World) Picks() int { return w.picks }

// Sequential switches exploring off or on again. While it is off a thread runs on until it
// blocks, then the oldest enabled one goes on, every Choose gives 0, and nothing is
// recorded: for setting a world up.
func (w *World) Sequential(on bool) {
	w.slow &^= slowSequential
	if on {
		w.slow |= slowSequential
	}
}

// checkName makes sure that names tell threads apart, which traces rely on.
func (w *World) checkName(t *Thread) {
	for _, u := range w.threads[:w.live] {
		if u != t && u.class == t.class && u.num == t.num {
			panic(fmt.Sprintf("engine bug: two threads named %s", t.Name()))
		}
	}
}
