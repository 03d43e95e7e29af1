// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"testing"

	"dlsim/devnet/env"
)

// What moves between zones, shutdowns of zones and starts of the daemon do to each other.

// lentIn is system with v0 lent to zone 5, and zone 7, which is not up.
func lentIn() System {
	start := system()
	start.Zones = append(start.Zones, Zone{ID: 7, State: 1})
	start.Links[1].Zone, start.Names[1].Zone = 5, 5
	return start
}

// TestRefusedHalfWay: a daemon that dies in a move may have taken the link out of its zone, and the next refuses the move.
func TestRefusedHalfWay(t *testing.T) {
	dies, starts := at("s", 2, 3, DaemonDown, Args{}, okay), at("s", 4, 30, DaemonStart, Args{}, okay)
	refused := at("a", 1, 20, SetZone, Args{Link: 2, Into: 7}, fails(env.ENXIO))
	unknown := func(from int64, zone env.ZoneID) Operation {
		return at("c", from, from+1, GetLinkid, Args{Name: "v0", Zone: zone}, fails(env.ENOENT))
	}
	judge(t, lentIn(), []verdict{
		{"the zone that it is in does not find it", OK, []Operation{dies, starts, refused, unknown(6, 5)}},
		{"nor when the move has ended, before the daemon is told", OK, []Operation{dies, starts, refused, unknown(21, 5)}},
		{"one that lives refuses it at once", NotLinearizable, []Operation{refused, unknown(6, 5)}},
		{"also if it has just started", NotLinearizable, []Operation{starts, refused, unknown(6, 5)}},
	})
}

// TestShutdownFinds: the shutdown of a zone gives back what is in it, however it came there.
func TestShutdownFinds(t *testing.T) {
	shut := at("z", 11, 12, ZoneShutdown, Args{Into: 5}, okay)
	told := at("a", 13, 14, Rebuild, Args{}, Result{Visible: true})
	nothing := at("a", 15, 16, Rebuild, Args{}, Result{Visible: false})
	back := at("a", 17, 18, GetZone, Args{Link: 7}, okay)
	lent := func(then ...Operation) []Operation {
		return append(renamedUnder(at("a", 8, 9, SetZone, Args{Link: 7, Into: 5}, okay)), then...)
	}
	// A tunnel that an open makes and does not get, or one that the history tells nothing of.
	tunnel := func(then ...Operation) []Operation {
		return append([]Operation{
			at("s", 1, 2, Signal, Args{Target: "o"}, okay),
			at("o", 3, 4, Open, Args{Name: "ip.tun0"}, fails(env.EINTR)),
			at("a", 5, 6, SetZone, Args{Link: 9, Into: 5}, okay),
			at("a", 7, 8, Rebuild, Args{}, Result{Visible: true}),
			at("a", 9, 10, Rebuild, Args{}, Result{Visible: false}),
		}, then...)
	}
	judge(t, system(), []verdict{
		{"a link that a rename has given another linkid", OK, lent(shut, back)},
		{"which stays there as long as the zone is up", NotLinearizable, lent(back)},
		{"a link whose linkid nobody was told", OK, tunnel(shut, told, nothing)},
		{"whose move nobody is told of without a shutdown", NotLinearizable, tunnel(told, nothing)},
	})
}

// TestShutOnce: a zone gives back what is in it when it shuts down, and no more.
func TestShutOnce(t *testing.T) {
	shut := func(thread string, call, ret int64) Operation {
		return at(thread, call, ret, ZoneShutdown, Args{Into: 5}, okay)
	}
	lend := at("a", 3, 4, SetZone, Args{Link: 2, Into: 5}, okay)
	lent := at("a", 9, 10, GetZone, Args{Link: 2}, Result{Zone: 5})
	judge(t, system(), []verdict{
		{"a link that is lent afterwards stays", OK, []Operation{shut("y", 1, 2), lend, shut("z", 5, 6), lent}},
		{"or while another thread shuts the zone down", OK, []Operation{lend, shut("y", 5, 8), shut("z", 6, 7), lent}},
		{"the first shutdown takes it", NotLinearizable, []Operation{lend, shut("z", 5, 6), lent}},
		{"also if another one comes when the link has been asked for", NotLinearizable, []Operation{lend, shut("z", 5, 6), lent, shut("y", 11, 12)}},
	})
}

// TestTwoStarts: who starts a daemon that is being started does not wait for its door.
func TestTwoStarts(t *testing.T) {
	dies, again := at("a", 1, 2, DaemonDown, Args{}, okay), at("b", 4, 5, DaemonStart, Args{}, okay)
	starts := func(until int64) Operation { return at("a", 3, until, DaemonStart, Args{}, okay) }
	asked := at("b", 7, 8, GetLinkid, Args{Name: "v0"}, fails(env.EBADF))
	judge(t, system(), []verdict{
		{"the first has not", OK, []Operation{dies, starts(9), again, asked}},
		{"when it has there is one", NotLinearizable, []Operation{dies, starts(6), again, asked}},
	})
}

// TestTwoDeaths: a daemon that ends while another is started is gone, however often it ended before.
func TestTwoDeaths(t *testing.T) {
	dies, starts := at("b", 2, 3, DaemonDown, Args{}, okay), at("b", 4, 5, DaemonStart, Args{}, okay)
	ends := func(until int64) Operation { return at("a", 1, until, DaemonDown, Args{}, okay) }
	asked := at("c", 8, 9, GetLinkid, Args{Name: "v0"}, fails(env.EBADF))
	judge(t, system(), []verdict{
		{"the other one ends, too", OK, []Operation{ends(7), dies, starts, asked}},
		{"the first has ended before", NotLinearizable, []Operation{ends(3), dies, starts, asked}},
	})
}

// TestStartBeforeTunnel: a daemon that starts forgets the name of a tunnel that an open makes, of which there is no link yet.
// The open deletes the tunnel, unless somebody has it by then.
func TestStartBeforeTunnel(t *testing.T) {
	dies, starts := at("s", 2, 3, DaemonDown, Args{}, okay), at("s", 4, 9, DaemonStart, Args{}, okay)
	open := at("a", 1, 20, Open, Args{Name: "ip.tun0"}, Result{MAC: "iptun3", Link: 3})
	held := at("b", 10, 11, HoldByDev, Args{MAC: "iptun3"}, okay)
	asked := at("c", 30, 31, GetLinkid, Args{Name: "ip.tun0"}, fails(env.ENOENT))
	later := []Operation{at("s", 21, 22, DaemonDown, Args{}, okay), at("s", 23, 24, DaemonStart, Args{}, okay)}
	judge(t, system(), []verdict{
		{"the name is forgotten", OK, []Operation{dies, starts, open, held, asked}},
		{"not by one that starts when there is a link", NotLinearizable, append([]Operation{open, held, asked}, later...)},
		{"nor by one that lives", NotLinearizable, []Operation{open, held, asked}},
	})
}
