// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/door"
	"dlsim/sim"
)

// fault is a Fault of the scenario, how many matching upcalls it has seen, and whether it has hit one.
type fault struct {
	*Fault
	errno  env.Errno
	seen   int
	struck bool
	obj    sim.Object // what it has seen
}

// interfere decides what goes wrong with an upcall: the first fault that strikes.
func (m *machine) interfere(t *sim.Thread, req *door.Request) door.Interference {
	for i := range m.faults {
		if f := &m.faults[i]; f.matches(t, req) && f.strikes(t) {
			fromDoor := f.errno == env.EINTR || f.errno == env.EAGAIN || f.errno == env.EBADF
			return door.Interference{Errno: f.errno, Done: f.Effect == "done", Answer: !fromDoor}
		}
	}
	return door.Interference{}
}

// noAnswer lets nobody answer when properties are to be loaded.
func noAnswer(_ *sim.Thread, req *door.Request) door.Interference {
	if req.Cmd == dlmgmtd.CmdLinkpropInit {
		return door.Interference{Errno: env.EBADF}
	}
	return door.Interference{}
}

func (f *fault) matches(t *sim.Thread, req *door.Request) bool {
	switch {
	case f.Upcall != "any" && f.Upcall != req.Cmd,
		f.Thread != "" && f.Thread != t.Name(),
		f.errno == env.EAGAIN && !env.Of(t).User: // kernel threads wait for a server
		return false
	}
	return true
}

// strikes counts an upcall and says whether the fault hits it.
func (f *fault) strikes(t *sim.Thread) bool {
	if f.seen >= f.After+f.Times {
		t.Touch(&f.obj, sim.Read)
		return false
	}
	t.Touch(&f.obj, sim.Write)
	f.seen++
	if f.seen <= f.After {
		return false
	}
	if f.Maybe && t.Choose(2, "fault "+f.Upcall+" "+f.Errno) == 0 {
		return false
	}
	f.struck = true
	return true
}

var (
	opArrive = &sim.OpType{Name: "barrier", Access: sim.Write}
	opPass   = &sim.OpType{Name: "barrier (waiting)", Access: sim.Local, Wait: true}
)

// barrier lets threads go on when enough have arrived. It can be used once more after each
// time it opens.
type barrier struct {
	name    string
	obj     sim.Object
	waiting sim.Queue
}

// barrier returns the barrier of that name, nil if no thread comes to it.
func (m *machine) barrier(name string) *barrier {
	for _, b := range m.barriers {
		if b.name == name {
			return b
		}
	}
	return nil
}

// addBarriers makes the barriers that the steps come to.
func (m *machine) addBarriers(steps []Step) {
	for i := range steps {
		switch a := steps[i].Args.(type) {
		case *barrierArgs:
			if m.barrier(a.Name) == nil {
				m.barriers = append(m.barriers, &barrier{name: a.Name})
			}
		case *repeatArgs:
			m.addBarriers(a.Steps)
		}
	}
}

// init makes the barrier ready for a schedule, before any thread comes to it: what the first one made would be
// another thing for a search than what another one makes.
func (b *barrier) init(w *sim.World) {
	w.Register(&b.obj, "barrier", b.name, 0, nil)
	b.waiting.Reset()
}

func (b *barrier) arrive(t *sim.Thread, threads int) {
	t.Step(opArrive, &b.obj, nil)
	if b.waiting.Len()+1 < threads {
		t.Block(opPass, &b.obj, &b.waiting)
		return
	}
	for u := b.waiting.First(); u != nil; u = b.waiting.First() {
		b.waiting.Remove(u)
		t.World().Wake(t, u)
	}
}
