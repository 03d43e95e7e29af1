// SPDX-License-Identifier: CDDL-1.0

package mutate

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	// By is what killed it: "golden CASE", "scenario NAME: SIGNATURE", "generated: SIGNATURE"; why
	// it is equivalent; or what is known of why it survives.
	By        string `json:"by"`
	ElapsedMS int64  `json:"elapsed_ms"`
}

// Runner judges mutants.
type Runner struct {
	Root    string // of the module
	Dir     string // for what is built, a folder of its own
	Set     *Set
	Workers int
	// Scenarios are the files of the scenarios, absolute.
	Scenarios []string
	// WithoutGolden leaves golden cases out: what they know is only what the original has done.
	WithoutGolden bool

	golden string // the built test binary
	tool   string // the built tool

	prepare   sync.Once
	originals []*original
	failed    error // of prepare
}

const goldenTime = 2 * time.Minute // for all cases, far above what the original takes

// Build compiles all mutants, into the tool and into the tests of the port, and makes sure that
// golden cases do not kill the original.
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
	if by := r.goldenCases(ctx, 0); by != "" {
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
			x, err := r.judge(ctx, m.Number)
			if err != nil || ctx.Err() != nil {
				return err
			}
			x.ID, x.ElapsedMS = m.ID, time.Since(start).Milliseconds()
			one.Lock()
			defer one.Unlock()
			return done(x)
		})
	}
	return group.Wait()
}

// judge asks golden cases, which take a moment, then scenarios, then generated programs.
func (r *Runner) judge(ctx context.Context, number int) (Result, error) {
	if !r.WithoutGolden {
		if by := r.goldenCases(ctx, number); by != "" || ctx.Err() != nil {
			return Result{Verdict: Killed, By: by}, nil
		}
	}
	by, reached, err := r.scenarios(ctx, number)
	if err == nil && by == "" && ctx.Err() == nil {
		by, err = r.generated(ctx, number)
	}
	switch {
	case by != "":
		return Result{Verdict: Killed, By: by}, err
	case !reached:
		return Result{Verdict: Survived, By: "no scenario comes there"}, err
	}
	return Result{Verdict: Survived}, err
}

// command prepares a program in which the mutant is chosen.
func (r *Runner) command(ctx context.Context, number int, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("DLSIM_MUTANT=%d", number), "GOMAXPROCS=1")
	return cmd
}

var failed = regexp.MustCompile(`--- FAIL: TestGolden/(\S+)`)

// goldenCases compares with what the original did. It returns what differs first.
func (r *Runner) goldenCases(ctx context.Context, number int) string {
	limited, cancel := context.WithTimeout(ctx, goldenTime)
	defer cancel()
	cmd := r.command(limited, number, filepath.Join(r.Root, "devnet"), r.golden, "-test.run", "^TestGolden$", "-test.failfast")
	out, err := cmd.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		return ""
	}
	if m := failed.FindSubmatch(out); m != nil {
		return "golden " + string(m[1])
	}
	return "golden cases as a whole"
}
