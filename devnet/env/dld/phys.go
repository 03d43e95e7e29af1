// SPDX-License-Identifier: CDDL-1.0

package dld

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

// Softmac is what DLDIOC_PHYS_ATTR calls to keep the device.
type Softmac interface {
	HoldDevice(t *sim.Thread, dev env.Dev) (env.Device, env.Errno)
	ReleDevice(t *sim.Thread, h env.Device)
}

// PhysAttr is DLDIOC_PHYS_ATTR (environment.md 12): upcalls for the device of a link, a hold on it,
// which may attach it, and a temporary hold on the link. EINVAL if the link has no device.
func (d *Driver) PhysAttr(t *sim.Thread, id env.LinkID) env.Errno {
	dev, err := d.Devnet.MgmtGetPhydev(t, id)
	if err != 0 {
		return err
	}
	h, err := d.Softmac.HoldDevice(t, dev)
	if err == 0 {
		var dlh env.DLHandle
		if dlh, err = d.Devnet.DevnetHoldTmp(t, id); err == 0 {
			d.Devnet.DevnetReleTmp(t, dlh)
		}
	}
	d.Softmac.ReleDevice(t, h)
	return err
}
