// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"fmt"
	"slices"
	"strings"
)

// portfolio is what auto chooses from: strategies with the share of schedules that each one
// gets. Half of all schedules are shared out evenly, so that no strategy is ever given up;
// the other half goes by what each one has found lately.
type portfolio struct{ arms []arm }

// arm is one strategy of a portfolio.
type arm struct {
	strategy string
	depth    int // of pct
	index    int
	share    float64 // of the schedules
	// tried and gained count schedules and what they found; older ones count for less.
	tried, gained float64
}

const (
	evenly      = 0.5 // part of the schedules that is shared out evenly
	failureGain = 16  // a failure not seen before, in interleavings not seen before
	memory      = 0.75
)

// newPortfolio returns all strategies with even shares. Walks come first: the learning
// schedules are of the first one.
func newPortfolio(depth int) portfolio {
	p := portfolio{arms: []arm{{strategy: "random"}, {strategy: "pct", depth: depth}}}
	if depth != 2 {
		p.arms = append(p.arms, arm{strategy: "pct", depth: 2})
	}
	p.arms = append(p.arms, arm{strategy: "pos"}, arm{strategy: "surw"})
	for i := range p.arms {
		p.arms[i].index, p.arms[i].share = i, 1/float64(len(p.arms))
	}
	return p
}

// Portfolio says in a line what auto does at the beginning of a campaign, with pct of the
// given depth; 0 means 3.
func Portfolio(depth int) string {
	if depth == 0 {
		depth = 3
	}
	var names []string
	p := newPortfolio(depth)
	for _, a := range p.arms {
		if a.depth > 0 {
			a.strategy += fmt.Sprintf(" depth=%d", a.depth)
		}
		names = append(names, a.strategy)
	}
	last := len(names) - 1
	return fmt.Sprintf("auto: %d random schedules to learn from, then %s and %s, %.0f %% each; the shares move to "+
		"what finds new interleavings and failures", learnMax, strings.Join(names[:last], ", "), names[last],
		100*p.arms[0].share)
}

func (p *portfolio) clone() portfolio { return portfolio{slices.Clone(p.arms)} }

// arm returns p's own copy of a.
func (p *portfolio) arm(a *arm) *arm { return &p.arms[a.index] }

// draw returns the arm that a random word falls to.
func (p *portfolio) draw(word uint64) *arm {
	x := float64(word>>11) / (1 << 53)
	for i := range p.arms {
		if x -= p.arms[i].share; x < 0 {
			return &p.arms[i]
		}
	}
	return &p.arms[len(p.arms)-1]
}

// learn counts one schedule of the arm.
func (a *arm) learn(newInterleaving, newFailure bool) {
	a.tried++
	if newInterleaving {
		a.gained++
	}
	if newFailure {
		a.gained += failureGain
	}
}

// settle shares the schedules of the next batch out by what has been learnt. An arm that was
// hardly tried counts as finding something every other time.
func (p *portfolio) settle() {
	total := 0.0
	for i := range p.arms {
		total += p.arms[i].rate()
	}
	for i := range p.arms {
		a := &p.arms[i]
		a.share = evenly/float64(len(p.arms)) + (1-evenly)*a.rate()/total
		a.tried *= memory
		a.gained *= memory
	}
}

func (a *arm) rate() float64 { return (a.gained + 1) / (a.tried + 2) }
