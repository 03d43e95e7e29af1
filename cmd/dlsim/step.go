// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"dlsim/sim/report"
	"dlsim/sim/report/step"
)

// stepping shows the schedule of f in the terminal until the user has seen enough.
func (a *app) stepping(ctx context.Context, f report.Failure) error {
	if len(f.Record.Events) == 0 {
		return usagef("--step: the run has no steps")
	}
	_, err := tea.NewProgram(screen{model: step.New(f), color: a.outTerminal}, tea.WithContext(ctx)).Run()
	if err != nil {
		return unknownError{fmt.Errorf("--step: %w", err)}
	}
	return nil
}

// screen connects a view of a schedule with the terminal.
type screen struct {
	model         *step.Model
	width, height int
	color         bool
}

// Init implements tea.Model.
func (s screen) Init() tea.Cmd { return nil }

// Update implements tea.Model.
func (s screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		s.model.Press(keyName(msg))
		if s.model.Done() {
			return s, tea.Quit
		}
	}
	return s, nil
}

// keyName is the character that a key types, or its name.
func keyName(k tea.KeyPressMsg) string {
	if k.Text != "" && k.Text != " " {
		return k.Text
	}
	return k.Keystroke()
}

// View implements tea.Model.
func (s screen) View() tea.View {
	var b strings.Builder
	if s.width > 0 { // the size has come
		for i, l := range s.model.View(s.width, s.height) {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(s.paint(l))
		}
	}
	v := tea.NewView(b.String())
	v.AltScreen = true
	return v
}

func (s screen) paint(l step.Line) string {
	code := map[step.Style]string{step.Bold: "\x1b[1m", step.Mark: "\x1b[7m", step.Faint: "\x1b[2m"}[l.Style]
	if code == "" || !s.color {
		return l.Text
	}
	return code + l.Text + "\x1b[0m"
}
