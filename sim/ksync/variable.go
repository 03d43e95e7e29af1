// SPDX-License-Identifier: CDDL-1.0

package ksync

import "dlsim/sim"

var (
	opLoad  = &sim.OpType{Name: "load", Access: sim.Read, Data: true, Inside: true}
	opStore = &sim.OpType{Name: "store", Access: sim.Write, Data: true, Inside: true}
)

// Var is a field that several threads use. Load and Store are for accesses that no lock
// protects: each is a scheduling point (environment.md 15, item 14). Get and Set are for
// accesses under the lock that protects the field: no scheduling point, because nobody can
// notice one there.
type Var[T any] struct {
	obj  sim.Object
	life *sim.Life
	v    T
}

// Init makes the variable ready and leaves its value as it is, as a recycled buffer does.
// See Mutex.Init for the arguments.
func (v *Var[T]) Init(w *sim.World, life *sim.Life, class, key string, num int) {
	w.Register(&v.obj, class, key, num, nil)
	v.obj.SetLife(life)
	v.life = life
}

// Load reads without protection, at a scheduling point.
func (v *Var[T]) Load(t *sim.Thread) T {
	gen := v.life.Generation()
	t.Step(opLoad, &v.obj, nil)
	v.life.Use(t, gen, "read", &v.obj)
	t.Access(&v.obj, false)
	return v.v
}

// Store writes without protection, at a scheduling point.
func (v *Var[T]) Store(t *sim.Thread, x T) {
	gen := v.life.Generation()
	t.Step(opStore, &v.obj, nil)
	v.life.Use(t, gen, "write", &v.obj)
	t.Access(&v.obj, true)
	v.v = x
}

// Get reads under the lock that protects the variable.
func (v *Var[T]) Get(t *sim.Thread) T {
	if v.life != nil && v.life.Free {
		v.life.Check(t, v.life.Gen, "read", &v.obj)
	}
	t.Within(&v.obj, sim.Read)
	if t.Tracking() {
		t.Access(&v.obj, false)
	}
	return v.v
}

// Set writes under the lock that protects the variable.
func (v *Var[T]) Set(t *sim.Thread, x T) {
	if v.life != nil && v.life.Free {
		v.life.Check(t, v.life.Gen, "write", &v.obj)
	}
	t.Within(&v.obj, sim.Write)
	if t.Tracking() {
		t.Access(&v.obj, true)
	}
	v.v = x
}

// Peek returns the value for checks and reports. It is not an operation.
func (v *Var[T]) Peek() T { return v.v }

// Poke sets the value for constructors, poison and set-up. It is not an operation.
func (v *Var[T]) Poke(x T) { v.v = x }

// Object returns the object that operations on the variable act on.
func (v *Var[T]) Object() *sim.Object { return &v.obj }
