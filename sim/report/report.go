// SPDX-License-Identifier: CDDL-1.0

// Package report turns a recorded failure into text for people: what went wrong, how to
// see it again, the interleaving that leads to it, who was doing what in the end, and how
// likely it is. A report is a view: everything in it comes from one explore.Record, and the
// same record gives the same bytes.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"dlsim/sim"
	"dlsim/sim/explore"
)

const (
	linesMax   = 40  // of a whole report
	columnsMax = 100 // of each line
)

// Scenario is what a report says of the program.
type Scenario struct {
	Name    string
	Threads []Thread
}

// Thread is what a thread of the scenario does, one text for each operation.
type Thread struct {
	Name string
	Ops  []string
}

// Finding says where and how often a campaign met the failure.
type Finding struct {
	Plan      explore.Plan
	Seed      uint64 // of the campaign
	First     int64
	Count     int64
	Exact     bool
	Schedules int64
}

// Failure is all that goes into a report.
type Failure struct {
	Scenario Scenario
	Record   *explore.Record // with a Kind
	Trace    string          // name of the trace file, "" if there is none
	Found    *Finding        // nil if it is not known
	Origin   string          // how it was found, if Found is nil
	Patches  []string        // names of the files that the code under test was patched with
	// Notes are lines that go right below the verdict.
	Notes []string
	// Color uses the colours of a terminal.
	Color bool
}

const (
	tableWant = 14 // lines that the interleaving gets before the states get more than they need
	tableMin  = 10
	statesMin = 4 // lines that the states get at least
)

// Write writes the report.
func Write(w io.Writer, f Failure) error {
	r := f.Record
	head := newPage(f.Color)
	head.verdict(f)
	head.gap()
	head.scenario(f.Scenario, r)
	head.gap()
	if r.Kind == sim.KindLin && r.At.Step < r.Step {
		r = r.Until(r.At.Step) // the schedule goes on to its end, with what is not to blame
	}
	all := rows(r, false)
	tail := f.tail(linesMax - len(head.lines) - min(height(all)+2, tableMin) - 3)

	room := linesMax - len(head.lines) - len(tail.lines)
	states := newPage(f.Color)
	if height(all)+2 > room-states.statesRoom(r, height(all)+2, room-3)-3 {
		all = rows(r, true)
	}
	states.gap()
	states.states(r, states.statesRoom(r, height(all)+2, room-3))
	head.interleaving(r, f.Scenario.Threads, all, room-len(states.lines))
	lines := slices.Concat(head.lines, states.lines, tail.lines)
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

// tail is what comes after the states, which with the states of the threads that the failure is
// about fits in room lines if it can: the last of the evidence gives way to them.
func (f Failure) tail(room int) *page {
	r := f.Record
	for evidence := evidenceAll; ; evidence-- {
		p := newPage(f.Color)
		for _, b := range blocks(r) {
			p.block(b.Title, b.Lines, evidence)
		}
		p.gap()
		p.statistics(f)
		if evidence <= evidenceMin || len(p.lines)+p.statesHeight(r, involved(r), 0, true) <= room {
			return p
		}
	}
}

// statesRoom shares room between the table, which wants the given number of lines, and the
// states: those of the threads that the failure is about first, then the table, then the rest.
func (p *page) statesRoom(r *explore.Record, want, room int) int {
	about := involved(r)
	need := p.statesHeight(r, about, 0, false)
	if need > room-tableMin {
		need = p.statesHeight(r, about, 0, true)
	}
	need = min(max(need, statesMin), room-min(want, tableMin))
	return max(need, room-min(want, tableWant))
}

// page collects lines, each at most so many columns wide.
type page struct {
	lines   []string
	color   bool
	columns int
	holds   int // lines for the holds of one thread
}

func newPage(color bool) *page { return &page{color: color, columns: columnsMax, holds: holdsMax} }

func (p *page) line(format string, args ...any) {
	p.plain(fmt.Sprintf(format, args...))
}

func (p *page) plain(s string) {
	p.lines = append(p.lines, strings.TrimRight(clip(s, p.columns), " "))
}

func (p *page) gap() { p.lines = append(p.lines, "") }

// heading adds a line in bold.
func (p *page) heading(format string, args ...any) {
	p.paint("\x1b[1m", clip(fmt.Sprintf(format, args...), p.columns))
}

func (p *page) paint(code, s string) {
	s = strings.TrimRight(s, " ")
	if p.color {
		s = code + s + "\x1b[0m"
	}
	p.lines = append(p.lines, s)
}

// wrapped adds s over at most lines lines, broken at spaces, the later ones indented.
func (p *page) wrapped(first, indent, s string, lines int, paint string) {
	for ; lines > 0 && s != ""; lines-- {
		room := p.columns - len(first)
		cut := len(s)
		if cut > room && lines > 1 {
			cut = room
			if at := strings.LastIndexByte(s[:room], ' '); at > 0 {
				cut = at
			}
		}
		text := clip(first+s[:cut], p.columns)
		if paint != "" {
			p.paint(paint, text)
		} else {
			p.plain(text)
		}
		s = strings.TrimPrefix(s[cut:], " ")
		first = indent
	}
}

func (p *page) verdict(f Failure) {
	name := ""
	if f.Scenario.Name != "" {
		name = " in " + f.Scenario.Name
	}
	p.wrapped("", "  ", strings.ToUpper(string(f.Record.Kind))+name+": "+headline(f.Record), 2,
		"\x1b[1;31m")
	for _, n := range f.Notes {
		p.wrapped("note: ", "  ", n, 2, "")
	}
	if f.Trace != "" {
		line := "replay: dlsim replay "
		for _, file := range f.Patches {
			line += "--patch " + shellQuote(file) + " "
		}
		p.lines = append(p.lines, line+shellQuote(f.Trace))
	}
}

const scenarioThreadsMax = 4

func (p *page) scenario(s Scenario, r *explore.Record) {
	p.heading("scenario")
	width := 0
	for _, t := range s.Threads {
		width = max(width, min(len(t.Name), 24))
	}
	for i, t := range s.Threads {
		if i == scenarioThreadsMax-1 && len(s.Threads) > scenarioThreadsMax {
			p.line("  and %d threads more", len(s.Threads)-i)
			return
		}
		p.line("  %-*s  %s", width, clip(t.Name, 24), strings.Join(answered(t, r), "; "))
	}
}

// answered returns the thread's operations, with the answers of those that have ended.
func answered(t Thread, r *explore.Record) []string {
	out := slices.Clone(t.Ops)
	next := 0
	for i := range r.Events {
		if r.Events[i].Thread != t.Name {
			continue
		}
		for _, n := range r.Events[i].Results {
			for j := next; j < len(out); j++ {
				if strings.HasPrefix(n, t.Ops[j]+" = ") {
					out[j], next = n, j+1
					break
				}
			}
		}
	}
	return out
}

func (p *page) statistics(f Failure) {
	if x := f.Found; x != nil {
		low, high := explore.Interval(x.Count, x.Schedules)
		about := ""
		if !x.Exact {
			about = "about "
		}
		times := "times"
		if x.Count == 1 {
			times = "time"
		}
		p.line("found      first in schedule %d of %d, %s%d %s: "+
			"%.2g per schedule (95%%: %.2g to %.2g)", x.First, x.Schedules, about, x.Count,
			times, float64(x.Count)/float64(x.Schedules), low, high)
		p.line("by         %v, seed %d", x.Plan, x.Seed)
	} else if f.Origin != "" {
		p.line("found      %s", f.Origin)
	}
	p.wrapped("signature  ", "           ", f.Record.Signature, 2, "")
	if f.Trace != "" {
		p.lines = append(p.lines, "trace      "+f.Trace)
	}
}

// clip shortens s to n columns.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:max(n-2, 0)] + ".."
}

// shellQuote returns s as one word of a shell.
func shellQuote(s string) string {
	for _, c := range s {
		if !strings.ContainsRune("/._-+,:=@%", c) && (c < '0' || c > '9') &&
			(c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	return s
}
