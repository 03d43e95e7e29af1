// SPDX-License-Identifier: CDDL-1.0

package mutate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Scenarios tell a mutant by what it shows and the original does not. Which of the rare violations of
// the original a campaign meets depends on chance, and a mutant shifts chance. So a mutant is killed
// by something that it shows in repeats of seeds campaigns, and the original in none of them.
const (
	seeds   = 6
	repeats = 3
)

const (
	scenarioTime = 10 * time.Minute // for one, or all programs, far above what the original takes
	programs     = 300              // generated ones
	programRuns  = 100              // schedules of each
)

// mode is a way to explore scenarios.
type mode struct {
	args  []string // of dlsim run
	kinds []string // what counts, nil for all
}

// modes returns the ways, in the order in which they are tried: as the scenario says, and with the
// checks that are made on demand. Those need few schedules; and a race ends one that might have shown
// something else.
func modes() []mode {
	return []mode{{}, {[]string{"--checks", "order,race,upcall", "--schedules", "500"}, []string{"order", "race", "upcall"}}}
}

// original is how the port without a change does in a scenario.
type original struct {
	file    string
	mode    mode
	reached map[int]bool    // the mutants whose statement is executed
	shows   map[string]bool // with the first seed
	took    time.Duration

	wide sync.Once
	all  map[string]bool // with all seeds
	err  error
}

// scenarios runs the scenarios in which the mutant's statement is executed, the quick ones first.
// In others it does what the original does.
func (r *Runner) scenarios(ctx context.Context, number int) (by string, reached bool, err error) {
	r.prepare.Do(func() { r.failed = r.exploreOriginal(ctx) })
	if r.failed != nil || ctx.Err() != nil {
		return "", false, r.failed
	}
	for _, o := range r.originals {
		if !o.reached[number] {
			continue
		}
		reached = true
		if by, err = r.differs(ctx, number, o); by != "" || err != nil || ctx.Err() != nil {
			return by, true, err
		}
	}
	return "", reached, nil
}

// exploreOriginal runs all scenarios on the original, to know which mutants they reach.
func (r *Runner) exploreOriginal(ctx context.Context) error {
	for _, m := range modes() {
		some := make([]*original, len(r.Scenarios))
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(max(r.Workers, 1))
		for i, file := range r.Scenarios {
			some[i] = &original{file: file, mode: m}
			group.Go(func() error { return r.exploreOnce(ctx, some[i]) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		slices.SortStableFunc(some, func(a, b *original) int { return int(a.took - b.took) })
		r.originals = append(r.originals, some...)
	}
	return nil
}

// exploreOnce finds what the original reaches and shows with the first seed.
func (r *Runner) exploreOnce(ctx context.Context, o *original) error {
	list, err := os.CreateTemp(r.Dir, "reached-*")
	if err != nil {
		return err
	}
	defer os.Remove(list.Name())
	defer list.Close()
	start := time.Now()
	if o.shows, err = r.explore(ctx, 0, o, 1, list.Name()); err != nil {
		return err
	}
	o.took, o.reached = time.Since(start), make(map[int]bool)
	for {
		var number int
		switch _, err := fmt.Fscanln(list, &number); {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("mutants that %s reaches: %w", o.file, err)
		}
		o.reached[number] = true
	}
}

// differs returns what tells the mutant from the original in a scenario, "" if nothing does.
func (r *Runner) differs(ctx context.Context, number int, o *original) (string, error) {
	count := make(map[string]int)
	for seed := 1; seed <= seeds; seed++ {
		shows, err := r.explore(ctx, number, o, seed, "")
		if err != nil || ctx.Err() != nil {
			return "", err
		}
		for _, s := range sorted(shows) {
			if o.shows[s] {
				continue
			}
			if o.wide.Do(func() { o.err = r.widen(ctx, o) }); o.err != nil || ctx.Err() != nil {
				return "", o.err
			}
			if o.all[s] {
				continue
			}
			if count[s]++; count[s] == repeats || strings.HasPrefix(s, broken) {
				return "scenario " + name(o.file) + ": " + s, nil
			}
		}
		if len(count) == 0 {
			break
		}
	}
	return "", nil
}

// widen finds what the original shows with any seed.
func (r *Runner) widen(ctx context.Context, o *original) error {
	o.all = make(map[string]bool)
	for seed := 1; seed <= seeds; seed++ {
		shows, err := r.explore(ctx, 0, o, seed, "")
		if err != nil {
			return err
		}
		for s := range shows {
			o.all[s] = true
		}
	}
	return nil
}

func name(file string) string { return strings.TrimSuffix(filepath.Base(file), ".yaml") }

func sorted(set map[string]bool) []string {
	var out []string
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// broken begins what is said of a mutant with which the tool itself does not end well.
const broken = "the tool "

// explore runs a scenario with a mutant and returns the signatures of what is found, and "missing"
// or "unknown" if that is the verdict. reached names a file for the mutants whose statement is
// executed, unless it is "".
func (r *Runner) explore(ctx context.Context, number int, o *original, seed int, reached string) (map[string]bool, error) {
	temp, err := os.MkdirTemp(r.Dir, "run-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	limited, cancel := context.WithTimeout(ctx, scenarioTime)
	defer cancel()
	args := []string{
		"run", o.file, "--seed", strconv.Itoa(seed), "--json", "-", "--quiet", "--no-shrink", "--workers", "1", "--traces", temp,
	}
	var out, said bytes.Buffer
	cmd := r.command(limited, number, r.Root, r.tool, append(args, o.mode.args...)...)
	cmd.Stdout, cmd.Stderr = &out, &said
	if reached != "" {
		cmd.Env = append(cmd.Env, "DLSIM_REACHED="+reached)
	}
	_ = cmd.Run() // its exit code says less than what it prints
	var x struct {
		Verdict    string
		Violations []struct{ Kind, Signature string }
	}
	shows := make(map[string]bool)
	switch err := json.Unmarshal(out.Bytes(), &x); {
	case ctx.Err() != nil:
		return nil, nil
	case limited.Err() != nil:
		shows[broken+"does not end within "+scenarioTime.String()] = true
	case err != nil:
		first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		shows[broken+"breaks: "+first] = true
	}
	for _, v := range x.Violations {
		if o.mode.kinds == nil || slices.Contains(o.mode.kinds, v.Kind) {
			shows[v.Signature] = true
		}
	}
	if o.mode.kinds == nil && (x.Verdict == "missing" || x.Verdict == "unknown") {
		shows[x.Verdict] = true
	}
	return shows, nil
}

// generated runs generated programs. What is new in one is looked for again as in a scenario.
func (r *Runner) generated(ctx context.Context, number int) (string, error) {
	temp, err := os.MkdirTemp(r.Dir, "fuzz-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	limited, cancel := context.WithTimeout(ctx, scenarioTime)
	defer cancel()
	traces := filepath.Join(temp, "traces")
	out, err := r.command(limited, number, r.Root, r.tool, "fuzz", "--quiet", "--workers", "1",
		"--programs", strconv.Itoa(programs), "--schedules", strconv.Itoa(programRuns),
		"--corpus", filepath.Join(temp, "corpus"), "--traces", traces).CombinedOutput()
	switch {
	case ctx.Err() != nil || err == nil:
		return "", nil
	case limited.Err() != nil:
		return "generated: no end within " + scenarioTime.String(), nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 2 {
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return "generated: " + broken + "breaks: " + first, nil
	}
	found, err := filepath.Glob(filepath.Join(traces, "*.yaml"))
	if err != nil {
		return "", err
	}
	for _, file := range found {
		by, err := r.differs(ctx, number, &original{file: file})
		if err != nil || ctx.Err() != nil {
			return "", err
		}
		if _, signature, ok := strings.Cut(by, ": "); ok {
			return "generated: " + signature, nil
		}
	}
	return "", nil
}
