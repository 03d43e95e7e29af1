// SPDX-License-Identifier: CDDL-1.0

package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"dlsim/sim/explore"
)

//go:embed page.html.tmpl
var pageSource string

// htmlPage is what the page shows.
type htmlPage struct {
	Kind, Title, Headline, Signature string
	Notes, Found                     []string
	Replay                           string
	Threads                          []Thread
	Steps, Choices                   int
	Lanes                            []string
	Rows                             []htmlRow
	States                           []htmlState
	Blocks                           []htmlBlock
}

type htmlRow struct {
	Step         int
	Lane         int // index of the thread's column
	Cells        []struct{}
	Text, Site   string
	Via, Note    string
	Mark, Weight string // class names, "" for none
}

type htmlState struct {
	Thread, Doing string
	About         bool
	Holds         []string
}

type htmlBlock struct {
	Title string
	Lines []string
}

// HTML writes the report as one page that needs nothing else: what the text report has, but
// with every step from the first choice on, those that matter marked, and a switch that hides
// the others. It has no scripts and asks nobody for anything.
func HTML(w io.Writer, f Failure) error {
	r := f.Record
	p := htmlPage{
		Kind: strings.ToUpper(string(r.Kind)), Title: f.Scenario.Name, Headline: headline(r), Signature: r.Signature,
		Notes: f.Notes, Steps: r.Step,
	}
	if f.Trace != "" {
		p.Replay = "dlsim replay " + shellQuote(f.Trace)
	}
	if f.Origin != "" {
		p.Found = append(p.Found, f.Origin)
	}
	if x := f.Found; x != nil {
		low, high := explore.Interval(x.Count, x.Schedules)
		p.Found = append(p.Found, fmt.Sprintf("first in schedule %d of %d, %d times: %.2g per schedule "+
			"(95 %%: %.2g to %.2g), by %v, seed %d", x.First, x.Schedules, x.Count, float64(x.Count)/float64(x.Schedules), low, high, x.Plan, x.Seed))
	}
	for _, t := range f.Scenario.Threads {
		p.Threads = append(p.Threads, Thread{t.Name, answered(t, r)})
	}
	p.rows(r)
	about := involved(r)
	for i := range r.States {
		s := &r.States[i]
		if !matters(r, s) {
			continue
		}
		x := htmlState{Thread: s.Thread, Doing: doing(r, s), About: about[s.Thread]}
		for _, h := range s.Holds {
			text := held(h) + at(h.Site)
			if who := wantedBy(r, s, h); who != "" {
				text += "; " + who + " wants it"
			}
			x.Holds = append(x.Holds, text)
		}
		p.States = append(p.States, x)
	}
	for _, b := range blocks(r) {
		p.Blocks = append(p.Blocks, htmlBlock(b))
	}
	return template.Must(template.New("page").Parse(pageSource)).Execute(w, p)
}

// rows fills the table: all steps, one row each, a column for each thread that makes one.
func (p *htmlPage) rows(r *explore.Record) {
	all := rows(r, false)
	for _, x := range all {
		if !slices.Contains(p.Lanes, x.thread) {
			p.Lanes = append(p.Lanes, x.thread)
		}
	}
	created := func(name string) int {
		return slices.IndexFunc(r.States, func(s explore.State) bool { return s.Thread == name })
	}
	slices.SortStableFunc(p.Lanes, func(a, b string) int { return created(a) - created(b) })
	for i := range r.Events {
		if r.Events[i].Picked {
			p.Choices++
		}
	}
	for _, x := range all {
		lane := slices.Index(p.Lanes, x.thread)
		h := htmlRow{
			Step: x.last, Lane: lane, Cells: make([]struct{}, len(p.Lanes)), Text: x.text(), Site: x.site.String(),
			Via: x.site.Via, Note: x.note,
		}
		if x.loop != "" {
			h.Note = strings.TrimPrefix(x.loop+"; "+x.note, "; ")
		}
		switch x.mark {
		case '*':
			h.Mark = "preempts"
		case '!':
			h.Mark = "fails"
		}
		if x.weight >= latest {
			h.Weight = "matters"
		}
		p.Rows = append(p.Rows, h)
	}
}
