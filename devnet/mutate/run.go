// SPDX-License-Identifier: CDDL-1.0

package mutate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"dlsim/devnet/patch"
)

// Verdict is what became of a mutant.
type Verdict string

// The verdicts.
const (
	Killed     Verdict = "killed"     // something tells it from the original
	Survived   Verdict = "survived"   // nothing does
	Equivalent Verdict = "equivalent" // nothing can, for the reason that is kept
)

// Result is the verdict on one mutant.
type Result struct {
	ID      string  `json:"mutant"`
	Verdict Verdict `json:"verdict"`
	// By is what killed it: "golden CASE", "scenario NAME: SIGNATURE", "generated: SIGNATURE"; or
	// why it is equivalent.
	By        string `json:"by"`
	ElapsedMS int64  `json:"elapsed_ms"`
}

// Runner judges mutants.
type Runner struct {
	Root    string // of the module
	Dir     string // for what is built, a folder of its own
	Set     *Set
	Workers int
	golden  string // the built test binary
	tool    string // the built tool
}

// Limits of one mutant, far above what the original takes.
const (
	goldenTime    = 2 * time.Minute
	scenariosTime = 10 * time.Minute
	programs      = 150
)

// Build compiles all mutants, into the tool and into the tests of the port, and makes sure that
// nothing kills the original.
func (r *Runner) Build(ctx context.Context) error {
	overlay, err := patch.Tree(r.Set.Files).Overlay(r.Root, r.Dir)
	if err != nil {
		return err
	}
	r.golden, r.tool = filepath.Join(r.Dir, "devnet.test"), filepath.Join(r.Dir, "dlsim")
	for _, args := range [][]string{
		{"build", "-overlay", overlay, "-o", r.tool, "./cmd/dlsim"},
		{"test", "-c", "-overlay", overlay, "-o", r.golden, "./devnet"},
	} {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = r.Root
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("the mutants do not build: %w\n%s", err, out)
		}
	}
	by, err := r.judge(ctx, 0)
	switch {
	case err != nil:
		return err
	case by != "":
		return fmt.Errorf("the original is killed itself, by %s", by)
	}
	return nil
}

// Run judges the given mutants and calls done with each result, one at a time, in the order in
// which they are ready. It stops early when ctx ends, or done gives an error.
func (r *Runner) Run(ctx context.Context, mutants []Mutant, done func(Result) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(r.Workers, 1))
	var one sync.Mutex
	for _, m := range mutants {
		group.Go(func() error {
			start := time.Now()
			by, err := r.judge(ctx, m.Number)
			if err != nil || ctx.Err() != nil {
				return err
			}
			v := Killed
			if by == "" {
				v = Survived
			}
			one.Lock()
			defer one.Unlock()
			return done(Result{ID: m.ID, Verdict: v, By: by, ElapsedMS: time.Since(start).Milliseconds()})
		})
	}
	return group.Wait()
}

// judge returns what tells a mutant from the original, "" if nothing does.
func (r *Runner) judge(ctx context.Context, number int) (by string, err error) {
	for _, stage := range []func(context.Context, int) (string, error){r.goldenCases, r.scenarios, r.generated} {
		if by, err = stage(ctx, number); by != "" || err != nil || ctx.Err() != nil {
			return by, err
		}
	}
	return "", nil
}

// command prepares a program in which the mutant is chosen.
func (r *Runner) command(ctx context.Context, number int, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("DLSIM_MUTANT=%d", number), "GOMAXPROCS=1")
	return cmd
}

var failed = regexp.MustCompile(`--- FAIL: (\S+)`)

// goldenCases compares with what the original did.
func (r *Runner) goldenCases(ctx context.Context, number int) (string, error) {
	limited, cancel := context.WithTimeout(ctx, goldenTime)
	defer cancel()
	out, err := r.command(limited, number, filepath.Join(r.Root, "devnet"), r.golden, "-test.run", "^TestGolden", "-test.failfast").CombinedOutput()
	if err == nil || ctx.Err() != nil {
		return "", nil
	}
	what := "the cases as a whole"
	if m := failed.FindAllStringSubmatch(string(out), -1); m != nil {
		what = m[len(m)-1][1]
	}
	return "golden " + what, nil
}

// scenarios runs all scenarios: something that is not in the baseline, or something expected that
// is missing, tells the mutant.
func (r *Runner) scenarios(ctx context.Context, number int) (string, error) {
	temp, err := os.MkdirTemp(r.Dir, "run-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	limited, cancel := context.WithTimeout(ctx, scenariosTime)
	defer cancel()
	var out, said bytes.Buffer
	cmd := r.command(limited, number, r.Root, r.tool, "run", "--baseline", "scenarios/baseline.yaml", "--json", "-", "--quiet",
		"--fail-fast", "--no-shrink", "--workers", "1", "--traces", temp)
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	switch {
	case ctx.Err() != nil || err == nil:
		return "", nil
	case limited.Err() != nil:
		return "scenarios: no end within " + scenariosTime.String(), nil
	}
	for line := range strings.Lines(out.String()) {
		var x struct {
			Scenario, Verdict string
		}
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			return "", fmt.Errorf("dlsim run --json says %q: %w", line, err)
		}
		if x.Verdict != "expected" {
			return "scenario " + x.Scenario + ": " + x.Verdict, nil
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
	return "scenarios: " + first, nil
}

// generated runs generated programs.
func (r *Runner) generated(ctx context.Context, number int) (string, error) {
	temp, err := os.MkdirTemp(r.Dir, "fuzz-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	limited, cancel := context.WithTimeout(ctx, scenariosTime)
	defer cancel()
	out, err := r.command(limited, number, r.Root, r.tool, "fuzz", "--programs", fmt.Sprint(programs), "--schedules", "100", "--quiet",
		"--workers", "1", "--corpus", filepath.Join(temp, "corpus"), "--traces", filepath.Join(temp, "traces")).CombinedOutput()
	switch {
	case ctx.Err() != nil || err == nil:
		return "", nil
	case limited.Err() != nil:
		return "generated: no end within " + scenariosTime.String(), nil
	}
	for line := range strings.Lines(string(out)) {
		if _, signature, ok := strings.Cut(line, "NEW "); ok {
			if _, s, ok := strings.Cut(signature, ": "); ok {
				return "generated: " + strings.TrimSpace(s), nil
			}
		}
	}
	last := strings.TrimSpace(string(out))
	return "generated: " + last[strings.LastIndexByte(last, '\n')+1:], nil
}
