// SPDX-License-Identifier: CDDL-1.0

package dld

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

// Rename is DLDIOC_RENAME (environment.md 12): an upcall about the link, then dls_devnet_rename.
// With an invalid onto the link gets the new name, else the name and linkid of onto, a
// physical link that was removed. From a zone only a link that is in it can be renamed: EACCES
// otherwise.
func (d *Driver) Rename(t *sim.Thread, id, onto env.LinkID, name string) env.Errno {
	if _, err := d.Devnet.MgmtLinkName(t, id); err != 0 {
		return err
	}
	if zone := env.Of(t).Zone; zone != env.GlobalZone && d.Zones.CheckDatalink(t, id) != zone {
		return env.EACCES
	}
	return d.Devnet.DevnetRename(t, id, onto, name)
}
