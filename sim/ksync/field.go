// SPDX-License-Identifier: CDDL-1.0

package ksync

import "dlsim/sim"

// Field stands for a field whose value is kept elsewhere, as a plain Go one, or for a few that one
// lock protects. Read and Write tell the check race, and a search, of an access. They are not operations and no
// scheduling points: nobody can come between an access and the operation that it belongs to, but
// one that nothing orders with another is found all the same. What is not told, such as the
// set-up of a world, does not race.
type Field struct {
	obj  sim.Object
	leaf bool // protected by a lock that is taken for one operation
}

// Init makes the field ready; see Mutex.Init for the arguments.
func (f *Field) Init(w *sim.World, life *sim.Life, class, key string, num int) {
	w.Register(&f.obj, class, key, num, nil)
	f.obj.SetLife(life)
	f.leaf = false
}

// InitLeaf is Init of a field that a leaf lock protects: the lock is taken for one operation, which
// the accesses belong to. They must come after it, and before the next one.
func (f *Field) InitLeaf(w *sim.World, class, key string) {
	f.Init(w, nil, class, key, 0)
	f.leaf = true
}

// Read says that t reads the field.
func (f *Field) Read(t *sim.Thread) {
	t.Within(&f.obj, sim.Read)
	if t.Tracking() {
		f.access(t, false)
	}
}

// Write says that t writes the field, or reads and writes it.
func (f *Field) Write(t *sim.Thread) {
	t.Within(&f.obj, sim.Write)
	if t.Tracking() {
		f.access(t, true)
	}
}

// Count says that t counts the field up or down, without looking at it.
func (f *Field) Count(t *sim.Thread) {
	t.Within(&f.obj, sim.Add)
	if t.Tracking() {
		f.access(t, true)
	}
}

// Sees says to a search only that what t does next depends on the field.
func (f *Field) Sees(t *sim.Thread) { t.Within(&f.obj, sim.Read) }

// Changes says to a search only that what t does changes the field.
func (f *Field) Changes(t *sim.Thread) { t.Within(&f.obj, sim.Write) }

func (f *Field) access(t *sim.Thread, write bool) {
	if f.leaf {
		t.AccessWithin(&f.obj, write)
	} else {
		t.Access(&f.obj, write)
	}
}
