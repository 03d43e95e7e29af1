// SPDX-License-Identifier: CDDL-1.0

package check_test

import (
	"slices"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// philosophers is W2 of the peers' measurements: thread i locks mutex i and then the next
// one; ordered (W2o), the lower index first.
type philosophers struct{ m [3]ksync.Mutex }

func (p *philosophers) body(ordered bool) func(*sim.Thread) {
	threads := make([]simtest.Thread, 3)
	for i := range threads {
		first, second := i, (i+1)%3
		if ordered {
			first, second = min(first, second), max(first, second)
		}
		threads[i] = simtest.Thread{Name: string(rune('a' + i)), Run: func(t *sim.Thread) {
			p.m[first].Enter(t)
			p.m[second].Enter(t)
			p.m[second].Exit(t)
			p.m[first].Exit(t)
		}}
	}
	start := simtest.Program(func(w *sim.World) {
		for i := range p.m {
			p.m[i].Init(w, nil, "m", "", i)
		}
	}, threads...)
	return func(t *sim.Thread) {
		start(t)
		for i := range threads {
			t.Join(t.World().Thread(i + 1))
		}
	}
}

// stuck reports whether all mutexes are taken.
func (p *philosophers) stuck() bool {
	for i := range p.m {
		if p.m[i].Owner() == nil {
			return false
		}
	}
	return true
}

// The cycle is reported at the step that closes it.
func TestPhilosophersDeadlockAtTheClosingStep(t *testing.T) {
	p := new(philosophers)
	deadlocks := 0
	cfg := sim.Config{Monitor: new(check.Deadlock), Detail: true}
	w := sim.New()
	defer w.Close()
	const schedules = 2000
	for seed := range uint64(schedules) {
		r := w.Run(cfg, &strategy.Random{Seed: seed}, p.body(false))
		f := r.Failure
		if f == nil {
			continue
		}
		deadlocks++
		if f.Kind != sim.KindDeadlock || f.Subject != "wait-for cycle" || len(f.Cycle) != 3 ||
			!p.stuck() {
			t.Fatalf("%+v", f)
		}
		// The last step is the mutex_enter of the thread that then wanted its second one,
		// which closed the cycle.
		events := w.Events()
		last := events[len(events)-1]
		if f.At.Step != r.Steps || last.Step != r.Steps || last.Op != "mutex_enter" ||
			last.Thread != f.Thread {
			t.Fatalf("at step %d of %d by %s, the last is %s by %s",
				f.At.Step, r.Steps, f.Thread.Name(), last.Op, last.Thread.Name())
		}
	}
	if deadlocks == 0 || deadlocks == schedules {
		t.Errorf("%d deadlocks in %d schedules", deadlocks, schedules)
	}
}

func TestOrderedPhilosophersNeverDeadlock(t *testing.T) {
	p := new(philosophers)
	w := sim.New()
	defer w.Close()
	d := new(check.Deadlock)
	for seed := range uint64(20_000) {
		for _, s := range []sim.Strategy{
			&strategy.Random{Seed: seed}, &strategy.PCT{Seed: seed, Depth: 3, Picks: 20},
		} {
			if r := w.Run(sim.Config{Monitor: d}, s, p.body(true)); r.Outcome != sim.Passed {
				t.Fatalf("seed %d: %+v", seed, r.Failure)
			}
		}
	}
}

// Shuttle needs a median of 5 random schedules; the exact figure depends on the scheduling
// points.
func TestPhilosophersSchedulesToDeadlock(t *testing.T) {
	p := new(philosophers)
	w := sim.New()
	defer w.Close()
	var counts []int
	for seed := range uint64(50) {
		for n := 1; ; n++ {
			r := w.Run(sim.Config{Monitor: new(check.Deadlock)},
				&strategy.Random{Seed: sim.Mix(seed) + uint64(n)}, p.body(false))
			if r.Outcome == sim.Failed {
				counts = append(counts, n)
				break
			}
		}
	}
	slices.Sort(counts)
	t.Logf("median %d, least %d, most %d", counts[25], counts[0], counts[49])
	if counts[25] > 12 {
		t.Errorf("median %d schedules", counts[25])
	}
}

// Who holds what since when, and wants what.
func TestCycleSaysWhoHoldsAndWantsWhat(t *testing.T) {
	p := new(philosophers)
	_, r := simtest.Script(t, sim.Config{Monitor: new(check.Deadlock), Detail: true}, p.body(false),
		"a until mutex_enter m#1", "c until mutex_enter m", "b until mutex_enter m#2")
	f := r.Failure
	if f == nil || f.Kind != sim.KindDeadlock {
		t.Fatalf("%v %+v", r.Outcome, f)
	}
	var got []string
	for _, e := range f.Cycle {
		got = append(got, e.Thread.Name()+" wants "+e.For.String()+" of "+e.Holder.Name())
		if e.Holds == nil || e.Holds.Object != e.For.Object || e.Holds.At.Step == 0 ||
			!strings.Contains(sim.GoSite(e.Holds.At.PCs).Func, "body") {
			t.Errorf("%s holds %+v", e.Holder.Name(), e.Holds)
		}
	}
	want := []string{
		"b wants mutex_enter m#2 of c", "c wants mutex_enter m of a", "a wants mutex_enter m#1 of b",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	// main; a's start and enter; c's; b's.
	if s := f.Cycle[0].Holds.At.Step; s != 5 {
		t.Errorf("c holds m#2 since step %d", s)
	}
	if f.Message != "deadlock: b waits for c at mutex_enter m#2, c waits for a at mutex_enter m, "+
		"a waits for b at mutex_enter m#1" {
		t.Errorf("%s", f.Message)
	}
	for _, s := range f.States {
		switch s.Thread.Name() {
		case "a", "b", "c":
			if s.Enabled || s.Done || len(s.Holds) != 1 || s.Pending.Type.Name != "mutex_enter" {
				t.Errorf("%s: %+v", s.Thread.Name(), s)
			}
		}
	}
}

// locked is a program of threads that enter locks and hardly ever leave them, two mutexes and an
// rwlock, by their letters: m, n, r (read) and w (write). x leaves the rwlock, j joins the
// first thread, a dot yields and a star does so for ever.
func locked(threads ...string) func(*sim.Thread) {
	var m, n ksync.Mutex
	var l ksync.RWLock
	var all []simtest.Thread
	for i, ops := range threads {
		all = append(all, simtest.Thread{Name: string(rune('1' + i)), Run: func(t *sim.Thread) {
			for _, op := range ops {
				switch op {
				case 'm':
					m.Enter(t)
				case 'n':
					n.Enter(t)
				case 'r':
					l.EnterRead(t)
				case 'w':
					l.EnterWrite(t)
				case '.':
					t.Yield()
				case '*':
					for {
						t.Yield()
					}
				case 'x':
					l.Exit(t)
				case 'j':
					t.Join(t.World().Thread(1))
				}
			}
		}})
	}
	return simtest.Program(func(w *sim.World) {
		m.Init(w, nil, "m", "", 0)
		n.Init(w, nil, "n", "", 0)
		l.Init(w, nil, "l", "", 0)
	}, all...)
}

func deadlock(t *testing.T, body func(*sim.Thread), script ...string) *sim.Failure {
	t.Helper()
	cfg := sim.Config{Monitor: new(check.Deadlock), Detail: true, StepsMax: 1000}
	_, r := simtest.Script(t, cfg, body, script...)
	if r.Failure == nil || r.Failure.Kind != sim.KindDeadlock {
		t.Fatalf("%v %+v", r.Outcome, r.Failure)
	}
	return r.Failure
}

// A writer needs every reader to leave, so one that waits for it is enough.
func TestWriterWaitsForAllReaders(t *testing.T) {
	// 1 and 2 read; 3 holds m and wants to write; 1 then wants m, and 2 could go on.
	f := deadlock(t, locked("r.m", "r*", "mw"),
		"1 until yield", "2 until yield", "3", "1")
	if len(f.Cycle) != 2 || f.Thread.Name() != "1" ||
		f.Message != "deadlock: 1 waits for 3 at mutex_enter m, 3 waits for 1 at rw_enter W (waiting) l" {
		t.Errorf("%s", f.Message)
	}
}

func TestTwoDeadlockWhileAThirdRuns(t *testing.T) {
	f := deadlock(t, locked("mn", "nm", "*"), "3 step", "1 until mutex_enter n", "2", "3 step", "1")
	if len(f.Cycle) != 2 {
		t.Errorf("%s", f.Message)
	}
	for _, s := range f.States {
		if s.Thread.Name() == "3" && !s.Enabled {
			t.Error("3 cannot run")
		}
	}
}

// A thread that waits for a deadlock is not part of it.
func TestCycleHasNoTail(t *testing.T) {
	f := deadlock(t, locked("rn", "nw", "r"), "1 until mutex_enter n", "2", "3", "1")
	for _, e := range f.Cycle {
		if e.Thread.Name() == "3" {
			t.Errorf("%s", f.Message)
		}
	}
	if len(f.Cycle) != 2 {
		t.Errorf("%s", f.Message)
	}
}

func TestJoinClosesCycle(t *testing.T) {
	// 2 holds m and joins 1, which wants m; 3 goes on for ever.
	f := deadlock(t, locked(".m", "m.j", "*"), "1 until yield", "2 until yield", "1", "2")
	if len(f.Cycle) != 2 || !strings.Contains(f.Message, "2 waits for 1 at thread_join") {
		t.Errorf("%s", f.Message)
	}
	f = deadlock(t, locked(".m", "m.j", "*"), "1 until yield", "2", "1")
	if len(f.Cycle) != 2 || f.Thread.Name() != "1" {
		t.Errorf("%s", f.Message)
	}
}

// Waiting for somebody who can go on, sleeps, or has ended with the lock is no cycle.
func TestNoDeadlockWithoutCycle(t *testing.T) {
	run := func(body func(*sim.Thread)) sim.Result {
		_, r := simtest.Script(t, sim.Config{Monitor: new(check.Deadlock)}, body, "1", "2")
		return r
	}
	if r := run(locked("m", "m")); r.Outcome != sim.Failed || r.Failure.Kind != sim.KindHang {
		t.Errorf("ended with the mutex: %v %+v", r.Outcome, r.Failure)
	}
	var m ksync.Mutex
	r := run(simtest.Program(func(w *sim.World) { m.Init(w, nil, "m", "", 0) },
		simtest.Thread{Name: "1", Run: func(t *sim.Thread) { m.Enter(t); t.Sleep(5); m.Exit(t) }},
		simtest.Thread{Name: "2", Run: func(t *sim.Thread) { m.Enter(t) }}))
	if r.Outcome != sim.Passed {
		t.Errorf("asleep with the mutex: %v %+v", r.Outcome, r.Failure)
	}
	// 2 holds m and was let in with 3, before the writer that waits for both: it can go on.
	_, r = simtest.Script(t, sim.Config{Monitor: new(check.Deadlock)},
		locked("w.x", "mr", "rm", "w"), "1 until yield", "2", "3", "4", "1", "3", "2")
	if r.Failure == nil || r.Failure.Kind != sim.KindHang {
		t.Errorf("let in with the mutex: %v %+v", r.Outcome, r.Failure)
	}
}

// follow gives the answers of an earlier schedule and then picks the oldest thread.
type follow struct {
	choices []sim.Choice
	next    int
}

func (f *follow) Begin(*sim.World) { f.next = 0 }

func (f *follow) Pick(w *sim.World, _ *sim.Thread) int {
	if f.next == len(f.choices) {
		return w.Enabled().At(0)
	}
	f.next++
	return f.choices[f.next-1].Value()
}

func (f *follow) Choose(*sim.World, *sim.Thread, int, string) int { return 0 }

// Whatever program of locks: where the check finds a deadlock, the schedule
// does not end without the check either.
func TestDeadlockIsFinal(t *testing.T) {
	found := 0
	bare := sim.New()
	defer bare.Close()
	for _, threads := range [][]string{
		{"mn", "nm"},
		{"rm", "mr", "w"},
		{"rr", "w"},
		{"rw"},
		{"rm", "wm"},
		{"mr", "nr", "w"},
		{"rn", "mw", "nm"},
		{"mn", "n", "m"},
		{"rr", "rr"},
		{"wm", "mr", "n"},
		{".m", "mj", "n"},
	} {
		body := locked(threads...)
		cfg := sim.Config{Monitor: new(check.Deadlock)}
		simtest.All(t, cfg, 50_000, body, func(_ *sim.World, r sim.Result) {
			if r.Failure == nil || r.Failure.Kind != sim.KindDeadlock {
				return
			}
			found++
			again := bare.Run(sim.Config{}, &follow{choices: r.Choices}, body)
			if again.Failure == nil || again.Failure.Kind != sim.KindHang {
				t.Fatalf("%v: %s; but without the check %v", threads, r.Failure.Message, again.Outcome)
			}
		})
	}
	if found < 100 {
		t.Errorf("%d deadlocks", found)
	}
}
