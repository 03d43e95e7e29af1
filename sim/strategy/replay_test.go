// SPDX-License-Identifier: CDDL-1.0

package strategy_test

import (
	"slices"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"
)

// signals has picks and questions: two threads wait on one condition variable and a third
// wakes them one after the other.
type signals struct {
	mu    ksync.Mutex
	cv    ksync.Cond
	count int
}

func (s *signals) body(t *sim.Thread) {
	s.count = 0
	s.mu.Init(t.World(), nil, "mu", "", 0)
	s.cv.Init(t.World(), nil, "cv", "", 0)
	wait := func(t *sim.Thread) {
		s.mu.Enter(t)
		for s.count == 0 {
			s.cv.Wait(t, &s.mu)
		}
		s.count--
		s.mu.Exit(t)
	}
	wake := func(t *sim.Thread) {
		for range 2 {
			s.mu.Enter(t)
			s.count++
			s.cv.Signal(t)
			s.mu.Exit(t)
		}
	}
	threads := []*sim.Thread{
		t.SpawnN("waiter", 1, wait), t.SpawnN("waiter", 2, wait), t.Spawn("waker", wake),
	}
	for _, u := range threads {
		t.Join(u)
	}
}

func TestReplayFollows(t *testing.T) {
	w := sim.New()
	defer w.Close()
	s := new(signals)
	questions := 0
	for seed := range uint64(300) {
		want := w.Run(sim.Config{Detail: true}, &strategy.Random{Seed: seed}, s.body)
		choices := strategy.Record(w.Events())
		numbers := slices.Clone(want.Choices)
		if len(choices) != len(numbers) {
			t.Fatalf("seed %d: %d choices, %d recorded", seed, len(numbers), len(choices))
		}
		for i, c := range choices {
			if c.IsThread() != numbers[i].IsThread() {
				t.Fatalf("seed %d: choice %d is %v", seed, i, c)
			}
			if !c.IsThread() {
				questions++
			}
		}
		byName := strategy.Replay{Choices: choices}
		got := w.Run(sim.Config{}, &byName, s.body)
		if d := byName.Diverged(got.Steps); d != nil || got.Digest != want.Digest {
			t.Fatalf("seed %d: digest %x, want %x; %v", seed, got.Digest, want.Digest, d)
		}
		byNumber := strategy.Rerun{Choices: numbers}
		got = w.Run(sim.Config{}, &byNumber, s.body)
		if got.Digest != want.Digest {
			t.Fatalf("seed %d: rerun digest %x, want %x", seed, got.Digest, want.Digest)
		}
	}
	if questions == 0 {
		t.Error("no question was asked in any schedule")
	}
}

// Whatever choice is changed, the replay stops there, and never before.
func TestReplayStopsAtFirstDifference(t *testing.T) {
	w := sim.New()
	defer w.Close()
	s := new(signals)
	w.Run(sim.Config{Detail: true}, &strategy.Random{Seed: 3}, s.body)
	choices := strategy.Record(w.Events())
	for i := range choices {
		changed := slices.Clone(choices)
		changed[i].Op += "?"
		r := strategy.Replay{Choices: changed}
		res := w.Run(sim.Config{Detail: true}, &r, s.body)
		d := r.Diverged(res.Steps)
		if res.Outcome != sim.Stopped || d == nil || d.Choice != i+1 {
			t.Fatalf("choice %d changed: %v, %v", i+1, res.Outcome, d)
		}
		if !strings.Contains(d.Error(), "recorded "+changed[i].String()+"; ") {
			t.Errorf("choice %d: %v", i+1, d)
		}
		if n := len(strategy.Record(w.Events())); n != i {
			t.Errorf("choice %d changed: stopped after %d", i+1, n)
		}
	}
}

func TestReplayEnds(t *testing.T) {
	w := sim.New()
	defer w.Close()
	s := new(signals)
	w.Run(sim.Config{Detail: true}, &strategy.Random{Seed: 3}, s.body)
	choices := strategy.Record(w.Events())

	short := strategy.Replay{Choices: choices[:2]}
	res := w.Run(sim.Config{}, &short, s.body)
	if d := short.Diverged(res.Steps); d == nil || d.Choice != 3 ||
		d.Expected != "the end of the run" {
		t.Errorf("too short: %v", d)
	}
	long := strategy.Replay{Choices: append(choices, choices[0])}
	res = w.Run(sim.Config{}, &long, s.body)
	d := long.Diverged(res.Steps)
	if d == nil || d.Choice != len(choices)+1 || d.Found != "the run was over" {
		t.Errorf("too long: %v", d)
	}
}

// Rerun never invents an answer.
func TestRerunStops(t *testing.T) {
	w := sim.New()
	defer w.Close()
	s := new(signals)
	res := w.Run(sim.Config{}, &strategy.Random{Seed: 3}, s.body)
	r := strategy.Rerun{Choices: slices.Clone(res.Choices[:len(res.Choices)/2])}
	if got := w.Run(sim.Config{}, &r, s.body); got.Outcome != sim.Stopped {
		t.Errorf("half a schedule: %v", got.Outcome)
	}
	r.Choices = []sim.Choice{200}
	if got := w.Run(sim.Config{}, &r, s.body); got.Outcome != sim.Stopped {
		t.Errorf("a thread that is not there: %v", got.Outcome)
	}
}
