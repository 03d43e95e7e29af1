// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"dlsim/devnet"
	"dlsim/scenarios"
	"dlsim/sim/explore"
)

// TestSignaturesAreStable explores scenarios under other thread names, in another order of
// threads, with links, a zone and a thread that have nothing to do with it declared before the
// others, which moves every number, and with other seeds and strategies. What is found must be
// what the baseline has for the scenario, by the same signatures. With -short two scenarios have to do.
func TestSignaturesAreStable(t *testing.T) {
	base, err := scenarios.LoadBaseline("baseline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := []string{
		"bugs/L04-flow-vs-zone-destroy.yaml", "bugs/L05-forced-destroy-with-holder.yaml", "bugs/L09-create-interrupted-with-proptask.yaml",
		"bugs/L17-two-returns-to-global.yaml", "bugs/L22-zone-gives-implicit-tunnel-back.yaml", "bugs/L24-zone-check-of-open.yaml",
		"pairs/iptun-delete-prop-set.yaml", "pairs/rename-aggr-vs-port-flow.yaml",
	}
	if testing.Short() {
		files = files[:2]
	}
	for _, file := range files {
		sc, err := scenarios.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, k := range base.Violations {
			if slices.Contains(k.Scenarios, sc.Name) {
				want = append(want, k.Signature)
			}
		}
		slices.Sort(want)
		found := make(map[string]bool)
		for i, strategy := range []string{"pct", "random", "pct", "pct"} {
			r := rand.New(rand.NewPCG(uint64(i), 7))
			src := disguised(t, sc, r)
			other, err := scenarios.Parse(file, src)
			if err != nil {
				t.Fatalf("%v\n%s", err, src)
			}
			cfg := other.Campaign()
			cfg.Strategy, cfg.Schedules, cfg.Seed = strategy, 800, r.Uint64()
			res, err := explore.Explore(t.Context(), program(t, other, scenarios.Options{}), cfg)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range res.Violations {
				found[v.Signature] = true
			}
		}
		if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
			t.Errorf("%s: found under other names\n\t%s\nand in the baseline are\n\t%s", file,
				strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	}
}

// disguised returns the text of sc with its threads renamed and shuffled, and strangers among
// what is declared.
func disguised(t *testing.T, sc *scenarios.Scenario, r *rand.Rand) []byte {
	t.Helper()
	text := string(sc.Source)
	for i, thread := range sc.Threads {
		name := regexp.MustCompile(`\b` + regexp.QuoteMeta(thread.Name) + `\b`)
		text = name.ReplaceAllString(text, fmt.Sprintf("w%d_%d", r.IntN(1000), i))
	}
	var doc yaml.MapSlice
	if err := yaml.UnmarshalWithOptions([]byte(text), &doc, yaml.UseOrderedMap()); err != nil {
		t.Fatal(err)
	}
	for i := range doc {
		switch doc[i].Key {
		case "threads":
			threads := append(doc[i].Value.(yaml.MapSlice), yaml.MapItem{Key: "stranger", Value: []any{map[string]any{"delay": "1ms"}}})
			r.Shuffle(len(threads), func(a, b int) { threads[a], threads[b] = threads[b], threads[a] })
			doc[i].Value = threads
		case "system":
			system := doc[i].Value.(yaml.MapSlice)
			for j := range system {
				if system[j].Key == "links" {
					system[j].Value = append([]any{
						map[string]any{"name": "stranger0", "class": "phys"}, map[string]any{"name": "stranger1", "class": "simnet"},
					}, system[j].Value.([]any)...)
				}
			}
			doc[i].Value = system
		}
	}
	out, err := yaml.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSignaturesSayNothingElse takes every signature that is known apart: a number in it is a
// line of a C function of the seed, and there is no name or number of an object, a thread, a
// link or a line of Go.
func TestSignaturesSayNothingElse(t *testing.T) {
	base, err := scenarios.LoadBaseline("baseline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sites := devnet.NewSites()
	place := regexp.MustCompile(`^([a-z_0-9]+)(?::(\d+))?$`)
	number := regexp.MustCompile(`#|\b\d{2,}|/\d`)
	for _, k := range base.Violations {
		what, places := k.Signature, ""
		if i := strings.LastIndex(what, " at "); i >= 0 {
			what, places = what[:i], what[i+len(" at "):]
		}
		if number.MatchString(what) {
			t.Errorf("%s: a number in what it is about", k.Signature)
		}
		for p := range strings.SplitSeq(places, ", ") {
			m := place.FindStringSubmatch(p)
			if places == "" {
				continue
			}
			if m == nil {
				t.Errorf("%s: %q is no place in C", k.Signature, p)
				continue
			}
			if line, err := strconv.Atoi(m[2]); err == nil && sites.Function(line) != m[1] {
				t.Errorf("%s: line %d is in %s", k.Signature, line, sites.Function(line))
			}
		}
	}
}
