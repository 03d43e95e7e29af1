// SPDX-License-Identifier: CDDL-1.0

// Package kstat is os/kstat_fr.c and the read path of io/kstat.c (environment.md 6): named
// statistics with one owner at a time, whose update runs owning the kstat and no mutex, and
// whose deletion waits for the owner. The chain lock is a leaf, so each operation on it is
// one step.
package kstat

import (
	"fmt"

	"dlsim/devnet/env"
	"dlsim/sim"
	"dlsim/sim/kmem"
	"dlsim/sim/ksync"
)

var (
	opCreate = &sim.OpType{Name: "kstat_create", Access: sim.Write}
	opLookup = &sim.OpType{Name: "kstat_lookup", Access: sim.Read}
	opHold   = &sim.OpType{Name: "kstat_hold", Access: sim.Write, Acquire: sim.Exclusive}
	opRele   = &sim.OpType{Name: "kstat_rele", Access: sim.Write}
	opGot    = &sim.OpType{Name: "kstat_hold (waiting)", Access: sim.Write, Wait: true}
	opDelete = &sim.OpType{Name: "kstat_delete", Access: sim.Write}
)

// Update is a ks_update function. It runs owning the kstat; write is KSTAT_WRITE.
type Update func(t *sim.Thread, private uint64, write bool) env.Errno

// Kstat is a kstat_t: the memory that kstat_delete frees.
type Kstat struct{ *entry }

// entry is the ekstat_t around a kstat_t. Unlike the kernel's its memory is not used again
// in the same schedule, because whoever waits for the kstat while it is deleted looks at it
// once more to find that it is gone.
type entry struct {
	kid     int
	name    string
	zone    env.ZoneID
	invalid bool // created and not installed yet
	update  Update
	private uint64
	self    Ptr

	flags ksync.Field // ks_flags, owning the kstat

	obj     sim.Object
	gone    bool // deleted: whoever still waits finds it absent
	owner   *sim.Thread
	wanting sim.Queue
}

// Ptr is a kstat_t *.
type Ptr = kmem.Ptr[Kstat]

// Layer is the kstat chain of one kernel.
type Layer struct {
	// Fault makes kstat_create fail; any errno stands for no memory.
	Fault env.Fault

	cache kmem.Cache[Kstat]
	chain []*entry    // in order of creation
	kid   int         // last id given out
	avl   ksync.Field // kstat_avl_byname and kstat_avl_bykid, under kstat_chain_lock
	obj   sim.Object
	pool  []*entry // by id, from 1
}

var kstatType = &kmem.Type[Kstat]{Cache: "kstat", What: "kstat_t", Register: func(*sim.World, *Kstat, *sim.Life, int) {}}

// Init empties the chain.
func (l *Layer) Init(w *sim.World) {
	l.cache.Init(w, kstatType)
	l.chain, l.kid = l.chain[:0], 0
	l.avl.InitLeaf(w, "kstat_avl_byname", "")
	w.Register(&l.obj, "kstat_chain_lock", "", 0, nil)
}

// Create is kstat_create_zone: the kstat exists, but reads give EAGAIN until Install. False
// if the name is taken in that zone, which is known only when nobody owns the kstat that
// has it.
func (l *Layer) Create(t *sim.Thread, name string, zone env.ZoneID, update Update, private uint64) (Ptr, bool) {
	p := l.cache.Alloc(t)
	for {
		t.Step(opCreate, &l.obj, nil)
		if l.Fault.At(t, "kstat_create", name) != 0 {
			l.logCreate(t, name, zone, "fail")
			l.cache.Free(t, p)
			return Ptr{}, false
		}
		l.avl.Read(t)
		same := l.named(name, zone)
		if same == nil {
			l.logCreate(t, name, zone, fmt.Sprintf("k%d", l.kid+1))
			l.insert(t, p, entry{name: name, zone: zone, invalid: true, update: update, private: private, self: p})
			return p, true
		}
		if l.hold(t, same.kid) != nil {
			l.rele(t, same)
			l.logCreate(t, name, zone, "fail")
			l.cache.Free(t, p)
			return Ptr{}, false
		}
	}
}

func (l *Layer) logCreate(t *sim.Thread, name string, zone env.ZoneID, result string) {
	if t.Logging() {
		t.Logf("kstat_create %s@%d -> %s", name, zone, result)
	}
}

// insert puts a new kstat on the chain.
func (l *Layer) insert(t *sim.Thread, p Ptr, e entry) {
	if l.kid == len(l.pool) {
		l.pool = append(l.pool, new(entry))
	}
	k := l.pool[l.kid]
	l.kid++
	*k = e
	k.kid = l.kid
	l.avl.Write(t)
	k.flags.Init(t.World(), nil, "ks_flags", e.name, 0)
	t.World().Register(&k.obj, "KSTAT", e.name, 0, k)
	k.obj.SetIdentity(k.obj.Identity() ^ sim.Mix(uint64(e.zone)))
	p.At(t).entry = k
	l.chain = append(l.chain, k)
}

// Install is kstat_install: it owns the kstat for a moment and makes it readable.
func (l *Layer) Install(t *sim.Thread, p Ptr) {
	if t.World().Handoff() {
		p.At(t).invalid = false // nobody comes between
		return
	}
	if k := l.hold(t, p.At(t).kid); k != nil {
		k.flags.Write(t)
		k.invalid = false
		l.rele(t, k)
	}
}

// Delete is kstat_delete: it waits for the owner, takes the kstat off the chain and frees
// it. Deleting a kstat that is deleted already uses freed memory, which fails the run.
func (l *Layer) Delete(t *sim.Thread, p Ptr) {
	k := l.holdFor(t, p.At(t).kid, opDelete)
	if k == nil || k.self != p {
		t.Notef("kstat_delete: does not exist")
		if t.Logging() {
			t.Logf("kstat_delete k%d does not exist", p.At(t).kid)
		}
		return
	}
	if !t.World().Handoff() {
		t.Step(opDelete, &l.obj, nil)
	}
	l.avl.Write(t)
	t.Touch(&k.obj, sim.Write)
	logKstat(t, "kstat_delete", k.kid)
	for i, e := range l.chain {
		if e == k {
			l.chain = append(l.chain[:i], l.chain[i+1:]...)
			break
		}
	}
	k.gone = true
	k.disown(t)
	l.cache.Free(t, p)
}

// Lookup finds the id of a kstat by name as a reader in a zone does, in an earlier read of
// the chain header; 0 if there is none.
func (l *Layer) Lookup(t *sim.Thread, name string, zone env.ZoneID) int {
	t.Step(opLookup, &l.obj, nil)
	l.avl.Read(t)
	if k := l.named(name, zone); k != nil {
		return k.kid
	}
	return 0
}

func (l *Layer) named(name string, zone env.ZoneID) *entry {
	for _, k := range l.chain {
		if k.name == name && k.zone == zone {
			return k
		}
	}
	return nil
}

// Read is a read of the kstat with the given id: ENXIO if it is gone, EAGAIN if it is not
// installed, else the answer of its update function, which runs owning the kstat.
func (l *Layer) Read(t *sim.Thread, kid int) env.Errno { return l.update(t, kid, false) }

// Write is a write to the kstat with the given id; errors as Read.
func (l *Layer) Write(t *sim.Thread, kid int) env.Errno { return l.update(t, kid, true) }

func (l *Layer) update(t *sim.Thread, kid int, write bool) env.Errno {
	k := l.hold(t, kid)
	if k == nil {
		return env.ENXIO
	}
	logKstat(t, "kstat_read", kid)
	err := env.EAGAIN
	k.flags.Read(t)
	if !k.invalid {
		err = k.update(t, k.private, write)
	}
	l.rele(t, k)
	logKstat(t, "kstat_rele", kid)
	return err
}

// hold is kstat_hold by id: it waits until nobody owns the kstat and returns nil when it is
// absent. A thread that owns it and holds it again waits for itself.
func (l *Layer) hold(t *sim.Thread, kid int) *entry { return l.holdFor(t, kid, opHold) }

// holdFor is hold for the operation op, which in a world with Config.Handoff is one with it.
func (l *Layer) holdFor(t *sim.Thread, kid int, op *sim.OpType) *entry {
	t.Touch(&l.obj, sim.Read)
	l.avl.Read(t)
	k := l.find(kid)
	if k == nil {
		t.Step(opHold, &l.obj, nil)
		return nil
	}
	switch {
	case t.World().Handoff():
		return k.holdInOrder(t, op)
	case k.owner == nil:
		t.Step(opHold, &k.obj, &k.wanting)
	default:
		t.Block(opHold, &k.obj, &k.wanting)
	}
	if k.gone {
		return nil
	}
	k.owner = t
	t.Held(&k.obj, "")
	t.World().DisableAll(&k.wanting)
	t.World().Admit(&k.obj, sim.Nobody)
	return k
}

// holdInOrder is hold in a world with Config.Handoff: arriving is a step of its own.
func (k *entry) holdInOrder(t *sim.Thread, op *sim.OpType) *entry {
	t.Step(op, &k.obj, nil)
	switch {
	case k.gone:
		return nil
	case k.owner == nil:
		k.owner = t
		return k
	}
	t.Logf("kstat_hold k%d wait owner=%s", k.kid, k.owner.Name())
	t.Block(opGot, &k.obj, &k.wanting)
	t.Logf("kstat_hold k%d got", k.kid)
	if k.gone {
		k.disown(t)
		return nil
	}
	return k
}

func (l *Layer) find(kid int) *entry {
	for _, k := range l.chain {
		if k.kid == kid {
			return k
		}
	}
	return nil
}

// rele is kstat_rele: it wakes all who wait for the kstat.
func (l *Layer) rele(t *sim.Thread, k *entry) {
	t.Step(opRele, &k.obj, nil)
	k.disown(t)
}

func (k *entry) disown(t *sim.Thread) {
	k.owner = nil
	t.Unheld(&k.obj)
	if u := k.wanting.First(); u != nil && t.World().Handoff() {
		k.wanting.Remove(u)
		k.owner = u
		t.World().Wake(t, u)
		return
	}
	t.World().EnableAll(&k.wanting)
	t.World().Admit(&k.obj, sim.Exclusive)
}

// Blockers implements sim.Resource.
func (k *entry) Blockers(_ *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	if k.owner != nil {
		buf = append(buf, k.owner)
	}
	return buf
}

// ID returns the id of a kstat. It is not an operation.
func (k *Kstat) ID() int { return k.kid }

// Zone returns the zone of a kstat. It is not an operation.
func (k *Kstat) Zone() env.ZoneID { return k.zone }

// Name returns the name of a kstat. It is not an operation.
func (k *Kstat) Name() string { return k.name }

// Has reports whether a kstat is on the chain. It is not an operation.
func (l *Layer) Has(p Ptr) bool {
	for _, k := range l.chain {
		if k.self == p {
			return true
		}
	}
	return false
}

// Each calls visit for each kstat with its id, in order of creation. It is not an operation.
func (l *Layer) Each(visit func(kid int, name string, zone env.ZoneID, private uint64)) {
	for _, k := range l.chain {
		visit(k.kid, k.name, k.zone, k.private)
	}
}

// All calls visit for each kstat in order of creation. It is not an operation.
func (l *Layer) All(visit func(name string, zone env.ZoneID, private uint64)) {
	for _, k := range l.chain {
		visit(k.name, k.zone, k.private)
	}
}

func logKstat(t *sim.Thread, op string, kid int) {
	if t.Logging() {
		t.Logf("%s k%d", op, kid)
	}
}
