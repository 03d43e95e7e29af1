// SPDX-License-Identifier: CDDL-1.0

// Package env holds the words that the port of dls_mgmt.c and the kernel around it share:
// errnos, datalink ids, zone ids, classes, and what the kernel knows of a thread. The
// kernel itself is in the packages below, one to a neighbour; none of them knows the
// inside of the port, which they call through the small interfaces they declare.
package env

import "dlsim/sim"

// LinkID is a datalink_id_t. InvalidLinkID is DATALINK_INVALID_LINKID.
type LinkID uint32

// InvalidLinkID is no link.
const InvalidLinkID LinkID = 0

// MaxLinkNameLen is MAXLINKNAMELEN, the size of a link name with its terminating NUL.
const MaxLinkNameLen = 32

// ZoneID is a zoneid_t.
type ZoneID int

// GlobalZone is GLOBAL_ZONEID.
const GlobalZone ZoneID = 0

// Class is a datalink_class_t.
type Class string

// The classes that this environment has drivers for.
const (
	ClassPhys      Class = "phys"
	ClassVNIC      Class = "vnic"
	ClassEtherstub Class = "etherstub"
	ClassSimnet    Class = "simnet"
)

// DLHandle is a dls_dl_handle_t: a reference to a datalink that only the port looks into.
type DLHandle any

// Context is what the kernel knows of a thread: its process's zone, and whether it is a
// user thread, whose waits for the daemon a signal interrupts (environment.md 3.8).
type Context struct {
	Zone ZoneID
	// User tells a thread of a process from a kernel thread (task, notification).
	User bool
	// Signalled is set while a signal is pending: every upcall of the thread is then
	// interrupted.
	Signalled bool
}

// Of returns the context of t. A thread that was given none is a kernel thread of p0.
func Of(t *sim.Thread) Context {
	if c, ok := t.Local().(*Context); ok {
		return *c
	}
	return Context{}
}
