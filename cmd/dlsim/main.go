// SPDX-License-Identifier: CDDL-1.0

// Command dlsim explores the interleavings of scenarios on the port of dls_mgmt.c, and
// replays those that fail.
//
// Exit codes: 0 as expected; 1 a violation, or an expected one is missing; 2 usage or bad
// input; 3 unknown: a limit was reached, or the run was cut off.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitUnknown = 3
)

// version is that of the tool; traces name it.
const version = "0.1.0"

// app is what the subcommands share.
type app struct {
	catalog  catalog
	out, err io.Writer
	// outTerminal and errTerminal say that a person is reading along.
	outTerminal, errTerminal bool
	terminal                 bool // to show things on, and to take keys from
	code                     int  // exit code of a command that worked
	args                     []string
	patches                  []string // that this tool is built with
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends dlsim at once
	if os.Getenv("GOGC") == "" {
		// Schedules leave a few kB of garbage each and keep nothing, so that the heap would be
		// collected every thousand schedules, with all workers stopped each time. A search that keeps
		// much reaches the limit, and then collects as often as it must.
		debug.SetGCPercent(1600)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(2 << 30)
	}
	code := run(ctx, newCatalog(), os.Args[1:])
	stop()
	os.Exit(code)
}

// run runs one command line and returns the exit code.
func run(ctx context.Context, c catalog, args []string) int {
	a := &app{
		catalog: c, args: args, out: os.Stdout, err: os.Stderr,
		outTerminal: term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("NO_COLOR") == "",
		terminal:    term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())),
		errTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		if ctx.Err() != nil && a.code == exitOK {
			return exitUnknown // whatever was cut off might have found something
		}
		return a.code
	}
	var input inputError
	if errors.As(err, &input) {
		fmt.Fprintln(a.err, err)
		return exitUsage
	}
	fmt.Fprintln(a.err, "dlsim:", err)
	var unknown unknownError
	if errors.As(err, &unknown) {
		return exitUnknown
	}
	return exitUsage
}

// unknownError is a failure of dlsim itself, which leaves the question open.
type unknownError struct{ error }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "dlsim",
		Short: "Explore the interleavings of illumos datalink management",
		Long: "dlsim runs a port of illumos dls_mgmt.c on simulated kernel threads, tries many\n" +
			"interleavings of a scenario, and records those that fail so that they replay exactly.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(a.runCommand(), a.replayCommand(), a.checkCommand(), a.shrinkCommand(), a.bugsCommand(), a.listCommand(),
		a.genCommand(), a.fuzzCommand(), a.mutateCommand(), a.versionCommand())
	root.AddCommand(a.completionCommand(), a.manCommand())
	return root
}
