// SPDX-License-Identifier: CDDL-1.0

// Package dls is io/dls/dls_link.c (environment.md 5): the dls_link_t of each MAC, with its
// reference count, its zone, and the hash that the kstat reader searches without the
// perimeter. All functions need the perimeter of the MAC unless they say otherwise.
package dls

import (
	"slices"

	"dlsim/devnet/env"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/kmem"
	"dlsim/sim/ksync"
)

var (
	opFind   = &sim.OpType{Name: "dls_link_hash find", Access: sim.Read, Leaf: true}
	opInsert = &sim.OpType{Name: "dls_link_hash insert", Access: sim.Write, Leaf: true}
	opDev    = &sim.OpType{Name: "dls_link_dev", Access: sim.Local}
	opRemove = &sim.OpType{Name: "dls_link_hash remove", Access: sim.Write, Leaf: true}
)

// Link is a dls_link_t. It comes from a cache that does not construct again, and destroying
// it leaves dl_zid as it was.
type Link struct {
	Name    string
	MAC     *mac.MAC
	Ref     ksync.Var[int]        // dl_ref
	Zone    ksync.Var[env.ZoneID] // dl_zid
	ZoneRef ksync.Var[int]        // dl_zone_ref: open streams of the zone the link is in

	refs, zoneRefs check.Account // of Ref and ZoneRef
}

// The sorts of references to a dls_link_t.
const (
	RefSort     = "dl_ref"
	ZoneRefSort = "dl_zone_ref"
)

// The owners of references to a dls_link_t that last, beside open nodes and streams.
var (
	existence  = check.Owner{Key: "existence", What: "the link's own existence"}
	assignment = check.Owner{Key: "assignment", What: "the zone that the link is in"}
)

// Ptr is a dls_link_t *.
type Ptr = kmem.Ptr[Link]

// Layer is the dls link table of one kernel.
type Layer struct {
	MAC *mac.Layer
	// Devnet is what link-state events are told; nil to drop them.
	Devnet Devnet
	// Events, if not nil, is told of each link-state event.
	Events Events
	// Debug checks that callers own the perimeter, as a DEBUG kernel does.
	Debug bool
	// Refs, if not nil, is told who has which reference.
	Refs *check.Ledger
	// Fault makes link_hold, link_hold_create, link_setzid and rele_by_name fail.
	Fault env.Fault

	cache   kmem.Cache[Link]
	hash    map[string]Ptr
	names   []string    // for All
	obj     sim.Object  // i_dls_link_hash
	entries ksync.Table // of the hash, under its lock
}

var linkType = &kmem.Type[Link]{
	Cache: "dls_link_cache", What: "dls_link_t",
	Register: func(w *sim.World, l *Link, life *sim.Life, num int) {
		l.Ref.Init(w, life, "dl_ref", "", num)
		l.Zone.Init(w, life, "dl_zid", "", num)
		l.ZoneRef.Init(w, life, "dl_zone_ref", "", num)
	},
	Construct: func(_ *sim.Thread, l *Link) {
		l.Ref.Poke(0)
		l.Zone.Poke(env.GlobalZone)
		l.ZoneRef.Poke(0)
	},
}

// Init empties the table. debug selects the debug kernel's caches.
func (l *Layer) Init(w *sim.World, debug bool) {
	if l.hash == nil {
		l.hash = make(map[string]Ptr)
	}
	clear(l.hash)
	l.cache.Debug = debug
	l.cache.Init(w, linkType)
	w.Register(&l.obj, "i_dls_link_hash", "", 0, nil)
	l.entries.InitLeaf(w, "i_dls_link_hash entries")
}

// Find looks a link up in i_dls_link_hash and takes no hold. It needs no perimeter.
func (l *Layer) Find(t *sim.Thread, name string) (Ptr, bool) {
	t.Step(opFind, &l.obj, nil)
	l.entries.At(name).Read(t)
	p, ok := l.hash[name]
	return p, ok
}

// Hold is dls_link_hold: ENOENT if there is no link.
func (l *Layer) Hold(t *sim.Thread, name string) (Ptr, env.Errno) {
	if err := l.Fault.At(t, "link_hold", name); err != 0 {
		return Ptr{}, err
	}
	p, ok := l.Find(t, name)
	if !ok {
		return Ptr{}, env.ENOENT
	}
	l.assertPerim(t, p)
	l.take(t, p)
	return p, 0
}

// HoldCreate is dls_link_hold_create: it makes the link if there is none. Errors are those
// of mac_open and mac_client_open; then everything is undone.
func (l *Layer) HoldCreate(t *sim.Thread, name string) (Ptr, env.Errno) {
	if err := l.Fault.At(t, "link_hold_create", name); err != 0 {
		return Ptr{}, err
	}
	if p, ok := l.Find(t, name); ok {
		l.assertPerim(t, p)
		l.take(t, p)
		if l.Events != nil {
			l.Events.Held(t)
		}
		return p, 0
	}
	p := l.cache.Alloc(t)
	p.At(t).Name = name
	p.At(t).refs.Open(RefSort, name)
	p.At(t).zoneRefs.Open(ZoneRefSort, name)
	m, err := l.MAC.Open(t, name)
	if err != 0 {
		l.cache.Free(t, p)
		return Ptr{}, err
	}
	p.At(t).MAC = m
	if err := l.MAC.ClientOpen(t, m); err != 0 {
		l.destroy(t, p)
		return Ptr{}, err
	}
	l.MAC.Keep(t, m, check.Owner{Key: p.Peek(), What: "the dls_link"})
	if l.Devnet != nil {
		l.MAC.NotifyAdd(t, m, func(u *sim.Thread) { l.notify(u, p) })
	}
	t.Step(opInsert, &l.obj, nil)
	l.entries.At(name).Write(t)
	if _, dup := l.hash[name]; dup {
		t.Fail(sim.KindPanic, "dls_link_hold_create", "dls_link_hold_create: "+name+" is in the hash already")
	}
	l.hash[name] = p
	p.At(t).Ref.Set(t, 1)
	l.Refs.Take(t, &p.At(t).refs)
	return p, 0
}

// take makes one more reference.
func (l *Layer) take(t *sim.Thread, p Ptr) {
	p.At(t).Ref.Set(t, p.At(t).Ref.Get(t)+1)
	l.Refs.Take(t, &p.At(t).refs)
}

// KeepExistence says that the last reference of t to the link of m stays for as long as the link is to
// exist, until ReleByName.
func (l *Layer) KeepExistence(t *sim.Thread, m *mac.MAC) {
	if p := l.hash[m.Name]; !p.IsNil() {
		l.Refs.Keep(t, &p.Peek().refs, existence)
	}
}

// assertPerim fails the run in a DEBUG kernel unless t owns the perimeter of p's MAC.
func (l *Layer) assertPerim(t *sim.Thread, p Ptr) {
	if l.Debug && !p.At(t).MAC.PerimHeld(t) {
		t.Fail(sim.KindPanic, "ASSERT MAC_PERIM_HELD", "ASSERT(MAC_PERIM_HELD(dlp->dl_mh)) failed in dls_link_hold_common")
	}
}

// Rele is dls_link_rele: the last release takes the link out of the hash and closes its
// MAC.
func (l *Layer) Rele(t *sim.Thread, p Ptr) {
	ref := p.At(t).Ref.Get(t)
	if ref == 0 {
		t.Fail(sim.KindPanic, "dls_link_rele", "dls_link_rele: dl_ref is 0")
	}
	p.At(t).Ref.Set(t, ref-1)
	l.Refs.Give(t, &p.At(t).refs)
	if ref > 1 {
		return
	}
	t.Step(opRemove, &l.obj, nil)
	l.entries.At(p.At(t).Name).Write(t)
	delete(l.hash, p.At(t).Name)
	l.destroy(t, p)
}

// destroy is i_dls_link_destroy: dl_zid survives in the cached object.
func (l *Layer) destroy(t *sim.Thread, p Ptr) {
	if m := p.At(t).MAC; m != nil {
		if l.Devnet != nil {
			l.MAC.NotifyRemove(t, m)
		}
		l.MAC.ClientClose(t, m)
		l.MAC.Reclaim(t, m, p.Peek())
		l.MAC.Close(t, m)
		p.At(t).MAC = nil
	}
	p.At(t).Ref.Set(t, 0)
	l.Refs.Close(t, &p.At(t).refs)
	l.Refs.Close(t, &p.At(t).zoneRefs)
	l.cache.Free(t, p)
}

// ReleByName is dls_link_rele_by_name: ENOENT if there is no link, ENOTEMPTY while its
// client has flows.
func (l *Layer) ReleByName(t *sim.Thread, name string) env.Errno {
	p, ok := l.Find(t, name)
	if !ok {
		return env.ENOENT
	}
	if err := l.Fault.At(t, "rele_by_name", name); err != 0 {
		return err
	}
	if p.At(t).MAC.HasFlows(t) {
		return env.ENOTEMPTY
	}
	l.Refs.Reclaim(t, &p.At(t).refs, existence.Key)
	l.Rele(t, p)
	return 0
}

// SetZid is dls_link_setzid. The reference count goes up by one when the link leaves the
// global zone and down when it comes back; EBUSY while streams of its zone are open.
func (l *Layer) SetZid(t *sim.Thread, name string, zone env.ZoneID) env.Errno {
	if err := l.Fault.At(t, "link_setzid", name); err != 0 {
		return err
	}
	p, err := l.HoldCreate(t, name)
	if err != 0 {
		return err
	}
	old := p.At(t).Zone.Get(t)
	if old != zone {
		if p.At(t).ZoneRef.Get(t) != 0 {
			err = env.EBUSY
		} else {
			p.At(t).Zone.Set(t, zone)
			if zone == env.GlobalZone {
				l.Refs.Reclaim(t, &p.At(t).refs, assignment.Key)
				l.Rele(t, p)
			} else if old == env.GlobalZone {
				l.Refs.Keep(t, &p.At(t).refs, assignment)
			}
		}
	}
	if err != 0 || old != env.GlobalZone {
		l.Rele(t, p)
	}
	return err
}

// Dev is dls_link_dev: the device of a link. It needs no perimeter.
func (l *Layer) Dev(t *sim.Thread, p Ptr) env.Dev {
	t.LogPoint(opDev, nil)
	m := p.At(t).MAC
	if t.Logging() {
		t.Logf("dls_link_dev %s", m.Name)
	}
	return m.Dev
}

// Balance compares the counters of all links with the ledger. It is not an operation.
func (l *Layer) Balance(t *sim.Thread) {
	l.All(func(name string) {
		p := l.hash[name].Peek()
		l.Refs.Balance(t, &p.refs, p.Ref.Peek())
		l.Refs.Balance(t, &p.zoneRefs, p.ZoneRef.Peek())
	})
}

// Lookup returns the link of that name. It is not an operation.
func (l *Layer) Lookup(name string) (*Link, bool) {
	p, ok := l.hash[name]
	return p.Peek(), ok
}

// All calls visit for each link in order of name. It is not an operation.
func (l *Layer) All(visit func(name string)) {
	l.names = l.names[:0]
	for name := range l.hash {
		l.names = append(l.names, name)
	}
	slices.Sort(l.names)
	for _, name := range l.names {
		visit(name)
	}
}
