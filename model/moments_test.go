// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"
	"testing"

	"dlsim/devnet/env"
)

// What operations have done at one moment, and have not at the next.

// renamedUnder gives net0, which has no VNIC any more, the linkid 7 of a removed link from 6 to 7.
func renamedUnder(then ...Operation) []Operation {
	return append([]Operation{
		at("a", 1, 2, Destroy, v0, okay),
		at("a", 3, 4, CreateLinkid, Args{Link: 7, Name: "old0", Class: env.ClassPhys}, okay),
		at("a", 6, 7, Rename, Args{Link: 1, Onto: 7}, okay),
	}, then...)
}

// TestRenamedUnderOperations: what has found a link by its linkid goes on with the link, also if that gets another linkid.
func TestRenamedUnderOperations(t *testing.T) {
	judge(t, system(), []verdict{
		{"the zone of the link that had the linkid", OK, renamedUnder(
			at("a", 8, 9, SetZone, Args{Link: 7, Into: 5}, okay),
			at("b", 5, 10, GetZone, Args{Link: 1}, Result{Zone: 5}),
		)},
		{"and of no link that had lost it", NotLinearizable, renamedUnder(
			at("a", 8, 9, SetZone, Args{Link: 7, Into: 5}, okay),
			at("b", 10, 11, GetZone, Args{Link: 1}, Result{Zone: 5}),
		)},
		{"whether it is in a zone", OK, renamedUnder(
			at("a", 8, 9, SetZone, Args{Link: 7, Into: 5}, okay),
			at("b", 5, 10, IsLinkVisible, Args{Link: 1, Into: 5}, Result{Visible: true}),
		)},
		{"and no link that had lost it", NotLinearizable, renamedUnder(
			at("a", 8, 9, SetZone, Args{Link: 7, Into: 5}, okay),
			at("b", 10, 11, IsLinkVisible, Args{Link: 1, Into: 5}, Result{Visible: true}),
		)},
		{"it moves, and the daemon is told of its new linkid", OK, renamedUnder(
			at("b", 5, 10, SetZone, Args{Link: 1, Into: 5}, okay),
			at("c", 11, 12, GetLinkid, Args{Name: "old0", Zone: 5}, Result{Link: 7}),
		)},
		{"but not if it is not looked for before", NotLinearizable, renamedUnder(
			at("b", 8, 10, SetZone, Args{Link: 1, Into: 5}, okay),
		)},
		{"the daemon may be told also if the move ends with an error", OK, renamedUnder(
			at("s", 1, 2, Signal, Args{Target: "b"}, okay),
			at("b", 5, 10, SetZone, Args{Link: 1, Into: 5}, fails(env.EINTR)),
			at("c", 11, 12, GetLinkid, Args{Name: "old0", Zone: 5}, Result{Link: 7}),
		)},
		{"but not of a link that is not looked for before", NotLinearizable, renamedUnder(
			at("s", 1, 2, Signal, Args{Target: "b"}, okay),
			at("b", 8, 10, SetZone, Args{Link: 1, Into: 5}, fails(env.EINTR)),
			at("c", 11, 12, GetLinkid, Args{Name: "old0", Zone: 5}, Result{Link: 7}),
		)},
	})
}

// TestHalfTold: a daemon that dies in a move may have taken the link out of its zone and not put it into the other yet.
func TestHalfTold(t *testing.T) {
	start := system()
	start.Zones = append(start.Zones, Zone{ID: 6, State: ZoneRunning})
	start.Links[1].Zone, start.Names[1].Zone = 5, 5
	move := at("a", 1, 20, SetZone, Args{Link: 2, Into: 6}, okay)
	unknown := func(from int64, zone env.ZoneID) Operation {
		return at("c", from, from+1, GetLinkid, Args{Name: "v0", Zone: zone}, fails(env.ENOENT))
	}
	dies, starts := at("s", 2, 3, DaemonDown, Args{}, okay), at("s", 4, 5, DaemonStart, Args{}, okay)
	judge(t, start, []verdict{
		{"in neither", OK, []Operation{move, dies, starts, unknown(6, 5), unknown(8, 6)}},
		{"one that lives moves it at once", NotLinearizable, []Operation{move, unknown(6, 5), unknown(8, 6)}},
		{"and in the end it is there", NotLinearizable, []Operation{move, dies, starts, unknown(21, 6)}},
		{"and not in the other", OK, []Operation{move, dies, starts, unknown(21, 5)}},
	})
}

// TestRemapInDoubt: a name is taken or not in the zone in which the daemon has the link, which is not known after a move
// that ended with an error.
func TestRemapInDoubt(t *testing.T) {
	signal := at("s", 1, 2, Signal, Args{Target: "a"}, okay)
	move := at("a", 3, 4, SetZone, Args{Link: 2, Into: 5}, fails(env.EINTR))
	named := func(name string, r Result) Operation {
		return at("b", 11, 12, RemapLinkid, Args{Link: 2, Name: name}, r)
	}
	made := func(zone env.ZoneID) Operation {
		return at("b", 5, 6, CreateLinkid, Args{Link: 3, Name: "w0", Class: env.ClassSimnet, Zone: zone}, okay)
	}
	dies, starts := at("s", 9, 9, DaemonDown, Args{}, okay), at("s", 10, 10, DaemonStart, Args{}, okay)
	gone := func(then ...Operation) []Operation {
		return append([]Operation{
			at("a", 1, 2, Destroy, v0, okay),
			at("a", 3, 4, SetZone, Args{Link: 1, Into: 5}, okay),
			at("a", 5, 6, ZoneState, Args{Into: 5, State: ZoneDead}, okay),
			at("a", 7, 7, Detach, Args{MAC: "e1000g0"}, okay),
			at("a", 8, 8, Attach, Args{MAC: "e1000g0"}, okay),
			at("a", 11, 12, RemapLinkid, Args{Link: 1, Name: "v0"}, fails(env.EEXIST)),
		}, then...)
	}
	judge(t, system(), []verdict{
		{"the zone does not find the global zone's", OK, []Operation{signal, move, made(0), named("w0", okay)}},
		{"or it is still in that", OK, []Operation{signal, move, made(0), named("w0", fails(env.EEXIST))}},
		{"without a move it is there", NotLinearizable, []Operation{made(0), named("w0", okay)}},
		{"the zone has one of its own", OK, []Operation{signal, move, made(5), named("w0", fails(env.EEXIST))}},
		{"which the global zone does not find", OK, []Operation{signal, move, made(5), named("w0", okay)}},
		{"nor is it in the way without a move", NotLinearizable, []Operation{made(5), named("w0", fails(env.EEXIST))}},
		{"a daemon that starts does not ask a zone that is gone", OK, gone(dies, starts)},
		{"one that lives has it there", NotLinearizable, gone()},
		{"it has its own name wherever it is", NotLinearizable, []Operation{signal, move, named("v0", okay)}},
	})
}

// TestNotices: a listing is told of each coming and going of a tunnel, also to its zone and from it, and not more often.
func TestNotices(t *testing.T) {
	told := func(n int, then ...Operation) (out []Operation) {
		for i := range int64(n) {
			out = append(out, at("r", 20+2*i, 21+2*i, Rebuild, Args{}, Result{Visible: true}))
		}
		return append(out, then...)
	}
	// A daemon that starts meanwhile has forgotten the tunnel, which the open then deletes.
	lost := func(zone env.ZoneID) []Operation {
		return []Operation{
			at("r", 10, 11, Rebuild, Args{}, Result{Visible: false}),
			at("s", 12, 13, DaemonDown, Args{}, okay), at("s", 14, 15, DaemonStart, Args{}, okay),
			at("a", 12, 99, Open, Args{Name: "ip.tun0", Zone: zone}, fails(env.ENOENT)),
		}
	}
	made := []Operation{
		at("a", 1, 2, Open, Args{Name: "ip.tun0", Zone: 5}, Result{MAC: "iptun3", Link: 3}),
		at("b", 3, 6, Rename, Args{Link: 3, Name: "x0"}, fails(env.EBUSY)),
		at("a", 4, 5, Close, Args{MAC: "iptun3", Zone: 5}, okay), // not the last, for the rename has it open
	}
	// A listing that begins before the tunnel is closed makes it again.
	again := func(zone env.ZoneID) []Operation {
		return []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0", Zone: zone}, Result{MAC: "iptun3", Link: 3}),
			at("b", 3, 99, Readdir, Args{Zone: zone}, okay),
			at("a", 4, 5, Close, Args{MAC: "iptun3", Zone: zone}, okay),
			at("r", 10, 11, Rebuild, Args{}, Result{Visible: true}),
		}
	}
	listing := at("b", 12, 99, Readdir, Args{Zone: 5}, okay)
	judge(t, system(), []verdict{
		{"an open of a zone that fails tells four times", OK, told(4, lost(5)...)},
		{"not five times", NotLinearizable, told(5, lost(5)...)},
		{"one of the global zone tells twice", OK, told(2, lost(0)...)},
		{"not three times", NotLinearizable, told(3, lost(0)...)},
		{"a listing that deletes a tunnel of its zone tells twice", OK, told(3, append(made, listing)...)},
		{"and not more often", NotLinearizable, told(4, append(made, listing)...)},
		{"one that makes a tunnel tells when it comes and when it goes", OK, told(2, again(0)...)},
		{"and not more often", NotLinearizable, told(3, again(0)...)},
		{"in a zone it tells twice as often", OK, told(4, again(5)...)},
		{"and not more often", NotLinearizable, told(5, again(5)...)},
	})
}

// TestInPassing: what is on its way shows where it need not be found.
func TestInPassing(t *testing.T) {
	vain := []Operation{
		at("s", 1, 2, Signal, Args{Target: "a"}, okay),
		at("b", 3, 4, CreateLinkid, Args{Link: 3, Name: "s0", Class: env.ClassSimnet}, okay),
		at("a", 5, 10, Create, Args{Link: 3, MAC: "sim0", Class: env.ClassSimnet}, fails(env.EINTR)),
	}
	named := func(from int64) []Operation {
		return append([]Operation{
			at("b", from, from+1, Rename, Args{Link: 2, Name: "s0"}, okay),
			at("b", from+8, from+9, KstatRead, Args{Name: "s0"}, fails(env.ENOENT)),
		}, vain...)
	}
	deleted := []Operation{
		at("a", 1, 20, Destroy, v0, okay),
		at("b", 2, 3, HoldByDev, v0Given, fails(env.ENOENT)),
	}
	exists := func(from int64) Operation {
		return at("b", from, from+1, Create, Args{Link: 2, MAC: "vnic0", Class: env.ClassVNIC, Over: []env.LinkID{1}}, fails(env.EEXIST))
	}
	held := []Operation{
		at("c", 6, 7, Hold, Args{Link: 4}, Result{MAC: "iptun4", Link: 4}),
		at("d", 8, 9, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun4", Link: 4}),
		at("d", 10, 11, Close, Args{MAC: "iptun4"}, okay),
		at("d", 12, 13, HoldByDev, Args{MAC: "iptun4"}, Result{MAC: "iptun4", Link: 4}),
	}
	listed := append([]Operation{
		at("a", 1, 2, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun3", Link: 3}),
		at("b", 3, 20, Readdir, Args{}, okay),
		at("a", 4, 5, Close, Args{MAC: "iptun3"}, okay),
	}, held...)
	dies := []Operation{at("s", 2, 3, DaemonDown, Args{}, okay), at("s", 4, 5, DaemonStart, Args{}, okay)}
	loses := append(dies, at("b", 6, 21, Open, Args{Name: "ip.tun0"}, fails(env.ENOENT)))
	left := at("a", 1, 20, Open, Args{Name: "ip.tun0"}, fails(env.EINTR))
	coming := func(name string) []Operation {
		return []Operation{
			at("a", 1, 2, Destroy, v0, okay),
			at("a", 3, 4, Detach, Args{MAC: "e1000g0"}, okay),
			at("a", 5, 6, Attach, Args{MAC: "e1000g0"}, okay),
			at("b", 7, 8, MacnameToLinkid, Args{MAC: "e1000g0"}, Result{Link: 1}),
			at("b", 9, 10, RemapLinkid, Args{Link: 1, Name: "x0"}, okay),
			at("c", 11, 12, Hold, Args{Link: 1}, fails(env.ENOENT)),
			at("c", 13, 14, LinkEvent, Args{MAC: "e1000g0"}, Result{Name: name, Link: 1}),
		}
	}
	refused := func(from int64) []Operation {
		return []Operation{
			at("a", 1, 2, SetZone, Args{Link: 2, Into: 5}, okay),
			at("a", 3, 10, SetZone, Args{Link: 2, Into: 6}, fails(env.ENXIO)),
			at("b", from, from+1, Rename, Args{Link: 2, Name: "w0", Zone: 5}, fails(env.EACCES)),
		}
	}
	heldDevice := func(from int64) []Operation {
		return []Operation{
			at("a", 1, 2, Destroy, v0, okay),
			at("a", 5, 6, Detach, Args{MAC: "e1000g0"}, fails(env.EBUSY)),
			at("b", from, from+5, Open, Args{Name: "e1000g0"}, fails(env.ENOENT)),
		}
	}
	attached := func(until int64) []Operation {
		return []Operation{
			at("a", 1, 2, RemapLinkid, Args{Link: 1, Name: "x0"}, okay),
			at("b", 3, until, Open, Args{Name: "e1000g0"}, fails(env.ENOENT)),
			at("a", 6, 7, RemapLinkid, Args{Link: 1, Name: "e1000g0"}, okay),
			at("a", 6, 7, Destroy, v0, okay),
			at("a", 8, 9, Detach, Args{MAC: "e1000g0"}, okay),
			at("c", 11, 12, Detach, Args{MAC: "e1000g0"}, okay),
		}
	}
	judge(t, system(), []verdict{
		{"the kstat of a link that is being made in vain", OK, named(6)},
		{"not when it has failed", NotLinearizable, named(11)},
		{"the MAC of a link that nobody finds any more", OK, append(deleted, exists(4))},
		{"not when it has been deleted", NotLinearizable, append(deleted, exists(21))},
		{"a tunnel that a listing has made, and somebody holds", OK, listed},
		{"nobody else has made one", NotLinearizable, held},
		{"an open that the daemon has left takes the name of another", OK, append(loses, left)},
		{"nobody else does", NotLinearizable, loses},
		{"a zone does not list a link for a moment while a move fails", OK, refused(5)},
		{"and lists it again", NotLinearizable, refused(12)},
		{"a device that is held by an open of its name", OK, heldDevice(4)},
		{"not before", NotLinearizable, heldDevice(7)},
		{"a device that an open attaches, and does not get", OK, attached(10)},
		{"and that nobody attaches", NotLinearizable, attached(5)},
		{"a link that comes has the name that it was given", OK, coming("net0")},
		{"and no later one", NotLinearizable, coming("x0")},
	})
}

// TestRenamedStranger: a tunnel that an open makes and does not get can be renamed meanwhile, by a linkid that the history
// tells nothing else of.
func TestRenamedStranger(t *testing.T) {
	opened := func(then ...Operation) []Operation {
		return append([]Operation{
			at("s", 1, 2, Signal, Args{Target: "a"}, okay),
			at("a", 3, 20, Open, Args{Name: "ip.tun0"}, fails(env.EINTR)),
		}, then...)
	}
	renamed := func(name string, then ...Operation) []Operation {
		return append(opened(
			at("b", 4, 5, Rename, Args{Link: 9, Name: name}, okay),
			at("b", 6, 7, RemapLinkid, Args{Link: 9, Name: name}, okay),
		), then...)
	}
	taken := at("c", 8, 9, RemapLinkid, Args{Link: 1, Name: "alt0"}, fails(env.EEXIST))
	kstat := at("c", 8, 9, KstatRead, Args{Name: "alt0"}, okay)
	judge(t, system(), []verdict{
		{"has its new name", OK, renamed("alt0", taken)},
		{"and no other", NotLinearizable, renamed("alt1", taken)},
		{"nor without it", NotLinearizable, opened(taken)},
		{"so has its kstat, before the daemon is told", OK, opened(at("b", 4, 5, Rename, Args{Link: 9, Name: "alt0"}, okay), kstat)},
		{"under no other name", NotLinearizable, opened(at("b", 4, 5, Rename, Args{Link: 9, Name: "alt1"}, okay), kstat)},
	})
}

// TestStrangers: tunnels that opens make and do not get, and what is done to them meanwhile.
func TestStrangers(t *testing.T) {
	start := system()
	start.Zones = append(start.Zones, Zone{ID: 6, State: ZoneRunning})
	signal := at("s", 1, 2, Signal, Args{Target: "a"}, okay)
	open := at("a", 3, 20, Open, Args{Name: "ip.tun0"}, fails(env.EINTR))
	other := at("a", 21, 22, Open, Args{Name: "ip.tun1", Zone: 5}, fails(env.EINTR))
	asked := func(from int64) Operation {
		return at("b", from, from+1, Rebuild, Args{}, Result{Visible: true})
	}
	move := at("c", 8, 9, SetZone, Args{Link: 9, Into: 5}, okay)
	read := func(name string, zone env.ZoneID) Operation {
		return at("c", 23, 24, KstatRead, Args{Name: name, Into: zone}, okay)
	}
	halted := at("c", 25, 26, ZoneHalted, Args{Into: 5}, okay)
	known := at("c", 27, 28, GetLinkid, Args{Name: "ip.tun2"}, Result{Link: 9})
	third := at("a", 23, 24, Open, Args{Name: "ip.tun2"}, fails(env.EINTR))
	judge(t, start, []verdict{
		{"a move of one is told of", OK, []Operation{signal, open, asked(4), asked(6), move, asked(10)}},
		{"nothing else is", NotLinearizable, []Operation{signal, open, asked(4), asked(6), asked(10)}},
		{"there may be two of them", OK, []Operation{signal, open, other, read("ip.tun1", 5)}},
		{"and the first one", OK, []Operation{signal, open, other, read("ip.tun0", 0)}},
		{"but no third", NotLinearizable, []Operation{signal, open, other, read("ip.tun2", 0)}},
		{"one stays when the other's zone goes", OK, []Operation{signal, other, third, halted, known}},
		{"but none that never was", NotLinearizable, []Operation{signal, other, halted, known}},
		{"nor if there is one open", NotLinearizable, []Operation{signal, open, read("ip.tun1", 5)}},
	})
}

// TestRenameOfAnother: an operation that gives no linkid or no name is not about a link because a rename gives none.
func TestRenameOfAnother(t *testing.T) {
	start := system()
	start.Names = append(start.Names, Name{ID: 8, Name: "old0", Class: env.ClassPhys, Dev: "e1000g9"})
	judge(t, start, []verdict{
		{"a tunnel is deleted while an open makes it, and another link renamed later", OK, []Operation{
			at("a", 1, 6, Open, Args{Name: "ip.tun0"}, fails(env.ENOENT)),
			at("b", 2, 3, Destroy, Args{Link: 9, Class: env.ClassIptun}, okay),
			at("b", 4, 5, DestroyLinkid, Args{Link: 9}, okay),
			at("c", 7, 8, Destroy, v0, okay),
			at("c", 9, 10, Rename, Args{Link: 1, Onto: 8}, okay),
		}},
		{"an open meets a rename of its own link", OK, []Operation{
			at("a", 1, 4, Rename, Args{Link: 2, Name: "v9"}, okay),
			at("b", 2, 3, Open, Args{Name: "v0"}, fails(env.EBUSY)),
		}},
		{"and not of another", NotLinearizable, []Operation{
			at("a", 1, 4, Rename, Args{Link: 2, Name: "v9"}, okay),
			at("b", 2, 3, Open, Args{Name: "net0"}, fails(env.EBUSY)),
		}},
	})
}

// TestListing: what a listing does to more than one link, and to a device that the daemon had never seen.
func TestListing(t *testing.T) {
	// unused leaves a tunnel that nobody uses: it had a flow when it was closed.
	unused := func(from int64, name, mac string, id env.LinkID) []Operation {
		return []Operation{
			at("a", from, from+1, Open, Args{Name: name}, Result{MAC: mac, Link: id}),
			at("a", from+2, from+3, FlowAdd, Args{Link: id}, okay),
			at("a", from+4, from+5, Close, Args{MAC: mac}, okay),
			at("a", from+6, from+7, FlowRemove, Args{Link: id}, okay),
		}
	}
	both := append(unused(1, "ip.tun0", "iptun3", 3), unused(11, "ip.tun1", "iptun4", 4)...)
	gone := func(id env.LinkID) Operation {
		return at("c", 40+int64(id), 40+int64(id), Hold, Args{Link: id}, fails(env.ENOENT))
	}
	listed := append(slices.Clone(both), at("b", 21, 30, Readdir, Args{}, okay), gone(3), gone(4))
	open := at("c", 19, 20, Open, Args{Name: "ip.tun1"}, Result{MAC: "iptun4", Link: 4})
	judge(t, system(), []verdict{
		{"tunnels that nobody uses go", OK, listed},
		{"not one that is open", NotLinearizable, append(slices.Clone(listed), open)},
		{"nor without a listing", NotLinearizable, append(slices.Clone(both), gone(3), gone(4))},
	})

	strange := System{Links: []Link{{MAC: "e1000g1", Class: env.ClassPhys, Absent: true}}}
	detached := []Operation{
		at("a", 1, 2, Attach, Args{MAC: "e1000g1"}, okay),
		at("a", 3, 4, Detach, Args{MAC: "e1000g1"}, okay),
		at("a", 5, 6, Readdir, Args{}, okay),
		at("a", 7, 8, Detach, Args{MAC: "e1000g1"}, okay),
	}
	judge(t, strange, []verdict{{"its name is told, and the device left alone", NotLinearizable, detached}})
	strange.Faults = []Fault{{Err: env.ENOENT}}
	judge(t, strange, []verdict{
		{"its name is not told, and the device attached", OK, detached},
		{"by nobody else", NotLinearizable, slices.Delete(slices.Clone(detached), 2, 3)},
	})
}

// TestLinkidGivenLater: operations that name a link by a linkid which a rename gives it, also one that is called later.
func TestLinkidGivenLater(t *testing.T) {
	start := system()
	start.Names = append(start.Names, Name{ID: 7, Name: "old0", Class: env.ClassPhys, Dev: "e1000g9"},
		Name{ID: 8, Name: "old1", Class: env.ClassPhys, Dev: "e1000g8"})
	named := func(from int64) []Operation {
		return []Operation{
			at("a", 1, 2, Destroy, v0, okay),
			at("b", 3, 8, Rename, Args{Link: 7, Name: "web0"}, okay),
			at("a", 4, 5, Rename, Args{Link: 1, Onto: 7}, okay),
			at("a", 6, 7, UpLinkid, Args{Link: 7, Onto: 1}, okay),
			at("b", 12, 13, Rename, Args{Link: 7, Onto: 8}, okay),
			at("c", from, from+3, KstatRead, Args{Name: "web0"}, fails(env.ENXIO)),
		}
	}
	judge(t, start, []verdict{
		{"a kstat goes with the name that a link was given by a linkid which it got later", OK, named(11)},
		{"and is not there any more", NotLinearizable, named(14)},
	})
}

// TestLinkidTakenAway: the link of a device comes with another linkid if the daemon forgets its first one before it is visible.
func TestLinkidTakenAway(t *testing.T) {
	device := Args{MAC: "e1000g0"}
	coming := func(up int64, then ...Operation) []Operation {
		return append([]Operation{
			at("a", 1, 2, Rename, Args{Link: 1, Onto: 8}, okay),
			at("b", 4, 5, Detach, device, okay),
			at("b", 6, 7, Attach, device, okay),
			at("c", 8, 9, MacnameToLinkid, device, Result{Link: 1}),
			at("a", up, up+1, UpLinkid, Args{Link: 8, Onto: 1}, okay),
			at("c", 20, 21, MacnameToLinkid, device, Result{Link: 8}),
		}, then...)
	}
	asked := func(from int64) Operation { return at("r", from, from+1, Rebuild, Args{}, Result{Visible: true}) }
	gone := at("c", 14, 15, MacnameToLinkid, device, fails(env.ENOENT))
	judge(t, withRemoved(), []verdict{
		{"the daemon forgets it", OK, coming(12)},
		{"not of a link that is visible", NotLinearizable, coming(12, at("c", 10, 11, Hold, Args{Link: 1}, Result{MAC: "e1000g0"}))},
		{"nor if it forgets it before", NotLinearizable, coming(3)},
		{"the first one goes, which is told of", OK, coming(12, gone, asked(10), asked(16), asked(22))},
		{"but no more often", NotLinearizable, coming(12, gone, asked(10), asked(16), asked(22), asked(24))},
	})
}

// TestNameTakenMeanwhile: an open asks for its name, has the daemon make it, and asks again if it is taken.
func TestNameTakenMeanwhile(t *testing.T) {
	rename := func(from int64, name string) Operation {
		return at("b", from, from+1, RemapLinkid, Args{Link: 1, Name: name}, okay)
	}
	open := func(from int64) Operation {
		return at("a", from, 9, Open, Args{Name: "ip.tun0"}, fails(env.ENOENT))
	}
	judge(t, system(), []verdict{
		{"it is another link's between two questions", OK, []Operation{open(1), rename(2, "ip.tun0"), rename(4, "net0")}},
		{"it is not when it could be made", NotLinearizable, []Operation{rename(2, "ip.tun0"), open(4), rename(5, "net0")}},
		{"it stays another link's, which is visible", NotLinearizable, []Operation{open(1), rename(2, "ip.tun0")}},
	})
}

// TestTunnelUnderLink: the last release of an implicit tunnel does not delete it while another link is on it.
func TestTunnelUnderLink(t *testing.T) {
	closed := func(used ...Operation) []Operation {
		return withAggr(append(used,
			at("b", 5, 6, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun3", Link: 3}),
			at("b", 9, 10, Close, Args{MAC: "iptun3"}, okay),
			at("b", 11, 12, PropGet, Args{Link: 3}, okay),
		)...)
	}
	judge(t, system(), []verdict{
		{"a port stays", OK, closed(at("b", 7, 8, Use, Args{Link: 9, Onto: 3}, okay))},
		{"a tunnel that nobody uses goes", NotLinearizable, closed()},
		{"also if it is a port later", NotLinearizable, closed(at("b", 13, 14, Use, Args{Link: 9, Onto: 3}, okay))},
	})
}

// TestAttachedByOpen: a listing is told of a device that the daemon had never seen when an open of its name attaches it.
func TestAttachedByOpen(t *testing.T) {
	start := System{Links: []Link{{MAC: "e1000g1", Class: env.ClassPhys, Absent: true}}}
	asked := func(from int64) Operation { return at("r", from, from+1, Rebuild, Args{}, Result{Visible: true}) }
	open := at("a", 1, 2, Open, Args{Name: "e1000g1"}, Result{MAC: "e1000g1", Link: 2})
	judge(t, start, []verdict{
		{"of its link", OK, []Operation{open, asked(3)}},
		{"once", NotLinearizable, []Operation{open, asked(3), asked(5)}},
		{"and not before", NotLinearizable, []Operation{at("a", 5, 6, Open, open.Args, open.Result), asked(3)}},
	})
}
