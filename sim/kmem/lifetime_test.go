// SPDX-License-Identifier: CDDL-1.0

package kmem_test

import (
	"slices"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/kmem"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// Even when the buffer was allocated and freed again meanwhile, by others, it is the free
// of the pointer's own allocation that is named.
func TestUseAfterFreeOfAnEarlierAllocation(t *testing.T) {
	for _, allocated := range []bool{true, false} {
		r, _ := run(t, false, func(t *sim.Thread, c *kmem.Cache[thing], _ *log) {
			p := c.Alloc(t)
			freeIt(t, c, p)
			t.Join(t.Spawn("other", func(t *sim.Thread) {
				c.Free(t, c.Alloc(t))
				if allocated {
					c.Alloc(t)
				}
			}))
			useIt(t, p)
		})
		fails(t, r, sim.KindLifetime, "thing_t#1 (allocation 1), freed by main")
		if use, free := sites(r); use != "kmem_test.useIt" || free != "kmem_test.freeIt" {
			t.Errorf("used in %s, freed in %s", use, free)
		}
		if l := r.Failure.Life; l.FreedBy.Name() != "main" || l.Gen != 1 {
			t.Errorf("allocation %d freed by %s", l.Gen, l.FreedBy.Name())
		}
		again := strings.Contains(r.Failure.Message, " and allocated again since")
		if again != allocated {
			t.Errorf("allocated again %v: %s", allocated, r.Failure.Message)
		}
	}
}

// A thread that is about to enter a mutex finds that it was freed, even if the buffer has
// been allocated again and the mutex made afresh.
func TestFreeUnderAPendingOperation(t *testing.T) {
	for _, debug := range []bool{false, true} {
		c := &kmem.Cache[thing]{Debug: debug}
		typ := new(log).typ()
		typ.Destruct = func(t *sim.Thread, x *thing) { x.mu.Destroy(t) }
		owner := func(t *sim.Thread) {
			p := c.Alloc(t)
			mu := &p.At(t).mu
			t.Fork("user", 0, func(t *sim.Thread) {
				mu.Enter(t)
				mu.Exit(t)
			})
			mu.Enter(t)
			mu.Exit(t)
			c.Free(t, p)
			c.Alloc(t)
		}
		body := simtest.Program(func(w *sim.World) { c.Init(w, typ) },
			simtest.Thread{Name: "owner", Run: owner})
		_, r := simtest.Script(t, sim.Config{}, body, "owner until mutex_enter",
			"user until mutex_enter", "owner", "user")
		fails(t, r, sim.KindLifetime, "mutex_enter th_mutex of thing_t#1 (allocation 1), freed by owner",
			" and allocated again since")

		// Whatever the schedule, user is in before the free and out again, or this is found.
		outcomes := map[sim.Outcome]int{}
		simtest.All(t, sim.Config{Monitor: new(check.Deadlock)}, 10_000, body,
			func(_ *sim.World, r sim.Result) {
				outcomes[r.Outcome]++
				switch f := r.Failure; {
				case f == nil:
				case f.Kind == sim.KindLifetime:
					fails(t, r, sim.KindLifetime, "use after free: mutex_enter th_mutex")
				default:
					fails(t, r, sim.KindPanic, "th_mutex#1", "held")
				}
			})
		if outcomes[sim.Passed] == 0 || outcomes[sim.Failed] == 0 {
			t.Errorf("debug %v: outcomes %v", debug, outcomes)
		}
	}
}

// Freeing a buffer with a lock in it that somebody holds is a bug at once (environment.md
// 3.1), in either kernel.
func TestFreeWithALockHeldFails(t *testing.T) {
	for _, debug := range []bool{false, true} {
		for _, exit := range []bool{false, true} {
			r, _ := run(t, debug, func(t *sim.Thread, c *kmem.Cache[thing], _ *log) {
				p := c.Alloc(t)
				p.At(t).mu.Enter(t)
				if exit {
					p.At(t).mu.Exit(t)
				}
				c.Free(t, p)
			})
			if exit {
				passes(t, r)
				continue
			}
			fails(t, r, sim.KindPanic,
				"thing_t#1 (allocation 1) is freed while th_mutex#1 in it is held")
			if r.Failure.Subject != "free with th_mutex held" {
				t.Errorf("subject %q", r.Failure.Subject)
			}
		}
	}
}

// The same for a read-write lock, held in any way and given back in any way.
func TestFreeWithARWLockHeldFails(t *testing.T) {
	var c kmem.Cache[ksync.RWLock]
	typ := &kmem.Type[ksync.RWLock]{
		Cache: "c", What: "lock_t",
		Register: func(w *sim.World, l *ksync.RWLock, life *sim.Life, num int) {
			l.Init(w, life, "rw", "", num)
		},
	}
	exit := func(l *ksync.RWLock, t *sim.Thread) { l.Exit(t) }
	ways := map[string][]func(*ksync.RWLock, *sim.Thread){
		"R":         {(*ksync.RWLock).EnterRead},
		"R R":       {(*ksync.RWLock).EnterRead, (*ksync.RWLock).EnterRead, exit},
		"W":         {(*ksync.RWLock).EnterWrite},
		"upgrade":   {(*ksync.RWLock).EnterRead, func(l *ksync.RWLock, t *sim.Thread) { l.TryUpgrade(t) }},
		"downgrade": {(*ksync.RWLock).EnterWrite, (*ksync.RWLock).Downgrade},
	}
	for name, way := range ways {
		for _, leave := range []bool{false, true} {
			w := sim.New()
			r := w.Run(sim.Config{}, new(strategy.Random), func(t *sim.Thread) {
				c.Init(t.World(), typ)
				p := c.Alloc(t)
				for _, step := range way {
					step(p.At(t), t)
				}
				if leave {
					p.At(t).Exit(t)
				}
				c.Free(t, p)
			})
			w.Close()
			if leave != (r.Outcome == sim.Passed) {
				t.Errorf("%s, left %v: %v %+v", name, leave, r.Outcome, r.Failure)
			}
		}
	}
}

// Waiting shows what Alloc would hand out, in order; Reap in the debug kernel, which has
// destroyed already, destroys nothing again.
func TestWaitingAndReap(t *testing.T) {
	for _, debug := range []bool{false, true} {
		r, l := run(t, debug, func(t *sim.Thread, c *kmem.Cache[thing], _ *log) {
			a, b, d := c.Alloc(t), c.Alloc(t), c.Alloc(t)
			c.Free(t, b)
			c.Free(t, d)
			c.Free(t, a)
			var order []int
			waiting := func(num int, _ *thing) { order = append(order, num) }
			c.Waiting(waiting)
			if !slices.Equal(order, []int{1, 3, 2}) || c.Alloc(t).Num() != 1 {
				t.Fail(sim.KindPanic, "test", "not the order in which they were freed, last first")
			}
			c.Reap(t)
			order = nil
			if c.Waiting(waiting); order != nil {
				t.Fail(sim.KindPanic, "test", "something is left after a reap")
			}
		})
		passes(t, r)
		if want := map[bool]int{false: 2, true: 3}[debug]; l.destructed != want {
			t.Errorf("debug %v: destroyed %d times, want %d", debug, l.destructed, want)
		}
	}
}

// Lenient decides whether a use goes on, as hardware would.
func TestLenient(t *testing.T) {
	typ := new(log).typ()
	for _, goOn := range []bool{true, false} {
		var asked []string
		cfg := sim.Config{Lenient: func(t *sim.Thread, l *sim.Life, gen uint32, what string) bool {
			asked = append(asked, t.Name()+" "+l.What+" "+what)
			return goOn && gen == 1
		}}
		var c kmem.Cache[thing]
		w := sim.New()
		r := w.Run(cfg, new(strategy.Random), func(t *sim.Thread) {
			c.Init(t.World(), typ)
			p := c.Alloc(t)
			v := p.At(t)
			c.Free(t, p)
			v.n.Store(t, 1)
		})
		w.Close()
		if goOn != (r.Outcome == sim.Passed) ||
			!slices.Equal(asked, []string{"main thing_t write th_n"}) {
			t.Errorf("go on %v: %v, asked %q", goOn, r.Outcome, asked)
		}
	}
}

// bundle is a buffer with one primitive of each sort.
type bundle struct {
	mu ksync.Mutex
	rw ksync.RWLock
	cv ksync.Cond
	v  ksync.Var[int]
}

// Every operation on a primitive in a freed buffer is a use after free.
func TestEveryOperationChecksItsBuffer(t *testing.T) {
	typ := &kmem.Type[bundle]{
		Cache: "c", What: "bundle_t",
		Register: func(w *sim.World, b *bundle, life *sim.Life, _ int) {
			b.mu.Init(w, life, "mu", "", 0)
			b.rw.Init(w, life, "rw", "", 0)
			b.cv.Init(w, life, "cv", "", 0)
			b.v.Init(w, life, "v", "", 0)
		},
	}
	var outside ksync.Mutex
	for name, use := range map[string]func(b *bundle, t *sim.Thread){
		"mutex_enter mu":   func(b *bundle, t *sim.Thread) { b.mu.Enter(t) },
		"mutex_exit mu":    func(b *bundle, t *sim.Thread) { b.mu.Exit(t) },
		"rw_enter R rw":    func(b *bundle, t *sim.Thread) { b.rw.EnterRead(t) },
		"rw_enter W rw":    func(b *bundle, t *sim.Thread) { b.rw.EnterWrite(t) },
		"rw_exit R rw":     func(b *bundle, t *sim.Thread) { b.rw.Exit(t) },
		"rw_downgrade rw":  func(b *bundle, t *sim.Thread) { b.rw.Downgrade(t) },
		"rw_tryupgrade rw": func(b *bundle, t *sim.Thread) { b.rw.TryUpgrade(t) },
		"cv_wait cv":       func(b *bundle, t *sim.Thread) { outside.Enter(t); b.cv.Wait(t, &outside) },
		"cv_signal cv":     func(b *bundle, t *sim.Thread) { b.cv.Signal(t) },
		"cv_broadcast cv":  func(b *bundle, t *sim.Thread) { b.cv.Broadcast(t) },
		"read v":           func(b *bundle, t *sim.Thread) { b.v.Load(t) },
		"write v":          func(b *bundle, t *sim.Thread) { b.v.Store(t, 1) },
		"read v ":          func(b *bundle, t *sim.Thread) { b.v.Get(t) },
		"write v ":         func(b *bundle, t *sim.Thread) { b.v.Set(t, 1) },
	} {
		var c kmem.Cache[bundle]
		w := sim.New()
		r := w.Run(sim.Config{}, new(strategy.Random), func(t *sim.Thread) {
			outside.Init(t.World(), nil, "outside", "", 0)
			c.Init(t.World(), typ)
			p := c.Alloc(t)
			b := p.At(t)
			c.Free(t, p)
			use(b, t)
		})
		w.Close()
		if r.Outcome != sim.Failed {
			t.Errorf("%s: %v", name, r.Outcome)
			continue
		}
		fails(t, r, sim.KindLifetime, "use after free: "+strings.TrimSpace(name)+" of bundle_t#1")
	}
}
