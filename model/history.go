// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"dlsim/devnet/env"
)

// Op is an operation of a history: a call into the kernel's datalink code, a request to the daemon,
// or something that changes what others may answer.
type Op uint8

// The operations that only say what may go wrong with others, or use links for a moment. Their
// answers are not judged.
const (
	ZoneState Op = iota
	DaemonDown
	DaemonStart
	Signal
	Use
	Readdir
	PhysAttr
)

// The operations whose answers are judged. docs/kernel-histories.md says what each is in a kernel.
const (
	Create Op = iota + PhysAttr + 1
	Recreate
	Destroy
	Attach
	Detach
	Rename
	SetZone
	GetZone
	Hold
	HoldByDev
	Rele
	HoldTmp
	HoldTmpByLink
	ReleTmp
	PropTaskWait
	Open
	Close
	StreamAttach
	StreamDetach
	PropGet
	PropSet
	FlowAdd
	FlowRemove
	FlowWalk
	KstatRead
	MacnameToLinkid
	DevToLinkid
	Phydev
	IsLinkVisible
	GetLinkid
	GetLinkinfo
	Rebuild
	LinkEvent
	CreateLinkid
	DestroyLinkid
	RemapLinkid
	UpLinkid
	ZoneHalted
	ZoneShutdown
	zoneRemove // dls_zone_remove of one link, which ZoneShutdown stands for
	opsEnd
)

// opNames are the operations as they are written in history files.
var opNames = [...]string{
	ZoneState:       "zone_state",
	DaemonDown:      "daemon_down",
	DaemonStart:     "daemon_start",
	Signal:          "signal",
	Use:             "use",
	Readdir:         "readdir",
	PhysAttr:        "phys_attr",
	Create:          "create",
	Recreate:        "recreate",
	Destroy:         "destroy",
	Attach:          "attach",
	Detach:          "detach",
	Rename:          "rename",
	SetZone:         "setzone",
	GetZone:         "getzone",
	Hold:            "hold",
	HoldByDev:       "hold_by_dev",
	Rele:            "rele",
	HoldTmp:         "hold_tmp",
	HoldTmpByLink:   "hold_tmp_by_link",
	ReleTmp:         "rele_tmp",
	PropTaskWait:    "prop_task_wait",
	Open:            "open",
	Close:           "close",
	StreamAttach:    "stream_attach",
	StreamDetach:    "stream_detach",
	PropGet:         "prop_get",
	PropSet:         "prop_set",
	FlowAdd:         "flow_add",
	FlowRemove:      "flow_remove",
	FlowWalk:        "flow_walk",
	KstatRead:       "kstat_read",
	MacnameToLinkid: "macname2linkid",
	DevToLinkid:     "dev2linkid",
	Phydev:          "phydev",
	IsLinkVisible:   "islinkvisible",
	GetLinkid:       "get_linkid",
	GetLinkinfo:     "get_linkinfo",
	Rebuild:         "rebuild",
	LinkEvent:       "link_event",
	CreateLinkid:    "create_linkid",
	DestroyLinkid:   "destroy_linkid",
	RemapLinkid:     "remap_linkid",
	UpLinkid:        "up_linkid",
	ZoneHalted:      "zonehalt",
	ZoneShutdown:    "zone_shutdown",
	zoneRemove:      "zone_shutdown",
}

func (o Op) String() string { return opNames[o] }

// ParseOp returns the operation with the given name.
func ParseOp(name string) (Op, bool) {
	for o := range zoneRemove {
		if opNames[o] == name {
			return o, true
		}
	}
	return 0, false
}

// setOf returns a bit for each operation.
func setOf(ops ...Op) uint64 {
	var m uint64
	for _, o := range ops {
		m |= 1 << o
	}
	return m
}

// Operation is one operation of a history: who did what, when it was called and returned, and
// what it answered.
type Operation struct {
	Thread string
	Op     Op
	Args
	// Call and Return are positions in the history; those of different events differ. Pending
	// says that it had not returned when the history was cut off, so that Return and Result say
	// nothing: it may have happened or not.
	Call, Return int64
	Pending      bool
	// After and Until are the steps of the schedule between which it ran, for reports: it was called
	// after the one and had returned by the other. 0 if they are not known.
	After, Until int
	Result       Result
}

// Args are the arguments of an operation. Each operation uses some of them, as its rules say.
type Args struct {
	Link   env.LinkID // the linkid
	MAC    string     // name of the MAC
	Name   string     // a link name
	Zone   env.ZoneID // of the caller
	Into   env.ZoneID // the zone that is asked for, or moved to
	Onto   env.LinkID // of rename: the linkid to take over; of up_linkid: whose device is taken
	Class  env.Class
	Over   []env.LinkID // links that a link to be made is on
	State  int          // a status of the ladder of zones, see ZoneReady
	Target string       // the thread that a signal is for
	// Local says of stream_detach that the stream was of the link's zone when it was opened, of zone_shutdown that
	// the zone has no network stack of its own, so that its links need not come back (environment.md 8.3).
	Local bool
}

// Result is what an operation answered. Err is 0 for success; the other fields are values that
// some operations answer with.
type Result struct {
	Err     env.Errno
	Link    env.LinkID
	MAC     string
	Name    string
	Class   env.Class
	Zone    env.ZoneID
	Visible bool // of islinkvisible and rebuild: what was answered
	Local   bool // of stream_attach: the stream is of the link's zone
}

// The statuses of a zone that matter: links can be assigned from Ready to Down, and a transient
// link may be removed by force from ShuttingDown on. They are those of the kernel's ladder.
const (
	ZoneReady        = 2
	ZoneRunning      = 4
	ZoneShuttingDown = 5
	ZoneDown         = 7
	ZoneDead         = 9
)

// System is what a history starts from: nothing is in progress.
type System struct {
	Links []Link
	Names []Name
	Zones []Zone
	// Rebuild says that links have changed since the listing was last made.
	Rebuild bool
	Faults  []Fault
}

// Link is a link that the kernel has, or a physical device whose link it may get.
type Link struct {
	MAC    string
	Class  env.Class
	Over   []env.LinkID
	Absent bool // the device is not attached; the fields below say nothing
	ID     env.LinkID
	Name   string
	Owner  env.ZoneID // that it was created in
	Zone   env.ZoneID // that it is in
	Flows  int
}

// Name is a link that the daemon knows.
type Name struct {
	ID    env.LinkID
	Name  string
	Class env.Class
	Owner env.ZoneID
	Zone  env.ZoneID
	Dev   string // name of the MAC of a physical link's device
}

// Zone is a non-global zone and its status.
type Zone struct {
	ID    env.ZoneID
	State int
}

// Fault says that upcalls of a thread, or of all if Thread is "", may fail with Err.
type Fault struct {
	Thread string
	Err    env.Errno
}

// History is what is judged.
type History struct {
	Start System
	Ops   []Operation
}

// Judged reports whether the answers of the operation are judged.
func (o Op) Judged() bool { return o > PhysAttr && o != ZoneShutdown && o != zoneRemove }
