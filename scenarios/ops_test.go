// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dlsim/scenarios"
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// answers runs one schedule of a scenario in detail and returns what the operations of the
// thread answered, in order.
func answers(t *testing.T, src, thread string) string {
	t.Helper()
	sc, err := scenarios.Parse("ops.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	r := program(t, sc, scenarios.Options{DebugKernel: true}).NewRunner(explore.CheckNames())
	defer r.Close()
	res := r.Run(sim.Config{Detail: true}, new(strategy.Random))
	if res.Outcome != sim.Passed {
		t.Fatalf("%v: %s", res.Outcome, res.Failure.Message)
	}
	var out []string
	for _, e := range r.World().Events() {
		for _, a := range e.Results {
			if e.Thread.Name() == thread {
				out = append(out, a[strings.LastIndex(a, " = ")+3:])
			}
		}
	}
	return strings.Join(out, " ")
}

// TestOperations runs every operation on one thread, where each answer is determined.
func TestOperations(t *testing.T) {
	const system = `name: ops
system:
  zones: [{name: web, id: 5}, {name: old, id: 6, state: down}, {name: new, id: 7, state: initialized}]
  links:
    - {name: net0, class: phys}
    - {name: vnic0, class: vnic, over: net0, props: [mtu]}
    - {name: sim0, class: simnet, absent: true}
    - {name: stub0, class: etherstub, absent: true}
    - {name: flow0, class: simnet, flows: 1}
    - {name: web0, class: vnic, over: net0, assigned: web}
    - {name: own0, class: vnic, over: net0, zone: web}
    - {name: net1, class: phys}
    - {name: net2, class: phys}
    - {name: net3, class: phys, mac: e1000g3, absent: true}
    - {name: old4, class: phys, mac: e1000g4, removed: true}
    - {name: net5, class: phys, mac: ixgbe5, legacy: true}
    - {name: e1000g6, class: phys, absent: true, known: false}
    - {name: aggr0, class: aggr, ports: [net1]}
    - {name: aggr1, class: aggr, ports: [net1], absent: true}
    - {name: tun0, class: iptun}
    - {name: tun1, class: iptun, tunnel: 6to4, absent: true, props: [hops]}
`
	for _, c := range []struct{ name, zone, steps, want string }{
		{
			"create and destroy", "", "create: sim0 | create: sim0 | create: stub0 | destroy: sim0 | destroy: sim0 | create: sim0",
			"0 EEXIST 0 0 ENOENT 0",
		},
		{"the linkid of a new link is its own", "", "{open: ip.tun7, as: t} | create: tun1 | close: t", "0 0 0"},
		{
			"delete with a flow", "", "destroy: flow0 | flow_remove: flow0 | flow_remove: flow0 | destroy: flow0",
			"ENOTEMPTY 0 ENOENT 0",
		},
		{
			"flows", "", "flow_add: vnic0 | flow_walk: vnic0 | destroy: vnic0 | flow_remove: vnic0 | destroy: vnic0 | flow_walk: vnic0",
			"0 0 ENOTEMPTY 0 0 ENOENT",
		},
		{
			"holds", "", "{hold: vnic0, as: h} | destroy: vnic0 | rele: h | rele: h | destroy: vnic0 | {hold: vnic0, as: h} | rele: h",
			"0 EBUSY 0 0 ENOENT",
		},
		{
			"temporary holds", "", "{hold_tmp: vnic0, as: h} | prop_task_wait: h | rele_tmp: h | {hold_tmp_by_link: vnic0, as: h} | rele_tmp: h | {hold_tmp_by_link: sim0, as: g}",
			"0 0 0 0 0 ENOENT",
		},
		{"properties", "", "prop_set: vnic0 | prop_get: vnic0 | prop_get: sim0 | prop_set: sim0", "0 0 ENOENT ENOENT"},
		{
			"zones", "", "setzone: {link: vnic0, zone: web} | getzone: vnic0 | destroy: vnic0 | setzone: {link: vnic0, zone: global} | setzone: {link: own0, zone: global} | destroy: vnic0",
			"0 0 EBUSY 0 ENOENT 0",
		},
		{
			"zones from inside", "web", "setzone: {link: web0, zone: global} | prop_get: web0 | prop_get: net0 | get_linkid: net0 | get_linkid: web0",
			"ENOENT ENOENT ENOENT ENOENT 0",
		},
		{
			"zone shutdown", "", "zone_shutdown: web | getzone: web0 | destroy: web0 | zone_shutdown: web | zone_state: {zone: web, state: running} | zone_state: {zone: old, state: dying}",
			"0 0 0 0 EINVAL 0",
		},
		{
			"zones come and go", "", "zone_boot: new | zone_boot: new | setzone: {link: vnic0, zone: new} | zone_destroy: new | zone_halt: new | zone_halt: new | getzone: vnic0 | zone_halt: web | get_linkinfo: own0 | zone_destroy: old",
			"0 EINVAL 0 EBUSY 0 EINVAL 0 0 ENOENT 0",
		},
		{
			"kstats", "", "kstat_read: vnic0 | kstat_read: {link: vnic0, zone: web} | kstat_read: {link: web0, zone: web} | kstat_read: sim0",
			"0 ENOENT 0 ENOENT",
		},
		{
			"lookups", "", "macname2linkid: vnic0 | macname2linkid: sim0 | get_linkid: vnic0 | get_linkid: nowhere | get_linkinfo: vnic0 | islinkvisible: {link: web0, zone: web}",
			"0 ENOENT 0 ENOENT 0 0",
		},
		{
			"daemon", "", "daemon_crash | get_linkid: vnic0 | prop_get: vnic0 | create: sim0 | daemon_start | get_linkid: vnic0 | daemon_stop | get_linkid: vnic0 | daemon_start | create: sim0",
			"0 EBADF 0 EBADF 0 0 0 EBADF 0 0",
		},
		{
			"/dev/net", "", "{open: vnic0, as: o} | destroy: vnic0 | close: o | {open: nowhere, as: n} | {open: web0, as: w} | readdir | rebuild | close: w | destroy: vnic0",
			"0 EBUSY 0 ENOENT 0 0 0 0 0",
		},
		{
			"/dev/net from inside", "web", "{open: web0, as: o} | {open: vnic0, as: p} | readdir | close: o",
			"0 ENOENT 0 0",
		},
		{
			"streams", "", "{stream_open: vnic0, as: s} | {stream_attach: vnic0, as: r} | destroy: vnic0 | stream_detach: s | stream_detach: r | destroy: vnic0 | {stream_attach: vnic0, as: r}",
			"0 0 EBUSY 0 0 0 ENOENT",
		},
		{
			"a stream in the zone keeps the link there", "web", "{stream_open: web0, as: s} | stream_detach: s | {stream_open: net0, as: r}",
			"0 0 ENOENT",
		},
		{
			"by device", "", "{hold_by_dev: vnic0, as: h} | rele: h | dev2linkid: vnic0 | dev2linkid: sim0 | phydev: net0 | phydev: vnic0",
			"0 0 0 ENOENT 0 EINVAL",
		},
		{
			"rename", "", "rename: {link: vnic0, to: web9} | get_linkid: web9 | get_linkid: vnic0 | rename: {link: vnic0, to: web9} | {hold: vnic0, as: h} | rename: {link: vnic0, to: x9} | rele: h | {open: web9, as: o} | close: o",
			"0 0 ENOENT EEXIST 0 EBUSY 0 0 0",
		},
		{
			"aggregations", "", "create: aggr1 | aggr_add_port: {link: aggr1, port: net2} | aggr_add_port: {link: aggr1, port: net2} | rename: {link: aggr1, to: bond0} | aggr_remove_port: {link: aggr1, port: net2} | aggr_remove_port: {link: aggr1, port: net2} | destroy: aggr1 | aggr_add_port: {link: aggr1, port: net2}",
			"0 0 EEXIST 0 0 ENOENT 0 ENOENT",
		},
		{
			"tunnels", "", "create: tun1 | create: tun1 | iptun_info: tun1 | prop_set: tun1 | {stream_open: tun1, as: s} | destroy: tun1 | stream_detach: s | destroy: tun1 | iptun_info: tun1",
			"0 EEXIST 0 0 0 EBUSY 0 0 ENOENT",
		},
		{
			"implicit tunnels", "", "{open: ip.tun0, as: o} | {open: ip.tun0, as: p} | get_linkid: ip.tun0 | close: o | get_linkid: ip.tun0 | close: p | get_linkid: ip.tun0 | {open: ip6.tun3, as: o} | close: o | {open: ip.6to4tun0, as: o} | close: o",
			"0 0 0 0 0 0 ENOENT 0 0 0 0",
		},
		{"tunnels of a zone", "web", "destroy: tun0 | {open: ip.tun0, as: o} | close: o", "EACCES 0 0"},
		{
			"devices", "", "attach: net3 | attach: net3 | delay: 1s | prop_get: net3 | {open: net3, as: o} | detach: net3 | close: o | detach: net3 | detach: net3 | attach: net3 | delay: 1s | prop_get: net3",
			"0 EEXIST 0 0 0 EBUSY 0 0 ENOENT 0 0 0",
		},
		{
			"legacy devices", "", "prop_get: net5 | {stream_open: net5, as: s} | detach: net5 | stream_detach: s | detach: net5 | attach: net5 | delay: 1s | prop_get: net5",
			"0 0 EBUSY 0 0 0 0 0",
		},
		{
			"a device that nobody has seen is attached by its name", "", "{open: e1000g6, as: o} | close: o | prop_get: net3 | phys_attr: net3 | phydev: net3 | phys_attr: vnic0",
			"0 0 ENOENT 0 0 EINVAL",
		},
		{
			"attached while the daemon is away", "", "daemon_stop | attach: net3 | delay: 1s | prop_get: net3 | daemon_start | prop_get: net3 | delay: 1s | detach: net3",
			"0 0 0 ENOENT 0 0 0 0",
		},
		{
			"rename onto a removed link", "", "detach: net1 | rename: {link: net2, onto: old4} | get_linkid: old4 | get_linkid: net2 | prop_get: old4 | rename: {link: old4, onto: net3} | rename: {link: vnic0, onto: old4}",
			"EBUSY 0 0 ENOENT 0 EEXIST EEXIST",
		},
		{"link state", "", "link_state: vnic0 | link_state: sim0", "0 ENOENT"},
		{"signals", "", "signal: admin | get_linkid: vnic0 | prop_get: vnic0", "0 EINTR 0"},
		{"control", "", "delay: 2s | repeat: {times: 2, steps: [prop_get: vnic0]} | kmem_reap", "0 0 0 0 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			zone := c.zone
			if zone == "" {
				zone = "global"
			}
			src := system + "threads:\n  admin:\n    zone: " + zone + "\n    steps:\n"
			for _, s := range strings.Split(c.steps, " | ") {
				src += "      - " + s + "\n"
			}
			if d := cmp.Diff(c.want, answers(t, src, "admin")); d != "" {
				t.Errorf("answers differ (-want +got):\n%s", d)
			}
		})
	}
}

// TestBarrier expects that no thread passes a barrier before all have reached it.
func TestBarrier(t *testing.T) {
	sc, err := scenarios.Parse("b.yaml", []byte(`name: b
system: {links: [{name: net0, class: phys}, {name: vnic0, class: vnic, over: net0}]}
threads:
  a: [barrier: {name: x, threads: 2}, {hold: vnic0, as: h}, rele: h]
  b: [destroy: vnic0, barrier: {name: x, threads: 2}]
`))
	if err != nil {
		t.Fatal(err)
	}
	r := program(t, sc, scenarios.Options{}).NewRunner(explore.CheckNames())
	defer r.Close()
	for seed := range uint64(300) {
		if res := r.Run(sim.Config{Detail: true}, &strategy.Random{Seed: seed}); res.Outcome != sim.Passed {
			t.Fatal(res.Failure.Message)
		}
		for _, e := range r.World().Events() {
			for _, a := range e.Results {
				if strings.HasPrefix(a, "{hold: vnic0") && !strings.HasSuffix(a, "ENOENT") {
					t.Fatalf("seed %d: the hold came before the delete: %s", seed, a)
				}
			}
		}
	}
}

// TestFaults expects each fault to strike where it says and nowhere else.
func TestFaults(t *testing.T) {
	const system = "name: f\nsystem: {links: [{name: net0, class: phys}, {name: sim0, class: simnet, absent: true}]}\n"
	for _, c := range []struct{ name, fault, steps, want string }{
		{"an answer", "{upcall: GETLINKID, errno: ENOSPC}", "get_linkid: net0 | get_linkid: net0", "ENOSPC 0"},
		{"after and times", "{upcall: GETLINKID, errno: EINVAL, after: 1, times: 2}", "get_linkid: net0 | get_linkid: net0 | get_linkid: net0 | get_linkid: net0", "0 EINVAL EINVAL 0"},
		{"another upcall", "{upcall: GETNAME, errno: ENOENT}", "get_linkid: net0 | get_linkinfo: net0", "0 ENOENT"},
		{"any upcall", "{upcall: any, errno: EINVAL}", "get_linkinfo: net0 | get_linkinfo: net0", "EINVAL 0"},
		{"two retries of EAGAIN", "{upcall: GETLINKID, errno: EAGAIN, times: 2}", "get_linkid: net0", "0"},
		{"EAGAIN for good", "{upcall: GETLINKID, errno: EAGAIN, times: 3}", "get_linkid: net0", "EAGAIN"},
		{"another thread", "{upcall: GETLINKID, errno: EINTR, thread: other}", "get_linkid: net0", "0"},
		{"interrupted in create", "{upcall: GETNAME, errno: EINTR}", "create: sim0 | create: sim0", "EINTR 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := system + "faults: [" + c.fault + "]\nthreads:\n  other: [delay: 1h]\n  admin:\n"
			for _, s := range strings.Split(c.steps, " | ") {
				src += "    - " + s + "\n"
			}
			if d := cmp.Diff(c.want, answers(t, src, "admin")); d != "" {
				t.Errorf("answers differ (-want +got):\n%s", d)
			}
		})
	}
}
