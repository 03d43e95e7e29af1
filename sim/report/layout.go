// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"dlsim/sim/explore"
)

// table lays the interleaving out: the step, a column for each thread, the place. A row uses
// one column only, so its text may run over those to the right, and columns can be narrow.
// Threads that only serve, such as those of the daemon, share the last column unless the
// failure is about them; it names them. If there are too many columns even so, all share one.
type table struct {
	columns []column
	start   map[string]int // of the threads that have a column of their own
	shared  int            // start of the shared column
	name    int            // width of thread names in it, 0 if they are not aligned
	space   int            // columns of the screen for all columns
	site    int            // and for the place
}

type column struct {
	head  string
	start int
}

const (
	stepWidth = 12 // the step, its mark and a space
	laneMin   = 8  // columns that are narrower cannot be told apart
	textMin   = 34 // what the text in the last column needs
	textWant  = 52 // and what it should have before others get more than they need
	siteMax   = 34
	nameMax   = 24
)

// newTable lays out the rows; scenario has the threads of the scenario.
// A line is at most columns wide; if that is less than in a report, there is no place.
func newTable(r *explore.Record, rows []row, scenario []Thread, columns int) *table {
	t := &table{start: make(map[string]int), site: len("site")}
	own := columnsOf(r, scenario)
	created, texts := make(map[string]int), make(map[string]int)
	for i := range r.States {
		created[r.States[i].Thread] = i
	}
	var lanes []string
	shared, text, name := false, 0, len("thread")
	for _, x := range rows {
		t.site = max(t.site, min(len(x.site.String()), siteMax))
		name = max(name, min(len(x.thread), nameMax))
		texts[x.thread] = max(texts[x.thread], len(x.text()))
		text = max(text, len(x.text()))
		switch {
		case !own[x.thread]:
			shared = true
			text = max(text, len(x.thread+" "+x.text()))
		case !slices.Contains(lanes, x.thread):
			lanes = append(lanes, x.thread)
		}
	}
	slices.SortStableFunc(lanes, func(a, b string) int { return created[a] - created[b] })
	if t.space = columns - stepWidth - t.site - 2; columns < columnsMax {
		t.site, t.space = 0, columns-stepWidth
	}
	if !t.place(lanes, shared, texts, text) {
		t.start, t.shared, t.name = nil, 0, name
		t.columns = []column{{"thread", 0}, {"operation", name + 2}}
	}
	return t
}

// columnsOf returns the threads that have a column of their own: those that the failure is
// about and those of the scenario, or, if none of these is in the record, all that do not
// serve others.
func columnsOf(r *explore.Record, scenario []Thread) map[string]bool {
	own, serves := make(map[string]bool), make(map[string]bool)
	for i := range r.States {
		s := &r.States[i]
		serves[s.Thread] = s.Helper || s.Op == "quiesce" || s.Op == "thread_join"
		for _, t := range scenario {
			own[s.Thread] = own[s.Thread] || s.Thread == t.Name
		}
	}
	known := false
	for _, is := range own {
		known = known || is
	}
	for thread, is := range serves {
		own[thread] = own[thread] || !known && !is
	}
	for thread := range involved(r) {
		own[thread] = true
	}
	return own
}

// place gives each lane its start, and reports whether there is room. Lanes are as wide as
// their names and texts if they can be; text is the widest of the last column.
func (t *table) place(lanes []string, shared bool, texts map[string]int, text int) bool {
	names := slices.Clone(lanes)
	if shared {
		names = append(names, "others")
	}
	if len(names) == 0 {
		return true
	}
	widths, total := make([]int, len(names)-1), 0
	for i := range widths {
		widths[i] = max(len(names[i]), laneMin) + 2
		total += widths[i]
	}
	for total > t.space-min(text, textMin) {
		widest := slices.Index(widths, slices.Max(append(widths, 0)))
		if widest < 0 || widths[widest] <= laneMin {
			return false
		}
		widths[widest]--
		total--
	}
	for i := range widths {
		more := max(0, min(texts[names[i]]+2-widths[i], t.space-min(text, textWant)-total))
		widths[i] += more
		total += more
	}
	at := 0
	for i, name := range names {
		t.columns = append(t.columns, column{name, at})
		if i < len(lanes) {
			t.start[name] = at
		} else {
			t.shared = at
		}
		if i < len(widths) {
			at += widths[i]
		}
	}
	return true
}

func (x row) text() string { return strings.TrimRight(x.op+" "+x.object, " ") }

func (t *table) head() string {
	line := ""
	for i, c := range t.columns {
		room := t.space - c.start
		if i+1 < len(t.columns) {
			room = t.columns[i+1].start - c.start - 1
		}
		line = fmt.Sprintf("%-*s%s", c.start, line, clip(c.head, room))
	}
	return t.line("step", ' ', line, "site")
}

func (t *table) row(x row) string {
	at, own := t.start[x.thread]
	text := x.text()
	if !own {
		at = t.shared
		text = fmt.Sprintf("%-*s %s", t.name+min(t.name, 1), clip(x.thread, max(t.name, nameMax)), text)
	}
	steps := fmt.Sprint(x.last)
	if x.first != x.last {
		steps = fmt.Sprintf("%d-%d", x.first, x.last)
	}
	cells := fmt.Sprintf("%*s%s", at, "", clip(text, t.space-at))
	return t.line(steps, x.mark, cells, clip(x.site.String(), t.site))
}

func (t *table) line(steps string, mark byte, cells, site string) string {
	if t.site == 0 {
		site = ""
	}
	return strings.TrimRight(fmt.Sprintf("%10s%c %-*s  %s", steps, mark, t.space, cells, site), " ")
}
