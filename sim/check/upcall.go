// SPDX-License-Identifier: CDDL-1.0

package check

import (
	"fmt"
	"slices"

	"dlsim/sim"
)

// Dependence is that a thread waits for an answer with a lock that others want. As long as the
// server is stopped or slow, or the caller is stopped while it waits, they wait too; and if one of
// them answers calls, or must stop before the caller goes on, it can be for ever.
type Dependence struct {
	Wait *Acquisition // of the caller, or of who waits for the caller
	Call *Acquisition // the same, or the call of who is obliged to the one that waits
	Hold *Holding     // of Wait
	// Needs are acquisitions by others that want the lock, one for each place: first those by
	// threads that answer calls, then those by threads that must stop.
	Needs []*Acquisition
	// Together is a schedule with the call and the first of the needs that has one, -1 if none
	// is known.
	Together int64
}

// Dependences returns the dependences of the graph, one for each signature, in the order of the
// waits.
func (g *Graph) Dependences() []*Dependence {
	x := dependences{found: make(map[string]*Dependence), wants: make(map[uint64][]*Acquisition)}
	for _, a := range g.acquisitions {
		x.wants[a.Want.ID] = append(x.wants[a.Want.ID], a)
		if a.Call != "" {
			x.calls = append(x.calls, a)
		}
		if a.Await && a.Want.Mode == Shared {
			x.stops = append(x.stops, a)
		}
	}
	for _, a := range g.acquisitions {
		switch {
		case a.Call != "":
			x.add(a, a)
		case a.Await:
			for _, c := range x.calls {
				if h := c.holding(a.Want.ID); h != nil && c.Thread != a.Thread && (h.Obliged || h.Mode == Reference) {
					x.add(a, c)
				}
			}
		}
	}
	return x.all
}

type dependences struct {
	calls []*Acquisition
	stops []*Acquisition // waits of threads that stop
	wants map[uint64][]*Acquisition
	all   []*Dependence
	found map[string]*Dependence // by signature
}

// add looks at what is held during wait, which is that for call or for who makes it.
func (x *dependences) add(wait, call *Acquisition) {
	for i := range wait.Holds {
		d := &Dependence{Wait: wait, Call: call, Hold: &wait.Holds[i], Together: -1}
		if d.Hold.Obliged {
			continue
		}
		x.fill(d)
		if len(d.Needs) == 0 {
			continue
		}
		switch known := x.found[d.Signature()]; {
		case known == nil:
			x.found[d.Signature()] = d
			x.all = append(x.all, d)
		case known.Together < 0 && d.Together >= 0:
			*known = *d
		}
	}
}

// fill finds who needs the lock.
func (x *dependences) fill(d *Dependence) {
	var all []*Acquisition
	for _, b := range x.wants[d.Hold.ID] {
		if b.Thread != d.Wait.Thread && excludes(d.Hold.Mode, b.Want.Mode) {
			all = append(all, b)
		}
	}
	slices.SortStableFunc(all, func(a, b *Acquisition) int { return x.rank(d, a) - x.rank(d, b) })
	for i, b := range all {
		if d.Together = together(d.Wait, d.Call, b); d.Together >= 0 {
			all[0], all[i] = b, all[0]
			break
		}
	}
	for _, b := range all {
		if !slices.ContainsFunc(d.Needs, func(a *Acquisition) bool {
			return a.Want.Site == b.Want.Site && a.Want.Mode == b.Want.Mode
		}) {
			d.Needs = append(d.Needs, b)
		}
	}
}

// rank is 0 for who answers calls, 1 for who must stop before the caller goes on, else 2.
func (x *dependences) rank(d *Dependence, b *Acquisition) int {
	if len(b.Serving) > 0 {
		return 0
	}
	for _, s := range x.stops {
		if h := b.holding(s.Want.ID); h != nil && h.Obliged && s.Thread == d.Wait.Thread && s.holding(d.Hold.ID) != nil {
			return 1
		}
	}
	return 2
}

// Subject says which call is waited for with a lock of which class: "GETNAME with vnic_lock".
func (d *Dependence) Subject() string {
	s := d.Call.Call
	if d.Wait != d.Call {
		s += " through " + d.Wait.Want.Class
	}
	return s + " with " + d.Hold.Class
}

// Signature is the subject and where the lock was taken, which is the same for all schedules and
// thread names.
func (d *Dependence) Signature() string { return d.Subject() + " at " + d.Hold.Site.String() }

const needsMax = 3 // lines

// Failure returns the dependence as the failure of a schedule that shows it, which world has run.
func (d *Dependence) Failure(world *sim.World) *sim.Failure {
	w, c := d.Wait, d.Call
	f := &sim.Failure{
		Kind: sim.KindUpcall, Subject: d.Subject(), Sites: []sim.Site{d.Hold.Site, w.Want.Site},
		Classes: []string{d.Hold.Class}, Thread: named(world, w.Name),
	}
	what := "the answer to " + c.Call
	lines := []string{fmt.Sprintf("%s calls %s%s", c.Name, c.Call, place(&c.Want))}
	if w != c {
		what = fmt.Sprintf("%s, who waits for %s,", c.Name, what)
		lines = append(lines, fmt.Sprintf("%s waits for it on %s%s", w.Name, w.Want.Name, place(&w.Want)))
	}
	f.Message = fmt.Sprintf("waits for %s with %s%s", what, d.Hold.Name, d.Hold.Mode)
	for i := range w.Holds {
		if h := &w.Holds[i]; !h.Obliged {
			lines = append(lines, fmt.Sprintf("%s has %s%s since%s", w.Name, h.Name, h.Mode, place(h)[len(" at"):]))
		}
	}
	var needs []string
	for _, b := range d.Needs[:min(len(d.Needs), needsMax)] {
		name := b.Name
		if len(b.Serving) > 0 {
			name += ", which answers calls,"
		}
		needs = append(needs, fmt.Sprintf("%s wants %s%s%s", name, b.Want.Name, b.Want.Mode, place(&b.Want)))
	}
	f.Evidence = []sim.Evidence{{Title: "the call", Lines: lines}, {Title: "who needs " + d.Hold.Name, Lines: needs}}
	return f
}
