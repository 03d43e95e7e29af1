// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"dlsim/sim"
	"dlsim/sim/explore"
)

// headline says in a few words what went wrong.
func headline(r *explore.Record) string {
	switch r.Kind {
	case sim.KindDeadlock:
		if len(r.Cycle) == 1 {
			return r.Cycle[0].Thread + " waits for itself"
		}
		names := make([]string, len(r.Cycle))
		for i, e := range r.Cycle {
			names[i] = e.Thread
		}
		return list(names) + " wait for each other"
	case sim.KindHang:
		stuck := r.Stuck()
		if len(stuck) == 0 {
			return r.Message
		}
		names := make([]string, len(stuck))
		for i, s := range stuck {
			names[i] = s.Thread
		}
		verb := " waits"
		if len(names) > 1 {
			verb = " wait"
		}
		return list(names) + verb + ", nothing can run, and no timer is pending"
	}
	if r.Thread == "" || r.Kind == sim.KindStale {
		return r.Message
	}
	return r.Thread + ": " + r.Message
}

// list returns "a", "a and b", "a, b and c".
func list(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

const evidenceMax = 6 // lines below the heading

// evidence is the part of the report that depends on the kind, then what the check has worded itself.
func (p *page) evidence(r *explore.Record) {
	var title string
	var lines []string
	switch r.Kind {
	case sim.KindDeadlock:
		title, lines = "cycle", cycle(r)
	case sim.KindHang:
		title, lines = "who could have woken them", wakers(r)
	case sim.KindLifetime:
		title, lines = "the buffer", lifetime(r)
	case sim.KindRace:
		title, lines = "the accesses", race(r)
	case sim.KindStale:
		title, lines = "what disagrees", []string{r.Message}
	default:
		if len(r.Evidence) == 0 {
			title, lines = "what was not true", invariant(r)
		}
	}
	p.block(title, lines)
	for _, e := range r.Evidence {
		p.block(e.Title, e.Lines)
	}
}

// block adds a heading with lines below it, at most evidenceMax.
func (p *page) block(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	p.gap()
	p.heading("%s", title)
	start := len(p.lines)
	for i, l := range lines {
		left := evidenceMax - (len(p.lines) - start)
		if left <= 1 && i < len(lines)-1 {
			p.line("  and %d more", len(lines)-i)
			return
		}
		p.wrapped("  ", "    ", l, min(left, 2), "")
	}
}

func cycle(r *explore.Record) []string {
	var out []string
	for _, e := range r.Cycle {
		s := fmt.Sprintf("%s wants %s for %s", e.Thread, e.Object, e.Op)
		switch {
		case e.Hold != nil:
			s += fmt.Sprintf("; %s has it since step %d%s", e.Holder, e.Hold.Step,
				at(e.Hold.Site))
		default:
			s += "; " + e.Holder + " must act first"
			if h := reference(r, e.Holder); h != nil {
				s += fmt.Sprintf(", with %s since step %d%s", h.Object, h.Step, at(h.Site))
			}
		}
		out = append(out, s)
	}
	return out
}

// reference returns the oldest reference that a thread has, nil if it has none.
func reference(r *explore.Record, thread string) *explore.Hold {
	for i := range r.States {
		for j := range r.States[i].Holds {
			if h := &r.States[i].Holds[j]; r.States[i].Thread == thread && h.Mode == "ref" {
				return h
			}
		}
	}
	return nil
}

// wakers tells of each stuck thread the last thing that others did to what it waits on.
func wakers(r *explore.Record) []string {
	var out []string
	for _, s := range r.Stuck() {
		if s.Object == "" {
			continue
		}
		last := -1
		for i := range r.Events {
			e := &r.Events[i]
			if e.Object == s.Object && e.Thread != s.Thread && !e.IsChoice {
				last = i
			}
		}
		if last < 0 {
			out = append(out, fmt.Sprintf("nobody but %s ever touched %s", s.Thread, s.Object))
			continue
		}
		e := &r.Events[last]
		when := "after"
		if e.Step < s.Since {
			when = "before"
		}
		out = append(out, fmt.Sprintf(
			"%s came to wait for %s at step %d; the last %s, by %s at step %d%s, was %s that",
			s.Thread, s.Object, s.Since, e.Op, e.Thread, e.Step, at(e.Site), when))
	}
	return out
}

func lifetime(r *explore.Record) []string {
	out := []string{fmt.Sprintf("%s is used at step %d by %s%s", r.Buffer, r.At.Step, r.Thread,
		at(r.At.Site))}
	if r.Buffer == "" {
		out[0] = fmt.Sprintf("used at step %d by %s%s", r.At.Step, r.Thread, at(r.At.Site))
	}
	if r.FreedBy != "" {
		out = append(out, fmt.Sprintf("it was freed at step %d by %s%s", r.Other.Step, r.FreedBy,
			at(r.Other.Site)))
	}
	return out
}

func race(r *explore.Record) []string {
	return []string{
		r.Message,
		fmt.Sprintf("the first at step %d%s", r.Other.Step, at(r.Other.Site)),
		fmt.Sprintf("the second at step %d by %s%s", r.At.Step, r.Thread, at(r.At.Site)),
	}
}

func invariant(r *explore.Record) []string {
	out := []string{fmt.Sprintf("%s, at step %d%s", r.Message, r.Step, at(r.At.Site))}
	if r.Stack != "" {
		out = append(out, "the Go stack is in the output of replay --events")
	}
	return out
}

// at returns ", SITE" with the way it was reached, or "" for an unknown site.
func at(s sim.Site) string {
	switch {
	case s.IsZero():
		return ""
	case s.Via != "":
		return ", " + s.String() + " via " + s.Via
	}
	return ", " + s.String()
}

const holdsMax = 3 // lines for the holds of one thread

// states says what the threads were doing, in at most room lines below the heading and one
// for those left out. Threads that the failure is about come first.
func (p *page) states(r *explore.Record, room int) {
	p.heading("state at step %d", r.Step)
	var shown []explore.State
	width := 0
	for _, s := range r.States {
		if matters(r, &s) {
			shown = append(shown, s)
			width = max(width, min(len(s.Thread), 24))
		}
	}
	idle := len(r.States) - len(shown)
	slices.SortStableFunc(shown, func(a, b explore.State) int { return rank(r, &a) - rank(r, &b) })
	var busy int
	for i := range shown {
		block := stateLines(r, &shown[i], width)
		if room < len(block) {
			busy = len(shown) - i
			break
		}
		room -= len(block)
		for _, l := range block {
			p.line("%s", l)
		}
	}
	var rest []string
	if busy > 0 {
		rest = append(rest, fmt.Sprintf("%d more can run or wait", busy))
	}
	if idle > 0 {
		rest = append(rest, fmt.Sprintf("%d more have ended, or are idle and hold nothing", idle))
	}
	if len(rest) > 0 {
		p.line("  %s", strings.Join(rest, "; "))
	}
}

// stateLines are the lines of one thread, the names in a column of the given width.
func stateLines(r *explore.Record, s *explore.State, width int) []string {
	lines := []string{fmt.Sprintf("  %-*s  %s", width, clip(s.Thread, 24), doing(r, s))}
	for i, h := range s.Holds {
		if i == holdsMax-1 && len(s.Holds) > holdsMax {
			return append(lines, fmt.Sprintf("  %*s  and holds %d more", width, "", len(s.Holds)-i))
		}
		mode := ""
		if h.Mode != "" {
			mode = " (" + h.Mode + ")"
		}
		lines = append(lines, fmt.Sprintf("  %*s  holds %s%s since step %d%s", width, "",
			h.Object, mode, h.Step, at(h.Site)))
	}
	return lines
}

// rank orders threads: those the failure is about, those that hold something, the others.
func rank(r *explore.Record, s *explore.State) int {
	if s.Thread == r.Thread {
		return 0
	}
	for _, e := range r.Cycle {
		if e.Thread == s.Thread {
			return 0
		}
	}
	if len(s.Holds) > 0 {
		return 1
	}
	return 2
}

// matters reports whether a thread is worth a line: not if it has ended, serves others and
// has nothing to do, or only waits for threads to end.
func matters(r *explore.Record, s *explore.State) bool {
	idle := s.Done || s.Blocked && (s.Helper || s.Class == "")
	return s.Thread == r.Thread || len(s.Holds) > 0 || !idle
}

func doing(r *explore.Record, s *explore.State) string {
	op := s.Op
	if s.Object != "" {
		op += " " + s.Object
	}
	switch {
	case s.Done:
		return "has ended"
	case s.Blocked:
		return fmt.Sprintf("waits since step %d at %s%s", s.Since, op, at(s.Site))
	case s.Thread == r.Thread:
		return "runs, in " + op + at(r.At.Site)
	}
	return "can run, next " + op + at(s.Site)
}
