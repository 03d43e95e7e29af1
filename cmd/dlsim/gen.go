// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"dlsim/scenarios/generate"
	"dlsim/sim/trace"
)

type genFlags struct {
	seed  uint64
	count int
	out   string
}

func (a *app) genCommand() *cobra.Command {
	f := new(genFlags)
	cmd := &cobra.Command{
		Use:   "gen",
		Short: "Write adversarial scenarios",
		Long: "Write scenarios that are generated: programs of two to five threads that obey the contracts of\n" +
			"the kernel's callers, weighted towards contention on one link and towards operations that have not\n" +
			"met in an earlier one. The same seed gives the same scenarios.",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("gen takes no arguments; name the folder with -o")
			}
			return a.gen(f)
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.Uint64Var(&f.seed, "seed", 1, "which scenarios")
	s.IntVar(&f.count, "count", 10, "how many")
	s.StringVarP(&f.out, "out", "o", "", "folder for them, made if it is missing")
	return cmd
}

func (a *app) gen(f *genFlags) error {
	switch {
	case f.out == "":
		return usagef("-o must name a folder for the scenarios")
	case f.count < 1 || f.count > 100_000:
		return usagef("--count must be from 1 to 100000")
	}
	if info, err := os.Stat(f.out); err == nil && !info.IsDir() {
		return usagef("-o: %s is not a folder", f.out)
	}
	met := new(generate.Pairs)
	for i := range f.count {
		d := generate.Make(generate.Config{Met: met}, generate.NewGenome(genSeed(f.seed, i)))
		met.Add(d)
		name := fmt.Sprintf("gen-%d-%d", f.seed, i)
		sc, err := d.Scenario(name)
		if err != nil {
			return unknownError{err}
		}
		if err := trace.WriteAtomic(filepath.Join(f.out, name+".yaml"), sc.Source); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.out, "%d scenarios in %s; %v\nexplore them with: dlsim run %s\n", f.count, f.out, met, f.out)
	return err
}

// genSeed returns the seed of the i-th scenario of a seed.
func genSeed(seed uint64, i int) uint64 { return seed*0x9e3779b97f4a7c15 + uint64(i) }
