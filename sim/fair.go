// SPDX-License-Identifier: CDDL-1.0

package sim

import (
	"fmt"
	"slices"
	"strings"
)

const (
	// fairMin and fairMax bound the number of steps without progress, under a fair schedule, that make
	// a livelock: as many as the schedule was allowed before.
	fairMin, fairMax = 2_000, 20_000
	// fairRounds is how often a schedule that does make progress goes on for as many.
	fairRounds = 4
)

// fair is the fair end of a schedule that has reached its step limit. It is a function of the state
// at the limit alone: no strategy is asked and nothing is recorded, so that a replay of the choices
// before it comes to the same.
type fair struct {
	window   int // steps
	begun    int // the step at which the present window began
	live     int // threads that there were
	rounds   int
	progress int // the last step that made progress, see Thread.Progress
	last     int // id of the thread that was picked last
	chosen   int // answers to Choose
}

// Loop is what a thread does again and again.
type Loop struct {
	Thread string // without a number: those of a server each do a part
	Steps  []Event
	Times  int // how often, in the last window; 0 if Steps is not a whole iteration
}

// Progress says that t has completed an operation of the program: something has been achieved that is
// not undone. A program that never says so makes progress when its threads end.
func (t *Thread) Progress() { t.w.fair.progress = t.w.steps }

// limit is called at the step limit. Unless livelocks are looked for the schedule ends. Else it goes on
// with each thread that can run in turn, one step each, for as long as that makes progress, and if it
// does not, no schedule will: then t, which runs, fails.
func (w *World) limit(t *Thread) {
	f := &w.fair
	switch {
	case !w.livelock, f.rounds == fairRounds:
		w.stop(Unknown)
	case w.slow&slowFair == 0:
		w.slow |= slowFair
		f.window, f.last = min(max(fairMin, w.stepsMax), fairMax), int(t.id)
	case f.progress < f.begun:
		w.failLivelock(t)
	}
	f.rounds++
	f.begun, f.live = w.steps, w.live
	w.stepsMax = w.steps + f.window
}

// takeTurn returns the next thread in turn.
func (w *World) takeTurn() *Thread {
	f := &w.fair
	for {
		if f.last++; f.last >= w.live {
			f.last = 0
		}
		if w.enabled.Has(f.last) {
			return w.threads[f.last]
		}
	}
}

// chooseFairly answers Choose so that each answer comes in its turn.
func (w *World) chooseFairly(n int) int {
	w.fair.chosen++
	return w.fair.chosen % n
}

// failLivelock fails the run: in the window that ends now nothing was achieved.
func (w *World) failLivelock(t *Thread) {
	f := &Failure{
		Kind: KindLivelock, Subject: "no progress", Message: "goes on and on",
	}
	with := " with "
	for _, u := range w.threads[:w.fair.live] {
		switch {
		case u.helper || u.state == done || u.ran < w.steps-w.fair.window/2:
		case f.Thread == nil:
			f.Thread, f.At = u, Point{PCs: u.detail.pcs}
		default:
			f.Message += with + u.Name()
			with = ", "
		}
	}
	f.Message += fmt.Sprintf(": %d steps of a fair schedule, and no operation has ended", w.fair.window)
	if w.slow&slowDetail != 0 {
		f.Loops = w.loops()
	}
	t.FailWith(f)
}

// loops finds in the events of the last half of a window what each sort of thread repeats.
func (w *World) loops() []Loop {
	events := w.detail.events
	first, _ := slices.BinarySearchFunc(events, w.steps-w.fair.window/2, func(e Event, step int) int { return e.Step - step })
	byClass := make(map[string][]Event)
	var classes []string
	for _, e := range events[first:] {
		c := e.Thread.class
		if byClass[c] == nil {
			classes = append(classes, c)
		}
		byClass[c] = append(byClass[c], e)
	}
	slices.Sort(classes)
	var out []Loop
	for _, c := range classes {
		steps, times := period(byClass[c])
		out = append(out, Loop{Thread: c, Steps: steps, Times: times})
	}
	return out
}

// loopMax is the most steps of a thread that count as one iteration.
const loopMax = 1000

// period returns the shortest sequence at the end of events that comes there three times in a row at
// least, and how often; else the last events and 0.
func period(events []Event) ([]Event, int) {
	same := func(i, j int) bool {
		a, b := &events[i], &events[j]
		return a.Op == b.Op && digitless(a.Object) == digitless(b.Object) && slices.Equal(a.PCs, b.PCs)
	}
	n := len(events)
	for p := 1; p <= min(loopMax, n/3); p++ {
		run := 0
		for i := n - 1; i >= p && same(i, i-p); i-- {
			run++
		}
		if run >= 2*p {
			return events[n-p:], run/p + 1
		}
	}
	return events[max(0, n-loopMax):], 0
}

// digitless returns the name of an object without the numbers that tell apart those of a sort.
func digitless(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, name)
}
