// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"errors"
	"fmt"
	"io"

	"dlsim/scenarios"
	"dlsim/sim/explore"
	"dlsim/sim/trace"
)

// baseline is what --baseline and --write-baseline make of a run.
type baseline struct {
	file  string
	write bool // the file anew, at the end
	old   *scenarios.Baseline
	found scenarios.Found
	cut   bool // some scenario has not run to its end
}

// readBaseline reads the file that the flags name; nil if they name none.
func readBaseline(read, write string) (*baseline, error) {
	b := &baseline{file: read, found: make(scenarios.Found)}
	load := scenarios.LoadBaseline
	switch {
	case read != "" && write != "":
		return nil, usagef("--baseline and --write-baseline do not go together: " +
			"--write-baseline accepts whatever is found")
	case write != "":
		b.file, b.write, load = write, true, scenarios.LoadBaselineIfAny
		if err := checkFolder("write-baseline", write); err != nil {
			return nil, err
		}
	case read == "":
		return nil, nil
	}
	var err error
	if b.old, err = load(b.file); err != nil {
		var bad *scenarios.Error
		if errors.As(err, &bad) {
			return nil, inputError{err}
		}
		return nil, usageError{err}
	}
	return b, nil
}

// known is the baseline as campaigns take it.
func (b *baseline) known() *explore.Baseline {
	if b == nil {
		return nil
	}
	known := explore.NewBaseline(b.old.Known())
	if b.write {
		return known.All()
	}
	return known
}

// add notes what a campaign found that made the given checks; nil are those of any campaign.
func (b *baseline) add(scenario string, checks []string, r *explore.Result) {
	if b == nil {
		return
	}
	if checks == nil {
		checks = explore.CheckNames()
	}
	b.cut = b.cut || r.Interrupted
	bugs := make(map[string]string)
	for _, v := range r.Violations {
		bugs[v.Signature] = v.Bug()
	}
	b.found[scenario] = scenarios.Shown{Checks: checks, Bugs: bugs}
}

// cutOff notes that not all scenarios were run to their ends.
func (b *baseline) cutOff() {
	if b != nil {
		b.cut = true
	}
}

// finish writes the file anew, or names the entries that nothing matched.
func (b *baseline) finish(w io.Writer) error {
	switch {
	case b == nil:
		return nil
	case b.cut:
		if b.write {
			fmt.Fprintf(w, "%s was not written, as the run was cut off\n", b.file)
		}
		return nil
	case !b.write:
		for _, k := range b.old.Stale(b.found) {
			bug := ""
			if k.Bug != "" {
				bug = " (" + k.Bug + ")"
			}
			fmt.Fprintf(w, "stale baseline: %s: no longer found: %s%s\n", b.file, k.Signature, bug)
		}
		return nil
	}
	now := b.old.Refresh(b.found)
	if err := trace.WriteAtomic(b.file, now.Text()); err != nil {
		return err
	}
	without := 0
	for _, k := range now.Violations {
		if k.Bug == "" {
			without++
		}
	}
	fmt.Fprintf(w, "%s: %d known violations, %d of them without a bug id\n", b.file,
		len(now.Violations), without)
	return nil
}
