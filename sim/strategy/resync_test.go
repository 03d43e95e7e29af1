// SPDX-License-Identifier: CDDL-1.0

package strategy_test

import (
	"slices"
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"
)

// TestResyncFollows expects a recording of the same program to be followed to its end, with
// nothing left out and nothing added.
func TestResyncFollows(t *testing.T) {
	w := sim.New()
	defer w.Close()
	s := new(signals)
	for seed := range uint64(300) {
		want := w.Run(sim.Config{Detail: true}, &strategy.Random{Seed: seed}, s.body)
		again := strategy.Resync{Choices: strategy.Record(w.Events())}
		got := w.Run(sim.Config{}, &again, s.body)
		again.Finish()
		if got.Digest != want.Digest || again.Skipped != 0 || again.Added != 0 || again.First != nil {
			t.Fatalf("seed %d: digest %x, want %x; %d skipped, %d added, %v", seed, got.Digest, want.Digest,
				again.Skipped, again.Added, again.First)
		}
	}
}

// edited is a program before and after an edit: two threads take turns at a list, of which
// each remembers what it took, and some do what has nothing to do with it.
type edited struct {
	before, after func(t *sim.Thread) // uncontended steps of a thread, before and after its turn
	extra         int                 // locks that are made first and shift the numbers of the others
	aside         bool                // a third thread that nobody waits for
	took          []string
}

func (e *edited) body(t *sim.Thread) {
	e.took = nil
	var locks []*ksync.Mutex
	for i := range e.extra + 1 {
		m := new(ksync.Mutex)
		m.Init(t.World(), nil, "lock", "", i+1)
		locks = append(locks, m)
	}
	list := locks[e.extra]
	run := func(t *sim.Thread) {
		for range 3 {
			if e.before != nil {
				e.before(t)
			}
			list.Enter(t)
			e.took = append(e.took, t.Name())
			list.Exit(t)
			if e.after != nil {
				e.after(t)
			}
		}
	}
	threads := []*sim.Thread{t.SpawnN("taker", 1, run), t.SpawnN("taker", 2, run)}
	if e.aside {
		threads = append(threads, t.Spawn("aside", func(t *sim.Thread) {
			t.Yield()
			t.Yield()
		}))
	}
	for _, u := range threads {
		t.Join(u)
	}
}

// TestResyncAfterEdit replays recordings on programs that were edited where it does not
// matter: the list is taken from in the recorded order all the same. Not always: steps that
// nothing was asked for are not recorded, so that a thread that does the same thing again and
// again can be taken to be one round further than it is.
func TestResyncAfterEdit(t *testing.T) {
	yield := func(t *sim.Thread) { t.Yield() }
	edits := map[string]edited{
		"a step before":    {before: yield},
		"a step after":     {after: yield},
		"both":             {before: yield, after: yield},
		"shifted numbers":  {extra: 3},
		"shifted and more": {extra: 1, before: yield},
	}
	w := sim.New()
	defer w.Close()
	for name, edit := range edits {
		for _, removed := range []bool{false, true} {
			from, to := new(edited), &edit
			if removed {
				from, to = to, from
			}
			lost := 0
			for seed := range uint64(200) {
				w.Run(sim.Config{Detail: true}, &strategy.Random{Seed: seed}, from.body)
				want := slices.Clone(from.took)
				choices, same := strategy.Record(w.Events()), false
				for _, again := range strategy.Resyncs(choices) {
					res := w.Run(sim.Config{}, again, to.body)
					if res.Outcome != sim.Passed {
						t.Fatalf("%s, removed %v, seed %d: %v", name, removed, seed, res.Outcome)
					}
					same = same || slices.Equal(to.took, want)
				}
				if !same {
					lost++
				}
			}
			if lost > 50 {
				t.Errorf("%s, removed %v: %d of 200 in another order", name, removed, lost)
			}
		}
	}
}

// TestResyncSaysWhatDiffers expects the first difference and all of them to be counted.
func TestResyncSaysWhatDiffers(t *testing.T) {
	w := sim.New()
	defer w.Close()
	from, to := new(edited), &edited{before: func(t *sim.Thread) { t.Yield() }}
	w.Run(sim.Config{Detail: true}, &strategy.Random{Seed: 1}, from.body)
	again := strategy.Resync{Choices: strategy.Record(w.Events())}
	w.Run(sim.Config{}, &again, to.body)
	again.Finish()
	if again.First == nil || again.Added == 0 {
		t.Fatalf("%d skipped, %d added, %v", again.Skipped, again.Added, again.First)
	}
	w.Run(sim.Config{Detail: true}, &strategy.Random{Seed: 1}, to.body)
	again = strategy.Resync{Choices: strategy.Record(w.Events())}
	w.Run(sim.Config{}, &again, from.body)
	again.Finish()
	if again.First == nil || again.Skipped == 0 {
		t.Fatalf("%d skipped, %d added, %v", again.Skipped, again.Added, again.First)
	}
}
