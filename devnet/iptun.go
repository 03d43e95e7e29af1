// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

// iptunDriver is IPTUN_DRIVER_NAME.
const iptunDriver = "iptun"

// iDevnetCreateIptun is i_dls_devnet_create_iptun (C:1930-1977): it makes the tunnel that an
// open asks for by its name.
func (d *DLS) iDevnetCreateIptun(t *sim.Thread, linkname, drvname string) (env.LinkID, env.Errno) {
	// The driver has to be there.
	major, ok := d.DDI.NameToMajor(iptunDriver) // C:1941
	if !ok {
		return 0, env.EINVAL
	}
	if !d.DDI.HoldDeviByInstance(t, major, 0) { // C:1943
		return 0, env.EINVAL
	}

	ik := env.Tunnel{Type: tunnelType(drvname), Implicit: true} // C:1946-1956

	var err env.Errno
	ik.Link, err = d.MgmtCreate(t, linkname, env.Dev{}, env.ClassIptun, tunnelMedia[ik.Type], false) // C:1959-1960
	if err != 0 {
		d.DDI.ReleaseDevi(t, major, 0) // C:1962
		return 0, err
	}

	ns := d.Zones.NetstackGetCurrent(t)         // C:1966
	err = d.Iptun.Create(t, ik, env.Of(t).Zone) // CRED(), C:1967
	d.Zones.NetstackRele(t, ns)                 // C:1968

	if err != 0 {
		verify(t, d.MgmtDestroy(t, ik.Link, false) == 0, "dls_mgmt_destroy == 0",
			"i_dls_devnet_create_iptun") // C:1971
	}

	d.DDI.ReleaseDevi(t, major, 0) // C:1975
	return ik.Link, err
}

// iDevnetDestroyIptun is i_dls_devnet_destroy_iptun (C:1980-1993). The privileges are those of
// the zone and not of the process, which may have less and does the last close all the same.
func (d *DLS) iDevnetDestroyIptun(t *sim.Thread, linkid env.LinkID) env.Errno {
	err := d.Iptun.Delete(t, linkid, env.Of(t).Zone) // zone_kcred(), C:1990
	if err == 0 {
		_ = d.MgmtDestroy(t, linkid, false) // C:1991
	}
	return err
}

// DevnetLink is dls_devnet_link (C:1996-1999).
func (d *DLS) DevnetLink(t *sim.Thread, ddh env.DLHandle) string {
	return ddh.(Ptr).At(t).ddLinkname.Load(t) // C:1998
}

// DevnetMac is dls_devnet_mac (C:2002-2005).
func (d *DLS) DevnetMac(t *sim.Thread, ddh env.DLHandle) string {
	return ddh.(Ptr).At(t).ddMac.Load(t) // C:2004
}

// DevnetLinkid is dls_devnet_linkid (C:2008-2011).
func (d *DLS) DevnetLinkid(t *sim.Thread, ddh env.DLHandle) env.LinkID {
	return ddh.(Ptr).At(t).ddLinkid.Load(t) // C:2010
}
