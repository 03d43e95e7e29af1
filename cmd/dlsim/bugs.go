// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dlsim/devnet/bugbook"
)

// bugFlags are the flags of dlsim bugs.
type bugFlags struct {
	all       bool
	schedules int64
	time      time.Duration
	traces    string
	reports   string
	json      string
}

func (a *app) bugsCommand() *cobra.Command {
	f := new(bugFlags)
	cmd := &cobra.Command{
		Use:   "bugs [ID ...]",
		Short: "The bug book: list known bugs, or find them again",
		Long: "Without arguments, list every known bug of the original's history, of the original today,\n" +
			"and of other forks. With ids, or --all, find each again: put it back with its patch, explore\n" +
			"its scenarios until they show every report that the book asks for, and print these.",
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.bugs(cmd.Context(), f, ids)
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.BoolVar(&f.all, "all", false, "find all that can be found, and print a table")
	s.Int64Var(&f.schedules, "schedules", 100_000, "schedules for each scenario")
	s.DurationVar(&f.time, "time", time.Minute, "time for each scenario")
	s.StringVar(&f.traces, "traces", "dlsim-traces", "folder for the traces")
	s.StringVar(&f.reports, "reports", "", "folder for the reports, one file each")
	s.StringVar(&f.json, "json", "", "write the results as JSON lines to a file, or to - (stdout)")
	return cmd
}

func (a *app) bugs(ctx context.Context, f *bugFlags, ids []string) error {
	switch {
	case f.all && len(ids) > 0:
		return usagef("give ids or --all")
	case f.schedules < 1 || f.time <= 0:
		return usagef("--schedules and --time must be more than 0")
	}
	book, err := bugbook.Bugs()
	if err != nil {
		return unknownError{err}
	}
	if !f.all && len(ids) == 0 {
		return a.listBugs(book)
	}
	var wanted []*bugbook.Bug
	for _, id := range ids {
		b := bugbook.Find(book, id)
		if b == nil {
			return usagef("there is no bug %s in the book; dlsim bugs lists it", id)
		}
		if b.Verdict != bugbook.Found && b.Verdict != bugbook.Control {
			return usagef("%s is %s: %s", id, b.Verdict, b.Note)
		}
		wanted = append(wanted, b)
	}
	if f.all {
		for _, b := range book {
			if b.Verdict == bugbook.Found || b.Verdict == bugbook.Control {
				wanted = append(wanted, b)
			}
		}
	}
	root, err := moduleRoot()
	if err != nil {
		return usageError{err}
	}
	if len(wanted) == 1 {
		// With its patch, this process becomes the patched tool.
		return a.patched(ctx, patchFiles(root, wanted[0]), func() error { return a.huntOne(ctx, f, root, wanted[0]) })
	}
	return a.huntAll(ctx, f, root, wanted)
}

// patchFiles are the patches that put a bug back.
func patchFiles(root string, b *bugbook.Bug) []string {
	if b.Patch == "" {
		return nil
	}
	return []string{filepath.Join(root, patchesDir, b.Patch+".patch")}
}

// listBugs prints the book, one line to a bug.
func (a *app) listBugs(book []*bugbook.Bug) error {
	fmt.Fprintf(a.out, "%-5s %-9s %-18s %7s %9s  %s\n", "bug", "verdict", "kinds", "threads", "preempts", "what, and where it is known from")
	for _, b := range book {
		what := b.Title + " (" + b.Source + ")"
		_, err := fmt.Fprintf(a.out, "%-5s %-9s %-18s %7d %9d  %s\n", b.ID, b.Verdict, strings.Join(b.Kinds, ", "),
			b.Threads, b.Preemptions, what)
		if err != nil {
			return err
		}
	}
	return nil
}
