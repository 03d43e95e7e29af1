// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

// DevnetRename is dls_devnet_rename (C:1429-1561). With an invalid id2 it gives the link a name
// that no link has; else id2 is a physical link that was removed, whose name and linkid the
// link gets, and which nobody else may use meanwhile. EBUSY if the link is in use.
func (d *DLS) DevnetRename(t *sim.Thread, id1, id2 env.LinkID, link string) env.Errno {
	var ddh env.Device

	// In the second case the device of id2 must be gone.
	if id2 != env.InvalidLinkID {
		if phydev, err := d.MgmtGetPhydev(t, id2); err == 0 { // C:1443
			if ddh, err = d.Softmac.HoldDevice(t, phydev); err == 0 { // C:1444
				d.Softmac.ReleDevice(t, ddh) // C:1445
				return env.EEXIST
			}
		}
	}

	// A physical link must not be detached meanwhile.
	if phydev, err := d.MgmtGetPhydev(t, id1); err == 0 { // C:1452
		ddh, _ = d.Softmac.HoldDevice(t, phydev) // C:1453
	}

	// The perimeter comes first, and entering it waits for the properties to be loaded.
	mph, err := d.MAC.PerimEnterByLinkid(t, id1) // C:1460
	if err != 0 {
		d.Softmac.ReleDevice(t, ddh) // C:1461
		return err
	}

	d.devnetLock.EnterWrite(t) // C:1465
	ddp, err := d.devnetRenameLocked(t, id1, id2, link, ddh)
	d.devnetLock.Exit(t) // C:1552

	if err == 0 {
		d.devnetStatRename(t, ddp) // C:1555
	}

	d.MAC.PerimExit(t, mph)      // C:1558
	d.Softmac.ReleDevice(t, ddh) // C:1559
	return err
}

// devnetRenameLocked is the part of dls_devnet_rename under i_dls_devnet_lock (C:1466-1549), the
// upcall included.
func (d *DLS) devnetRenameLocked(
	t *sim.Thread, id1, id2 env.LinkID, link string, ddh env.Device,
) (Ptr, env.Errno) {
	ddp, mherr := d.idHash.find(id1) // C:1466-1467
	if mherr != 0 {
		d.assert(t, mherr == mhErrNotFound, "err == MH_ERR_NOTFOUND", "dls_devnet_rename") // C:1468
		return Ptr{}, env.ENOENT
	}

	ddp.Peek().found(t, &d.devnetLock)
	ddp.At(t).ddMutex.Enter(t)      // C:1473
	if ddp.At(t).ddRef.Get(t) > 1 { // C:1474
		ddp.At(t).ddMutex.Exit(t) // C:1475
		return Ptr{}, env.EBUSY
	}
	ddp.At(t).ddMutex.Exit(t) // C:1479

	if id2 == env.InvalidLinkID {
		ddp.At(t).ddLinkname.Store(t, link[:min(len(link), env.MaxLinkNameLen-1)]) // C:1482-1483

		// The MAC client and its flow have the link's name too.
		mh, err := d.MAC.Open(t, ddp.At(t).ddMac.Get(t)) // C:1486
		if err != 0 {
			return ddp, err
		}
		d.MAC.RenamePrimary(t, mh, link) // C:1488
		d.MAC.Close(t, mh)               // C:1489
		return ddp, 0
	}

	// Only a physical link, whose device is held now, can get another linkid.
	if ddh == nil {
		return ddp, env.EINVAL
	}

	mh, err := d.MAC.Open(t, ddp.At(t).ddMac.Get(t)) // C:1502
	if err != 0 {
		return ddp, err
	}

	// The device is held, so the MAC stays without this reference, which would count below.
	d.MAC.Close(t, mh) // C:1510

	// Nobody else may have the MAC open, and nobody can open it until this is done.
	if err = d.MAC.MarkExclusive(t, mh); err != 0 { // C:1516
		return ddp, err
	}

	if _, mherr = d.idHash.find(id2); mherr != mhErrNotFound { // C:1522-1523
		d.MAC.UnmarkExclusive(t, mh) // C:1524
		return ddp, env.EEXIST
	}

	info, err := d.MgmtGetLinkinfo(t, id2) // C:1529
	if err != 0 {
		d.MAC.UnmarkExclusive(t, mh) // C:1531
		return ddp, err
	}
	ddp.At(t).ddLinkname.Store(t, info.Name) // C:1529

	_ = d.idHash.remove(id1) // C:1535-1536

	ddp.At(t).ddLinkid.Store(t, id2)                    // C:1538
	_ = d.idHash.insert(ddp.At(t).ddLinkid.Get(t), ddp) // C:1539-1540

	d.MAC.UnmarkExclusive(t, mh) // C:1542

	// The properties of the new linkid are others.
	ddp.At(t).ddMutex.Enter(t)                                                    // C:1545
	ddp.At(t).ddPropLoaded.Set(t, false)                                          // C:1546
	task := d.Taskq.Dispatch(t, func(u *sim.Thread) { d.devnetPropTask(u, ddp) }) // C:1547-1548
	ddp.At(t).ddPropTaskid.Set(t, task)                                           // C:1547-1548
	ddp.At(t).ddMutex.Exit(t)                                                     // C:1549
	return ddp, 0
}
