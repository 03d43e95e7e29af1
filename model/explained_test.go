// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"testing"

	"dlsim/devnet/env"
)

// TestExplained: histories that a specification which is too strict refuses. Generated programs met each.
func TestExplained(t *testing.T) {
	gone := fails(env.ENOENT)
	in5 := []Zone{{ID: 5, State: ZoneRunning}}
	shutdown := func(call int64) Operation { return at("z", call, call+1, ZoneShutdown, Args{Into: 5}, okay) }
	halted := func(call int64) Operation {
		return at("z", call, call+1, ZoneState, Args{Into: 5, State: ZoneDead}, okay)
	}
	phys := func(s *System, absent bool) {
		s.Links = []Link{{MAC: "net1", Class: env.ClassPhys, Absent: absent, ID: 1, Name: "net1"}}
		s.Names = []Name{{ID: 1, Name: "net1", Class: env.ClassPhys, Dev: "net1"}}
	}
	tun := Result{Link: 3, MAC: "iptun3"}
	for _, c := range []struct {
		name  string
		start func(*System)
		ops   []Operation
	}{
		{"a device whose link was lent to a zone that is gone", func(s *System) { phys(s, false) }, []Operation{
			shutdown(1), at("a", 3, 6, SetZone, Args{Link: 1, Into: 5}, okay), halted(4), at("a", 7, 8, Detach, Args{MAC: "net1"}, okay),
		}},
		{"an implicit tunnel that a zone gives back", nil, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0"}, tun), at("b", 3, 4, SetZone, Args{Link: 3, Into: 5}, okay), shutdown(5), halted(7),
			at("a", 9, 10, Close, Args{MAC: "iptun3"}, okay), at("b", 11, 12, HoldTmp, Args{Link: 3}, gone),
		}},
		{"the kstat of a device's link under the name it had", func(s *System) { phys(s, true) }, []Operation{
			at("a", 1, 3, Rename, Args{Link: 1, Name: "alt0"}, okay), at("b", 2, 4, KstatRead, Args{Name: "net1"}, fails(env.ENXIO)),
		}},
		{"an open of a device's name that a rename moves to another link", func(s *System) { phys(s, false) }, []Operation{
			at("a", 1, 4, RemapLinkid, Args{Link: 1, Name: "alt0"}, okay), at("b", 2, 3, Open, Args{Name: "net1"}, fails(env.EINVAL)),
		}},
		{"a device that had no name, lent to a zone", func(s *System) {
			s.Links = []Link{{MAC: "net1", Class: env.ClassPhys, Absent: true, ID: 1, Name: "net1"}}
			s.Names = nil
		}, []Operation{
			at("a", 1, 2, Attach, Args{MAC: "net1"}, okay), at("b", 3, 4, SetZone, Args{Link: 1, Into: 5}, okay),
			at("c", 5, 6, StreamAttach, Args{MAC: "net1"}, okay),
		}},
		{"a device that the daemon knows before the kernel has its link", func(s *System) {
			s.Links = []Link{{MAC: "net1", Class: env.ClassPhys, Absent: true}}
			s.Names = nil
		}, []Operation{
			at("a", 1, 2, Attach, Args{MAC: "net1"}, okay), at("b", 3, 4, GetLinkinfo, Args{Link: 1}, Result{Name: "net1", Class: env.ClassPhys}),
			at("b", 5, 6, MacnameToLinkid, Args{MAC: "net1"}, gone),
		}},
		{"a device whose link is there before its attach is over", func(s *System) { phys(s, true) }, []Operation{
			at("a", 1, 2, Attach, Args{MAC: "net1"}, okay), at("b", 3, 4, Open, Args{Name: "net1"}, Result{Link: 1, MAC: "net1"}),
			at("b", 5, 6, Close, Args{MAC: "net1"}, okay), at("b", 7, 8, Detach, Args{MAC: "net1"}, fails(env.EBUSY)),
		}},
		{"a device that a rename onto its linkid attaches", func(s *System) {
			phys(s, true)
			s.Links = append(s.Links, Link{MAC: "net2", Class: env.ClassPhys, ID: 2, Name: "net2"})
			s.Names = append(s.Names, Name{ID: 2, Name: "net2", Class: env.ClassPhys, Dev: "net2"})
		}, []Operation{
			at("a", 1, 2, Rename, Args{Link: 2, Onto: 1}, fails(env.EEXIST)), at("b", 3, 4, Attach, Args{MAC: "net1"}, fails(env.EEXIST)),
		}},
		{"a device that a rename attaches under the linkid that it had", func(s *System) {
			phys(s, false)
			s.Names = append(s.Names, Name{ID: 2, Name: "old0", Class: env.ClassPhys, Dev: "e1000g9"})
		}, []Operation{
			at("a", 1, 2, Rename, Args{Link: 1, Onto: 2}, okay), at("b", 3, 8, Rename, Args{Link: 1, Name: "web0"}, gone),
			at("a", 4, 5, UpLinkid, Args{Link: 2, Onto: 1}, okay), at("c", 6, 7, Detach, Args{MAC: "net1"}, okay),
			at("b", 9, 10, Detach, Args{MAC: "net1"}, okay),
		}},
		{"a request that was interrupted and comes late", func(s *System) { s.Faults = []Fault{{Thread: "a", Err: env.EINTR}} }, []Operation{
			at("a", 1, 2, CreateLinkid, Args{Link: 3, Name: "w0", Class: env.ClassVNIC}, fails(env.EINTR)),
			at("b", 3, 4, CreateLinkid, Args{Link: 3, Name: "w0", Class: env.ClassVNIC}, okay),
			at("b", 5, 6, DestroyLinkid, Args{Link: 3}, okay),
			at("b", 7, 8, GetLinkid, Args{Name: "w0"}, Result{Link: 3}),
		}},
		{"a device's link that fails because the daemon is gone", func(s *System) { phys(s, false) }, []Operation{
			at("b", 1, 4, FlowWalk, Args{Link: 1}, okay), at("a", 2, 3, Detach, Args{MAC: "net1"}, fails(env.EBUSY)),
			at("b", 5, 6, HoldTmp, Args{Link: 1}, gone), at("b", 7, 8, MacnameToLinkid, Args{MAC: "net1"}, Result{Link: 1}),
			at("b", 9, 10, DaemonDown, Args{}, okay), at("b", 11, 12, DevToLinkid, Args{MAC: "net1"}, gone),
		}},
	} {
		h := &History{Start: system(), Ops: c.ops}
		h.Start.Zones = in5
		if c.start != nil {
			c.start(&h.Start)
		}
		k := NewChecker(NewRules())
		if got := k.Check(h); got != OK {
			t.Errorf("%s: %s", c.name, k.Explain(h).Message())
		}
	}
}
