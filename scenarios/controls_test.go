// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"dlsim/scenarios"
	"dlsim/sim/explore"
)

// TestControls expects a scenario for each negative control N1 to N15 of bugs.md, explored
// under every check there is, in which nothing must be found but what is named there with the
// id of the bug that it is a sign of.
func TestControls(t *testing.T) {
	for n := 1; n <= 15; n++ {
		id := fmt.Sprintf("N%d", n)
		files, err := filepath.Glob(fmt.Sprintf("controls/N%02d-*.yaml", n))
		if err != nil || len(files) == 0 {
			t.Errorf("no scenario for %s: %v", id, err)
		}
		for _, file := range files {
			sc, err := scenarios.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(sc.Refs, id) {
				t.Errorf("%s: refs %v do not name %s", file, sc.Refs, id)
			}
			if !sc.Expect.Given {
				t.Errorf("%s: expect is missing", file)
			}
			for _, v := range sc.Expect.Violations {
				if v.Bug == "" {
					t.Errorf("%s: a %s is expected without the id of its bug", file, v.Kind)
				}
			}
			for _, c := range explore.AskedCheckNames() {
				if !slices.Contains(sc.Explore.Checks, c) {
					t.Errorf("%s: check %s is not made", file, c)
				}
			}
		}
	}
}
