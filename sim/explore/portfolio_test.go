// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"math"
	"strings"
	"testing"
)

// The shares add up to one, move to the arm that finds something, leave none below its even
// part, and come back when nothing finds anything any more.
func TestPortfolioMoves(t *testing.T) {
	p := newPortfolio(3)
	check := func() {
		t.Helper()
		sum := 0.0
		for _, a := range p.arms {
			sum += a.share
			if a.share < evenly/float64(len(p.arms)) {
				t.Fatalf("%s has %.3f", a.strategy, a.share)
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("the shares add up to %f", sum)
		}
	}
	check()
	const good = 3
	for range 20 {
		for i := range p.arms {
			for range 100 {
				p.arms[i].learn(i == good, false)
			}
		}
		p.settle()
		check()
	}
	if s := p.arms[good].share; s < 0.5 {
		t.Errorf("the arm that finds everything has %.3f", s)
	}
	for range 30 {
		for i := range p.arms {
			for range 100 {
				p.arms[i].learn(false, false)
			}
		}
		p.settle()
		check()
	}
	if s := p.arms[good].share; math.Abs(s-0.2) > 0.02 {
		t.Errorf("when nothing is new, it still has %.3f", s)
	}
	p.arms[0].learn(false, true)
	p.settle()
	if p.arms[0].share < p.arms[1].share {
		t.Error("a failure moves nothing")
	}
}

// Schedules fall to the arms as the shares say.
func TestPortfolioDraws(t *testing.T) {
	p := newPortfolio(3)
	for i, share := range []float64{0.5, 0.2, 0.1, 0.1, 0.1} {
		p.arms[i].share = share
	}
	const n = 100_000
	var got [5]int
	for i := range int64(n) {
		got[p.draw(ScheduleSeed(7, i)).index]++
	}
	for i, k := range got {
		want := n * p.arms[i].share
		if dev := math.Abs(float64(k) - want); dev > 4*math.Sqrt(want) {
			t.Errorf("arm %d has %d schedules of %d, want about %.0f", i, k, n, want)
		}
	}
}

func TestPortfolioIsSaid(t *testing.T) {
	for depth, want := range map[int]string{
		0: "auto: 8 random schedules to learn from, then random, pct depth=3, pct depth=2, pos and surw, 20 % each;",
		2: "then random, pct depth=2, pos and surw, 25 % each;",
	} {
		if s := Portfolio(depth); !strings.Contains(s, want) {
			t.Errorf("%s, want %s", s, want)
		}
	}
}
