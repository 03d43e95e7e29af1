// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"
	"testing"

	"dlsim/devnet/env"
)

// Links that get other names and linkids, and devices that come and go, while something else is about them.

// withRemoved is system with the linkid 8 of a removed link and no VNIC.
func withRemoved() System {
	s := system()
	s.Links = s.Links[:1]
	s.Names = append(s.Names[:1], Name{ID: 8, Name: "old0", Class: env.ClassPhys, Dev: "e1000g9"})
	return s
}

// TestMadeOnRenamedLink: what is put on a link that is looked up by its linkid is on it, also if that gets another linkid
// before its MAC is opened.
func TestMadeOnRenamedLink(t *testing.T) {
	vnic := Args{Link: 3, MAC: "vnic1", Class: env.ClassVNIC, Over: []env.LinkID{1}}
	under := func(then ...Operation) []Operation {
		return append([]Operation{
			at("a", 1, 2, CreateLinkid, Args{Link: 3, Name: "v1", Class: env.ClassVNIC}, okay),
			at("a", 3, 8, Create, vnic, okay),
			at("b", 4, 5, Rename, Args{Link: 1, Onto: 8}, okay),
			at("b", 6, 7, UpLinkid, Args{Link: 8, Onto: 1}, okay),
			at("b", 9, 10, Open, Args{Name: "old0"}, Result{MAC: "e1000g0", Link: 8}),
			at("b", 11, 12, Close, Args{MAC: "e1000g0"}, okay),
		}, then...)
	}
	aggr := func(from int64) []Operation {
		return []Operation{
			at("b", 1, 2, CreateLinkid, Args{Link: 4, Name: "aggr0", Class: env.ClassAggr}, okay),
			at("b", 3, 4, Create, Args{Link: 4, MAC: "aggr0", Class: env.ClassAggr}, okay),
			at("b", 6, 7, Rename, Args{Link: 1, Onto: 8}, okay),
			at("a", from, 10, Use, Args{Link: 4, Onto: 1}, okay),
			at("b", 11, 12, Open, Args{Name: "old0"}, Result{MAC: "e1000g0", Link: 8}),
			at("b", 13, 14, Close, Args{MAC: "e1000g0"}, okay),
			at("b", 15, 16, Detach, Args{MAC: "e1000g0"}, fails(env.EBUSY)),
		}
	}
	made := func(r Result) []Operation {
		return append(slices.Clone(under()[:1]), at("a", 3, 4, Create, vnic, okay), at("b", 5, 6, Rename, Args{Link: 1, Onto: 8}, r))
	}
	detach := at("b", 17, 18, Detach, Args{MAC: "e1000g0"}, fails(env.EBUSY))
	judge(t, withRemoved(), []verdict{
		{"a VNIC keeps the device", OK, under(detach)},
		{"for as long as there is one", NotLinearizable, under(at("a", 13, 14, Destroy, Args{Link: 3}, okay), detach)},
		{"and keeps it from a rename to another linkid", OK, made(fails(env.EBUSY))},
		{"which must be refused", NotLinearizable, made(okay)},
		{"a port keeps it", OK, aggr(5)},
		{"but none that is looked for when the linkid has gone", NotLinearizable, aggr(8)},
	})
}

// withSimnet is withRemoved and a simnet, with linkid 3.
func withSimnet() System {
	s := withRemoved()
	s.Links = append(s.Links, Link{MAC: "sim3", Class: env.ClassSimnet, ID: 3, Name: "sim0"})
	s.Names = append(s.Names, Name{ID: 3, Name: "sim0", Class: env.ClassSimnet})
	return s
}

// TestStaleKstat: the kstat of a linkid that a link has lost keeps its name until the rename has deleted it, and is read by
// nobody.
func TestStaleKstat(t *testing.T) {
	named := func(from int64, e env.Errno) []Operation {
		return []Operation{
			at("a", 1, 10, Rename, Args{Link: 1, Onto: 8}, okay),
			at("b", 2, 3, Hold, Args{Link: 8}, Result{MAC: "e1000g0", Link: 8}),
			at("b", from, from+1, Rename, Args{Link: 3, Name: "net0"}, okay),
			at("c", from+2, from+3, KstatRead, Args{Name: "net0"}, fails(e)),
		}
	}
	judge(t, withSimnet(), []verdict{
		{"it keeps the name from another link", OK, named(4, env.ENOENT)},
		{"or has been deleted", OK, named(4, ok)},
		{"and is gone after the rename", NotLinearizable, named(11, env.ENOENT)},
		{"nobody reads it", NotLinearizable, []Operation{
			at("a", 1, 10, Rename, Args{Link: 1, Onto: 8}, okay),
			at("b", 2, 3, Hold, Args{Link: 8}, Result{MAC: "e1000g0", Link: 8}),
			at("c", 4, 5, KstatRead, Args{Name: "net0"}, okay),
		}},
	})
}

// TestKstatOfComingDevice: the link of a device is in the table before its kstat, the name of which another may have by then.
func TestKstatOfComingDevice(t *testing.T) {
	device := Args{MAC: "e1000g0"}
	there := Result{MAC: "e1000g0", Link: 1}
	faster := func(seen Operation, from int64) []Operation {
		return []Operation{
			at("a", 1, 2, Detach, device, okay),
			at("a", 3, 30, Attach, device, okay),
			seen,
			at("b", from, from+1, Rename, Args{Link: 3, Name: "net0"}, okay),
			at("b", from+2, from+3, Rename, Args{Link: 3, Name: "sim0"}, okay),
			at("c", 20, 21, HoldByDev, device, there),
			at("c", 22, 23, KstatRead, Args{Name: "net0"}, fails(env.ENOENT)),
		}
	}
	registered := at("c", 8, 9, MacnameToLinkid, device, Result{Link: 1})
	deleted := func(until int64) []Operation {
		return []Operation{
			at("a", 1, 2, Detach, device, okay),
			at("b", 3, 4, Rename, Args{Link: 3, Name: "net0"}, okay),
			at("b", 5, until, Destroy, Args{Link: 3}, okay),
			at("c", 6, 7, HoldByDev, Args{MAC: "sim3"}, fails(env.ENOENT)),
			at("a", 11, 12, Attach, device, okay),
			at("c", 13, 14, HoldByDev, device, there),
			at("c", 22, 23, KstatRead, Args{Name: "net0"}, fails(env.ENOENT)),
		}
	}
	judge(t, withSimnet(), []verdict{
		{"another is faster", OK, faster(registered, 10)},
		{"or was there before", OK, faster(registered, 4)},
		{"and not after the link is visible", NotLinearizable, faster(at("c", 8, 9, HoldByDev, device, there), 10)},
		{"nor without another", NotLinearizable, faster(registered, 24)},
		{"one that is being deleted keeps the name", OK, deleted(20)},
		{"for as long as that takes", NotLinearizable, deleted(10)},
	})
}

// unseen adds a device that the daemon has never seen.
func unseen(s System) System {
	s.Links = append(s.Links, Link{MAC: "e1000g1", Class: env.ClassPhys, Absent: true})
	return s
}

// TestRenamedUnseen: the link of a device that the daemon had never seen may get the name of another, and its kstat then is in
// the other's way.
func TestRenamedUnseen(t *testing.T) {
	named := func(name string, read Operation) []Operation {
		return []Operation{
			at("a", 1, 2, Attach, Args{MAC: "e1000g1"}, okay),
			at("a", 3, 4, Rename, Args{Link: 3, Name: "old0"}, okay),
			at("b", 7, 8, Rename, Args{Link: 9, Name: name}, okay),
			read,
		}
	}
	read := func(from int64, e env.Errno) Operation {
		return at("c", from, from+1, KstatRead, Args{Name: "sim0"}, fails(e))
	}
	back := func(name string) []Operation {
		return append(named(name, read(15, env.ENOENT)),
			at("a", 11, 12, Rename, Args{Link: 3, Name: "sim0"}, okay),
			at("b", 13, 14, Rename, Args{Link: 9, Name: "e1000g1"}, okay),
		)
	}
	goes := at("b", 9, 12, Rename, Args{Link: 9, Name: "e1000g1"}, okay)
	judge(t, unseen(withSimnet()), []verdict{
		{"its kstat is read", OK, named("sim0", read(9, ok))},
		{"not before", NotLinearizable, named("sim0", read(5, ok))},
		{"nor under a name that it has not got", NotLinearizable, named("old0", read(9, ok))},
		{"it goes while it is looked at", OK, append(named("sim0", read(10, env.ENXIO)), goes)},
		{"another that comes back to its name may have no kstat", OK, back("sim0")},
		{"but has one if the name was free", NotLinearizable, back("old0")},
	})
}

// TestUnseenInLongHistory: what is done to the link of a device that the daemon had never seen is not split off from the device.
func TestUnseenInLongHistory(t *testing.T) {
	long := func(then ...Operation) []Operation {
		for i := range int64(partsMin) {
			then = append(then, at("c", 100+2*i, 101+2*i, PropGet, Args{Link: 1}, okay))
		}
		return then
	}
	attach := at("a", 1, 2, Attach, Args{MAC: "e1000g1"}, okay)
	info := at("b", 3, 4, GetLinkinfo, Args{Link: 9}, Result{Name: "e1000g1", Class: env.ClassPhys})
	judge(t, unseen(withSimnet()), []verdict{
		{"the daemon knows it then", OK, long(attach, info)},
		{"and not before", NotLinearizable, long(info)},
	})
}

// TestKstatOfRenamedTunnel: a listing that has an implicit tunnel open last deletes its kstat, whatever it is called by then.
func TestKstatOfRenamedTunnel(t *testing.T) {
	listed := func(from int64, read Operation) []Operation {
		return []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun9", Link: 9}),
			at("b", 3, 6, FlowWalk, Args{Link: 9}, okay), // so that the close need not delete it
			at("a", 4, 5, Close, Args{MAC: "iptun9"}, okay),
			at("a", 7, 8, Rename, Args{Link: 9, Name: "x0"}, okay),
			at("a", 9, 10, RemapLinkid, Args{Link: 9, Name: "x0"}, okay),
			at("b", from, 20, Readdir, Args{}, okay),
			read,
		}
	}
	gone := at("c", 12, 13, KstatRead, Args{Name: "x0"}, fails(env.ENXIO))
	judge(t, withSimnet(), []verdict{
		{"it goes while it is looked at", OK, listed(11, gone)},
		{"no listing, no deletion", NotLinearizable, listed(14, gone)},
		{"nor of a tunnel that stays", NotLinearizable, []Operation{
			at("a", 1, 2, CreateLinkid, Args{Link: 9, Name: "x0", Class: env.ClassIptun}, okay),
			at("a", 3, 4, Create, Args{Link: 9, MAC: "iptun9", Class: env.ClassIptun}, okay),
			at("b", 11, 20, Readdir, Args{}, okay), gone,
		}},
		{"nor of another's", NotLinearizable, listed(11, at("c", 12, 13, KstatRead, Args{Name: "sim0"}, fails(env.ENXIO)))},
	})
}

// TestRenamedTwice: a linkid that a rename gives may be given on by one that has begun before.
func TestRenamedTwice(t *testing.T) {
	start := withSimnet()
	start.Names = append(start.Names, Name{ID: 9, Name: "old1", Class: env.ClassPhys, Dev: "e1000g8"})
	twice := func(name string) []Operation {
		return []Operation{
			at("a", 1, 10, Rename, Args{Link: 8, Onto: 9}, okay),
			at("b", 2, 3, Rename, Args{Link: 1, Onto: 8}, okay),
			at("c", 4, 5, KstatRead, Args{Name: name}, fails(env.EAGAIN)),
		}
	}
	judge(t, start, []verdict{
		{"its kstat is being made", OK, twice("old1")},
		{"and no other's", NotLinearizable, twice("sim0")},
	})
}

// TestToldBefore: the link of a device comes with what the daemon has told of it, also if that is told something else before
// the link is in the table.
func TestToldBefore(t *testing.T) {
	device := Args{MAC: "e1000g0"}
	coming := func(attach int64, told Operation, then ...Operation) []Operation {
		return append([]Operation{
			at("a", 1, 2, Detach, device, okay),
			at("a", attach, attach+1, Attach, device, okay),
			told,
			at("c", 9, 10, MacnameToLinkid, device, fails(env.ENOENT)),
		}, then...)
	}
	remap := at("b", 5, 6, RemapLinkid, Args{Link: 1, Name: "x0"}, okay)
	up := at("b", 5, 6, UpLinkid, Args{Link: 8, Onto: 1}, okay)
	there := at("c", 11, 12, HoldByDev, device, Result{MAC: "e1000g0", Link: 1})
	read := at("c", 13, 14, KstatRead, Args{Name: "net0"}, okay)
	seen := at("c", 11, 12, MacnameToLinkid, device, Result{Link: 1})
	lost := at("c", 13, 14, MacnameToLinkid, device, Result{Link: 8})
	judge(t, withRemoved(), []verdict{
		{"its name", OK, coming(3, remap, there, read)},
		{"not if it is attached later", NotLinearizable, coming(7, remap, there, read)},
		{"its linkid, for a moment", OK, coming(3, up, seen, lost)},
		{"not if it is attached later", NotLinearizable, coming(7, up, seen, lost)},
		{"and nobody can hold it", NotLinearizable, coming(3, up, seen, at("c", 13, 14, Hold, Args{Link: 1}, Result{MAC: "e1000g0", Link: 1}))},
		{"and one name only", NotLinearizable, coming(3, remap, there, read, at("c", 15, 16, KstatRead, Args{Name: "x0"}, okay))},
	})
}

// TestDeviceOfRenamedLink: the device is asked for by the linkid that the link has by then, which may have none yet when a
// rename has given it.
func TestDeviceOfRenamedLink(t *testing.T) {
	asked := func(from, until int64, r Result) []Operation {
		return []Operation{
			at("a", 3, 4, Rename, Args{Link: 1, Onto: 8}, okay),
			at("b", from, until, Phydev, Args{Link: 1}, r),
			at("a", 7, 8, UpLinkid, Args{Link: 8, Onto: 1}, okay),
		}
	}
	start := withRemoved()
	start.Names[1].Dev = ""
	judge(t, start, []verdict{
		{"none", OK, asked(2, 6, fails(env.EINVAL))},
		{"or its own", OK, asked(2, 6, Result{MAC: "e1000g0"})},
		{"not before", NotLinearizable, asked(1, 2, fails(env.EINVAL))},
		{"nor when it has one again", NotLinearizable, asked(9, 10, fails(env.EINVAL))},
		{"nor after that", NotLinearizable, asked(5, 6, fails(env.EINVAL))},
	})
}

// TestMeetInAPoint: an operation that returns when another is called has met it.
func TestMeetInAPoint(t *testing.T) {
	getzone := func(until int64) []Operation {
		return []Operation{
			at("b", 2, until, GetZone, Args{Link: 1}, Result{Zone: 5}),
			at("a", 4, 4, Rename, Args{Link: 1, Onto: 8}, okay),
			at("a", 4, 4, SetZone, Args{Link: 8, Into: 5}, okay),
		}
	}
	signalled := func(from int64) []Operation {
		return []Operation{
			at("s", from, from, Signal, Args{Target: "b"}, okay),
			at("b", 2, 4, GetLinkid, Args{Name: "net0"}, fails(env.EINTR)),
		}
	}
	gone := func(from int64) []Operation {
		return []Operation{
			at("b", 2, 4, SetZone, Args{Link: 1, Into: 5}, fails(env.ENXIO)),
			at("a", from, from, ZoneState, Args{Into: 5, State: ZoneDead}, okay),
		}
	}
	judge(t, withRemoved(), []verdict{
		{"a rename", OK, getzone(4)},
		{"not one that comes later", NotLinearizable, getzone(3)},
		{"a signal", OK, signalled(4)},
		{"not one that comes later", NotLinearizable, signalled(5)},
		{"the end of a zone", OK, gone(4)},
		{"not one that comes later", NotLinearizable, gone(5)},
	})
}
