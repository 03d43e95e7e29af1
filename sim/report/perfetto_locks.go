// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"dlsim/sim/explore"
)

const (
	threadsPID = 1 // the process of the threads' tracks
	locksPID   = 2 // and that of locks and references
)

// holdSpans returns what threads hold, as spans that may overlap, and the number of references to each object that is
// counted. What is held at the end stays open until the last step.
func holdSpans(r *explore.Record, track func(string) int) []traceEvent {
	type key struct{ thread, object string }
	open := make(map[key]explore.HoldChange)
	count := make(map[string]int)
	var out []traceEvent
	span := func(h explore.HoldChange, phase string, at int) {
		name := h.Thread
		if h.Mode != "" {
			name += " (" + h.Mode + ")"
		}
		x := traceEvent{
			Name: name, Cat: h.Object, Phase: phase, TS: at, PID: locksPID, TID: track(h.Thread),
			ID: h.Object + " " + h.Thread,
		}
		if phase == "b" {
			x.Args = args(h.Site.String(), h.Site.Via)
		}
		out = append(out, x)
	}
	change := func(h explore.HoldChange, by, at int) {
		if h.Mode == "ref" {
			count[h.Object] += by
			out = append(out, traceEvent{
				Name: h.Object, Phase: "C", TS: at, PID: locksPID, Args: map[string]any{"references": count[h.Object]},
			})
		}
	}
	var keys []key // of open, in order
	for i := range r.Events {
		e := &r.Events[i]
		for _, h := range e.Holds {
			k := key{h.Thread, h.Object}
			was, has := open[k]
			switch {
			case h.Gone && has:
				span(was, "e", e.Step+1)
				change(was, -1, e.Step+1)
				delete(open, k)
			case !h.Gone && !has: // a second hold of a reader is in the span of the first
				open[k] = h
				keys = append(keys, k)
				span(h, "b", e.Step)
				change(h, +1, e.Step)
			}
		}
	}
	for _, k := range keys {
		if h, has := open[k]; has {
			span(h, "e", r.Step+1)
			delete(open, k)
		}
	}
	return out
}

// wakeArrows returns an arrow from the step by which a thread could go on to the one with which it did.
func wakeArrows(r *explore.Record, track func(string) int) []traceEvent {
	type wakeup struct{ by, step int }
	blocked := make(map[string]bool)
	pending := make(map[string]wakeup)
	var out []traceEvent
	for i := range r.Events {
		e := &r.Events[i]
		if w, ok := pending[e.Thread]; ok && !e.IsChoice {
			delete(pending, e.Thread)
			id := len(out)/2 + 1
			out = append(out,
				traceEvent{Name: "wakes", Cat: "wake", Phase: "s", TS: w.step, PID: threadsPID, TID: w.by, ID: id},
				traceEvent{Name: "wakes", Cat: "wake", Phase: "f", TS: e.Step, PID: threadsPID, TID: track(e.Thread), ID: id, Bind: "e"})
		}
		for _, t := range e.Turns {
			if blocked[t.Thread] && !t.Blocked && !t.Done && t.Thread != e.Thread {
				pending[t.Thread] = wakeup{track(e.Thread), e.Step}
			}
			blocked[t.Thread] = t.Blocked
		}
	}
	return out
}
