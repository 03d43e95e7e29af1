// SPDX-License-Identifier: CDDL-1.0

package sim_test

import (
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"
)

// The workloads are those of anchors.md, "Workload definitions", with all that they need
// made once and made ready again in each schedule, so that the steady state is measured.

// counter is W1: three threads, each loops times (enter, add 1, exit).
type counter struct {
	loops   int
	mu      ksync.Mutex
	n       int
	worker  func(*sim.Thread)
	threads [3]*sim.Thread
}

func newCounter(loops int) *counter {
	c := &counter{loops: loops}
	c.worker = func(t *sim.Thread) {
		for range c.loops {
			c.mu.Enter(t)
			c.n++
			c.mu.Exit(t)
		}
	}
	return c
}

func (c *counter) body(t *sim.Thread) {
	c.n = 0
	c.mu.Init(t.World(), nil, "m", "", 0)
	for i := range c.threads {
		c.threads[i] = t.SpawnN("worker", i+1, c.worker)
	}
	for _, u := range c.threads {
		t.Join(u)
	}
	if c.n != 3*c.loops {
		t.Fail(sim.KindPanic, "W1", "lost update")
	}
}

// table is W3: an rwlock over a map whose one object is held and released by users and
// removed by unset, which waits for the last temporary hold.
type table struct {
	loops   int
	lock    ksync.RWLock
	entries map[int]*entry
	entry   entry
	user    func(*sim.Thread)
	unset   func(*sim.Thread)
	threads [3]*sim.Thread
}

type entry struct {
	mu         ksync.Mutex
	cv         ksync.Cond
	refs, tref int
	condemned  bool
}

func newTable(loops int) *table {
	x := &table{loops: loops, entries: make(map[int]*entry)}
	x.user = func(t *sim.Thread) {
		for range x.loops {
			if e := x.holdTmp(t); e != nil {
				e.releTmp(t)
			}
		}
	}
	x.unset = x.runUnset
	return x
}

func (x *table) holdTmp(t *sim.Thread) *entry {
	x.lock.EnterRead(t)
	e := x.entries[1]
	if e == nil {
		x.lock.Exit(t)
		return nil
	}
	e.mu.Enter(t)
	if e.condemned {
		e.mu.Exit(t)
		x.lock.Exit(t)
		return nil
	}
	e.tref++
	e.mu.Exit(t)
	x.lock.Exit(t)
	return e
}

func (e *entry) releTmp(t *sim.Thread) {
	e.mu.Enter(t)
	if e.tref--; e.tref == 0 && e.condemned {
		e.cv.Broadcast(t)
	}
	e.mu.Exit(t)
}

func (x *table) runUnset(t *sim.Thread) {
	x.lock.EnterWrite(t)
	e := x.entries[1]
	e.mu.Enter(t)
	e.condemned = true
	delete(x.entries, 1)
	x.lock.Exit(t)
	for e.tref != 0 {
		e.cv.Wait(t, &e.mu)
	}
	if e.refs != 1 {
		t.Fail(sim.KindPanic, "W3", "wrong count")
	}
	e.mu.Exit(t)
}

func (x *table) body(t *sim.Thread) {
	w := t.World()
	x.lock.Init(w, nil, "table", "", 0)
	x.entry.mu.Init(w, nil, "mutex", "", 0)
	x.entry.cv.Init(w, nil, "cv", "", 0)
	x.entry.refs, x.entry.tref, x.entry.condemned = 1, 0, false
	x.entries[1] = &x.entry
	x.threads = [3]*sim.Thread{
		t.SpawnN("user", 1, x.user), t.SpawnN("user", 2, x.user), t.Spawn("unset", x.unset),
	}
	for _, u := range x.threads {
		t.Join(u)
	}
}

// spawner is W4: five threads that do nothing, created and joined.
type spawner struct {
	idle    func(*sim.Thread)
	threads [5]*sim.Thread
}

func (s *spawner) body(t *sim.Thread) {
	for i := range s.threads {
		s.threads[i] = t.SpawnN("idle", i+1, s.idle)
	}
	for _, u := range s.threads {
		t.Join(u)
	}
}

// yielder is W1y: three threads that each yield two hundred times.
type yielder struct{ threads [3]*sim.Thread }

func yieldOften(t *sim.Thread) {
	for range 200 {
		t.Yield()
	}
}

func (y *yielder) body(t *sim.Thread) {
	for i := range y.threads {
		y.threads[i] = t.SpawnN("yielder", i+1, yieldOften)
	}
	for _, u := range y.threads {
		t.Join(u)
	}
}

// seeded is a strategy that a benchmark gives a new seed in each schedule.
type seeded interface {
	sim.Strategy
	seed(uint64)
}

type randomWalk struct{ strategy.Random }

func (r *randomWalk) seed(s uint64) { r.Seed = s }

type pct struct{ strategy.PCT }

func (p *pct) seed(s uint64) { p.Seed = s }

type pos struct{ strategy.POS }

func (p *pos) seed(s uint64) { p.Seed = s }

type surw struct{ strategy.SURW }

func (u *surw) seed(s uint64) { u.Seed = s }

// newSURW returns the walk with the profile of one schedule of body.
func newSURW(body func(*sim.Thread)) *surw {
	w := sim.New()
	defer w.Close()
	p := &strategy.Profiler{Strategy: new(strategy.Random)}
	w.Run(sim.Config{}, p, body)
	return &surw{strategy.SURW{Profile: p.Tally.Profile()}}
}

func measure(b *testing.B, s seeded, body func(*sim.Thread)) {
	w := sim.New()
	defer w.Close()
	var steps, schedules int
	run := func() {
		s.seed(uint64(schedules))
		r := w.Run(sim.Config{}, s, body)
		if r.Outcome != sim.Passed {
			b.Fatal(r.Failure)
		}
		if p, ok := s.(*pct); ok {
			p.PCT.Picks = max(p.PCT.Picks, r.Picks)
		}
		steps += r.Steps
		schedules++
	}
	run()
	steps, schedules = 0, 0
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
	b.ReportMetric(float64(schedules)/b.Elapsed().Seconds(), "schedules/s")
	b.ReportMetric(float64(steps)/float64(schedules), "steps/schedule")
}

func BenchmarkW1Random(b *testing.B) { measure(b, &randomWalk{}, newCounter(100).body) }

func BenchmarkW1PCT3(b *testing.B) {
	measure(b, &pct{strategy.PCT{Depth: 3}}, newCounter(100).body)
}

func BenchmarkW1POS(b *testing.B) { measure(b, &pos{}, newCounter(100).body) }

func BenchmarkW1SURW(b *testing.B) {
	c := newCounter(100)
	measure(b, newSURW(c.body), c.body)
}

// BenchmarkW1yRandom is the bare scheduler: three threads that yield two hundred times.
func BenchmarkW1yRandom(b *testing.B) { measure(b, &randomWalk{}, (&yielder{}).body) }

func BenchmarkW2oRandom(b *testing.B) { measure(b, &randomWalk{}, newPhilosophers(true).body) }

func BenchmarkW2oPCT3(b *testing.B) {
	measure(b, &pct{strategy.PCT{Depth: 3}}, newPhilosophers(true).body)
}

func BenchmarkW3Random(b *testing.B) { measure(b, &randomWalk{}, newTable(2).body) }

func BenchmarkW3PCT3(b *testing.B) {
	measure(b, &pct{strategy.PCT{Depth: 3}}, newTable(2).body)
}

func BenchmarkW3POS(b *testing.B) { measure(b, &pos{}, newTable(2).body) }

func BenchmarkW3SURW(b *testing.B) {
	x := newTable(2)
	measure(b, newSURW(x.body), x.body)
}

func BenchmarkW4(b *testing.B) {
	measure(b, &randomWalk{}, (&spawner{idle: func(*sim.Thread) {}}).body)
}
