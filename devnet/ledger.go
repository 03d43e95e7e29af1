// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"slices"

	"dlsim/devnet/env"
	"dlsim/sim"
)

// ledger says which threads stand behind the counts of a dls_devnet_t. The original keeps
// only numbers; a wait-for graph needs to know who must act. It changes nothing the port
// can see.
type ledger struct {
	trefs   []*sim.Thread // one entry per temporary reference: who took it
	drainer *sim.Thread   // who waits in dls_devnet_unset for them
	loadErr env.Errno     // what the last property load gave
}

// tookTref notes that t took a temporary reference.
func (ddp *dlsDevnet) tookTref(t *sim.Thread) {
	ddp.ledger.trefs = append(ddp.ledger.trefs, t)
	t.Held(ddp.ddTref.Object(), "ref")
}

// gaveTref notes that t gave one back: its own, or else the oldest.
func (ddp *dlsDevnet) gaveTref(t *sim.Thread) {
	l := &ddp.ledger
	if len(l.trefs) == 0 {
		return
	}
	i := max(slices.Index(l.trefs, t), 0)
	l.trefs[i].Unheld(ddp.ddTref.Object())
	l.trefs = slices.Delete(l.trefs, i, i+1)
}

// releasers names whom t, which waits on dd_cv, waits for: the property task, and if t
// drains the object in dls_devnet_unset also everybody with a temporary reference.
func (d *DLS) releasers(ddp *dlsDevnet, t *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	if u := d.Taskq.Thread(ddp.ddPropTaskid.Peek()); u != nil {
		buf = append(buf, u)
	}
	if ddp.ledger.drainer == t {
		buf = append(buf, ddp.ledger.trefs...)
	}
	return buf
}
