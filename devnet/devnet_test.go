// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"slices"
	"strings"
	"testing"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/simtest"
	"dlsim/sim/strategy"
)

// Linkids that the daemon of a machine knows.
const (
	idNet0 env.LinkID = iota + 1 // the physical link, with MAC e1000g0
	idV0                         // v0, for a VNIC
	idWeb0                       // web0, for a VNIC of zone 5
	idSim0                       // sim0, for a simnet
	idNet1                       // net1, another physical link
)

// machine is a booted kernel with the physical link net0 and the running zones 5 and 6.
type machine struct {
	*devnet.Kernel
	user env.Context // of a process of the global zone
	web  env.Context // of a process of zone 5
	// disagrees says that the test brings about tables that disagree, and has looked itself.
	disagrees bool
}

func (m *machine) boot(t *sim.Thread, cfg devnet.Config) {
	t.World().Sequential(true)
	m.Init(t.World(), cfg)
	m.disagrees = false
	m.user = env.Context{User: true}
	m.web = env.Context{User: true, Zone: 5}
	t.SetLocal(&m.user)
	m.Zones.Add(t.World(), 5, "web", zone.Running)
	m.Zones.Add(t.World(), 6, "db", zone.Running)
	m.Daemon.Start(t)
	m.Daemon.Add(dlmgmtd.Link{ID: idNet0, Name: "net0", Class: env.ClassPhys})
	m.Daemon.Add(dlmgmtd.Link{ID: idV0, Name: "v0", Class: env.ClassVNIC, Props: []string{"mtu"}})
	m.Daemon.Add(dlmgmtd.Link{ID: idWeb0, Name: "web0", Class: env.ClassVNIC, Zone: 5})
	m.Daemon.Add(dlmgmtd.Link{ID: idSim0, Name: "sim0", Class: env.ClassSimnet})
	m.Daemon.Add(dlmgmtd.Link{ID: idNet1, Name: "net1", Class: env.ClassPhys})
	mac, _ := m.MAC.Register(t, "e1000g0", env.ClassPhys, nil)
	ok(t, "create net0", m.DLS.DevnetCreate(t, mac, idNet0, env.GlobalZone))
	t.Quiesce()
	t.World().Sequential(false)
}

// in runs fn in a thread of its own, in the process with context c.
func in(t *sim.Thread, name string, c *env.Context, fn func(t *sim.Thread)) *sim.Thread {
	return t.Spawn(name, func(t *sim.Thread) {
		t.SetLocal(c)
		fn(t)
	})
}

// setup runs fn without exploring, in the process with context c.
func setup(t *sim.Thread, c *env.Context, fn func()) {
	was := t.Local()
	t.SetLocal(c)
	t.World().Sequential(true)
	fn()
	t.Quiesce()
	t.World().Sequential(false)
	t.SetLocal(was)
}

func ok(t *sim.Thread, what string, err env.Errno) {
	envtest.Equal(t, what, err, 0)
}

func (m *machine) read(t *sim.Thread, name string, z env.ZoneID) env.Errno {
	if kid := m.Kstat.Lookup(t, name, z); kid != 0 {
		return m.Kstat.Read(t, kid)
	}
	return env.ENXIO
}

// devnet returns the devnet of a MAC, which must be there.
func (m *machine) devnet(t *sim.Thread, mac string) devnet.Fields {
	f, found := m.DLS.ByMAC(mac)
	envtest.Check(t, found, "%s has no devnet", mac)
	return f
}

// finding is a failure that random search has found.
type finding struct {
	kind    sim.Kind
	message string
	sites   []string // in the C file, of the threads involved
	count   int
}

// explore runs body in random schedules, then waits until all is quiet and looks for tables
// that disagree. It returns the distinct failures, and ends early once there is one for
// which enough says so.
func explore(
	t *testing.T, schedules int, cfg devnet.Config, enough func(*finding) bool,
	body func(m *machine, t *sim.Thread),
) []*finding {
	t.Helper()
	w := sim.New()
	defer w.Close()
	m := &machine{Kernel: new(devnet.Kernel)}
	var found []*finding
	for seed := range schedules {
		run := func(detail bool) sim.Result {
			c := sim.Config{Monitor: new(check.Deadlock), Detail: detail}
			return w.Run(c, &strategy.Random{Seed: uint64(seed)}, func(st *sim.Thread) {
				m.boot(st, cfg)
				body(m, st)
				st.Quiesce()
				if !m.disagrees {
					m.CheckStale(st)
				}
			})
		}
		r := run(false)
		if r.Outcome == sim.Passed {
			continue
		}
		digest := r.Digest
		if r = run(true); r.Digest != digest {
			t.Fatalf("seed %d: the detailed run is another one", seed)
		}
		f := describe(r)
		same := func(g *finding) bool { return g.kind == f.kind && slices.Equal(g.sites, f.sites) }
		if i := slices.IndexFunc(found, same); i >= 0 {
			found[i].count++
			continue
		}
		t.Logf("seed %d: %s: %s %v", seed, f.kind, f.message, f.sites)
		found = append(found, f)
		if enough != nil && enough(f) {
			break
		}
	}
	return found
}

var sites = devnet.NewSites()

func describe(r sim.Result) *finding {
	f := &finding{kind: "unknown", count: 1}
	if r.Failure == nil {
		return f
	}
	f.kind, f.message = r.Failure.Kind, r.Failure.Message
	at := func(p sim.Point) {
		if s := sites.Resolve(p.PCs); !s.IsZero() {
			f.sites = append(f.sites, s.String())
		}
	}
	for _, e := range r.Failure.Cycle {
		for _, s := range r.Failure.States {
			if s.Thread == e.Thread {
				at(s.At)
			}
		}
	}
	if len(f.sites) == 0 {
		at(r.Failure.At)
		at(r.Failure.Other)
	}
	slices.Sort(f.sites)
	return f
}

// clean expects no failure in any of the schedules, of which there are fewer with -short.
func clean(t *testing.T, schedules int, cfg devnet.Config, body func(m *machine, t *sim.Thread)) {
	t.Helper()
	for _, f := range explore(t, simtest.Fewer(schedules), cfg, nil, body) {
		t.Errorf("%d of %d schedules: %s: %s at %v", f.count, schedules, f.kind, f.message, f.sites)
	}
}

// finds expects a failure of the given kind at the given places of the C file, among others,
// and with text in its message.
func finds(
	t *testing.T, schedules int, cfg devnet.Config, kind sim.Kind, text string, at []string,
	body func(m *machine, t *sim.Thread),
) {
	t.Helper()
	wanted := func(f *finding) bool {
		return f.kind == kind && strings.Contains(f.message, text) &&
			!slices.ContainsFunc(at, func(s string) bool { return !slices.Contains(f.sites, s) })
	}
	if found := explore(t, schedules, cfg, wanted, body); !slices.ContainsFunc(found, wanted) {
		t.Errorf("no %s with %q at %v in %d schedules", kind, text, at, schedules)
	}
}

// everywhere runs a test in all four kernels.
func everywhere(t *testing.T, test func(t *testing.T, cfg devnet.Config)) {
	for _, c := range []struct {
		name string
		cfg  devnet.Config
	}{
		{"production", devnet.Config{}},
		{"debug", devnet.Config{Debug: true, DebugKmem: true}},
		{"debug with recycling caches", devnet.Config{Debug: true}},
		{"one task thread", devnet.Config{Debug: true, Backing: true}},
	} {
		t.Run(c.name, func(t *testing.T) { test(t, c.cfg) })
	}
}

func TestCreateUseAndDelete(t *testing.T) {
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		clean(t, 1500, cfg, func(m *machine, t *sim.Thread) {
			in(t, "admin", &m.user, func(t *sim.Thread) {
				ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0))
				ok(t, "delete", m.VNIC.Delete(t, idV0))
			})
			in(t, "prober", &m.user, func(t *sim.Thread) {
				m.read(t, "v0", 0)
				m.DLD.SetMacProp(t, idV0, "mtu")
				m.DLD.FlowWalk(t, idV0)
			})
		})
	})
}
