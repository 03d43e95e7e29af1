// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dlsim/scenarios"
	"dlsim/sim/explore"
)

func none(explore.Expectation) bool { return false }

// TestShrinkKeepsWhatIsNeeded shrinks a scenario as long as it still says something.
func TestShrinkKeepsWhatIsNeeded(t *testing.T) {
	src := `# How it began.
name: many
about: >-
  Much of this
  is not needed.
system:
  zones: [{name: web, id: 5}, {name: db, id: 6}]
  links:
    - {name: net0, class: phys}
    # The one that matters.
    - {name: vnic0, class: vnic, over: net0, props: [mtu], flows: 2}
    - {name: vnic1, class: vnic, over: net0, assigned: web}
  daemon: forks
processes:
  agent: [admin, prober]
threads:
  admin:
    - {hold_tmp: vnic0, as: h}
    - barrier: {name: go, threads: 3}
    - rele_tmp: h
    - repeat: {times: 8, steps: [kstat_read: vnic1, {repeat: {times: 5, steps: [kstat_read: vnic0]}}]}
  prober:
    - barrier: {name: go, threads: 3}
    - signal: admin
  other:
    zone: web
    steps:
      - barrier: {name: go, threads: 3}
      - kstat_read: net0
faults: [{upcall: GETNAME, errno: EINTR, times: 4, thread: prober, maybe: true}, {upcall: any, errno: EBADF}]
expect:
  - {kind: panic, bug: L01}
  - {kind: hang, bug: L02}
`
	tests := []struct {
		name  string
		needs []string // words that must stay
		want  string   // from "system" to "expect"
	}{
		{
			"nothing but a thread", nil,
			"system:\n  links:\n    - {name: net0, class: phys}\nthreads:\n  other:\n    steps:\n      - kstat_read: net0\n",
		},
		{
			"a hold and its release",
			[]string{"rele_tmp"},
			"system:\n  links:\n    - {name: net0, class: phys}\n    # The one that matters.\n" +
				"    - {name: vnic0, class: vnic, over: net0}\nthreads:\n  admin:\n    - {hold_tmp: vnic0, as: h}\n    - rele_tmp: h\n",
		},
	}
	sc, err := scenarios.Parse("many.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		second := func(e explore.Expectation) bool { return e.Bug == "L02" }
		small := scenarios.Shrink(sc, second, func(c *scenarios.Scenario) bool {
			for _, w := range test.needs {
				if !strings.Contains(string(c.Source), w) {
					return false
				}
			}
			return true
		})
		want := "# How it began.\nname: many\nabout: >-\n  Much of this\n  is not needed.\n" + test.want +
			"expect:\n  - {kind: hang, bug: L02}\n"
		if d := cmp.Diff(want, string(small.Source)); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, d)
		}
	}
}

// TestShrinkAsksOnlyOfScenariosThatLoad shrinks every scenario as far as it goes and expects
// all that it asks of to be brought up, or refused in words, at a place in its own text; each
// to be smaller than the last; and the end to be one thread with one operation.
func TestShrinkAsksOnlyOfScenariosThatLoad(t *testing.T) {
	for i, sc := range shipped(t) {
		if i%4 != 0 { // each is like others
			continue
		}
		last := sc
		small := scenarios.Shrink(sc, none, func(c *scenarios.Scenario) bool {
			again, err := scenarios.Parse(c.File, c.Source)
			if err != nil {
				t.Fatalf("%s: %v\n%s", sc.Name, err, c.Source)
			}
			lines := strings.Split(string(c.Source), "\n")
			for _, th := range again.Threads {
				for _, s := range th.Steps {
					if at := lines[s.Line-1][s.Col-1:]; !strings.HasPrefix(at, s.Op.Name) {
						t.Errorf("%s: %s is at %d:%d, where there is %q", sc.Name, s.Text, s.Line, s.Col, at)
					}
				}
			}
			if c.Name != sc.Name {
				t.Errorf("%s is called %s", sc.Name, c.Name)
			}
			if _, err := scenarios.NewProgram(c, scenarios.Options{}); err != nil {
				return false
			}
			if a, b := sizes(c), sizes(last); slices.Compare(a, b) > 0 {
				t.Errorf("%s: %v after %v", sc.Name, a, b)
			}
			last = c
			return true
		})
		if threads, operations, faults := small.Size(); threads != 1 || operations != 1 || faults != 0 {
			t.Errorf("%s: %d threads, %d operations, %d faults are left:\n%s", sc.Name, threads, operations, faults, small.Source)
		}
	}
}

func sizes(sc *scenarios.Scenario) []int {
	a, b, c := sc.Size()
	return []int{a, b, c, len(sc.Source)}
}

// TestShrinkIsDeterministic asks the same questions twice.
func TestShrinkIsDeterministic(t *testing.T) {
	for _, sc := range shipped(t)[:8] {
		asked := func() (texts []string) {
			scenarios.Shrink(sc, none, func(c *scenarios.Scenario) bool {
				texts = append(texts, string(c.Source))
				return len(c.Source)%3 != 0
			})
			return texts
		}
		if d := cmp.Diff(asked(), asked()); d != "" {
			t.Errorf("%s: %s", sc.Name, d)
		}
	}
}
