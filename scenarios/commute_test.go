// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"dlsim/scenarios"
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// walk is a random walk that keeps what happened: the thread of each event and its answers.
type walk struct {
	strategy.Random
	trail   sim.Trail
	answers map[int][]int
}

func (s *walk) Trail() *sim.Trail { return &s.trail }

func (s *walk) Begin(w *sim.World) {
	s.Random.Begin(w)
	s.answers = make(map[int][]int)
}

func (s *walk) Pick(w *sim.World, cur *sim.Thread) int {
	if s.trail.Inside(cur) {
		return cur.ID()
	}
	return s.Random.Pick(w, cur)
}

func (s *walk) Choose(w *sim.World, t *sim.Thread, n int, label string) int {
	v := s.Random.Choose(w, t, n, label)
	i := len(s.trail.Events) - 1
	s.answers[i] = append(s.answers[i], v)
	return v
}

// follower makes the events of the given threads, in order.
type follower struct {
	trail    *sim.Trail // of the walk, so that threads have the same serial numbers
	threads  []int32
	answers  map[int][]int // by event
	at, k    int
	diverged string
}

func (s *follower) Trail() *sim.Trail { return s.trail }

func (s *follower) Begin(*sim.World) { s.at, s.k, s.diverged = -1, 0, "" }

func (s *follower) Pick(w *sim.World, cur *sim.Thread) int {
	if s.trail.Inside(cur) {
		return cur.ID()
	}
	if i := len(s.trail.Events); i < len(s.threads) && w.Enabled().Has(s.trail.ID(s.threads[i])) {
		return s.trail.ID(s.threads[i])
	}
	s.diverged = fmt.Sprintf("at event %d", len(s.trail.Events))
	return sim.StopRun
}

func (s *follower) Choose(_ *sim.World, _ *sim.Thread, n int, label string) int {
	i := len(s.trail.Events) - 1
	if s.at != i {
		s.at, s.k = i, 0
	}
	s.k++
	if a := s.answers[i]; s.k <= len(a) && a[s.k-1] < n {
		return a[s.k-1]
	}
	s.diverged = "at the choice of " + label
	return sim.StopRun
}

// commute checks that neighbouring events of a random walk that do not depend on each other can be
// made in the other order, and that all that follows is the same: to the engine, or, where sections of a guard are
// events, to the threads. It returns how many it swapped.
func commute(t *testing.T, p *scenarios.Program, seed uint64, sections bool) (swaps int) {
	checks := explore.CheckNames()
	if sections { // lin asks also which operation was over before which other began
		checks = slices.DeleteFunc(checks, func(name string) bool { return name == string(sim.KindLin) })
	}
	r := p.NewRunner(checks)
	defer r.Close()
	first := &walk{Random: strategy.Random{Seed: seed}}
	first.trail.Sections = sections
	res := r.Run(sim.Config{StepsMax: 20_000}, first)
	tr := &sim.Trail{
		Events: slices.Clone(first.trail.Events), Uses: slices.Clone(first.trail.Uses), Causes: slices.Clone(first.trail.Causes),
	}
	outcome, print, failed := res.Outcome, res.Fingerprint, res.Failure != nil
	did := whatEachDid(tr)
	for i := 0; i+1 < len(tr.Events); i++ {
		if dependent(tr, i) || failed && i+2 == len(tr.Events) {
			continue
		}
		f := &follower{trail: &first.trail, answers: make(map[int][]int)}
		for j := range tr.Events {
			k := swapped(j, i)
			f.threads = append(f.threads, tr.Events[k].Thread)
			f.answers[j] = first.answers[k]
		}
		swaps++
		got := r.Run(sim.Config{StepsMax: 20_000, Detail: true}, f)
		same := got.Fingerprint == print
		if sections {
			same = maps.Equal(whatEachDid(&first.trail), did)
		}
		if f.diverged != "" || got.Outcome != outcome || !same {
			t.Errorf("seed %d: it makes a difference %s whether the thread of event %d or of %d goes first:%s",
				seed, f.diverged, i, i+1, steps(r.World(), i, len(tr.Events)))
		}
	}
	return swaps
}

// whatEachDid returns, thread by thread, which things it has used and how.
func whatEachDid(tr *sim.Trail) map[int32]string {
	did := make(map[int32]string)
	for i, e := range tr.Events {
		for _, u := range tr.UsesOf(i) {
			did[e.Thread] += fmt.Sprint(" ", u.Thing, u.Access)
		}
		did[e.Thread] += ";"
	}
	return did
}

// steps shows events i and i+1 of n.
func steps(w *sim.World, i, n int) string {
	var all []string
	for _, e := range w.Events() {
		if !e.IsChoice() {
			all = append(all, fmt.Sprintf("\n%s: %s %s", e.Thread.Name(), e.Op, e.Object))
		}
	}
	first := max(len(all)-n+i, 0)
	return strings.Join(all[first:min(first+2, len(all))], "")
}

func swapped(j, i int) int {
	switch j {
	case i:
		return i + 1
	case i + 1:
		return i
	}
	return j
}

// dependent reports whether event i of the trail must come before event i+1.
func dependent(tr *sim.Trail, i int) bool {
	a, b := tr.Events[i], tr.Events[i+1]
	if a.Thread == b.Thread || b.AfterAll > int32(i) || slices.Contains(tr.CausesOf(i+1), int32(i)) {
		return true
	}
	for _, x := range tr.UsesOf(i) {
		for _, y := range tr.UsesOf(i + 1) {
			if x.Thing == y.Thing && !x.Access.Commutes(y.Access) {
				return true
			}
		}
	}
	return false
}

// What a complete search proves rests on this: two operations that act on different things, as far
// as the engine is told, have the same effect in either order. A state that threads share behind its
// back shows up here. With -short, which the race detector's run asks for, one scenario of eight has to do: a world
// is one goroutine at a time.
func TestIndependentOperationsCommute(t *testing.T) {
	for i, sc := range shipped(t) {
		if testing.Short() && i%8 != 0 {
			continue
		}
		t.Run(sc.Name, func(t *testing.T) {
			p := program(t, sc, scenarios.Options{})
			for seed := range uint64(2) {
				commute(t, p, seed, false)
				commute(t, p, seed, true)
			}
		})
	}
}
