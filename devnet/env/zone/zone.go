// SPDX-License-Identifier: CDDL-1.0

// Package zone is the part of os/zone.c that datalinks meet (environment.md 8): the status
// ladder, lookups that hide zones outside READY..DOWN, and the list of datalinks of each
// zone, which only the daemon edits. The zone locks are leaves: one step an operation.
package zone

import (
	"slices"

	"dlsim/devnet/env"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
)

// Status is a zone_status_t; it only ever goes up.
type Status uint8

// The ladder.
const (
	Uninitialized Status = iota
	Initialized
	Ready
	Booting
	Running
	ShuttingDown
	Empty
	Down
	Dying
	Dead
)

var statusNames = [...]string{
	"uninitialized", "initialized", "ready", "booting", "running",
	"shutting_down", "empty", "down", "dying", "dead",
}

func (s Status) String() string { return statusNames[s] }

// ParseStatus returns the status with the given name.
func ParseStatus(name string) (Status, bool) {
	for i, n := range statusNames {
		if n == name {
			return Status(i), true
		}
	}
	return 0, false
}

var (
	opFind        = &sim.OpType{Name: "zone_find_by_id", Access: sim.Write}
	opStatus      = &sim.OpType{Name: "zone_status_get", Access: sim.Read}
	opSet         = &sim.OpType{Name: "zone_status_set", Access: sim.Write}
	opRele        = &sim.OpType{Name: "zone_rele", Access: sim.Write}
	opAdd         = &sim.OpType{Name: "zone_add_datalink", Access: sim.Write}
	opWalk        = &sim.OpType{Name: "zone_datalink_walk", Access: sim.Read}
	opShutWait    = &sim.OpType{Name: "zone_shutdown (waiting)", Access: sim.Write, Wait: true}
	opDestroyWait = &sim.OpType{Name: "zone_destroy (waiting)", Access: sim.Write, Wait: true}
	opStack       = &sim.OpType{Name: "netstack_get_current", Access: sim.Write}
	opRemove      = &sim.OpType{Name: "zone_remove_datalink", Access: sim.Write}
)

// Zone is a zone_t.
type Zone struct {
	ID     env.ZoneID
	Name   string
	status Status
	ref    int
	refs   check.Account
	layer  *Layer
	links  []env.LinkID
	stack  Netstack
	// Shared says that the zone has no network stack of its own.
	Shared  bool
	stopper *sim.Thread // in zone_shutdown
	waiting sim.Queue   // for its end, or for the last reference
	obj     sim.Object

	statusField ksync.Field // zone_status, under zone_status_lock
	refField    ksync.Field // zone_ref, under zone_lock
	linksField  ksync.Field // zone_dl_list, under zone_lock
	stackField  ksync.Field // netstack_flags: that it closes, under netstack_lock
}

// Layer is the zones of one kernel. The global zone is always there and always runs.
type Layer struct {
	// Kill ends the processes of a zone that shuts down and returns when none is left; nil if
	// there are none.
	Kill func(t *sim.Thread, id env.ZoneID)
	// Refs, if not nil, is told who holds which zone or network stack.
	Refs *check.Ledger

	module *Module // registered for network stacks, nil if none is
	zones  []*Zone // all others
	global Zone
	list   sim.Object  // zones
	active ksync.Field // zone_active, under zonehash_lock
}

// Init forgets all zones but the global one.
func (l *Layer) Init(w *sim.World) {
	l.zones, l.module = l.zones[:0], nil
	l.global = Zone{ID: env.GlobalZone, Name: "global", status: Running, layer: l}
	l.global.open(w)
	l.active.InitLeaf(w, "zone_active", "")
	w.Register(&l.global.obj, "zone", "global", 0, nil)
	w.Register(&l.list, "zones", "", 0, nil)
}

// Add makes a zone. It is not an operation: for setting a world up.
func (l *Layer) Add(w *sim.World, id env.ZoneID, name string, s Status) *Zone {
	z := &Zone{ID: id, Name: name, status: s, layer: l}
	z.open(w)
	w.Register(&z.obj, "zone", name, 0, z)
	l.zones = append(l.zones, z)
	l.createStack(z)
	return z
}

// open begins the accounts of a new zone.
func (z *Zone) open(w *sim.World) {
	z.statusField.InitLeaf(w, "zone_status", z.Name)
	z.refField.InitLeaf(w, "zone_ref", z.Name)
	z.linksField.InitLeaf(w, "zone_dl_list", z.Name)
	z.stackField.InitLeaf(w, "netstack_flags", z.Name)
	z.refs.Open("zone_ref", z.Name)
	z.stack.refs.Open("netstack_refcnt", z.Name)
}

// Find is Get by t: what it does next depends on whether there is such a zone, on its status and on its links.
func (l *Layer) Find(t *sim.Thread, id env.ZoneID) *Zone {
	t.Within(&l.list, sim.Read)
	z := l.Get(id)
	if z != nil {
		z.Sees(t)
	}
	return z
}

// Sees says to a search that what t does next depends on the zone's status or links.
func (z *Zone) Sees(t *sim.Thread) { t.Within(&z.obj, sim.Read) }

// Get returns the zone with the given id in any status, or nil; nil for the global zone too.
// It is not an operation.
func (l *Layer) Get(id env.ZoneID) *Zone {
	for _, z := range l.zones {
		if z.ID == id {
			return z
		}
	}
	return nil
}

// get is Get by t, as part of its operation; it sees the status too.
func (l *Layer) get(t *sim.Thread, id env.ZoneID) *Zone {
	t.Touch(&l.list, sim.Read)
	l.active.Read(t)
	z := l.Get(id)
	if z != nil {
		t.Touch(&z.obj, sim.Read)
		z.statusField.Read(t)
	}
	return z
}

// Place sets the status of a zone, up or down the ladder. It is not an operation: for setting a
// world up.
func (z *Zone) Place(s Status) { z.status = s }

// Status returns the status. It is not an operation.
func (z *Zone) Status() Status { return z.status }

// Holds returns how often the zone is held. It is not an operation.
func (z *Zone) Holds() int { return z.ref }

// All calls visit for each zone but the global one. It is not an operation.
func (l *Layer) All(visit func(*Zone)) {
	for _, z := range l.zones {
		visit(z)
	}
}

// Forget takes a zone away. It is not an operation.
func (l *Layer) Forget(id env.ZoneID) {
	l.zones = slices.DeleteFunc(l.zones, func(z *Zone) bool { return z.ID == id })
}

// Balance compares the counters of all zones with the ledger. It is not an operation.
func (l *Layer) Balance(t *sim.Thread) {
	l.All(func(z *Zone) {
		l.Refs.Balance(t, &z.refs, z.ref)
		l.Refs.Balance(t, &z.stack.refs, z.stack.ref)
	})
}

// FindByID is zone_find_by_id: nil unless READY <= status <= DOWN; else the zone is held.
func (l *Layer) FindByID(t *sim.Thread, id env.ZoneID) *Zone {
	z := l.get(t, id)
	if id == env.GlobalZone {
		z = &l.global
	}
	if z == nil {
		return nil
	}
	t.Step(opFind, &z.obj, nil)
	z.statusField.Read(t)
	if !z.active() {
		return nil
	}
	z.refField.Write(t)
	z.ref++
	l.Refs.Take(t, &z.refs)
	return z
}

func (z *Zone) active() bool { return z.status >= Ready && z.status <= Down }

// StatusGet is zone_status_get: it may change right after.
func (z *Zone) StatusGet(t *sim.Thread) Status {
	t.Step(opStatus, &z.obj, nil)
	z.statusField.Read(t)
	return z.status
}

// Rele is zone_rele.
func (z *Zone) Rele(t *sim.Thread) {
	t.Step(opRele, &z.obj, nil)
	z.refField.Write(t)
	z.statusField.Read(t)
	z.ref--
	z.layer.Refs.Give(t, &z.refs)
	if z.ref == 0 && z.status == Dead {
		for u := z.waiting.First(); u != nil; u = z.waiting.First() {
			z.waiting.Remove(u)
			t.World().Wake(t, u)
		}
	}
}

// SetStatus moves the zone up the ladder; going down or staying is refused with false.
func (z *Zone) SetStatus(t *sim.Thread, s Status) bool {
	t.Step(opSet, &z.obj, nil)
	z.statusField.Write(t)
	if s <= z.status {
		return false
	}
	z.status = s
	return true
}

// Shutdown is zone_shutdown: SHUTTING_DOWN, EMPTY once its processes have ended, then the callback of its exclusive network stack with no zone lock held, then DOWN. Whoever comes
// second waits for the callback. EINVAL if the zone is not READY yet; nothing happens to a zone
// that is DOWN.
func (l *Layer) Shutdown(t *sim.Thread, id env.ZoneID) env.Errno {
	z := l.get(t, id)
	if z == nil || z.status < Ready {
		return env.EINVAL
	}
	if !z.SetStatus(t, ShuttingDown) {
		for z.stopper != nil && z.status < Down {
			t.Block(opShutWait, &z.obj, &z.waiting)
		}
		return 0
	}
	z.stopper = t
	if l.Kill != nil {
		l.Kill(t, id)
	}
	z.SetStatus(t, Empty)
	l.shutdownStack(t, z)
	z.SetStatus(t, Down)
	z.stopper = nil
	for u := z.waiting.First(); u != nil; u = z.waiting.First() {
		z.waiting.Remove(u)
		t.World().Wake(t, u)
	}
	return 0
}

// Destroy is zone_destroy: DYING, DEAD, the end of the network stack, and, once nobody holds the
// zone any more, its end. EBUSY below DOWN, EINVAL if there is no such zone.
func (l *Layer) Destroy(t *sim.Thread, id env.ZoneID) env.Errno {
	z := l.get(t, id)
	switch {
	case z == nil:
		return env.EINVAL
	case z.status < Down:
		return env.EBUSY
	case !z.SetStatus(t, Dying):
		return env.EBUSY
	}
	z.SetStatus(t, Dead)
	l.destroyStack(z)
	z.refField.Read(t)
	for z.ref > 0 {
		t.Block(opDestroyWait, &z.obj, &z.waiting)
		z.refField.Read(t)
	}
	t.Touch(&l.list, sim.Write)
	l.active.Write(t)
	l.Forget(id)
	return 0
}

// Blockers implements sim.Resource: who waits in zone_shutdown waits for whoever shuts the zone
// down.
func (z *Zone) Blockers(_ *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	if z.stopper != nil {
		buf = append(buf, z.stopper)
	}
	return buf
}
