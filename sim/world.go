// SPDX-License-Identifier: CDDL-1.0

package sim

import (
	"fmt"
	"math"
	"time"

	"dlsim/sim/internal/coro"
)

// Strategy decides a schedule. Its answers must depend on nothing but the world it is
// shown and its own state, so that the same strategy begun in the same way gives the same
// schedule.
type Strategy interface {
	// Begin prepares for one schedule.
	Begin(w *World)
	// Pick returns the id of the thread that goes on, one of w.Enabled(), which holds at
	// least two. cur is the thread that has just published its next operation; it may be
	// blocked, and it is nil when a thread has ended.
	Pick(w *World, cur *Thread) int
	// Choose returns a number in [0, n), n >= 2, for the decision named by label.
	Choose(w *World, t *Thread, n int, label string) int
}

// Watcher is a Strategy that is told of every operation, also of those that it is not asked
// about because only one thread can go on. Operations of a Sequential stretch do not count.
type Watcher interface {
	Strategy
	// Watch is called when t is about to carry out its pending operation. Threads and objects
	// that the operation makes are there at the next call of Watch, Pick or Choose.
	Watch(w *World, t *Thread)
}

// Monitor is told of what checks need while a schedule runs.
type Monitor interface {
	// Blocked is called when t has published an operation that cannot run, has been given
	// one by World.Repend, or is still blocked when nothing can run any more. It may call
	// t.FailWith, which does not return.
	Blocked(t *Thread)
}

// Config is how a schedule is run. The zero value runs fast, without checks.
type Config struct {
	// StepsMax ends a schedule with the outcome Unknown; 0 means DefaultStepsMax.
	StepsMax int
	// Livelock has a schedule that reaches StepsMax go on fairly for some time, and fails it if
	// nothing is completed meanwhile.
	Livelock bool
	// Monitor may be nil.
	Monitor Monitor
	// Detail keeps events, sites and holds for reports. Much slower; changes no choice.
	Detail bool
	// Lenient, if not nil, is asked when a thread uses memory that is no longer allocated,
	// and says true to let it go on as hardware would.
	Lenient func(t *Thread, l *Life, gen uint32, what string) bool
	// Explain, if not nil, is shown each failure of a detailed run before anybody else, to add
	// evidence.
	Explain func(f *Failure)
	// Races finds accesses to variables that nothing orders. Much slower; changes no choice.
	Races bool
	// Locks, if not nil, is told what threads hold and wait for. Changes no choice.
	Locks LockMonitor
	// Handoff makes every lock that the kernel lets its waiters compete for go to the one
	// that has waited longest instead, and a signal wake that one. It is no behaviour of a
	// kernel: it is there to follow recordings of models that work like that.
	Handoff bool
	// Log, if not nil, is told what operations do, in the words of Thread.Logf. It also
	// turns Thread.LogPoint into a scheduling point, and has the strategy asked even when
	// only one thread can go on.
	Log func(t *Thread, line string)
	_   struct{}
}

// DefaultStepsMax is far above what any terminating scenario needs.
const DefaultStepsMax = 100_000

// Outcome is how a schedule ended.
type Outcome uint8

// The outcomes.
const (
	Passed  Outcome = iota // every thread ended, no check failed
	Failed                 // a check failed
	Unknown                // the step limit was reached
	Stopped                // the strategy answered StopRun
)

// StopRun is an answer to Pick and Choose that ends the schedule: a strategy that follows
// a recording gives it when the recording does not fit.
const StopRun = math.MaxInt

func (o Outcome) String() string {
	return [...]string{"passed", "failed", "unknown", "stopped"}[o]
}

// Choice is one recorded answer of the strategy.
type Choice uint32

const choiceValue Choice = 1 << 31

// Value returns what was answered: the id of a thread, or the number that Choose gave.
func (c Choice) Value() int { return int(c &^ choiceValue) }

// IsThread tells a picked thread from an answer to Choose.
func (c Choice) IsThread() bool { return c&choiceValue == 0 }

// Result is what Run returns.
type Result struct {
	Outcome Outcome
	Failure *Failure // set when Outcome is Failed
	Steps   int      // operations carried out
	Picks   int      // picks among at least two threads
	// Choices are the strategy's answers in order; valid until the next Run.
	Choices []Choice
	// Digest identifies the exact sequence of steps.
	Digest uint64
	// Fingerprint is equal for two schedules that differ only in the order of operations
	// that commute (the same happens-before relation), and else differs but for a chance
	// collision of 64-bit hashes.
	Fingerprint uint64
	Elapsed     time.Duration // virtual time
}

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
	w.slow, w.over = 0, false
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
