// SPDX-License-Identifier: CDDL-1.0

package model

import "dlsim/devnet/env"

// word stands for a name, so that states are small and compared fast. 0 is no name.
type word uint16

// words are the names of one history.
type words struct {
	texts []string
	nums  map[string]word
}

func (w *words) reset() {
	if w.nums == nil {
		w.nums = make(map[string]word)
	}
	clear(w.nums)
	w.texts = append(w.texts[:0], "")
}

// of returns the word for a name.
func (w *words) of(name string) word {
	if name == "" {
		return 0
	}
	n, ok := w.nums[name]
	if !ok {
		n = word(len(w.texts))
		w.texts = append(w.texts, name)
		w.nums[name] = n
	}
	return n
}

func (w *words) text(n word) string { return w.texts[n] }

// class is the class of a link as the rules tell classes apart.
type class uint8

const (
	otherClass class = iota
	physical
	vnic
	tunnel
	etherstub
	aggregation
	simulated
)

func classOf(c env.Class) class {
	switch c {
	case env.ClassPhys:
		return physical
	case env.ClassVNIC:
		return vnic
	case env.ClassIptun:
		return tunnel
	case env.ClassEtherstub:
		return etherstub
	case env.ClassAggr:
		return aggregation
	case env.ClassSimnet:
		return simulated
	}
	return otherClass
}
