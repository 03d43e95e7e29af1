// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"testing"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/strategy"
)

// machine is a booted kernel with the physical link net0 (linkid 1) and the name v0
// (linkid 2) known to the daemon.
type machine struct {
	*devnet.Kernel
	user env.Context
}

func (m *machine) boot(t *sim.Thread, cfg devnet.Config) {
	t.World().Sequential(true)
	m.Init(t.World(), cfg)
	m.user = env.Context{User: true}
	t.SetLocal(&m.user)
	m.Daemon.Start(t)
	m.Daemon.Add(dlmgmtd.Link{ID: 1, Name: "net0", Class: env.ClassPhys})
	m.Daemon.Add(dlmgmtd.Link{ID: 2, Name: "v0", Class: env.ClassVNIC, Props: []string{"mtu"}})
	mac, _ := m.MAC.Register(t, "e1000g0", env.ClassPhys, nil)
	if err := m.DLS.DevnetCreate(t, mac, 1, env.GlobalZone); err != 0 {
		t.Fail(sim.KindPanic, "boot", "create net0: "+err.String())
	}
	t.Quiesce()
	t.World().Sequential(false)
}

func run(t *testing.T, schedules int, cfg devnet.Config, body func(m *machine, t *sim.Thread)) map[string]int {
	t.Helper()
	w := sim.New()
	defer w.Close()
	m := &machine{Kernel: new(devnet.Kernel)}
	found := make(map[string]int)
	for seed := range schedules {
		r := w.Run(sim.Config{Monitor: new(check.Deadlock)}, &strategy.Random{Seed: uint64(seed)}, func(st *sim.Thread) {
			m.boot(st, cfg)
			body(m, st)
			st.Quiesce()
			m.CheckStale(st)
		})
		if r.Failure != nil {
			if found[r.Failure.Message] == 0 {
				t.Logf("seed %d step %d: %s: %s %s", seed, r.Steps, r.Failure.Kind, r.Failure.Message, r.Failure.Stack)
			}
			found[r.Failure.Message]++
		} else if r.Outcome != sim.Passed {
			found[r.Outcome.String()]++
		}
	}
	return found
}

func TestSmoke(t *testing.T) {
	found := run(t, 2000, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		t.Spawn("admin", func(t *sim.Thread) {
			t.SetLocal(&m.user)
			if err := m.VNIC.Create(t, 2, "vnic0", 1); err != 0 {
				t.Fail(sim.KindPanic, "x", "create: "+err.String())
			}
			if err := m.VNIC.Delete(t, 2); err != 0 {
				t.Fail(sim.KindPanic, "x", "delete: "+err.String())
			}
		})
		t.Spawn("prober", func(t *sim.Thread) {
			t.SetLocal(&m.user)
			if kid := m.Kstat.Lookup(t, "v0", 0); kid != 0 {
				m.Kstat.Read(t, kid)
			}
			m.DLD.SetMacProp(t, 2, "mtu")
			m.DLD.FlowWalk(t, 2)
		})
	})
	if len(found) > 0 {
		t.Fatal(found)
	}
}
