// SPDX-License-Identifier: CDDL-1.0

package ksync_test

import (
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
)

// leafOp is an operation that the kernel does under a leaf lock, the object it acts on.
var leafOp = &sim.OpType{Name: "leaf", Access: sim.Write}

// fields are one of each sort, with what may protect them.
type fields struct {
	plain, leaf ksync.Field
	mu          ksync.Mutex
	obj, other  sim.Object
}

func (f *fields) init(w *sim.World) {
	f.plain.Init(w, nil, "plain", "", 0)
	f.leaf.InitLeaf(w, "leaf", "")
	f.mu.Init(w, nil, "mu", "", 0)
	w.Register(&f.obj, "obj", "", 0, nil)
	w.Register(&f.other, "other", "", 0, nil)
}

// TestFields runs every schedule of two threads that use a field, and wants a race in some of them or
// in none.
func TestFields(t *testing.T) {
	locked := func(w *fields, t *sim.Thread) {
		w.mu.Enter(t)
		w.plain.Write(t)
		w.mu.Exit(t)
	}
	within := func(w *fields, t *sim.Thread) {
		t.Step(leafOp, &w.obj, nil)
		w.leaf.Write(t)
	}
	for _, c := range []struct {
		name string
		a, b func(w *fields, t *sim.Thread)
		race bool
	}{
		{"two writes", func(w *fields, t *sim.Thread) { w.plain.Write(t) }, func(w *fields, t *sim.Thread) { w.plain.Write(t) }, true},
		{"two reads", func(w *fields, t *sim.Thread) { w.plain.Read(t) }, func(w *fields, t *sim.Thread) { w.plain.Read(t) }, false},
		{"a mutex", locked, locked, false},
		{"a mutex on one side", locked, func(w *fields, t *sim.Thread) { w.plain.Read(t) }, true},
		{"after a step, which orders only what was before it", func(w *fields, t *sim.Thread) {
			t.Step(leafOp, &w.obj, nil)
			w.plain.Write(t)
		}, func(w *fields, t *sim.Thread) {
			t.Step(leafOp, &w.obj, nil)
			w.plain.Write(t)
		}, true},
		{"within steps on one object", within, within, false},
		{"within steps on two objects", within, func(w *fields, t *sim.Thread) {
			t.Step(leafOp, &w.other, nil)
			w.leaf.Write(t)
		}, true},
		{"within a step and without one", within, func(w *fields, t *sim.Thread) { w.leaf.Read(t) }, true},
		{"after a second object was touched", within, func(w *fields, t *sim.Thread) {
			t.Step(leafOp, &w.obj, nil)
			t.Touch(&w.other, sim.Write)
			w.leaf.Write(t)
		}, true},
	} {
		w := new(fields)
		races, total := 0, 0
		body := simtest.Program(w.init,
			simtest.Thread{Name: "a", Run: func(t *sim.Thread) { c.a(w, t) }},
			simtest.Thread{Name: "b", Run: func(t *sim.Thread) { c.b(w, t) }})
		simtest.All(t, sim.Config{Races: true}, 10_000, body, func(_ *sim.World, r sim.Result) {
			total++
			if r.Failure != nil {
				races++
				if r.Failure.Kind != sim.KindRace {
					t.Fatalf("%s: %s", c.name, r.Failure.Message)
				}
			}
		})
		if c.race && races == 0 || !c.race && races > 0 {
			t.Errorf("%s: %d of %d schedules have a race", c.name, races, total)
		}
	}
}
