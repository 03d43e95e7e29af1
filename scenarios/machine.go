// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"slices"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
)

// machine is a kernel that runs one scenario, one schedule after the other.
type machine struct {
	sc       *Scenario
	cfg      devnet.Config
	stale    bool // check the tables at the end
	answers  bool // check what steps must answer
	kernel   devnet.Kernel
	actors   []*actor
	boot     env.Context // of the thread that brings the system up
	faults   []fault
	barriers []*barrier
	procs    []env.Process
	history  history
	quiet    bool       // the schedule has come to its end: all that was begun is done
	reserved env.LinkID // highest linkid that a thread gives a new link
}

func newMachine(sc *Scenario, cfg devnet.Config, stale bool) *machine {
	m := &machine{sc: sc, cfg: cfg, stale: stale}
	for i := range sc.Threads {
		a := &actor{m: m, spec: &sc.Threads[i], handles: make(map[string]env.DLHandle), holds: make(map[string]*hold), macs: make(map[string]string)}
		a.run = a.main
		m.actors = append(m.actors, a)
		m.addBarriers(sc.Threads[i].Steps)
		m.reserve(sc.Threads[i].Steps)
	}
	m.procs = make([]env.Process, len(sc.Processes))
	m.faults = make([]fault, len(sc.Faults))
	for i := range sc.Faults {
		m.faults[i].Fault = &sc.Faults[i]
		m.faults[i].errno, _ = env.ParseErrno(sc.Faults[i].Errno)
	}
	m.history.Start = systemOf(m)
	return m
}

// reserve notes the linkids that the steps give new links.
func (m *machine) reserve(steps []Step) {
	for i := range steps {
		switch a := steps[i].Args.(type) {
		case *createArgs:
			m.reserved = max(m.reserved, env.LinkID(m.sc.link(a.Link).ID))
		case *repeatArgs:
			m.reserve(a.Steps)
		}
	}
}

// main is the first thread of a schedule: it brings the system up, lets the scenario's
// threads run, and when nothing is going on any more looks at what is left.
func (m *machine) main(t *sim.Thread) {
	m.quiet = false
	m.bringUp(t)
	m.history.reset()
	if m.history.on {
		m.kernel.Links.Events = &m.history
	}
	for i := range m.procs {
		m.procs[i].Init(t.World(), m.sc.Processes[i].Name)
	}
	for _, a := range m.actors {
		a.context = env.Context{User: true, Zone: m.zoneID(a.spec.Zone)}
		clear(a.handles)
		a.killed = false
		t.World().Register(&a.life, "user thread", a.spec.Name, 0, nil)
		a.thread = t.Fork(a.spec.Name, 0, a.run)
		a.thread.SetLocal(&a.context)
	}
	for i := range m.procs {
		for _, name := range m.sc.Processes[i].Threads {
			a := m.actor(name)
			a.context.Process = &m.procs[i]
			m.procs[i].Add(t, a.thread)
		}
	}
	t.Quiesce()
	m.settle(t)
	m.quiet = true
	if m.stale {
		m.kernel.CheckStale(t)
	}
	m.kernel.CheckRefs(t, m.open)
}

// settle lets the outside do what it does in the end: a halted daemon goes on, and one that has not done, or
// denied, what it was asked to, because of a fault, is started again. What that does not put right stays.
func (m *machine) settle(t *sim.Thread) {
	d := &m.kernel.Daemon
	if d.Process().Halted() {
		d.Resume(t)
		t.Quiesce()
	}
	m.kernel.Links.Events = nil // what comes now is not judged
	m.kernel.Door.Interfere = nil
	struck := slices.ContainsFunc(m.faults, func(f fault) bool { return f.struck })
	if struck && d.Up() {
		d.Crash(t)
		d.Start(t)
		t.Quiesce()
	}
}

// bringUp makes what the scenario's system says, without exploring.
func (m *machine) bringUp(t *sim.Thread) {
	w := t.World()
	w.Sequential(true)
	m.kernel.Init(w, m.cfg)
	m.boot = env.Context{User: true}
	m.kernel.Zones.Kill = m.killZone
	t.SetLocal(&m.boot)
	for _, b := range m.barriers {
		b.init(w)
	}
	for i := range m.sc.System.Zones {
		z := &m.sc.System.Zones[i]
		s, _ := zone.ParseStatus(z.State)
		m.kernel.Zones.Add(w, env.ZoneID(z.ID), z.Name, s).Shared = z.IP == "shared"
	}
	switch m.sc.System.Daemon {
	case "forks":
		m.kernel.Daemon.Forks = dlmgmtd.ForksAlways
	case "forks-for-files":
		m.kernel.Daemon.Forks = dlmgmtd.ForksForFiles
	default:
		m.kernel.Daemon.Forks = dlmgmtd.ForksNever
	}
	m.kernel.Daemon.Start(t)
	m.kernel.Daemon.Reserve(m.reserved)
	for i := range m.sc.System.Links {
		l := &m.sc.System.Links[i]
		if l.Class == "phys" && !l.Removed {
			m.kernel.DDI.Add(l.MAC, l.Legacy)
		}
		switch {
		case !l.Absent && !l.Removed:
			m.bringUpLink(t, l)
		case l.Class == "phys" && l.Known:
			m.kernel.Daemon.Add(m.entry(l))
		}
	}
	for i := range m.sc.System.Links { // name_to_major has the drivers of those that are not there, too
		m.kernel.DDI.Device(m.sc.System.Links[i].MAC)
	}
	for i := range m.faults {
		f := &m.faults[i]
		f.seen, f.struck = 0, false
		w.Register(&f.obj, "fault", f.Upcall, i+1, nil)
	}
	if len(m.faults) > 0 {
		m.kernel.Door.Interfere = m.interfere
	}
	w.Sequential(false)
}

func (m *machine) bringUpLink(t *sim.Thread, l *Link) {
	owner := m.zoneID(l.Zone)
	id := env.LinkID(l.ID)
	m.boot.Zone = owner
	entry := m.entry(l)
	m.kernel.Daemon.Add(entry)
	create := m.driverCreate
	if entry.Class == env.ClassPhys {
		create = m.placeDevice
	}
	if l.Unloaded {
		m.kernel.Door.Interfere = noAnswer
	}
	err := create(t, l)
	t.Quiesce()
	m.kernel.Door.Interfere = nil
	m.boot.Zone = env.GlobalZone
	if err == 0 && l.Assigned != "" {
		err = m.kernel.DLD.SetZone(t, id, m.zoneID(l.Assigned))
	}
	if err != 0 {
		t.Fail(kindSetup, l.Name, "link "+l.Name+" cannot be brought up: "+err.String())
	}
	if l.Flows > 0 {
		m.kernel.MAC.Lookup(l.MAC).AddFlows(l.Flows)
	}
}

// entry is what the daemon knows of a link.
func (m *machine) entry(l *Link) dlmgmtd.Link {
	k := dlmgmtd.Link{
		ID: env.LinkID(l.ID), Name: l.Name, Class: env.Class(l.Class), Zone: m.zoneID(l.Zone), Props: l.Props,
	}
	if k.Class == env.ClassPhys {
		k.DevName, k.Dev = l.MAC, m.kernel.DDI.Device(l.MAC)
	}
	return k
}

// kindSetup is the kind of a failure to bring the system up, which is a mistake in the
// scenario; see NewProgram.
const kindSetup sim.Kind = "setup"

// driverCreate creates a link in its driver, in the zone of the thread.
func (m *machine) driverCreate(t *sim.Thread, l *Link) env.Errno {
	id := env.LinkID(l.ID)
	switch env.Class(l.Class) {
	case env.ClassVNIC:
		return m.kernel.VNIC.Create(t, id, l.MAC, env.LinkID(m.sc.link(l.Over).ID))
	case env.ClassEtherstub:
		return m.kernel.VNIC.Create(t, id, l.MAC, env.InvalidLinkID)
	case env.ClassSimnet:
		return m.kernel.Simnet.Create(t, id, l.MAC)
	case env.ClassAggr:
		var ports []env.LinkID
		for _, p := range l.Ports {
			ports = append(ports, env.LinkID(m.sc.link(p).ID))
		}
		return m.kernel.Aggr.Create(t, id, l.MAC, ports)
	case env.ClassIptun:
		return m.kernel.Iptun.Create(t, env.Tunnel{Link: id, Type: env.TunnelType(l.Tunnel)}, env.Of(t).Zone)
	}
	panic("engine bug: no driver for class " + l.Class)
}

// placeDevice makes a physical link whose device was attached long ago.
func (m *machine) placeDevice(t *sim.Thread, l *Link) env.Errno {
	mac, err := m.kernel.MAC.Register(t, l.MAC, env.ClassPhys, nil)
	if err != 0 {
		return err
	}
	mac.HasOpen = l.Legacy
	d := m.kernel.DDI.Find(l.MAC)
	if l.Legacy {
		d.Place(nil)
	} else {
		d.Place(mac)
	}
	m.kernel.Softmac.Place(t.World(), d, mac)
	return m.kernel.DLS.DevnetCreate(t, mac, env.LinkID(l.ID), env.GlobalZone)
}

// driverDelete deletes a virtual link in its driver.
func (m *machine) driverDelete(t *sim.Thread, l *Link, id env.LinkID) env.Errno {
	switch env.Class(l.Class) {
	case env.ClassSimnet:
		return m.kernel.Simnet.Delete(t, id)
	case env.ClassAggr:
		return m.kernel.Aggr.Delete(t, id)
	case env.ClassIptun:
		return m.kernel.Iptun.Delete(t, id, env.Of(t).Zone)
	}
	return m.kernel.VNIC.Delete(t, id)
}

// zoneID returns the id of a declared zone; "" and "global" are the global zone.
func (m *machine) zoneID(name string) env.ZoneID {
	if z := m.sc.zone(name); z != nil {
		return env.ZoneID(z.ID)
	}
	return env.GlobalZone
}

// actor returns the thread of the scenario with the given name.
func (m *machine) actor(name string) *actor {
	for _, a := range m.actors {
		if a.spec.Name == name {
			return a
		}
	}
	panic("engine bug: unknown thread " + name)
}

// process returns the process of the scenario with the given name.
func (m *machine) process(name string) *env.Process {
	for i := range m.procs {
		if m.sc.Processes[i].Name == name {
			return &m.procs[i]
		}
	}
	panic("engine bug: unknown process " + name)
}

// killZone ends the processes of a zone: each finishes the operation it is in, with a signal
// pending, does no other, and closes what it has open.
func (m *machine) killZone(t *sim.Thread, id env.ZoneID) {
	c := &call{m: m, t: t}
	for _, a := range m.actors {
		if a.thread != nil && a.context.Zone == id && a.thread != t {
			t.Touch(&a.life, sim.Write)
			a.killed = true
			c.signal(a)
		}
	}
	for _, a := range m.actors {
		if a.killed && a.context.Zone == id {
			t.Join(a.thread)
			a.closeAll(t)
		}
	}
}
