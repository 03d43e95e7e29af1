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

// Above the cap the count is an estimate in flat memory.
func TestDistinctEstimate(t *testing.T) {
	var d distinct
	const n = 3 * DistinctExactMax
	for i := range uint64(n) {
		d.add(i)
		d.add(i)
	}
	got, exact := d.count()
	if exact || got < n*97/100 || got > n*103/100 {
		t.Errorf("%d (exact %v), want about %d", got, exact, n)
	}
	if d.slots != nil || len(d.registers) != 1<<registerBits {
		t.Errorf("%d slots, %d registers", len(d.slots), len(d.registers))
	}
}
