// SPDX-License-Identifier: CDDL-1.0

package shrink

import "slices"

// Minimise returns a part of items for which fails is still true, and from which no single
// item can be left out: delta debugging after Zeller and Hildebrandt, "Simplifying and
// Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002, without the tests of subsets,
// which hardly ever fail on their own where order matters. fails(items) is taken for
// granted. It calls fails a number of times that is quadratic in len(items) at worst.
func Minimise[T any](items []T, fails func([]T) bool) []T {
	for size := (len(items) + 1) / 2; size > 0 && len(items) > 0; {
		removed := false
		for at := 0; at < len(items); {
			end := min(at+size, len(items))
			rest := slices.Concat(items[:at], items[end:])
			if fails(rest) {
				items, removed = rest, true
			} else {
				at = end
			}
		}
		switch {
		case size > 1:
			size = (size + 1) / 2
		case !removed:
			size = 0
		}
	}
	return items
}
