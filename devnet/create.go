// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
)

// DevnetCreate is dls_devnet_create (C:1776-1822).
func (d *DLS) DevnetCreate(t *sim.Thread, mh *mac.MAC, linkid env.LinkID, zoneid env.ZoneID) env.Errno {
	// The perimeter keeps the daemon's downcalls, which load properties, out until the end.
	mph := d.MAC.PerimEnterByMH(t, mh) // C:1788
	// First the association: the MAC client, which is made next, needs the link's name.
	var ddp Ptr
	err := d.devnetSet(t, mh, linkid, zoneid, &ddp) // C:1794
	if err == 0 {
		if _, err = d.Links.HoldCreate(t, mh.Name); err != 0 { // C:1795
			d.MAC.PerimExit(t, mph)            // C:1796
			_, _ = d.devnetUnset(t, mh, false) // C:1797
			return err
		}
		d.Links.KeepExistence(t, mh)

		// A link with a linkid becomes visible now; one without waits for recreate.
		ddp.At(t).ddMutex.Enter(t)                          // C:1813
		if ddp.At(t).ddLinkid.Get(t) != env.InvalidLinkID { // C:1814
			ddp.At(t).ddFlags.Set(t, ddp.At(t).ddFlags.Get(t)&^ddInitializing) // C:1815
		}
		ddp.At(t).ddMutex.Exit(t) // C:1816
	}

	d.MAC.PerimExit(t, mph) // C:1820
	return err
}

// DevnetRecreate is dls_devnet_recreate (C:1831-1846): it gives a physical link, attached
// while the daemon was down, its linkid.
func (d *DLS) DevnetRecreate(t *sim.Thread, mh *mac.MAC, linkid env.LinkID) env.Errno {
	verify(t, linkid != env.InvalidLinkID, "linkid != DATALINK_INVALID_LINKID", "dls_devnet_recreate") // C:1836
	var ddp Ptr
	err := d.devnetSet(t, mh, linkid, env.GlobalZone, &ddp) // C:1837
	if err == 0 {
		ddp.At(t).ddMutex.Enter(t)                          // C:1838
		if ddp.At(t).ddLinkid.Get(t) != env.InvalidLinkID { // C:1839
			ddp.At(t).ddFlags.Set(t, ddp.At(t).ddFlags.Get(t)&^ddInitializing) // C:1840
		}
		ddp.At(t).ddMutex.Exit(t) // C:1841
	}
	return err
}

// DevnetDestroy is dls_devnet_destroy (C:1849-1924).
func (d *DLS) DevnetDestroy(t *sim.Thread, mh *mac.MAC, wait bool) (env.LinkID, env.Errno) {
	id, err := d.devnetUnset(t, mh, wait) // C:1855

	// Unset and the release of the dls_link are not one step, and the re-set below can
	// fail: so there may be a link without a devnet, and ENOENT goes on to release it.
	if err != 0 && err != env.ENOENT {
		return id, err
	}

	mph := d.MAC.PerimEnterByMH(t, mh)   // C:1895
	err = d.Links.ReleByName(t, mh.Name) // C:1896
	d.MAC.PerimExit(t, mph)              // C:1897

	if err != 0 {
		// The destroy fails, so the association is made again, for the caller's zone. If
		// that fails too, ddp is never assigned: the original does not look.
		ddp := d.wild                                    // C:1900
		_ = d.devnetSet(t, mh, id, env.Of(t).Zone, &ddp) // C:1909

		// The linkid is invalid if unset found nothing.
		ddp.At(t).ddMutex.Enter(t)                          // C:1918
		if ddp.At(t).ddLinkid.Get(t) != env.InvalidLinkID { // C:1919
			ddp.At(t).ddFlags.Set(t, ddp.At(t).ddFlags.Get(t)&^ddInitializing) // C:1920
		}
		ddp.At(t).ddMutex.Exit(t) // C:1921
	}
	return id, err
}
