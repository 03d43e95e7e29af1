// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"slices"
	"strings"
	"testing"

	"dlsim/devnet/env"
)

// need is a history that is explained, and only by the rules it names.
type need struct {
	rules string // separated by "; "
	start func(*System)
	ops   []Operation
}

// needs has a history for each rule. Each is the shortest that shows what the rule is for.
func needs() []need {
	gone := fails(env.ENOENT)
	to5 := Args{Link: 2, Into: 5}
	in5 := func(a Args) Args { a.Zone = 5; return a }
	faulty := func(e env.Errno) func(*System) {
		return func(s *System) { s.Faults = append(s.Faults, Fault{Err: e}) }
	}
	created := func(s *System) { s.Names = append(s.Names, Name{ID: 3, Name: "v1", Class: env.ClassVNIC}) }
	device := func(s *System) {
		s.Links = append(s.Links, Link{MAC: "e1000g1", Class: env.ClassPhys, Absent: true})
		s.Names = append(s.Names, Name{ID: 7, Name: "net1", Class: env.ClassPhys, Dev: "e1000g1"})
	}
	removed := func(s *System) {
		s.Names = append(s.Names, Name{ID: 8, Name: "old0", Class: env.ClassPhys, Dev: "e1000g9"})
	}
	owned := func(s *System) {
		s.Links = append(s.Links, Link{MAC: "stub0", Class: env.ClassEtherstub, ID: 9, Name: "stub0", Owner: 5, Zone: 5})
		s.Names = append(s.Names, Name{ID: 9, Name: "stub0", Class: env.ClassEtherstub, Owner: 5, Zone: 5})
	}
	tunnelOf5 := func(s *System) {
		s.Links = append(s.Links, Link{MAC: "iptun9", Class: env.ClassIptun, ID: 9, Name: "tun0", Owner: 5, Zone: 5})
	}
	ready := func(s *System) { s.Zones = []Zone{{ID: 5, State: 1}} }
	newLink := Args{Link: 3, MAC: "vnic1", Class: env.ClassVNIC, Over: []env.LinkID{1}}
	tun := Result{MAC: "iptun3", Link: 3}
	one := func(op Op, a Args, r Result) Operation { return at("a", 1, 2, op, a, r) }
	down := at("s", 10, 11, DaemonDown, Args{}, okay)
	signal := at("s", 10, 11, Signal, Args{Target: "a"}, okay)
	later := func(op Op, a Args, r Result) Operation { return at("a", 20, 21, op, a, r) }
	return []need{
		{"macname: found", nil, []Operation{one(MacnameToLinkid, v0Given, Result{Link: 2})}},
		{"macname: none", nil, []Operation{one(DevToLinkid, Args{MAC: "x0"}, gone)}},
		{"islinkvisible: yes", nil, []Operation{one(IsLinkVisible, v0, Result{Visible: true})}},
		{"islinkvisible: no", nil, []Operation{one(IsLinkVisible, to5, okay)}},
		{"getzone: zone", nil, []Operation{one(GetZone, v0, okay)}},
		{"getzone: going", func(s *System) { s.Links[1].Zone, s.Zones = 5, nil }, []Operation{
			at("b", 1, 4, Destroy, v0, okay), at("a", 2, 3, GetZone, v0, okay),
		}},
		{"property: none", nil, []Operation{one(PropGet, in5(v0), gone)}},
		{"phydev: visible", nil, []Operation{one(Phydev, Args{Link: 1}, Result{MAC: "e1000g0"})}},
		{"phydev: device", nil, []Operation{one(Phydev, Args{Link: 1}, Result{MAC: "e1000g0"})}},
		{"phydev: no device", nil, []Operation{one(Phydev, v0, fails(env.EINVAL))}},
		{"phydev: none", nil, []Operation{one(Phydev, Args{Link: 99}, gone)}},
		{"link event", nil, []Operation{one(LinkEvent, v0Given, Result{Name: "v0", Link: 2})}},
		{"rebuild: asked; rebuild: cleared", nil, []Operation{
			at("b", 1, 2, Destroy, v0, okay),
			at("a", 3, 4, Rebuild, Args{}, Result{Visible: true}),
			at("a", 5, 6, Rebuild, Args{}, okay),
		}},
		{"readdir: clears the notice; readdir: as it is; readdir: more notices; readdir: notice before last; readdir: last notice", nil, []Operation{
			at("b", 1, 2, Destroy, v0, okay),
			at("a", 3, 4, Readdir, Args{}, okay),
			at("a", 5, 6, Rebuild, Args{}, okay),
		}},
		{"readdir: last of a tunnel", nil, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0"}, tun), at("b", 3, 6, Rename, Args{Link: 3, Name: "x0"}, fails(env.EBUSY)),
			at("a", 4, 5, Close, Args{MAC: "iptun3"}, okay), at("a", 7, 8, HoldTmp, Args{Link: 3}, tun),
			at("a", 9, 10, ReleTmp, Args{MAC: "iptun3"}, okay), at("a", 11, 12, Readdir, Args{}, okay),
			at("a", 13, 14, Hold, Args{Link: 3}, gone),
		}},
		{"readdir: device attached", func(s *System) {
			s.Links = []Link{{MAC: "net0", Class: env.ClassPhys, Absent: true}}
			s.Names = []Name{{ID: 1, Name: "net0", Class: env.ClassPhys, Dev: "net0"}}
			s.Faults = []Fault{{Err: env.ENOENT}}
		}, []Operation{at("a", 1, 2, Readdir, Args{}, okay), at("a", 3, 4, Hold, Args{Link: 1}, Result{MAC: "net0"})}},
		{"readdir: tunnel made", nil, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0"}, tun), at("b", 3, 8, Readdir, Args{}, okay),
			at("a", 4, 5, Close, Args{MAC: "iptun3"}, okay), at("c", 6, 7, HoldTmp, Args{Link: 4}, Result{MAC: "iptun4", Link: 4}),
		}},
		{"hold: by linkid", nil, []Operation{one(Hold, v0, v0Hold)}},
		{"hold: by device", nil, []Operation{one(HoldByDev, v0Given, v0Hold)}},
		{"hold_tmp: by linkid", nil, []Operation{one(HoldTmp, v0, v0Hold)}},
		{"hold_tmp: by dls_link", nil, []Operation{one(HoldTmpByLink, v0Given, v0Hold)}},
		{"hold: none", nil, []Operation{one(HoldTmp, Args{Link: 99}, gone)}},
		{"hold: none of the MAC", nil, []Operation{one(HoldByDev, Args{MAC: "x0"}, gone)}},
		{"rele: given back", nil, []Operation{
			at("a", 1, 2, Hold, v0, v0Hold), at("a", 3, 4, Rele, v0Given, okay), at("a", 5, 6, Destroy, v0, okay),
		}},
		{"rele: last of a tunnel; rele: tunnel leaves its zone; rele: tunnel forgotten", nil, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0"}, tun),
			at("a", 3, 4, Close, Args{MAC: "iptun3"}, okay),
			at("a", 5, 6, MacnameToLinkid, Args{MAC: "iptun3"}, gone),
			at("a", 7, 8, GetLinkid, Args{Name: "ip.tun0"}, gone),
		}},
		{"stream: held; stream: opened; stream: closed; stream: given back; stream: last of a tunnel; " +
			"stream: tunnel leaves its zone; stream: tunnel forgotten", nil, []Operation{
			at("a", 1, 2, Open, Args{Name: "ip.tun0"}, tun),
			at("a", 3, 4, StreamAttach, Args{MAC: "iptun3"}, Result{Local: true}),
			at("a", 5, 6, Close, Args{MAC: "iptun3"}, okay),
			at("a", 7, 8, StreamDetach, Args{MAC: "iptun3", Local: true}, okay),
			at("a", 9, 10, GetLinkid, Args{Name: "ip.tun0"}, gone),
		}},
		{"rele_tmp; destroy: drained", nil, []Operation{
			at("a", 1, 2, HoldTmp, v0, v0Hold), at("a", 3, 4, ReleTmp, v0Given, okay), at("a", 5, 6, Destroy, v0, okay),
		}},
		{"prop_task_wait", nil, []Operation{one(PropTaskWait, v0Given, okay)}},
		{"create: over; create: registered; create: kstat made; create: visible", created, []Operation{
			at("a", 1, 2, Create, newLink, okay), at("a", 3, 4, Hold, Args{Link: 3}, Result{MAC: "vnic1"}),
		}},
		{"create: seen in passing; create: interrupted", created, []Operation{
			signal,
			at("a", 20, 25, Create, newLink, fails(env.EINTR)),
			at("b", 21, 22, MacnameToLinkid, Args{MAC: "vnic1"}, Result{Link: 3}),
		}},
		{"create: exists", nil, []Operation{one(Create, Args{Link: 2, MAC: "vnic0"}, fails(env.EEXIST))}},
		{"create: lower or name missing", nil, []Operation{one(Create, newLink, gone)}},
		{"create: lower exclusive", created, []Operation{
			at("b", 1, 5, Rename, Args{Link: 1, Name: "n0"}, okay), at("a", 2, 3, Create, newLink, fails(env.EBUSY)),
		}},
		{"create: refused", created, []Operation{one(Create, Args{Link: 3, MAC: "aggr1", Class: env.ClassAggr}, fails(env.EINVAL))}},
		{"create: no daemon", created, []Operation{down, later(Create, newLink, fails(env.EBADF))}},
		{"create: fault", func(s *System) { created(s); faulty(env.ENOSPC)(s) }, []Operation{one(Create, newLink, fails(env.ENOSPC))}},
		{"recreate: gets its linkid; recreate: same moment", device, []Operation{
			at("s", 1, 2, DaemonDown, Args{}, okay),
			at("a", 3, 4, Recreate, Args{MAC: "e1000g1", Link: 7}, okay),
			at("a", 5, 6, Hold, Args{Link: 7}, Result{MAC: "e1000g1"}),
		}},
		{"recreate: exists", nil, []Operation{one(Recreate, Args{MAC: "e1000g0", Link: 1}, fails(env.EEXIST))}},
		{"recreate: none", device, []Operation{one(Recreate, Args{MAC: "e1000g1", Link: 99}, gone)}},
		{"destroy: removed", nil, []Operation{one(Destroy, v0, okay)}},
		{"destroy: none", nil, []Operation{one(Destroy, Args{Link: 99}, gone)}},
		{"destroy: held", nil, []Operation{at("a", 1, 2, Hold, v0, v0Hold), at("a", 3, 4, Destroy, v0, fails(env.EBUSY))}},
		{"destroy: used for a moment", nil, []Operation{
			at("b", 1, 4, FlowWalk, v0, okay), at("a", 2, 3, Destroy, v0, fails(env.EBUSY)),
		}},
		{"destroy: flows; flow: added", nil, []Operation{
			at("a", 1, 2, FlowAdd, v0, okay), at("a", 3, 4, Destroy, v0, fails(env.ENOTEMPTY)),
		}},
		{"destroy: another driver's", nil, []Operation{one(Destroy, Args{Link: 2, Class: env.ClassIptun}, gone)}},
		{"destroy: leaves its zone", owned, []Operation{one(Destroy, Args{Link: 9}, okay)}},
		{"destroy: tunnel unfinished", nil, []Operation{
			at("b", 1, 6, Open, Args{Name: "ip.tun0"}, tun),
			at("a", 2, 3, Hold, Args{Link: 3}, tun),
			at("a", 4, 5, Destroy, Args{Link: 3}, gone),
		}},
		{"destroy: not the creator", tunnelOf5, []Operation{one(Destroy, Args{Link: 9}, fails(env.EACCES))}},
		{"attach: begun", device, []Operation{
			at("a", 1, 2, Attach, Args{MAC: "e1000g1"}, okay), at("a", 3, 4, Hold, Args{Link: 7}, Result{MAC: "e1000g1"}),
		}},
		{"attach: attached", nil, []Operation{one(Attach, Args{MAC: "e1000g0"}, fails(env.EEXIST))}},
		{"attach: no device", device, []Operation{one(Detach, Args{MAC: "e1000g1"}, gone)}},
		{"detach: removed", func(s *System) { s.Links = s.Links[:1] }, []Operation{one(Detach, Args{MAC: "e1000g0"}, okay)}},
		{"detach: in use", nil, []Operation{
			at("a", 1, 2, Hold, Args{Link: 1}, Result{MAC: "e1000g0"}), at("a", 3, 4, Detach, Args{MAC: "e1000g0"}, fails(env.EBUSY)),
		}},
		{"detach: flows", nil, []Operation{
			at("a", 1, 2, FlowAdd, Args{Link: 1}, okay), at("a", 3, 4, Detach, Args{MAC: "e1000g0"}, fails(env.ENOTEMPTY)),
		}},
		{"detach: and attached again", func(s *System) { s.Links = s.Links[:1] }, []Operation{
			at("a", 1, 8, Detach, Args{MAC: "e1000g0"}, fails(env.EBUSY)),
			at("b", 2, 7, PhysAttr, Args{Link: 1}, okay),
			at("c", 3, 4, HoldTmp, Args{Link: 1}, gone),
		}},
		{"rename: device held", device, []Operation{
			at("a", 1, 2, PhysAttr, Args{Link: 7}, okay), at("a", 3, 4, Hold, Args{Link: 7}, Result{MAC: "e1000g1"}),
		}},
		{"rename: new name; rename: kstat deleted; rename: kstat created", nil, []Operation{
			at("a", 1, 2, Rename, Args{Link: 2, Name: "w0"}, okay),
			at("a", 3, 4, KstatRead, Args{Name: "v0"}, gone),
			at("a", 5, 6, KstatRead, Args{Name: "w0"}, okay),
		}},
		{"rename: onto", func(s *System) { s.Links = s.Links[:1]; removed(s) }, []Operation{
			at("a", 1, 2, Rename, Args{Link: 1, Onto: 8}, okay), at("a", 3, 4, Hold, Args{Link: 8}, Result{MAC: "e1000g0"}),
		}},
		{"rename: none", nil, []Operation{one(Rename, Args{Link: 99, Name: "w0"}, gone)}},
		{"rename: held", nil, []Operation{
			at("a", 1, 2, Hold, v0, v0Hold), at("a", 3, 4, Rename, Args{Link: 2, Name: "w0"}, fails(env.EBUSY)),
		}},
		{"rename: used for a moment", nil, []Operation{
			at("b", 1, 4, Readdir, Args{}, okay), at("a", 2, 3, Rename, Args{Link: 2, Name: "w0"}, fails(env.EBUSY)),
		}},
		{"rename: taken", nil, []Operation{one(Rename, Args{Link: 1, Onto: 2}, fails(env.EEXIST))}},
		{"rename: no device", removed, []Operation{one(Rename, Args{Link: 2, Onto: 8}, fails(env.EINVAL))}},
		{"rename: another zone's", nil, []Operation{one(Rename, Args{Link: 2, Name: "w0", Zone: 5}, fails(env.EACCES))}},
		{"rename: no daemon", nil, []Operation{down, later(Rename, Args{Link: 2, Name: "w0"}, fails(env.EBADF))}},
		{"rename: interrupted", nil, []Operation{signal, later(Rename, Args{Link: 2, Name: "w0"}, fails(env.EINTR))}},
		{"rename: fault", faulty(env.ENOSPC), []Operation{one(Rename, Args{Link: 2, Name: "w0"}, fails(env.ENOSPC))}},
		{"setzone: daemon told; setzone: moved; setzone: noted; setzone: kstat created", nil, []Operation{
			at("a", 1, 2, SetZone, to5, okay), at("a", 3, 4, GetZone, v0, Result{Zone: 5}),
			at("a", 5, 6, KstatRead, Args{Name: "v0", Into: 5}, okay),
			at("a", 7, 8, GetLinkid, Args{Name: "v0", Zone: 5}, Result{Link: 2}),
		}},
		{"setzone: kstat deleted", nil, []Operation{
			at("a", 1, 2, SetZone, to5, okay), at("a", 3, 4, SetZone, v0, okay),
			at("a", 5, 6, KstatRead, Args{Name: "v0", Into: 5}, gone),
		}},
		{"setzone: none", nil, []Operation{one(SetZone, Args{Link: 99, Into: 5}, gone)}},
		{"property: no entry", func(s *System) { s.Names = s.Names[:1] }, []Operation{one(PropSet, v0, gone)}},
		{"setzone: not the global zone", owned, []Operation{one(SetZone, Args{Link: 9, Zone: 5}, fails(env.EACCES))}},
		{"setzone: told of a zone that goes; setzone: told again", nil, []Operation{
			at("b", 1, 9, ZoneShutdown, Args{Into: 5}, okay),
			at("a", 3, 8, SetZone, to5, fails(env.ENXIO)),
			at("c", 4, 5, GetLinkid, Args{Name: "v0", Zone: 5}, Result{Link: 2}),
			at("c", 10, 11, GetLinkid, Args{Name: "v0"}, Result{Link: 2}),
		}},
		{"setzone: told for nothing; setzone: streams", nil, []Operation{
			at("a", 1, 2, StreamAttach, v0Given, Result{Local: true}),
			at("a", 3, 8, SetZone, to5, fails(env.EBUSY)),
			at("b", 4, 5, GetLinkid, Args{Name: "v0", Zone: 5}, Result{Link: 2}),
		}},
		{"setzone: on a list", func(s *System) { s.Faults = []Fault{{Err: env.EINTR}} }, []Operation{
			at("a", 1, 4, SetZone, to5, okay), at("b", 2, 3, SetZone, to5, fails(env.EEXIST)),
		}},
		{"setzone: zone not up", ready, []Operation{one(SetZone, to5, fails(env.ENXIO))}},
		{"zone_shutdown: daemon told; zone_shutdown: moved", nil, []Operation{
			at("a", 1, 2, SetZone, to5, okay), at("a", 3, 4, ZoneShutdown, Args{Into: 5}, okay),
			at("a", 5, 6, GetZone, v0, okay), at("a", 7, 8, GetLinkid, Args{Name: "v0", Zone: 5}, gone),
		}},
		{"zone_shutdown: refused", nil, []Operation{
			at("a", 1, 2, SetZone, to5, okay),
			at("b", 3, 4, StreamAttach, Args{MAC: "vnic0", Zone: 5}, Result{Local: true}),
			at("a", 5, 6, ZoneShutdown, Args{Into: 5}, okay), at("a", 7, 8, GetZone, v0, Result{Zone: 5}),
		}},
		{"zone_shutdown: not ready", ready, []Operation{
			at("a", 1, 2, SetZone, to5, fails(env.ENXIO)), at("a", 3, 4, ZoneShutdown, Args{Into: 5}, fails(env.EINVAL)),
		}},
		{"get_linkid: found", nil, []Operation{one(GetLinkid, Args{Name: "v0"}, Result{Link: 2})}},
		{"get_linkid: none", nil, []Operation{one(GetLinkid, Args{Name: "x0"}, gone)}},
		{"get_linkinfo: found", nil, []Operation{one(GetLinkinfo, v0, Result{Name: "v0", Class: env.ClassVNIC})}},
		{"get_linkinfo: none", nil, []Operation{one(GetLinkinfo, Args{Link: 99}, gone)}},
		{"create_linkid", nil, []Operation{one(CreateLinkid, Args{Link: 3, Name: "v1"}, okay)}},
		{"create_linkid: taken", nil, []Operation{one(CreateLinkid, Args{Link: 3, Name: "v0"}, fails(env.EEXIST))}},
		{"create_linkid: zone not up", ready, []Operation{one(CreateLinkid, Args{Link: 3, Name: "v1", Zone: 5}, fails(env.ENXIO))}},
		{"destroy_linkid", nil, []Operation{one(DestroyLinkid, v0, okay)}},
		{"linkid unknown", nil, []Operation{one(DestroyLinkid, Args{Link: 99}, gone)}},
		{"remap_linkid", nil, []Operation{one(RemapLinkid, Args{Link: 2, Name: "w0"}, okay)}},
		{"remap_linkid: taken", nil, []Operation{one(RemapLinkid, Args{Link: 2, Name: "net0"}, fails(env.EEXIST))}},
		{"up_linkid", removed, []Operation{one(UpLinkid, Args{Link: 8, Onto: 1}, okay)}},
		{"zonehalt", owned, []Operation{one(ZoneHalted, Args{Into: 5}, okay)}},
		{"open: name known; open: held; open: zone; open: still the zone's", nil, []Operation{
			at("a", 1, 2, Open, Args{Name: "v0"}, v0Hold), at("a", 3, 4, Destroy, v0, fails(env.EBUSY)),
		}},
		{"open: taken back; open: more notices; open: last notice", nil, []Operation{
			at("s", 10, 11, Signal, Args{Target: "a"}, okay), later(Open, Args{Name: "ip.tun0"}, fails(env.EINTR)),
		}},
		{"open: name made; open: tunnel registered; open: kstat made; open: tunnel made", nil, []Operation{one(Open, Args{Name: "ip.tun0"}, tun)}},
		{"open: device asked", func(s *System) {
			s.Links = append(s.Links, Link{MAC: "e1000g1", Class: env.ClassPhys, Absent: true})
		}, []Operation{one(Open, Args{Name: "e1000g1"}, Result{MAC: "e1000g1", Link: 7})}},
		{"open: device attached; open: asked again", func(s *System) {
			s.Links = []Link{{MAC: "net0", Class: env.ClassPhys, Absent: true}}
			s.Names = []Name{{ID: 1, Name: "net0", Class: env.ClassPhys, Dev: "net0"}}
		}, []Operation{
			at("a", 1, 4, Open, in5(Args{Name: "net0"}), Result{MAC: "net0", Link: 1}),
			at("b", 2, 3, SetZone, Args{Link: 1, Into: 5}, okay),
		}},
		{"open: device not told", func(s *System) { s.Faults = []Fault{{Err: env.ENOENT}} }, []Operation{
			one(Open, Args{Name: "e1000g0"}, fails(env.EINVAL)),
		}},
		{"open: name unknown", nil, []Operation{one(Open, Args{Name: "x0"}, gone)}},
		{"open: not there", created, []Operation{one(Open, Args{Name: "v1"}, gone)}},
		{"open: tunnel unfinished", func(s *System) {
			s.Links = append(s.Links, Link{MAC: "iptun3", Class: env.ClassIptun, ID: 3, Name: "ip.tun0"})
		}, []Operation{
			at("b", 1, 4, Destroy, Args{Link: 3}, okay),
			at("a", 2, 3, Open, Args{Name: "ip.tun0"}, fails(env.EINVAL)),
		}},
		{"open: tunnel to be made; open: name taken; open: name given up", nil, []Operation{
			at("a", 1, 6, Open, Args{Name: "ip.tun0"}, gone),
			at("b", 2, 3, RemapLinkid, Args{Link: 1, Name: "ip.tun0"}, okay),
			at("b", 4, 5, RemapLinkid, Args{Link: 1, Name: "net0"}, okay),
		}},
		{"open: exclusive", nil, []Operation{
			at("b", 1, 4, Rename, Args{Link: 2, Name: "w0"}, okay), at("a", 2, 3, PropGet, v0, fails(env.EBUSY)),
		}},
		{"stream: another zone's", nil, []Operation{one(StreamAttach, Args{MAC: "vnic0", Zone: 5}, gone)}},
		{"kstat: read", nil, []Operation{one(KstatRead, Args{Name: "v0"}, okay)}},
		{"kstat: none", nil, []Operation{one(KstatRead, Args{Name: "x0"}, gone)}},
		{"kstat: deleted", nil, []Operation{
			at("b", 1, 4, Destroy, v0, okay), at("a", 2, 3, KstatRead, Args{Name: "v0"}, fails(env.ENXIO)),
		}},
		{"kstat: not installed", nil, []Operation{
			at("b", 1, 4, Rename, Args{Link: 2, Name: "w0"}, okay),
			at("a", 2, 3, KstatRead, Args{Name: "w0"}, fails(env.EAGAIN)),
		}},
		{"property", nil, []Operation{one(PropGet, v0, okay)}},
		{"flow: link found; flow: removed", nil, []Operation{at("a", 1, 2, FlowAdd, v0, okay), at("a", 3, 4, FlowRemove, v0, okay)}},
		{"flow: walked", nil, []Operation{one(FlowWalk, v0, okay)}},
		{"flow: no link", nil, []Operation{one(FlowWalk, Args{Link: 99}, gone)}},
		{"flow: none", nil, []Operation{one(FlowRemove, v0, gone)}},
		{"upcall: no daemon", nil, []Operation{down, later(GetLinkid, Args{Name: "v0"}, fails(env.EBADF))}},
		{"upcall: interrupted", nil, []Operation{signal, later(GetLinkid, Args{Name: "v0"}, fails(env.EINTR))}},
		{"upcall: fault", faulty(env.ENOSPC), []Operation{one(GetLinkid, Args{Name: "v0"}, fails(env.ENOSPC))}},
	}
}

// TestEachRuleIsNeeded: each rule has a history that is explained, and not without the rule.
func TestEachRuleIsNeeded(t *testing.T) {
	rules := NewRules()
	left := rules.Names()
	for _, n := range needs() {
		h := &History{Start: system(), Ops: n.ops}
		if n.start != nil {
			n.start(&h.Start)
		}
		c := NewChecker(rules)
		if got := c.Check(h); got != OK {
			t.Errorf("the history of %s: %s", n.rules, c.Explain(h).Message())
			continue
		}
		for name := range strings.SplitSeq(n.rules, "; ") {
			at := slices.Index(left, name)
			if at < 0 {
				t.Errorf("there is no rule %q, or it has two histories", name)
				continue
			}
			left = slices.Delete(left, at, at+1)
			if got := NewChecker(rules.Without(name)).Check(h); got != NotLinearizable {
				t.Errorf("without the rule %q its history is %v", name, got)
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("rules without a history: %s", strings.Join(left, "; "))
	}
}

// TestRulesSayWhere: each rule has its sentence and its source, and a name of its own.
func TestRulesSayWhere(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range NewRules().list {
		if r.says == "" || r.from == "" || r.do == nil || len(r.ops) == 0 || len(r.answers) == 0 || seen[r.name] {
			t.Errorf("rule %q is not complete, or not the only one of that name", r.name)
		}
		seen[r.name] = true
	}
}
