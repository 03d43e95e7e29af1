// SPDX-License-Identifier: CDDL-1.0

// Package simtest holds what the tests of the engine's packages share: small programs, all
// schedules of a program, and a schedule that is written down.
package simtest

import (
	"strings"
	"testing"

	"dlsim/sim"
)

// Fewer returns how many of n schedules to run: all, but with -short, which the race detector's run asks for,
// one in ten and at least 500. A world is one goroutine at a time, in which that detector finds nothing: what it can
// find lies in what worlds, workers and files share, and shows in the first schedules as in the last.
func Fewer(n int) int {
	if testing.Short() {
		return min(n, max(n/10, 500))
	}
	return n
}

// Thread is one thread of a test program.
type Thread struct {
	Name string
	Run  func(*sim.Thread)
}

// Program returns a body that calls setup, creates the threads in one step and ends.
func Program(setup func(w *sim.World), threads ...Thread) func(*sim.Thread) {
	return func(t *sim.Thread) {
		if setup != nil {
			setup(t.World())
		}
		for _, x := range threads {
			t.Fork(x.Name, 0, x.Run)
		}
	}
}

// All runs every schedule of body, at most limit, and shows each to visit. It returns how
// many there were.
func All(
	tb testing.TB, cfg sim.Config, limit int, body func(*sim.Thread),
	visit func(w *sim.World, r sim.Result),
) int {
	tb.Helper()
	w := sim.New()
	defer w.Close()
	s := new(Exhaust)
	for n := 1; ; n++ {
		if n > limit {
			tb.Fatalf("more than %d schedules", limit)
		}
		visit(w, w.Run(cfg, s, body))
		if !s.Next() {
			return n
		}
	}
}

// Exhaust is depth-first search: each run follows the path of the last one up to the
// answer that Next changed.
type Exhaust struct {
	// OnChoose, if set, is shown each answer to Choose.
	OnChoose func(t *sim.Thread, v int)

	path []node
	at   int
}

type node struct{ answer, of int }

// Begin implements sim.Strategy.
func (s *Exhaust) Begin(*sim.World) { s.at = 0 }

// Pick implements sim.Strategy.
func (s *Exhaust) Pick(w *sim.World, _ *sim.Thread) int {
	return w.Enabled().At(s.answer(w.Enabled().Len()))
}

// Choose implements sim.Strategy.
func (s *Exhaust) Choose(_ *sim.World, t *sim.Thread, n int, _ string) int {
	v := s.answer(n)
	if s.OnChoose != nil {
		s.OnChoose(t, v)
	}
	return v
}

func (s *Exhaust) answer(of int) int {
	if s.at == len(s.path) {
		s.path = append(s.path, node{0, of})
	}
	n := s.path[s.at]
	if n.of != of {
		panic("engine bug: the same answers led to another question")
	}
	s.at++
	return n.answer
}

// Next moves to the next path and reports whether there is one.
func (s *Exhaust) Next() bool {
	s.path = s.path[:s.at]
	for i := len(s.path) - 1; i >= 0; i-- {
		if s.path[i].answer++; s.path[i].answer < s.path[i].of {
			s.path = s.path[:i+1]
			return true
		}
	}
	return false
}

// Script runs one schedule of body that is written down, in a world that lives as long as
// the test. Each line moves one thread:
//
//	a            until it ends or is blocked
//	a until OP   until it is about to do OP, as sim.Op gives it, with or without object
//	a step       by one operation
//	choose N     the answer to the next Choose, 0 if there is no line for it
//
// Once the script is over the oldest enabled thread goes on, always.
func Script(
	tb testing.TB, cfg sim.Config, body func(*sim.Thread), lines ...string,
) (*sim.World, sim.Result) {
	tb.Helper()
	w := sim.New()
	tb.Cleanup(w.Close)
	s := &script{tb: tb}
	for _, l := range lines {
		if v, ok := strings.CutPrefix(l, "choose "); ok {
			s.values = append(s.values, int(v[0]-'0'))
		} else {
			s.lines = append(s.lines, l)
		}
	}
	return w, w.Run(cfg, s, body)
}

type script struct {
	tb     testing.TB
	lines  []string
	values []int
	moved  *sim.Thread // by the current line
}

func (s *script) Begin(*sim.World) {}

func (s *script) Pick(w *sim.World, cur *sim.Thread) int {
	if s.moved != nil && s.moved != cur {
		s.next() // it was blocked, or ended, and others had to go on
	}
	for ; len(s.lines) > 0; s.next() {
		name, until, _ := strings.Cut(s.lines[0], " until ")
		name, step := strings.CutSuffix(name, " step")
		t := find(w, name)
		switch {
		case t == nil:
			s.tb.Fatalf("%s: there is no such thread", s.lines[0])
		case step && !t.Enabled():
			s.tb.Fatalf("%s: it cannot run", s.lines[0])
		case step:
			s.next()
			return t.ID()
		case t.Enabled() && (until == "" || until != t.Pending().Type.Name &&
			until != t.Pending().String()):
			s.moved = t
			return t.ID()
		}
	}
	return w.Enabled().At(0)
}

func (s *script) next() { s.lines, s.moved = s.lines[1:], nil }

func (s *script) Choose(_ *sim.World, _ *sim.Thread, n int, label string) int {
	if len(s.values) == 0 {
		return 0
	}
	v := s.values[0]
	s.values = s.values[1:]
	if v >= n {
		s.tb.Fatalf("choose %d of %d for %s", v, n, label)
	}
	return v
}

func find(w *sim.World, name string) *sim.Thread {
	var found *sim.Thread
	w.Threads(func(t *sim.Thread) {
		if t.Name() == name {
			found = t
		}
	})
	return found
}
