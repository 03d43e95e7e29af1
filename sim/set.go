// SPDX-License-Identifier: CDDL-1.0

package sim

import "math/bits"

// Set is a set of threads of one world, kept in the order of their creation.
type Set struct {
	words []uint64
	n     int
}

// Len returns the number of threads in the set.
func (s *Set) Len() int { return s.n }

// Has reports whether thread id is in the set.
func (s *Set) Has(id int) bool {
	return id>>6 < len(s.words) && s.words[id>>6]&(1<<(id&63)) != 0
}

// At returns the id of the i-th thread of the set in creation order; 0 <= i < Len().
func (s *Set) At(i int) int {
	for k, x := range s.words {
		if c := bits.OnesCount64(x); i >= c {
			i -= c
			continue
		}
		for ; i > 0; i-- {
			x &= x - 1
		}
		return k<<6 + bits.TrailingZeros64(x)
	}
	panic("engine bug: Set.At out of range")
}

// Next returns the smallest id in the set that is greater than id, or -1. Start with -1.
func (s *Set) Next(id int) int {
	id++
	k := id >> 6
	if k >= len(s.words) {
		return -1
	}
	x := s.words[k] >> (id & 63) << (id & 63)
	for {
		if x != 0 {
			return k<<6 + bits.TrailingZeros64(x)
		}
		if k++; k == len(s.words) {
			return -1
		}
		x = s.words[k]
	}
}

func (s *Set) clear() {
	clear(s.words)
	s.n = 0
}

// grow makes room for ids below n.
func (s *Set) grow(n int) {
	for len(s.words)<<6 < n {
		s.words = append(s.words, 0)
	}
}

func (s *Set) add(id int32) {
	bit := uint64(1) << (id & 63)
	if p := &s.words[id>>6]; *p&bit == 0 {
		*p |= bit
		s.n++
	}
}

func (s *Set) remove(id int32) {
	bit := uint64(1) << (id & 63)
	if p := &s.words[id>>6]; *p&bit != 0 {
		*p &^= bit
		s.n--
	}
}
