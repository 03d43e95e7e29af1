// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"testing"

	"pgregory.net/rapid"
)

func TestDistinctExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prints := rapid.SliceOf(rapid.Uint64Range(0, 5000)).Draw(t, "prints")
		var d distinct
		times := make(map[uint64]int)
		for _, p := range prints {
			d.add(p)
			times[p]++
		}
		once := 0
		for _, n := range times {
			if n == 1 {
				once++
			}
		}
		n, exact := d.count()
		if n != int64(len(times)) || !exact || d.once != once {
			t.Fatalf("%d (exact %v), %d once; want %d, %d", n, exact, d.once, len(times), once)
		}
	})
}

// Above the cap the count and the share of what was seen once are estimates from a sample,
// and the table does not grow.
func TestDistinctEstimate(t *testing.T) {
	d := distinct{max: 1 << 15}
	const n = 40 << 15
	for i := range uint64(n) {
		d.add(i)
		if i%4 == 0 {
			d.add(i) // a quarter is seen twice
		}
	}
	got, exact := d.count()
	if exact || got < n*98/100 || got > n*102/100 {
		t.Errorf("%d (exact %v), want about %d", got, exact, n)
	}
	// Of 5 n/4 additions, 3 n/4 were of fingerprints seen once: 60 %.
	if s := d.saturation(); s < 0.39 || s > 0.41 {
		t.Errorf("saturation %.4f, want about 0.4", s)
	}
	if d.n > d.max || len(d.slots) > 2*loadMax*d.max {
		t.Errorf("%d entries, %d slots", d.n, len(d.slots))
	}
}

// What add says is new is what is new, and above the cap a part of it.
func TestDistinctNew(t *testing.T) {
	d := distinct{max: 1 << 10}
	seen, said := 0, 0
	for i := range uint64(1 << 14) {
		if d.add(i / 2) {
			said++
			if i%2 == 1 {
				t.Fatalf("%d is not new", i/2)
			}
		}
		if i%2 == 0 {
			seen++
		}
		if i < 1<<10 && said != seen {
			t.Fatalf("%d said to be new of %d", said, seen)
		}
	}
	if said == seen {
		t.Errorf("all %d known to be new, although %d are kept", said, d.n)
	}
}
