// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"dlsim/sim/explore"
)

// waker is what could have woken a thread that hangs.
type waker struct {
	s    *explore.State
	last *explore.Event // the last thing that others did to what it waits on, nil for nothing
	// signal is the last signal or broadcast among those.
	signal *explore.Event
}

func wakerOf(r *explore.Record, s *explore.State) waker {
	w := waker{s: s}
	for i := range r.Events {
		e := &r.Events[i]
		if e.Object != s.Object || e.Thread == s.Thread || e.IsChoice || strings.HasPrefix(e.Op, "cv_wait") {
			continue
		}
		w.last = e
		if e.Op == "cv_signal" || e.Op == "cv_broadcast" {
			w.signal = e
		}
	}
	return w
}

// lost reports whether the thread's wakeup is lost: what it waits for is so, or, if nobody knows that,
// the last signal was given when it did not wait yet, or went to another.
func (w *waker) lost() bool {
	if w.s.Awaits != "" {
		return w.s.Met
	}
	return w.signal != nil
}

// lostWakeup names the threads of a hang whose wakeup is lost; "" if there are none.
func lostWakeup(r *explore.Record) string {
	var names []string
	stuck := r.Stuck()
	for i := range stuck {
		if w := wakerOf(r, &stuck[i]); stuck[i].Object != "" && w.lost() {
			names = append(names, stuck[i].Thread)
		}
	}
	switch {
	case len(names) == 0:
		return ""
	case len(stuck) == 1:
		return "its wakeup is lost"
	}
	return "lost wakeup of " + list(names)
}

// wakers tells of each stuck thread what it waits for and why nobody wakes it.
func wakers(r *explore.Record) []string {
	var out []string
	stuck := r.Stuck()
	for i := range stuck {
		s := &stuck[i]
		if s.Object == "" {
			continue
		}
		w := wakerOf(r, s)
		line := fmt.Sprintf("%s waits on %s since step %d", s.Thread, s.Object, s.Since)
		if w.lost() {
			line = "lost wakeup: " + line
		}
		if s.Awaits != "" {
			line += " until " + s.Awaits
			if s.Met {
				line += ", which is so"
			}
		}
		out = append(out, line+"; "+w.reason())
	}
	return out
}

// reason says what became of the last signal, or else what was done last.
func (w *waker) reason() string {
	e := w.last
	if w.signal != nil {
		e = w.signal
	}
	if e == nil && strings.HasPrefix(w.s.Op, "cv_wait") {
		return "nobody has ever signalled it"
	}
	if e == nil {
		return "nobody else has ever touched it"
	}
	what := fmt.Sprintf("the last %s, by %s at step %d%s,", e.Op, e.Thread, e.Step, at(e.Site))
	switch {
	case e.Step < w.s.Since && slices.Contains(e.Woke, w.s.Thread):
		return what + " woke it before that"
	case e.Step < w.s.Since:
		return what + " was before that"
	case len(e.Woke) > 0:
		return what + " woke " + strings.Join(e.Woke, ", ")
	}
	return what + " was after that"
}
