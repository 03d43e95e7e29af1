// SPDX-License-Identifier: CDDL-1.0

package check

import (
	"slices"
	"strings"
)

// Graph is the lock order of a program: the acquisitions of many schedules. A cycle in it is a
// deadlock that may be possible, after Havelund's GoodLock: threads that each hold what the one
// before wants. It is none if they all hold a common lock, its gate, or if one of the
// acquisitions comes before another in all schedules.
type Graph struct {
	acquisitions []*Acquisition
	byKey        map[uint64][]*Acquisition
}

// NewGraph returns an empty graph.
func NewGraph() *Graph { return &Graph{byKey: make(map[uint64][]*Acquisition)} }

// Known reports whether an acquisition with the key is in the graph.
func (g *Graph) Known(key uint64) bool { return g.byKey[key] != nil }

// seenMax bounds Acquisition.Seen.
const seenMax = 64

// Add adds an acquisition of a schedule, unless it is there already with its places. The schedule
// is -1 if it cannot be shown, because it fails in another way.
func (g *Graph) Add(a *Acquisition, schedule int64) {
	for _, b := range g.byKey[a.Key] {
		if b.same(a) {
			if schedule >= 0 && len(b.Seen) < seenMax {
				b.Seen = append(b.Seen, schedule)
			}
			return
		}
	}
	if schedule >= 0 {
		a.Seen = append(a.Seen, schedule)
	}
	g.byKey[a.Key] = append(g.byKey[a.Key], a)
	g.acquisitions = append(g.acquisitions, a)
}

// Acquisitions returns all acquisitions in the order in which they were added.
func (g *Graph) Acquisitions() []*Acquisition { return g.acquisitions }

// Cycle is a cycle of acquisitions by different threads: each wants what the next one holds.
// Only of a writer that waits for an rwlock, and so keeps out readers, the one before wants
// what it wants itself.
type Cycle struct {
	Steps []*Acquisition
	// Guard is the lock that two of the threads hold, so that they are never there at the same
	// time, or "".
	Guard string
	// Ordered says that one of the acquisitions always comes before another.
	Ordered bool
	// Together is a schedule that has all of the acquisitions, -1 if none is known.
	Together int64
}

// Feasible says that nothing known speaks against the cycle.
func (c *Cycle) Feasible() bool { return c.Guard == "" && !c.Ordered }

// rank orders cycles of one signature: the higher one says more.
func (c *Cycle) rank() int {
	switch {
	case !c.Feasible():
		return 0
	case c.Together < 0:
		return 1
	}
	return 2
}

// together returns the first schedule in which all of the acquisitions were seen, -1 if there is
// none.
func together(steps ...*Acquisition) int64 {
	for _, i := range steps[0].Seen {
		all := true
		for _, a := range steps[1:] {
			all = all && slices.Contains(a.Seen, i)
		}
		if all {
			return i
		}
	}
	return -1
}

const (
	cycleMax  = 4      // threads in a cycle, a writer in between not counted
	cyclesMax = 20_000 // cycles that are looked at
)

// Cycles returns the cycles of the graph, those of one signature once: one that is feasible and
// whose acquisitions were seen together, if there is one. The order is that of the acquisitions.
func (g *Graph) Cycles() []Cycle {
	s := search{acquisitions: g.useful(), found: make(map[string]int)}
	s.wanted = make(map[uint64][]int)
	for i, a := range s.acquisitions {
		for j := range a.Holds {
			id := a.Holds[j].ID
			if n := len(s.wanted[id]); n == 0 || s.wanted[id][n-1] != i {
				s.wanted[id] = append(s.wanted[id], i)
			}
		}
		if a.Want.Queues && a.Want.Mode == Exclusive {
			s.writers = append(s.writers, a)
		}
	}
	for i := range s.acquisitions {
		s.start = i
		s.extend(i)
	}
	return s.cycles
}

// useful returns the acquisitions that can be in a cycle: what they want is held by another
// such, and something they hold is wanted. Writers that can keep readers out are useful too.
func (g *Graph) useful() []*Acquisition {
	list := slices.Clone(g.acquisitions)
	for {
		held, wanted := make(map[uint64]bool), make(map[uint64]bool)
		for _, a := range list {
			wanted[a.Want.ID] = true
			for i := range a.Holds {
				held[a.Holds[i].ID] = true
			}
		}
		n := len(list)
		list = slices.DeleteFunc(list, func(a *Acquisition) bool {
			if !held[a.Want.ID] {
				return true
			}
			if a.Want.Queues && a.Want.Mode == Exclusive {
				return false
			}
			return !slices.ContainsFunc(a.Holds, func(h Holding) bool { return wanted[h.ID] })
		})
		if len(list) == n {
			return list
		}
	}
}

// search is one search for cycles.
type search struct {
	acquisitions []*Acquisition
	wanted       map[uint64][]int // by lock: who holds it
	writers      []*Acquisition
	start        int
	path         []*Acquisition
	threads      int // in path, without writers in between
	cycles       []Cycle
	found        map[string]int // by signature
	looked       int
}

// extend adds acquisition i to the path and looks for the next, or the end.
func (s *search) extend(i int) {
	a := s.acquisitions[i]
	if s.looked >= cyclesMax || s.has(a.Thread) {
		return
	}
	s.path = append(s.path, a)
	s.threads++
	for _, j := range s.wanted[a.Want.ID] {
		switch {
		case j < s.start:
		case j == s.start && s.threads > 1:
			s.through(a, s.acquisitions[j], s.end)
		case s.threads < cycleMax:
			s.through(a, s.acquisitions[j], func() { s.extend(j) })
		}
	}
	s.threads--
	s.path = s.path[:len(s.path)-1]
}

// through calls next if a has to wait for b, with the writer in the path that makes it so if
// there has to be one.
func (s *search) through(a, b *Acquisition, next func()) {
	switch mode, ok := b.holds(a.Want.ID); {
	case !ok:
	case excludes(mode, a.Want.Mode):
		next()
	case a.Want.Queues && mode == Shared:
		for _, w := range s.writers {
			if w.Want.ID == a.Want.ID && w.Thread != b.Thread && !s.has(w.Thread) {
				s.path = append(s.path, w)
				next()
				s.path = s.path[:len(s.path)-1]
				if s.looked >= cyclesMax {
					return
				}
			}
		}
	}
}

func (s *search) has(thread uint64) bool {
	for _, a := range s.path {
		if a.Thread == thread {
			return true
		}
	}
	return false
}

// end is called with a cycle in the path.
func (s *search) end() {
	s.looked++
	c := Cycle{Steps: slices.Clone(s.path)}
	c.examine()
	key := c.Signature()
	i, known := s.found[key]
	switch {
	case !known:
		s.found[key] = len(s.cycles)
		s.cycles = append(s.cycles, c)
	case c.rank() > s.cycles[i].rank():
		s.cycles[i] = c
	}
}

// examine looks for what makes the cycle impossible.
func (c *Cycle) examine() {
	c.Together = together(c.Steps...)
	for i, a := range c.Steps {
		for _, b := range c.Steps[i+1:] {
			if g := gate(a, b); g != "" && c.Guard == "" {
				c.Guard = g
			}
			c.Ordered = c.Ordered || a.before(b) || b.before(a)
		}
	}
}

// gate returns the lock that keeps a and b from happening at the same time, or "".
func gate(a, b *Acquisition) string {
	for i := range a.Holds {
		if m, ok := b.holds(a.Holds[i].ID); ok && excludes(m, a.Holds[i].Mode) {
			return a.Holds[i].Name
		}
	}
	return ""
}

// excludes reports whether a lock cannot be held in both modes by two threads.
func excludes(a, b Mode) bool { return a == Exclusive || b == Exclusive }

// holds returns the strongest mode in which the lock is held.
func (a *Acquisition) holds(id uint64) (Mode, bool) {
	mode, ok := Reference, false
	for i := range a.Holds {
		if a.Holds[i].ID == id {
			mode, ok = min(mode, a.Holds[i].Mode), true
		}
	}
	return mode, ok
}

// before reports whether a comes before b in all schedules: its thread has created b's, or an
// ancestor of that, later, or b's thread knows that a's has ended.
func (a *Acquisition) before(b *Acquisition) bool {
	if slices.Contains(b.Past, a.Thread) {
		return true
	}
	for i := 1; i < len(b.Line); i++ {
		if b.Line[i].ID == a.Thread {
			return b.Line[i-1].Nth > a.Forks
		}
	}
	return false
}

// holding returns the oldest hold of the lock.
func (a *Acquisition) holding(id uint64) *Holding {
	for i := range a.Holds {
		if a.Holds[i].ID == id {
			return &a.Holds[i]
		}
	}
	return nil
}

// Before returns what the i-th thread of the cycle holds that the one before it wants; nil for
// a writer that waits itself.
func (c *Cycle) Before(i int) *Holding {
	before := c.Steps[(i+len(c.Steps)-1)%len(c.Steps)]
	return c.Steps[i].holding(before.Want.ID)
}

// Classes says which lock classes the cycle goes through, in words that are the same wherever it
// begins: "PERIM > dd_mutex".
func (c *Cycle) Classes() string {
	names := make([]string, len(c.Steps))
	for i, a := range c.Steps {
		names[i] = a.Want.Class
	}
	best := ""
	for i := range names {
		s := strings.Join(slices.Concat(names[i:], names[:i]), " > ")
		if best == "" || s < best {
			best = s
		}
	}
	return best
}

// Signature says which locks are taken where, in words that are the same for all schedules and
// thread names.
func (c *Cycle) Signature() string {
	var parts []string
	for i, a := range c.Steps {
		s := a.Want.Class + " at " + a.Want.Site.String()
		if h := c.Before(i); h != nil {
			s += " with " + h.Class + " since " + h.Site.String()
		}
		parts = append(parts, s)
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}
