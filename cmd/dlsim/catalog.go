// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"dlsim/sim/explore"
	"dlsim/sim/report"
)

// catalog is where scenarios and what can be in them come from.
type catalog interface {
	// find returns the scenario files at path: itself, or those in and below a folder,
	// sorted.
	find(path string) ([]string, error)
	// parse checks the text of a scenario and makes it ready, for a DEBUG kernel if debug is
	// set or the text says so. file stands for it in errors, which say where and what is
	// wrong.
	parse(file string, text []byte, debug bool) (*scenario, error)
	// shrink returns the smallest scenario it finds for which fails is true, as it is of sc:
	// sc without whatever can be left out. Of what is expected it keeps what matches.
	shrink(sc *scenario, debug bool, matches func(explore.Expectation) bool, fails func(*scenario) bool) *scenario
	// ops lists the operations that a scenario's steps can be.
	ops() []listed
	// portHash identifies the code under test.
	portHash() string
	// kernel tells reports of its stacks.
	kernel() report.Kernel
}

// listed is a row of `dlsim list`.
type listed struct{ name, about string }

// scenario is one that was loaded, ready to be explored.
type scenario struct {
	name, about string
	file        string
	hash        string
	source      []byte
	explore     explore.Config // as the file asks for it
	threads     []report.Thread
	program     explore.Program
	size        size
}

// size counts what a scenario is made of.
type size struct{ threads, operations, faults int }

// load reads the scenarios of the given files and folders, all of them or none.
func load(c catalog, paths []string, debug bool) ([]*scenario, error) {
	if len(paths) == 0 {
		if _, err := os.Stat(defaultScenarios); errors.Is(err, fs.ErrNotExist) {
			return nil, usagef("there is no folder %s here: name the scenarios to run",
				defaultScenarios)
		}
		paths = []string{defaultScenarios}
	}
	var out []*scenario
	files := make(map[string]string) // by name of the scenario
	for _, path := range paths {
		names, err := c.find(path)
		if err != nil {
			return nil, usageError{err}
		}
		if len(names) == 0 {
			return nil, usagef("there are no scenarios in %s", path)
		}
		for _, file := range names {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, usageError{err}
			}
			sc, err := c.parse(file, text, debug)
			if err != nil {
				return nil, inputError{err}
			}
			if first, twice := files[sc.name]; twice {
				return nil, usagef("%s and %s are both named %s", first, file, sc.name)
			}
			files[sc.name], sc.file = file, file
			out = append(out, sc)
		}
	}
	return out, nil
}

const defaultScenarios = "scenarios"

// usageError is a mistake in how dlsim was called, or a file it cannot use.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// inputError is a mistake inside a file of the user. Its text begins with the position.
type inputError struct{ error }
