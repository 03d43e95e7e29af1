// SPDX-License-Identifier: CDDL-1.0

package explore_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/explore/exploretest"
	"dlsim/sim/strategy"
)

const unbounded = strategy.Unbounded

func program(t *testing.T, name string) exploretest.Program {
	t.Helper()
	p, ok := exploretest.Named(name)
	if !ok {
		t.Fatalf("no program %s", name)
	}
	return p
}

func campaign(t *testing.T, name string, cfg explore.Config) *explore.Result {
	t.Helper()
	r, err := explore.Explore(context.Background(), program(t, name), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFinds(t *testing.T) {
	tests := []struct {
		program   string
		kind      sim.Kind
		signature string // without line numbers
	}{
		{"hang", sim.KindHang, "hang ready_cv at exploretest.lostWakeupWith.func2"},
		{"lifetime", sim.KindLifetime, "lifetime packet_t at exploretest.useAfterFree.func1"},
		{"panic", sim.KindPanic, "panic VERIFY(refs > 0) at exploretest.verify.func1"},
		{"philosophers", sim.KindDeadlock, "deadlock fork at exploretest.dine"},
		{"stale", sim.KindStale, "stale table_a and table_b"},
	}
	for _, strategy := range explore.StrategyNames() {
		for _, test := range tests {
			schedules := int64(500)
			if strategy == "dfs" { // which begins with those that have few preemptions late
				schedules = 50_000
			}
			r := campaign(t, test.program, explore.Config{
				Strategy: strategy, Preemptions: unbounded, Schedules: schedules, Seed: 1,
			})
			if r.Verdict != explore.Violated || len(r.Violations) == 0 {
				t.Errorf("%s, %s: verdict %s", test.program, strategy, r.Verdict)
				continue
			}
			i := slices.IndexFunc(r.Violations, func(v *explore.Violation) bool {
				return v.Kind == test.kind && strings.HasPrefix(v.Signature, test.signature)
			})
			if i < 0 {
				t.Errorf("%s, %s: no %s; the first is %s", test.program, strategy, test.signature,
					r.Violations[0].Signature)
				continue
			}
			if v := r.Violations[i]; v.Count < 1 || v.First >= r.Schedules || len(v.Choices) == 0 {
				t.Errorf("%s, %s: count %d, first %d, %d choices", test.program, strategy,
					v.Count, v.First, len(v.Choices))
			}
		}
	}
}

// The result of a number of schedules is the same for any number of workers. With -short there are fewer, still in
// batches that all workers have a part of.
func TestWorkers(t *testing.T) {
	schedules := int64(1500)
	if testing.Short() {
		schedules = 150
	}
	for _, name := range []string{"counter", "mixed", "philosophers", "spin"} {
		for _, strategy := range explore.StrategyNames() {
			var want *explore.Result
			for _, workers := range []int{1, 2, 3} {
				got := campaign(t, name, explore.Config{
					Strategy: strategy, Schedules: schedules, Seed: 7, Workers: workers, StepsMax: 200,
				})
				if want == nil {
					want = got
					continue
				}
				diff := cmp.Diff(want, got, cmpopts.IgnoreFields(explore.Plan{}, "Profile"),
					cmpopts.IgnoreFields(explore.Result{}, "Workers", "Elapsed"))
				if diff != "" {
					t.Errorf("%s, %s, %d workers: %s", name, strategy, workers, diff)
				}
			}
		}
	}
}

func TestVerdicts(t *testing.T) {
	deadlock := explore.Expectation{Kind: sim.KindDeadlock, At: []string{"exploretest.dine"}}
	elsewhere := explore.Expectation{Kind: sim.KindDeadlock, At: []string{"nowhere"}}
	tests := []struct {
		program string
		expect  []explore.Expectation
		checks  []string
		want    explore.Verdict
	}{
		{"counter", nil, nil, explore.Expected},
		{"counter", []explore.Expectation{deadlock}, nil, explore.Missing},
		{"philosophers", []explore.Expectation{deadlock}, nil, explore.Expected},
		{"philosophers", []explore.Expectation{elsewhere}, nil, explore.Violated},
		{"philosophers", nil, []string{"panic"}, explore.Expected}, // hang is off too
		{"patience", nil, nil, explore.Expected},
		{"spin", nil, nil, explore.Violated},
		{"spin", nil, []string{"panic"}, explore.Unknown}, // livelock is off
	}
	for _, test := range tests {
		r := campaign(t, test.program, explore.Config{
			Strategy: "random", Schedules: 200, Seed: 3, StepsMax: 500,
			Expect: test.expect, Checks: test.checks,
		})
		if r.Verdict != test.want {
			t.Errorf("%s expecting %v: %s, want %s", test.program, test.expect, r.Verdict,
				test.want)
		}
		if test.checks != nil && r.Unknowns == 0 && r.Ignored == 0 {
			t.Errorf("%s: nothing ignored", test.program)
		}
	}
}

func TestFailFast(t *testing.T) {
	all := campaign(t, "philosophers", explore.Config{
		Strategy: "random", Schedules: 500, Seed: 5,
	})
	fast := campaign(t, "philosophers", explore.Config{
		Strategy: "random", Schedules: 500, Seed: 5, FailFast: true, Workers: 2,
	})
	if fast.Schedules != all.Violations[0].First+1 || fast.Verdict != explore.Violated {
		t.Errorf("%d schedules, %s; the first violation is in schedule %d",
			fast.Schedules, fast.Verdict, all.Violations[0].First)
	}
}

// TestCampaignUntil: a campaign goes on until a failure is the one that is asked for, whatever else fails
// before, also one of the same signature.
func TestCampaignUntil(t *testing.T) {
	cfg := explore.Config{Strategy: "random", Schedules: 500, Seed: 1}
	first := campaign(t, "philosophers", cfg).Violations[0]
	cfg.Until = func(r *explore.Record) bool { return r.Signature == first.Signature && r.Digest != first.Digest }
	r := campaign(t, "philosophers", cfg)
	if x := r.Reached; x == nil || x.Digest == first.Digest || len(x.Events) == 0 || r.Schedules != x.First+1 || x.First <= first.First {
		t.Errorf("%+v", x)
	}
	cfg.Until = func(*explore.Record) bool { return false }
	if r := campaign(t, "philosophers", cfg); r.Reached != nil || r.Schedules != 500 {
		t.Errorf("%d schedules, %+v", r.Schedules, r.Reached)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, err := explore.Explore(ctx, program(t, "counter"), explore.Config{
		Strategy: "random", Schedules: 1 << 40, Workers: 2,
		Progress: func(done int64) {
			if done > 1000 {
				cancel()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Verdict != explore.Unknown || r.Schedules < 1000 {
		t.Errorf("%d schedules, interrupted %v, %s", r.Schedules, r.Interrupted, r.Verdict)
	}
}

func TestTime(t *testing.T) {
	r := campaign(t, "counter", explore.Config{Strategy: "pct", Time: 50 * time.Millisecond})
	if r.Interrupted || r.Verdict != explore.Expected || r.Schedules == 0 {
		t.Errorf("%d schedules, interrupted %v, %s", r.Schedules, r.Interrupted, r.Verdict)
	}
}

// A program that counts its own runs shows itself.
func TestNondeterminism(t *testing.T) {
	_, err := explore.Explore(context.Background(), forgetful{program(t, "counter")},
		explore.Config{Strategy: "random", Schedules: 10})
	if _, ok := err.(*explore.Nondeterminism); !ok {
		t.Fatalf("got %v", err)
	}
}

type forgetful struct{ exploretest.Program }

func (p forgetful) NewRunner([]string) explore.Runner {
	return &forgetfulRunner{world: sim.New()}
}

type forgetfulRunner struct {
	world *sim.World
	runs  int
}

func (r *forgetfulRunner) Run(cfg sim.Config, s sim.Strategy) sim.Result {
	r.runs++
	return r.world.Run(cfg, s, func(t *sim.Thread) {
		for range r.runs {
			t.Yield()
		}
	})
}

func (r *forgetfulRunner) World() *sim.World { return r.world }
func (r *forgetfulRunner) Close()            { r.world.Close() }

func TestConfigRefused(t *testing.T) {
	for _, cfg := range []explore.Config{
		{Strategy: "luck", Schedules: 1},
		{Strategy: "pct"},
		{Strategy: "pct", Schedules: -1},
		{Strategy: "pct", Schedules: 1, Depth: -1},
	} {
		if _, err := explore.Explore(context.Background(), program(t, "counter"), cfg); err == nil {
			t.Errorf("%+v accepted", cfg)
		}
	}
}

func TestInterval(t *testing.T) {
	low, high := explore.Interval(5, 100) // 0.0215 to 0.1118 by Wilson's formula
	if low < 0.0214 || low > 0.0216 || high < 0.1117 || high > 0.1119 {
		t.Errorf("%f to %f", low, high)
	}
}

// undecided is a program of which no end can be judged.
type undecided struct{ explore.Program }

type cannotJudge struct{ explore.Runner }

func (p undecided) NewRunner(checks []string) explore.Runner {
	return cannotJudge{p.Program.NewRunner(checks)}
}

func (r cannotJudge) Run(cfg sim.Config, s sim.Strategy) sim.Result {
	res := r.Runner.Run(cfg, s)
	if res.Outcome == sim.Passed {
		res.Outcome = sim.Unknown
	}
	return res
}

func TestUndecided(t *testing.T) {
	cfg := explore.Config{Strategy: "random", Schedules: 50, Seed: 3, StepsMax: 500, Checks: []string{"panic"}}
	r, err := explore.Explore(context.Background(), undecided{program(t, "counter")}, cfg)
	if err != nil || r.Verdict != explore.Unknown || r.Unknowns != 50 || r.Undecided != 50 {
		t.Errorf("%v: %s, %d of %d unknown schedules are undecided", err, r.Verdict, r.Undecided, r.Unknowns)
	}
	if r := campaign(t, "spin", cfg); r.Unknowns == 0 || r.Undecided != 0 {
		t.Errorf("of %d schedules that reach the step limit %d are undecided", r.Unknowns, r.Undecided)
	}
}
