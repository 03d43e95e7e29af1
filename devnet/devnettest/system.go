// SPDX-License-Identifier: CDDL-1.0

// Package devnettest boots whole systems for the tests of the environment's packages, where a
// neighbour is best tested against the real others.
package devnettest

import (
	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
)

// The linkids of a system's links.
const (
	Net0 env.LinkID = iota + 1 // a physical link that is there, with MAC e1000g0
	Net1                       // another, with MAC e1000g1
	Aggr                       // bond0, an aggregation to be
	Tun                        // tun0, a tunnel to be
	Sim                        // sim0, a simnet to be
	VNIC                       // v0, a VNIC to be
	Dev                        // dev2, whose device e1000g2 is not attached
	Old                        // old0, a physical link whose device is gone
	Web                        // web0, a link that zone 5 is to own
)

// System is a booted system with a running zone 5, whose daemon knows the links above.
type System struct {
	devnet.Kernel
	user, web env.Context
}

// Boot boots a system. What it does is not explored.
func Boot(t *sim.Thread) *System {
	s := new(System)
	w := t.World()
	w.Sequential(true)
	s.Init(w, devnet.Config{Debug: true})
	s.user, s.web = env.Context{User: true}, env.Context{User: true, Zone: 5}
	t.SetLocal(&s.user)
	s.Zones.Add(w, 5, "web", zone.Running)
	s.Daemon.Start(t)
	for i, mac := range []string{"e1000g0", "e1000g1"} {
		d := s.DDI.Add(mac, false)
		id := Net0 + env.LinkID(i)
		s.Daemon.Add(dlmgmtd.Link{ID: id, Name: []string{"net0", "net1"}[i], Class: env.ClassPhys, DevName: mac, Dev: d.Dev})
		m, err := s.MAC.Register(t, mac, env.ClassPhys, nil)
		envtest.Equal(t, "register", err, 0)
		d.Place(m)
		s.Softmac.Place(w, d, m)
		envtest.Equal(t, "create", s.DLS.DevnetCreate(t, m, id, env.GlobalZone), 0)
	}
	for _, k := range []dlmgmtd.Link{
		{ID: Aggr, Name: "bond0", Class: env.ClassAggr},
		{ID: Tun, Name: "tun0", Class: env.ClassIptun},
		{ID: Sim, Name: "sim0", Class: env.ClassSimnet},
		{ID: VNIC, Name: "v0", Class: env.ClassVNIC},
		{ID: Dev, Name: "dev2", Class: env.ClassPhys, DevName: "e1000g2", Dev: s.DDI.Add("e1000g2", false).Dev},
		{ID: Old, Name: "old0", Class: env.ClassPhys, DevName: "e1000g9", Dev: s.DDI.Device("e1000g9")},
		{ID: Web, Name: "web0", Class: env.ClassVNIC, Zone: 5},
	} {
		s.Daemon.Add(k)
	}
	t.Quiesce()
	w.Sequential(false)
	return s
}

// Quiet runs work, and whatever follows from it, without exploring.
func (s *System) Quiet(t *sim.Thread, work func()) {
	t.World().Sequential(true)
	work()
	t.Quiesce()
	t.World().Sequential(false)
}

// Go runs work on a thread of a process of the global zone.
func (s *System) Go(t *sim.Thread, name string, work func(t *sim.Thread)) *sim.Thread {
	return s.in(t, name, &s.user, work)
}

// InZone runs work on a thread of a process of zone 5.
func (s *System) InZone(t *sim.Thread, name string, work func(t *sim.Thread)) *sim.Thread {
	return s.in(t, name, &s.web, work)
}

func (s *System) in(t *sim.Thread, name string, c *env.Context, work func(t *sim.Thread)) *sim.Thread {
	return t.Spawn(name, func(t *sim.Thread) {
		t.SetLocal(c)
		work(t)
	})
}

// Settled waits until all is over and expects tables that agree.
func (s *System) Settled(t *sim.Thread) {
	t.Quiesce()
	s.CheckStale(t)
}
