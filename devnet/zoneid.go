// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/door"
	"dlsim/sim"
)

// iDevnetSetzid is i_dls_devnet_setzid (C:1564-1617): it moves the link to another zone in the
// perimeter, and with setprop tells the daemon first, which already knows of new links.
func (d *DLS) iDevnetSetzid(t *sim.Thread, ddp Ptr, newZoneid env.ZoneID, setprop, transient bool) env.Errno {
	upcallDone := false
	linkid := ddp.At(t).ddLinkid.Load(t) // C:1570
	oldZoneid := ddp.At(t).ddZid.Load(t) // C:1571

	if oldZoneid == newZoneid {
		return 0
	}

	mph, err := d.MAC.PerimEnterByMacname(t, ddp.At(t).ddMac.Get(t)) // C:1578
	if err != 0 {
		return err
	}

	setzid := door.Request{Cmd: dlmgmtd.CmdSetZoneid, Link: linkid, Zone: newZoneid}
	if setprop {
		_, err = d.iMgmtUpcall(t, setzid) // C:1590
		upcallDone = err == 0             // C:1592-1601
	}
	if err == 0 {
		if err = d.Links.SetZid(t, ddp.At(t).ddMac.Get(t), newZoneid); err == 0 { // C:1603
			ddp.At(t).ddZid.Store(t, newZoneid)       // C:1604
			ddp.At(t).ddTransient.Store(t, transient) // C:1605
			d.needRebuild.Store(t, true)              // C:1606
		}
	}

	if err != 0 && upcallDone {
		setzid.Zone = oldZoneid
		_, _ = d.iMgmtUpcall(t, setzid) // C:1612
	}
	d.MAC.PerimExit(t, mph) // C:1615
	return err
}

// DevnetSetzid is dls_devnet_setzid (C:1620-1662).
func (d *DLS) DevnetSetzid(t *sim.Thread, dlh env.DLHandle, newZid env.ZoneID) env.Errno {
	ddh := dlh.(Ptr)
	var ddp env.DLHandle
	refheld := false

	oldZid := ddh.At(t).ddZid.Load(t) // C:1627

	if oldZid == newZid {
		return 0
	}

	// The assignment to a zone is a reference of its own.
	if oldZid == env.GlobalZone && newZid != env.GlobalZone {
		var err env.Errno
		if ddp, err = d.DevnetHold(t, ddh.At(t).ddLinkid.Load(t)); err != 0 { // C:1637
			return err
		}
		refheld = true
	}

	if err := d.iDevnetSetzid(t, ddh, newZid, true, false); err != 0 { // C:1642
		if refheld {
			d.DevnetRele(t, ddp) // C:1644
		}
		return err
	}
	if refheld {
		assigned(t, ddp)
	}

	// It is given back when the link returns to the global zone.
	if oldZid != env.GlobalZone && newZid == env.GlobalZone {
		unassigned(t, ddh)
		d.DevnetRele(t, ddh) // C:1653
	}

	// The kstat moves along: away in the old zone, new in the new one.
	if oldZid != env.GlobalZone {
		d.devnetStatDestroy(t, ddh, oldZid) // C:1657
	}
	if newZid != env.GlobalZone {
		d.devnetStatCreate(t, ddh, newZid) // C:1659
	}
	return 0
}

// DevnetGetzid is dls_devnet_getzid (C:1665-1668).
func (d *DLS) DevnetGetzid(t *sim.Thread, ddh env.DLHandle) env.ZoneID {
	return ddh.(Ptr).At(t).ddZid.Load(t) // C:1667
}

// DevnetGetownerzid is dls_devnet_getownerzid (C:1671-1674).
func (d *DLS) DevnetGetownerzid(t *sim.Thread, ddh env.DLHandle) env.ZoneID {
	return ddh.(Ptr).At(t).ddOwnerZid.Load(t) // C:1673
}

// DevnetIslinkvisible is dls_devnet_islinkvisible (C:1681-1691): whether the zone owns the link
// or has it now.
func (d *DLS) DevnetIslinkvisible(t *sim.Thread, linkid env.LinkID, zoneid env.ZoneID) bool {
	ddh, err := d.DevnetHoldTmp(t, linkid) // C:1686
	if err != 0 {
		return false
	}
	ddp := ddh.(Ptr)
	result := ddp.At(t).ddOwnerZid.Load(t) == zoneid || ddp.At(t).ddZid.Load(t) == zoneid // C:1688
	d.DevnetReleTmp(t, ddh)                                                               // C:1689
	return result
}
