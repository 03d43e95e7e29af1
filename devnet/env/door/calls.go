// SPDX-License-Identifier: CDDL-1.0

package door

import (
	"cmp"
	"slices"
)

// calls returns the calls that were begun, in an order that does not tell which of two callers came
// first: that of their servers' lines of descent.
func (l *Layer) calls() []*call {
	all := slices.Clone(l.inFlight)
	slices.SortStableFunc(all, func(a, b *call) int { return cmp.Compare(a.server.Lineage().ID, b.server.Lineage().ID) })
	return all
}
