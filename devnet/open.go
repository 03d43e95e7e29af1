// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

// DevnetOpen is dls_devnet_open (C:1697-1736): a lookup of a name in /dev/net, which holds the
// link until DevnetClose. ENOENT for a link of another zone.
func (d *DLS) DevnetOpen(t *sim.Thread, link string) (env.DLHandle, env.Dev, env.Errno) {
	zid := env.Of(t).Zone // getzoneid(), C:1701

	ddh, err := d.devnetHoldByName(t, link) // C:1705
	if err != 0 {
		return nil, env.Dev{}, err
	}
	ddp := ddh.(Ptr)

	d.DevnetPropTaskWait(t, ddh) // C:1708

	// A zone opens what is in it, nothing else.
	if zid != env.GlobalZone && ddp.At(t).ddZid.Load(t) != zid { // C:1714
		d.DevnetRele(t, ddh) // C:1715
		return nil, env.Dev{}, env.ENOENT
	}

	mph, err := d.MAC.PerimEnterByMacname(t, ddp.At(t).ddMac.Load(t)) // C:1719
	if err != 0 {
		d.DevnetRele(t, ddh) // C:1721
		return nil, env.Dev{}, err
	}

	dlp, err := d.Links.HoldCreate(t, ddp.At(t).ddMac.Get(t)) // C:1725
	d.MAC.PerimExit(t, mph)                                   // C:1726

	if err != 0 {
		d.DevnetRele(t, ddh) // C:1729
		return nil, env.Dev{}, err
	}
	return ddh, d.Links.Dev(t, dlp), 0 // C:1734
}

// DevnetClose is dls_devnet_close (C:1742-1760).
func (d *DLS) DevnetClose(t *sim.Thread, ddh env.DLHandle) {
	ddp := ddh.(Ptr)

	mph, err := d.MAC.PerimEnterByMacname(t, ddp.At(t).ddMac.Load(t))          // C:1748
	verify(t, err == 0, "mac_perim_enter_by_macname == 0", "dls_devnet_close") // C:1748
	dlp, err := d.Links.Hold(t, ddp.At(t).ddMac.Get(t))                        // C:1749
	verify(t, err == 0, "dls_link_hold == 0", "dls_devnet_close")              // C:1749

	// The hold of the open, and the one above.
	d.Links.Rele(t, dlp)    // C:1755
	d.Links.Rele(t, dlp)    // C:1756
	d.MAC.PerimExit(t, mph) // C:1757

	d.DevnetRele(t, ddh) // C:1759
}

// DevnetRebuild is dls_devnet_rebuild (C:1767-1773): whether links have come, gone or moved since
// the last time, for the listing of /dev/net. Nothing protects it.
func (d *DLS) DevnetRebuild(t *sim.Thread) bool {
	updated := d.needRebuild.Load(t) // C:1769

	d.needRebuild.Store(t, false) // C:1771
	return updated
}
