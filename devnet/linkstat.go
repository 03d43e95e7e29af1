// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/devnet/env/kstat"
	"dlsim/sim"
)

// devnetStatUpdate is dls_devnet_stat_update (C:721-748): the update function of a link's
// kstat, which runs owning the kstat, in any context and without the perimeter.
func (d *DLS) devnetStatUpdate(t *sim.Thread, private uint64, write bool) env.Errno {
	linkid := env.LinkID(private)

	ddh, err := d.DevnetHoldTmp(t, linkid) // C:728
	if err != 0 {
		return err
	}

	// Whoever detaches the device now waits in unset for the temporary reference, so the
	// link may be used without the perimeter.
	dlp, ok := d.Links.Find(t, ddh.(Ptr).At(t).ddMac.Get(t)) // C:738-739
	if !ok {
		d.DevnetReleTmp(t, ddh) // C:740
		return env.ENOENT
	}

	err = d.dlsStatUpdate(t, dlp, write) // C:744

	d.DevnetReleTmp(t, ddh) // C:746
	return err
}

// dlsStatUpdate is dls_stat_update of io/dls/dls_stat.c: EACCES for a write.
func (d *DLS) dlsStatUpdate(t *sim.Thread, dlp dls.Ptr, write bool) env.Errno {
	if write {
		return env.EACCES
	}
	dlp.At(t).MAC.StatGet(t)
	return d.Fault.At(t, "stat_update", dlp.At(t).Name)
}

// devnetStatCreate is dls_devnet_stat_create (C:754-770). A name collision is ignored.
func (d *DLS) devnetStatCreate(t *sim.Thread, ddp Ptr, zoneid env.ZoneID) {
	name := ddp.At(t).ddLinkname.Load(t)                                            // C:758
	linkid := ddp.At(t).ddLinkid.Load(t)                                            // C:759
	ksp, ok := d.dlsStatCreate(t, name, zoneid, d.devnetStatUpdate, uint64(linkid)) // C:758-760
	if !ok {
		return
	}
	d.assert(t, !ksp.IsNil(), "ksp != NULL", "dls_devnet_stat_create") // C:761
	if zoneid == ddp.At(t).ddOwnerZid.Load(t) {                        // C:762
		d.assert(t, !d.Debug || ddp.At(t).ddKsp.Load(t).IsNil(), "dd_ksp == NULL", "dls_devnet_stat_create") // C:763
		ddp.At(t).ddKsp.Store(t, ksp)                                                                        // C:764
	} else {
		d.assert(t, !d.Debug || ddp.At(t).ddZoneKsp.Load(t).IsNil(), "dd_zone_ksp == NULL", "dls_devnet_stat_create") // C:766
		ddp.At(t).ddZoneKsp.Store(t, ksp)                                                                             // C:767
	}
}

// dlsStatCreate is dls_stat_create of io/dls/dls_stat.c: create and install.
func (d *DLS) dlsStatCreate(
	t *sim.Thread, name string, zoneid env.ZoneID, update kstat.Update, private uint64,
) (kstat.Ptr, bool) {
	ksp, ok := d.Kstat.Create(t, name, zoneid, update, private)
	if ok {
		d.Kstat.Install(t, ksp)
	}
	return ksp, ok
}

// devnetStatDestroy is dls_devnet_stat_destroy (C:776-789). It waits for a reader.
func (d *DLS) devnetStatDestroy(t *sim.Thread, ddp Ptr, zoneid env.ZoneID) {
	if zoneid == ddp.At(t).ddOwnerZid.Load(t) { // C:778
		if ksp := ddp.At(t).ddKsp.Load(t); !ksp.IsNil() { // C:779
			d.Kstat.Delete(t, ksp)                // C:780
			ddp.At(t).ddKsp.Store(t, kstat.Ptr{}) // C:781
		}
	} else {
		if ksp := ddp.At(t).ddZoneKsp.Load(t); !ksp.IsNil() { // C:784
			d.Kstat.Delete(t, ksp)                    // C:785
			ddp.At(t).ddZoneKsp.Store(t, kstat.Ptr{}) // C:786
		}
	}
}

// devnetStatRename is dls_devnet_stat_rename (C:796-805): the old kstat goes and a new one comes
// under the new name.
func (d *DLS) devnetStatRename(t *sim.Thread, ddp Ptr) {
	if ksp := ddp.At(t).ddKsp.Load(t); !ksp.IsNil() { // C:798
		d.Kstat.Delete(t, ksp)                // C:799
		ddp.At(t).ddKsp.Store(t, kstat.Ptr{}) // C:800
	}
	// A link that is assigned to a zone is busy and cannot be renamed.
	d.assert(t, !d.Debug || ddp.At(t).ddZoneKsp.Load(t).IsNil(), "dd_zone_ksp == NULL", "dls_devnet_stat_rename") // C:803
	d.devnetStatCreate(t, ddp, ddp.At(t).ddOwnerZid.Load(t))                                                      // C:804
}
