// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"math"
	"math/bits"

	"dlsim/sim"
)

// DistinctExactMax is the number of different interleavings up to which they are counted
// exactly. Above it the count is an estimate with a standard error below 1 %, and memory
// stays flat.
const DistinctExactMax = 1 << 20

const (
	registerBits = 14 // HyperLogLog: error 1.04/sqrt(2^14) = 0.8 %
	loadMax      = 2  // slots per entry, at least
)

// distinct counts different fingerprints. The zero value is empty.
type distinct struct {
	// slots is an open hash table of fingerprints. The lowest bit of a slot says that the
	// fingerprint was seen more than once; 0 is an empty slot.
	slots     []uint64
	n         int   // entries
	once      int   // entries seen once only
	seen      int64 // fingerprints added while the count was exact
	registers []uint8
}

func (d *distinct) add(print uint64) {
	print = sim.Mix(print)
	if d.registers != nil {
		d.estimateAdd(print)
		return
	}
	d.seen++
	if (d.n+1)*loadMax > len(d.slots) {
		d.grow()
	}
	if d.insert(print &^ 1) {
		d.once++
		if d.n++; d.n == DistinctExactMax {
			d.estimateBegin()
		}
	}
}

// insert puts key, whose lowest bit is clear, into the table and reports whether it is new.
func (d *distinct) insert(key uint64) bool {
	if key == 0 {
		key = 2
	}
	mask := uint64(len(d.slots) - 1)
	for i := key >> 1 & mask; ; i = (i + 1) & mask {
		switch s := d.slots[i]; {
		case s == 0:
			d.slots[i] = key
			return true
		case s == key:
			d.slots[i] |= 1
			d.once--
			return false
		case s == key|1:
			return false
		}
	}
}

func (d *distinct) grow() {
	old := d.slots
	d.slots = make([]uint64, max(1024, 2*len(old)))
	mask := uint64(len(d.slots) - 1)
	for _, s := range old {
		if s == 0 {
			continue
		}
		i := s >> 1 & mask
		for d.slots[i] != 0 {
			i = (i + 1) & mask
		}
		d.slots[i] = s
	}
}

// estimateBegin changes from counting to estimating and lets the table go.
func (d *distinct) estimateBegin() {
	d.registers = make([]uint8, 1<<registerBits)
	for _, s := range d.slots {
		if s != 0 {
			d.estimateAdd(s &^ 1)
		}
	}
	d.slots = nil
}

func (d *distinct) estimateAdd(key uint64) {
	r := &d.registers[key>>(64-registerBits)]
	*r = max(*r, uint8(1+bits.LeadingZeros64(key<<registerBits|1<<(registerBits-1))))
}

// count returns how many different fingerprints were added, and whether that is exact.
func (d *distinct) count() (int64, bool) {
	if d.registers == nil {
		return int64(d.n), true
	}
	sum := 0.0
	for _, r := range d.registers {
		sum += math.Ldexp(1, -int(r))
	}
	m := float64(len(d.registers))
	return int64(0.7213 / (1 + 1.079/m) * m * m / sum), false
}

// saturation estimates the probability that one more schedule shows an interleaving that
// was seen before, after Good and Turing: 1 minus the share of those seen only once. While
// the count is an estimate it stays what it was when it was last exact.
func (d *distinct) saturation() float64 {
	if d.seen == 0 {
		return 0
	}
	return 1 - float64(d.once)/float64(d.seen)
}
