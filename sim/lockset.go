// SPDX-License-Identifier: CDDL-1.0

package sim

import (
	"fmt"
	"slices"
	"strings"
)

// Beside the order of accesses, detailed runs keep with which locks each field is accessed, after
// Eraser (Savage and others, TOCS 1997): not to find races, but to say of one that was found which
// lock its field should have been accessed with.

// fieldLocks counts the accesses to all fields of a class, and those with a lock of each class.
type fieldLocks struct {
	accesses int
	with     map[string]int
}

// locksHeld returns the locks that t holds; references are none.
func (t *Thread) locksHeld() []Hold {
	var out []Hold
	for _, h := range t.detail.holds {
		if h.Mode != "ref" {
			out = append(out, h)
		}
	}
	return out
}

// note counts one access to a field of the class.
func (r *raceState) note(class string, locks []Hold) {
	if r.fields == nil {
		r.fields = make(map[string]*fieldLocks)
	}
	f := r.fields[class]
	if f == nil {
		f = &fieldLocks{with: make(map[string]int)}
		r.fields[class] = f
	}
	f.accesses++
	for i, h := range locks {
		if !slices.ContainsFunc(locks[:i], func(x Hold) bool { return x.Object.class == h.Object.class }) {
			f.with[h.Object.class]++
		}
	}
}

// raceEvidence says which locks both sides of a race on o hold, and which the other accesses to
// such fields agree on.
func (t *Thread) raceEvidence(o *Object, other *Thread, locks []Hold) []Evidence {
	if !t.Detailed() {
		return nil
	}
	now := t.locksHeld()
	lines := []string{other.Name() + " had " + holdWords(locks) + "; " + t.Name() + " has " + holdWords(now)}
	common := slices.ContainsFunc(now, func(h Hold) bool {
		return slices.ContainsFunc(locks, func(x Hold) bool { return x.Object == h.Object })
	})
	if common {
		lines[0] += ": both, but as readers"
	}
	return []Evidence{{Title: "locks", Lines: append(lines, t.w.races.agreement(o.class, locks))}}
}

// agreement says what the accesses to fields of the class agree on, but for one with the given
// locks.
func (r *raceState) agreement(class string, locks []Hold) string {
	var f fieldLocks
	if x := r.fields[class]; x != nil {
		f = *x
	}
	n := f.accesses - 1
	if n <= 0 {
		return "there are no other accesses to " + class + " so far"
	}
	best, count := "", 0
	for name, k := range f.with {
		if slices.ContainsFunc(locks, func(h Hold) bool { return h.Object.class == name }) {
			k--
		}
		if k > count || k == count && k > 0 && name < best {
			best, count = name, k
		}
	}
	switch {
	case count == 0:
		return fmt.Sprintf("no other access to %s has a lock, of %d", class, n)
	case count == n:
		return fmt.Sprintf("all other accesses to %s have %s, %d of them", class, best, n)
	}
	return fmt.Sprintf("most other accesses to %s have %s: %d of %d", class, best, count, n)
}

// holdWords lists holds: "PERIM(net0) and dd_mutex#2 since step 9".
func holdWords(holds []Hold) string {
	if len(holds) == 0 {
		return "no lock"
	}
	words := make([]string, len(holds))
	for i, h := range holds {
		words[i] = h.Object.Name()
		if h.Mode != "" {
			words[i] += " (" + h.Mode + ")"
		}
		words[i] += fmt.Sprintf(" since step %d", h.At.Step)
	}
	return strings.Join(words, " and ")
}
