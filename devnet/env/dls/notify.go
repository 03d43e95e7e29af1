// SPDX-License-Identifier: CDDL-1.0

package dls

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

// Devnet is what a link-state notification calls in the datalink code.
type Devnet interface {
	DevnetHoldTmpByLink(t *sim.Thread, dlp Ptr) (env.DLHandle, env.Errno)
	DevnetLink(t *sim.Thread, h env.DLHandle) string
	DevnetLinkid(t *sim.Thread, h env.DLHandle) env.LinkID
	DevnetGetzid(t *sim.Thread, h env.DLHandle) env.ZoneID
	DevnetReleTmp(t *sim.Thread, h env.DLHandle)
}

// Events is told of what clients see of links before a call returns. It is not part of the kernel.
type Events interface {
	// Held says that the thread has got a link.
	Held(t *sim.Thread)
	// Begin returns the time at which an event begins to be put together.
	Begin() int64
	// End says what the event tells of the link of a MAC.
	End(t *sim.Thread, begin int64, mac, name string, id env.LinkID, zone env.ZoneID)
}

var opEvent = &sim.OpType{Name: "ddi_log_sysevent", Access: sim.Local}

// notify is dls_link_notify (environment.md 4.6): a system event with the link's name, linkid
// and zone, read one after the other under a temporary hold. The event is dropped if the link
// is not visible.
func (l *Layer) notify(t *sim.Thread, p Ptr) {
	var begin int64
	if l.Events != nil {
		begin = l.Events.Begin()
	}
	h, err := l.Devnet.DevnetHoldTmpByLink(t, p)
	if err != 0 {
		return
	}
	name, id, zone := l.Devnet.DevnetLink(t, h), l.Devnet.DevnetLinkid(t, h), l.Devnet.DevnetGetzid(t, h)
	l.Devnet.DevnetReleTmp(t, h)
	t.Step(opEvent, nil, nil)
	if l.Events != nil {
		l.Events.End(t, begin, p.Peek().Name, name, id, zone)
	}
	if t.Detailed() {
		t.Notef("link state of %s, linkid %d, zone %d", name, id, zone)
	}
}
