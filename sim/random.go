// SPDX-License-Identifier: CDDL-1.0

package sim

import (
	"math/bits"
	"math/rand/v2"
)

// Stream is a named stream of random numbers. Streams of one seed and different names are
// independent, so that drawing more from one ("faults") leaves the others ("schedule") as
// they were. The zero value is not seeded; call Seed.
type Stream struct{ pcg rand.PCG }

// Seed restarts the stream as a pure function of seed and name.
func (s *Stream) Seed(seed uint64, name string) {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	s.pcg.Seed(Mix(seed), Mix(h))
}

// Uint64 returns the next 64 random bits.
func (s *Stream) Uint64() uint64 { return s.pcg.Uint64() }

// IntN returns a number in [0, n), n > 0, uniform up to a bias below n/2^64.
func (s *Stream) IntN(n int) int {
	hi, _ := bits.Mul64(s.pcg.Uint64(), uint64(n))
	return int(hi)
}

// Mix is a bijection of 64-bit words in which every input bit affects every output bit
// (the finaliser of splitmix64). It turns counters into seeds.
func Mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
