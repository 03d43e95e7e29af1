// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"math"
	"time"

	"dlsim/sim/strategy"
)

// Verdict is what a campaign comes to.
type Verdict string

// The verdicts, in the order in which one outweighs the next.
const (
	Violated Verdict = "violation" // something was found that is not accepted
	Unknown  Verdict = "unknown"   // cut off, or schedules that reached a limit
	Missing  Verdict = "missing"   // something expected was not found
	Expected Verdict = "expected"  // what was expected was found, and nothing else
)

// Violation is one sort of failure that a campaign found, as its signature tells sorts
// apart.
type Violation struct {
	*Record             // of the first schedule
	First   int64       // that schedule's index, from 0
	Plan    Plan        // that schedule's
	Count   int64       // schedules that failed so
	Exact   bool        // Count is exact; else some were told apart by their message only
	Matches Expectation // the expectation it meets; its Kind is "" if it is not expected
	// Origin says how it was found if not by the campaign's schedules, "" else.
	Origin string
	Known  *Known // its entry in the baseline, nil if there is none
	// Accepted says that the violation does not fail the campaign: it is in the baseline,
	// or, without one, expected.
	Accepted bool
}

// IsExpected reports whether the scenario is known to have the violation.
func (v *Violation) IsExpected() bool { return v.Matches.Kind != "" }

// Bug returns the name of the bug that the violation is a sign of, "" if it is not known.
func (v *Violation) Bug() string {
	if v.Matches.Bug == "" && v.Known != nil {
		return v.Known.Bug
	}
	return v.Matches.Bug
}

// Result is what a campaign found.
type Result struct {
	Scenario string
	// Plan has the last estimate of k, and the campaign's seed.
	Plan      Plan
	Workers   int
	Schedules int64
	Steps     int64
	Distinct  int64 // different interleavings, up to the order of commuting operations
	// DistinctExact says that Distinct is counted; else it is estimated.
	DistinctExact bool
	// Saturation estimates the probability that one more schedule shows nothing new.
	Saturation float64
	Unknowns   int64 // schedules of which nothing is known: they reached the step limit, or are among the undecided
	// FirstUnknown is the index of the first of them.
	FirstUnknown int64
	// Undecided counts schedules that ended, and whose end the runner could not judge in time.
	Undecided int64
	// Ignored counts schedules that failed a check that is switched off, and so showed
	// nothing beyond that point.
	Ignored    int64
	Violations []*Violation // in the order of their first schedule
	// Reached is the violation that Config.Until is true of, nil if there is none.
	Reached     *Violation
	Missing     []Expectation
	Predictions []Prediction // of the check order
	// LocksCut says that there were more acquisitions than the checks order and upcall look at.
	LocksCut bool
	// Coverage says how far a search came; nil for strategies that sample.
	Coverage *strategy.Coverage
	// Attempt says how far a search came that was begun when samples had shown nothing, and given up;
	// nil if there was none. Explore does not fill it in.
	Attempt *strategy.Coverage
	// Symmetric are the threads that a search did not tell apart, in classes.
	Symmetric [][]string
	// Complete says that a search has seen all there is, up to its bound.
	Complete bool
	// Certified says that a certificate vouches for that, and nothing was run.
	Certified bool
	// Digest is that of the schedules of a search, in any order.
	Digest      uint64
	Interrupted bool // cut off from outside
	Verdict     Verdict
	Elapsed     time.Duration
}

// judge compares the violations with what is expected of the scenario.
func (r *Result) judge(expect []Expectation) {
	met := make([]bool, len(expect))
	violated := false
	for _, v := range r.Violations {
		for i, e := range expect {
			met[i] = met[i] || e.Matches(v.Record)
		}
		violated = violated || !v.Accepted
	}
	for i, e := range expect {
		if !met[i] && !e.Maybe {
			r.Missing = append(r.Missing, e)
		}
	}
	switch {
	case violated:
		r.Verdict = Violated
	case r.Interrupted || r.Unknowns > 0:
		r.Verdict = Unknown
	case len(r.Missing) > 0:
		r.Verdict = Missing
	default:
		r.Verdict = Expected
	}
}

// Interval returns the 95 % confidence interval, after Wilson, of the probability of
// something that n of total schedules showed.
func Interval(n, total int64) (low, high float64) {
	if total == 0 {
		return 0, 1
	}
	const z = 1.96
	t, p := float64(total), float64(n)/float64(total)
	mid := p + z*z/(2*t)
	dev := z * math.Sqrt(p*(1-p)/t+z*z/(4*t*t))
	return max(0, (mid-dev)/(1+z*z/t)), min(1, (mid+dev)/(1+z*z/t))
}
