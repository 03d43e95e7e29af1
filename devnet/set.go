// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
)

// devnetSet is dls_devnet_set (C:814-964): it associates linkid with the MAC. For a physical
// link linkid may be InvalidLinkID. *ddpp is assigned on success only.
func (d *DLS) devnetSet(t *sim.Thread, mh *mac.MAC, linkid env.LinkID, zoneid env.ZoneID, ddpp *Ptr) env.Errno {
	macname := mh.Name // C:817

	d.devnetLock.EnterWrite(t) // C:824
	ddp, statCreate, err := d.devnetSetLocked(t, macname, linkid, zoneid)
	// From here on the caller's own serialisation (softmac state, driver locks) keeps ddp.
	d.devnetLock.Exit(t) // C:920

	if err == 0 && zoneid != env.GlobalZone {
		// A link created inside a zone is transient.
		err = d.iDevnetSetzid(t, ddp, zoneid, false, true) // C:928
		if err != 0 {
			// Nothing can have seen the link, so there is nothing to wait for.
			d.assert(t, !d.Debug || ddp.At(t).ddFlags.Load(t)&ddInitializing != 0,
				"dd_flags & DD_INITIALIZING", "dls_devnet_set") // C:936
			_, _ = d.devnetUnset(t, mh, false) // C:937
			return err
		}
	}

	if err == 0 {
		// The kstat lock comes before i_dls_devnet_lock, which is why this is done here.
		if statCreate {
			d.devnetStatCreate(t, ddp, zoneid) // C:950
		}
		*ddpp = ddp // C:952

		ddp.At(t).ddMutex.Enter(t) // C:954
		if linkid != env.InvalidLinkID &&
			!ddp.At(t).ddPropLoaded.Get(t) && ddp.At(t).ddPropTaskid.Get(t) == 0 { // C:956
			task := d.Taskq.Dispatch(t, func(u *sim.Thread) { d.devnetPropTask(u, ddp) }) // C:957
			ddp.At(t).ddPropTaskid.Set(t, task)                                           // C:957
		}
		ddp.At(t).ddMutex.Exit(t) // C:960
	}
	return err
}

// devnetSetLocked is the part of dls_devnet_set under i_dls_devnet_lock (C:826-911), the
// upcall included.
func (d *DLS) devnetSetLocked(
	t *sim.Thread, macname string, linkid env.LinkID, zoneid env.ZoneID,
) (ddp Ptr, statCreate bool, err env.Errno) {
	var info LinkInfo

	// A linkid that has a name association already is for rename, not for set.
	if linkid != env.InvalidLinkID {
		if _, err := d.idHash.find(linkid); err == 0 { // C:831-833
			return Ptr{}, false, env.EEXIST
		}
		if info, err = d.MgmtGetLinkinfo(t, linkid); err != 0 { // C:837-838
			return Ptr{}, false, err
		}
	}

	ddp, mherr := d.hash.find(macname) // C:842-843
	if mherr == 0 {
		if ddp.At(t).ddLinkid.Get(t) != env.InvalidLinkID { // C:844
			return Ptr{}, false, env.EEXIST
		}
		// Only a physical link comes here, to get the linkid that the daemon could not
		// give while it was down. Its entry has no linkid, so it is still initialising.
		if linkid == env.InvalidLinkID || info.Class != env.ClassPhys {
			return Ptr{}, false, env.EINVAL
		}
		d.assert(t, ddp.At(t).ddFlags.Get(t)&ddInitializing != 0,
			"dd_flags & DD_INITIALIZING", "dls_devnet_set") // C:880
	} else {
		ddp = d.cache.Alloc(t)                           // C:883
		ddp.At(t).ddFlags.Set(t, ddInitializing)         // C:884
		ddp.At(t).ddTref.Set(t, 0)                       // C:885
		ddp.At(t).ddRef.Set(t, ddp.At(t).ddRef.Get(t)+1) // C:886
		ddp.At(t).begin(t, d, macname)                   // C:886
		ddp.At(t).ddOwnerZid.Set(t, zoneid)              // C:887
		// A link that is born in a zone was never the global zone's to take back.
		if zoneid != env.GlobalZone {
			ddp.At(t).ddTransient.Set(t, true) // C:895
		}
		ddp.At(t).ddMac.Set(t, macname) // C:896
		verify(t, d.hash.insert(ddp.At(t).ddMac.Get(t), ddp) == 0, "mod_hash_insert(dd_mac) == 0",
			"dls_devnet_set") // C:897-898
	}

	if linkid != env.InvalidLinkID {
		ddp.At(t).ddLinkid.Set(t, linkid)      // C:902
		ddp.At(t).ddLinkname.Set(t, info.Name) // C:903-904
		verify(t, d.idHash.insert(linkid, ddp) == 0, "mod_hash_insert(linkid) == 0",
			"dls_devnet_set") // C:905-907
		d.needRebuild.Set(t, true) // C:908
		statCreate = true
	}
	return ddp, statCreate, 0
}
