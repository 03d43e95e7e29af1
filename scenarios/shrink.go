// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"dlsim/sim/explore"
	"dlsim/sim/shrink"
)

// Shrink returns the smallest scenario it finds for which fails is true: sc without threads,
// steps, repeats, faults, processes, links, zones and keys that fails does not need. Of what
// is expected it keeps what matches. Every scenario that fails is asked of has been loaded,
// and so obeys all that Parse checks. fails(sc) is taken for granted.
//
// What is left out takes along what makes no sense without it: the release of a hold goes
// with the hold, a barrier is for the threads that still come to it.
func Shrink(sc *Scenario, matches func(explore.Expectation) bool, fails func(*Scenario) bool) *Scenario {
	s := &shrinker{best: expecting(sc, matches), fails: fails, seen: make(map[string]bool)}
	for {
		before := s.best
		for p := aThread; p <= aKey; p++ {
			s.without(p)
		}
		if s.best == before {
			return s.best
		}
	}
}

type shrinker struct {
	best  *Scenario
	fails func(*Scenario) bool
	seen  map[string]bool // texts that were tried
}

// without tries to do without units of one part.
func (s *shrinker) without(p part) {
	src := s.best.Source
	t := plant(src)
	if t == nil {
		return
	}
	var all []int
	for i, u := range t.units {
		if u.part == p {
			all = append(all, i)
		}
	}
	shrink.Minimise(all, func(rest []int) bool {
		t := plant(src)
		for i, u := range t.units {
			if u.part == p && !slices.Contains(rest, i) {
				u.remove()
			}
		}
		return s.try(t, p != aKey)
	})
}

// try asks of the scenario that a tree has become.
func (s *shrinker) try(t *tree, repair bool) bool {
	t.barriers()
	sc := s.load(t.text(), repair)
	if sc == nil || s.seen[string(sc.Source)] || !sc.smaller(s.best) {
		return false
	}
	s.seen[string(sc.Source)] = true
	if !s.fails(sc) {
		return false
	}
	s.best = sc
	return true
}

const repairsMax = 50

// load parses the text of a scenario. With repair, the steps and whatever else the loader
// refuses are removed until it is content; nil if that is not to be had.
func (s *shrinker) load(src []byte, repair bool) *Scenario {
	for range repairsMax {
		sc, err := Parse(s.best.File, src)
		if err == nil {
			return sc
		}
		var bad *Error
		t := plant(src)
		if !repair || t == nil || !errors.As(err, &bad) {
			return nil
		}
		u := t.enclosing(bad.Line, bad.Col)
		if u == nil {
			return nil
		}
		u.remove()
		t.barriers()
		next := t.text()
		if bytes.Equal(next, src) {
			return nil
		}
		src = next
	}
	return nil
}

// enclosing returns the innermost unit, keys aside, that a position is in, or nil.
func (t *tree) enclosing(line, col int) *unit {
	var in *unit
	for i := range t.units {
		u := &t.units[i]
		if u.part == aKey || u.part == aRepeat || u.part == aHalf || u.part == anOnce {
			continue
		}
		if u.at.Line > line || u.at.Line == line && u.at.Column > col {
			break
		}
		in = u
	}
	return in
}

// expecting returns the scenario without the expectations that do not match; all of them if
// none does.
func expecting(sc *Scenario, matches func(explore.Expectation) bool) *Scenario {
	t := plant(sc.Source)
	if t == nil {
		return sc
	}
	expected, i := sc.Expectations(), 0
	for _, u := range t.units {
		if u.part == anExpectation {
			if !matches(expected[i]) {
				u.remove()
			}
			i++
		}
	}
	if less, err := Parse(sc.File, t.text()); err == nil {
		return less
	}
	return sc
}

// Size counts what a scenario is made of, the steps of repeats as often as they are done.
func (s *Scenario) Size() (threads, operations, faults int) {
	for i := range s.Threads {
		operations += operationsIn(s.Threads[i].Steps)
	}
	return len(s.Threads), operations, len(s.Faults)
}

// smaller reports whether s is smaller than other: in threads, else in operations, else in
// faults, else in text.
func (s *Scenario) smaller(other *Scenario) bool {
	a, b, c := s.Size()
	x, y, z := other.Size()
	return cmp.Or(cmp.Compare(a, x), cmp.Compare(b, y), cmp.Compare(c, z), cmp.Compare(len(s.Source), len(other.Source))) < 0
}

func operationsIn(steps []Step) int {
	n := 0
	for i := range steps {
		if r, ok := steps[i].Args.(*repeatArgs); ok {
			n += r.Times * operationsIn(r.Steps)
		} else {
			n++
		}
	}
	return n
}
