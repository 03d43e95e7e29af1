// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"dlsim/sim/explore"
)

// BaselineName is the file name of a baseline among scenarios; Find does not take it for one.
const BaselineName = "baseline.yaml"

// Baseline is a file that lists violations that are known already.
type Baseline struct {
	Violations []Known `yaml:"violations" required:"true" doc:"What is known, one entry for each signature, or several if it is a sign of several bugs."`
}

// Known is a known violation.
type Known struct {
	Bug       string   `yaml:"bug" doc:"The id of the bug in the bug book."`
	Signature string   `yaml:"signature" required:"true" doc:"The signature that reports, traces and --json show, whole."`
	Scenarios []string `yaml:"scenarios" required:"true" name:"scenario" doc:"The scenarios that show it. When all of them have run and none shows it any more, the entry is stale."`
	Note      string   `yaml:"note" doc:"What else is worth knowing, such as why it cannot be avoided."`
}

// ParseBaseline checks the text of a baseline; file is its name in errors, each of which is
// an *Error.
func ParseBaseline(file string, src []byte) (*Baseline, error) {
	d := &decoder{file: file, src: src, sort: "baseline", begin: "begin with violations:"}
	root, err := d.document()
	if err != nil {
		return nil, err
	}
	b := new(Baseline)
	if err := d.object(root, reflect.ValueOf(b).Elem(), "the baseline"); err != nil {
		return nil, err
	}
	type key struct{ signature, bug string }
	first := make(map[key]int)
	for i, k := range b.Violations {
		at := d.entry(root, i)
		kind, _, _ := strings.Cut(k.Signature, " ")
		x := key{k.Signature, k.Bug}
		switch {
		case !slices.Contains(explore.AllCheckNames(), kind):
			return nil, d.fail(at, suggest(kind, explore.AllCheckNames()),
				"entry %d: a signature begins with the name of a check, not %s", i+1, kind)
		case len(k.Scenarios) == 0:
			return nil, d.fail(at, "name the scenarios that show it, or remove the entry",
				"entry %d: no scenario shows it", i+1)
		case first[x] > 0:
			return nil, d.fail(at, fmt.Sprintf("entry %d has it", first[x]),
				"entry %d: the signature is there twice", i+1)
		}
		first[x] = i + 1
	}
	return b, nil
}

// LoadBaseline reads and checks a baseline file.
func LoadBaseline(file string) (*Baseline, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return ParseBaseline(file, src)
}

// LoadBaselineIfAny is LoadBaseline of a file that need not exist: then it is empty.
func LoadBaselineIfAny(file string) (*Baseline, error) {
	b, err := LoadBaseline(file)
	if errors.Is(err, fs.ErrNotExist) {
		return new(Baseline), nil
	}
	return b, err
}

// Known returns the entries in the form in which campaigns use them, in the same order.
func (b *Baseline) Known() []explore.Known {
	out := make([]explore.Known, len(b.Violations))
	for i, k := range b.Violations {
		out[i] = explore.Known{Signature: k.Signature, Bug: k.Bug, Scenarios: k.Scenarios}
	}
	return out
}

// Shown is what a scenario that has run shows.
type Shown struct {
	Checks []string          // that were made
	Bugs   map[string]string // by signature; "" for one that has no id
}

// Found is what the scenarios that have run show, by their names.
type Found map[string]Shown

// looked reports whether a scenario has run under the check that a signature is of.
func (f Found) looked(scenario, signature string) bool {
	kind, _, _ := strings.Cut(signature, " ")
	return slices.Contains(f[scenario].Checks, kind)
}

// Stale returns the entries all of whose scenarios have run, under the check that reports it,
// without one of them showing it.
func (b *Baseline) Stale(found Found) []Known {
	var out []Known
	for _, k := range b.Violations {
		stale := true
		for _, s := range k.Scenarios {
			_, shown := found[s].Bugs[k.Signature]
			stale = stale && found.looked(s, k.Signature) && !shown
		}
		if stale {
			out = append(out, k)
		}
	}
	return out
}

// Refresh returns the baseline with what the scenarios that have run show, under the checks
// that were made, in place of what it says of them. It keeps what it says of others, the bugs of
// signatures that are found without one, and notes.
func (b *Baseline) Refresh(found Found) *Baseline {
	type key struct{ bug, signature string }
	entries := make(map[key]*Known)
	show := func(k key, note, scenario string) {
		e := entries[k]
		if e == nil {
			e = &Known{Bug: k.bug, Signature: k.signature}
			entries[k] = e
		}
		e.Note = cmp.Or(e.Note, note)
		e.Scenarios = append(e.Scenarios, scenario)
	}
	old := explore.NewBaseline(b.Known())
	notes := make(map[key]string)
	for _, k := range b.Violations {
		notes[key{k.Bug, k.Signature}] = k.Note
		for _, s := range k.Scenarios {
			if !found.looked(s, k.Signature) {
				show(key{k.Bug, k.Signature}, k.Note, s)
			}
		}
	}
	for scenario, shown := range found {
		for signature, bug := range shown.Bugs {
			if known := old.Find(signature, scenario); known != nil && bug == "" {
				bug = known.Bug
			}
			k := key{bug, signature}
			show(k, notes[k], scenario)
		}
	}
	out := new(Baseline)
	for k := range maps.Values(entries) {
		slices.Sort(k.Scenarios)
		k.Scenarios = slices.Compact(k.Scenarios)
		out.Violations = append(out.Violations, *k)
	}
	slices.SortFunc(out.Violations, func(a, b Known) int {
		return cmp.Or(cmp.Compare(a.Bug, b.Bug), cmp.Compare(a.Signature, b.Signature))
	})
	return out
}

const baselineHead = `# Known violations, by signature, with their ids in the bug book. dlsim run --baseline fails on any
# other. Refresh it with dlsim run --write-baseline, which keeps bugs and notes written here by hand.
`

// Text returns the file of the baseline: the same text for the same entries.
func (b *Baseline) Text() []byte {
	type entry struct {
		Bug       string   `yaml:"bug,omitempty"`
		Signature string   `yaml:"signature"`
		Scenarios []string `yaml:"scenarios,flow"`
		Note      string   `yaml:"note,omitempty"`
	}
	file := struct {
		Violations []entry `yaml:"violations"`
	}{Violations: []entry{}}
	for _, k := range b.Violations {
		file.Violations = append(file.Violations, entry(k))
	}
	var out bytes.Buffer
	out.WriteString(baselineHead)
	if err := yaml.NewEncoder(&out, yaml.IndentSequence(true)).Encode(file); err != nil {
		panic("engine bug: " + err.Error()) // strings are all that is in it
	}
	return out.Bytes()
}
