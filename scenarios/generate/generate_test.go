// SPDX-License-Identifier: CDDL-1.0

package generate_test

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dlsim/scenarios"
	"dlsim/scenarios/generate"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// load makes a program of a draft, or fails: whatever is generated is a scenario whose system
// comes up.
func load(t interface{ Fatalf(string, ...any) }, d *generate.Draft) (*scenarios.Scenario, *scenarios.Program) {
	sc, err := d.Scenario("generated")
	if err != nil {
		t.Fatalf("%v", err)
	}
	p, err := scenarios.NewProgram(sc, scenarios.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, sc.Source)
	}
	return sc, p
}

func TestDraftsAreScenarios(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc, _ := load(t, generate.Drafts(generate.Config{}).Draw(t, "draft"))
		if n := len(sc.Threads); n < 2 || n > 5 {
			t.Fatalf("%d threads\n%s", n, sc.Source)
		}
	})
}

// TestDraftsTerminate: no generated program runs for ever, whatever else it does.
func TestDraftsTerminate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc, p := load(t, generate.Drafts(generate.Config{}).Draw(t, "draft"))
		c := sc.Campaign()
		c.Strategy, c.Schedules, c.Workers = "random", 5, 1
		r, err := explore.Explore(context.Background(), p, c)
		if err != nil {
			t.Fatalf("%v\n%s", err, sc.Source)
		}
		if r.Unknowns > 0 {
			t.Fatalf("a schedule reached the step limit\n%s", sc.Source)
		}
	})
}

// TestSearchesOfDrafts: an operation that looks at something that it does not tell of has a search expect what does
// not happen, which it reports as an error.
func TestSearchesOfDrafts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc, p := load(t, generate.Drafts(generate.Config{ThreadsMax: 4, GesturesMax: 3}).Draw(t, "draft"))
		c := sc.Campaign()
		c.Strategy, c.Preemptions, c.Schedules = "dpor", strategy.Unbounded, 150
		if _, err := explore.Explore(context.Background(), p, c); err != nil {
			t.Fatalf("%v\n%s", err, sc.Source)
		}
	})
}

var held = regexp.MustCompile(`^\{\w+: ([\w.]+), as: (h\d+)\}$`)

// TestContracts: nobody deletes what he has open, keeps a temporary hold, or leaves a daemon or a
// process stopped.
func TestContracts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc, _ := load(t, generate.Drafts(generate.Config{}).Draw(t, "draft"))
		for _, th := range sc.Threads {
			open := map[string]string{}
			for i, s := range th.Steps {
				next := ""
				if i+1 < len(th.Steps) {
					next = th.Steps[i+1].Op.Name
				}
				if m := held.FindStringSubmatch(s.Text); m != nil {
					open[m[2]] = m[1]
				}
				word, arg, _ := strings.Cut(s.Text, ": ")
				switch word {
				case "rele", "rele_tmp", "close", "stream_detach":
					delete(open, arg)
				case "destroy", "detach":
					for h, link := range open {
						if link == arg {
							t.Fatalf("thread %s has %s open when it deletes it, as %s\n%s", th.Name, link, h, sc.Source)
						}
					}
				case "daemon_suspend":
					if next != "daemon_resume" {
						t.Fatalf("a daemon is left suspended\n%s", sc.Source)
					}
				case "stop":
					if next != "cont" {
						t.Fatalf("a process is left stopped\n%s", sc.Source)
					}
				}
				if s.Op.Yields == "tmp" && next != "rele_tmp" && next != "prop_task_wait" {
					t.Fatalf("a temporary hold is kept\n%s", sc.Source)
				}
			}
		}
	})
}

func source(g *generate.Genome) []byte { return generate.Make(generate.Config{}, g).Source("x") }

// TestGenomes: a genome means the same program when it is read again, and so does what becomes of it.
func TestGenomes(t *testing.T) {
	differ := 0
	for seed := range uint64(200) {
		g := generate.NewGenome(seed)
		before := source(g)
		again, err := generate.ParseGenome(g.String(), 99)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(source(again), before) {
			t.Fatalf("seed %d: another program when read again", seed)
		}
		a, b := g.Mutate(seed+1), g.Mutate(seed+1)
		if load(t, generate.Make(generate.Config{}, a)); !bytes.Equal(source(b), generate.Make(generate.Config{}, reread(t, a)).Source("x")) {
			t.Fatalf("seed %d: two mutations by one seed differ", seed)
		}
		if g.String() != again.String() {
			t.Fatalf("seed %d: the genome was changed", seed)
		}
		if a.String() != g.String() {
			differ++
		}
	}
	if differ < 190 {
		t.Errorf("only %d of 200 mutations change anything", differ)
	}
	if _, err := generate.ParseGenome("1,x", 0); err == nil {
		t.Error("a genome with a word in it is accepted")
	}
}

func reread(t *testing.T, g *generate.Genome) *generate.Genome {
	again, err := generate.ParseGenome(g.String(), 7)
	if err != nil {
		t.Fatal(err)
	}
	return again
}
