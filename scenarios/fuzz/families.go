// SPDX-License-Identifier: CDDL-1.0

package fuzz

import (
	"strings"

	"dlsim/sim/explore"
)

// Family is a pattern of signatures of one bug. In programs that nobody has written a bug shows at
// more places than scenarios name; what its signatures have in common says which it is.
type Family struct {
	Bug  string
	Like string // a signature in which * stands for anything
	Why  string
}

// Families returns those of the known bugs, in the order in which they are asked: special ones
// before general ones.
func Families() []Family {
	return []Family{
		{"L22", "deadlock PERIM, dd_cv at dls_devnet_unset:1109, mac_close, mac_perim_enter_by_macname", "A release inside setzid destroys the implicit tunnel, and waits in the perimeter for a holder that closes its MAC."},
		{"L22", "deadlock dd_cv at dls_devnet_unset:1109", "A release inside setzid destroys the implicit tunnel that its caller holds, and waits for that hold."},
		{"D01", "deadlock *iptun_enter_cv*", "Whoever waits for a tunnel's deletion to end holds what the deletion waits for."},
		{"D02", "deadlock PERIM, i_dls_devnet_lock at *dls_devnet_rename:1488*", "Rename enters a port's perimeter with i_dls_devnet_lock held."},
		{"D02", "deadlock NOTIFY, PERIM, i_dls_devnet_lock at *dls_devnet_rename:1488*", "The same: who is in that perimeter waits for a notification, which wants the lock."},
		{"L04", "deadlock PERIM, dd_mutex at dls_devnet_rele_tmp:669, dls_devnet_unset:1095, *", "Unset enters the perimeter with dd_mutex held."},
		{"L02", "deadlock *TABLE*", "The daemon needs i_dls_devnet_lock to answer who holds it."},
		{"L02", "deadlock *REPLY*i_dls_devnet_lock*", "The same, without the daemon's table lock in the cycle."},
		{"L01", "deadlock *i_dls_devnet_lock*fork1*i_dls_mgmt_upcall:330", "A fork stops a thread in an upcall that holds i_dls_devnet_lock."},
		{"D04", "deadlock *PROC*fork1*i_dls_mgmt_upcall:330*", "As L01, with another lock that is held across an upcall: the perimeter, the directory of /dev/net, a driver's lock, the busy lock of a device."},
		{"L10", "lifetime dls_devnet_t at dls_devnet_stat_rename:*", "Rename touches the devnet after it has dropped every protection."},
		{"L10", "lifetime dls_devnet_t at dls_devnet_stat_create:*", "The same, in the kstat that rename makes."},
		{"L10", "lifetime kstat_t at *dls_devnet_stat_*", "Rename and unset delete the same kstat."},
		{"L10", "panic VERIFY dd_ksp == NULL at i_dls_devnet_destructor:147", "Rename stores a kstat in an object that unset has cleaned."},
		{"L10", "panic ASSERT dd_ksp == NULL at dls_devnet_stat_create:763", "Two renames make the kstat of one link."},
		{"L10", "stale kstat without devnet", "Rename makes a kstat for a link that is gone; or a loan overwrites the kstat of an earlier one (D06)."},
		{"L10", "stale kstat under another name", "Rename makes a kstat for a link that a refused destroy has made again under its old name."},
		{"L13", "lifetime dls_devnet_t at dls_devnet_rele:1266, *", "The last close of an implicit tunnel acts on what it saw under a lock that it has left."},
		{"L13", "lifetime dls_devnet_t at dls_devnet_rele:1267, *", "The same, and writes."},
		{"L14", "panic VERIFY i_dls_devnet_destroy_iptun == 0 at dls_devnet_hold_by_name:1314", "The hold of a new implicit tunnel fails, and so does its deletion."},
		{"L16", "panic VERIFY dls_mgmt_destroy == 0 at i_dls_devnet_create_iptun:1971", "An upcall that may be interrupted is VERIFYed."},
		{"D05", "panic VERIFY dd_tref == 0 at dls_devnet_unset:1111", "A forced destroy that does not wait passes over temporary holds."},
		{"D05", "panic VERIFY dd_prop_taskid == 0 at dls_devnet_unset:1112", "The same, over the property task."},
		{"L06", "panic VERIFY dd_ref > 1 at dls_devnet_rele:1262", "A forced destroy took the reference of a holder; or two returns to the global zone release twice (L17)."},
		{"L06", "lifetime dls_devnet_t at dls_devnet_rele:1261, *", "A forced destroy freed what a holder releases."},
		{"L06", "lifetime dls_devnet_t at dls_devnet_mac:2004, *", "A forced destroy freed what a stream or a node is open on."},
		{"L06", "lifetime dls_devnet_t at dls_devnet_close:*", "A forced destroy freed what a node is open on."},
		{"L06", "lifetime dls_devnet_t at dls_devnet_prop_task_wait:658, *", "A forced destroy freed what an open is at work on."},
		{"L06", "lifetime dls_link_t at dld_str_detach, *", "A forced destroy freed the link that a stream is open on."},
		{"L08", "lifetime uninitialised pointer dls_devnet_t*", "Destroy ignores that its re-set has failed."},
		{"L08", "stale driver's link without devnet", "The re-set of a destroy that was refused has failed."},
		{"L09", "stale devnet without MAC", "A create that fails cannot unset while the property task is pending."},
		{"L09", "stale devnet initialising for ever", "The same."},
		{"L25", "stale daemon and kernel differ in the owner", "A destroy that is refused gives the link to its caller's zone."},
		{"L28", "stale daemon and kernel differ in the zone", "An upcall gives EINTR after the daemon has acted; or a destroy that is refused changes the zone (L25)."},
		{"L28", "stale link of the daemon without devnet", "The name of an implicit tunnel that could not be made stays with the daemon."},
		{"L29", "stale device without link", "The daemon dies while a device attaches."},
		{"L30", "stale link in a dead zone", "The zone hook drops the failure of setzid."},
		{"L32", "stale properties never loaded", "A load that failed counts as done."},
		{"L06", "refs dd_ref written off at *dls_devnet_unset:1049*", "A forced destroy wrote off the reference of a holder that stays."},
		{"L17", "refs dd_ref given back by who has none at dls_devnet_setzid:1653", "Two returns to the global zone give back the reference of an opener."},
		{"L17", "panic ASSERT dd_zone_ksp == NULL at dls_devnet_stat_rename:803", "A zone's shutdown gives the link back outside the perimeter: its reference before its kstat."},
		{"D06", "panic ASSERT dd_zone_ksp == NULL at dls_devnet_stat_create:766", "The loan comes before the kstat of the last one is deleted."},
		{"D06", "stale kstat that nobody has", "A return to the global zone and a loan change dd_zone_ksp without a lock in common."},
		{"L28", "stale zone lists a link that is elsewhere", "SETZONEID gives EINTR after the daemon has put the link on the zone's list."},
		{"L28", "stale zone does not list its link", "The same, after it has taken the link from the zone's list."},
		{"L13", "stale state left in a free devnet", "The last close of an implicit tunnel marks an object that is being freed."},
		{"L25", "lin * answers *: a destroy that is refused hides the link meanwhile", "A destroy that is refused hides the link while it is under way, and gives it to its caller's zone."},
		{"L25", "lin kstat_read answers ENOENT, right would be ok or ENXIO", "A detach takes the link away before it looks who has its MAC, who has gone when it returns."},
		{"L25", "lin * answers *: a destroy takes the link away before the one that is made on it", "A destroy takes the link out of the table before it looks who has its MAC."},
		{"L09", "lin * answers *: a create that fails leaves its link", "A create that fails cannot unset while the property task is pending."},
		{"L08", "lin * answers *: a destroy that is refused loses the link when its upcall fails", "Destroy ignores that its re-set has failed."},
		{"L15", "lin open answers EEXIST*", "Two opens that both make a tunnel."},
		{"L24", "lin open answers ok*", "An open in a zone returns a link that has left the zone."},
		{"L19", "lin islinkvisible answers true, right would be false", "A link that got a cached object is visible in the zone of an earlier one."},
		{"L23", "lin link_event answers the wrong event", "A notification reads name, linkid and zone one after the other; or the zone of a cached object (L19)."},
		{"D07", "lin phydev answers the wrong device", "The device of a link is asked for in two requests, between which it moves to another linkid."},
		{"L19", "stale dd_zid and dl_zid differ", "A cached object keeps its zone."},
	}
}

// Recognise returns the bug of a violation: that of the first family its signature is like, ""
// if there is none.
func Recognise(families []Family, v *explore.Violation) string {
	for _, f := range families {
		if like(v.Signature, f.Like) {
			return f.Bug
		}
	}
	return ""
}

// like reports whether s is the pattern, in which * stands for anything.
func like(s, pattern string) bool {
	parts := strings.Split(pattern, "*")
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok || len(parts) == 1 {
		return ok && s == ""
	}
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, last)
}
