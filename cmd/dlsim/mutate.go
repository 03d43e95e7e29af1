// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dlsim/devnet/mutate"
	"dlsim/devnet/patch"
	"dlsim/scenarios"
	"dlsim/sim/trace"
)

type mutateFlags struct {
	time         time.Duration
	json, doc    string
	log, only    string
	workers, min int
	list, doubt  bool
	noGolden     bool
}

func (a *app) mutateCommand() *cobra.Command {
	f := new(mutateFlags)
	cmd := &cobra.Command{
		Use:   "mutate",
		Short: "Measure which small changes of the port the checks find",
		Long: "Change the port in one small way after the other (a lock left out, a test weakened) and see whether golden\n" +
			"cases, scenarios and generated programs tell it from the original. What survives shows what is not checked.\n" +
			"Results are kept in a log, from which the next run goes on while the sources stay the same.\n\n" +
			"Exit code 1 if the score is below --min or a mutant that is said to be equivalent is killed, 3 if --time or an\n" +
			"interrupt left mutants unjudged.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("mutate takes no arguments; see --only")
			}
			return a.mutate(cmd.Context(), f, cmd.Flags())
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.DurationVar(&f.time, "time", 0, "stop after that long")
	s.StringVar(&f.json, "json", "", "write the results as JSON lines to a file, or to - (stdout)")
	s.StringVar(&f.doc, "doc", "", "write the results as Markdown to a file")
	s.StringVar(&f.log, "log", "dlsim-mutants.jsonl", "file from which a later run goes on")
	s.StringVar(&f.only, "only", "", "only mutants whose name matches this regular expression")
	s.IntVar(&f.min, "min", 0, "least score, in percent")
	s.IntVar(&f.workers, "workers", 0, "mutants that are judged at the same time (default: CPUs)")
	s.BoolVar(&f.doubt, "doubt", false, "judge also the mutants that are said to be equivalent")
	s.BoolVar(&f.noGolden, "without-golden", false, "ask scenarios and generated programs only")
	s.BoolVar(&f.list, "list", false, "only list the mutants")
	return cmd
}

func (f *mutateFlags) check(set *pflag.FlagSet) (*regexp.Regexp, error) {
	switch {
	case set.Changed("time") && f.time <= 0:
		return nil, usagef("--time must be more than 0")
	case f.min < 0 || f.min > 100:
		return nil, usagef("--min must be from 0 to 100")
	case set.Changed("workers") && (f.workers < 1 || f.workers > 256):
		return nil, usagef("--workers must be from 1 to 256")
	case f.doc != "" && (f.only != "" || f.noGolden):
		return nil, usagef("--doc is of all mutants and of all that is asked: leave --only and --without-golden out")
	}
	if !set.Changed("workers") {
		f.workers = runtime.GOMAXPROCS(0)
	}
	only, err := regexp.Compile(f.only)
	if err != nil {
		return nil, usagef("--only: %w", err)
	}
	return only, nil
}

func (a *app) mutate(ctx context.Context, f *mutateFlags, set *pflag.FlagSet) error {
	only, err := f.check(set)
	if err != nil {
		return err
	}
	root, err := moduleRoot()
	if err != nil {
		return usageError{err}
	}
	all, err := mutate.Derive(func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(root, filepath.FromSlash(name))) })
	if err != nil {
		return usageError{err}
	}
	var mutants []mutate.Mutant
	for _, m := range all.Mutants {
		if only.MatchString(m.ID) {
			mutants = append(mutants, m)
		}
	}
	if f.list {
		for _, m := range mutants {
			fmt.Fprintf(a.out, "%-12s %4d  %s\n", m.File, m.Line, m.ID)
		}
		_, err := fmt.Fprintf(a.out, "%d mutants\n", len(mutants))
		return err
	}
	sources, err := sourcesOf(root)
	if err != nil {
		return usageError{err}
	}
	if f.noGolden {
		sources += " without golden cases"
	}
	log, err := mutate.OpenLog(f.log, sources)
	if err != nil {
		return usageError{err}
	}
	defer log.Close()
	if f.time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.time)
		defer cancel()
	}
	scenarioFiles, err := scenarios.Find(filepath.Join(root, "scenarios"))
	if err != nil {
		return usageError{err}
	}
	r := &mutate.Runner{Root: root, Set: all, Workers: f.workers, Scenarios: scenarioFiles, WithoutGolden: f.noGolden}
	if err := a.judge(ctx, f, r, mutants, log); err != nil {
		return err
	}
	return a.mutated(f, mutants, log.Results)
}

// judge judges the mutants that the log does not have, and adds the reasons that are kept.
func (a *app) judge(ctx context.Context, f *mutateFlags, r *mutate.Runner, mutants []mutate.Mutant, log *mutate.Log) error {
	equivalent, err := mutate.Equivalents()
	if err != nil {
		return unknownError{err}
	}
	var left []mutate.Mutant
	for _, m := range mutants {
		_, judged := log.Results[m.ID]
		if _, known := equivalent[m.ID]; !judged && (f.doubt || !known) {
			left = append(left, m)
		}
	}
	if len(left) > 0 {
		if err := a.judgeLeft(ctx, f, r, left, log); err != nil {
			return err
		}
	}
	return a.explain(mutants, equivalent, log.Results)
}

// judgeLeft builds the mutants and judges those that are left.
func (a *app) judgeLeft(ctx context.Context, f *mutateFlags, r *mutate.Runner, left []mutate.Mutant, log *mutate.Log) error {
	var err error
	if r.Dir, err = os.MkdirTemp("", "dlsim-mutate-*"); err != nil {
		return err
	}
	defer os.RemoveAll(r.Dir)
	if a.errTerminal {
		fmt.Fprintf(a.err, "building %d mutants\n", len(r.Set.Mutants))
	}
	if err := r.Build(ctx); err != nil && ctx.Err() == nil {
		return unknownError{err}
	}
	n := 0
	err = r.Run(ctx, left, func(x mutate.Result) error {
		n++
		if f.json != "-" {
			fmt.Fprintf(a.out, "%4d of %d  %-8s  %s", n, len(left), x.Verdict, x.ID)
			if x.By != "" {
				fmt.Fprintf(a.out, "  (%s)", x.By)
			}
			fmt.Fprintln(a.out)
		}
		return log.Add(x)
	})
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return unknownError{err}
	}
	return nil
}

// explain adds the reasons that are kept, of mutants that are equivalent or survive all the same.
func (a *app) explain(mutants []mutate.Mutant, equivalent map[string]string, results map[string]mutate.Result) error {
	survivors, err := mutate.Survivors()
	if err != nil {
		return unknownError{err}
	}
	for _, m := range mutants {
		r, why := results[m.ID], equivalent[m.ID]
		switch {
		case why != "" && r.Verdict == mutate.Killed:
			fmt.Fprintf(a.err, "NOT equivalent, whatever equivalent.yaml says: %s (%s)\n", m.ID, r.By)
			a.code = exitFailed
		case why != "":
			r.ID, r.Verdict, r.By = m.ID, mutate.Equivalent, why
			results[m.ID] = r
		case r.Verdict == mutate.Survived && survivors[m.ID] != "":
			r.By = survivors[m.ID]
			results[m.ID] = r
		}
	}
	return nil
}

// mutated sums up and decides the exit code.
func (a *app) mutated(f *mutateFlags, mutants []mutate.Mutant, results map[string]mutate.Result) error {
	s := mutate.Sum(mutants, results)
	switch {
	case s.Left > 0:
		a.code = exitUnknown
	case s.Percent() < float64(f.min):
		a.code = exitFailed
	}
	if f.json != "" {
		var b strings.Builder
		for _, m := range mutants {
			if r, ok := results[m.ID]; ok {
				line, err := json.Marshal(r)
				if err != nil {
					return err
				}
				b.Write(append(line, '\n'))
			}
		}
		if f.json == "-" {
			_, err := fmt.Fprint(a.out, b.String())
			return err
		}
		if err := trace.WriteAtomic(f.json, []byte(b.String())); err != nil {
			return err
		}
	}
	if f.doc != "" && s.Left == 0 {
		if err := trace.WriteAtomic(f.doc, mutate.Markdown(mutants, results)); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.out, "%-14s %6s %8s %10s %4s\n", "operator", "killed", "survived", "equivalent", "left")
	for _, r := range s.ByOperator {
		fmt.Fprintf(a.out, "%-14s %6d %8d %10d %4d\n", r.Name, r.Killed, r.Survived, r.Equivalent, r.Left)
	}
	_, err := fmt.Fprintf(a.out, "%-14s %6d %8d %10d %4d\nscore: %.1f %%\n", "all", s.Killed, s.Survived, s.Equivalent, s.Left, s.Percent())
	return err
}

// sourcesOf identifies everything that the verdicts depend on. The reasons that are kept for some of
// them are no part of it.
func sourcesOf(root string) (string, error) {
	h := sha256.New()
	err := patch.HashSources(h, root, func(name string) bool {
		switch path.Ext(name) {
		case ".go":
			return !strings.HasSuffix(name, "_test.go") || path.Dir(name) == "devnet"
		case ".yaml":
			return path.Dir(name) != "devnet/mutate"
		case ".txt":
			return path.Dir(name) == "devnet/testdata/golden"
		}
		return false
	})
	return hex.EncodeToString(h.Sum(nil))[:16], err
}
