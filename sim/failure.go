// SPDX-License-Identifier: CDDL-1.0

package sim

// Kind names the check that a failure belongs to.
type Kind string

// The kinds the engine and the packages on it report.
const (
	KindPanic    Kind = "panic"    // a VERIFY, an ASSERT, a misused lock, a Go panic
	KindDeadlock Kind = "deadlock" // a cycle of threads that wait for each other
	KindHang     Kind = "hang"     // nothing can run, and not all is done
	KindLifetime Kind = "lifetime" // use of memory that is not allocated, double free
	KindStale    Kind = "stale"    // tables that should agree do not, at quiescence
	KindRace     Kind = "race"     // accesses to a variable that nothing orders, one a write
	KindLin      Kind = "lin"      // no order of the operations explains what they answered
	KindOrder    Kind = "order"    // locks that are taken in an order in which they can deadlock
	KindUpcall   Kind = "upcall"   // waiting for an answer with a lock that it may need
	KindAnswer   Kind = "answer"   // an operation answered what the program says it must not
	KindLivelock Kind = "livelock" // threads run, and nothing is ever completed
	KindRefs     Kind = "refs"     // a reference that is not given back, or was somebody else's
)

// Point is where in a schedule something happened. It is filled in detailed runs only.
type Point struct {
	Step int       // the step, from 1; 0 in fast runs
	PCs  []uintptr // call stack, innermost first, as runtime.Callers gives it
}

// Wait is one edge of a cycle of waiting threads.
type Wait struct {
	Thread *Thread // waits
	For    Op      // at this operation
	Holder *Thread // for this thread to act
	Holds  *Hold   // on this; known in detailed runs only
}

// Attachment is a file that goes with a report. Its name is put after that of the trace.
type Attachment struct {
	Name string
	Data []byte
}

// Evidence is a part of a report that a check words itself, with its heading.
type Evidence struct {
	Title string
	Lines []string
}

// Failure is a violation found in a schedule. It is made in one place and every report is
// a view of it. Threads and objects in it are valid until the world's next Run.
type Failure struct {
	Kind    Kind
	Message string // one line, without the thread's name
	// Subject is what the failure is about in words that are the same for every schedule
	// and thread name: a check, a lock class, a sort of buffer.
	Subject string
	Thread  *Thread // that was running, or nil
	At      Point   // where it was
	Other   Point   // the other site, such as the free before a use; may be empty
	// OtherThread was at Other, if that is an access in a race.
	OtherThread *Thread
	// Sites are the places that the failure is about, if the check knows better than At and
	// Other. It finds them itself, in detailed runs. Classes are the locks, if it is about some.
	Sites   []Site
	Classes []string
	Life    *Life  // the buffer of a lifetime failure
	Cycle   []Wait // of a deadlock
	Loops   []Loop // of a livelock, in detailed runs
	Stack   string // of a Go panic
	// Evidence is what the check has to show, beyond what the fields above say.
	Evidence []Evidence
	// Attachments are what is too long for a report, in detailed runs.
	Attachments []Attachment
	// States has one entry per thread of the world, in detailed runs.
	States []ThreadState
}

// Fail ends the schedule with a failure of the given kind. It does not return.
func (t *Thread) Fail(kind Kind, subject, message string) {
	t.FailWith(&Failure{Kind: kind, Thread: t, Subject: subject, Message: message})
}

// FailWith ends the schedule with f and unwinds t. It does not return. In a schedule that
// is over already it only unwinds.
func (t *Thread) FailWith(f *Failure) {
	if f.Thread == nil {
		f.Thread = t
	}
	if !t.w.over {
		t.w.fail(f)
	}
	panic(killed{})
}

// fail records the failure and ends the schedule without unwinding anybody.
func (w *World) fail(f *Failure) {
	w.failure, w.outcome, w.over = f, Failed, true
	if w.slow&slowDetail != 0 {
		w.describe(f)
	}
	w.slow |= slowOver
	w.next = nil
}
