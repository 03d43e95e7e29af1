// SPDX-License-Identifier: CDDL-1.0

package dpor_test

import (
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/strategy/dpor"
)

// anew does the blocks that begin anew after a wait, or seem to, and reports whether it knows the block.
func (g *guarded) anew(t *sim.Thread, i int, block string) bool {
	if how, ok := strings.CutPrefix(block, "attempt"); ok {
		for g.attempt(t, i, how) {
		}
		t.Ended()
		return true
	}
	switch block {
	case "refuse": // ends without a wait, and then waits for something else
		t.Anew()
		g.rw.EnterWrite(t)
		g.saw(i, g.v[0].Load(t))
		t.Ended()
	case "owner": // has had the lock before
		g.rw.EnterWrite(t)
		g.saw(i, g.v[0].Load(t))
		t.Anew()
	case "inside": // goes on with what it has begun before
		g.m.Enter(t)
		if g.refs.Get(t) > 0 {
			t.Anew()
			g.v[1].Set(t, i+1)
			g.drain(t)
		}
		g.m.Exit(t)
		t.Ended()
		return true
	case "alone": // does what nothing tells of
		g.m.Enter(t)
		busy := g.refs.Get(t) > 0
		g.m.Exit(t)
		if !busy {
			return true
		}
		t.Anew()
		g.rw.EnterWrite(t)
		g.m.Enter(t)
		g.alone++
		t.Alone()
		g.m.Exit(t)
	case "choose":
		g.saw(i, t.Choose(2, "it"))
		return true
	case "upgrade":
		if g.rw.TryUpgrade(t) {
			g.saw(i, -1)
		}
		return true
	case "downgrade":
		g.rw.Downgrade(t)
		return true
	case "write2":
		g.rw2.EnterWrite(t)
		return true
	case "exit2":
		g.rw2.Exit(t)
		return true
	default:
		return false
	}
	g.m.Enter(t)
	g.rw.Exit(t)
	g.drain(t)
	g.m.Exit(t)
	t.Ended()
	return true
}

// attempt reports whether it had to wait, and did nothing else.
func (g *guarded) attempt(t *sim.Thread, i int, how string) (again bool) {
	t.Anew()
	switch how {
	case " as reader":
		g.rw.EnterRead(t)
	case " after another lock":
		g.rw2.EnterRead(t)
		g.rw.EnterWrite(t)
		g.rw2.Exit(t)
	default:
		g.rw.EnterWrite(t)
	}
	switch how {
	case " and downgrade":
		g.rw.Downgrade(t)
	case " and store": // which others can see
		g.v[0].Store(t, 1)
	case " unless stored":
		if g.v[0].Load(t) != 0 {
			g.saw(i, -2)
			t.Ended()
			g.rw.Exit(t)
			return false
		}
	}
	g.m.Enter(t)
	busy, keep := g.refs.Get(t) > 0, how == " and keep"
	if !keep {
		g.rw.Exit(t)
	}
	if busy {
		g.cv.Wait(t, &g.m)
	} else {
		g.v[1].Set(t, g.v[1].Get(t)+1)
	}
	g.m.Exit(t)
	if keep {
		g.rw.Exit(t)
	}
	return busy
}

// Where what was begun in vain is begun anew, a search meets the ends that it meets where each attempt counts.
func TestAttemptsInVain(t *testing.T) {
	blocks := map[string]string{
		"hold rele": "hold;rele", "read": "read;exit", "read load": "read;load;exit", "read rele": "read;rele;exit", "write rele": "write;rele;exit",
		"write hold": "write;hold;exit;rele", "write store": "write;store;exit", "write down": "write;load;downgrade;exit", "write2": "write2;exit2",
		"write2 write": "write2;write;exit;exit2", "upgrade": "read;upgrade;exit", "hold broadcast": "hold;broadcast",
	}
	for _, b := range []string{
		"attempt", "attempt as reader", "attempt after another lock", "attempt and downgrade", "attempt and store", "attempt unless stored", "attempt and keep",
		"hold", "rele", "drop", "drain", "drain once", "broadcast", "signal without", "load", "set", "zero", "sleep", "other", "fail", "ask", "claim",
		"choose", "refuse", "owner", "inside", "alone", "peek alone",
	} {
		blocks[b] = b
	}
	fewer(t, blocks)
}

// In these programs attempts in vain make a difference, or do not.
func TestWhatAttemptsLeave(t *testing.T) {
	for _, x := range []struct {
		threads [][]string
		fewer   bool
	}{
		{[][]string{{"attempt"}, {"hold", "rele"}}, true},
		{[][]string{{"attempt and keep"}, {"hold", "rele"}}, true},
		{[][]string{{"attempt and store"}, {"hold", "rele"}}, false},
		{[][]string{{"attempt"}, {"hold", "rele"}, {"read", "upgrade", "exit"}}, false},
		{[][]string{{"attempt as reader"}, {"hold", "read", "upgrade", "exit", "write", "exit", "rele"}}, false},
		{[][]string{{"attempt unless stored"}, {"hold", "write", "store", "broadcast", "exit", "sleep", "zero", "rele"}}, true},
		{[][]string{{"refuse"}, {"hold", "write", "store", "exit", "write", "zero", "exit", "rele"}}, false},
		{[][]string{{"owner"}, {"hold", "write", "store", "exit", "rele"}}, false},
		{[][]string{{"inside"}, {"hold", "ask", "rele"}}, true}, // what it sees in vain later
		{[][]string{{"alone"}, {"hold", "write", "peek alone", "exit", "rele"}}, false},
	} {
		if g := (&guarded{threads: x.threads}); g.fewer(t) != x.fewer {
			t.Errorf("%q: fewer executions %v", x.threads, !x.fewer)
		}
	}
}

// An answer that follows a section, of which nobody knows yet what it does, and the other ones.
func TestAnswersAfterASection(t *testing.T) {
	g := &guarded{threads: [][]string{{"get"}, {"set"}, {"copy", "choose"}}}
	sameEnds(t, g.threads, g.body, g.end)
}

// Schedules that are given up count as spread ones: what is left between them takes memory, too.
func TestSpreadOfSchedulesGivenUp(t *testing.T) {
	most := func(spread int64) (left int64) {
		g := &guarded{threads: [][]string{{"attempt"}, {"hold", "rele"}, {"hold", "rele"}, {"hold", "rele"}, {"hold", "rele"}}}
		s := &dpor.Search{Seed: 1, Spread: spread}
		explore(t, s, g.body, func(*sim.World, sim.Result) { left = max(left, s.Coverage().Branches) })
		return left
	}
	deep, few, all := most(0), most(20), most(1<<62)
	if few > deep+2*20 || all < 10*few {
		t.Errorf("%d branches left at most, depth-first; %d with 20 schedules spread, %d with all", deep, few, all)
	}
}
