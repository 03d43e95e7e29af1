// SPDX-License-Identifier: CDDL-1.0

package check

import (
	"cmp"
	"maps"
	"slices"
)

// Edge is that locks of one class are held while locks of another are acquired.
type Edge struct {
	Held, Wanted string
	// Places are the different pairs of places where the one and then the other is taken.
	Places []EdgePlace
	// Waits says that no thread comes to hold what is wanted: it only waits.
	Waits bool
}

// EdgePlace is where a lock is taken and where the next one is with it.
type EdgePlace struct {
	Held, Wanted string // the sites
	// Via is the function of the environment through which the second is taken, "" for none.
	Via string
}

// ClassOrder is the lock order of a program by class.
type ClassOrder struct {
	// Order has the classes so that each comes before all that are acquired with it held, but
	// for Inversions. Classes that nothing orders are in alphabetical order.
	Order []string
	Edges []*Edge // sorted
	// Inversions are the edges against the order, of which there are as few as can be.
	Inversions []*Edge
	// Nested are edges from a class to itself.
	Nested []*Edge
}

// Classes derives the order of lock classes from acquisitions of many programs. What threads are
// obliged to is no lock that they hold.
func Classes(graphs []*Graph) *ClassOrder {
	edges := make(map[[2]string]*Edge)
	for _, g := range graphs {
		for _, a := range g.acquisitions {
			for i := range a.Holds {
				h := &a.Holds[i]
				if h.Obliged || h.Mode == Reference || h.ID == a.Want.ID {
					continue
				}
				key := [2]string{h.Class, a.Want.Class}
				e := edges[key]
				if e == nil {
					e = &Edge{Held: h.Class, Wanted: a.Want.Class, Waits: true}
					edges[key] = e
				}
				e.Waits = e.Waits && a.Await
				p := EdgePlace{Held: h.Site.String(), Wanted: a.Want.Site.String(), Via: a.Want.Site.Via}
				if !slices.Contains(e.Places, p) {
					e.Places = append(e.Places, p)
				}
			}
		}
	}
	o := new(ClassOrder)
	for _, key := range slices.SortedFunc(maps.Keys(edges), compareKeys) {
		e := edges[key]
		slices.SortFunc(e.Places, comparePlaces)
		if e.Held == e.Wanted {
			o.Nested = append(o.Nested, e)
			continue
		}
		o.Edges = append(o.Edges, e)
	}
	o.sort()
	return o
}

func compareKeys(a, b [2]string) int {
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
}

func comparePlaces(a, b EdgePlace) int {
	return cmp.Or(cmp.Compare(a.Held, b.Held), cmp.Compare(a.Wanted, b.Wanted), cmp.Compare(a.Via, b.Via))
}

// sort finds the inversions and then the order.
func (o *ClassOrder) sort() {
	edges := slices.Clone(o.Edges)
	for _, knot := range knots(edges) {
		order := unravel(edges, knot)
		edges = slices.DeleteFunc(edges, func(e *Edge) bool {
			i, j := slices.Index(order, e.Held), slices.Index(order, e.Wanted)
			back := i >= 0 && j >= 0 && i > j
			if back {
				o.Inversions = append(o.Inversions, e)
			}
			return back
		})
	}
	slices.SortFunc(o.Inversions, func(a, b *Edge) int {
		return compareKeys([2]string{a.Held, a.Wanted}, [2]string{b.Held, b.Wanted})
	})
	left := make(map[string]bool)
	for _, e := range o.Edges {
		left[e.Held], left[e.Wanted] = true, true
	}
	for len(left) > 0 {
		for _, c := range slices.Sorted(maps.Keys(left)) {
			if !slices.ContainsFunc(edges, func(e *Edge) bool { return e.Wanted == c && left[e.Held] }) {
				o.Order = append(o.Order, c)
				delete(left, c)
				break
			}
		}
	}
}

// knots returns the sets of classes that reach each other, sorted.
func knots(edges []*Edge) [][]string {
	var out [][]string
	done := make(map[string]bool)
	for _, e := range edges {
		if done[e.Held] || !reaches(edges, e.Wanted, e.Held) {
			continue
		}
		knot := []string{e.Held}
		for _, x := range edges {
			if c := x.Held; !slices.Contains(knot, c) && reaches(edges, e.Held, c) && reaches(edges, c, e.Held) {
				knot = append(knot, c)
			}
		}
		for _, c := range knot {
			done[c] = true
		}
		slices.Sort(knot)
		out = append(out, knot)
	}
	return out
}

const knotMax = 8 // classes of a knot all of whose orders are looked at

// unravel returns the order of the knot's classes with the fewest edges against it; of those with
// as many, the one whose edges have the fewest places. Of a large knot all but the first classes
// stay in alphabetical order.
func unravel(edges []*Edge, knot []string) []string {
	best, bestCost := slices.Clone(knot), cost(edges, knot)
	order := slices.Clone(knot)
	var permute func(i int)
	permute = func(i int) {
		if i == min(len(order), knotMax) {
			if c := cost(edges, order); compareCosts(c, bestCost) < 0 {
				best, bestCost = slices.Clone(order), c
			}
			return
		}
		for j := i; j < min(len(order), knotMax); j++ {
			order[i], order[j] = order[j], order[i]
			permute(i + 1)
			order[i], order[j] = order[j], order[i]
		}
	}
	permute(0)
	return best
}

// cost is the number of edges against the order, and of their places.
func cost(edges []*Edge, order []string) (c [2]int) {
	for _, e := range edges {
		i, j := slices.Index(order, e.Held), slices.Index(order, e.Wanted)
		if i >= 0 && j >= 0 && i > j {
			c[0]++
			c[1] += len(e.Places)
		}
	}
	return c
}

func compareCosts(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) }

// reaches reports whether the edges lead from one class to another.
func reaches(edges []*Edge, from, to string) bool {
	seen := map[string]bool{from: true}
	for todo := []string{from}; len(todo) > 0; todo = todo[1:] {
		for _, e := range edges {
			if e.Held != todo[0] || seen[e.Wanted] {
				continue
			}
			if e.Wanted == to {
				return true
			}
			seen[e.Wanted] = true
			todo = append(todo, e.Wanted)
		}
	}
	return from == to
}
