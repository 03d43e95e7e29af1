// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/sim"
)

// devnetPropTask is dls_devnet_prop_task (C:639-650). It has no reference of its own: only
// dd_prop_taskid keeps ddp alive.
func (d *DLS) devnetPropTask(t *sim.Thread, ddp Ptr) {
	t.Obliged(ddp.Peek().ddPropTaskid.Object(), "")
	err := d.MgmtLinkpropInit(t, ddp.At(t).ddLinkid.Load(t)) // C:643
	ddp.At(t).ledger.loadErr = err

	ddp.At(t).ddMutex.Enter(t)          // C:645
	ddp.At(t).ddPropLoaded.Set(t, true) // C:646
	ddp.At(t).ddPropTaskid.Set(t, 0)    // C:647
	ddp.At(t).ddCv.Broadcast(t)         // C:648
	t.Discharged(ddp.At(t).ddPropTaskid.Object())
	ddp.At(t).ddMutex.Exit(t) // C:649
}

// DevnetPropTaskWait is dls_devnet_prop_task_wait (C:656-662).
func (d *DLS) DevnetPropTaskWait(t *sim.Thread, ddh env.DLHandle) {
	ddp := ddh.(Ptr)
	ddp.At(t).ddMutex.Enter(t) // C:658
	ddp.At(t).awaitsTask(t)
	for ddp.At(t).ddPropTaskid.Get(t) != 0 { // C:659
		ddp.At(t).ddCv.Wait(t, &ddp.At(t).ddMutex) // C:660
	}
	ddp.At(t).ddMutex.Exit(t) // C:661
}

// DevnetReleTmp is dls_devnet_rele_tmp (C:665-674).
func (d *DLS) DevnetReleTmp(t *sim.Thread, dlh env.DLHandle) {
	ddp := dlh.(Ptr)
	ddp.At(t).ddMutex.Enter(t)                                                       // C:669
	d.assert(t, ddp.At(t).ddTref.Get(t) != 0, "dd_tref != 0", "dls_devnet_rele_tmp") // C:670
	tref := ddp.At(t).ddTref.Get(t) - 1                                              // C:671
	ddp.At(t).ddTref.Set(t, tref)                                                    // C:671
	ddp.At(t).gaveTref(t)                                                            // C:671
	if tref == 0 {
		ddp.At(t).ddCv.Signal(t) // C:672
	}
	ddp.At(t).ddMutex.Exit(t) // C:673
}

// DevnetHoldLink is dls_devnet_hold_link (C:677-697). Inside the perimeter.
func (d *DLS) DevnetHoldLink(t *sim.Thread, linkid env.LinkID) (env.DLHandle, dls.Ptr, env.Errno) {
	dlh, err := d.DevnetHoldTmp(t, linkid) // C:684
	if err != 0 {
		return nil, dls.Ptr{}, err
	}

	dlp, err := d.Links.Hold(t, d.DevnetMac(t, dlh)) // C:687
	if err != 0 {
		d.DevnetReleTmp(t, dlh) // C:688
		return nil, dls.Ptr{}, err
	}

	d.assert(t, dlp.At(t).MAC.PerimHeld(t), "MAC_PERIM_HELD(dlp->dl_mh)", "dls_devnet_hold_link") // C:692
	return dlh, dlp, 0
}

// DevnetReleLink is dls_devnet_rele_link (C:700-706). Inside the perimeter.
func (d *DLS) DevnetReleLink(t *sim.Thread, dlh env.DLHandle, dlp dls.Ptr) {
	d.assert(t, dlp.At(t).MAC.PerimHeld(t), "MAC_PERIM_HELD(dlp->dl_mh)", "dls_devnet_rele_link") // C:702

	d.Links.Rele(t, dlp)    // C:704
	d.DevnetReleTmp(t, dlh) // C:705
}
