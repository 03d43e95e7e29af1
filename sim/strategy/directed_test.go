// SPDX-License-Identifier: CDDL-1.0

package strategy_test

import (
	"testing"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// opposite is two threads that take two mutexes in opposite orders, far from each other.
type opposite struct{ a, b ksync.Mutex }

func (o *opposite) program() func(*sim.Thread) {
	take := func(first, second *ksync.Mutex, idle int) func(*sim.Thread) {
		return func(t *sim.Thread) {
			for range idle {
				t.Yield()
			}
			first.Enter(t)
			second.Enter(t)
			second.Exit(t)
			first.Exit(t)
		}
	}
	return simtest.Program(func(w *sim.World) {
		o.a.Init(w, nil, "a", "", 0)
		o.b.Init(w, nil, "b", "", 0)
	}, simtest.Thread{Name: "p", Run: take(&o.a, &o.b, 60)}, simtest.Thread{Name: "q", Run: take(&o.b, &o.a, 0)})
}

// TestDirectedReachesWhatIsRare: what the random walk meets in hardly any schedule, the search that
// is told of it meets in every one.
func TestDirectedReachesWhatIsRare(t *testing.T) {
	o := new(opposite)
	program := o.program()
	w := sim.New()
	defer w.Close()
	locks := check.NewLocks()
	deadlocks := func(s sim.Strategy, seed *uint64) int {
		n := 0
		for i := range uint64(200) {
			*seed = i
			r := w.Run(sim.Config{Monitor: new(check.Deadlock), Locks: locks}, s, program)
			if r.Failure != nil && r.Failure.Kind == sim.KindDeadlock {
				n++
			}
		}
		return n
	}
	random := new(strategy.Random)
	if n := deadlocks(random, &random.Seed); n > 2 {
		t.Errorf("%d random schedules of 200 deadlock", n)
	}
	p, q := lineage(t, w, program, "p"), lineage(t, w, program, "q")
	a, b := o.a.Object().Identity(), o.b.Object().Identity()
	directed := &strategy.Directed{Holding: locks.Holds, Targets: []strategy.Target{
		{Thread: p, Holds: a, Wants: b, Under: []uint64{a}}, {Thread: q, Holds: b, Wants: a, Under: []uint64{b}},
	}}
	if n := deadlocks(directed, &directed.Seed); n != 200 {
		t.Errorf("%d directed schedules of 200 deadlock", n)
	}
}

// lineage returns that of the thread with the given name.
func lineage(t *testing.T, w *sim.World, program func(*sim.Thread), name string) (id uint64) {
	t.Helper()
	w.Run(sim.Config{}, new(strategy.Random), program)
	w.Threads(func(u *sim.Thread) {
		if u.Name() == name {
			id = u.Lineage().ID
		}
	})
	if id == 0 {
		t.Fatalf("no thread %s", name)
	}
	return id
}

// A cycle that needs a writer between two readers is reached too: the writer waits first.
func TestDirectedLetsTheWriterWaitFirst(t *testing.T) {
	var m ksync.Mutex
	var rw ksync.RWLock
	program := simtest.Program(func(w *sim.World) {
		m.Init(w, nil, "m", "", 0)
		rw.Init(w, nil, "rw", "", 0)
	}, simtest.Thread{Name: "reads in m", Run: func(t *sim.Thread) {
		m.Enter(t)
		rw.EnterRead(t)
		rw.Exit(t)
		m.Exit(t)
	}}, simtest.Thread{Name: "writes", Run: func(t *sim.Thread) {
		rw.EnterWrite(t)
		rw.Exit(t)
	}}, simtest.Thread{Name: "takes m and reads", Run: func(t *sim.Thread) {
		rw.EnterRead(t)
		m.Enter(t)
		m.Exit(t)
		rw.Exit(t)
	}})
	w := sim.New()
	defer w.Close()
	locks := check.NewLocks()
	id := func(name string) uint64 { return lineage(t, w, program, name) }
	d := &strategy.Directed{Holding: locks.Holds}
	first, writer, second := id("reads in m"), id("writes"), id("takes m and reads")
	mm, l := m.Object().Identity(), rw.Object().Identity()
	d.Targets = []strategy.Target{
		{Thread: first, Holds: mm, Wants: l, Under: []uint64{mm}},
		{Thread: writer, Wants: l},
		{Thread: second, Holds: l, Wants: mm, Under: []uint64{l}},
	}
	n := 0
	for seed := range uint64(100) {
		d.Seed = seed
		if r := w.Run(sim.Config{Monitor: new(check.Deadlock), Locks: locks}, d, program); r.Failure != nil {
			if len(r.Failure.Cycle) != 3 {
				t.Fatalf("%+v", r.Failure)
			}
			n++
		}
	}
	if n < 90 {
		t.Errorf("%d of 100 schedules deadlock", n)
	}
}
