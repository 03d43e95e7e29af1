// SPDX-License-Identifier: CDDL-1.0

package ksync

import "dlsim/sim"

// Table stands for what is found by a key, as a Field does for one thing: what is done to entries with other
// keys commutes, but for the few that share a field.
type Table struct {
	fields [tableFields]Field
}

const tableFields = 8

var tableKeys = [tableFields]string{"a", "b", "c", "d", "e", "f", "g", "h"}

// Init makes the table ready; see Mutex.Init for the arguments.
func (x *Table) Init(w *sim.World, class string, num int) {
	for i := range x.fields {
		x.fields[i].Init(w, nil, class, tableKeys[i], num)
	}
}

// InitLeaf is Init of a table that a leaf lock protects; see Field.InitLeaf.
func (x *Table) InitLeaf(w *sim.World, class string) {
	for i := range x.fields {
		x.fields[i].InitLeaf(w, class, tableKeys[i])
	}
}

// At returns the field of the entry with a name.
func (x *Table) At(name string) *Field {
	h := uint32(2166136261) // FNV-1a
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return &x.fields[h%tableFields]
}

// Nth returns the field of the entry with a number.
func (x *Table) Nth(n uint32) *Field { return &x.fields[n%tableFields] }

// Read says that t looks at all entries.
func (x *Table) Read(t *sim.Thread) {
	for i := range x.fields {
		x.fields[i].Read(t)
	}
}
