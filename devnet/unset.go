// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/mac"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// devnetUnset is dls_devnet_unset (C:976-1125): it takes the association of the MAC away and
// frees it. With wait it blocks until no temporary reference is left and the property task
// has ended, and must not be called inside the perimeter. ENOENT if there is none; EBUSY if
// it is referenced, or, without wait, if it would have to wait.
func (d *DLS) devnetUnset(t *sim.Thread, mh *mac.MAC, wait bool) (id env.LinkID, err env.Errno) {
	macname := mh.Name // C:978

	d.devnetLock.EnterWrite(t)         // C:983
	ddp, mherr := d.hash.find(macname) // C:984-985
	if mherr != 0 {
		d.assert(t, mherr == mhErrNotFound, "err == MH_ERR_NOTFOUND", "dls_devnet_unset") // C:986
		d.devnetLock.Exit(t)                                                              // C:987
		return env.InvalidLinkID, env.ENOENT
	}

	ddp.Peek().found(t, &d.devnetLock)
	ddp.At(t).ddMutex.Enter(t) // C:991

	// Downcalls from devfs must not wait for anything, hence EBUSY without wait.
	verify(t, ddp.At(t).ddRef.Get(t) != 0, "dd_ref != 0", "dls_devnet_unset") // C:999
	if ddp.At(t).ddRef.Get(t) != 1 || (!wait &&
		(ddp.At(t).ddTref.Get(t) != 0 || ddp.At(t).ddPropTaskid.Get(t) != 0)) { // C:1000-1001
		force, orphan := d.forcedUnset(t, ddp)
		if !force {
			d.noteBusy(t, ddp)
			ddp.At(t).ddMutex.Exit(t) // C:1036
			d.devnetLock.Exit(t)      // C:1037
			return env.InvalidLinkID, env.EBUSY
		}
		if orphan {
			ksync.CmnErr(t, "WARN", "clear orphaned datalink: %s", ddp.At(t).ddLinkname.Get(t)) // C:1046-1047
		}
		ddp.At(t).ddRef.Set(t, 1) // C:1049
		ddp.At(t).wroteOff(t)     // C:1049
	}

	ddp.At(t).ddFlags.Set(t, ddp.At(t).ddFlags.Get(t)|ddCondemned) // C:1052
	ddp.At(t).ddRef.Set(t, ddp.At(t).ddRef.Get(t)-1)               // C:1053
	ddp.At(t).gaveExistence(t)                                     // C:1053
	id = ddp.At(t).ddLinkid.Get(t)                                 // C:1054

	// Take it out of the hash tables.
	ddp.Peek().removed(t)
	verify(t, d.hash.remove(ddp.At(t).ddMac.Get(t)) == 0, "mod_hash_remove(dd_mac) == 0",
		"dls_devnet_unset") // C:1059-1060
	if ddp.At(t).ddLinkid.Get(t) != env.InvalidLinkID { // C:1062
		verify(t, d.idHash.remove(ddp.At(t).ddLinkid.Get(t)) == 0, "mod_hash_remove(dd_linkid) == 0",
			"dls_devnet_unset") // C:1063-1064
		d.needRebuild.Set(t, true) // C:1066
	}
	d.devnetLock.Exit(t) // C:1068

	// The setzid enters the perimeter, so it is done without i_dls_devnet_lock.
	if ddp.At(t).ddZid.Load(t) != env.GlobalZone { // C:1080
		// A reader that owns the kstat needs dd_mutex to go on, so it is left meanwhile.
		ddp.At(t).ddMutex.Exit(t)                                 // C:1093
		d.devnetStatDestroy(t, ddp, ddp.At(t).ddZid.Load(t))      // C:1094
		ddp.At(t).ddMutex.Enter(t)                                // C:1095
		_ = d.iDevnetSetzid(t, ddp, env.GlobalZone, false, false) // C:1096-1097
	}

	if wait {
		// Who has a temporary reference needs the perimeter to give it back.
		d.assert(t, !mh.PerimHeld(t), "!MAC_PERIM_HELD(mh)", "dls_devnet_unset") // C:1107
		ddp.At(t).drains(t)
		for ddp.At(t).ddTref.Get(t) != 0 || ddp.At(t).ddPropTaskid.Get(t) != 0 { // C:1108
			ddp.At(t).ddCv.Wait(t, &ddp.At(t).ddMutex) // C:1109
		}
	} else {
		verify(t, ddp.At(t).ddTref.Get(t) == 0, "dd_tref == 0", "dls_devnet_unset")              // C:1111
		verify(t, ddp.At(t).ddPropTaskid.Get(t) == 0, "dd_prop_taskid == 0", "dls_devnet_unset") // C:1112
	}
	ddp.At(t).drained(t)

	if ddp.At(t).ddLinkid.Get(t) != env.InvalidLinkID { // C:1115
		d.devnetStatDestroy(t, ddp, ddp.At(t).ddOwnerZid.Load(t)) // C:1116
	}

	ddp.At(t).ddPropLoaded.Set(t, false)         // C:1118
	ddp.At(t).ddLinkid.Set(t, env.InvalidLinkID) // C:1119
	ddp.At(t).ddFlags.Set(t, 0)                  // C:1120
	ddp.At(t).end(t)                             // C:1122
	ddp.At(t).ddMutex.Exit(t)                    // C:1121
	d.cache.Free(t, ddp)                         // C:1122
	return id, 0
}

// noteBusy says in detailed runs why unset gives EBUSY.
func (d *DLS) noteBusy(t *sim.Thread, ddp Ptr) {
	if t.Detailed() {
		task := "no property task"
		if ddp.Peek().ddPropTaskid.Peek() != 0 {
			task = "property task pending"
		}
		t.Notef("EBUSY: dd_ref %d, dd_tref %d, %s", ddp.Peek().ddRef.Peek(), ddp.Peek().ddTref.Peek(), task)
	}
}

// forcedUnset decides whether a busy link is removed all the same (C:1002-1033): a transient
// link of a zone that shuts down, or an orphan whose zone is gone.
func (d *DLS) forcedUnset(t *sim.Thread, ddp Ptr) (force, orphan bool) {
	// The zone is written in the perimeter only, so dd_mutex does not protect it.
	if ddp.At(t).ddRef.Get(t) > 1 && ddp.At(t).ddZid.Load(t) != env.GlobalZone { // C:1019
		zp := d.Zones.FindByID(t, ddp.At(t).ddZid.Load(t)) // C:1022
		if zp == nil {
			return true, true
		}
		if ddp.At(t).ddTransient.Load(t) { // C:1025
			force = zp.StatusGet(t) >= zone.ShuttingDown // C:1026-1028
		}
		zp.Rele(t) // C:1031
	}
	return force, false
}
