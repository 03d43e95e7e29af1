// SPDX-License-Identifier: CDDL-1.0

package generate

import (
	"fmt"
	"slices"
	"strings"
)

// Draft is a scenario in the making.
type Draft struct {
	options []string // of the system: "kmem: debug"
	zones   []zone
	links   []link
	threads []*thread
	process []string // names of the threads that share one
	faults  []string
}

type zone struct{ name, text string }

type link struct {
	name, class, text string
	zone              string // that owns it
	absent            bool
	removed           bool
}

type thread struct {
	name, zone string
	steps      []step
	open       []handle
	handles    int // made so far
}

// step is one line of a thread.
type step struct {
	op   string
	link string // that it is about, "" for none
	text string
}

// handle is something a thread has taken and not released.
type handle struct{ name, link, release string }

// Source returns the text of the scenario.
func (d *Draft) Source(name string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\nabout: Generated.\nsystem:\n", name)
	for _, o := range d.options {
		fmt.Fprintf(&b, "  %s\n", o)
	}
	if len(d.zones) > 0 {
		b.WriteString("  zones:\n")
		for _, z := range d.zones {
			fmt.Fprintf(&b, "    - {%s}\n", z.text)
		}
	}
	b.WriteString("  links:\n")
	for _, l := range d.links {
		fmt.Fprintf(&b, "    - {%s}\n", l.text)
	}
	if len(d.process) > 0 {
		fmt.Fprintf(&b, "processes:\n  agent: [%s]\n", strings.Join(d.process, ", "))
	}
	b.WriteString("threads:\n")
	for _, t := range d.threads {
		indent := "    "
		fmt.Fprintf(&b, "  %s:\n", t.name)
		if t.zone != "" {
			fmt.Fprintf(&b, "    zone: %s\n    steps:\n", t.zone)
			indent = "      "
		}
		for _, s := range t.steps {
			fmt.Fprintf(&b, "%s- %s\n", indent, s.text)
		}
	}
	if len(d.faults) > 0 {
		b.WriteString("faults:\n")
		for _, f := range d.faults {
			fmt.Fprintf(&b, "  - {%s}\n", f)
		}
	}
	b.WriteString("expect: none\n")
	return []byte(b.String())
}

// linksThat returns the links that fit, in order.
func (d *Draft) linksThat(fit func(*link) bool) []*link {
	var out []*link
	for i := range d.links {
		if fit(&d.links[i]) {
			out = append(out, &d.links[i])
		}
	}
	return out
}

// add appends a step.
func (t *thread) add(op, link, text string) {
	t.steps = append(t.steps, step{op, link, text})
}

// take appends a step that makes a handle.
func (t *thread) take(op, link, release string) {
	t.handles++
	h := fmt.Sprintf("h%d", t.handles)
	t.add(op, link, fmt.Sprintf("{%s: %s, as: %s}", op, link, h))
	t.open = append(t.open, handle{h, link, release})
}

// release appends the release of the i-th open handle.
func (t *thread) release(i int) {
	h := t.open[i]
	t.add(h.release, h.link, h.release+": "+h.name)
	t.open = slices.Delete(t.open, i, i+1)
}

// releaseAll releases what the thread has open on a link: no program deletes what it has open
// itself.
func (t *thread) releaseAll(link string) {
	for i := len(t.open) - 1; i >= 0; i-- {
		if t.open[i].link == link {
			t.release(i)
		}
	}
}
