// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"encoding/json"
	"io"
	"strings"

	"dlsim/sim/explore"
)

// traceEvent is an event of the JSON trace format that the Perfetto UI and Chrome read.
type traceEvent struct {
	Name  string         `json:"name"`
	Cat   string         `json:"cat,omitempty"`
	Phase string         `json:"ph"`
	TS    int            `json:"ts"` // microseconds; a step takes one
	Dur   int            `json:"dur,omitempty"`
	PID   int            `json:"pid"`
	TID   int            `json:"tid"`
	Scope string         `json:"s,omitempty"`
	ID    any            `json:"id,omitempty"` // of a span or an arrow
	Bind  string         `json:"bp,omitempty"` // of an arrow's end: "e" for the slice around it
	Args  map[string]any `json:"args,omitempty"`
}

// Perfetto writes the schedule as a timeline: a track for each thread in the order of their
// creation, with the operations of the scenario as slices, the steps in them, what each blocked
// thread waits for at the end, arrows from who wakes to who was woken, and the failure as a mark; and
// beside these what is held by whom, and how many references there are. A step is a microsecond.
func Perfetto(w io.Writer, f Failure) error {
	r := f.Record
	name := f.Scenario.Name
	if r.Kind != "" {
		name += ": " + r.Signature
	}
	events := []traceEvent{{Name: "process_name", Phase: "M", PID: threadsPID, Args: map[string]any{"name": name}}}
	tracks := make(map[string]int)
	track := func(thread string) int {
		if tracks[thread] == 0 {
			id := len(tracks) + 1
			tracks[thread] = id
			events = append(events,
				traceEvent{Name: "thread_name", Phase: "M", PID: threadsPID, TID: id, Args: map[string]any{"name": thread}},
				traceEvent{Name: "thread_sort_index", Phase: "M", PID: threadsPID, TID: id, Args: map[string]any{"sort_index": id}})
		}
		return tracks[thread]
	}
	for i := range r.States {
		track(r.States[i].Thread)
	}
	begun := make(map[string]int) // first step of each thread's current operation
	last := make(map[string]int)  // each thread's last step
	for i := range r.Events {
		e := &r.Events[i]
		tid := track(e.Thread)
		last[e.Thread] = e.Step
		if begun[e.Thread] == 0 {
			begun[e.Thread] = e.Step
		}
		for _, done := range e.Results {
			events = append(events, traceEvent{
				Name: done, Cat: "operation", Phase: "X", TS: begun[e.Thread],
				Dur: e.Step - begun[e.Thread] + 1, PID: threadsPID, TID: tid,
			})
			begun[e.Thread] = e.Step + 1
		}
		events = append(events, step(e, tid))
	}
	for i := range r.States {
		if s := &r.States[i]; s.Blocked && !s.Done && r.Step > last[s.Thread] {
			events = append(events, traceEvent{
				Name: "waits: " + strings.TrimSpace(wanted(s.Op)+" "+s.Object), Cat: "wait", Phase: "X",
				TS: last[s.Thread] + 1, Dur: r.Step - last[s.Thread], PID: threadsPID, TID: track(s.Thread),
				Args: args(s.Site.String(), s.Site.Via),
			})
		}
	}
	if r.Kind != "" {
		events = append(events, traceEvent{
			Name: strings.ToUpper(string(r.Kind)) + ": " + headline(r), Cat: "failure", Phase: "i",
			TS: r.Step + 1, PID: threadsPID, TID: track(r.Thread), Scope: "g",
		})
	}
	events = append(events, wakeArrows(r, track)...)
	if locks := holdSpans(r, track); len(locks) > 0 {
		events = append(events, traceEvent{Name: "process_name", Phase: "M", PID: locksPID, Args: map[string]any{"name": "locks and references"}})
		events = append(events, locks...)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(map[string]any{"traceEvents": events, "displayTimeUnit": "ns"})
}

// step is the event of one step, or of a choice.
func step(e *explore.Event, tid int) traceEvent {
	x := traceEvent{
		Name: what(e), Cat: "step", Phase: "X", TS: e.Step, Dur: 1, PID: threadsPID, TID: tid,
		Args: args(e.Site.String(), e.Site.Via),
	}
	if e.IsChoice {
		x.Cat, x.Phase, x.Dur, x.Scope = "choice", "i", 0, "t"
	}
	if e.Picked {
		x.Args["chosen from"] = e.Enabled
	}
	if e.Preempt {
		x.Args["preempts"] = true
	}
	if len(e.Notes) > 0 {
		x.Args["notes"] = e.Notes
	}
	return x
}

func args(site, via string) map[string]any {
	a := make(map[string]any)
	if site != "" {
		a["site"] = site
	}
	if via != "" {
		a["via"] = via
	}
	return a
}
