// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"testing"

	"dlsim/scenarios"
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// shipped loads all scenarios of the repository.
func shipped(t *testing.T) []*scenarios.Scenario {
	t.Helper()
	files, err := scenarios.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	var out []*scenarios.Scenario
	for _, file := range files {
		sc, err := scenarios.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, sc)
	}
	if len(out) < 8 {
		t.Fatalf("only %d scenarios", len(out))
	}
	return out
}

func program(t *testing.T, sc *scenarios.Scenario, opts scenarios.Options) *scenarios.Program {
	t.Helper()
	p, err := scenarios.NewProgram(sc, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestShippedScenarios explores each scenario of the repository on a plain and on a debug kernel, and
// expects what it says and nothing else. With -short, which the race detector's run asks for, there are
// too few schedules to find all that is expected, on one of the kernels, by two workers, which share the program.
func TestShippedScenarios(t *testing.T) {
	schedules, workers := int64(4000), 1
	kernels := []scenarios.Options{{}, {DebugKernel: true}}
	for i, sc := range shipped(t) {
		if testing.Short() {
			schedules, workers = 31, 2
			kernels = []scenarios.Options{{DebugKernel: i%2 == 0}}
		}
		for _, opts := range kernels {
			name := sc.Name
			if opts.DebugKernel {
				name += "/debug"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				cfg := sc.Campaign()
				cfg.Schedules, cfg.Workers = min(cfg.Schedules, schedules), workers
				res, err := explore.Explore(t.Context(), program(t, sc, opts), cfg)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range res.Violations {
					if !v.IsExpected() {
						t.Errorf("schedule %d: %s: %s", v.First, v.Kind, v.Message)
					}
				}
				if res.Verdict != explore.Expected && !(testing.Short() && res.Verdict == explore.Missing) {
					t.Errorf("verdict %s, missing %v", res.Verdict, res.Missing)
				}
			})
		}
	}
}

// TestSeedsAreDeterministic runs 10,000 seeds of one scenario twice, in different worlds,
// and expects the same steps.
func TestSeedsAreDeterministic(t *testing.T) {
	sc, err := scenarios.Load("core/destroy-vs-proptask.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := program(t, sc, scenarios.Options{})
	first, second := p.NewRunner(explore.CheckNames()), p.NewRunner(explore.CheckNames())
	defer first.Close()
	defer second.Close()
	distinct := make(map[uint64]bool)
	seeds := simtest.Fewer(10_000)
	for seed := range uint64(seeds) {
		a := first.Run(sim.Config{}, &strategy.Random{Seed: seed})
		b := second.Run(sim.Config{}, &strategy.Random{Seed: seed})
		if a.Digest != b.Digest || a.Fingerprint != b.Fingerprint || a.Steps != b.Steps {
			t.Fatalf("seed %d: digest %x and %x, %d and %d steps", seed, a.Digest, b.Digest, a.Steps, b.Steps)
		}
		distinct[a.Digest] = true
	}
	if len(distinct) < seeds/2 {
		t.Errorf("%d seeds gave only %d schedules", seeds, len(distinct))
	}
}

// TestImpossibleSystemIsRefused expects a system that cannot be brought up to be an error
// at the link's declaration.
func TestImpossibleSystemIsRefused(t *testing.T) {
	sc, err := scenarios.Parse("x.yaml", []byte(`name: x
system:
  zones: [{name: gone, id: 3, state: dead}]
  links:
    - {name: net0, class: phys, assigned: gone}
threads:
  a: [kstat_read: net0]
`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = scenarios.NewProgram(sc, scenarios.Options{})
	want := "x.yaml:5:8: link net0 cannot be brought up: ENXIO; see system in docs/scenario-reference.md\n" +
		"        - {name: net0, class: phys, assigned: gone}\n" +
		"           ^"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %v", err, want)
	}
}
