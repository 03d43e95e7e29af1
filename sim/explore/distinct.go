// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"math/bits"

	"dlsim/sim"
)

// DistinctExactMax is the number of different interleavings up to which they are counted
// exactly. Above it the count is an estimate with a standard error below 0.3 %, and memory
// stays flat.
const DistinctExactMax = 1 << 19

const loadMax = 2 // slots to an entry, at least

// distinct counts different fingerprints, and those seen once only. When it has kept as many
// as it may, it goes on with a random half of them: those whose hash has one more zero at its
// end, so that a fingerprint is kept either always or never (adaptive sampling, after
// Wegman). The zero value is empty.
type distinct struct {
	// slots is an open hash table of hashes of fingerprints. The highest bit of a slot says
	// that the fingerprint was seen more than once; 0 is an empty slot.
	slots []uint64
	max   int // entries; 0 means DistinctExactMax
	n     int // entries
	once  int // entries seen once only
	level int // zeros at the end of every hash that is kept
	// seen counts the fingerprints added, by the zeros at the end of their hash.
	seen [65]int64
}

const seenOften = 1 << 63

// add adds a fingerprint and reports whether it is known to be new: whether it is kept, and
// was not seen before.
func (d *distinct) add(print uint64) bool {
	hash := sim.Mix(print)
	zeros := bits.TrailingZeros64(hash)
	d.seen[zeros]++
	if (d.n+1)*loadMax > len(d.slots) {
		d.makeRoom()
	}
	if zeros < d.level || !d.insert(hash) {
		return false
	}
	d.n++
	d.once++
	return true
}

// insert puts a hash into the table and reports whether it is new.
func (d *distinct) insert(hash uint64) bool {
	key := hash &^ seenOften
	if key == 0 {
		key = 1 << 62
	}
	s := d.find(key)
	switch *s {
	case 0:
		*s = key
		return true
	case key:
		*s |= seenOften
		d.once--
	}
	return false
}

// find returns the slot of key, or the empty one in which it belongs.
func (d *distinct) find(key uint64) *uint64 {
	mask := uint64(len(d.slots) - 1)
	for i := key >> 20 & mask; ; i = (i + 1) & mask {
		if s := d.slots[i] &^ seenOften; s == 0 || s == key {
			return &d.slots[i]
		}
	}
}

// makeRoom makes the table larger or, if it is as large as it may be, goes on with a half of
// the fingerprints.
func (d *distinct) makeRoom() {
	if d.max == 0 {
		d.max = DistinctExactMax
	}
	full := d.n >= d.max
	if full {
		d.level++
	}
	kept := make([]uint64, 0, d.n)
	for _, s := range d.slots {
		if s != 0 && bits.TrailingZeros64(s) >= d.level {
			kept = append(kept, s)
		}
	}
	if full {
		clear(d.slots)
	} else {
		d.slots = make([]uint64, max(1024, 2*len(d.slots)))
	}
	d.n, d.once = len(kept), 0
	for _, s := range kept {
		*d.find(s &^ seenOften) = s
		if s&seenOften == 0 {
			d.once++
		}
	}
}

// count returns how many different fingerprints were added, and whether that is exact.
func (d *distinct) count() (int64, bool) { return int64(d.n) << d.level, d.level == 0 }

// saturation estimates the probability that one more schedule shows an interleaving that
// was seen before, after Good and Turing: 1 minus the share of those seen only once.
func (d *distinct) saturation() float64 {
	total := int64(0)
	for _, n := range d.seen[d.level:] {
		total += n
	}
	if total == 0 {
		return 0
	}
	return 1 - float64(d.once)/float64(total)
}
