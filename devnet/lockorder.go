// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// What follows tells whoever watches the lock order (sim.LockMonitor) what the locks do not: whom a
// thread waits for on dd_cv, and what no thread can do any more. It changes nothing the port can
// see.

// found notes that t, which holds i_dls_devnet_lock, has found ddp in a hash table.
func (ddp *dlsDevnet) found(t *sim.Thread, devnetLock *ksync.RWLock) {
	t.ObligedWhile(&ddp.listed, "R", devnetLock.Object())
}

// removed notes that t is about to take ddp out of the hash tables, and that it has no references:
// what t does from now on comes after all that was done by who found it there or had one.
func (ddp *dlsDevnet) removed(t *sim.Thread) {
	t.Obliged(&ddp.listed, "")
	if !ddp.ledger.forced {
		t.Obliged(ddp.ddRef.Object(), "")
	}
}

// drains notes that t waits, without dd_mutex, for all temporary references and the property task.
func (ddp *dlsDevnet) drains(t *sim.Thread) {
	ddp.ledger.drainer = t
	t.Awaits(ddp.ddTref.Object(), "", ddp.ddMutex.Object())
	ddp.awaitsTask(t)
}

// drained notes that there is no temporary reference left and that nobody can get another one: what
// t does from now on comes after all that was done with one.
func (ddp *dlsDevnet) drained(t *sim.Thread) {
	ddp.ledger.drainer = nil
	t.Obliged(ddp.ddTref.Object(), "")
}

// awaitsTask notes that t waits, without dd_mutex, for the property task, which is obliged to end.
func (ddp *dlsDevnet) awaitsTask(t *sim.Thread) {
	t.Awaits(ddp.ddPropTaskid.Object(), "", ddp.ddMutex.Object())
}
