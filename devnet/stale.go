// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"fmt"
	"maps"
	"slices"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/zone"
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
//     would ever delete it;
//   - what a driver has has a devnet: the driver's delete is the only way to be rid of it;
//   - a devnet is in a zone that exists: nothing would ever take it out of a dead one;
//   - dd_zid, dl_zid and, while it runs, the daemon agree on the zone that a link is in, and the
//     daemon and dd_owner_zid on the zone that owns it;
//   - a virtual link that the kernel has asked the daemon for has a devnet, or its name is lost
//     (the daemon keeps a physical one for when its device comes back);
//   - an attached device has a visible link while the daemon runs: it gets one at the latest when
//     the daemon starts, and no later;
//   - properties that count as loaded were answered for by a daemon.
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
	k.checkZones(t)
	k.checkDaemon(t)
	k.checkDevices(t)
	k.checkDrivers(t)
}

// checkZones compares what the kernel says about the zones of links.
func (k *Kernel) checkZones(t *sim.Thread) {
	d := &k.DLS
	for _, id := range slices.Sorted(maps.Keys(d.idHash)) {
		ddp := d.idHash[id].Peek()
		zid := ddp.ddZid.Peek()
		if z := k.Zones.Get(zid); zid != env.GlobalZone && (z == nil || z.Status() > zone.Down) {
			stale(t, "link in a dead zone", fmt.Sprintf(
				"%s (linkid %d, dd_ref %d) is in zone %d, which is gone", ddp.ddLinkname.Peek(), id, ddp.ddRef.Peek(), zid))
		}
		if l, ok := k.Links.Lookup(ddp.ddMac.Peek()); ok && l.Zone.Peek() != zid {
			stale(t, "dd_zid and dl_zid differ", fmt.Sprintf(
				"%s (linkid %d) is in zone %d for the devnet and in zone %d for the dls_link",
				ddp.ddLinkname.Peek(), id, zid, l.Zone.Peek()))
		}
	}
}

// checkDaemon compares the kernel's tables with those of the daemon, if it runs.
func (k *Kernel) checkDaemon(t *sim.Thread) {
	if !k.Daemon.Up() {
		return
	}
	k.Daemon.Links(func(row dlmgmtd.Link) {
		ddp := k.DLS.idHash[row.ID].Peek()
		if ddp == nil {
			if row.Made && row.Class != env.ClassPhys {
				stale(t, "link of the daemon without devnet", fmt.Sprintf(
					"the daemon made %s (linkid %d) for the kernel, which has no such link", row.Name, row.ID))
			}
			return
		}
		if zid := ddp.ddZid.Peek(); row.Zone != zid {
			stale(t, "daemon and kernel differ in the zone", fmt.Sprintf(
				"%s (linkid %d) is in zone %d for the daemon and in zone %d for the kernel", row.Name, row.ID, row.Zone, zid))
		}
		if owner := ddp.ddOwnerZid.Peek(); row.Owner() != owner {
			stale(t, "daemon and kernel differ in the owner", fmt.Sprintf(
				"%s (linkid %d) belongs to zone %d for the daemon and to zone %d for the kernel", row.Name, row.ID, row.Owner(), owner))
		}
		if err := ddp.ledger.loadErr; ddp.ddPropLoaded.Peek() && (err == env.EBADF || err == env.EINTR) {
			stale(t, "properties never loaded", fmt.Sprintf(
				"the properties of %s (linkid %d) count as loaded, but the request gave %s and is not made again", row.Name, row.ID, err))
		}
	})
}

// checkDevices looks for attached devices that nobody can use although the daemon runs.
func (k *Kernel) checkDevices(t *sim.Thread) {
	if !k.Daemon.Up() {
		return
	}
	k.Softmac.All(func(name string, nosupp bool, err env.Errno) {
		ddp := k.DLS.hash[name].Peek()
		if !nosupp && (ddp == nil || ddp.ddLinkid.Peek() == env.InvalidLinkID) {
			stale(t, "device without link", fmt.Sprintf(
				"%s is attached (softmac: %s) and has no link, and no restart of the daemon will give it one", name, err))
		}
	})
}

// checkDrivers looks for links that only their driver knows.
func (k *Kernel) checkDrivers(t *sim.Thread) {
	var ids []env.LinkID
	keep := func(id env.LinkID) { ids = append(ids, id) }
	k.VNIC.IDs(keep)
	k.Simnet.IDs(keep)
	k.Aggr.IDs(keep)
	k.Iptun.IDs(keep)
	slices.Sort(ids)
	for _, id := range ids {
		if _, ok := k.DLS.idHash[id]; !ok {
			stale(t, "driver's link without devnet", fmt.Sprintf(
				"the driver has linkid %d, i_dls_devnet_id_hash does not: nobody can use it or see it", id))
		}
	}
}

func stale(t *sim.Thread, subject, message string) {
	t.Fail(sim.KindStale, subject, message)
}
