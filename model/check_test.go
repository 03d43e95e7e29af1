// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"
	"strings"
	"testing"

	"dlsim/devnet/env"
)

// at makes an operation with an interval.
func at(thread string, call, ret int64, op Op, a Args, r Result) Operation {
	return Operation{Thread: thread, Op: op, Args: a, Call: call, Return: ret, Result: r}
}

// system has net0 (1) and the VNIC v0 (2) over it, and a running zone 5.
func system() System {
	return System{
		Links: []Link{
			{MAC: "e1000g0", Class: env.ClassPhys, ID: 1, Name: "net0"},
			{MAC: "vnic0", Class: env.ClassVNIC, ID: 2, Name: "v0", Over: []env.LinkID{1}},
		},
		Names: []Name{
			{ID: 1, Name: "net0", Class: env.ClassPhys, Dev: "e1000g0"},
			{ID: 2, Name: "v0", Class: env.ClassVNIC},
		},
		Zones: []Zone{{ID: 5, State: ZoneRunning}},
	}
}

var (
	okay    = Result{}
	v0      = Args{Link: 2}
	v0Hold  = Result{MAC: "vnic0", Link: 2}
	v0Given = Args{MAC: "vnic0"}
)

func fails(e env.Errno) Result { return Result{Err: e} }

// unusedTunnel is the life of a tunnel that an open has made, up to a delete of which the daemon has not been told.
func unusedTunnel() []Operation {
	return []Operation{
		at("a", 1, 2, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun3", Link: 3}),
		at("b", 3, 6, FlowWalk, Args{Link: 3}, okay),
		at("a", 4, 5, Close, Args{MAC: "iptun3"}, okay),
		at("b", 7, 8, Destroy, Args{Link: 3}, okay),
	}
}

// sameNameInZone makes a link of zone 5 and gives v0 its name.
func sameNameInZone() []Operation {
	return []Operation{
		at("b", 1, 2, CreateLinkid, Args{Link: 9, Name: "s0", Zone: 5, Class: env.ClassSimnet}, okay),
		at("b", 3, 4, Create, Args{Link: 9, MAC: "sim9", Zone: 5, Class: env.ClassSimnet}, okay),
		at("a", 5, 6, Rename, Args{Link: 2, Name: "s0"}, okay),
	}
}

// withAggr deletes v0 and makes an aggregation with linkid 9 of another device than net0's.
func withAggr(then ...Operation) []Operation {
	return append([]Operation{
		at("a", 1, 2, Destroy, v0, okay),
		at("a", 3, 4, CreateLinkid, Args{Link: 9, Name: "aggr0", Class: env.ClassAggr}, okay),
		at("a", 4, 4, Create, Args{Link: 9, MAC: "aggr9", Class: env.ClassAggr}, okay),
	}, then...)
}

// renamedUnderFlow gives net0, which has a flow and no VNIC any more, the linkid 7 of a removed link from 8 to 9.
func renamedUnderFlow(then ...Operation) []Operation {
	return append([]Operation{
		at("a", 1, 2, Destroy, v0, okay),
		at("a", 3, 4, CreateLinkid, Args{Link: 7, Name: "old0", Class: env.ClassPhys}, okay),
		at("a", 5, 6, FlowAdd, Args{Link: 1}, okay),
		at("a", 8, 9, Rename, Args{Link: 1, Onto: 7}, okay),
	}, then...)
}

// TestVerdicts judges small histories that show one thing each, by porcupine and the quick way.
func TestVerdicts(t *testing.T) {
	tests := []verdict{
		{"a hold before a delete", OK, []Operation{
			at("a", 1, 2, Hold, v0, v0Hold),
			at("a", 3, 4, Rele, v0Given, okay),
			at("a", 5, 6, Destroy, v0, okay),
			at("a", 7, 8, Hold, v0, fails(env.ENOENT)),
		}},
		{"a hold after a delete", NotLinearizable, []Operation{
			at("a", 1, 2, Destroy, v0, okay),
			at("a", 3, 4, Hold, v0, v0Hold),
		}},
		{"a hold during a delete finds the link or not", OK, []Operation{
			at("a", 1, 6, Destroy, v0, okay),
			at("b", 2, 3, HoldTmp, v0, fails(env.ENOENT)),
			at("c", 4, 5, HoldTmp, v0, fails(env.ENOENT)),
		}},
		{"gone and there again", NotLinearizable, []Operation{
			at("a", 1, 6, Destroy, v0, okay),
			at("b", 2, 3, PropGet, v0, fails(env.ENOENT)),
			at("c", 4, 5, PropGet, v0, okay),
		}},
		{"a delete that is refused is not seen", NotLinearizable, []Operation{
			at("c", 1, 2, FlowAdd, v0, okay),
			at("a", 3, 6, Destroy, v0, fails(env.ENOTEMPTY)),
			at("b", 4, 5, PropGet, v0, fails(env.ENOENT)),
		}},
		{"a delete waits for a temporary hold", NotLinearizable, []Operation{
			at("b", 1, 2, HoldTmp, v0, v0Hold),
			at("a", 3, 4, Destroy, v0, okay),
			at("b", 5, 6, ReleTmp, v0Given, okay),
		}},
		{"and may go on while it waits", OK, []Operation{
			at("b", 1, 2, HoldTmp, v0, v0Hold),
			at("a", 3, 8, Destroy, v0, okay),
			at("c", 4, 5, HoldTmp, v0, fails(env.ENOENT)),
			at("b", 6, 7, ReleTmp, v0Given, okay),
		}},
		{"EBUSY needs a reason", NotLinearizable, []Operation{at("a", 1, 2, Destroy, v0, fails(env.EBUSY))}},
		{"such as a hold", OK, []Operation{
			at("b", 1, 2, Hold, v0, v0Hold),
			at("a", 3, 4, Destroy, v0, fails(env.EBUSY)),
		}},
		{"or an open that is in progress", OK, []Operation{
			at("b", 1, 4, Open, Args{Name: "v0"}, Result{MAC: "vnic0", Link: 2}),
			at("a", 2, 3, Destroy, v0, fails(env.EBUSY)),
		}},
		{"but not of another link", NotLinearizable, []Operation{
			at("b", 1, 4, Open, Args{Name: "net0"}, Result{MAC: "e1000g0", Link: 1}),
			at("a", 2, 3, Destroy, v0, fails(env.EBUSY)),
		}},
		{"a detach that attaches again changes links twice", OK, []Operation{
			at("a", 1, 2, Destroy, v0, okay),
			at("b", 3, 10, FlowWalk, Args{Link: 1}, okay),
			at("a", 4, 5, Readdir, Args{}, okay),
			at("a", 6, 7, Detach, Args{MAC: "e1000g0"}, fails(env.EBUSY)),
			at("a", 8, 9, Rebuild, Args{}, Result{Visible: true}),
			at("a", 11, 12, Rebuild, Args{}, Result{Visible: true}),
		}},
		{"a device is in use as a port that an aggregation has got", OK, withAggr(
			at("a", 5, 6, Use, Args{Link: 9, Onto: 1}, okay),
			at("a", 7, 8, Detach, Args{MAC: "e1000g0"}, fails(env.EBUSY)),
		)},
		{"not before it gets it", NotLinearizable, withAggr(
			at("a", 5, 6, Detach, Args{MAC: "e1000g0"}, fails(env.EBUSY)),
			at("a", 7, 8, Use, Args{Link: 9, Onto: 1}, okay),
		)},
		{"nor when there is no such aggregation any more", NotLinearizable, withAggr(
			at("a", 5, 6, Use, Args{Link: 9, Onto: 1}, okay),
			at("a", 7, 8, Destroy, Args{Link: 9}, okay),
			at("a", 9, 10, Detach, Args{MAC: "e1000g0"}, fails(env.EBUSY)),
		)},
		{"a daemon that starts loads properties, which a detach may meet", OK, []Operation{
			at("a", 1, 2, Destroy, v0, okay),
			at("s", 3, 4, DaemonDown, Args{}, okay),
			at("s", 5, 6, DaemonStart, Args{}, okay),
			at("a", 7, 8, Detach, Args{MAC: "e1000g0"}, fails(env.EBUSY)),
		}},
		{"one that goes does not", NotLinearizable, []Operation{
			at("a", 1, 2, Destroy, v0, okay),
			at("s", 3, 4, DaemonDown, Args{}, okay),
			at("a", 7, 8, Detach, Args{MAC: "e1000g0"}, fails(env.EBUSY)),
		}},
		{"EBADF needs a daemon that was gone", NotLinearizable, []Operation{
			at("a", 1, 2, GetLinkid, Args{Name: "v0"}, fails(env.EBADF)),
		}},
		{"EBADF while it is gone", OK, []Operation{
			at("s", 1, 2, DaemonDown, Args{}, okay),
			at("a", 3, 4, GetLinkid, Args{Name: "v0"}, fails(env.EBADF)),
		}},
		{"EBADF when it is back", NotLinearizable, []Operation{
			at("s", 1, 2, DaemonDown, Args{}, okay),
			at("s", 3, 4, DaemonStart, Args{}, okay),
			at("a", 5, 6, GetLinkid, Args{Name: "v0"}, fails(env.EBADF)),
		}},
		{"EINTR needs a signal", NotLinearizable, []Operation{
			at("b", 1, 2, Signal, Args{Target: "c"}, okay),
			at("a", 3, 4, SetZone, Args{Link: 2, Into: 5}, fails(env.EINTR)),
		}},
		{"EINTR, the daemon told or not", OK, []Operation{
			at("b", 1, 2, Signal, Args{Target: "a"}, okay),
			at("a", 3, 4, SetZone, Args{Link: 2, Into: 5}, fails(env.EINTR)),
			at("c", 5, 6, GetLinkid, Args{Name: "v0", Zone: 5}, Result{Link: 2}),
			at("c", 7, 8, IsLinkVisible, Args{Link: 2, Into: 5}, Result{Visible: false}),
		}},
		{"EBUSY, and the daemon gone when it should be told that nothing moves", OK, []Operation{
			at("a", 1, 2, StreamAttach, v0Given, Result{Local: true}),
			at("b", 3, 6, SetZone, Args{Link: 2, Into: 5}, fails(env.EBUSY)),
			at("s", 4, 5, DaemonDown, Args{}, okay),
			at("s", 7, 8, DaemonStart, Args{}, okay),
			at("c", 9, 10, GetLinkid, Args{Name: "v0", Zone: 5}, Result{Link: 2}),
		}},
		{"EBUSY, and the daemon told", NotLinearizable, []Operation{
			at("a", 1, 2, StreamAttach, v0Given, Result{Local: true}),
			at("b", 3, 6, SetZone, Args{Link: 2, Into: 5}, fails(env.EBUSY)),
			at("c", 9, 10, GetLinkid, Args{Name: "v0", Zone: 5}, Result{Link: 2}),
		}},
		{"a creation that was interrupted comes when the name is free", OK, []Operation{
			at("b", 1, 2, Signal, Args{Target: "a"}, okay),
			at("a", 3, 4, CreateLinkid, Args{Link: 2, Name: "v0"}, fails(env.EINTR)),
			at("a", 5, 6, Destroy, v0, okay),
			at("a", 7, 8, DestroyLinkid, v0, okay),
			at("c", 9, 10, CreateLinkid, Args{Link: 2, Name: "v0"}, fails(env.EEXIST)),
		}},
		{"nobody else's does", NotLinearizable, []Operation{
			at("a", 5, 6, Destroy, v0, okay),
			at("a", 7, 8, DestroyLinkid, v0, okay),
			at("c", 9, 10, CreateLinkid, Args{Link: 2, Name: "v0"}, fails(env.EEXIST)),
		}},
		{"an open that does not get its tunnel, which somebody deletes", OK, []Operation{
			at("a", 1, 6, Open, Args{Name: "ip.tun0"}, fails(env.ENOENT)),
			at("b", 2, 3, HoldTmp, Args{Link: 3}, Result{MAC: "iptun3", Link: 3}),
			at("b", 4, 7, ReleTmp, Args{MAC: "iptun3"}, okay),
			at("c", 5, 8, Destroy, Args{Link: 3}, okay),
			at("c", 9, 10, DestroyLinkid, Args{Link: 3}, okay),
		}},
		{"a tunnel that nobody opens is nowhere", NotLinearizable, []Operation{
			at("b", 2, 3, HoldTmp, Args{Link: 3}, Result{MAC: "iptun3", Link: 3}),
		}},
		{"a zone that shuts down gives back what was made meanwhile", OK, []Operation{
			at("a", 1, 2, CreateLinkid, Args{Link: 3, Name: "s0", Class: env.ClassSimnet}, okay),
			at("a", 3, 4, Create, Args{Link: 3, MAC: "sim0", Class: env.ClassSimnet}, okay),
			at("a", 5, 6, SetZone, Args{Link: 3, Into: 5}, okay),
			at("a", 7, 8, ZoneShutdown, Args{Into: 5}, okay),
			at("a", 9, 10, Destroy, Args{Link: 3}, okay),
		}},
		{"but the kernel did not move it", NotLinearizable, []Operation{
			at("b", 1, 2, Signal, Args{Target: "a"}, okay),
			at("a", 3, 4, SetZone, Args{Link: 2, Into: 5}, fails(env.EINTR)),
			at("c", 7, 8, IsLinkVisible, Args{Link: 2, Into: 5}, Result{Visible: true}),
		}},
		{"a link lent to a zone cannot be deleted", OK, []Operation{
			at("a", 1, 2, SetZone, Args{Link: 2, Into: 5}, okay),
			at("a", 3, 4, Destroy, v0, fails(env.EBUSY)),
			at("a", 5, 6, SetZone, v0, okay),
			at("a", 7, 8, Destroy, v0, okay),
		}},
		{"a zone that shuts down gives it back", OK, []Operation{
			at("a", 1, 2, SetZone, Args{Link: 2, Into: 5}, okay),
			at("a", 3, 4, ZoneShutdown, Args{Into: 5}, okay),
			at("a", 5, 6, GetZone, v0, okay),
			at("a", 7, 8, Destroy, v0, okay),
		}},
		{"also if the daemon is gone, which finds it in the zone when it comes", OK, []Operation{
			at("a", 1, 2, SetZone, Args{Link: 2, Into: 5}, okay),
			at("s", 3, 4, DaemonDown, Args{}, okay),
			at("a", 5, 10, ZoneShutdown, Args{Into: 5}, okay),
			at("b", 6, 7, GetZone, v0, okay),
			at("s", 8, 13, DaemonStart, Args{}, okay),
			at("c", 11, 12, GetLinkid, Args{Name: "v0", Zone: 5}, Result{Link: 2}),
		}},
		{"a kstat is gone for a moment in a rename", OK, []Operation{
			at("a", 1, 8, Rename, Args{Link: 2, Name: "w0"}, okay),
			at("b", 2, 3, KstatRead, Args{Name: "v0"}, fails(env.ENOENT)),
			at("b", 4, 5, KstatRead, Args{Name: "w0"}, fails(env.ENOENT)),
			at("b", 6, 7, KstatRead, Args{Name: "w0"}, okay),
		}},
		{"but not before it", NotLinearizable, []Operation{
			at("b", 1, 2, KstatRead, Args{Name: "v0"}, fails(env.ENOENT)),
			at("a", 3, 4, Rename, Args{Link: 2, Name: "w0"}, okay),
		}},
		{"a kstat of a link that is being deleted has the name", OK, []Operation{
			at("b", 1, 8, Destroy, Args{Link: 2}, okay),
			at("c", 2, 3, HoldByDev, v0Given, fails(env.ENOENT)),
			at("a", 4, 5, Rename, Args{Link: 1, Name: "v0"}, okay),
			at("a", 6, 7, KstatRead, Args{Name: "v0"}, fails(env.ENOENT)),
			at("a", 9, 10, KstatRead, Args{Name: "v0"}, fails(env.ENOENT)),
		}},
		{"or of one that has it for a moment when another is made", OK, []Operation{
			at("a", 1, 2, CreateLinkid, Args{Link: 3, Name: "s0", Class: env.ClassSimnet}, okay),
			at("a", 3, 8, Create, Args{Link: 3, MAC: "sim0", Class: env.ClassSimnet}, okay),
			at("b", 4, 5, Rename, Args{Link: 2, Name: "s0"}, okay),
			at("b", 6, 7, Rename, Args{Link: 2, Name: "v0"}, okay),
			at("a", 9, 10, KstatRead, Args{Name: "s0"}, fails(env.ENOENT)),
		}},
		{"or when it is lent to the zone of one that is being deleted", OK, append(sameNameInZone(),
			at("b", 9, 20, Destroy, Args{Link: 9, Zone: 5}, okay),
			at("c", 10, 11, HoldByDev, Args{MAC: "sim9"}, fails(env.ENOENT)),
			at("a", 12, 13, SetZone, Args{Link: 2, Into: 5}, okay),
			at("a", 21, 22, KstatRead, Args{Name: "s0", Into: 5}, fails(env.ENOENT)),
		)},
		{"and has it when that is gone", NotLinearizable, append(sameNameInZone(),
			at("b", 9, 10, Destroy, Args{Link: 9, Zone: 5}, okay),
			at("a", 12, 13, SetZone, Args{Link: 2, Into: 5}, okay),
			at("a", 21, 22, KstatRead, Args{Name: "s0", Into: 5}, fails(env.ENOENT)),
		)},
		{"but no more when it has been deleted", NotLinearizable, []Operation{
			at("b", 1, 2, Destroy, Args{Link: 2}, okay),
			at("a", 4, 5, Rename, Args{Link: 1, Name: "v0"}, okay),
			at("a", 6, 7, KstatRead, Args{Name: "v0"}, fails(env.ENOENT)),
		}},
		{"a device that is detached while an open asks for it twice", OK, []Operation{
			at("a", 1, 2, RemapLinkid, Args{Link: 1, Name: "x0"}, okay),
			at("b", 3, 10, Open, Args{Name: "e1000g0"}, Result{MAC: "e1000g0", Link: 1}),
			at("a", 4, 5, RemapLinkid, Args{Link: 1, Name: "e1000g0"}, okay),
			at("a", 6, 7, Destroy, v0, okay),
			at("a", 8, 9, Detach, Args{MAC: "e1000g0"}, okay),
		}},
		{"a device that a listing attaches by the name it had", OK, []Operation{
			at("a", 1, 2, RemapLinkid, Args{Link: 1, Name: "e1000g0"}, okay),
			at("b", 3, 12, Readdir, Args{}, okay),
			at("a", 4, 5, RemapLinkid, Args{Link: 1, Name: "web0"}, okay),
			at("a", 6, 7, Destroy, v0, okay),
			at("a", 8, 9, Detach, Args{MAC: "e1000g0"}, okay),
			at("c", 10, 11, Detach, Args{MAC: "e1000g0"}, okay),
		}},
		{"or one that has left its zone", OK, []Operation{
			at("a", 1, 2, RemapLinkid, Args{Link: 1, Name: "e1000g0"}, okay),
			at("a", 3, 4, Destroy, v0, okay),
			at("a", 5, 6, SetZone, Args{Link: 1, Into: 5}, okay),
			at("a", 7, 10, SetZone, Args{Link: 1}, okay),
			at("b", 8, 15, Readdir, Args{Zone: 5}, okay),
			at("a", 11, 12, Detach, Args{MAC: "e1000g0"}, okay),
			at("c", 13, 14, Hold, Args{Link: 1}, Result{MAC: "e1000g0"}),
		}},
		{"but not of one that is there for it", NotLinearizable, []Operation{
			at("a", 1, 2, RemapLinkid, Args{Link: 1, Name: "e1000g0"}, okay),
			at("a", 3, 4, Destroy, v0, okay),
			at("b", 8, 15, Readdir, Args{}, okay),
			at("a", 11, 12, Detach, Args{MAC: "e1000g0"}, okay),
			at("c", 13, 14, Hold, Args{Link: 1}, Result{MAC: "e1000g0"}),
		}},
		{"a link that is renamed to the name it has loses its kstat on the way", OK, []Operation{
			at("a", 1, 4, Rename, Args{Link: 2, Name: "v0"}, okay),
			at("b", 2, 3, KstatRead, Args{Name: "v0"}, fails(env.ENXIO)),
		}},
		{"a kstat is not made by who deletes it", NotLinearizable, []Operation{
			at("a", 1, 4, Destroy, Args{Link: 2}, okay),
			at("b", 2, 3, KstatRead, Args{Name: "v0"}, fails(env.EAGAIN)),
		}},
		{"nor under the old name", NotLinearizable, []Operation{
			at("a", 1, 4, Rename, Args{Link: 2, Name: "w0"}, okay),
			at("b", 2, 3, KstatRead, Args{Name: "v0"}, fails(env.EAGAIN)),
		}},
		{"the kstat of the owner stays while the link is lent", NotLinearizable, []Operation{
			at("a", 1, 4, SetZone, Args{Link: 2, Into: 5}, okay),
			at("b", 2, 3, KstatRead, Args{Name: "v0"}, fails(env.ENXIO)),
		}},
		{"the lists of zones are as the daemon has them", NotLinearizable, []Operation{
			at("a", 1, 4, SetZone, Args{Link: 2, Into: 5}, okay),
			at("b", 2, 3, SetZone, Args{Link: 2}, fails(env.ENXIO)),
		}},
		{"a linkid of another link", NotLinearizable, []Operation{
			at("b", 1, 2, MacnameToLinkid, v0Given, Result{Link: 1}),
		}},
		{"a second first open of a tunnel", NotLinearizable, []Operation{
			at("a", 1, 4, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun3", Link: 3}),
			at("b", 2, 3, Open, Args{Name: "ip.tun0"}, fails(env.EEXIST)),
		}},
		{"open, close and open again of a tunnel", OK, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun3", Link: 3}),
			at("a", 3, 4, Close, Args{MAC: "iptun3"}, okay),
			at("a", 5, 6, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun4", Link: 4}),
		}},
		{"a daemon that starts forgets a tunnel that has been deleted", OK, append(unusedTunnel(),
			at("s", 9, 10, DaemonDown, Args{}, okay),
			at("s", 11, 12, DaemonStart, Args{}, okay),
			at("a", 13, 14, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun4", Link: 4}),
		)},
		{"one that runs does not", NotLinearizable, append(unusedTunnel(),
			at("a", 13, 14, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun4", Link: 4}),
		)},
		{"a delete that was cut off may have happened", OK, []Operation{
			{Thread: "a", Op: Destroy, Args: v0, Call: 1, Pending: true},
			at("b", 2, 3, Hold, v0, fails(env.ENOENT)),
		}},
		{"or not", OK, []Operation{
			{Thread: "a", Op: Destroy, Args: v0, Call: 1, Pending: true},
			at("b", 2, 3, Hold, v0, v0Hold),
		}},
		{"but not back and forth", NotLinearizable, []Operation{
			{Thread: "a", Op: Destroy, Args: v0, Call: 1, Pending: true},
			at("b", 2, 3, HoldTmp, v0, fails(env.ENOENT)),
			at("b", 4, 5, HoldTmp, v0, v0Hold),
		}},
		{"a lost notice", OK, []Operation{
			at("a", 1, 4, Rebuild, Args{}, Result{Visible: false}),
			at("b", 2, 3, Destroy, v0, okay),
			at("a", 5, 6, Rebuild, Args{}, Result{Visible: false}),
		}},
		{"a notice of a move, which comes after it", OK, []Operation{
			at("a", 1, 6, SetZone, Args{Link: 2, Into: 5}, okay),
			at("b", 2, 3, GetZone, v0, Result{Zone: 5}),
			at("b", 4, 5, Rebuild, Args{}, Result{Visible: false}),
			at("b", 7, 8, Rebuild, Args{}, Result{Visible: true}),
		}},
		{"and has come when it returns", NotLinearizable, []Operation{
			at("a", 1, 2, SetZone, Args{Link: 2, Into: 5}, okay),
			at("b", 3, 4, Rebuild, Args{}, Result{Visible: false}),
		}},
		{"a notice of a tunnel that an open has made and taken back", OK, []Operation{
			at("s", 1, 2, Signal, Args{Target: "a"}, okay),
			at("a", 3, 4, Open, Args{Name: "ip.tun0"}, fails(env.EINTR)),
			at("b", 5, 6, Rebuild, Args{}, Result{Visible: true}),
		}},
		{"and two of it", OK, []Operation{
			at("s", 1, 2, Signal, Args{Target: "a"}, okay),
			at("a", 3, 8, Open, Args{Name: "ip.tun0"}, fails(env.EINTR)),
			at("b", 4, 5, Rebuild, Args{}, Result{Visible: true}),
			at("b", 6, 7, Rebuild, Args{}, Result{Visible: true}),
		}},
		{"a notice of a link that comes to its zone after it has been made", OK, []Operation{
			at("a", 1, 2, CreateLinkid, Args{Link: 3, Name: "s0", Class: env.ClassSimnet, Zone: 5}, okay),
			at("a", 3, 8, Create, Args{Link: 3, MAC: "sim0", Class: env.ClassSimnet, Zone: 5}, okay),
			at("b", 4, 5, Rebuild, Args{}, Result{Visible: true}),
			at("b", 6, 7, Rebuild, Args{}, Result{Visible: true}),
		}},
		{"but the global zone's is there at once", NotLinearizable, []Operation{
			at("a", 1, 2, CreateLinkid, Args{Link: 3, Name: "s0", Class: env.ClassSimnet}, okay),
			at("a", 3, 8, Create, Args{Link: 3, MAC: "sim0", Class: env.ClassSimnet}, okay),
			at("b", 4, 5, Rebuild, Args{}, Result{Visible: true}),
			at("b", 6, 7, Rebuild, Args{}, Result{Visible: true}),
		}},
		{"and one when the last close takes a tunnel out of its zone", OK, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0", Zone: 5}, Result{MAC: "iptun3", Link: 3}),
			at("b", 3, 4, Rebuild, Args{}, Result{Visible: true}),
			at("a", 5, 10, Close, Args{MAC: "iptun3", Zone: 5}, okay),
			at("b", 6, 7, Rebuild, Args{}, Result{Visible: true}),
			at("b", 8, 9, Rebuild, Args{}, Result{Visible: true}),
		}},
		{"a listing that deletes a tunnel is told of it the next time", OK, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun3", Link: 3}),
			at("b", 3, 6, Rename, Args{Link: 3, Name: "x0"}, fails(env.EBUSY)),
			at("a", 4, 5, Close, Args{MAC: "iptun3"}, okay),
			at("a", 7, 8, Readdir, Args{}, okay),
			at("a", 9, 10, Hold, Args{Link: 3}, fails(env.ENOENT)),
			at("a", 11, 12, Rebuild, Args{}, Result{Visible: true}),
		}},
		{"whose kstat goes meanwhile", OK, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun3", Link: 3}),
			at("b", 3, 6, Rename, Args{Link: 3, Name: "x0"}, fails(env.EBUSY)),
			at("a", 4, 5, Close, Args{MAC: "iptun3"}, okay),
			at("a", 7, 10, Readdir, Args{}, okay),
			at("b", 8, 9, KstatRead, Args{Name: "ip.tun0"}, fails(env.ENXIO)),
		}},
		{"no other kstat does", NotLinearizable, []Operation{
			at("a", 7, 10, Readdir, Args{}, okay),
			at("b", 8, 9, KstatRead, Args{Name: "v0"}, fails(env.ENXIO)),
		}},
		{"and is in the global zone on its way", OK, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0", Zone: 5}, Result{MAC: "iptun3", Link: 3}),
			at("b", 3, 6, Rename, Args{Link: 3, Name: "x0"}, fails(env.EBUSY)),
			at("a", 4, 5, Close, Args{MAC: "iptun3", Zone: 5}, okay),
			at("a", 7, 10, Readdir, Args{Zone: 5}, okay),
			at("b", 8, 9, GetZone, Args{Link: 3, Zone: 5}, Result{}),
		}},
		{"a tunnel that a listing makes of the name of one that goes", OK, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun3", Link: 3}),
			at("b", 3, 10, Readdir, Args{}, okay),
			at("a", 4, 5, Close, Args{MAC: "iptun3"}, okay),
			at("c", 6, 7, HoldTmp, Args{Link: 4}, Result{MAC: "iptun4", Link: 4}),
			at("c", 8, 9, ReleTmp, Args{MAC: "iptun4"}, okay),
		}},
		{"or of one that it does not find in its zone", OK, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0", Zone: 5}, Result{MAC: "iptun3", Link: 3}),
			at("b", 3, 10, Readdir, Args{}, okay),
			at("c", 6, 7, HoldTmp, Args{Link: 4}, Result{MAC: "iptun4", Link: 4}),
		}},
		{"it makes none of one that stays", NotLinearizable, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun3", Link: 3}),
			at("b", 3, 10, Readdir, Args{}, okay),
			at("c", 6, 7, HoldTmp, Args{Link: 4}, Result{MAC: "iptun4", Link: 4}),
		}},
		{"a flow that goes from the link which had the linkid", OK, renamedUnderFlow(
			at("c", 10, 11, Detach, Args{MAC: "e1000g0"}, fails(env.ENOTEMPTY)),
			at("b", 7, 12, FlowRemove, Args{Link: 1}, okay),
			at("c", 13, 14, Detach, Args{MAC: "e1000g0"}, okay),
		)},
		{"but not from one that is found under another", NotLinearizable, renamedUnderFlow(
			at("b", 10, 11, FlowRemove, Args{Link: 1}, okay),
		)},
		{"nor twice", NotLinearizable, renamedUnderFlow(
			at("b", 7, 12, FlowRemove, Args{Link: 1}, okay),
			at("c", 13, 14, Detach, Args{MAC: "e1000g0"}, fails(env.ENOTEMPTY)),
		)},
		{"and is there to be removed by who finds the link in time", NotLinearizable, []Operation{
			at("a", 1, 2, FlowAdd, Args{Link: 1}, okay),
			at("b", 3, 4, FlowRemove, Args{Link: 1}, fails(env.ENOENT)),
		}},
		{"a notice that nobody lost", NotLinearizable, []Operation{
			at("b", 2, 3, Destroy, v0, okay),
			at("a", 5, 6, Rebuild, Args{}, Result{Visible: false}),
		}},
	}
	judge(t, system(), tests)
}

// verdict is a history and what it comes to.
type verdict struct {
	name string
	want Verdict
	ops  []Operation
}

// judge judges histories that start from the same system.
func judge(t *testing.T, start System, tests []verdict) {
	t.Helper()
	quick, exact := NewChecker(NewRules()), NewChecker(NewRules())
	exact.Exact = true
	for _, test := range tests {
		h := &History{Start: start, Ops: test.ops}
		if got := quick.Check(h); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
		if got := exact.Check(h); got != test.want {
			t.Errorf("%s: by porcupine alone %v", test.name, got)
		}
	}
}

// TestKeep: what is kept is not given out again, what is not is.
func TestKeep(t *testing.T) {
	c := NewChecker(NewRules())
	a, b, d := c.copy(new(state)), c.copy(new(state)), c.copy(new(state))
	c.keep(1, []*state{d})
	if x, y := c.copy(new(state)), c.copy(new(state)); x != b || y == a || y == d || d.kept {
		t.Error("a state that is kept was given out, or one that is not was lost")
	}
	c.keep(0, nil)
	if c.used != 0 {
		t.Errorf("%d states are used", c.used)
	}
}

// TestLimit: a history that cannot be judged within the limit is unknown, whatever it is.
func TestLimit(t *testing.T) {
	var h History
	h.Start = system()
	for i := range int64(12) {
		h.Ops = append(h.Ops, at(string(rune('a'+i)), i, 100+i, Rename, Args{Link: 2, Name: string(rune('m'+i)) + "0"}, okay))
	}
	h.Ops = append(h.Ops, at("z", 50, 60, Hold, v0, fails(env.EINVAL)))
	c := NewChecker(NewRules())
	c.Limit = 1000
	if got := c.Check(&h); got != Unknown {
		t.Errorf("%v", got)
	}
}

// TestExplanationOfManyStates: what is right is tried once for each answer, however many states there are, and in the same memory.
func TestExplanationOfManyStates(t *testing.T) {
	h := &History{Start: system()}
	for i := range int64(4) {
		h.Ops = append(h.Ops, at(string(rune('a'+i)), i, 100+i, Rename, Args{Link: 2, Name: string(rune('m'+i)) + "0"}, okay))
	}
	h.Ops = append(h.Ops, at("y", 30, 40, FlowAdd, v0, okay), at("z", 50, 60, FlowWalk, v0, fails(env.EINVAL)))
	c := NewChecker(NewRules())
	c.begin(h)
	end, now := c.follow(len(c.p.events))
	used, steps, answers := c.used, c.steps, c.candidates(now)
	for i, r := range answers {
		if slices.Contains(answers[:i], r) {
			t.Fatalf("%+v is tried again", r)
		}
	}
	x := new(Explanation)
	c.right(x, &c.p.ops[c.p.events[end].op], now, end)
	if len(now) < 10 || len(x.Right) == 0 {
		t.Errorf("%d states, right would be %q", len(now), x.Right)
	}
	if c.used > 2*used || c.steps > 2*steps*len(answers) {
		t.Errorf("%d states in use and %d steps; a judgement takes %d and %d", c.used, c.steps, used, steps)
	}
}

// TestExplanation: a refusal names the operation, the states before it and what would have been
// right.
func TestExplanation(t *testing.T) {
	h := &History{Start: system(), Ops: []Operation{
		at("c", 1, 2, FlowAdd, v0, okay),
		at("a", 3, 6, Destroy, v0, fails(env.ENOTEMPTY)),
		at("b", 4, 5, PropGet, v0, fails(env.ENOENT)),
		at("b", 7, 8, PropGet, v0, okay),
	}}
	c := NewChecker(NewRules())
	if got := c.Check(h); got != NotLinearizable {
		t.Fatal(got)
	}
	x := c.Explain(h)
	if x.Subject() != "prop_get answers ENOENT: a destroy that is refused hides the link meanwhile" || x.KnownBug != "L25" {
		t.Error(x.Subject())
	}
	if x.Message() != "no order of the operations explains prop_get(linkid 2) = ENOENT; right would be ok" {
		t.Error(x.Message())
	}
	want := "c: flow_add(linkid 2) = ok|a: destroy(linkid 2) = ENOTEMPTY, still in progress|b: prop_get(linkid 2) = ENOENT"
	if got := strings.Join(x.Prefix, "|"); got != want {
		t.Error(got)
	}
	if got := strings.Join(x.States, "|"); got != "net0 visible, linkid 1; v0 visible, linkid 2, flows 1" {
		t.Error(got)
	}
	var html strings.Builder
	if err := c.WriteHTML(&html, h); err != nil || !strings.Contains(html.String(), "prop_get(linkid 2) = ENOENT") {
		t.Errorf("no view: %v", err)
	}
}
