// SPDX-License-Identifier: CDDL-1.0

// Package step is a view of a recorded schedule for a terminal: one step after the other, and
// the state of all threads after each. It knows no terminal: keys come in by name, and lines go
// out.
package step

import (
	"fmt"
	"slices"
	"strings"

	"dlsim/sim/explore"
	"dlsim/sim/report"
)

// Model is what the view shows. It changes by Press only.
type Model struct {
	failure report.Failure
	events  []explore.Event
	threads []string // that make steps, in the order of their first
	choices int

	steps   *report.Steps // laid out for width
	width   int
	height  int
	below   int // lines below the steps, at most so far
	at      int // the current event
	thread  int // the selected one
	search  string
	asking  bool // search is being typed
	help    bool
	quit    bool
	message string // what the last key came to, "" if that can be seen
}

// New returns a view of the schedule of f, which has at least one step, at its first choice.
func New(f report.Failure) *Model {
	m := &Model{failure: f, events: f.Record.Events}
	for i := range m.events {
		e := &m.events[i]
		if !slices.Contains(m.threads, e.Thread) {
			m.threads = append(m.threads, e.Thread)
		}
		if e.Picked {
			m.choices++
		}
	}
	m.move(0, 1, "", func(i int) bool { return m.events[i].Picked })
	m.follow()
	m.message = ""
	return m
}

// At returns the number of the current event in the record.
func (m *Model) At() int { return m.at }

// Done reports whether the view is to be closed.
func (m *Model) Done() bool { return m.quit }

// binding is what keys do.
type binding struct {
	keys []string
	name string // of the keys, for people
	text string
	do   func(m *Model)
}

const page = 10 // steps

// bindings returns all keys but those of the search line.
func bindings() []binding {
	choice := func(m *Model) func(int) bool { return func(i int) bool { return m.events[i].Picked } }
	preemption := func(m *Model) func(int) bool { return func(i int) bool { return m.events[i].Preempt } }
	own := func(m *Model) func(int) bool {
		return func(i int) bool { return m.events[i].Thread == m.threads[m.thread] }
	}
	return []binding{
		{[]string{"j", "down", "right", "space"}, "j, down", "next step", func(m *Model) { m.to(m.at + 1) }},
		{[]string{"k", "up", "left", "backspace"}, "k, up", "previous step", func(m *Model) { m.to(m.at - 1) }},
		{[]string{"pgdown", "ctrl+d"}, "page down", "10 steps on", func(m *Model) { m.to(m.at + page) }},
		{[]string{"pgup", "ctrl+u"}, "page up", "10 steps back", func(m *Model) { m.to(m.at - page) }},
		{[]string{"c"}, "c", "next choice", func(m *Model) { m.move(m.at+1, 1, "choices", choice(m)) }},
		{[]string{"C"}, "C", "previous choice", func(m *Model) { m.move(m.at-1, -1, "choices", choice(m)) }},
		{[]string{"p"}, "p", "next preemption", func(m *Model) { m.move(m.at+1, 1, "preemptions", preemption(m)) }},
		{[]string{"P"}, "P", "previous preemption", func(m *Model) { m.move(m.at-1, -1, "preemptions", preemption(m)) }},
		{[]string{"t"}, "t", "next step of the selected thread", func(m *Model) { m.move(m.at+1, 1, m.ownStep(), own(m)) }},
		{[]string{"T"}, "T", "previous step of the selected thread", func(m *Model) { m.move(m.at-1, -1, m.ownStep(), own(m)) }},
		{[]string{"tab"}, "tab", "select the next thread", func(m *Model) { m.selectThread(1) }},
		{[]string{"shift+tab"}, "shift-tab", "select the previous thread", func(m *Model) { m.selectThread(-1) }},
		{[]string{"."}, ".", "select the thread of this step", (*Model).follow},
		{[]string{"/"}, "/", "search an object, an operation, a C function", func(m *Model) { m.asking, m.search = true, "" }},
		{[]string{"n"}, "n", "next step that is found", func(m *Model) { m.find(m.at+1, 1) }},
		{[]string{"N"}, "N", "previous step that is found", func(m *Model) { m.find(m.at-1, -1) }},
		{[]string{"g", "home"}, "g, home", "first step", func(m *Model) { m.to(0) }},
		{[]string{"G", "end"}, "G, end", "last step", func(m *Model) { m.to(len(m.events) - 1) }},
		{[]string{"?", "h"}, "?", "this help, and back", func(m *Model) { m.help = true }},
		{[]string{"q", "ctrl+c"}, "q", "quit", func(m *Model) { m.quit = true }},
	}
}

// Press takes a key: the character that it types, or its name, such as "down" or "ctrl+c". It
// ignores those that it does not know.
func (m *Model) Press(key string) {
	m.message = ""
	switch {
	case key == "ctrl+c":
		m.quit = true
	case m.asking:
		m.typed(key)
	case m.help && slices.Contains([]string{"?", "h", "q", "esc", "enter", "space"}, key):
		m.help = false
	default:
		m.help = false
		for _, b := range bindings() {
			if slices.Contains(b.keys, key) {
				b.do(m)
			}
		}
	}
}

// typed takes a key while the search is being typed.
func (m *Model) typed(key string) {
	switch key {
	case "enter":
		m.asking = false
		m.find(m.at+1, 1)
	case "esc":
		m.asking, m.search = false, ""
	case "backspace":
		if m.search == "" {
			m.asking = false
			return
		}
		m.search = m.search[:len(m.search)-1]
	case "space":
		m.search += " "
	default:
		if len(key) == 1 && key[0] >= ' ' { // names of C are ASCII
			m.search += key
		}
	}
}

// to goes to event i, or as far as there are any.
func (m *Model) to(i int) {
	m.at = min(max(i, 0), len(m.events)-1)
	if m.at != i {
		m.message = "no more steps"
	}
}

// move goes to the first event from i on in direction by that want is true of.
func (m *Model) move(i, by int, what string, want func(int) bool) {
	for ; i >= 0 && i < len(m.events); i += by {
		if want(i) {
			m.at = i
			return
		}
	}
	m.message = "no more " + what
	if by < 0 {
		m.message = "no earlier " + what
	}
}

func (m *Model) ownStep() string { return "steps of " + m.threads[m.thread] }

func (m *Model) selectThread(by int) {
	m.thread = (m.thread + by + len(m.threads)) % len(m.threads)
}

// follow selects the thread of the current event.
func (m *Model) follow() { m.thread = slices.Index(m.threads, m.events[m.at].Thread) }

// find goes to the next event from i on that is about what is searched for, round the end.
func (m *Model) find(i, by int) {
	if m.search == "" {
		m.message = "nothing is searched for: / begins"
		return
	}
	n := len(m.events)
	for step := range n {
		if j := ((i+by*step)%n + n) % n; m.matches(j) {
			m.at = j
			if by > 0 && j < i || by < 0 && j > i {
				m.message = "went on round the end"
			}
			return
		}
	}
	m.message = fmt.Sprintf("no step has %q", m.search)
}

// matches reports whether event i is about what is searched for, in any case of letters.
func (m *Model) matches(i int) bool {
	e := &m.events[i]
	for _, s := range []string{e.Op + " " + e.Object, e.Site.String(), e.Site.Via} {
		if strings.Contains(strings.ToLower(s), strings.ToLower(m.search)) {
			return true
		}
	}
	return slices.ContainsFunc(e.Notes, func(s string) bool {
		return strings.Contains(strings.ToLower(s), strings.ToLower(m.search))
	})
}
