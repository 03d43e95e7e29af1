// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"strconv"

	"dlsim/sim"
	"dlsim/sim/strategy"
)

// Record is everything that traces and reports say about one failing schedule. It is made
// from a detailed run and stays valid when the world goes on.
type Record struct {
	Kind      sim.Kind
	Subject   string
	Message   string
	Signature string // the same for every seed and thread name
	Sites     []sim.Site
	Classes   []string // of the locks or buffers involved

	Thread  string // that was running, or ""
	Step    int    // the last one
	At      Point  // where the thread was
	Other   Point  // the other site, such as the free before a use
	Buffer  string // of a lifetime failure: "dls_devnet_t#1"
	FreedBy string
	// OtherThread was at Other, if that is an access in a race.
	OtherThread string
	Stack       string // of a Go panic
	// Evidence is what the check has worded itself.
	Evidence []sim.Evidence
	// Depends is what the failure was found to depend on, if somebody has looked.
	Depends []sim.Evidence
	// Attachments are files that go with the report.
	Attachments []sim.Attachment

	Cycle   []Wait
	Loops   []Loop // of a livelock
	States  []State
	Events  []Event
	Choices []strategy.Recorded
	Digest  uint64
}

// Point is a step and where it was made.
type Point struct {
	Step int
	Site sim.Site
}

// Hold is something a thread holds.
type Hold struct {
	Object, Class, Mode string
	Point
}

// Wait is one edge of a cycle: Thread waits at Op on Object for Holder, which may hold it.
type Wait struct {
	Thread, Op, Object, Class, Holder string
	Site                              sim.Site
	Hold                              *Hold
}

// State is what a thread was doing at the end.
type State struct {
	Thread, Op, Object, Class string // Op is "" if the thread has ended
	Blocked, Done, Helper     bool
	Since                     int // the last step of the thread, 0 if it made none
	Site                      sim.Site
	Holds                     []Hold
	Awaits                    string // what it waits to become true, "" if nobody knows
	Met                       bool   // that is true
	// PCs is the thread's stack, as runtime.Callers gives it. It means something in this
	// process only.
	PCs []uintptr
}

// Event is one step, or one answer to Choose.
type Event struct {
	Step               int
	Thread, Op, Object string
	Site               sim.Site
	Picked, Preempt    bool
	IsChoice           bool
	Enabled, Value     int
	Woke               []string // by this signal
	Notes              []string // explanations
	Results            []string // operations that ended here, "operation = answer"
	// Holds and Turns are what changed in the states of threads from here to the next event;
	// StatesAt adds them up.
	Holds []HoldChange
	Turns []Turn
}

// Loop is what a thread, or those of its sort together, does again and again; Times is 0 if that is not
// a whole iteration.
type Loop struct {
	Thread string
	Steps  []Event
	Times  int
}

// Take makes the record of w's last run, which was detailed. If it did not fail, the record
// has the events and no Kind.
func Take(w *sim.World, res sim.Result, sites sim.Resolver) *Record {
	r := summarise(res, sites)
	r.addEvents(w, sites)
	return r
}

// Signature returns the signature of a detailed run, "" if it did not fail. It is what Take
// would say of it, at less cost.
func Signature(res sim.Result, sites sim.Resolver) string { return summarise(res, sites).Signature }

// summarise fills all but the events and choices.
func summarise(res sim.Result, sites sim.Resolver) *Record {
	f := res.Failure
	if f == nil {
		return &Record{Step: res.Steps, Digest: res.Digest}
	}
	r := &Record{
		Kind: f.Kind, Subject: f.Subject, Message: f.Message, Stack: f.Stack,
		Evidence: f.Evidence, Attachments: f.Attachments, Sites: f.Sites, Classes: f.Classes,
		Step: res.Steps, At: point(f.At, sites), Other: point(f.Other, sites),
		Digest: res.Digest,
	}
	if f.Thread != nil {
		r.Thread = f.Thread.Name()
	}
	if f.OtherThread != nil {
		r.OtherThread = f.OtherThread.Name()
	}
	if f.Life != nil {
		r.Buffer = f.Life.What + "#" + strconv.Itoa(f.Life.Num)
		if f.Life.FreedBy != nil {
			r.FreedBy = f.Life.FreedBy.Name()
		}
	}
	for i := range f.States {
		s := state(&f.States[i], sites)
		if f.States[i].Thread == f.Thread && f.States[i].Enabled {
			s.PCs = f.At.PCs // where it is now, not its next operation
		}
		r.States = append(r.States, s)
	}
	for _, e := range f.Cycle {
		x := Wait{Thread: e.Thread.Name(), Op: e.For.Type.Name, Holder: e.Holder.Name()}
		if e.For.Object != nil {
			x.Object, x.Class = e.For.Object.Name(), e.For.Object.Class()
		}
		if e.Holds != nil {
			h := hold(*e.Holds, sites)
			x.Hold = &h
		}
		for j := range f.States {
			if f.States[j].Thread == e.Thread {
				x.Site = r.States[j].Site
			}
		}
		r.Cycle = append(r.Cycle, x)
	}
	for _, l := range f.Loops {
		x := Loop{Thread: l.Thread, Times: l.Times}
		for i := range l.Steps {
			x.Steps = append(x.Steps, event(&l.Steps[i], sites))
		}
		r.Loops = append(r.Loops, x)
	}
	r.sign()
	return r
}

func (r *Record) addEvents(w *sim.World, sites sim.Resolver) {
	events := w.Events()
	r.Choices = strategy.Record(events)
	last := make(map[string]int)
	for i := range events {
		e := &events[i]
		r.Events = append(r.Events, event(e, sites))
		last[e.Thread.Name()] = e.Step
	}
	for i := range r.States {
		r.States[i].Since = last[r.States[i].Thread]
	}
}

func event(e *sim.Event, sites sim.Resolver) Event {
	out := Event{
		Step: e.Step, Thread: e.Thread.Name(), Op: e.Op, Object: e.Object,
		Site: sites(e.PCs), Picked: e.Picked, Preempt: e.Preempt, IsChoice: e.IsChoice(),
		Enabled: e.Enabled, Value: e.Value, Notes: e.Notes, Results: e.Results,
	}
	for _, u := range e.Woke {
		out.Woke = append(out.Woke, u.Name())
	}
	out.changes(e, sites)
	return out
}

func point(p sim.Point, sites sim.Resolver) Point { return Point{p.Step, sites(p.PCs)} }

func hold(h sim.Hold, sites sim.Resolver) Hold {
	return Hold{Object: h.Object.Name(), Class: h.Object.Class(), Mode: h.Mode, Point: point(h.At, sites)}
}

func state(s *sim.ThreadState, sites sim.Resolver) State {
	out := State{
		Thread: s.Thread.Name(), Done: s.Done, Helper: s.Thread.Helper(),
		Blocked: !s.Enabled && !s.Done, Site: sites(s.At.PCs), PCs: s.At.PCs,
	}
	if s.Pending.Type != nil {
		out.Op = s.Pending.Type.Name
	}
	if o := s.Pending.Object; o != nil {
		out.Object, out.Class = o.Name(), o.Class()
	}
	for _, h := range s.Holds {
		out.Holds = append(out.Holds, hold(h, sites))
	}
	out.Awaits, out.Met = s.Awaits, s.Met
	return out
}
