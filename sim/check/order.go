// SPDX-License-Identifier: CDDL-1.0

package check

import (
	"fmt"
	"slices"
	"strings"

	"dlsim/sim"
)

// String returns the words of reports for the mode.
func (m Mode) String() string { return [...]string{"", " (R)", " (ref)"}[m] }

// Failure returns the cycle as the failure of a schedule in which all of its acquisitions
// happened, and no deadlock. w has run it.
func (c *Cycle) Failure(w *sim.World) *sim.Failure {
	f := &sim.Failure{Kind: sim.KindOrder, Subject: c.Classes(), Thread: named(w, c.Steps[0].Name)}
	var words []string
	for i, a := range c.Steps {
		f.Sites = append(f.Sites, a.Want.Site)
		f.Classes = append(f.Classes, a.Want.Class)
		word := "takes "
		if i > 0 {
			word = a.Name + " " + word
		}
		if h := c.Before(i); h != nil {
			f.Sites = append(f.Sites, h.Site)
			word += h.Name + h.Mode.String() + " and then "
		}
		words = append(words, word+a.Want.Name+a.Want.Mode.String())
	}
	slices.Sort(f.Classes)
	f.Classes = slices.Compact(f.Classes)
	f.Message = strings.Join(words, ", ")
	f.Evidence = []sim.Evidence{{Title: "lock order", Lines: c.Lines()}}
	return f
}

// Lines say what each thread of the cycle does, and where.
func (c *Cycle) Lines() []string {
	lines := make([]string, len(c.Steps))
	for i := range c.Steps {
		lines[i] = c.line(i)
	}
	return lines
}

// line says what the i-th thread of the cycle does.
func (c *Cycle) line(i int) string {
	a := c.Steps[i]
	verb := "takes"
	if a.Await {
		verb = "waits for"
	}
	s := fmt.Sprintf("%s %s %s%s%s", a.Name, verb, a.Want.Name, a.Want.Mode, place(&a.Want))
	if h := c.Before(i); h != nil {
		s += fmt.Sprintf(", with %s%s%s", h.Name, h.Mode, place(h))
	}
	return s
}

// place returns " at step 12, dls_devnet_set:824".
func place(h *Holding) string {
	s := fmt.Sprintf(" at step %d", h.At.Step)
	if h.Site.IsZero() {
		return s
	}
	s += ", " + h.Site.String()
	if h.Site.Via != "" {
		s += " via " + h.Site.Via
	}
	return s
}

// Targets returns what a search for a schedule that deadlocks so must bring together.
func (c *Cycle) Targets() []Target {
	out := make([]Target, len(c.Steps))
	for i, a := range c.Steps {
		out[i] = Target{Thread: a.Thread, Wants: a.Want.ID, Await: a.Await}
		if h := c.Before(i); h != nil {
			out[i].Holds = h.ID
		}
		for j := range a.Holds {
			if h := &a.Holds[j]; !h.Obliged && h.Mode != Reference {
				out[i].Under = append(out[i].Under, h.ID)
			}
		}
	}
	return out
}

// Target is a thread that must hold one lock and want another. Threads are told by their
// lineage and locks by their identity; Holds is 0 for a writer that only waits.
type Target struct {
	Thread       uint64
	Holds, Wants uint64
	Await        bool
	Under        []uint64 // all locks that it holds then
}

// Explains reports whether a deadlock at the given places is the cycle.
func (c *Cycle) Explains(sites []sim.Site) bool {
	for _, a := range c.Steps {
		if !a.Await && !slices.ContainsFunc(sites, func(s sim.Site) bool { return s.String() == a.Want.Site.String() }) {
			return false
		}
	}
	return true
}
