// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"dlsim/sim"
	"dlsim/sim/explore"
)

// row is one line of the interleaving: a step, or several in a row of one thread, of which
// it shows the last.
type row struct {
	first, last int
	mark        byte // '*' preempts, '!' blocks or fails here, ' '
	thread      string
	op, object  string
	site        sim.Site
	note        string // what the program says of the step, "" if nothing
	key         bool   // shows something the failure is about
	must        bool   // shows where a lock involved was taken, a thread blocked, or the end
}

// rows folds the events: a step that matters has a row of its own, the others share one
// for as long as their thread goes on. What comes before the first choice is left out.
func rows(r *explore.Record) []row {
	k := newKeySteps(r)
	var out []row
	begun := false
	for i := range r.Events {
		e := &r.Events[i]
		if begun = begun || e.Picked; !begun {
			continue
		}
		x := row{
			first: e.Step, last: e.Step, mark: ' ', thread: e.Thread, op: e.Op,
			object: e.Object, site: e.Site, key: k.has(e), must: k.steps[e.Step],
		}
		if e.Preempt {
			x.mark = '*'
		}
		if e.IsChoice {
			x.object = fmt.Sprintf("%s = %d of %d", e.Object, e.Value, e.Enabled)
		}
		x.note = strings.Join(e.Notes, "; ")
		if n := len(out); n > 0 && !x.key && !out[n-1].key && out[n-1].thread == x.thread &&
			x.mark == ' ' {
			x.first, x.mark = out[n-1].first, out[n-1].mark
			out[n-1] = x
		} else {
			out = append(out, x)
		}
	}
	out = blocked(r, out)
	if n := len(out); n > 0 && out[n-1].thread == r.Thread {
		last := &out[n-1]
		if r.Kind != sim.KindStale && r.At.Site != last.site && !r.At.Site.IsZero() && last.mark != '!' {
			// It failed in local code after its last operation.
			return append(out, row{
				first: r.Step, last: r.Step, mark: '!', thread: r.Thread,
				op: "fails", site: r.At.Site, key: true, must: true,
			})
		}
		last.mark, last.must = '!', true
	}
	return out
}

// blocked adds a row for each thread that the failure is about and that is blocked, where
// it came to wait.
func blocked(r *explore.Record, in []row) []row {
	names := make(map[string]bool)
	for _, e := range r.Cycle {
		names[e.Thread] = true
	}
	if r.Kind == sim.KindHang {
		for _, s := range r.Stuck() {
			names[s.Thread] = true
		}
	}
	for _, s := range r.States {
		if !names[s.Thread] || !s.Blocked {
			continue
		}
		x := row{
			first: s.Since, last: s.Since, mark: '!', thread: s.Thread, op: s.Op,
			object: s.Object, site: s.Site, key: true, must: true,
		}
		at := len(in)
		for at > 0 && (in[at-1].thread != s.Thread || in[at-1].mark == '!') {
			at--
		}
		in = slices.Insert(in, at, x)
	}
	return in
}

// keySteps knows which events a failure is about.
type keySteps struct {
	steps   map[int]bool
	objects map[string]bool
}

func newKeySteps(r *explore.Record) keySteps {
	k := keySteps{make(map[int]bool), make(map[string]bool)}
	k.steps[r.Other.Step] = true
	k.steps[r.At.Step] = true
	involved := map[string]bool{r.Thread: true}
	for _, e := range r.Cycle {
		k.objects[e.Object] = true
		involved[e.Thread] = true
		if e.Hold != nil {
			k.steps[e.Hold.Step] = true
		}
	}
	if r.Kind == sim.KindHang {
		for _, s := range r.Stuck() {
			k.objects[s.Object] = true
			involved[s.Thread] = true
		}
	}
	for _, s := range r.States {
		for _, h := range s.Holds {
			if involved[s.Thread] {
				k.steps[h.Step] = true
			}
		}
	}
	delete(k.objects, "")
	return k
}

func (k keySteps) has(e *explore.Event) bool {
	return e.IsChoice || k.steps[e.Step] || k.objects[e.Object] || len(e.Notes) > 0
}

// height is the number of lines the row takes.
func (x row) height() int {
	if x.note != "" {
		return 2
	}
	return 1
}

// choose picks at most room rows to show, gaps counted: those that must be seen, then the
// last ones, then those that matter, then whatever is nearest to the end.
func choose(all []row, room int) []row {
	keep := make([]bool, len(all))
	try := func(i int) {
		if keep[i] {
			return
		}
		keep[i] = true
		if shown(all, keep) > room {
			keep[i] = false
		}
	}
	latest := func(n int, want func(row) bool) {
		for i := len(all) - 1; i >= 0 && n > 0; i-- {
			if want(all[i]) {
				n--
				try(i)
			}
		}
	}
	latest(2*room, func(x row) bool { return x.must })
	latest(2*room, func(x row) bool { return x.note != "" })
	latest(max(room/2, 1), func(row) bool { return true })
	latest(2*room, func(x row) bool { return x.key })
	latest(2*room, func(row) bool { return true })
	var out []row
	for i := range all {
		if keep[i] {
			out = append(out, all[i])
		}
	}
	return out
}

// shown returns the number of lines that the kept rows, their notes and the gaps between
// them take.
func shown(all []row, keep []bool) int {
	n, gap := 0, false
	for i, k := range keep {
		switch {
		case k:
			n += all[i].height()
			gap = false
		case !gap:
			n++
			gap = true
		}
	}
	return n
}

// interleaving adds the table of the rows, in at most room lines, at least 3.
func (p *page) interleaving(r *explore.Record, all []row, room int) {
	picks := 0
	for i := range r.Events {
		if r.Events[i].Picked {
			picks++
		}
	}
	p.heading("interleaving: %d steps, %d choices (* preempts, ! waits here or fails)", r.Step, picks)
	kept := choose(all, max(room-2, 1))
	header, format := layout(kept, r.States)
	p.line("%s", header)
	next := 0
	for _, x := range kept {
		at := slices.Index(all[next:], x) + next
		p.fold(all[next:at])
		p.line("%s", format(x))
		if x.note != "" {
			p.line("%12s-> %s: %s", "", x.thread, x.note)
		}
		next = at + 1
	}
	p.fold(all[next:])
}

// fold adds one line for rows that are left out.
func (p *page) fold(left []row) {
	if len(left) > 0 {
		p.line("%10s  steps %d to %d left out", "..", left[0].first, left[len(left)-1].last)
	}
}

const (
	cellMax   = 22 // columns of a thread's operations
	objectMax = 30
)

// layout returns the head of the table and what formats its rows: a column for each
// thread if they fit, in the order of their creation, else one column that names the thread.
func layout(rows []row, order []explore.State) (header string, format func(row) string) {
	var names []string
	width := make(map[string]int)
	object, site := len("object"), len("site")
	for _, x := range rows {
		if !slices.Contains(names, x.thread) {
			names = append(names, x.thread)
			width[x.thread] = min(len(x.thread), cellMax)
		}
		width[x.thread] = max(width[x.thread], min(len(x.op), cellMax))
		object = max(object, min(len(x.object), objectMax))
		site = max(site, len(x.site.String()))
	}
	created := func(name string) int {
		return slices.IndexFunc(order, func(s explore.State) bool { return s.Thread == name })
	}
	slices.SortStableFunc(names, func(a, b string) int { return created(a) - created(b) })
	total, single, op := 11+2+object+2+site, 0, 0
	for _, n := range names {
		total += 2 + width[n]
		single = max(single, len(n))
		op = max(op, width[n])
	}
	lanes := total <= columnsMax
	if !lanes {
		single = min(single, cellMax)
		// A place is worth more than the whole name of an object.
		object = min(object, max(12, columnsMax-(11+2+single+2+op+2+2+site)))
	}
	cells := func(thread, text string) string {
		if !lanes {
			return fmt.Sprintf("  %-*s  %-*s", single, clip(thread, single), op, clip(text, cellMax))
		}
		var b strings.Builder
		for _, n := range names {
			cell := ""
			if n == thread {
				cell = clip(text, cellMax)
			}
			fmt.Fprintf(&b, "  %-*s", width[n], cell)
		}
		return b.String()
	}
	end := func(head, obj, site string) string {
		return fmt.Sprintf("%s  %-*s  %s", head, object, clip(obj, object), site)
	}
	head := fmt.Sprintf("%10s ", "step")
	if lanes {
		for _, n := range names {
			head += fmt.Sprintf("  %-*s", width[n], clip(n, cellMax))
		}
	} else {
		head += fmt.Sprintf("  %-*s  %-*s", single, "thread", op, "operation")
	}
	return end(head, "object", "site"), func(x row) string {
		steps := fmt.Sprint(x.last)
		if x.first != x.last {
			steps = fmt.Sprintf("%d-%d", x.first, x.last)
		}
		return end(fmt.Sprintf("%10s%c", steps, x.mark)+cells(x.thread, x.op), x.object,
			x.site.String())
	}
}
