// SPDX-License-Identifier: CDDL-1.0

package explore_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/explore"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"
)

// inline is a program of a test: threads that share mutexes a, b and gate, and a flag.
type inline struct {
	name    string
	threads []func(*shared, *sim.Thread)
}

type shared struct {
	a, b, gate ksync.Mutex
	done       ksync.Var[bool]
}

func (p inline) Name() string        { return p.name }
func (p inline) Sites() sim.Resolver { return sim.GoSite }
func (p inline) PortHash() string    { return "inline" }

func (p inline) NewRunner([]string) explore.Runner { return &inlineRunner{p, sim.New(), new(shared)} }

type inlineRunner struct {
	p inline
	w *sim.World
	s *shared
}

func (r *inlineRunner) World() *sim.World { return r.w }
func (r *inlineRunner) Close()            { r.w.Close() }

func (r *inlineRunner) Run(cfg sim.Config, s sim.Strategy) sim.Result {
	cfg.Monitor = new(check.Deadlock)
	return r.w.Run(cfg, s, func(t *sim.Thread) {
		w := t.World()
		r.s.a.Init(w, nil, "a", "", 0)
		r.s.b.Init(w, nil, "b", "", 0)
		r.s.gate.Init(w, nil, "gate", "", 0)
		r.s.done.Init(w, nil, "done", "", 0)
		r.s.done.Poke(false)
		for i, run := range r.p.threads {
			t.Fork(string(rune('p'+i)), 0, func(t *sim.Thread) { run(r.s, t) })
		}
	})
}

func ab(s *shared, t *sim.Thread) {
	s.a.Enter(t)
	s.b.Enter(t)
	s.b.Exit(t)
	s.a.Exit(t)
}

func ba(s *shared, t *sim.Thread) {
	s.b.Enter(t)
	s.a.Enter(t)
	s.a.Exit(t)
	s.b.Exit(t)
}

// busy makes a deadlock rare: the thread does much else before.
func busy(do func(*shared, *sim.Thread)) func(*shared, *sim.Thread) {
	return func(s *shared, t *sim.Thread) {
		for range 40 {
			t.Yield()
		}
		do(s, t)
	}
}

func gated(do func(*shared, *sim.Thread)) func(*shared, *sim.Thread) {
	return func(s *shared, t *sim.Thread) {
		s.gate.Enter(t)
		do(s, t)
		s.gate.Exit(t)
	}
}

func ordered(t *testing.T, p explore.Program, schedules int64, workers int) *explore.Result {
	t.Helper()
	return orderedBy(t, p, explore.Config{Strategy: "random", Schedules: schedules, Seed: 1, Workers: workers})
}

func orderedBy(t *testing.T, p explore.Program, cfg explore.Config) *explore.Result {
	t.Helper()
	cfg.Checks = append(explore.CheckNames(), "order", "upcall")
	r, err := explore.Explore(context.Background(), p, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPredictedCycles(t *testing.T) {
	late := func(s *shared, t *sim.Thread) { // ba, but only after the other has been through
		for !s.done.Load(t) {
			t.Sleep(1)
		}
		ba(s, t)
	}
	first := func(s *shared, t *sim.Thread) {
		ab(s, t)
		s.done.Store(t, true)
	}
	for _, c := range []struct {
		program    inline
		verdict    explore.PredictionVerdict
		why        string
		violations string
	}{
		{inline{"opposite", []func(*shared, *sim.Thread){busy(ab), ba}}, explore.Proven, "directed", "deadlock a, b at"},
		{inline{"gated", []func(*shared, *sim.Thread){gated(ab), gated(ba)}}, explore.Guarded, "by gate", ""},
		{inline{"after", []func(*shared, *sim.Thread){first, late}}, explore.Unproven, "directed", "order a > b"},
	} {
		r := ordered(t, c.program, 5, 1)
		if len(r.Predictions) != 1 {
			t.Errorf("%s: %+v", c.program.name, r.Predictions)
			continue
		}
		p := r.Predictions[0]
		guarded := p.Verdict == explore.Guarded && p.Guard == "gate"
		if p.Verdict != c.verdict || !strings.Contains(p.Why, c.why) || p.Classes != "a > b" || guarded != (p.Guard != "") {
			t.Errorf("%s: %+v", c.program.name, p)
		}
		var got []string
		for _, v := range r.Violations {
			got = append(got, v.Signature)
		}
		if s := strings.Join(got, "; "); !strings.HasPrefix(s, c.violations) || len(got) > 1 || (s == "") != (c.violations == "") {
			t.Errorf("%s: violations %q, want %q", c.program.name, s, c.violations)
		}
	}
}

// A deadlock that the campaign meets by itself is not reported again by order.
func TestFoundIsNotPredicted(t *testing.T) {
	r := ordered(t, inline{"opposite", []func(*shared, *sim.Thread){ab, ba}}, 200, 1)
	if len(r.Violations) != 1 || r.Violations[0].Kind != sim.KindDeadlock || r.Violations[0].Origin != "" {
		t.Errorf("%+v", r.Violations)
	}
	if len(r.Predictions) != 1 || r.Predictions[0].Verdict != explore.Proven || r.Predictions[0].Schedules != 0 {
		t.Errorf("%+v", r.Predictions)
	}
}

// A search looks at the locks of its schedules as sampling does.
func TestSearchesPredict(t *testing.T) {
	for _, name := range []string{"dfs", "dpor"} {
		search := explore.Config{Strategy: name, Preemptions: strategy.Unbounded}
		r := orderedBy(t, inline{"gated", []func(*shared, *sim.Thread){gated(ab), gated(ba)}}, search)
		if len(r.Predictions) != 1 || r.Predictions[0].Verdict != explore.Guarded || len(r.Violations) > 0 || !r.Complete {
			t.Errorf("%s: %+v, %+v", name, r.Predictions, r.Violations)
		}
		r = orderedBy(t, inline{"call", []func(*shared, *sim.Thread){caller, ab}}, search)
		if len(r.Violations) != 1 || r.Violations[0].Kind != sim.KindUpcall || !r.Complete {
			t.Errorf("%s: %+v", name, r.Violations)
		}
	}
}

// What is predicted and found does not depend on how the work is divided.
func TestOrderForAnyNumberOfWorkers(t *testing.T) {
	programs := []explore.Program{
		inline{"opposite", []func(*shared, *sim.Thread){busy(ab), ba}},
		program(t, "crowd"), program(t, "philosophers"),
		inline{"call", []func(*shared, *sim.Thread){caller, ab}},
	}
	for _, p := range programs {
		want := ordered(t, p, 300, 1)
		for _, workers := range []int{2, 3} {
			got := ordered(t, p, 300, workers)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(explore.Result{}, "Workers", "Elapsed")); diff != "" {
				t.Errorf("%s, %d workers: %s", p.Name(), workers, diff)
			}
		}
	}
}

// caller holds a and waits for a thread that answers it.
func caller(s *shared, t *sim.Thread) {
	s.a.Enter(t)
	ask(s, t, "ASK", &s.gate)
	s.a.Exit(t)
}

// ask waits for the answer of a thread that takes the mutex to give it.
func ask(s *shared, t *sim.Thread, call string, m *ksync.Mutex) {
	reply := new(sim.Object)
	t.World().Register(reply, "REPLY", call, 0, nil)
	u := t.Fork("server of "+t.Name(), 0, func(u *sim.Thread) {
		m.Enter(u)
		m.Exit(u)
		u.Discharged(reply)
	})
	u.Serves(t, reply)
	t.Awaits(reply, "", nil)
	t.Join(u)
}

func TestUpcalls(t *testing.T) {
	want := func(program inline, signature, evidence string) {
		t.Helper()
		r := ordered(t, program, 20, 1)
		var got, lines string
		for _, v := range r.Violations {
			got += v.Signature
			for _, e := range v.Evidence {
				lines += e.Title + ": " + strings.Join(e.Lines, "; ") + "\n"
			}
		}
		if !strings.HasPrefix(got, signature) || (got == "") != (signature == "") || !strings.Contains(lines, evidence) {
			t.Errorf("%s: %q, %s", program.name, got, lines)
		}
	}
	want(inline{"nobody wants it", []func(*shared, *sim.Thread){caller}}, "", "")
	want(inline{"one wants it", []func(*shared, *sim.Thread){caller, ab}}, "upcall ASK with a at explore_test.caller", "q wants a at step")
	want(inline{"an answer needs it", []func(*shared, *sim.Thread){caller, func(s *shared, t *sim.Thread) {
		ask(s, t, "OTHER", &s.a)
	}}}, "upcall ASK with a at explore_test.caller", ", which answers calls, wants a at step")
}

// A schedule that shows a wrong order shows it again when it runs by itself.
func TestOrderReplays(t *testing.T) {
	m := explore.LockMonitor(inline{}, sim.KindDeadlock, "deadlock a")
	if m != nil {
		t.Error("a deadlock needs no monitor")
	}
	p := inline{"opposite", []func(*shared, *sim.Thread){ab, ba}}
	r := p.NewRunner(nil)
	defer r.Close()
	res := r.Run(sim.Config{Detail: true, Locks: explore.LockMonitor(p, sim.KindOrder, "order a > b")}, first{})
	if res.Failure == nil || res.Failure.Kind != sim.KindOrder || len(res.Failure.Sites) != 4 {
		t.Fatalf("%+v", res)
	}
	res = r.Run(sim.Config{Detail: true, Locks: explore.LockMonitor(p, sim.KindOrder, "order a > c")}, first{})
	if res.Outcome != sim.Passed {
		t.Errorf("%+v", res.Failure)
	}
}

// first runs one thread after the other.
type first struct{}

func (first) Begin(*sim.World)                                {}
func (first) Pick(w *sim.World, _ *sim.Thread) int            { return w.Enabled().At(0) }
func (first) Choose(*sim.World, *sim.Thread, int, string) int { return 0 }
