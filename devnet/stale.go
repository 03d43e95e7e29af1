// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"cmp"
	"fmt"
	"slices"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/kstat"
	"dlsim/devnet/env/mac"
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
//   - a link kstat belongs to a devnet with its linkid and one of its zones, has its name, and is the
//     one that dd_ksp or dd_zone_ksp points to: nobody else would ever delete it;
//   - dd_ksp and dd_zone_ksp point to kstats that exist, or they will be deleted twice, and
//     dd_zone_ksp to none while the link is with its owner, whom that kstat is not for;
//   - what a driver has has a devnet, and a virtual link that has a devnet is its driver's: the
//     driver's delete is the only way to be rid of either;
//   - a link is lent to a zone that exists: nothing would ever take it out of a dead one (one that the zone
//     itself owns zoneadmd has left there, and can delete);
//   - dd_zid, dl_zid, the list of the zone and, while it runs, the daemon agree on the zone that a
//     link is in, and the daemon and dd_owner_zid on the zone that owns it;
//   - a virtual link that the kernel has asked the daemon for has a devnet, or its name is lost
//     (the daemon keeps a physical one for when its device comes back), and the daemon knows a tunnel that an
//     open has made, or its name is free for another one (of other links dladm tells it, before or after);
//   - an attached device has a visible link while the daemon runs: it gets one at the latest when
//     the daemon starts, and no later; and no device stays between attach and detach;
//   - a MAC is not exclusive: rename alone marks it, and takes the mark away;
//   - properties that count as loaded were answered for by a daemon;
//   - a free dls_devnet_t is as it was constructed, names aside: the next link gets it as it is.
//
// Not compared, because the kernel or userland documents that they may differ: a link that is left
// over because something was in use (EBUSY), which all tables know; the names that the daemon and
// the kernel have, which dladm changes one after the other and two of them in any order; the nodes in
// /dev/net, which are put right at the next listing.
func (k *Kernel) CheckStale(t *sim.Thread) {
	d := &k.DLS
	for _, name := range k.macs() {
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
	for _, id := range k.linkids() {
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
	k.checkKstats(t)
	k.checkZones(t)
	k.checkDaemon(t)
	k.checkDevices(t)
	k.checkDrivers(t)
	k.checkZoneLists(t)
	k.checkFree(t)
}

// checkKstats compares the kstat chain with the links it is about.
func (k *Kernel) checkKstats(t *sim.Thread) {
	k.Kstat.All(func(name string, zone env.ZoneID, private uint64) {
		ddp := k.DLS.idHash[env.LinkID(private)].Peek()
		if ddp == nil || zone != ddp.ddOwnerZid.Peek() && zone != ddp.ddZid.Peek() {
			stale(t, "kstat without devnet", fmt.Sprintf(
				"link kstat %s in zone %d stands for linkid %d, which has no devnet there", name, zone, private))
		}
		if link := ddp.ddLinkname.Peek(); name != link {
			stale(t, "kstat under another name", fmt.Sprintf(
				"link kstat %s in zone %d stands for linkid %d, whose name is %s", name, zone, private, link))
		}
		ksp := ddp.ddKsp.Peek()
		if zone != ddp.ddOwnerZid.Peek() {
			ksp = ddp.ddZoneKsp.Peek()
		}
		if x := ksp.Peek(); x == nil || x.Name() != name || x.Zone() != zone {
			stale(t, "kstat that nobody has", fmt.Sprintf(
				"link kstat %s in zone %d is not the one that linkid %d has there: nobody will delete it", name, zone, private))
		}
	})
	for _, mac := range k.macs() {
		ddp := k.DLS.hash[mac].Peek()
		for _, ksp := range []kstat.Ptr{ddp.ddKsp.Peek(), ddp.ddZoneKsp.Peek()} {
			if !ksp.IsNil() && !k.Kstat.Has(ksp) {
				stale(t, "devnet with a deleted kstat", fmt.Sprintf(
					"linkid %d has a kstat that is deleted, and will delete it again", ddp.ddLinkid.Peek()))
			}
		}
		if zid := ddp.ddZid.Peek(); zid == ddp.ddOwnerZid.Peek() && !ddp.ddZoneKsp.Peek().IsNil() {
			stale(t, "kstat of a zone that the link has left", fmt.Sprintf(
				"linkid %d is in zone %d, which owns it, and has a second kstat", ddp.ddLinkid.Peek(), zid))
		}
	}
}

// checkFree looks into free objects, which the next link gets as they are.
func (k *Kernel) checkFree(t *sim.Thread) {
	if k.DLS.cache.Debug {
		return // it is constructed again
	}
	k.DLS.cache.Waiting(func(num int, ddp *dlsDevnet) {
		what := ""
		switch {
		case ddp.ddRef.Peek() != 0 || ddp.ddTref.Peek() != 0:
			what = fmt.Sprintf("dd_ref %d, dd_tref %d", ddp.ddRef.Peek(), ddp.ddTref.Peek())
		case !ddp.ddKsp.Peek().IsNil() || !ddp.ddZoneKsp.Peek().IsNil():
			what = "a kstat"
		case ddp.ddZid.Peek() != env.GlobalZone:
			what = fmt.Sprintf("dd_zid %d", ddp.ddZid.Peek())
		case ddp.ddFlags.Peek() != 0:
			what = fmt.Sprintf("flags %#x", ddp.ddFlags.Peek())
		default:
			return
		}
		stale(t, "state left in a free devnet", fmt.Sprintf(
			"free dls_devnet_t#%d has %s left, which the next link inherits", num, what))
	})
}

// checkZones compares what the kernel says about the zones of links.
func (k *Kernel) checkZones(t *sim.Thread) {
	d := &k.DLS
	for _, id := range k.linkids() {
		ddp := d.idHash[id].Peek()
		zid := ddp.ddZid.Peek()
		if z := k.Zones.Get(zid); zid != ddp.ddOwnerZid.Peek() && zid != env.GlobalZone && (z == nil || z.Status() > zone.Down) {
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

// checkZoneLists compares the datalinks that active zones list with the zones that links are in.
func (k *Kernel) checkZoneLists(t *sim.Thread) {
	k.Zones.All(func(z *zone.Zone) {
		if s := z.Status(); s < zone.Ready || s > zone.Down {
			return // it is not visible, and its list is not read any more
		}
		for _, id := range z.Links() {
			if ddp := k.DLS.idHash[id].Peek(); ddp != nil && ddp.ddZid.Peek() != z.ID {
				stale(t, "zone lists a link that is elsewhere", fmt.Sprintf(
					"zone %d lists %s (linkid %d), which is in zone %d", z.ID, ddp.ddLinkname.Peek(), id, ddp.ddZid.Peek()))
			}
		}
		for _, id := range k.linkids() {
			if ddp := k.DLS.idHash[id].Peek(); ddp.ddZid.Peek() == z.ID && !slices.Contains(z.Links(), id) {
				stale(t, "zone does not list its link", fmt.Sprintf(
					"%s (linkid %d) is in zone %d, which does not list it", ddp.ddLinkname.Peek(), id, z.ID))
			}
		}
	})
}

// checkDaemon compares the kernel's tables with those of the daemon, if it runs.
func (k *Kernel) checkDaemon(t *sim.Thread) {
	if !k.Daemon.Up() {
		return
	}
	known := k.sorted.known[:0]
	k.Daemon.Links(func(row dlmgmtd.Link) {
		known = append(known, row.ID)
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
	k.sorted.known = known
	for _, id := range k.linkids() {
		ddp := k.DLS.idHash[id].Peek()
		if ddp.ddFlags.Peek()&ddImplicitIptun != 0 && !slices.Contains(known, id) {
			stale(t, "link that the daemon does not know", fmt.Sprintf(
				"the kernel has %s (linkid %d), which the daemon does not know", ddp.ddLinkname.Peek(), id))
		}
	}
}

// checkDevices looks for attached devices that nobody can use although the daemon runs.
func (k *Kernel) checkDevices(t *sim.Thread) {
	if !k.Daemon.Up() {
		return
	}
	k.Softmac.Busy(func(name string) {
		stale(t, "device between attach and detach", fmt.Sprintf(
			"%s is being attached or detached, and nobody is at it", name))
	})
	k.Softmac.All(func(name string, nosupp bool, err env.Errno) {
		ddp := k.DLS.hash[name].Peek()
		if !nosupp && (ddp == nil || ddp.ddLinkid.Peek() == env.InvalidLinkID) {
			stale(t, "device without link", fmt.Sprintf(
				"%s is attached (softmac: %s) and has no link, and no restart of the daemon will give it one", name, err))
		}
	})
}

// checkDrivers looks for links that only their driver knows, and for links that their driver does not
// know.
func (k *Kernel) checkDrivers(t *sim.Thread) {
	ids := k.sorted.driven[:0]
	keep := func(id env.LinkID) { ids = append(ids, id) }
	k.VNIC.IDs(keep)
	k.Simnet.IDs(keep)
	k.Aggr.IDs(keep)
	k.Iptun.IDs(keep)
	slices.Sort(ids)
	k.sorted.driven = ids
	for _, id := range ids {
		if _, ok := k.DLS.idHash[id]; !ok {
			stale(t, "driver's link without devnet", fmt.Sprintf(
				"the driver has linkid %d, i_dls_devnet_id_hash does not: nobody can use it or see it", id))
		}
	}
	for _, id := range k.linkids() {
		m := k.MAC.Lookup(k.DLS.idHash[id].Peek().ddMac.Peek())
		if m != nil && m.Class != env.ClassPhys && !slices.Contains(ids, id) {
			stale(t, "devnet without driver", fmt.Sprintf(
				"i_dls_devnet_id_hash has linkid %d (%s), its driver does not: nobody can delete it", id, m.Name))
		}
	}
	k.MAC.All(func(m *mac.MAC) {
		if m.Exclusive() {
			stale(t, "MAC exclusive for ever", m.Name+" is marked exclusive, and nobody will take the mark away")
		}
	})
}

// sorted are keys of the tables in order, in memory that is used again.
type sorted struct {
	macs               []string
	ids, driven, known []env.LinkID
}

// macs returns the keys of i_dls_devnet_hash, valid until the next call.
func (k *Kernel) macs() []string { return keys(k.DLS.hash, &k.sorted.macs) }

// linkids returns the keys of i_dls_devnet_id_hash, valid until the next call.
func (k *Kernel) linkids() []env.LinkID { return keys(k.DLS.idHash, &k.sorted.ids) }

func keys[K cmp.Ordered](h modHash[K], buf *[]K) []K {
	s := (*buf)[:0]
	for key := range h {
		s = append(s, key)
	}
	slices.Sort(s)
	*buf = s
	return s
}

func stale(t *sim.Thread, subject, message string) {
	t.Fail(sim.KindStale, subject, message)
}
