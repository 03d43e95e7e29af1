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
	weight      weight
	// loop says that the rows before this one repeat those from here on, "" if they do not;
	// they are left out, and first is that of the first of them.
	loop string
}

// rows makes the rows of the events. What comes before the first choice is left out, and before the
// threads of the program, unless a check tells of it. With
// fold, a step that matters has a row of its own and the others share one for as long as
// their thread goes on; repetitions are folded in any case.
func rows(r *explore.Record, fold bool) []row {
	k, told := newKeySteps(r), stepsTold(r)
	var out []row
	for i := begin(r, told); i < len(r.Events); i++ {
		e := &r.Events[i]
		x := rowOf(e)
		x.weight = k.weigh(i, e)
		if n := len(out); fold && n > 0 && x.weight == plain && out[n-1].weight == plain &&
			out[n-1].thread == x.thread && x.mark == ' ' {
			x.first, x.mark = out[n-1].first, out[n-1].mark
			out[n-1] = x
		} else {
			out = append(out, x)
		}
	}
	out = end(r, blocked(r, out))
	return foldLoops(out)
}

// begin returns the index of the first event that is worth a row.
func begin(r *explore.Record, told map[int]bool) int {
	acts := make(map[string]bool) // threads of the program
	acts[r.Thread] = !atQuiescence(r)
	for i := range r.Events {
		if len(r.Events[i].Results) > 0 {
			acts[r.Events[i].Thread] = true
		}
	}
	for i := range r.Events {
		if e := &r.Events[i]; e.Picked || told[e.Step] || acts[e.Thread] {
			return i
		}
	}
	return len(r.Events)
}

// rowOf returns the row of one event.
func rowOf(e *explore.Event) row {
	x := row{
		first: e.Step, last: e.Step, mark: ' ', thread: e.Thread, op: e.Op,
		object: e.Object, site: e.Site, note: strings.Join(e.Notes, "; "),
	}
	if e.Preempt {
		x.mark = '*'
	}
	if e.IsChoice {
		x.object = fmt.Sprintf("%s = %d of %d", e.Object, e.Value, e.Enabled)
	}
	return x
}

// end marks the row in which the schedule fails, or adds one if it fails in local code
// after the thread's last operation.
func end(r *explore.Record, in []row) []row {
	n := len(in)
	if n == 0 || in[n-1].thread != r.Thread {
		return in
	}
	last := &in[n-1]
	if !atQuiescence(r) && r.At.Site != last.site && !r.At.Site.IsZero() && last.mark != '!' {
		return append(in, row{
			first: r.Step, last: r.Step, mark: '!', thread: r.Thread, op: "fails",
			site: r.At.Site, weight: must,
		})
	}
	last.mark, last.weight = '!', must
	return in
}

// blocked adds a row for each thread that the failure is about and that is blocked, where
// it came to wait.
func blocked(r *explore.Record, in []row) []row {
	names := waiting(r)
	for _, s := range r.States {
		if !names[s.Thread] || !s.Blocked {
			continue
		}
		x := row{
			first: s.Since, last: s.Since, mark: '!', thread: s.Thread, op: wanted(s.Op),
			object: s.Object, site: s.Site, weight: must,
		}
		at := len(in)
		for at > 0 && (in[at-1].thread != s.Thread || in[at-1].mark == '!') {
			at--
		}
		if at > 0 && in[at-1].mark == ' ' && in[at-1].op == x.op && in[at-1].object == x.object {
			in[at-1].mark, in[at-1].weight = '!', must
			continue
		}
		in = slices.Insert(in, at, x)
	}
	return in
}

// height is the number of lines the row takes.
func (x row) height() int {
	n := 1
	if x.note != "" {
		n++
	}
	if x.loop != "" {
		n++
	}
	return n
}

// choose picks at most room rows to show, gaps counted: those that must be seen, then those
// that somebody explained, the last steps on what the failure is about, the turns from one
// thread to another near the end, and then whatever matters and is nearest to the end.
func choose(all []row, room int) []bool {
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
	latestOf := func(n int, want func(int) bool) {
		for i := len(all) - 1; i >= 0 && n > 0; i-- {
			if want(i) {
				n--
				try(i)
			}
		}
	}
	of := func(w weight) func(int) bool { return func(i int) bool { return all[i].weight == w } }
	turn := func(i int) bool {
		return all[i].mark == '*' || i+1 < len(all) && all[i+1].mark == '*'
	}
	latestOf(2*room, of(must))
	latestOf(max(room/3, 1), of(noted))
	latestOf(2*room, of(latest))
	latestOf(max(room/2, 1), turn)
	latestOf(max(room/3, 1), func(int) bool { return true })
	latestOf(2*room, of(noted))
	latestOf(2*room, of(about))
	latestOf(2*room, func(int) bool { return true })
	return keep
}

// height is the number of lines that rows take.
func height(rows []row) int {
	n := 0
	for _, x := range rows {
		n += x.height()
	}
	return n
}

// shown returns the number of lines that the kept rows, their notes and the gaps between
// them take.
func shown(all []row, keep []bool) int {
	n := 0
	for _, s := range stretches(all, keep) {
		n++
		if s.kept {
			n += s.row.height() - 1
		}
	}
	return n
}

// stretch is a kept row, or rows that are left out.
type stretch struct {
	kept bool
	row  row // kept, or with the first and last step that are left out
}

// stretches joins the rows that are left out: with the next kept row, if they are steps of
// the same thread, else in a gap of their own.
func stretches(all []row, keep []bool) []stretch {
	var out []stretch
	start := 0 // of the rows since the last kept one
	for i, x := range all {
		if !keep[i] {
			continue
		}
		own := i // the first row from which on the steps are of x's thread
		for own > start && all[own-1].thread == x.thread && all[own-1].note == "" && all[own-1].mark != '!' && x.loop == "" {
			own--
		}
		if own > start {
			out = append(out, stretch{row: row{first: all[start].first, last: all[own-1].last}})
		}
		if own < i && x.mark != '!' {
			x.first, x.mark = all[own].first, all[own].mark
		}
		out = append(out, stretch{true, x})
		start = i + 1
	}
	if start < len(all) {
		out = append(out, stretch{row: row{first: all[start].first, last: all[len(all)-1].last}})
	}
	return out
}

// interleaving adds the table of the rows, in at most room lines, at least 3.
func (p *page) interleaving(r *explore.Record, scenario []Thread, all []row, room int) {
	picks := 0
	for i := range r.Events {
		if r.Events[i].Picked {
			picks++
		}
	}
	p.heading("interleaving: %d steps, %d choices (* preempts, ! waits here or fails)", r.Step, picks)
	parts := stretches(all, choose(all, max(room-2, 1)))
	var kept []row
	for _, s := range parts {
		if s.kept {
			kept = append(kept, s.row)
		}
	}
	t := newTable(r, kept, scenario, columnsMax)
	p.line("%s", t.head())
	for _, s := range parts {
		x := s.row
		switch {
		case !s.kept && x.first == x.last:
			p.line("%10s  step %d left out", "..", x.first)
			continue
		case !s.kept:
			p.line("%10s  steps %d to %d left out", "..", x.first, x.last)
			continue
		}
		if x.loop != "" {
			p.line("%10s  %s", "..", x.loop)
		}
		p.line("%s", t.row(x))
		if x.note != "" {
			p.line("%12s-> %s: %s", "", x.thread, x.note)
		}
	}
}
