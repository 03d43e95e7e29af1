// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/sim"
	"dlsim/sim/check"
)

// ledger is what the original does not keep of a dls_devnet_t: who stands behind its counts, where
// it keeps only numbers. It changes nothing the port can see.
type ledger struct {
	books   *check.Ledger
	ref     check.Account // dd_ref
	tref    check.Account // dd_tref
	drainer *sim.Thread   // who waits in dls_devnet_unset for temporary references
	loadErr env.Errno     // what the last property load gave
	forced  bool          // dd_ref was set to 1 although there were others
}

// The owners of references that last longer than an operation, beside those of the environment.
var (
	// existence is the reference that dls_devnet_set makes and dls_devnet_unset takes away.
	existence = check.Owner{Key: "existence", What: "the link's own existence"}
	// assignment is the reference of a link that is lent to a zone.
	assignment = check.Owner{Key: "assignment", What: "the assignment to a zone"}
)

// The sorts of references to a dls_devnet_t.
const (
	RefSort  = "dd_ref"
	TrefSort = "dd_tref"
)

// begin opens the books of an object that was allocated for a MAC.
func (ddp *dlsDevnet) begin(t *sim.Thread, d *DLS, macname string) {
	l := &ddp.ledger
	l.books, l.drainer, l.loadErr, l.forced = d.refs, nil, 0, false
	l.ref.Open(RefSort, macname)
	l.tref.Open(TrefSort, macname)
	l.books.Take(t, &l.ref)
	l.books.Keep(t, &l.ref, existence)
}

// end closes the books of an object that is freed: nobody misses the reference of its existence.
func (ddp *dlsDevnet) end(t *sim.Thread) {
	ddp.ledger.books.Close(t, &ddp.ledger.ref)
	ddp.ledger.books.Close(t, &ddp.ledger.tref)
}

// gaveExistence notes that unset has taken the reference of the link's existence away.
func (ddp *dlsDevnet) gaveExistence(t *sim.Thread) {
	l := &ddp.ledger
	l.books.Reclaim(t, &l.ref, existence.Key)
	l.books.Give(t, &l.ref)
}

// wroteOff notes that unset has set dd_ref to 1, whoever else has references. The reference of the
// zone is what it is there to write off.
func (ddp *dlsDevnet) wroteOff(t *sim.Thread) {
	ddp.ledger.forced = true
	ddp.ledger.books.WriteOff(t, &ddp.ledger.ref, assignment.Key, existence.Key)
}

// tookRef notes that t took a reference.
func (ddp *dlsDevnet) tookRef(t *sim.Thread) {
	ddp.ledger.books.Take(t, &ddp.ledger.ref)
	t.Obliged(ddp.ddRef.Object(), "ref")
}

// gaveRef notes that t gave a reference back.
func (ddp *dlsDevnet) gaveRef(t *sim.Thread) {
	ddp.ledger.books.Give(t, &ddp.ledger.ref).Discharged(ddp.ddRef.Object())
}

// tookTref notes that t took a temporary reference.
func (ddp *dlsDevnet) tookTref(t *sim.Thread) {
	ddp.ledger.books.Take(t, &ddp.ledger.tref)
	t.HeldRef(ddp.ddTref.Object())
	if ddp.ledger.books != nil {
		t.Only(ddp.ddTref.Object(), sim.Add)
	}
}

// gaveTref notes that t gave one back.
func (ddp *dlsDevnet) gaveTref(t *sim.Thread) {
	by := ddp.ledger.books.Give(t, &ddp.ledger.tref)
	by.UnheldRef(ddp.ddTref.Object())
	t.Within(ddp.ddCv.Object(), sim.Read)
	if by == t && ddp.ledger.books != nil && ddp.ddCv.Waiters() == 0 {
		t.Only(ddp.ddTref.Object(), sim.Add)
	}
}

// assigned notes that the last reference of t to the link belongs to its assignment to a zone now.
func assigned(t *sim.Thread, ddh env.DLHandle) {
	l := &ddh.(Ptr).Peek().ledger
	l.books.Keep(t, &l.ref, assignment)
}

// unassigned notes that t is about to give back the reference of the assignment to a zone.
func unassigned(t *sim.Thread, ddh env.DLHandle) {
	l := &ddh.(Ptr).Peek().ledger
	l.books.Reclaim(t, &l.ref, assignment.Key)
}

// awaited says what t, which waits on dd_cv, waits for, and whether it is so.
func (ddp *dlsDevnet) awaited(t *sim.Thread) (what string, holds bool) {
	idle := ddp.ddPropTaskid.Peek() == 0
	if ddp.ledger.drainer == t {
		return "dd_tref == 0 && dd_prop_taskid == 0", idle && ddp.ddTref.Peek() == 0
	}
	return "dd_prop_taskid == 0", idle
}

// reclaimDoor notes that t is about to release the door that dls_mgmt_dh keeps.
func (d *DLS) reclaimDoor(t *sim.Thread) {
	d.mgmtDh.Reclaim(t)
	t.Alone() // the others only look at it, or open a door
}

// releasers names whom t, which waits on dd_cv, waits for: the property task, and if t
// drains the object in dls_devnet_unset also everybody with a temporary reference.
func (d *DLS) releasers(ddp *dlsDevnet, t *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	if u := d.Taskq.Thread(ddp.ddPropTaskid.Peek()); u != nil {
		buf = append(buf, u)
	}
	if ddp.ledger.drainer == t {
		buf = ddp.ledger.books.Holders(&ddp.ledger.tref, buf)
	}
	return buf
}
