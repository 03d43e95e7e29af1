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

// MaxNameLen is MAXNAMELEN, the size of a MAC name with its terminating NUL.
const MaxNameLen = 256

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
	ClassAggr      Class = "aggr"
	ClassIptun     Class = "iptun"
	ClassBridge    Class = "bridge"
)

// AnyClass is DATALINK_CLASS_ALL, for requests.
const AnyClass Class = ""

// Media is a datalink_media_t.
type Media uint64

// AnyMedia is DATALINK_ANY_MEDIATYPE, for requests.
const AnyMedia Media = 1 << 32

// Major is a major_t.
type Major uint32

// Dev is a dev_t: a device's driver and minor number.
type Dev struct {
	Major Major
	Minor uint32
}

// TunnelType is an iptun_type_t.
type TunnelType string

// The types of tunnels. TunnelUnset is what a variable holds that was never assigned.
const (
	TunnelUnset TunnelType = ""
	TunnelIPv4  TunnelType = "ipv4"
	TunnelIPv6  TunnelType = "ipv6"
	Tunnel6to4  TunnelType = "6to4"
)

// Tunnel is an iptun_kparams_t.
type Tunnel struct {
	Link     LinkID
	Type     TunnelType
	Implicit bool
}

// Device is a dls_dev_handle_t: a hold on a physical device that only softmac looks into.
// nil is NULL.
type Device any

// Fault makes calls of a neighbour fail that could go well: it returns the errno for the call
// named by point on the object named by which, 0 to let it pass. A nil Fault lets all pass.
type Fault func(t *sim.Thread, point, which string) Errno

// At asks f about one call.
func (f Fault) At(t *sim.Thread, point, which string) Errno {
	if f == nil {
		return 0
	}
	return f(t, point, which)
}

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
	// Process is what the thread is forked and stopped with, nil if it is alone.
	Process *Process
}

// Of returns the context of t. A thread that was given none is a kernel thread of p0.
func Of(t *sim.Thread) Context {
	if c, ok := t.Local().(*Context); ok {
		return *c
	}
	return Context{}
}
