// SPDX-License-Identifier: CDDL-1.0

package sim

import (
	"math"
	"time"
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
