// SPDX-License-Identifier: CDDL-1.0

package kmem_test

import (
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/kmem"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"
)

// thing is what the caches of these tests hold.
type thing struct {
	mu  ksync.Mutex
	n   ksync.Var[int]
	raw int
}

const poison = 0xdeadbeef

// log counts the calls of constructor and destructor.
type log struct{ constructed, destructed int }

func (l *log) typ() *kmem.Type[thing] {
	return &kmem.Type[thing]{
		Cache: "thing_cache", What: "thing_t",
		Register: func(w *sim.World, x *thing, life *sim.Life, num int) {
			x.mu.Init(w, life, "th_mutex", "", num)
			x.n.Init(w, life, "th_n", "", num)
		},
		Construct: func(_ *sim.Thread, x *thing) { l.constructed++; x.raw = 0; x.n.Poke(0) },
		Destruct:  func(*sim.Thread, *thing) { l.destructed++ },
		Poison:    func(x *thing) { x.raw = poison },
		Intact:    func(x *thing) bool { return x.raw == poison },
	}
}

// run runs one detailed schedule of body on a fresh cache.
func run(t *testing.T, debug bool, body func(*sim.Thread, *kmem.Cache[thing], *log)) (sim.Result, *log) {
	t.Helper()
	w := sim.New()
	t.Cleanup(w.Close)
	l := new(log)
	r := w.Run(sim.Config{Detail: true}, new(strategy.Random), func(t *sim.Thread) {
		c := &kmem.Cache[thing]{Debug: debug}
		c.Init(t.World(), l.typ())
		body(t, c, l)
	})
	return r, l
}

func passes(t *testing.T, r sim.Result) {
	t.Helper()
	if r.Outcome != sim.Passed {
		t.Fatalf("%v: %s", r.Outcome, r.Failure.Message)
	}
}

// fails expects a failure of the given kind whose message has all the parts.
func fails(t *testing.T, r sim.Result, kind sim.Kind, parts ...string) {
	t.Helper()
	if r.Outcome != sim.Failed {
		t.Fatalf("outcome %v, want a failure", r.Outcome)
	}
	for _, p := range parts {
		if !strings.Contains(r.Failure.Message, p) {
			t.Errorf("message %q does not say %q", r.Failure.Message, p)
		}
	}
	if r.Failure.Kind != kind {
		t.Errorf("kind %s, want %s: %s", r.Failure.Kind, kind, r.Failure.Message)
	}
}

// TestRecyclesLastFreedFirstWithoutConstructing: a free object comes back as it was freed,
// the one freed last before the others, and its fields survive.
func TestRecyclesLastFreedFirstWithoutConstructing(t *testing.T) {
	r, l := run(t, false, func(t *sim.Thread, c *kmem.Cache[thing], _ *log) {
		a, b := c.Alloc(t), c.Alloc(t)
		a.At(t).raw, b.At(t).raw = 1, 2
		a.At(t).n.Set(t, 11)
		c.Free(t, a)
		c.Free(t, b)
		if x := c.Alloc(t); x.Num() != b.Num() || x.At(t).raw != 2 || x == b {
			t.Fail(sim.KindPanic, "test", "the first object back is not the one freed last, as another allocation")
		}
		if x := c.Alloc(t); x.Num() != a.Num() || x.At(t).raw != 1 || x.At(t).n.Get(t) != 11 {
			t.Fail(sim.KindPanic, "test", "the second object back is not the other, as it was")
		}
		if x := c.Alloc(t); x.Num() != 3 || x.At(t).raw != 0 {
			t.Fail(sim.KindPanic, "test", "the third object is not a new one")
		}
	})
	passes(t, r)
	if l.constructed != 3 || l.destructed != 0 {
		t.Errorf("constructed %d times, destructed %d, want 3 and 0", l.constructed, l.destructed)
	}
}

// TestDestructorRunsOnlyAtReap: freeing does not destroy; reaping destroys what is free, and
// destroying the cache counts what is not.
func TestDestructorRunsOnlyAtReap(t *testing.T) {
	r, l := run(t, false, func(t *sim.Thread, c *kmem.Cache[thing], l *log) {
		a, b := c.Alloc(t), c.Alloc(t)
		c.Free(t, a)
		if l.destructed != 0 {
			t.Fail(sim.KindPanic, "test", "free has destroyed")
		}
		c.Reap(t)
		if l.destructed != 1 {
			t.Fail(sim.KindPanic, "test", "reap has not destroyed the free object")
		}
		if x := c.Alloc(t); x.Num() == a.Num() {
			t.Fail(sim.KindPanic, "test", "a reaped object came back")
		}
		c.Free(t, b)
		if left := c.Destroy(t); left != 1 {
			t.Fail(sim.KindPanic, "test", "destroy does not count the one object that is left")
		}
	})
	passes(t, r)
	if l.constructed != 3 || l.destructed != 2 {
		t.Errorf("constructed %d times, destructed %d, want 3 and 2", l.constructed, l.destructed)
	}
}

// TestDebugDestroysPoisonsAndConstructs: a debug kernel destroys at each free and constructs
// at each allocation.
func TestDebugDestroysPoisonsAndConstructs(t *testing.T) {
	r, l := run(t, true, func(t *sim.Thread, c *kmem.Cache[thing], l *log) {
		a := c.Alloc(t)
		a.At(t).raw = 7
		c.Free(t, a)
		if l.destructed != 1 || a.Peek().raw != poison {
			t.Fail(sim.KindPanic, "test", "free has not destroyed and poisoned")
		}
		if b := c.Alloc(t); b.Num() != a.Num() || b.At(t).raw != 0 {
			t.Fail(sim.KindPanic, "test", "the object did not come back constructed")
		}
	})
	passes(t, r)
	if l.constructed != 2 || l.destructed != 1 {
		t.Errorf("constructed %d times, destructed %d, want 2 and 1", l.constructed, l.destructed)
	}
}

func TestDebugFindsWriteAfterFree(t *testing.T) {
	r, _ := run(t, true, func(t *sim.Thread, c *kmem.Cache[thing], _ *log) {
		a := c.Alloc(t)
		c.Free(t, a)
		a.Peek().raw = 3 // by the back door: At would find it at once
		c.Alloc(t)
	})
	fails(t, r, sim.KindPanic, "thing_t was modified after it was freed")
}

// sites returns the functions of the use and of the free in a lifetime failure.
func sites(r sim.Result) (use, free string) {
	return sim.GoSite(r.Failure.At.PCs).Func, sim.GoSite(r.Failure.Other.PCs).Func
}

func useIt(t *sim.Thread, p kmem.Ptr[thing])                        { p.At(t).raw++ }
func freeIt(t *sim.Thread, c *kmem.Cache[thing], p kmem.Ptr[thing]) { c.Free(t, p) }

func TestUseAfterFreeNamesBothSites(t *testing.T) {
	r, _ := run(t, false, func(t *sim.Thread, c *kmem.Cache[thing], _ *log) {
		a := c.Alloc(t)
		freeIt(t, c, a)
		useIt(t, a)
	})
	fails(t, r, sim.KindLifetime, "use after free", "thing_t#1 (allocation 1)", "freed by main")
	if use, free := sites(r); use != "kmem_test.useIt" || free != "kmem_test.freeIt" {
		t.Errorf("used in %s, freed in %s", use, free)
	}
}

// TestUseAfterFreeIsFoundAfterReallocation: the buffer is allocated again, and a pointer of
// its earlier life is still wrong.
func TestUseAfterFreeIsFoundAfterReallocation(t *testing.T) {
	r, _ := run(t, false, func(t *sim.Thread, c *kmem.Cache[thing], _ *log) {
		a := c.Alloc(t)
		freeIt(t, c, a)
		b := c.Alloc(t)
		useIt(t, b)
		useIt(t, a)
	})
	fails(t, r, sim.KindLifetime, "thing_t#1 (allocation 1)", "allocated again since")
}

func TestDoubleFreeNamesBothSites(t *testing.T) {
	for _, again := range []bool{false, true} {
		r, _ := run(t, false, func(t *sim.Thread, c *kmem.Cache[thing], _ *log) {
			a := c.Alloc(t)
			freeIt(t, c, a)
			if again {
				c.Alloc(t)
			}
			c.Free(t, a)
		})
		fails(t, r, sim.KindLifetime, "double free of thing_t#1 (allocation 1)")
		if _, free := sites(r); free != "kmem_test.freeIt" {
			t.Errorf("freed before in %s", free)
		}
	}
}

func TestWildAndNullPointers(t *testing.T) {
	r, _ := run(t, false, func(t *sim.Thread, _ *kmem.Cache[thing], _ *log) {
		useIt(t, kmem.Wild[thing]("thing_t *tp"))
	})
	fails(t, r, sim.KindLifetime, "uninitialised pointer thing_t *tp")
	r, _ = run(t, false, func(t *sim.Thread, c *kmem.Cache[thing], _ *log) {
		c.Free(t, kmem.Wild[thing]("thing_t *tp"))
	})
	fails(t, r, sim.KindLifetime, "uninitialised pointer thing_t *tp")
	r, _ = run(t, false, func(t *sim.Thread, _ *kmem.Cache[thing], _ *log) {
		var p kmem.Ptr[thing]
		if !p.IsNil() || p.IsWild() || p.Peek() != nil || p.Num() != 0 {
			t.Fail(sim.KindPanic, "test", "the zero pointer is not NULL")
		}
		useIt(t, p)
	})
	fails(t, r, sim.KindPanic, "NULL pointer")
}

// TestFreeUnderAPendingEnter: a thread that is about to enter a mutex of the object finds it
// gone, whichever way the schedule goes, or enters it before and the free finds it held.
func TestFreeUnderAPendingEnter(t *testing.T) {
	w := sim.New()
	defer w.Close()
	l := new(log)
	kinds := make(map[sim.Kind]int)
	for seed := range uint64(200) {
		r := w.Run(sim.Config{}, &strategy.Random{Seed: seed}, func(t *sim.Thread) {
			c := new(kmem.Cache[thing])
			c.Init(t.World(), l.typ())
			a := c.Alloc(t)
			t.Spawn("user", func(t *sim.Thread) {
				t.Yield()
				a.At(t).mu.Enter(t)
				a.At(t).mu.Exit(t)
			})
			t.Spawn("owner", func(t *sim.Thread) { t.Yield(); c.Free(t, a) })
		})
		if r.Failure != nil {
			kinds[r.Failure.Kind]++
		}
	}
	if kinds[sim.KindLifetime] == 0 || kinds[sim.KindPanic] == 0 {
		t.Errorf("failures by kind: %v; want some use after free and some free of a held mutex", kinds)
	}
}

// TestSchedulesDoNotSeeEachOther: a buffer of an earlier schedule comes back empty.
func TestSchedulesDoNotSeeEachOther(t *testing.T) {
	w := sim.New()
	defer w.Close()
	typ := &kmem.Type[thing]{
		Cache: "c", What: "thing_t",
		Register: func(*sim.World, *thing, *sim.Life, int) {},
	}
	c := new(kmem.Cache[thing])
	for range 2 {
		r := w.Run(sim.Config{}, new(strategy.Random), func(t *sim.Thread) {
			c.Init(t.World(), typ)
			p := c.Alloc(t)
			if p.At(t).raw != 0 {
				t.Fail(sim.KindPanic, "test", "memory of the last schedule shows through")
			}
			p.At(t).raw = 5
		})
		passes(t, r)
	}
}
