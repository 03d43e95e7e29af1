// SPDX-License-Identifier: CDDL-1.0

package generate_test

import (
	"testing"

	"dlsim/scenarios/generate"
)

// met returns the pairs that so many programs bring together, drawn with or without a preference
// for new ones.
func met(programs int, prefer bool) *generate.Pairs {
	p := new(generate.Pairs)
	for seed := range uint64(programs) {
		var cfg generate.Config
		if prefer {
			cfg.Met = p
		}
		p.Add(generate.Make(cfg, generate.NewGenome(seed)))
	}
	return p
}

func TestPairsArePreferredWhenNew(t *testing.T) {
	plain, preferred := met(300, false), met(300, true)
	if preferred.Len() <= plain.Len() {
		t.Errorf("%d pairs with the preference, %d without", preferred.Len(), plain.Len())
	}
	if n := generate.Possible(); preferred.Len() > n || preferred.Len() < n*8/10 {
		t.Errorf("%d of %d pairs after 300 programs", preferred.Len(), n)
	}
	t.Log(preferred)
}

func TestPairs(t *testing.T) {
	var p generate.Pairs
	d := generate.Make(generate.Config{}, generate.NewGenome(3))
	n := p.Add(d)
	if n == 0 || p.Len() != n || p.Add(d) != 0 {
		t.Fatalf("a program brings %d pairs, then %d are known", n, p.Len())
	}
	var q generate.Pairs
	if err := q.Decode(p.Encode()); err != nil {
		t.Fatal(err)
	}
	if q.Encode() != p.Encode() || q.Len() != n {
		t.Errorf("read again:\n%s\nwritten:\n%s", q.Encode(), p.Encode())
	}
	if err := q.Decode("destroy\n"); err == nil {
		t.Error("half a pair is accepted")
	}
	for _, pair := range [][2]string{{"destroy", "create"}, {"create", "destroy"}} {
		if q.Decode("create destroy\n") != nil || !q.Has(pair[0], pair[1]) {
			t.Errorf("%s and %s have not met", pair[0], pair[1])
		}
	}
}
