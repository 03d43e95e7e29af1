// SPDX-License-Identifier: CDDL-1.0

package trace

import (
	"fmt"
	"strconv"
	"strings"
)

// Shrunk says how a trace was made smaller, and why it fails.
type Shrunk struct {
	// ScenarioHash is that of the scenario in which the failure was found.
	ScenarioHash string
	// Threads, Operations and Faults are those of the scenario, operations of repeats counted
	// as often as they are done; Preemptions and Steps those of the schedule.
	Threads, Operations, Faults, Preemptions, Steps Part
	// Fewer is the number of schedules with fewer preemptions that were run, none of which
	// failed so; Proven that these are all there are.
	Fewer  int
	Proven bool
	// Schedules were run in all.
	Schedules int
	Why       Why
}

// Part is what is left of something.
type Part struct{ Left, Of int }

// Why is what a failure depends on.
type Why struct {
	// Orders are necessary: no schedule was found that has one of them the other way round
	// and fails so.
	Orders []Order
	// Broken counts the schedules that had one of the orders the other way round, Kept those
	// that had all of them as they are, other than the recorded one, and Failed those of
	// them that failed so.
	Broken, Kept, Failed int
}

// Order says that one operation comes before another.
type Order struct{ First, Second Place }

// Place is an operation of a thread and where it is in the source.
type Place struct{ Thread, Op, Site string }

func (x *Shrunk) fields() []field {
	return []field{
		text("scenario-was", &x.ScenarioHash),
		share("threads", &x.Threads),
		share("operations", &x.Operations),
		share("faults", &x.Faults),
		share("preemptions", &x.Preemptions),
		share("steps", &x.Steps),
		integer("fewer-preemptions", &x.Fewer),
		truth("proven", &x.Proven),
		integer("schedules", &x.Schedules),
		integer("broken", &x.Why.Broken),
		integer("kept", &x.Why.Kept),
		integer("failed", &x.Why.Failed),
	}
}

func (x *Shrunk) format() []byte {
	b := formatFields(x.fields())
	for _, o := range x.Why.Orders {
		b = append(b, "order:"...)
		for _, s := range o.words() {
			b = append(b, ' ')
			b = strconv.AppendQuote(b, *s)
		}
		b = append(b, '\n')
	}
	return b
}

// words are what an order is written as.
func (o *Order) words() []*string {
	a, b := &o.First, &o.Second
	return []*string{&a.Thread, &a.Op, &a.Site, &b.Thread, &b.Op, &b.Site}
}

// shrunk parses the section: its fields, then a line for each order.
func (p *parser) shrunk(s section) *Shrunk {
	x := new(Shrunk)
	fields := x.fields()
	n := min(len(fields), len(s.lines))
	p.fields(section{s.name, s.line, s.lines[:n], s.data}, fields)
	for i, line := range s.lines[n:] {
		rest, ok := strings.CutPrefix(line, "order:")
		var o Order
		for _, w := range o.words() {
			if rest, ok = strings.CutPrefix(rest, " "); !ok {
				break
			}
			q, err := strconv.QuotedPrefix(rest)
			if ok = err == nil; !ok {
				break
			}
			*w, _ = strconv.Unquote(q) // QuotedPrefix has checked it
			rest = rest[len(q):]
		}
		if !ok || rest != "" {
			p.fail(s.line+1+n+i, "expected \"order:\" and six words in quotes, found %q", shorten(line))
			return x
		}
		x.Why.Orders = append(x.Why.Orders, o)
	}
	return x
}

// share is written "1 of 3".
func share(name string, p *Part) field {
	return field{name, func() string { return fmt.Sprintf("%d of %d", p.Left, p.Of) }, func(s string) error {
		if n, _ := fmt.Sscanf(s, "%d of %d", &p.Left, &p.Of); n != 2 || p.Left < 0 || p.Of < 0 {
			return fmt.Errorf("expected \"1 of 3\", found %q", s)
		}
		return nil
	}}
}

func truth(name string, p *bool) field {
	return field{name, func() string { return strconv.FormatBool(*p) }, func(s string) error {
		*p = s == "true"
		if !*p && s != "false" {
			return fmt.Errorf("expected true or false, found %q", s)
		}
		return nil
	}}
}
