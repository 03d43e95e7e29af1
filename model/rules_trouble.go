// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"

	"dlsim/devnet/env"
)

// upcallers are the operations that ask the daemon.
func upcallers() []Op {
	return []Op{
		Recreate, SetZone, PropSet, Open, GetLinkid, GetLinkinfo, CreateLinkid, DestroyLinkid,
		RemapLinkid, UpLinkid, ZoneHalted,
	}
}

// troubleRules are the errors that come from outside the datalink code: the daemon is gone, a
// signal is pending, or a fault of the scenario strikes. What the operation asked the daemon for
// may have been done or not (environment.md 9.3); the kernel's tables are as before.
func troubleRules() []*rule {
	return []*rule{
		{
			name: "upcall: no daemon", ops: upcallers(), answers: []env.Errno{env.EBADF},
			says: "EBADF if the daemon was gone", from: "environment.md 9.2, 10.5",
			do: noDaemon,
		},
		{
			name: "upcall: interrupted", ops: upcallers(), answers: []env.Errno{env.EINTR},
			says: "EINTR if a signal was pending or the daemon died; the request may have been carried out",
			from: "environment.md 9.3",
			do:   interrupted,
		},
		{
			name: "upcall: fault", ops: upcallers(),
			answers: daemonErrors(),
			says:    "what the daemon is made to answer", from: "environment.md 16",
			do: faulted,
		},
		{
			name: "create: no daemon", ops: []Op{Create}, answers: []env.Errno{env.EBADF}, step: 1,
			says: "a creation whose upcall fails leaves no link", from: "environment.md 9.2, 12; seed C:837",
			do: noDaemon,
		},
		{
			name: "create: interrupted", ops: []Op{Create}, answers: []env.Errno{env.EINTR}, step: 1,
			says: "nor does one that is interrupted", from: "environment.md 9.3, 12; seed C:837", do: interrupted,
		},
		{
			name: "create: fault", ops: []Op{Create}, answers: daemonErrors(), step: 1,
			says: "nor one that the daemon refuses", from: "environment.md 16", do: faulted,
		},
		{
			name: "rename: no daemon", ops: []Op{Rename}, answers: []env.Errno{env.EBADF}, step: 1,
			says: "a rename asks the daemon before it changes anything", from: "environment.md 9.2, 12; seed C:1529",
			do: noDaemon,
		},
		{
			name: "rename: interrupted", ops: []Op{Rename}, answers: []env.Errno{env.EINTR}, step: 1,
			says: "and so fails without an effect when that is interrupted", from: "environment.md 9.3, 12; seed C:1529",
			do: interrupted,
		},
		{
			name: "rename: fault", ops: []Op{Rename}, answers: daemonErrors(), step: 1,
			says: "or when the daemon refuses", from: "environment.md 16", do: faulted,
		},
	}
}

// daemonErrors are the errors that the daemon can be made to answer with.
func daemonErrors() []env.Errno {
	return slices.DeleteFunc(env.Errnos(), func(e env.Errno) bool { return e == env.EBADF || e == env.EINTR })
}

func noDaemon(x *step) {
	if x.o.down || x.faulty(env.EBADF) {
		failed(x)
	}
}

func interrupted(x *step) {
	if x.o.signalled || x.around(setOf(DaemonDown)) || x.faulty(env.EINTR) {
		failed(x)
	}
}

func faulted(x *step) {
	if x.faulty(x.o.Result.Err) {
		failed(x)
	}
}

// failed adds the states after an upcall that has failed.
func failed(x *step) {
	switch x.o.Op {
	case Create:
		unregister(x)
	case CreateLinkid:
		x.same()
		if e := x.s.entry(x.o.Link); e == nil {
			x.next().add(newEntry(x, unsure))
		}
	case DestroyLinkid, RemapLinkid, UpLinkid, ZoneHalted:
		t := x.next()
		for i := range t.names {
			e := &t.names[i]
			if e.id == x.o.Link || e.id == x.o.Onto || x.o.Op == ZoneHalted && e.owner == x.o.Into {
				e.known = unsure
				if x.o.Op == RemapLinkid {
					e.alias = x.o.name
				}
			}
		}
	case SetZone:
		t := x.next()
		if e := t.entry(x.o.Link); e != nil {
			e.moved = true
		}
		for l := range x.found { // which may have got another linkid before the daemon was told
			if e := t.entry(l.id); e != nil {
				e.moved = true
			}
		}
	case Open:
		leavesName(x, 0)
		attachesDevice(x, 0)
	default:
		x.same()
	}
}

// leavesName carries a value of an open that fails. The name that it has made for a tunnel may be
// found meanwhile, and for ever if it cannot be taken back (bugs.md L28).
func leavesName(x *step, value int32) {
	if t := x.carry(value); isTunnelName(x.o.Name) {
		t.madeInPassing(x, x.o.name)
	}
}

// madeInPassing notes that a tunnel is made, and taken back, whose linkid the history does not know. A listing is
// told of it, and its name may stay.
func (s *state) madeInPassing(x *step, name word) {
	s.mayHaveChanged(x)
	if e := s.entry(unknownID); e == nil {
		s.add(entry{id: unknownID, name: name, class: tunnel, owner: x.o.Zone, zone: x.o.Zone, known: unsure})
	} else { // one entry stands for two of them
		if e.name != name {
			e.alias = name
		}
		e.moved = e.moved || e.zone != x.o.Zone
	}
}

// attachesDevice carries a value of an open that fails after it has attached the device of its name.
func attachesDevice(x *step, value int32) {
	if l := x.s.of(x.o.name); l != nil && l.class == physical && l.phase == absent && !l.attaching {
		x.carry(value).of(x.o.name).attaching = true
	}
}

// unknownID stands for the linkid of a tunnel's name that was made by a listing, or by an open which did not get it,
// so that nobody knows it (bugs.md L28).
const unknownID env.LinkID = 1 << 31
