// SPDX-License-Identifier: CDDL-1.0

package strategy

import "dlsim/sim"

// Continue follows a recording for as long as it fits and goes on with another strategy from
// there.
type Continue struct {
	Choices []Recorded
	Then    sim.Strategy
	// Left is where the recording was left, nil if the schedule ended with it.
	Left *Divergence

	replay  Replay
	watcher sim.Watcher // Then, if it is one
}

// Begin implements sim.Strategy.
func (c *Continue) Begin(w *sim.World) {
	c.replay = Replay{Choices: c.Choices}
	c.replay.Begin(w)
	c.Then.Begin(w)
	c.watcher, _ = c.Then.(sim.Watcher)
	c.Left = nil
}

// Pick implements sim.Strategy.
func (c *Continue) Pick(w *sim.World, cur *sim.Thread) int {
	if c.Left == nil {
		if id := c.replay.Pick(w, cur); id != sim.StopRun {
			return id
		}
		c.Left = c.replay.diverged
	}
	return c.Then.Pick(w, cur)
}

// Choose implements sim.Strategy.
func (c *Continue) Choose(w *sim.World, t *sim.Thread, n int, label string) int {
	if c.Left == nil {
		if v := c.replay.Choose(w, t, n, label); v != sim.StopRun {
			return v
		}
		c.Left = c.replay.diverged
	}
	return c.Then.Choose(w, t, n, label)
}

// Watch implements sim.Watcher, for Then.
func (c *Continue) Watch(w *sim.World, t *sim.Thread) {
	if c.watcher != nil {
		c.watcher.Watch(w, t)
	}
}
