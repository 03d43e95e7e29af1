// SPDX-License-Identifier: CDDL-1.0

package strategy

import (
	"fmt"
	"strconv"

	"dlsim/sim"
)

// Recorded is one choice of an earlier schedule, by the names of what was chosen, which
// outlive changes of the program that numbers would not.
type Recorded struct {
	Thread string // that was picked, or that asked for a value
	// Op is what the picked thread did next, as sim.Op.String gives it; or the label of
	// the question that was answered.
	Op    string
	Value int // the answer
	Of    int // how many answers there were; 0 if this is the pick of a thread
}

// IsThread tells the pick of a thread from an answer to Choose.
func (r Recorded) IsThread() bool { return r.Of == 0 }

// String returns the choice as reports show it.
func (r Recorded) String() string {
	if r.IsThread() {
		return r.Thread + ": " + r.Op
	}
	return fmt.Sprintf("%s: choose %s = %d of %d", r.Thread, r.Op, r.Value, r.Of)
}

// Record returns the choices of a detailed run from its events.
func Record(events []sim.Event) []Recorded {
	var out []Recorded
	for i := range events {
		e := &events[i]
		switch {
		case e.IsChoice():
			out = append(out, Recorded{e.Thread.Name(), e.Object, e.Value, e.Enabled})
		case e.Picked:
			out = append(out, Recorded{Thread: e.Thread.Name(), Op: opName(e.Op, e.Object)})
		}
	}
	return out
}

func opName(op, object string) string {
	if object == "" {
		return op
	}
	return op + " " + object
}

// Divergence says where a schedule stopped following its recording.
type Divergence struct {
	Choice   int    // index of the choice that did not fit, from 1
	Step     int    // the step it was about to decide
	Expected string // what was recorded
	Found    string // what could be done instead
}

func (d *Divergence) Error() string {
	return fmt.Sprintf("step %d (choice %d) differs: recorded %s; %s",
		d.Step, d.Choice, d.Expected, d.Found)
}

// Replay follows a recording by names and never guesses: at the first choice that does not
// fit it stops the schedule and keeps the divergence.
type Replay struct {
	Choices []Recorded

	next     int
	diverged *Divergence
}

// Begin implements sim.Strategy.
func (r *Replay) Begin(*sim.World) { r.next, r.diverged = 0, nil }

// Pick implements sim.Strategy: the recorded thread, if it can do the recorded operation.
func (r *Replay) Pick(w *sim.World, _ *sim.Thread) int {
	e := w.Enabled()
	if r.next < len(r.Choices) {
		for id := e.Next(-1); id >= 0; id = e.Next(id) {
			if r.fits(w.Thread(id)) {
				r.next++
				return id
			}
		}
	}
	found := "could run:"
	for id := e.Next(-1); id >= 0; id = e.Next(id) {
		t := w.Thread(id)
		found += " " + t.Name() + ": " + t.Pending().String() + ";"
	}
	return r.stop(w, found[:len(found)-1])
}

// fits reports whether t is what the next recorded choice picks.
func (r *Replay) fits(t *sim.Thread) bool {
	c := &r.Choices[r.next]
	return c.IsThread() && t.Name() == c.Thread && t.Pending().String() == c.Op
}

// Choose implements sim.Strategy: the recorded value, if this is the recorded question.
func (r *Replay) Choose(w *sim.World, t *sim.Thread, n int, label string) int {
	if r.next < len(r.Choices) {
		c := &r.Choices[r.next]
		if c.Thread == t.Name() && c.Op == label && c.Of == n {
			r.next++
			return c.Value
		}
	}
	return r.stop(w, t.Name()+" asked for "+label+" of "+strconv.Itoa(n))
}

func (r *Replay) stop(w *sim.World, found string) int {
	r.diverged = &Divergence{r.next + 1, w.Steps() + 1, "the end of the run", found}
	if r.next < len(r.Choices) {
		r.diverged.Expected = r.Choices[r.next].String()
	}
	return sim.StopRun
}

// Diverged returns where the schedule left the recording, nil if it followed it to its
// end. It is asked once the schedule is over, steps being its length: a schedule that
// ended before its recording has diverged too.
func (r *Replay) Diverged(steps int) *Divergence {
	if r.diverged == nil && r.next < len(r.Choices) {
		return &Divergence{r.next + 1, steps + 1, r.Choices[r.next].String(), "the run was over"}
	}
	return r.diverged
}

// Rerun gives the answers of an earlier schedule of the same program again, by number. It
// stops the schedule if it is asked more, or for what cannot be.
type Rerun struct {
	Choices []sim.Choice
	next    int
}

// Begin implements sim.Strategy.
func (r *Rerun) Begin(*sim.World) { r.next = 0 }

// Pick implements sim.Strategy.
func (r *Rerun) Pick(w *sim.World, _ *sim.Thread) int {
	if c, ok := r.take(); ok && c.IsThread() && w.Enabled().Has(c.Value()) {
		return c.Value()
	}
	return sim.StopRun
}

// Choose implements sim.Strategy.
func (r *Rerun) Choose(_ *sim.World, _ *sim.Thread, n int, _ string) int {
	if c, ok := r.take(); ok && !c.IsThread() && c.Value() < n {
		return c.Value()
	}
	return sim.StopRun
}

func (r *Rerun) take() (sim.Choice, bool) {
	if r.next == len(r.Choices) {
		return 0, false
	}
	r.next++
	return r.Choices[r.next-1], true
}
