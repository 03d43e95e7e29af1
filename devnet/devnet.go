// SPDX-License-Identifier: CDDL-1.0

// Package devnet is a port of illumos usr/src/uts/common/io/dls/dls_mgmt.c (revision
// 1677a135), function by function in the order of the original, bugs included, and the
// kernel around it put together from the packages under env.
//
// Each function's doc comment names the C function and its lines. Each statement that
// ports a synchronisation or a use of shared state ends with its line, "C:1093"; Sites
// reads these marks to show stacks in the words of the C file. A departure from the
// original is marked "DEPARTS:" with its reason.
//
// Shared fields are ksync.Var: Load and Store where the original holds no lock that
// protects the field, Get and Set where it does.
package devnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/kstat"
	"dlsim/devnet/env/mac"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/kmem"
	"dlsim/sim/ksync"
)

// Flags of dd_flags (C:87-89).
const (
	ddCondemned     = 0x1
	ddImplicitIptun = 0x2 // a tunnel that an open made and the last close deletes
	ddInitializing  = 0x4
)

// ddNotVisible is the macro DD_NOT_VISIBLE (C:95-96).
func ddNotVisible(flags uint) bool { return flags&(ddCondemned|ddInitializing) != 0 }

// dlsDevnet is dls_devnet_t (C:105-121).
type dlsDevnet struct {
	ddLinkid     ksync.Var[env.LinkID]
	ddLinkname   ksync.Var[string]
	ddMac        ksync.Var[string]
	ddKsp        ksync.Var[kstat.Ptr] // in the owner zone
	ddZoneKsp    ksync.Var[kstat.Ptr] // in dd_zid if that is another one
	ddRef        ksync.Var[int]
	ddMutex      ksync.Mutex
	ddCv         ksync.Cond
	ddTref       ksync.Var[int]
	ddFlags      ksync.Var[uint]
	ddOwnerZid   ksync.Var[env.ZoneID]
	ddZid        ksync.Var[env.ZoneID]
	ddPropLoaded ksync.Var[bool]
	ddPropTaskid ksync.Var[ksync.TaskID]
	ddTransient  ksync.Var[bool]

	listed sim.Object // its place in the hash tables, for the lock order
	ledger ledger
}

// Ptr is a dls_devnet_t * and what a env.DLHandle of this port holds.
type Ptr = kmem.Ptr[dlsDevnet]

// DLS is the state of the module: the static variables of the file (C:61-84) and the
// neighbours it calls.
type DLS struct {
	// Debug turns ASSERT on, as in a DEBUG kernel.
	Debug bool

	MAC   *mac.Layer
	Links *dls.Layer
	Kstat *kstat.Layer
	Zones *zone.Layer
	Door  *door.Layer
	Taskq *ksync.Taskq // system_taskq
	// Softmac, Iptun and DDI are the drivers and the device tree that the port calls.
	Softmac Softmac
	Iptun   Iptun
	DDI     DDI
	// SysShutdown is sys_shutdown: the system is going down, and no upcall is made any more.
	SysShutdown bool
	// Fault makes stat_update fail.
	Fault env.Fault

	cache       kmem.Cache[dlsDevnet] // i_dls_devnet_cachep
	mgmtLock    ksync.Mutex           // i_dls_mgmt_lock
	devnetLock  ksync.RWLock          // i_dls_devnet_lock
	idHash      modHash[env.LinkID]   // i_dls_devnet_id_hash
	hash        modHash[string]       // i_dls_devnet_hash, by dd_mac
	needRebuild ksync.Var[bool]       // devnet_need_rebuild
	mgmtDh      *door.Door            // dls_mgmt_dh, under i_dls_mgmt_lock

	refs *check.Ledger // who has which reference

	typ  *kmem.Type[dlsDevnet]
	wild Ptr // a dls_devnet_t * that was never assigned
}

// Softmac is what the port calls in softmac (environment.md 7).
type Softmac interface {
	// Recreate is softmac_recreate.
	Recreate(t *sim.Thread)
	// HoldDevice is softmac_hold_device. It may attach the device and wait for that. The
	// device is NULL if it fails.
	HoldDevice(t *sim.Thread, dev env.Dev) (env.Device, env.Errno)
	// ReleDevice is softmac_rele_device; NULL is no device.
	ReleDevice(t *sim.Thread, ddh env.Device)
}

// Iptun is what the port calls in iptun (environment.md 11); cred is the zone whose
// privileges count.
type Iptun interface {
	Create(t *sim.Thread, ik env.Tunnel, cred env.ZoneID) env.Errno
	Delete(t *sim.Thread, id env.LinkID, cred env.ZoneID) env.Errno
}

// DDI is what the port calls in the device tree (environment.md 7.4).
type DDI interface {
	// MajorToName is ddi_major_to_name; false for NULL.
	MajorToName(m env.Major) (string, bool)
	// NameToMajor is ddi_name_to_major; false for -1.
	NameToMajor(name string) (env.Major, bool)
	// HoldDeviByInstance is ddi_hold_devi_by_instance, which may attach the device; false
	// for NULL.
	HoldDeviByInstance(t *sim.Thread, m env.Major, instance int) bool
	// ReleaseDevi is ddi_release_devi.
	ReleaseDevi(t *sim.Thread, m env.Major, instance int)
}

// constructor is i_dls_devnet_constructor (C:131-139). The mutex and the condition variable
// are made ready when the buffer is registered.
func constructor(_ *sim.Thread, ddp *dlsDevnet) {
	ddp.ddLinkid.Poke(0)
	ddp.ddLinkname.Poke("")
	ddp.ddMac.Poke("")
	ddp.ddKsp.Poke(kstat.Ptr{})
	ddp.ddZoneKsp.Poke(kstat.Ptr{})
	ddp.ddRef.Poke(0)
	ddp.ddTref.Poke(0)
	ddp.ddFlags.Poke(0)
	ddp.ddOwnerZid.Poke(0)
	ddp.ddZid.Poke(0)
	ddp.ddPropLoaded.Poke(false)
	ddp.ddPropTaskid.Poke(0)
	ddp.ddTransient.Poke(false)
}

// destructor is i_dls_devnet_destructor (C:143-152).
func destructor(t *sim.Thread, ddp *dlsDevnet) {
	verify(t, ddp.ddKsp.Peek().IsNil(), "dd_ksp == NULL", "i_dls_devnet_destructor") // C:147
	verify(t, ddp.ddRef.Peek() == 0, "dd_ref == 0", "i_dls_devnet_destructor")       // C:148
	verify(t, ddp.ddTref.Peek() == 0, "dd_tref == 0", "i_dls_devnet_destructor")     // C:149
	ddp.ddMutex.Destroy(t)                                                           // C:150
	ddp.ddCv.Destroy(t)                                                              // C:151
}

// register makes the primitives of a new buffer known to the world, which is the part of
// i_dls_devnet_constructor (C:131-139) that must be done again in each schedule.
func (d *DLS) register(w *sim.World, ddp *dlsDevnet, life *sim.Life, num int) {
	ddp.ddLinkid.Init(w, life, "dd_linkid", "", num)
	ddp.ddLinkname.Init(w, life, "dd_linkname", "", num)
	ddp.ddMac.Init(w, life, "dd_mac", "", num)
	ddp.ddKsp.Init(w, life, "dd_ksp", "", num)
	ddp.ddZoneKsp.Init(w, life, "dd_zone_ksp", "", num)
	ddp.ddRef.Init(w, life, "dd_ref", "", num)
	ddp.ddMutex.Init(w, life, "dd_mutex", "", num) // C:136
	ddp.ddCv.Init(w, life, "dd_cv", "", num)       // C:137
	ddp.ddTref.Init(w, life, "dd_tref", "", num)
	ddp.ddFlags.Init(w, life, "dd_flags", "", num)
	ddp.ddOwnerZid.Init(w, life, "dd_owner_zid", "", num)
	ddp.ddZid.Init(w, life, "dd_zid", "", num)
	ddp.ddPropLoaded.Init(w, life, "dd_prop_loaded", "", num)
	ddp.ddPropTaskid.Init(w, life, "dd_prop_taskid", "", num)
	ddp.ddTransient.Init(w, life, "dd_transient", "", num)
	w.Register(&ddp.listed, "hash entry", "", num, nil)
	ddp.listed.SetLife(life)
	ddp.ddCv.Releasers = func(t *sim.Thread, buf []*sim.Thread) []*sim.Thread {
		return d.releasers(ddp, t, buf)
	}
	ddp.ddCv.Until = ddp.awaited
	ddp.ddCv.Backing = ddp.ddTref.Object()
	ddp.ddMutex.Object().Guard(sim.Exclusive) // nothing but these fields is used under it
}

// verify is VERIFY: it fails the run in every kernel.
func verify(t *sim.Thread, ok bool, what, fn string) {
	if !ok {
		t.Fail(sim.KindPanic, "VERIFY "+what, "VERIFY("+what+") failed in "+fn)
	}
}

// assert is ASSERT: it fails the run in a DEBUG kernel only. An operand that is a scheduling
// point is guarded by d.Debug, as the original does not evaluate it elsewhere.
func (d *DLS) assert(t *sim.Thread, ok bool, what, fn string) {
	if d.Debug && !ok {
		t.Fail(sim.KindPanic, "ASSERT "+what, "ASSERT("+what+") failed in "+fn)
	}
}

// DLSMgmtInit is dls_mgmt_init (C:206-236): it makes the module's state afresh. debug selects
// the debug kernel's object cache.
func (d *DLS) DLSMgmtInit(w *sim.World, debugKmem bool) {
	d.mgmtLock.Init(w, nil, "i_dls_mgmt_lock", "", 0)     // C:208
	d.devnetLock.Init(w, nil, "i_dls_devnet_lock", "", 0) // C:209

	if d.typ == nil {
		d.typ = &kmem.Type[dlsDevnet]{
			Cache: "dls_devnet_cache", What: "dls_devnet_t", Register: d.register,
			Construct: constructor, Destruct: destructor,
		} // C:214-216
		d.wild = kmem.Wild[dlsDevnet]("dls_devnet_t *ddp")
	}
	d.cache.Debug = debugKmem
	d.cache.Init(w, d.typ) // C:214-216
	d.idHash.create()      // C:222-223
	d.hash.create()        // C:228-230
	d.needRebuild.Init(w, nil, "devnet_need_rebuild", "", 0)
	d.needRebuild.Poke(false) // C:232
	d.mgmtDh = nil            // C:84
	d.mgmtLock.Object().Guard(sim.Exclusive)

	d.Zones.NetstackRegister(zone.Module{
		Create: d.dlsStackInit, Shutdown: d.dlsStackShutdown, Destroy: d.dlsStackFini,
	}) // C:234-235
}

// DLSMgmtFini is dls_mgmt_fini (C:239-247), which runs only when no link is left.
func (d *DLS) DLSMgmtFini(t *sim.Thread) {
	d.Zones.NetstackUnregister() // C:241
	d.hash.destroy()             // C:242
	d.idHash.destroy()           // C:243
	d.cache.Destroy(t)           // C:244
	d.devnetLock.Destroy(t)      // C:245
	d.mgmtLock.Destroy(t)        // C:246
}

// KmemReap is the part of kmem_reap that concerns this module: free objects go back to the
// slab layer, which destroys them.
func (d *DLS) KmemReap(t *sim.Thread) { d.cache.Reap(t) }
