// SPDX-License-Identifier: CDDL-1.0

// Package kmem provides the object caches of the illumos kernel (environment.md 3.4):
// constructed objects that are recycled as they are, last freed first, so that every field
// nobody resets survives into the next life; and the mode of a debug kernel, which
// destroys and poisons at each free and checks and constructs at each allocation.
package kmem

import "dlsim/sim"

var (
	opAlloc = &sim.OpType{Name: "kmem_cache_alloc", Access: sim.Write}
	opFree  = &sim.OpType{Name: "kmem_cache_free", Access: sim.Write}
	opReap  = &sim.OpType{Name: "kmem_reap", Access: sim.Write}
)

// Type describes the objects of a cache. Functions may be nil except Register.
type Type[T any] struct {
	Cache string // name of the cache: "dls_devnet_cache"
	What  string // name of the type, for reports: "dls_devnet_t"
	// Register makes the primitives inside v known to the world, when the buffer is new.
	// num is the number of the buffer, from 1.
	Register func(w *sim.World, v *T, life *sim.Life, num int)
	// Construct and Destruct are the cache's constructor and destructor.
	Construct, Destruct func(t *sim.Thread, v *T)
	// Poison overwrites a freed object in the debug mode, and Intact reports whether the
	// poison is still whole when it is allocated again.
	Poison func(v *T)
	Intact func(v *T) bool
	_      struct{}
}

// Cache is an object cache.
type Cache[T any] struct {
	// Debug selects the debug kernel's behaviour. Set it before Init.
	Debug bool
	// Fresh never hands a freed object out again.
	Fresh bool

	typ  *Type[T]
	obj  sim.Object
	all  []*buffer[T] // all that ever were, in all schedules
	used int          // how many of them this schedule has
	free []*buffer[T] // constructed (not Debug) and waiting, last freed at the end
}

// Init makes the cache ready and empty, as kmem_cache_create does.
func (c *Cache[T]) Init(w *sim.World, typ *Type[T]) {
	w.Register(&c.obj, typ.Cache, "", 0, nil)
	c.typ, c.used, c.free = typ, 0, c.free[:0]
}

// Alloc is kmem_cache_alloc(KM_SLEEP): it never fails. The object freed last comes back
// first, in the state it was freed in; a new buffer is constructed.
func (c *Cache[T]) Alloc(t *sim.Thread) Ptr[T] {
	t.Step(opAlloc, &c.obj, nil)
	var b *buffer[T]
	fresh := len(c.free) == 0 || c.Fresh
	if fresh {
		b = c.grow(t)
	} else {
		b = c.free[len(c.free)-1]
		c.free = c.free[:len(c.free)-1]
	}
	if !fresh && c.Debug && c.typ.Intact != nil && !c.typ.Intact(&b.v) {
		t.Fail(sim.KindPanic, "kmem_cache_alloc "+c.typ.Cache,
			"kmem_cache_alloc: "+b.life.What+" was modified after it was freed")
	}
	gen := b.life.Begin(t)
	if (fresh || c.Debug) && c.typ.Construct != nil {
		c.typ.Construct(t, &b.v)
	}
	if t.Logging() {
		t.Logf("kmem_cache_alloc %s -> #%d", c.typ.Cache, b.life.Num)
	}
	return Ptr[T]{buf: b, gen: gen}
}

// grow returns a buffer that this schedule has not used yet.
func (c *Cache[T]) grow(t *sim.Thread) *buffer[T] {
	if c.used == len(c.all) {
		c.all = append(c.all, new(buffer[T]))
	}
	b := c.all[c.used]
	c.used++
	// Memory of an earlier schedule must not show through in this one.
	var zero T
	b.v = zero
	b.life.Reset(c.typ.What, c.used)
	c.typ.Register(t.World(), &b.v, &b.life, c.used)
	return b
}

// Free is kmem_cache_free. Freeing an object that is not allocated fails the run.
func (c *Cache[T]) Free(t *sim.Thread, p Ptr[T]) {
	if p.buf == nil || p.wild {
		p.trap(t)
	}
	t.Step(opFree, &c.obj, nil)
	b := p.buf
	if b.life.Free || b.life.Gen != p.gen {
		b.life.DoubleFree(t, p.gen)
	}
	if t.Logging() {
		t.Logf("kmem_cache_free %s #%d", c.typ.Cache, b.life.Num)
	}
	if c.Debug {
		if c.typ.Destruct != nil {
			c.typ.Destruct(t, &b.v)
		}
		if c.typ.Poison != nil {
			c.typ.Poison(&b.v)
		}
	}
	b.life.End(t)
	c.free = append(c.free, b)
}

// Reap gives all waiting objects back to the slab layer, which destroys them.
func (c *Cache[T]) Reap(t *sim.Thread) {
	t.Step(opReap, &c.obj, nil)
	for _, b := range c.free {
		if !c.Debug && c.typ.Destruct != nil {
			c.typ.Destruct(t, &b.v)
		}
	}
	c.free = c.free[:0]
}

// Destroy is kmem_cache_destroy: it reaps and returns how many objects are still
// allocated, which the kernel only warns about.
func (c *Cache[T]) Destroy(t *sim.Thread) int {
	c.Reap(t)
	n := c.Used()
	if n > 0 {
		t.Logf("kmem_cache_destroy %s: buffers still in use", c.typ.Cache)
	}
	return n
}

// Used returns how many objects are allocated. It is not an operation.
func (c *Cache[T]) Used() int {
	n := 0
	for _, b := range c.all[:c.used] {
		if !b.life.Free {
			n++
		}
	}
	return n
}

// Waiting calls visit for each free object, in the order in which the cache would hand
// them out. It is not an operation.
func (c *Cache[T]) Waiting(visit func(num int, v *T)) {
	for i := len(c.free) - 1; i >= 0; i-- {
		visit(c.free[i].life.Num, &c.free[i].v)
	}
}
