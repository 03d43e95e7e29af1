// SPDX-License-Identifier: CDDL-1.0

// Package bugbook is the list of all known bugs of the port's original: what goes wrong, where that
// is known from, the patch that puts it back if it is not in the original today, and the scenarios
// that show it. The command `dlsim bugs` and docs/bug-book.md are views of it.
package bugbook

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"

	"dlsim/sim/explore"
)

//go:embed book.yaml
var book []byte

// Verdict is what is known of whether a bug can be shown.
type Verdict string

// The verdicts.
const (
	Found     Verdict = "found"     // its scenarios find it
	Control   Verdict = "control"   // no bug: its scenarios must find nothing
	Refuted   Verdict = "refuted"   // it cannot happen, for the reason in the note
	Contrived Verdict = "contrived" // nobody can bring it about in a real system
	Unreached Verdict = "unreached" // no check of this version shows it
)

// Bug is an entry of the book.
type Bug struct {
	ID    string `yaml:"id"`
	Title string `yaml:"title"`
	// Kinds are the kinds of failure that it is reported as.
	Kinds []string `yaml:"kinds"`
	// Source is where it is known from: commits, issues, lines of the original.
	Source string `yaml:"source"`
	// Threads and Preemptions are those of the smallest schedule that shows it, and Event what
	// must happen besides.
	Threads     int    `yaml:"threads"`
	Preemptions int    `yaml:"preemptions"`
	Event       string `yaml:"event"`
	// Patch is the name of the patch that puts it back, without .patch; "" if it is in the port.
	Patch string `yaml:"patch"`
	// Scenarios are files from the root of the module. Each of them shows it.
	Scenarios []string `yaml:"scenarios"`
	// Reports are those that it must have, each of them.
	Reports []*Expected `yaml:"reports"`
	Verdict Verdict     `yaml:"verdict"`
	Note    string      `yaml:"note"`
}

// Hunt is a scenario and what it is to show: nothing, if Expected is nil.
type Hunt struct {
	Scenario string
	Expected *Expected
}

// Hunts returns what a bug is looked for with.
func (b *Bug) Hunts() []Hunt {
	var out []Hunt
	for _, file := range b.Scenarios {
		if b.Verdict != Found {
			out = append(out, Hunt{Scenario: file})
		}
		for _, e := range b.Reports {
			if e.ShownBy(file) {
				out = append(out, Hunt{file, e})
			}
		}
	}
	return out
}

// Class returns the first letter of the id: H for history, L for latent, X for other forks, M for
// made up, N for a refuted claim, D for found by dlsim.
func (b *Bug) Class() string { return b.ID[:1] }

// Bugs returns the entries of the book in its order.
func Bugs() ([]*Bug, error) { return parse(book) }

// Find returns the entry of that id, nil if there is none.
func Find(bugs []*Bug, id string) *Bug {
	if i := slices.IndexFunc(bugs, func(b *Bug) bool { return b.ID == id }); i >= 0 {
		return bugs[i]
	}
	return nil
}

var idPattern = regexp.MustCompile(`^[HLXMND]\d{2}[a-d]?$`)

// parse reads a book and refuses one that makes no sense.
func parse(text []byte) ([]*Bug, error) {
	var bugs []*Bug
	if err := yaml.UnmarshalWithOptions(text, &bugs, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("book.yaml: %w", err)
	}
	seen := make(map[string]bool)
	for i, b := range bugs {
		what := b.wrong()
		if seen[b.ID] {
			what = "is there twice"
		}
		if what != "" {
			return nil, fmt.Errorf("book.yaml: entry %d, %q: %s", i+1, b.ID, what)
		}
		seen[b.ID] = true
	}
	return bugs, nil
}

// wrong says what makes no sense in an entry, "" if it is well.
func (b *Bug) wrong() string {
	looked := b.Verdict == Found || b.Verdict == Control
	switch {
	case !idPattern.MatchString(b.ID):
		return "is not an id: a letter of HLXMND and two digits"
	case b.Title == "" || b.Source == "" || b.Threads < 1:
		return "needs a title, a source and threads"
	case !slices.Contains([]Verdict{Found, Control, Refuted, Contrived, Unreached}, b.Verdict):
		return fmt.Sprintf("there is no verdict %q", b.Verdict)
	case looked && len(b.Scenarios) == 0:
		return "needs scenarios"
	case !looked && b.Note == "":
		return "needs a note that says why it is not found"
	case b.Verdict == Found && len(b.Kinds) == 0:
		return "needs kinds"
	}
	for _, k := range b.Kinds {
		if !slices.Contains(explore.AllCheckNames(), k) && b.Verdict == Found {
			return "there is no kind " + k
		}
	}
	return b.wrongReports()
}

// wrongReports says what makes no sense in the reports that are asked for. Each kind and each
// scenario of a bug that is found needs one.
func (b *Bug) wrongReports() string {
	for _, e := range b.Reports {
		switch {
		case e.Says == "":
			return "a report needs says"
		case b.Verdict == Found && !slices.Contains(b.Kinds, e.Kind):
			return fmt.Sprintf("report %q is a %q, which is none of its kinds", e.Says, e.Kind)
		case len(e.Waits) == 0 && len(e.About) == 0:
			return fmt.Sprintf("report %q needs waits or about", e.Says)
		case !slices.ContainsFunc(b.Scenarios, e.ShownBy):
			return fmt.Sprintf("report %q is of a scenario that it does not have: %s", e.Says, e.Scenario)
		}
	}
	if b.Verdict != Found {
		return ""
	}
	for _, k := range b.Kinds {
		if !slices.ContainsFunc(b.Reports, func(e *Expected) bool { return e.Kind == k }) {
			return "no report is a " + k
		}
	}
	for _, file := range b.Scenarios {
		if !slices.ContainsFunc(b.Reports, func(e *Expected) bool { return e.ShownBy(file) }) {
			return "no report is of " + file
		}
	}
	return ""
}
