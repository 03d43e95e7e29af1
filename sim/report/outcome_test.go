// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"testing"

	"dlsim/sim/explore"
)

func TestUnknown(t *testing.T) {
	for _, test := range []struct {
		unknowns, undecided int64
		want                string
	}{
		{3, 0, "3 schedules reached the step limit, the first is 7: perhaps a livelock"},
		{3, 3, "3 schedules have a history that the specification gave up, the first is 7"},
		{3, 1, "3 schedules reached the limit of steps or of the specification, the first is 7"},
		{0, 0, "interrupted"},
	} {
		r := &explore.Result{Verdict: explore.Unknown, Unknowns: test.unknowns, Undecided: test.undecided, FirstUnknown: 7}
		if got := unknown(r); got != test.want {
			t.Errorf("%d unknown, %d undecided: %q, want %q", test.unknowns, test.undecided, got, test.want)
		}
	}
}
