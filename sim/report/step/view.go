// SPDX-License-Identifier: CDDL-1.0

package step

import (
	"fmt"
	"strings"

	"dlsim/sim/report"
)

// Line is a line of the screen.
type Line struct {
	Text  string
	Style Style
}

// Style is how a line is set off.
type Style uint8

// The styles.
const (
	Plain Style = iota
	Bold        // a heading
	Mark        // the current step
	Faint       // how to go on
)

// The smallest screen that there is something to see on.
const (
	widthMin  = 60
	heightMin = 12
)

// View returns the screen, at most height lines of at most width columns.
func (m *Model) View(width, height int) []Line {
	if width < widthMin || height < heightMin {
		text := fmt.Sprintf("the terminal is too small: %d x %d is needed", widthMin, heightMin)
		return []Line{{text[:min(len(text), max(width, 0))], Plain}}
	}
	if m.steps == nil || m.width != width {
		m.steps, m.width = report.NewSteps(m.failure, width-1), width
	}
	if m.height != height {
		m.height, m.below = height, 0
	}
	lines := []Line{{m.title(), Bold}}
	if m.help {
		lines = append(lines, helpLines()...)
	} else {
		lines = append(lines, m.body(height-3)...)
	}
	lines = lines[:min(len(lines), height-1)]
	for len(lines) < height-1 {
		lines = append(lines, Line{})
	}
	lines = append(lines, m.foot())
	for i := range lines {
		lines[i].Text = strings.TrimRight(lines[i].Text[:min(len(lines[i].Text), width)], " ")
	}
	return lines
}

// title says where the view is; the name of the scenario, which may be long, is last.
func (m *Model) title() string {
	e, choice := &m.events[m.at], 0
	for i := range m.events[:m.at+1] {
		if m.events[i].Picked {
			choice++
		}
	}
	return fmt.Sprintf("step %d of %d, choice %d of %d, t steps %s; %s", e.Step, m.events[len(m.events)-1].Step,
		choice, m.choices, m.threads[m.thread], m.failure.Scenario.Name)
}

// body is the steps around the current one, what is to be said of it, and the state after it.
// The part below the steps takes at most two thirds of the room, and never less than it took
// before, so that the steps do not jump.
func (m *Model) body(room int) []Line {
	event := m.steps.Event(m.at)
	event = event[:min(len(event), room/4)]
	state := m.steps.State(m.at, room*2/3-len(event)-2)
	m.below = min(max(m.below, len(event)+1+len(state)), room*2/3)
	table := room - m.below
	lines := []Line{{" " + m.steps.Head(), Bold}}
	first := max(0, min(m.at-table/2, len(m.events)-table))
	for i := first; i < min(first+table, len(m.events)); i++ {
		line := Line{" " + m.steps.Row(i), Plain}
		if i == m.at {
			line = Line{">" + m.steps.Row(i), Mark}
		}
		lines = append(lines, line)
	}
	for len(lines) <= table {
		lines = append(lines, Line{})
	}
	for i, l := range event {
		lines = append(lines, Line{l, heading(i == 0)})
	}
	lines = append(lines, Line{fmt.Sprintf("after step %d", m.events[m.at].Step), Bold})
	for _, l := range state {
		lines = append(lines, Line{l, Plain})
	}
	return lines
}

func heading(is bool) Style {
	if is {
		return Bold
	}
	return Plain
}

func helpLines() []Line {
	var out []Line
	for _, b := range bindings() {
		out = append(out, Line{fmt.Sprintf("  %-10s %s", b.name, b.text), Plain})
	}
	return append(out, Line{}, Line{"  * preempts a thread that could go on; ! the schedule fails here", Plain})
}

// foot is the last line: the search, what the last key came to, or the keys.
func (m *Model) foot() Line {
	switch {
	case m.asking:
		return Line{"/" + m.search, Bold}
	case m.message != "":
		return Line{m.message, Bold}
	}
	return Line{"j/k step  c/C choice  p/P preemption  t/T thread  / search  ? help  q quit", Faint}
}
