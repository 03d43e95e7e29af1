// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"dlsim/sim/explore"
)

// Table writes the results of campaigns as they come, one row each, aligned.
type Table struct {
	w     io.Writer
	name  int // width
	begun bool
}

// NewTable returns a table of campaigns of the named scenarios.
func NewTable(w io.Writer, names []string) *Table {
	t := &Table{w: w, name: len("scenario")}
	for _, n := range names {
		t.name = max(t.name, len(n))
	}
	return t
}

// Row writes a result, and a line for each violation, expectation and limit below it.
// traces has the file of each violation, "" for none.
func (t *Table) Row(r *explore.Result, expectations bool, traces []string) error {
	if !t.begun {
		t.begun = true
		if err := t.row("scenario", "schedules", "steps", "distinct", "new", "bugs over", "verdict", "time"); err != nil {
			return err
		}
	}
	distinct := fmt.Sprint(r.Distinct)
	if !r.DistinctExact {
		distinct = "~" + distinct
	}
	verdict := string(r.Verdict)
	if r.Verdict == explore.Expected && !expectations && len(r.Violations) == 0 {
		verdict = "ok"
	}
	err := t.row(r.Scenario, fmt.Sprint(r.Schedules), fmt.Sprint(r.Steps), distinct, unseen(r),
		bugsOver(r), verdict, fmt.Sprintf("%.2fs", r.Elapsed.Round(10*time.Millisecond).Seconds()))
	if err != nil {
		return err
	}
	for _, l := range remarks(r, traces) {
		if _, err := fmt.Fprintf(t.w, "    %s\n", l); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) row(name, schedules, steps, distinct, unseen, bugs, verdict, time string) error {
	_, err := fmt.Fprintf(t.w, "%-*s  %10s  %11s  %9s  %7s  %9s  %-9s  %8s\n", t.name, name, schedules,
		steps, distinct, unseen, bugs, verdict, time)
	return err
}

// Legend says below the table what two of its columns claim, if it has rows.
func (t *Table) Legend() error {
	if !t.begun {
		return nil
	}
	_, err := io.WriteString(t.w, `
new        about so many of further schedules would show an interleaving that was not seen
bugs over  a bug that shows in more than one of so many schedules would be listed (95 %)
`)
	return err
}

// unseen words the share of schedules that would show something new.
func unseen(r *explore.Result) string {
	if r.Coverage != nil {
		return searched(r, "0%")
	}
	share, exact := r.Unseen()
	if !exact {
		return fmt.Sprintf("<%.2g%%", 100*share)
	}
	return fmt.Sprintf("%.2g%%", 100*share)
}

// searched returns what a search proves if it has seen all there is; otherwise it proves nothing.
func searched(r *explore.Result, proof string) string {
	if r.Complete && !r.Coverage.Bounded && r.Unknowns == 0 {
		return proof
	}
	return "-"
}

// bugsOver words how rare a bug must be to have been missed: "1/6600", rounded to the more
// careful side.
func bugsOver(r *explore.Result) string {
	if r.Coverage != nil {
		return searched(r, "none")
	}
	n, unit := int64(1/r.BugBound()), int64(1)
	for n/unit >= 100 {
		unit *= 10
	}
	return fmt.Sprintf("1/%d", n/unit*unit)
}

// standing says whether a violation was expected or known before.
func standing(v *explore.Violation) string {
	how := "not expected"
	switch {
	case v.IsExpected() && v.Accepted:
		how = "as expected"
	case v.IsExpected():
		how = "expected, but not in the baseline"
	case v.Known != nil:
		how = "known"
	case v.Accepted:
		how = "new"
	}
	if bug := v.Bug(); bug != "" {
		how += ", " + bug
	}
	return how
}

// remarks are the lines below a row.
func remarks(r *explore.Result, traces []string) []string {
	var out []string
	for i, v := range r.Violations {
		s := fmt.Sprintf("%s (%s), ", v.Kind, standing(v))
		switch {
		case v.Origin != "":
			s += v.Origin
		case v.Exact:
			s += fmt.Sprintf("first in schedule %d, %d in all", v.First, v.Count)
		default:
			s += fmt.Sprintf("first in schedule %d, about %d in all", v.First, v.Count)
		}
		if traces[i] != "" {
			s += ": " + traces[i]
		}
		out = append(out, s)
	}
	if r.Coverage != nil {
		out = append(out, covered(r))
	}
	if a := r.Attempt; a != nil {
		out = append(out, fmt.Sprintf("not proven: dpor explored %d interleavings and left %d branches", a.Executions, a.Branches))
	}
	for _, e := range r.Missing {
		out = append(out, missing(e))
	}
	out = append(out, predictions(r.Predictions)...)
	if r.LocksCut {
		out = append(out, "lock order: there are more ways to take the locks than were looked at")
	}
	if r.Unknowns > 0 {
		out = append(out, stepLimit(r))
	}
	if r.Ignored > 0 {
		out = append(out, fmt.Sprintf("%d schedules were cut short by checks that are off",
			r.Ignored))
	}
	if r.Interrupted {
		out = append(out, "interrupted")
	}
	return out
}

const predictionsMax = 4 // lines

// predictions says what has come of the cycles that the lock order has.
func predictions(all []explore.Prediction) []string {
	var out []string
	for i := range all {
		p := &all[i]
		if len(out) == predictionsMax-1 && i < len(all)-1 {
			return append(out, fmt.Sprintf("lock order: %d more cycles", len(all)-i))
		}
		s := fmt.Sprintf("lock order: %s: %s", p.Classes, p.Verdict)
		if p.Why != "" {
			s += ", " + p.Why
		}
		out = append(out, s)
	}
	return out
}

// covered says how far a search has come.
func covered(r *explore.Result) string {
	c := r.Coverage
	if r.Certified {
		return fmt.Sprintf("complete, certified: %d executions%s", c.Executions, upTo(r.Symmetric))
	}
	if !r.Complete {
		all := ""
		if c.Levels > 0 {
			all = fmt.Sprintf(" with all that need at most %d preemptions", c.Levels-1)
		}
		return fmt.Sprintf("not complete: covered %d executions%s, %d branches left", c.Executions, all, c.Branches)
	}
	what := "interleavings"
	if c.Bounded {
		what += fmt.Sprintf(" with at most %d preemptions", r.Plan.Preemptions)
	}
	n, in := c.Executions, ""
	if r.DistinctExact && r.Distinct < n { // some more than once
		n, in = r.Distinct, fmt.Sprintf(" in %d executions", n)
	}
	what += upTo(r.Symmetric)
	fails := "none fails"
	if n := len(r.Violations); n > 0 {
		fails = fmt.Sprintf("they fail in %d ways", n)
	}
	return fmt.Sprintf("complete: all %d %s explored%s, %s", n, what, in, fails)
}

// upTo says which threads were not told apart.
func upTo(symmetric [][]string) string {
	if len(symmetric) == 0 {
		return ""
	}
	all := make([]string, len(symmetric))
	for i, class := range symmetric {
		all[i] = strings.Join(class, " and ")
	}
	return " up to the names of " + strings.Join(all, ", and of ")
}
