// SPDX-License-Identifier: CDDL-1.0

// Package dld is the part of io/dld/dld_drv.c and io/mac/mac_flow.c that takes temporary
// holds: property and flow ioctls, with the order of holds, perimeter and link references
// that environment.md 10.3 and 12 give.
package dld

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/devnet/env/mac"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
	"dlsim/sim/check"
)

// Devnet is what the ioctls call in the datalink code.
type Devnet interface {
	DevnetHoldTmp(t *sim.Thread, id env.LinkID) (env.DLHandle, env.Errno)
	DevnetReleTmp(t *sim.Thread, h env.DLHandle)
	DevnetMac(t *sim.Thread, h env.DLHandle) string
	DevnetHoldLink(t *sim.Thread, id env.LinkID) (env.DLHandle, dls.Ptr, env.Errno)
	DevnetReleLink(t *sim.Thread, h env.DLHandle, p dls.Ptr)
	DevnetSetzid(t *sim.Thread, h env.DLHandle, zone env.ZoneID) env.Errno
	DevnetGetzid(t *sim.Thread, h env.DLHandle) env.ZoneID
	DevnetGetownerzid(t *sim.Thread, h env.DLHandle) env.ZoneID
	DevnetRename(t *sim.Thread, id1, id2 env.LinkID, link string) env.Errno
	DevnetHoldByDev(t *sim.Thread, dev env.Dev) (env.DLHandle, env.Errno)
	DevnetRele(t *sim.Thread, h env.DLHandle)
	MgmtGetPhydev(t *sim.Thread, id env.LinkID) (env.Dev, env.Errno)
	MgmtLinkName(t *sim.Thread, id env.LinkID) (string, env.Errno)
}

// Driver is the dld module of one kernel.
type Driver struct {
	MAC    *mac.Layer
	DLS    *dls.Layer
	Zones  *zone.Layer
	Devnet Devnet
	// Softmac keeps physical devices.
	Softmac Softmac
	// Refs, if not nil, is told which references a stream keeps.
	Refs *check.Ledger
}

// SetMacProp is DLDIOC_SETMACPROP of a property that changes nothing the datalink code
// sees. Errors are those of the upcall, the hold, mac_open and dls_link_hold, and ENOENT
// unless the caller is in the zone that owns the link.
func (d *Driver) SetMacProp(t *sim.Thread, id env.LinkID, _ string) env.Errno {
	if _, err := d.Devnet.MgmtLinkName(t, id); err != 0 {
		return err
	}
	return d.withLink(t, id, driverProp(t))
}

// GetMacProp is DLDIOC_GETMACPROP: the same without the upcall.
func (d *Driver) GetMacProp(t *sim.Thread, id env.LinkID, _ string) env.Errno {
	return d.withLink(t, id, driverProp(t))
}

// driverProp is the part of a property ioctl that the driver does inside the perimeter.
func driverProp(t *sim.Thread) func(env.DLHandle, *mac.MAC) env.Errno {
	return func(_ env.DLHandle, m *mac.MAC) env.Errno {
		return m.SetProp(t)
	}
}

// SetZone is DLDIOC_SETMACPROP of MAC_PROP_ZONE: the link is moved inside the perimeter.
// ENOENT as SetMacProp, EACCES unless the caller is in the global zone.
func (d *Driver) SetZone(t *sim.Thread, id env.LinkID, zone env.ZoneID) env.Errno {
	if _, err := d.Devnet.MgmtLinkName(t, id); err != 0 {
		return err
	}
	return d.withLink(t, id, func(h env.DLHandle, _ *mac.MAC) env.Errno {
		if env.Of(t).Zone != env.GlobalZone {
			return env.EACCES
		}
		return d.Devnet.DevnetSetzid(t, h, zone)
	})
}

// GetZone is DLDIOC_GETMACPROP of MAC_PROP_ZONE.
func (d *Driver) GetZone(t *sim.Thread, id env.LinkID) (zone env.ZoneID, err env.Errno) {
	err = d.withLink(t, id, func(h env.DLHandle, _ *mac.MAC) env.Errno {
		zone = d.Devnet.DevnetGetzid(t, h)
		return 0
	})
	return zone, err
}

// withLink is the common path of the property ioctls: a temporary hold, which comes before
// the perimeter, then the perimeter by MAC name, then the link, and only then a look at the
// zone that owns it.
func (d *Driver) withLink(
	t *sim.Thread, id env.LinkID, work func(env.DLHandle, *mac.MAC) env.Errno,
) env.Errno {
	h, err := d.Devnet.DevnetHoldTmp(t, id)
	if err != 0 {
		return err
	}
	p, err := d.MAC.PerimEnterByMacname(t, d.Devnet.DevnetMac(t, h))
	if err == 0 {
		var link dls.Ptr
		if link, err = d.DLS.Hold(t, d.Devnet.DevnetMac(t, h)); err == 0 {
			if env.Of(t).Zone == d.Devnet.DevnetGetownerzid(t, h) {
				err = work(h, link.At(t).MAC)
			} else {
				err = env.ENOENT
			}
			d.DLS.Rele(t, link)
		}
		d.MAC.PerimExit(t, p)
	}
	d.Devnet.DevnetReleTmp(t, h)
	return err
}

// FlowAdd is mac_link_flow_add: unlike the property ioctls it takes its holds inside the
// perimeter and gives them back there.
func (d *Driver) FlowAdd(t *sim.Thread, id env.LinkID) env.Errno {
	return d.flow(t, id, func(m *mac.MAC) { m.ChangeFlows(t, 1) })
}

// FlowWalk is mac_link_flow_walk, with the holds of FlowAdd.
func (d *Driver) FlowWalk(t *sim.Thread, id env.LinkID) env.Errno {
	return d.flow(t, id, func(*mac.MAC) {})
}

func (d *Driver) flow(t *sim.Thread, id env.LinkID, work func(*mac.MAC)) env.Errno {
	p, err := d.MAC.PerimEnterByLinkid(t, id)
	if err != 0 {
		return err
	}
	h, link, err := d.Devnet.DevnetHoldLink(t, id)
	if err == 0 {
		work(link.At(t).MAC)
		d.Devnet.DevnetReleLink(t, h, link)
	}
	d.MAC.PerimExit(t, p)
	return err
}

// FlowRemove is mac_link_flow_remove: only the perimeter by linkid. ENOENT if the link has
// no flow.
func (d *Driver) FlowRemove(t *sim.Thread, id env.LinkID) env.Errno {
	p, err := d.MAC.PerimEnterByLinkid(t, id)
	if err != 0 {
		return err
	}
	if m := p.MAC(); m.HasFlows(t) {
		m.ChangeFlows(t, -1)
	} else {
		err = env.ENOENT
	}
	d.MAC.PerimExit(t, p)
	return err
}
