// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

// dlsZoneRemove is dls_zone_remove (C:156-170): it takes one link of a zone that shuts down
// back to the global zone. What goes wrong is ignored.
func (d *DLS) dlsZoneRemove(t *sim.Thread, linkid env.LinkID) {
	ddh, err := d.DevnetHoldTmp(t, linkid) // C:160
	if err != 0 {
		return
	}
	// A transient link is deleted in unset and need not come back.
	if !ddh.(Ptr).At(t).ddTransient.Load(t) { // C:165
		_ = d.DevnetSetzid(t, ddh, env.GlobalZone) // C:166
	}
	d.DevnetReleTmp(t, ddh) // C:167
}

// StackShutdown is dls_stack_shutdown (C:185-191), for the stack of an exclusive-IP zone. It
// runs outside any lock of the zone and any perimeter.
func (d *DLS) StackShutdown(t *sim.Thread, zoneid env.ZoneID) {
	d.Zones.DatalinkWalk(t, zoneid, func(id env.LinkID) { d.dlsZoneRemove(t, id) }) // C:190
}
