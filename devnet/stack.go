// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

// dlsStack is dls_stack_t (C:57-59).
type dlsStack struct{ dlssZoneid env.ZoneID }

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

// dlsStackInit is dls_stack_init (C:174-181).
func (d *DLS) dlsStackInit(stackid env.ZoneID) any {
	// The stack of an exclusive-IP zone has the zone's own number.
	return &dlsStack{dlssZoneid: stackid} // C:178-179
}

// dlsStackShutdown is dls_stack_shutdown (C:185-191). It runs outside any lock of the zone
// and any perimeter.
func (d *DLS) dlsStackShutdown(t *sim.Thread, _ env.ZoneID, arg any) {
	dlss := arg.(*dlsStack)

	// What is still in the zone goes back to the global zone.
	d.Zones.DatalinkWalk(t, dlss.dlssZoneid, func(id env.LinkID) { d.dlsZoneRemove(t, id) }) // C:190
}

// dlsStackFini is dls_stack_fini (C:195-200).
func (d *DLS) dlsStackFini(_ env.ZoneID, arg any) {
	arg.(*dlsStack).dlssZoneid = -1 // kmem_free, C:199
}
