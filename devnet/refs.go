// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"fmt"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/sim"
	"dlsim/sim/check"
)

// CheckRefs fails the run if, when nothing is in progress, a reference is out that nothing explains
// or a counter is not what the references that are out add up to. live reports whether a handle that
// keeps references, a node, a stream or whatever else the program has, is still there.
//
// What explains a reference that no thread is about to give back:
//
//   - dd_ref and dl_ref of a link that exists: one, which the destroy takes;
//   - dd_ref of a link that the global zone has lent to another zone: one, which the return gives
//     back, and dl_ref of a link in another zone: one more;
//   - dd_ref, dl_ref and dl_zone_ref of an open node or stream: one each, until it is closed;
//   - mi_ref: one of the dls_link, one of each VNIC and aggregation over the MAC;
//   - a door: one of dls_mgmt_dh.
//
// dd_tref, smac_hold_cnt, devi_ref, zone and netstack references outlive no operation, and dd_tref no
// handle of the program.
func (k *Kernel) CheckRefs(t *sim.Thread, live func(key any) bool) {
	books := k.Refs()
	if books == nil {
		return
	}
	books.Settle(func(a *check.Account, o check.Owner) string { return k.unexplained(a, o, live) })
	for _, mac := range k.macs() {
		ddp := k.DLS.hash[mac].Peek()
		books.Balance(t, &ddp.ledger.ref, ddp.ddRef.Peek())
		books.Balance(t, &ddp.ledger.tref, ddp.ddTref.Peek())
		lent := ddp.ddOwnerZid.Peek() == env.GlobalZone && ddp.ddZid.Peek() != env.GlobalZone
		if lent && !books.Has(&ddp.ledger.ref, assignment.Key) {
			books.Missing(t, &ddp.ledger.ref, assignment, fmt.Sprintf("the link is in zone %d", ddp.ddZid.Peek()))
		}
	}
	k.Links.Balance(t)
	k.MAC.Balance(t)
	k.Zones.Balance(t)
}

// unexplained returns why o should not have a reference of that account, "" if it should.
func (k *Kernel) unexplained(a *check.Account, o check.Owner, live func(key any) bool) string {
	switch key := o.Key.(type) {
	case string:
		return k.obsolete(a, o)
	case *dls.Link:
		if l, ok := k.Links.Lookup(a.Of()); !ok || l != key {
			return "the dls_link is gone"
		}
		return ""
	}
	if k.DLS.mgmtDh == o.Key || k.VNIC.Keeps(o.Key) || k.Aggr.Keeps(o.Key) || live(o.Key) {
		return ""
	}
	return "it is gone"
}

// obsolete is unexplained for the existence and the assignment of a link.
func (k *Kernel) obsolete(a *check.Account, o check.Owner) string {
	ddp := k.DLS.hash[a.Of()].Peek()
	l, linked := k.Links.Lookup(a.Of())
	switch {
	case ddp == nil:
		return "the link has no devnet"
	case o.Key == assignment.Key && (a.Is(RefSort) && ddp.ddZid.Peek() == env.GlobalZone ||
		a.Is(dls.RefSort) && linked && l.Zone.Peek() == env.GlobalZone):
		return "the link is in the global zone"
	}
	return ""
}
