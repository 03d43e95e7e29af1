// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"dlsim/sim/explore"
	"dlsim/sim/trace"
)

func (a *app) listCommand() *cobra.Command {
	kinds := []string{"ops", "checks", "strategies", "patches", "scenarios"}
	return &cobra.Command{
		Use:   "list " + strings.Join(kinds, "|") + " [SCENARIO|DIR ...]",
		Short: "List what there is",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("list what? one of %s", strings.Join(kinds, ", "))
			}
			if err := pick("list", args[0], kinds); err != nil {
				return err
			}
			if len(args) > 1 && args[0] != "scenarios" {
				return usagef("list %s takes no arguments", args[0])
			}
			rows, err := a.listed(args[0], args[1:])
			if err != nil {
				return err
			}
			return a.printList(rows)
		},
	}
}

func (a *app) listed(kind string, paths []string) ([]listed, error) {
	switch kind {
	case "ops":
		return a.catalog.ops(), nil
	case "checks":
		return checkList(), nil
	case "strategies":
		return []listed{
			{"auto", "a portfolio of the others, which moves to what finds new interleavings and failures"},
			{"dfs", "every schedule, one after the other; with --preemptions those with fewest first"},
			{"dpor", "one schedule of each class that differs only in the order of what commutes: a proof, if it " +
				"comes to the end"},
			{"pct", "random priorities that change at depth-1 random steps; finds bugs of small depth"},
			{"pos", "random priorities of operations, drawn again when a racing one was done; wastes no " +
				"schedules on orders that make no difference"},
			{"random", "every thread that can run is equally likely at each step"},
			{"surw", "all orders of the operations on one shared object are equally likely; another object " +
				"in each schedule"},
		}, nil
	}
	if kind == "patches" {
		return patchList()
	}
	all, err := load(a.catalog, paths, false)
	var rows []listed
	for _, sc := range all {
		rows = append(rows, listed{sc.name, sc.about})
	}
	return rows, err
}

func checkList() []listed {
	rows := []listed{
		{"answer", "a step answers what the scenario says it must not (answers: [ok])"},
		{"deadlock", "threads that wait for each other in a cycle, at the step that closes it"},
		{"hang", "nothing can run and no timer is pending, but not all is done"},
		{"lifetime", "use of memory after it was freed, double free, use of wild pointers"},
		{"lin", "answers that no order of the operations explains, by the specification in model/"},
		{"livelock", "threads run and run, fairly beyond the step limit too, and nothing is ever completed"},
		{"order", "a cycle in the lock order of all schedules that nothing guards"},
		{"panic", "a failed VERIFY, a misused lock, and on a DEBUG kernel a failed ASSERT"},
		{"race", "accesses to a field that nothing orders, one of them a write"},
		{"refs", "a reference that nobody gives back, or that somebody gives back who has none"},
		{"stale", "tables of kernel and daemon that disagree when all is quiet"},
		{"upcall", "waiting for the daemon with a lock that others want"},
	}
	for i := range rows {
		if slices.Contains(explore.AskedCheckNames(), rows[i].name) {
			rows[i].about += "; made when it is asked for"
		}
	}
	return rows
}

// checks returns the names of the checks of this version.
func (a *app) checks() []string { return explore.AllCheckNames() }

// printList prints rows in two columns, the second folded to 100 columns.
func (a *app) printList(rows []listed) error {
	width := 0
	for _, r := range rows {
		width = max(width, len(r.name))
	}
	for _, r := range rows {
		line := fmt.Sprintf("%-*s ", width, r.name)
		for word := range strings.FieldsSeq(r.about) {
			if len(line)+1+len(word) > 100 && strings.TrimSpace(line) != "" {
				fmt.Fprintln(a.out, strings.TrimRight(line, " "))
				line = fmt.Sprintf("%-*s ", width, "")
			}
			line += " " + word
		}
		if _, err := fmt.Fprintln(a.out, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("version takes no arguments")
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.out, "dlsim %s\nport %s\ntrace format %d\n%s\n", version,
				a.catalog.portHash(), trace.FormatVersion, runtime.Version())
			return err
		},
	}
}
