// SPDX-License-Identifier: CDDL-1.0

package explore

import "math"

// confidence of what Unseen and BugBound claim where nothing was seen.
const confidence = 0.95

// Whole returns how many schedules ran to their end, or to a failure that was looked for: the
// others may have hidden one.
func (r *Result) Whole() int64 { return r.Schedules - r.Unknowns - r.Ignored }

// Unseen estimates the share of further schedules, chosen as these were, that would show an
// interleaving not seen yet, after Good and Turing. If every interleaving was seen more than
// once it is a bound with 95 % confidence instead, and exact is false.
func (r *Result) Unseen() (share float64, exact bool) {
	if r.Coverage != nil {
		return 1 - r.Saturation, true
	}
	if u := 1 - r.Saturation; u > 0 || r.Schedules == 0 {
		return u, true
	}
	return bound(r.Schedules), false
}

// BugBound returns the probability per schedule above which a bug would have been found with
// 95 % confidence, by schedules chosen as these were; about 3/n for n of them, 1 for none.
func (r *Result) BugBound() float64 {
	switch {
	case r.Coverage == nil:
		return bound(r.Whole())
	case r.Complete && !r.Coverage.Bounded && r.Unknowns == 0 && r.Ignored == 0:
		return 0
	}
	return 1
}

// bound returns the p with which n schedules in a row show nothing in 1 case of 20.
func bound(n int64) float64 {
	if n == 0 {
		return 1
	}
	return -math.Expm1(math.Log1p(-confidence) / float64(n))
}
