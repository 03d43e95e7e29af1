// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dlsim/sim/explore"
)

// TestListsAreComplete: whatever --checks takes is listed, in the same order.
func TestListsAreComplete(t *testing.T) {
	var names []string
	for _, row := range checkList() {
		names = append(names, row.name)
	}
	if diff := cmp.Diff(explore.AllCheckNames(), names); diff != "" {
		t.Errorf("checks (-there, +listed):\n%s", diff)
	}
}
