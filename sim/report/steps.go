// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"dlsim/sim/explore"
)

// Steps is a schedule laid out as the interleaving of a report is, but with a row for each
// event, for views that show what the state was at any of them. Rows are numbered as
// Record.Events are, from 0.
type Steps struct {
	record  *explore.Record
	table   *table
	about   map[string]bool // threads that the failure is about
	columns int
}

// NewSteps lays out the schedule of f in lines of the given width, at least 60.
func NewSteps(f Failure, columns int) *Steps {
	s := &Steps{record: f.Record, about: involved(f.Record), columns: columns}
	rows := make([]row, len(f.Record.Events))
	for i := range rows {
		rows[i] = s.rowAt(i)
	}
	s.table = newTable(f.Record, rows, f.Scenario.Threads, columns)
	return s
}

func (s *Steps) rowAt(i int) row {
	x := rowOf(&s.record.Events[i])
	if s.fails(i) && x.thread == s.record.Thread {
		x.mark = '!'
	}
	return x
}

// fails reports whether the schedule fails after event i, before the next.
func (s *Steps) fails(i int) bool { return s.record.Kind != "" && i == len(s.record.Events)-1 }

// Head returns the line above the rows.
func (s *Steps) Head() string { return s.table.head() }

// Row returns the line of event i.
func (s *Steps) Row(i int) string { return s.table.row(s.rowAt(i)) }

// Event returns what is to be said of event i: what was done and where, how it came to that,
// what the program says of it, what it ended, and the failure.
func (s *Steps) Event(i int) []string {
	e := &s.record.Events[i]
	p := &page{columns: s.columns}
	p.plain(p.fit(fmt.Sprintf("%s: %s%s", e.Thread, what(e), at(e.Site)), e.Site.Via))
	var how []string
	if e.Picked && !e.IsChoice {
		how = append(how, fmt.Sprintf("chosen among %d threads that could run", e.Enabled))
	}
	if e.Preempt {
		how = append(how, "instead of "+s.before(i)+", which could go on")
	}
	if len(e.Woke) > 0 {
		how = append(how, "wakes "+list(e.Woke))
	}
	if len(how) > 0 {
		p.plain("  " + strings.Join(how, "; "))
	}
	for _, n := range slices.Concat(e.Notes, e.Results) {
		p.plain("  -> " + n)
	}
	if s.fails(i) {
		p.wrapped("", "  ", strings.ToUpper(string(s.record.Kind))+": "+headline(s.record), 2, "")
	}
	return p.lines
}

// before returns the thread that made the last step before event i.
func (s *Steps) before(i int) string {
	for i--; i >= 0; i-- {
		if e := &s.record.Events[i]; !e.IsChoice {
			return e.Thread
		}
	}
	return "none"
}

// State says in at most room lines, and one for the threads that are left out, what each thread
// did and held after event i, before the next.
func (s *Steps) State(i, room int) []string {
	r := s.record
	if !s.fails(i) {
		x := *r
		x.States, x.Step = r.StatesAt(i), r.Events[i].Step
		x.Cycle, x.Thread = nil, ""
		r = &x
	}
	p := &page{columns: s.columns, holds: math.MaxInt}
	p.threads(r, s.about, room)
	return p.lines
}
