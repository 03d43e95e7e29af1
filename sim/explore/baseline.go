// SPDX-License-Identifier: CDDL-1.0

package explore

import "slices"

// Known is a violation that is known already.
type Known struct {
	Signature string
	Bug       string   // its id in the bug book, "" if it has none yet
	Scenarios []string // that show it
}

// Baseline is what a campaign may find. Signatures are compared whole: what differs from
// a known violation in one place is another violation.
type Baseline struct {
	known map[string][]*Known // by signature; several if it is a sign of several bugs
	all   bool
}

// NewBaseline returns a baseline of what is known. Signatures may be there several times,
// with different bugs.
func NewBaseline(known []Known) *Baseline {
	b := &Baseline{known: make(map[string][]*Known)}
	for i := range known {
		k := &known[i]
		b.known[k.Signature] = append(b.known[k.Signature], k)
	}
	return b
}

// All returns a copy of the baseline that accepts what is not in it as well, to write down
// whatever is found.
func (b *Baseline) All() *Baseline { return &Baseline{known: b.known, all: true} }

// Find returns the entry for a signature that was found in a scenario: the one that names
// the scenario, if there is one, else the first; nil if the signature is not known.
func (b *Baseline) Find(signature, scenario string) *Known {
	entries := b.known[signature]
	for _, k := range entries {
		if slices.Contains(k.Scenarios, scenario) {
			return k
		}
	}
	if len(entries) > 0 {
		return entries[0]
	}
	return nil
}

// recognise fills in what is known of a violation before the campaign.
func (c *Config) recognise(scenario string, v *Violation) {
	for _, e := range c.Expect {
		if e.Matches(v.Record) {
			v.Matches = e
			break
		}
	}
	if c.Baseline == nil {
		v.Accepted = v.IsExpected()
		return
	}
	v.Known = c.Baseline.Find(v.Signature, scenario)
	v.Accepted = v.Known != nil || c.Baseline.all
}
