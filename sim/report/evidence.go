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
		why := ", nothing can run, and no timer is pending"
		if w := lostWakeup(r); w != "" {
			why = ": " + w
		}
		return list(names) + verb + why
	}
	if r.Thread == "" || atQuiescence(r) {
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

const (
	evidenceMax = 6  // lines below a heading
	evidenceAll = 16 // of all that a report has to show
	evidenceMin = 7  // and that it has to show in any case
)

// blocks is the part of the report that depends on the kind, then what the check has worded
// itself, then what the failure depends on.
func blocks(r *explore.Record) []sim.Evidence {
	var title string
	var lines []string
	switch r.Kind {
	case sim.KindDeadlock:
		title, lines = "cycle", cycle(r)
	case sim.KindHang:
		if len(r.Evidence) == 0 {
			title, lines = "who could have woken them", wakers(r)
		}
	case sim.KindLifetime:
		title, lines = "the buffer", lifetime(r)
	case sim.KindRace:
		title, lines = "the accesses", race(r)
	case sim.KindLivelock:
		title, lines = "what they repeat", loops(r)
	case sim.KindStale:
		title, lines = "what disagrees", []string{r.Message}
	default:
		if len(r.Evidence) == 0 {
			title, lines = "what was not true", invariant(r)
		}
	}
	if len(lines) == 0 {
		return slices.Concat(r.Evidence, r.Depends)
	}
	return slices.Concat([]sim.Evidence{{Title: title, Lines: lines}}, r.Evidence, r.Depends)
}

// block adds a heading with lines below it, at most evidenceMax, and less if the blocks
// before it have left less of all.
func (p *page) block(title string, lines []string, all int) {
	room := min(evidenceMax, all-len(p.lines)-2)
	if len(lines) == 0 || room < min(2, len(lines)) {
		return
	}
	p.gap()
	p.heading("%s", title)
	start := len(p.lines)
	for i, l := range lines {
		left := room - (len(p.lines) - start)
		if left <= 1 && i < len(lines)-1 {
			p.line("  and %d more", len(lines)-i)
			return
		}
		p.wrapped("  ", "    ", l, min(left, 2), "")
	}
}

// cycle says in a line for each thread who waits for whom, and for what. Where, and since when,
// is in the states, but for the function of a neighbour that they may have no room for.
func cycle(r *explore.Record) []string {
	var out []string
	for _, e := range r.Cycle {
		what, whom := fmt.Sprintf("%s waits for %s", e.Thread, e.Object), ", which "+e.Holder+" has"
		if e.Object == "" {
			what = fmt.Sprintf("%s waits in %s", e.Thread, e.Op)
		}
		if e.Site.Via != "" {
			what += " in " + e.Site.Via
		}
		if e.Hold == nil {
			whom = " until " + e.Holder + " has acted"
			if e.Holder == e.Thread {
				whom = " until it has acted itself"
			}
			if h := reference(r, e.Holder); h != nil {
				whom += fmt.Sprintf(", which has %s since step %d", h.Object, h.Step)
			}
		}
		out = append(out, what+whom)
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
