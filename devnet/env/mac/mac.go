// SPDX-License-Identifier: CDDL-1.0

// Package mac is the MAC layer as the datalink code sees it (environment.md 4): MACs that
// are registered, opened, disabled and freed, and the perimeter. Its leaf locks are never
// held across a call out, so each operation on them is one step.
package mac

import (
	"dlsim/devnet/env"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
)

// Opening and closing a MAC only counts, which commutes.
var (
	opOpen       = &sim.OpType{Name: "mac_open", Access: sim.Add, Leaf: true}
	opRele       = &sim.OpType{Name: "mac_rele", Access: sim.Add, Leaf: true}
	opDisable    = &sim.OpType{Name: "mac_disable", Access: sim.Write, Leaf: true}
	opRegister   = &sim.OpType{Name: "mac_register", Access: sim.Write, Leaf: true}
	opUnregister = &sim.OpType{Name: "mac_unregister", Access: sim.Write, Leaf: true}
	opStat       = &sim.OpType{Name: "mac_stat_get", Access: sim.Local}
	opMark       = &sim.OpType{Name: "mac_mark_exclusive", Access: sim.Write, Leaf: true}
	opUnmark     = &sim.OpType{Name: "mac_unmark_exclusive", Access: sim.Write, Leaf: true}
	opRename     = &sim.OpType{Name: "mac_rename_primary", Access: sim.Local}
	opStart      = &sim.OpType{Name: "mac_start", Access: sim.Local}
	opSetProp    = &sim.OpType{Name: "mac_set_prop", Access: sim.Local}
)

// Devnet is what the MAC layer calls in the datalink code.
type Devnet interface {
	DevnetHoldTmp(t *sim.Thread, id env.LinkID) (env.DLHandle, env.Errno)
	DevnetPropTaskWait(t *sim.Thread, h env.DLHandle)
	DevnetReleTmp(t *sim.Thread, h env.DLHandle)
	DevnetMac(t *sim.Thread, h env.DLHandle) string
	DevnetMacname2Linkid(t *sim.Thread, mac string) (env.LinkID, env.Errno)
	MgmtLinkName(t *sim.Thread, id env.LinkID) (string, env.Errno)
}

// MAC is a mac_impl_t.
type MAC struct {
	Name  string
	Class env.Class
	Lower *MAC // the MAC a VNIC is on; nil for all others

	Dev env.Dev
	// HasOpen says that the driver has open and close callbacks, which run inside the
	// perimeter at the first open and the last close (legacy devices, bnxe).
	HasOpen bool
	// Callbacks are what the driver does itself.
	Callbacks Callbacks
	// Ports are the MACs of an aggregation's ports.
	Ports []*MAC
	// PortsField is told of each use of Ports, which needs the perimeter.
	PortsField ksync.Field

	perim     perimeter
	notify    notify
	ref       int // mi_ref: opens, one of them by the dls_link for its whole life
	refs      check.Account
	oref      int    // mi_oref: opens that the driver knows of
	flows     int    // subflows of the primary client
	client    string // name of the primary client, "" while there is none
	disabled  bool
	exclusive bool

	refField    ksync.Field // mi_ref, under i_mac_impl_lock
	marksField  ksync.Field // disabled and exclusive, under i_mac_impl_lock
	clientField ksync.Field // mi_oref, the primary client and its flows, in the perimeter
}

// Callbacks are a driver's entry points, called inside the perimeter; nil ones only take time.
type Callbacks struct {
	SetProp func(t *sim.Thread) env.Errno
	Start   func(t *sim.Thread) env.Errno
	Stop    func(t *sim.Thread)
}

// Layer is the mac module of one kernel.
type Layer struct {
	Devnet Devnet
	// Fault makes mac_open, mi_open, mac_client_open, mark_exclusive and mac_disable fail.
	Fault env.Fault
	// Refs, if not nil, is told who has which reference.
	Refs *check.Ledger
	// DeviceOf, if set, names the device of a new MAC.
	DeviceOf func(name string) env.Dev

	notifiers int // threads, for their names
	macs      map[string]*MAC
	hash      ksync.Table // i_mac_impl_hash, under i_mac_impl_lock
	obj       sim.Object  // i_mac_impl_lock, under which MACs are found, opened and disabled
	pool      []*MAC
	used      int
}

// Init empties the layer.
func (l *Layer) Init(w *sim.World) {
	if l.macs == nil {
		l.macs = make(map[string]*MAC)
	}
	clear(l.macs)
	l.used, l.notifiers = 0, 0
	l.hash.InitLeaf(w, "i_mac_impl_hash")
	w.Register(&l.obj, "i_mac_impl_lock", "", 0, nil)
}

// Register is mac_register: EEXIST if the name is taken.
func (l *Layer) Register(t *sim.Thread, name string, class env.Class, lower *MAC) (*MAC, env.Errno) {
	t.Step(opRegister, &l.obj, nil)
	l.hash.At(name).Write(t)
	if l.macs[name] != nil {
		return nil, env.EEXIST
	}
	if l.used == len(l.pool) {
		l.pool = append(l.pool, new(MAC))
	}
	m := l.pool[l.used]
	l.used++
	*m = MAC{Name: name, Class: class, Lower: lower}
	m.refs.Open(RefSort, name)
	m.perim.init(t.World(), name)
	m.notify.init(t.World(), name)
	m.refField.InitLeaf(t.World(), "mi_ref", name)
	m.marksField.InitLeaf(t.World(), "mi_state_flags", name)
	m.clientField.Init(t.World(), nil, "mi_clients_list", name, 0)
	m.PortsField.Init(t.World(), nil, "mi_ports", name, 0)
	if l.DeviceOf != nil {
		m.Dev = l.DeviceOf(name)
	}
	l.macs[name] = m
	return m, 0
}

// Unregister is mac_unregister: it disables the MAC without waiting for the perimeter, takes
// it out of the hash and enters the perimeter once before the memory goes. EBUSY and
// ENOTEMPTY as DisableNowait.
func (l *Layer) Unregister(t *sim.Thread, m *MAC) env.Errno {
	if err := l.DisableNowait(t, m); err != 0 {
		return err
	}
	m.notify.end(t)
	t.Step(opUnregister, &l.obj, nil)
	l.hash.At(m.Name).Write(t)
	delete(l.macs, m.Name)
	m.perimOwner().perim.enter(t, "unregister")
	m.perimOwner().perim.exit(t, "unregister")
	return 0
}

// Open is mac_open: EINVAL if the name is too long, ENOENT if the MAC is not registered or is
// disabled, EBUSY while it is held exclusively, and what the driver's open callback gives.
// The perimeter is entered only for a driver that has one.
func (l *Layer) Open(t *sim.Thread, name string) (*MAC, env.Errno) {
	t.Step(opOpen, &l.obj, nil)
	if err := l.Fault.At(t, "mac_open", name); err != 0 {
		return nil, err
	}
	l.hash.At(name).Read(t)
	m := l.macs[name]
	if m != nil {
		m.marksField.Read(t)
	}
	switch {
	case len(name) >= env.MaxNameLen:
		return nil, env.EINVAL
	case m == nil || m.disabled:
		return nil, env.ENOENT
	case m.exclusive:
		return nil, env.EBUSY
	}
	m.refField.Count(t)
	m.ref++
	l.Refs.Take(t, &m.refs)
	if m.HasOpen {
		if err := l.driverOpen(t, m); err != 0 {
			t.Step(opRele, &l.obj, nil)
			m.refField.Count(t)
			m.ref--
			l.Refs.Give(t, &m.refs)
			return nil, err
		}
	}
	return m, 0
}

// driverOpen tells the driver of the first open.
func (l *Layer) driverOpen(t *sim.Thread, m *MAC) env.Errno {
	m.perimOwner().perim.enter(t, "open")
	m.clientField.Write(t)
	m.oref++
	err := env.Errno(0)
	if m.oref == 1 {
		if err = l.Fault.At(t, "mi_open", m.Name); err != 0 {
			m.oref--
		}
	}
	m.perimOwner().perim.exit(t, "open")
	return err
}

// OpenByLinkid is mac_open_by_linkid.
func (l *Layer) OpenByLinkid(t *sim.Thread, id env.LinkID) (*MAC, env.Errno) {
	h, err := l.Devnet.DevnetHoldTmp(t, id)
	if err != 0 {
		return nil, err
	}
	l.Devnet.DevnetPropTaskWait(t, h)
	m, err := l.Open(t, l.Devnet.DevnetMac(t, h))
	l.Devnet.DevnetReleTmp(t, h)
	return m, err
}

// Close is mac_close: always through the perimeter.
func (l *Layer) Close(t *sim.Thread, m *MAC) {
	m.perimOwner().perim.enter(t, "close")
	m.clientField.Read(t)
	if m.oref > 0 {
		m.clientField.Write(t)
		m.oref--
	}
	m.perimOwner().perim.exit(t, "close")
	t.Step(opRele, &l.obj, nil)
	m.refField.Count(t)
	m.ref--
	l.Refs.Give(t, &m.refs)
}

// RefSort is the sort of the references that Open takes.
const RefSort = "mi_ref"

// Keep says that the last reference of t to m belongs to o from now on, until Reclaim.
func (l *Layer) Keep(t *sim.Thread, m *MAC, o check.Owner) { l.Refs.Keep(t, &m.refs, o) }

// Reclaim says that t is about to close m for the owner with that key.
func (l *Layer) Reclaim(t *sim.Thread, m *MAC, key any) { l.Refs.Reclaim(t, &m.refs, key) }

// MarkExclusive is mac_mark_exclusive, inside the perimeter: ENOENT if the MAC is disabled,
// EBUSY unless it is open exactly twice, by the dls_link and by the caller's perimeter
// handle. Whoever has it open and still waits for the perimeter counts. While the mark is
// set nobody can open the MAC.
func (l *Layer) MarkExclusive(t *sim.Thread, m *MAC) env.Errno {
	t.Step(opMark, &l.obj, nil)
	m.refField.Read(t)
	m.marksField.Write(t)
	if err := l.Fault.At(t, "mark_exclusive", m.Name); err != 0 {
		return err
	}
	switch {
	case m.disabled:
		return env.ENOENT
	case m.ref != 2:
		return env.EBUSY
	}
	m.exclusive = true
	return 0
}

// UnmarkExclusive is mac_unmark_exclusive.
func (l *Layer) UnmarkExclusive(t *sim.Thread, m *MAC) {
	t.Step(opUnmark, &l.obj, nil)
	m.marksField.Write(t)
	m.exclusive = false
}

// Disable is mac_disable, inside the perimeter, which it waits for: EBUSY while anybody has
// the MAC open, ENOTEMPTY while its primary client has flows, 0 if it is disabled already.
func (l *Layer) Disable(t *sim.Thread, m *MAC) env.Errno {
	m.perimOwner().perim.enter(t, "disable")
	err := l.disable(t, m)
	m.perimOwner().perim.exit(t, "disable")
	return err
}

// DisableNowait is mac_disable_nowait: EBUSY also while anybody is in the perimeter, the
// caller included. For a VNIC it waits all the same.
func (l *Layer) DisableNowait(t *sim.Thread, m *MAC) env.Errno {
	if m.Lower != nil {
		return l.Disable(t, m)
	}
	if !m.perim.tryEnter(t) {
		return env.EBUSY
	}
	err := l.disable(t, m)
	m.perim.exit(t, "disable")
	return err
}

// disable is i_mac_disable.
func (l *Layer) disable(t *sim.Thread, m *MAC) env.Errno {
	t.Step(opDisable, &l.obj, nil)
	m.refField.Read(t)
	m.marksField.Read(t)
	m.clientField.Read(t)
	if m.disabled {
		return 0
	}
	if err := l.Fault.At(t, "mac_disable", m.Name); err != 0 {
		return err
	}
	switch {
	case m.ref > 0:
		return env.EBUSY
	case m.flows > 0:
		return env.ENOTEMPTY
	}
	m.marksField.Write(t)
	m.disabled = true
	return 0
}

// Balance compares the counters of all MACs with the ledger. It is not an operation.
func (l *Layer) Balance(t *sim.Thread) {
	l.All(func(m *MAC) { l.Refs.Balance(t, &m.refs, m.ref) })
}

// Flows returns the number of subflows. It is not an operation.
func (m *MAC) Flows() int { return m.flows }

// AddFlows changes the number of subflows by n. It is not an operation: for setting a world up.
func (m *MAC) AddFlows(n int) { m.flows += n }

// HasFlows reports whether there are subflows; inside the perimeter.
func (m *MAC) HasFlows(t *sim.Thread) bool {
	m.clientField.Read(t)
	return m.flows > 0
}

// ChangeFlows is AddFlows by t; inside the perimeter.
func (m *MAC) ChangeFlows(t *sim.Thread, n int) {
	m.clientField.Write(t)
	m.flows += n
}

// All calls visit for each registered MAC in the order of their registration. It is not an
// operation.
func (l *Layer) All(visit func(*MAC)) {
	for _, m := range l.pool[:l.used] {
		if l.macs[m.Name] == m {
			visit(m)
		}
	}
}

// Remove takes a MAC out of the hash. It is not an operation: for models of drivers.
func (l *Layer) Remove(m *MAC) { delete(l.macs, m.Name) }

// SetDisabled sets whether the MAC is disabled. It is not an operation.
func (m *MAC) SetDisabled(disabled bool) { m.disabled = disabled }

// Disabled reports whether the MAC is disabled. It is not an operation.
func (m *MAC) Disabled() bool { return m.disabled }

// Exclusive reports whether the MAC is marked exclusive. It is not an operation.
func (m *MAC) Exclusive() bool { return m.exclusive }

// PerimOwner returns the thread inside the perimeter, which may be that of the lower MAC. It
// is not an operation.
func (m *MAC) PerimOwner() *sim.Thread { return m.perimOwner().perim.owner }

// Registered reports whether a MAC of that name is in the hash. It is not an operation.
func (l *Layer) Registered(name string) bool { return l.macs[name] != nil }

// Find is Lookup by t, as a part of its last operation: a driver that knows whether it has registered a MAC.
func (l *Layer) Find(t *sim.Thread, name string) *MAC {
	l.hash.At(name).Sees(t)
	return l.macs[name]
}

// Lookup returns the registered MAC of that name, or nil. It is not an operation.
func (l *Layer) Lookup(name string) *MAC { return l.macs[name] }

// Client returns the name of the primary client, "" if there is none. It is not an
// operation.
func (m *MAC) Client() string { return m.client }

// Ref returns mi_ref. It is not an operation.
func (m *MAC) Ref() int { return m.ref }
