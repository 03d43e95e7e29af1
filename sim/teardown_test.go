// SPDX-License-Identifier: CDDL-1.0

package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"
)

// wreck is a program that fails while threads are in every state a thread can be in, all
// with deferred functions that go on using the simulator.
type wreck struct {
	mu, free ksync.Mutex
	rw       ksync.RWLock
	cv       ksync.Cond
	unwound  map[string]int // how often each thread's deferred functions began
	returned []string       // calls that came back after the end, which none may
	foreign  []string       // panics other than the one that unwinds
	failing  func(t *sim.Thread)
}

func (x *wreck) body(t *sim.Thread) {
	w := t.World()
	x.mu.Init(w, nil, "mu", "", 0)
	x.free.Init(w, nil, "free", "", 0)
	x.rw.Init(w, nil, "rw", "", 0)
	x.cv.Init(w, nil, "cv", "", 0)
	x.unwound, x.returned, x.foreign = map[string]int{}, nil, nil
	x.mu.Enter(t)
	x.rw.EnterRead(t)
	x.spawn(t, "mutex", func(t *sim.Thread) { x.mu.Enter(t) })
	x.spawn(t, "writer", func(t *sim.Thread) { x.rw.EnterWrite(t) })
	x.spawn(t, "reader", func(t *sim.Thread) { t.Yield(); x.rw.EnterRead(t) })
	x.spawn(t, "waiter", func(t *sim.Thread) { x.free.Enter(t); x.cv.Wait(t, &x.free) })
	x.spawn(t, "sleeper", func(t *sim.Thread) { t.Sleep(time.Hour) })
	x.spawn(t, "joiner", func(t *sim.Thread) { t.Join(w.Thread(0)) })
	x.spawn(t, "quiescer", func(t *sim.Thread) { t.Quiesce() })
	x.spawn(t, "runner", func(t *sim.Thread) {
		for {
			t.Yield()
		}
	})
	for range 40 {
		t.Yield()
	}
	x.spawn(t, "unstarted", func(*sim.Thread) {})
	defer x.cleanUp(t)
	x.failing(t)
}

func (x *wreck) spawn(t *sim.Thread, name string, fn func(*sim.Thread)) {
	t.Fork(name, 0, func(t *sim.Thread) {
		defer x.cleanUp(t)
		fn(t)
		t.Block(opForever, nil, nil)
	})
}

// cleanUp is what a thread's deferred functions try on the way out.
func (x *wreck) cleanUp(t *sim.Thread) {
	x.unwound[t.Name()]++
	for name, f := range map[string]func(){
		"Yield":   t.Yield,
		"Enter":   func() { x.mu.Enter(t) },
		"Exit":    func() { x.mu.Exit(t) },
		"Read":    func() { x.rw.EnterRead(t) },
		"Wait":    func() { x.cv.Wait(t, &x.mu) },
		"Signal":  func() { x.cv.Signal(t) },
		"Fail":    func() { t.Fail(sim.KindStale, "late", "a second failure") },
		"Spawn":   func() { t.Spawn("late", func(*sim.Thread) {}) },
		"Choose":  func() { t.Choose(3, "late") },
		"Sleep":   func() { t.Sleep(time.Second) },
		"Quiesce": t.Quiesce,
		"Join":    func() { t.Join(t.World().Thread(0)) },
		"Join 1":  func() { t.Join(t.World().Thread(1)) },
	} {
		func() {
			defer func() {
				if s, ok := recover().(string); ok {
					x.foreign = append(x.foreign, name+": "+s)
				}
			}()
			f()
			x.returned = append(x.returned, t.Name()+": "+name)
		}()
	}
}

func TestTearDown(t *testing.T) {
	ways := map[string]struct {
		fails func(t *sim.Thread)
		want  sim.Outcome
	}{
		"Fail":  {fail, sim.Failed},
		"limit": {hog, sim.Unknown},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			x := &wreck{failing: way.fails}
			w := sim.New()
			defer w.Close()
			cfg := sim.Config{StepsMax: 2000}
			for seed := range uint64(200) {
				s := &counting{Random: strategy.Random{Seed: seed}}
				r := w.Run(cfg, s, x.body)
				if way.want == sim.Failed && r.Outcome != sim.Failed {
					continue // main was still waiting for its turn at the limit
				}
				if r.Outcome != way.want {
					t.Fatalf("seed %d: %v %v", seed, r.Outcome, r.Failure)
				}
				if r.Failure != nil && !strings.Contains(r.Failure.Subject+r.Failure.Message, "first") {
					t.Fatalf("seed %d: %+v", seed, r.Failure)
				}
				if len(r.Choices) != s.asked {
					t.Fatalf("seed %d: %d choices, asked %d times", seed, len(r.Choices), s.asked)
				}
				if len(x.returned)+len(x.foreign) > 0 {
					t.Fatalf("seed %d: returned %q, panicked %q", seed, x.returned, x.foreign)
				}
				w.Threads(func(u *sim.Thread) {
					if n := x.unwound[u.Name()]; n > 1 || !u.Done() {
						t.Fatalf("seed %d: %s unwound %d times, done %v", seed, u.Name(), n, u.Done())
					}
				})
			}
		})
	}
}

func fail(t *sim.Thread) { t.Fail(sim.KindPanic, "first", "the failure") }

// hog keeps the schedule going until the step limit.
func hog(t *sim.Thread) {
	for {
		t.Yield()
	}
}

// counting counts what a strategy is asked.
type counting struct {
	strategy.Random
	asked int
}

func (c *counting) Pick(w *sim.World, t *sim.Thread) int {
	c.asked++
	return c.Random.Pick(w, t)
}

func (c *counting) Choose(w *sim.World, t *sim.Thread, n int, label string) int {
	c.asked++
	return c.Random.Choose(w, t, n, label)
}

// A strategy that stops a run when asked too much must not turn a failure into that.
func TestFailureIsNotReplacedOnTheWayOut(t *testing.T) {
	w := sim.New()
	defer w.Close()
	r := w.Run(sim.Config{}, &strategy.Rerun{}, func(t *sim.Thread) {
		defer t.Choose(2, "on the way out")
		t.Fail(sim.KindPanic, "", "the failure")
	})
	failedAs(t, r, sim.KindPanic)
}

// After a wreck the world is as good as new.
func TestWorldIsReusableAfterFailure(t *testing.T) {
	x := &wreck{failing: fail}
	used := sim.New()
	defer used.Close()
	for seed := range uint64(100) {
		used.Run(sim.Config{}, &strategy.Random{Seed: seed}, x.body)
		fresh := sim.New()
		for _, p := range []func(*sim.Thread){newTable(2).body, newCounter(5).body} {
			a := used.Run(sim.Config{}, &strategy.Random{Seed: seed}, p)
			b := fresh.Run(sim.Config{}, &strategy.Random{Seed: seed}, p)
			if diff := same(a, b); diff != "" {
				t.Fatalf("seed %d: used and fresh world: %s", seed, diff)
			}
		}
		fresh.Close()
	}
}

// same returns how two results differ, "" if they do not.
func same(a, b sim.Result) string {
	failure := func(r sim.Result) string {
		if r.Failure == nil {
			return ""
		}
		return string(r.Failure.Kind) + r.Failure.Message
	}
	view := func(r sim.Result) string {
		return fmt.Sprint(r.Outcome, r.Steps, r.Picks, r.Choices, r.Digest, r.Fingerprint,
			r.Elapsed, failure(r))
	}
	if x, y := view(a), view(b); x != y {
		return x + "\n" + y
	}
	return ""
}

// What a thread kept about itself does not show in the thread that uses its coroutine next.
func TestThreadsStartAfresh(t *testing.T) {
	w := sim.New()
	defer w.Close()
	clean := true
	body := func(t *sim.Thread) {
		u := t.Fork("u", 0, func(*sim.Thread) {})
		for _, x := range []*sim.Thread{t, u} {
			clean = clean && x.Local() == nil && x.WaitsFor() == nil && x.Joins() == nil &&
				!x.Helper() && !x.Done()
			x.SetLocal(1)
			x.SetWaitsFor(1)
			x.MarkHelper()
		}
	}
	for range 2 {
		passed(t, w.Run(sim.Config{}, &strategy.Random{}, body))
	}
	if !clean {
		t.Error("a new thread has something of an old one")
	}
}

// Deferred functions run while a Go panic unwinds its thread, before it is a failure.
func TestGoPanicIsAFailure(t *testing.T) {
	r := run(t, sim.Config{}, 1, func(t *sim.Thread) {
		t.Spawn("u", func(*sim.Thread) {
			var none []int
			none[len(none)]++
		})
		t.Sleep(time.Second)
		t.Fail(sim.KindStale, "", "the schedule went on")
	})
	f := failedAs(t, r, sim.KindPanic)
	if f.Thread.Name() != "u" || !strings.Contains(f.Message, "index out of range") ||
		!strings.Contains(f.Stack, "TestGoPanicIsAFailure") {
		t.Errorf("%s: %s\n%s", f.Thread.Name(), f.Message, f.Stack)
	}
}
