// SPDX-License-Identifier: CDDL-1.0

package dpor_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"

	"pgregory.net/rapid"
)

// small is a program of at most eventsMax operations.
type small struct {
	threads [][]string
	mu      [2]ksync.Mutex
	v       [2]ksync.Var[int]
	rw      ksync.RWLock
	cv      ksync.Cond
}

const eventsMax = 8

func (s *small) body(t *sim.Thread) {
	w := t.World()
	for i := range 2 {
		s.mu[i].Init(w, nil, "mu", "", i+1)
		s.v[i].Init(w, nil, "v", "", i+1)
		s.v[i].Poke(0)
	}
	s.rw.Init(w, nil, "rw", "", 0)
	s.cv.Init(w, nil, "cv", "", 0)
	for i, ops := range s.threads {
		t.Fork("t", i+1, func(t *sim.Thread) {
			for _, op := range ops {
				s.do(t, op)
			}
		})
	}
}

func (s *small) do(t *sim.Thread, op string) {
	i := int(op[len(op)-1] - '0')
	switch op[:len(op)-1] {
	case "enter":
		s.mu[i].Enter(t)
	case "exit":
		s.mu[i].Exit(t)
	case "load":
		s.v[i].Load(t)
	case "store":
		s.v[i].Store(t, 1)
	case "read":
		s.rw.EnterRead(t)
	case "write":
		s.rw.EnterWrite(t)
	case "leave":
		s.rw.Exit(t)
	case "upgrade":
		s.rw.TryUpgrade(t)
	case "wait":
		s.cv.Wait(t, &s.mu[0])
	case "signal":
		s.cv.Signal(t)
	case "broadcast":
		s.cv.Broadcast(t)
	case "yield":
		t.Yield()
	case "sleep":
		t.Sleep(time.Duration(i + 1))
	case "choose": // whether it writes or does nothing
		t.Yield()
		if t.Choose(2, "what") == 1 {
			s.v[i].Store(t, 1)
		}
	case "chooses": // twice in one event
		s.v[i].Load(t)
		if t.Choose(2, "whether") == 1 && t.Choose(3, "how") == 2 {
			s.v[1-i].Store(t, 1)
		}
	case "child":
		u := t.Spawn("child of "+t.Name()+fmt.Sprint(t.World().Steps()), func(t *sim.Thread) { s.v[i].Store(t, 1) })
		t.Join(u)
	case "assert": // fails when somebody has stored
		if s.v[i].Load(t) != 0 {
			t.Fail(sim.KindPanic, "", "stored")
		}
	default:
		panic(op)
	}
}

func (s *small) String() string {
	var b strings.Builder
	for _, ops := range s.threads {
		b.WriteString("\n\t\"" + strings.Join(ops, " ") + "\"")
	}
	return b.String()
}

// compare runs all schedules of the program one after the other, and then those of the search, in every
// order.
func (s *small) compare(tb rapid.TB) {
	prints := make(map[uint64]bool)
	outcomes := make(map[string]bool)
	w := sim.New()
	defer w.Close()
	ex := new(simtest.Exhaust)
	for n := 0; ; n++ {
		r := w.Run(sim.Config{}, ex, s.body)
		prints[r.Fingerprint] = true
		outcomes[end(r)] = true
		if !ex.Next() {
			break
		}
	}
	for _, search := range orders() {
		left := maps.Clone(outcomes)
		found := make(map[uint64]bool)
		c := explore(tb, search, s.body, func(_ *sim.World, r sim.Result) {
			if found[r.Fingerprint] {
				tb.Fatalf("%v\nfingerprint %x twice", s, r.Fingerprint)
			}
			found[r.Fingerprint] = true
			if !prints[r.Fingerprint] {
				tb.Fatalf("%v\nfingerprint %x is of no schedule", s, r.Fingerprint)
			}
			delete(left, end(r))
		})
		if len(found) != len(prints) || c.Redundant != 0 || int(c.Executions) != len(found) {
			tb.Fatalf("%v\n%d fingerprints, found %d; %+v", s, len(prints), len(found), c)
		}
		if len(left) > 0 {
			tb.Fatalf("%v\nends not found: %v", s, left)
		}
	}
}

func end(r sim.Result) string {
	if r.Failure == nil {
		return r.Outcome.String()
	}
	return r.Outcome.String() + " " + r.Failure.Message
}

// drawSmall draws two or three threads of blocks such as "enter0 exit0".
func drawSmall(t *rapid.T, blocks []string) *small {
	s := new(small)
	left := eventsMax
	for i := range rapid.IntRange(2, 3).Draw(t, "threads") {
		var ops []string
		for range rapid.IntRange(1, 3).Draw(t, fmt.Sprintf("blocks of %d", i+1)) {
			b := strings.Fields(rapid.SampledFrom(blocks).Draw(t, "block"))
			if n := weight(b); n <= left {
				ops = append(ops, b...)
				left -= n
			}
		}
		s.threads = append(s.threads, ops)
	}
	return s
}

// weight returns how many events the operations are at most; an answer counts as one.
func weight(ops []string) int {
	n := 0
	for _, op := range ops {
		switch op[:len(op)-1] {
		case "choose", "child":
			n += 3
		case "chooses":
			n += 4
		default:
			n++
		}
	}
	return n
}

func TestAsManyAsFingerprints(t *testing.T) {
	for name, blocks := range map[string][]string{
		"variables": {"load0", "store0", "load1", "store1"},
		"mutexes": {
			"enter0 exit0", "enter1 exit1", "enter0 load0 exit0", "enter0 enter1 exit1 exit0", "store0",
			"enter1 enter0 exit0 exit1", "enter0",
		},
		"rwlocks":    {"load0", "read0 leave0", "write0 leave0", "read0 load0 leave0", "write0 store0 leave0", "read0 upgrade0 leave0"},
		"conditions": {"load0", "enter0 wait0 exit0", "signal0", "broadcast0", "enter0 signal0 exit0", "enter0 exit0"},
		"choices":    {"choose0", "choose1", "load0", "store0", "chooses0", "chooses1", "enter0 choose0 exit0"},
		"timers":     {"sleep0", "sleep1", "load0", "store0", "enter0 sleep0 exit0", "enter0 exit0"},
		"threads":    {"child0", "child1", "load0", "store0", "yield0"},
		"all": {
			"load0", "store0", "enter0 exit0", "enter0 enter1 exit1 exit0", "enter1 exit1", "read0 leave0", "write0 leave0",
			"enter0 wait0 exit0", "signal0", "broadcast0", "choose0", "sleep0", "child0", "yield0", "chooses1",
		},
		"failures": {"assert0", "assert1", "load0", "store0", "store1", "yield0", "enter0 assert0 exit0", "enter0 store0 exit0"},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { drawSmall(t, blocks).compare(t) })
		})
	}
}
