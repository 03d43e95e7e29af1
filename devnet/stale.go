// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"fmt"
	"maps"
	"slices"

	"dlsim/devnet/env"
	"dlsim/sim"
)

// CheckStale fails the run if tables that should agree when nothing is in progress do not.
// The invariants, each with its reason:
//
//   - a devnet has a registered MAC: without one nobody can ever destroy it, and its name
//     and linkid stay taken for good;
//   - a devnet with a linkid is not initialising: only create and recreate clear the flag,
//     and neither is running, so the link will never be visible;
//   - an entry of the id hash is in the MAC name hash: they are changed together;
//   - a dls_link has a devnet: destroy has taken one away and not the other;
//   - a link kstat belongs to a devnet with its linkid and one of its zones: nobody else
//     would ever delete it.
func (k *Kernel) CheckStale(t *sim.Thread) {
	d := &k.DLS
	for _, name := range slices.Sorted(maps.Keys(d.hash)) {
		ddp := d.hash[name].Peek()
		id := ddp.ddLinkid.Peek()
		if !k.MAC.Registered(name) {
			stale(t, "devnet without MAC", fmt.Sprintf(
				"i_dls_devnet_hash still has %s (linkid %d, flags %#x), whose MAC is gone", name, id, ddp.ddFlags.Peek()))
		}
		if id != env.InvalidLinkID && ddp.ddFlags.Peek()&ddInitializing != 0 {
			stale(t, "devnet initialising for ever", fmt.Sprintf(
				"devnet of %s (linkid %d) is DD_INITIALIZING and nobody will ever clear it", name, id))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.idHash)) {
		ddp := d.idHash[id]
		if d.hash[ddp.Peek().ddMac.Peek()] != ddp {
			stale(t, "id hash without MAC name hash", fmt.Sprintf(
				"i_dls_devnet_id_hash has linkid %d, i_dls_devnet_hash does not have %s", id, ddp.Peek().ddMac.Peek()))
		}
	}
	k.Links.All(func(name string) {
		if _, ok := d.hash[name]; !ok {
			stale(t, "dls_link without devnet", "i_dls_link_hash has "+name+", i_dls_devnet_hash does not")
		}
	})
	k.Kstat.All(func(name string, zone env.ZoneID, private uint64) {
		ddp := d.idHash[env.LinkID(private)].Peek()
		if ddp == nil || zone != ddp.ddOwnerZid.Peek() && zone != ddp.ddZid.Peek() {
			stale(t, "kstat without devnet", fmt.Sprintf(
				"link kstat %s in zone %d stands for linkid %d, which has no devnet there", name, zone, private))
		}
	})
}

func stale(t *sim.Thread, subject, message string) {
	t.Fail(sim.KindStale, subject, message)
}
