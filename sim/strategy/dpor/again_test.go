// SPDX-License-Identifier: CDDL-1.0

package dpor_test

import (
	"strings"
	"testing"

	"dlsim/sim/simtest"
	"dlsim/sim/strategy/dpor"

	"pgregory.net/rapid"
)

// Where waiters that found nothing are not woken twice, a search meets the ends that it meets where they are, also those of
// programs that lose a wake-up or do not look again.
func TestWaitersThatLookAgain(t *testing.T) {
	blocks := map[string]string{
		"drain": "drain", "drain once": "drain once", "hold rele": "hold;rele", "hold": "hold", "rele": "rele", "drop": "drop", "hold drop": "hold;drop",
		"broadcast": "broadcast", "signal": "signal without", "load": "load", "set": "set", "other": "other", "hold broadcast rele": "hold;broadcast;rele",
		"long": "long", "copy": "copy", "hold long rele": "hold;long;rele", "drain set": "drain;set",
		"read drain": "read;drain;exit", "write hold": "write;hold;rele;exit", "write load": "write;load;exit", "read rele": "read;rele;exit", "sleep": "sleep",
		"claim": "claim", "hold ask": "hold;ask", "ask sleep rele": "ask;sleep;rele", "store fail": "store;fail",
	}
	fewer(t, blocks)
	if g := (&guarded{threads: [][]string{{"drain"}, {"hold", "broadcast", "rele"}}}); !g.fewer(t) {
		t.Error("a waiter that looks in vain is woken for nothing")
	}
}

// fewer draws programs of blocks of operations and compares the ends that a search meets.
func fewer(t *testing.T, blocks map[string]string) {
	weights := make(map[string]int)
	for b, ops := range blocks {
		weights[b] = 2 * (strings.Count(ops, ";") + 1)
	}
	rapid.Check(t, func(t *rapid.T) {
		g := new(guarded)
		for _, drawn := range drawBlocks(t, weights, 4, 2*simtest.Budget()+8) {
			var all []string
			for _, b := range drawn {
				all = append(all, strings.Split(blocks[b], ";")...)
			}
			g.threads = append(g.threads, all)
		}
		g.fewer(t)
	})
}

// fewer fails the test if a search misses an end that it meets where nothing says what waiters wait for, and reports whether
// it takes fewer executions. Programs with very many executions are left out.
func (g *guarded) fewer(tb rapid.TB) bool {
	const most = 5000
	g.once = true
	want, n, _ := search(tb, new(dpor.Search), most, g.body, g.end, g.threads)
	g.once = false
	if n == most {
		return false
	}
	fewer := false
	for _, s := range orders() {
		m := meets(tb, want, s, most, g.body, g.end, g.threads)
		fewer = fewer || m < n && s.Seed == 0
	}
	return fewer
}

// A waiter looks in vain, and is not woken any more, or it looks when it is woken for the last time.
func TestLooksInVain(t *testing.T) {
	for _, x := range []struct {
		threads [][]string
		want    int64
		once    int64 // where each look counts
	}{
		{[][]string{{"drain"}, {"hold", "broadcast", "rele"}}, 4, 5},
		{[][]string{{"drain"}, {"hold", "broadcast", "broadcast", "broadcast", "rele"}}, 6, 17},
		{[][]string{{"drain"}, {"hold", "broadcast", "broadcast", "broadcast", "drop"}}, 9, 17},
		{[][]string{{"drain once"}, {"hold", "broadcast", "broadcast", "broadcast", "rele"}}, 9, 9},
	} {
		g := &guarded{threads: x.threads}
		if c := explore(t, new(dpor.Search), g.body, nil); c.Executions != x.want {
			t.Errorf("%q: %d executions, want %d", x.threads, c.Executions, x.want)
		}
		g.once = true
		if c := explore(t, new(dpor.Search), g.body, nil); c.Executions != x.once {
			t.Errorf("%q: %d executions where each look counts, want %d", x.threads, c.Executions, x.once)
		}
	}
}

// Who has looked in vain before time passed could not have been slow.
func TestTimePassesAfterALook(t *testing.T) {
	g := &guarded{threads: [][]string{{"claim"}, {"hold", "ask", "ask", "sleep", "broadcast", "rele"}, {"sleep", "load"}}}
	g.fewer(t)
}

// Beside a failure a thread that goes no further is nothing that could have come before it, and takes the place of nobody in the tree.
func TestFailureBesideWaiters(t *testing.T) {
	g := &guarded{threads: [][]string{
		{"hold", "signal without", "signal without"}, {"drain"}, {"store", "fail"}, {"write", "load", "exit"}, {"write", "exit"},
	}}
	for _, s := range orders() {
		if c := explore(t, s, g.body, nil); c.Executions != 675 {
			t.Errorf("seed %d: %+v, want 675", s.Seed, c)
		}
	}
}
