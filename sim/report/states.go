// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"dlsim/sim/explore"
)

const holdsMax = 4 // lines for the holds of one thread

// states says what the threads were doing, in at most room lines below the heading and one
// for those left out. Threads that the failure is about come first; when there is little
// room, what a thread holds is told in as few lines as it can be.
func (p *page) states(r *explore.Record, room int) {
	p.heading("state at step %d", r.Step)
	p.threads(r, involved(r), room)
}

// threads is states without the heading, with the threads in about first.
func (p *page) threads(r *explore.Record, about map[string]bool, room int) {
	var shown []explore.State
	width := 0
	for _, s := range r.States {
		if matters(r, &s) {
			shown = append(shown, s)
			width = max(width, min(len(s.Thread), nameMax))
		}
	}
	idle := len(r.States) - len(shown)
	slices.SortStableFunc(shown, func(a, b explore.State) int { return rank(about, &a) - rank(about, &b) })
	packed := p.statesHeight(r, about, width, false) > room
	busy := 0
	for i := range shown {
		block := p.stateLines(r, &shown[i], width, packed)
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
	switch {
	case idle == 1:
		rest = append(rest, "1 more has ended, or is idle and holds nothing")
	case idle > 1:
		rest = append(rest, fmt.Sprintf("%d more have ended, or are idle and hold nothing", idle))
	}
	if len(rest) > 0 {
		text := "  " + strings.Join(rest, "; ")
		if len(shown) == 0 {
			text = "  all threads have ended, or are idle and hold nothing"
		}
		p.line("%s", text)
	}
}

// statesHeight is the number of lines for the threads that the failure is about.
func (p *page) statesHeight(r *explore.Record, about map[string]bool, width int, packed bool) int {
	n := 0
	for i := range r.States {
		if s := &r.States[i]; about[s.Thread] && matters(r, s) {
			n += len(p.stateLines(r, s, width, packed))
		}
	}
	return n
}

// stateLines are the lines of one thread, the names in a column of the given width.
func (p *page) stateLines(r *explore.Record, s *explore.State, width int, packed bool) []string {
	lines := []string{p.fit(fmt.Sprintf("  %-*s  ", width, clip(s.Thread, nameMax))+doing(r, s), s.Site.Via)}
	pad := fmt.Sprintf("  %*s  ", width, "")
	holds := slices.Clone(s.Holds)
	slices.SortStableFunc(holds, func(a, b explore.Hold) int { // those that others want first
		return min(len(wantedBy(r, s, b)), 1) - min(len(wantedBy(r, s, a)), 1)
	})
	if packed && len(holds) > 1 {
		var words []string
		for _, h := range holds {
			text := held(h)
			if who := wantedBy(r, s, h); who != "" {
				text += ", which " + who + " wants"
			}
			words = append(words, text)
		}
		return append(lines, pad+"holds "+strings.Join(words, "; "))
	}
	for i, h := range holds {
		if i == p.holds-1 && len(holds) > p.holds {
			return append(lines, fmt.Sprintf("%sand holds %d more", pad, len(holds)-i))
		}
		text := pad + "holds " + held(h) + at(h.Site)
		if who := wantedBy(r, s, h); who != "" {
			text += "; " + who + " wants it"
		}
		lines = append(lines, p.fit(text, h.Site.Via))
	}
	return lines
}

func held(h explore.Hold) string {
	mode := ""
	if h.Mode != "" {
		mode = " (" + h.Mode + ")"
	}
	return fmt.Sprintf("%s%s since step %d", h.Object, mode, h.Step)
}

// wantedBy returns the thread that waits for what s holds, that of the cycle if there is one, ""
// if none does.
func wantedBy(r *explore.Record, s *explore.State, h explore.Hold) string {
	for _, e := range r.Cycle {
		if e.Holder == s.Thread && e.Hold != nil && e.Hold.Object == h.Object {
			return e.Thread
		}
	}
	for i := range r.States {
		if x := &r.States[i]; x.Blocked && x.Object == h.Object && x.Thread != s.Thread && h.Mode != "ref" {
			return x.Thread
		}
	}
	return ""
}

// fit drops the way by which a place was reached from a line that is too long, and then a
// word that can be spared.
func (p *page) fit(line, via string) string {
	if len(line) > p.columns && via != "" {
		line = strings.Replace(line, " via "+via, "", 1)
	}
	if len(line) > p.columns {
		line = strings.Replace(line, " since step ", " since ", 1)
	}
	return line
}

// wanted is the operation that a blocked thread waits to end.
func wanted(op string) string { return strings.TrimSuffix(op, " (waiting)") }

// rank orders threads: those the failure is about, those that hold something, the others.
func rank(about map[string]bool, s *explore.State) int {
	switch {
	case about[s.Thread]:
		return 0
	case len(s.Holds) > 0:
		return 1
	}
	return 2
}

// matters reports whether a thread is worth a line: not if it has ended, serves others and
// has nothing to do, or only waits for threads to end.
func matters(r *explore.Record, s *explore.State) bool {
	idle := s.Done || s.Blocked && (s.Helper || s.Class == "") || s.Op == "quiesce"
	return s.Thread == r.Thread && !atQuiescence(r) || waiting(r)[s.Thread] || len(s.Holds) > 0 || !idle
}

func doing(r *explore.Record, s *explore.State) string {
	op := wanted(s.Op)
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
