// SPDX-License-Identifier: CDDL-1.0

package simtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dlsim/sim"
	"dlsim/sim/ksync"

	"pgregory.net/rapid"
)

// Small is a program of so few operations that all its schedules can be run.
type Small struct {
	Threads [][]string // the operations of each thread, as Do takes them
	Mutex   [2]ksync.Mutex
	Var     [2]ksync.Var[int]
	RW      ksync.RWLock
	Cond    ksync.Cond
}

// EventsMax is how many operations a drawn program has at most.
const EventsMax = 8

// Budget is how many operations a program that is drawn now may have: EventsMax, or fewer with -short. Each one
// more makes for several times as many schedules.
func Budget() int {
	if testing.Short() {
		return EventsMax - 2
	}
	return EventsMax
}

// DrawSmall draws a program of two or three threads of one to blocksMax blocks such as "enter0 exit0".
func DrawSmall(t *rapid.T, blocks []string, blocksMax int) *Small {
	s := new(Small)
	left := Budget()
	for i := range rapid.IntRange(2, 3).Draw(t, "threads") {
		var ops []string
		for range rapid.IntRange(1, blocksMax).Draw(t, fmt.Sprintf("blocks of %d", i+1)) {
			b := strings.Fields(rapid.SampledFrom(blocks).Draw(t, "block"))
			if n := Weight(b); n <= left {
				ops = append(ops, b...)
				left -= n
			}
		}
		s.Threads = append(s.Threads, ops)
	}
	return s
}

// Weight returns how many events the operations are at most; an answer counts as one.
func Weight(ops []string) int {
	n := 0
	for _, op := range ops {
		switch op[:len(op)-1] {
		case "choose", "child", "risks":
			n += 3
		case "chooses":
			n += 4
		case "risk":
			n += 2
		default:
			n++
		}
	}
	return n
}

// Body is the program.
func (s *Small) Body(t *sim.Thread) { s.Run(t, s.Do) }

// Run is the program with do in the place of Do.
func (s *Small) Run(t *sim.Thread, do func(t *sim.Thread, op string)) {
	w := t.World()
	for i := range 2 {
		s.Mutex[i].Init(w, nil, "mu", "", i+1)
		s.Var[i].Init(w, nil, "v", "", i+1)
		s.Var[i].Poke(0)
	}
	s.RW.Init(w, nil, "rw", "", 0)
	s.Cond.Init(w, nil, "cv", "", 0)
	for i, ops := range s.Threads {
		t.Fork("t", i+1, func(t *sim.Thread) {
			for _, op := range ops {
				do(t, op)
			}
		})
	}
}

// Do makes one operation: a word and the number, 0 or 1, of what it is about.
func (s *Small) Do(t *sim.Thread, op string) {
	i := int(op[len(op)-1] - '0')
	switch op[:len(op)-1] {
	case "enter":
		s.Mutex[i].Enter(t)
	case "exit":
		s.Mutex[i].Exit(t)
	case "load":
		s.Var[i].Load(t)
	case "store":
		s.Var[i].Store(t, 1)
	case "read":
		s.RW.EnterRead(t)
	case "write":
		s.RW.EnterWrite(t)
	case "leave":
		s.RW.Exit(t)
	case "upgrade":
		s.RW.TryUpgrade(t)
	case "wait":
		s.Cond.Wait(t, &s.Mutex[0])
	case "signal":
		s.Cond.Signal(t)
	case "broadcast":
		s.Cond.Broadcast(t)
	case "alarm": // wakes and fails in one event
		s.Cond.Broadcast(t)
		t.Fail(sim.KindPanic, "", "alarm")
	case "yield":
		t.Yield()
	case "sleep":
		t.Sleep(time.Duration(i + 1))
	case "choose": // whether it writes or does nothing
		t.Yield()
		if t.Choose(2, "what") == 1 {
			s.Var[i].Store(t, 1)
		}
	case "chooses": // twice in one event
		s.Var[i].Load(t)
		if t.Choose(2, "whether") == 1 && t.Choose(3, "how") == 2 {
			s.Var[1-i].Store(t, 1)
		}
	case "child":
		u := t.Spawn("child of "+t.Name()+fmt.Sprint(t.World().Steps()), func(t *sim.Thread) { s.Var[i].Store(t, 1) })
		t.Join(u)
	case "assert": // fails when somebody has stored
		if s.Var[i].Load(t) != 0 {
			t.Fail(sim.KindPanic, "", "stored")
		}
	case "clear":
		s.Var[i].Store(t, 0)
	case "risk": // whether it fails or does nothing
		s.Var[i].Load(t)
		if t.Choose(2, "what") == 1 {
			t.Fail(sim.KindPanic, "", "chosen")
		}
	case "risks": // the same, with two ways to fail
		s.Var[i].Load(t)
		if n := t.Choose(3, "what"); n != 2 {
			t.Fail(sim.KindPanic, "", fmt.Sprint("chosen ", n))
		}
	default:
		panic(op)
	}
}

func (s *Small) String() string {
	var b strings.Builder
	for _, ops := range s.Threads {
		b.WriteString("\n\t\"" + strings.Join(ops, " ") + "\"")
	}
	return b.String()
}
