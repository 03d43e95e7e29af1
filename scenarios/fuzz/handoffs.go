// SPDX-License-Identifier: CDDL-1.0

package fuzz

import (
	"strings"

	"dlsim/scenarios"
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// A hand-off is an object that one thread leaves at one place of the source and another thread
// takes up at another place. Which there are says more of what a program can reach than the number
// of its interleavings, and can be compared between programs.

const (
	handOffRuns  = 3
	handOffSteps = 20_000
)

// handOff runs a program a few times in detail and returns how many hand-offs are new.
func (c *corpus) handOff(p *scenarios.Program, seed uint64) int {
	before := len(c.handOffs)
	runner := p.NewRunner(explore.CheckNames())
	defer runner.Close()
	for i := range uint64(handOffRuns) {
		res := runner.Run(sim.Config{Detail: true, StepsMax: handOffSteps}, &strategy.Random{Seed: seed + i})
		r := explore.Take(runner.World(), res, p.Sites())
		type place struct{ thread, site string }
		last := make(map[string]place)
		for i := range r.Events {
			e := &r.Events[i]
			if e.Object == "" || e.IsChoice {
				continue
			}
			now := place{e.Thread, e.Site.String()}
			if was, ok := last[e.Object]; ok && was.thread != now.thread {
				c.handOffs[class(e.Object)+" "+was.site+" "+now.site] = true
			}
			last[e.Object] = now
		}
	}
	return len(c.handOffs) - before
}

// class returns what is before the number or the key of an object's name.
func class(object string) string {
	if i := strings.IndexAny(object, "#("); i >= 0 {
		return object[:i]
	}
	return object
}
