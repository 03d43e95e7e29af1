// SPDX-License-Identifier: CDDL-1.0

package sim_test

import (
	"slices"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"
)

// starve picks the enabled thread that was created first, always: whoever polls starves the others.
type starve struct{}

func (starve) Begin(*sim.World)                                {}
func (starve) Pick(w *sim.World, _ *sim.Thread) int            { return w.Enabled().At(0) }
func (starve) Choose(*sim.World, *sim.Thread, int, string) int { return 0 }

// alternate lets threads a and b, the second and the third, go on in turn.
type alternate struct{ last int }

func (s *alternate) Begin(*sim.World) { s.last = 2 }
func (s *alternate) Pick(w *sim.World, _ *sim.Thread) int {
	if s.last = 3 - s.last; w.Enabled().Has(s.last) {
		return s.last
	}
	return w.Enabled().At(0)
}
func (*alternate) Choose(*sim.World, *sim.Thread, int, string) int { return 0 }

// courtesy is two threads that take two flags in two orders by trying. Polite ones give the first
// back and try again when the second is taken; patient ones keep it and poll.
func courtesy(polite bool) func(*sim.Thread) {
	var taken [2]ksync.Var[bool]
	try := func(t *sim.Thread, i int) bool {
		free := !taken[i].Load(t)
		taken[i].Poke(true) // in the same step
		return free
	}
	both := func(t *sim.Thread, first, second int) {
		for {
			for !try(t, first) {
			}
			for !polite && !try(t, second) {
			}
			if !polite || try(t, second) {
				return
			}
			taken[first].Store(t, false)
		}
	}
	return func(t *sim.Thread) {
		for i := range taken {
			taken[i].Init(t.World(), nil, "taken", "", i)
			taken[i].Poke(false)
		}
		t.Fork("a", 0, func(t *sim.Thread) { both(t, 0, 1) })
		t.Fork("b", 0, func(t *sim.Thread) { both(t, 1, 0) })
	}
}

// polls is a thread that polls a flag which another sets after some steps, or never. A third one does
// operations of the program, so many, each of some steps.
func polls(after int, operations int) func(*sim.Thread) {
	var flag ksync.Var[bool]
	return func(t *sim.Thread) {
		flag.Init(t.World(), nil, "flag", "", 0)
		flag.Poke(false)
		t.Fork("poller", 0, func(t *sim.Thread) {
			for !flag.Load(t) {
			}
		})
		t.Fork("setter", 0, func(t *sim.Thread) {
			for range after {
				t.Yield()
			}
			flag.Store(t, after > 0)
		})
		t.Fork("worker", 0, func(t *sim.Thread) {
			for range operations {
				for range 100 {
					t.Yield()
				}
				t.Progress()
			}
		})
	}
}

func TestLivelock(t *testing.T) {
	tests := []struct {
		name    string
		body    func(*sim.Thread)
		outcome sim.Outcome
		threads []string // that go on and on
		repeats map[string][]string
	}{
		{
			name: "two that give way to each other", body: courtesy(true), outcome: sim.Failed, threads: []string{"a", "b"},
			repeats: map[string][]string{"a": {"load taken", "load taken#1", "store taken"}, "b": {"load taken#1", "load taken", "store taken#1"}},
		},
		{name: "two that keep what they have", body: courtesy(false), outcome: sim.Failed, threads: []string{"a", "b"}},
		{
			name: "one that polls for nothing", body: polls(0, 0), outcome: sim.Failed, threads: []string{"poller"},
			repeats: map[string][]string{"poller": {"load flag"}},
		},
		{name: "one that is starved by the strategy only", body: polls(50, 0), outcome: sim.Passed},
		{name: "one that polls while others do their work", body: polls(0, 3), outcome: sim.Failed, threads: []string{"poller"}},
		{name: "one that polls while others never stop working", body: polls(0, 1000), outcome: sim.Unknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := sim.New()
			defer w.Close()
			cfg := sim.Config{StepsMax: 300, Livelock: true}
			var s sim.Strategy = starve{}
			if len(test.threads) == 2 {
				s = &alternate{}
			}
			fast := w.Run(cfg, s, test.body)
			choices := slices.Clone(fast.Choices)
			want := test.outcome
			if want == sim.Passed {
				want = sim.Unknown // it took more steps than it may
			}
			if fast.Outcome != want && fast.Outcome != test.outcome {
				t.Fatalf("%v: %+v", fast.Outcome, fast.Failure)
			}
			if test.outcome != sim.Failed {
				return
			}
			f := fast.Failure
			if f.Kind != sim.KindLivelock || f.Thread.Name() != test.threads[0] ||
				strings.Contains(f.Message, " with ") != (len(test.threads) > 1) || !strings.Contains(f.Message, test.threads[len(test.threads)-1]) && len(test.threads) > 1 {
				t.Fatalf("%s: %s: %s", f.Kind, f.Thread.Name(), f.Message)
			}
			// The choices before the limit are all that a replay needs.
			cfg.Detail = true
			again := w.Run(cfg, &strategy.Rerun{Choices: choices}, test.body)
			if again.Digest != fast.Digest || again.Steps != fast.Steps || len(choices) >= cfg.StepsMax {
				t.Errorf("run again it made %d steps, before %d; %d choices", again.Steps, fast.Steps, len(choices))
			}
			loops := make(map[string][]string)
			for _, l := range again.Failure.Loops {
				if l.Times < 3 {
					t.Errorf("%s repeats something only %d times", l.Thread, l.Times)
				}
				for _, e := range l.Steps {
					loops[l.Thread] = append(loops[l.Thread], e.Op+" "+e.Object)
				}
			}
			for thread, want := range test.repeats {
				got := append(loops[thread], loops[thread]...)
				if len(got) != 2*len(want) || !containsRun(got, want) {
					t.Errorf("%s repeats %v, want a rotation of %v", thread, loops[thread], want)
				}
			}
		})
	}
}

func containsRun(in, want []string) bool {
	for i := 0; i+len(want) <= len(in); i++ {
		if slices.Equal(in[i:i+len(want)], want) {
			return true
		}
	}
	return false
}

// Without the check the limit is the end.
func TestLivelockIsAskedFor(t *testing.T) {
	w := sim.New()
	defer w.Close()
	r := w.Run(sim.Config{StepsMax: 300}, starve{}, polls(0, 0))
	if r.Outcome != sim.Unknown || r.Steps != 300 {
		t.Errorf("%v after %d steps", r.Outcome, r.Steps)
	}
}
