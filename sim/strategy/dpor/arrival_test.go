// SPDX-License-Identifier: CDDL-1.0

package dpor_test

import (
	"fmt"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy/dpor"

	"pgregory.net/rapid"
)

// queued is a program whose threads use variables, a mutex and a condition variable with and without two reader/writer
// locks.
type queued struct {
	threads [][]string
	rw      [2]ksync.RWLock
	m       ksync.Mutex
	cv      ksync.Cond
	v       [2]ksync.Var[int]
	flag    bool
	seen    []string // by thread: the values that it read
}

func (q *queued) body(t *sim.Thread) {
	w := t.World()
	for i := range q.rw {
		q.rw[i].Init(w, nil, "rw", "", i+1)
		q.v[i].Init(w, nil, "v", "", i+1)
		q.v[i].Poke(0)
	}
	q.m.Init(w, nil, "m", "", 0)
	q.cv.Init(w, nil, "cv", "", 0)
	q.flag = false
	q.seen = make([]string, len(q.threads))
	for i, ops := range q.threads {
		t.Fork("t", i+1, func(t *sim.Thread) {
			for _, op := range ops {
				q.do(t, i, op)
			}
		})
	}
}

func (q *queued) do(t *sim.Thread, i int, op string) {
	n := int(op[len(op)-1] - '0')
	switch op[:len(op)-1] {
	case "load":
		q.seen[i] += fmt.Sprint(" ", q.v[n].Load(t))
	case "store":
		q.v[n].Store(t, i+1)
	case "read":
		q.rw[n].EnterRead(t)
	case "write":
		q.rw[n].EnterWrite(t)
	case "exit":
		q.rw[n].Exit(t)
	case "downgrade":
		q.rw[n].Downgrade(t)
	case "upgrade":
		q.seen[i] += fmt.Sprint(" ", q.rw[n].TryUpgrade(t))
	case "set":
		q.m.Enter(t)
		q.flag = true
		q.cv.Broadcast(t)
		q.m.Exit(t)
	case "await":
		q.m.Enter(t)
		for !q.flag {
			q.cv.Wait(t, &q.m)
		}
		q.m.Exit(t)
	case "fail":
		q.v[n].Load(t)
		t.Fail(sim.KindPanic, "fail", "fail")
	case "sleep":
		t.Sleep(1)
	default:
		panic(op)
	}
}

func (q *queued) end(r sim.Result) string {
	return fmt.Sprint(end(r), strings.Join(q.seen, ";"), ";", q.v[0].Peek(), q.v[1].Peek())
}

// A search meets every end that there is where threads come late to the queues of reader/writer locks.
func TestArrivals(t *testing.T) {
	weights := map[string]int{ // in operations, at most
		"load0": 1, "store0": 1, "store1": 1, "set0": 3, "await0": 4, "sleep0": 1, "read0 exit0": 3, "write0 exit0": 3, "read1 exit1": 3,
		"read0 load0 exit0": 4, "write0 store0 exit0": 4, "read0 await0 exit0": 7, "read0 set0 exit0": 6, "write0 sleep0 exit0": 4,
		"read0 sleep0 exit0": 4, "write0 load0 downgrade0 store1 exit0": 6, "read0 upgrade0 store0 exit0": 5, "read0 store0 exit0": 4,
		"write0 read1 exit1 exit0": 6, "read1 write0 exit0 exit1": 6, "write1 await0 exit1": 7, "read0 store1 load0 exit0": 5,
	}
	rapid.Check(t, func(t *rapid.T) {
		q := new(queued)
		for _, blocks := range drawBlocks(t, weights, 4, simtest.Budget()+4) {
			q.threads = append(q.threads, strings.Fields(strings.Join(blocks, " ")))
		}
		sameEnds(t, q.threads, q.body, q.end)
	})
}

// Larger programs, with deadlocks and failures of their own, end in all the ways that they end in where each operation is
// an event.
func TestArrivalsAndOperations(t *testing.T) {
	weights := make(map[string]int)
	for _, b := range []string{
		"load0", "load1", "store0", "set0", "await0", "sleep0", "fail0", "read0 exit0", "write0 exit0", "read0 load0 exit0", "write0 load0 store0 exit0",
		"read0 await0 exit0", "read0 set0 exit0", "write0 store0 sleep0 exit0", "read0 sleep0 exit0", "write0 load0 downgrade0 store1 exit0",
		"read0 upgrade0 store0 exit0", "write0 read1 exit1 exit0", "read1 write0 exit0 exit1", "write1 await0 exit1", "read0 await0 upgrade0 exit0 set0",
		"read0 set0 await0 upgrade0 load0 exit0", "write0 downgrade0 await0 exit0", "sleep0 write0 load0 exit0", "write0 read0", "read1 write1",
	} {
		weights[b] = len(strings.Fields(b))
	}
	rapid.Check(t, func(t *rapid.T) {
		q := new(queued)
		for _, blocks := range drawBlocks(t, weights, 4, simtest.Budget()+6) {
			q.threads = append(q.threads, strings.Fields(strings.Join(blocks, " ")))
		}
		q.compare(t)
	})
}

// compare fails the test if a search misses an end that it meets with each operation as an event. Programs with very many
// executions are left out.
func (q *queued) compare(tb rapid.TB) {
	const most = 3000
	want, _, all := search(tb, &dpor.Search{Single: true}, most, q.body, q.end, q.threads)
	if !all {
		return
	}
	for _, s := range orders()[:2] {
		meets(tb, want, s, most, q.body, q.end, q.threads)
	}
}

// In these programs something was lost of the queues of writers, of what a rw_tryupgrade that fails comes after, and of what comes after an exit.
func TestQueuesOfWriters(t *testing.T) {
	for _, program := range []string{
		"write0 store0 sleep0 exit0 | write0 load0 store0 exit0 | write0 load0 store0 exit0",
		"read1 write1 | read1 write0 exit0 exit1 read1 write1 | read0 await0",
		"write0 read0 | fail0",
		"read0 await0 upgrade0 exit0 | read0 set0 exit0 | write0 store0 exit0",
	} {
		q := &queued{threads: threadsOf(program)}
		q.compare(t)
	}
}

// An exit that fails, of a thread that has not entered, has let nobody in.
func TestExitOfNobody(t *testing.T) {
	for _, program := range []string{"exit0 | write0 exit0 load0", "exit0 | write0 load0 exit0 | read0 load0 exit0", "store0 exit0 | write0 load0 exit0 load0"} {
		q := &queued{threads: threadsOf(program)}
		sameEnds(t, q.threads, q.body, q.end)
	}
}
