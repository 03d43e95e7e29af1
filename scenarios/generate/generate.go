// SPDX-License-Identifier: CDDL-1.0

// Package generate makes scenarios: well-typed programs of two to five threads that obey the
// contracts of callers (environment.md 13), so that whatever they find is the port's doing. They
// are weighted towards contention on one link and towards operations that have not met yet.
//
// Everything is drawn from rapid, so that property tests shrink a failing program, and a seed
// names one. What is drawn is a Draft, a scenario in the making; its text goes through the loader
// like any file, and a draft that the loader refuses is an error of this package.
package generate

import (
	"fmt"

	"pgregory.net/rapid"

	"dlsim/scenarios"
)

// Config bounds what is generated. The zero value is the default.
type Config struct {
	ThreadsMax  int // from 2 to 5; 0 means 5
	GesturesMax int // of a thread: a hold and its release are one; 0 means 4
	// Met, if not nil, are the pairs of operations that have met: others are preferred.
	Met *Pairs
	_   struct{}
}

func (c Config) withDefaults() Config {
	if c.ThreadsMax == 0 {
		c.ThreadsMax = 5
	}
	if c.GesturesMax == 0 {
		c.GesturesMax = 4
	}
	return c
}

// Drafts returns the generator of drafts for property tests.
func Drafts(cfg Config) *rapid.Generator[*Draft] {
	return rapid.Custom(func(t *rapid.T) *Draft { return Make(cfg, drawn{t}) })
}

// Make makes a draft of what src draws.
func Make(cfg Config, src Source) *Draft {
	d := new(Draft)
	d.drawSystem(src)
	d.drawThreads(src, cfg.withDefaults())
	d.drawFaults(src)
	return d
}

// Scenario loads the draft under the given scenario name. An error is a mistake of this package.
func (d *Draft) Scenario(name string) (*scenarios.Scenario, error) {
	src := d.Source(name)
	sc, err := scenarios.Parse(name+".yaml", src)
	if err != nil {
		return nil, fmt.Errorf("a generated scenario is refused: %w\n%s", err, src)
	}
	return sc, nil
}
