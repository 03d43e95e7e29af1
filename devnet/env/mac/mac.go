// SPDX-License-Identifier: CDDL-1.0

// Package mac is the MAC layer as the datalink code sees it (environment.md 4): MACs that
// are registered, opened, disabled and freed, and the perimeter. Its leaf locks are never
// held across a call out, so each operation on them is one step.
package mac

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

var (
	opOpen       = &sim.OpType{Name: "mac_open", Access: sim.Write}
	opRele       = &sim.OpType{Name: "mac_rele", Access: sim.Write}
	opDisable    = &sim.OpType{Name: "mac_disable", Access: sim.Write}
	opRegister   = &sim.OpType{Name: "mac_register", Access: sim.Write}
	opUnregister = &sim.OpType{Name: "mac_unregister", Access: sim.Write}
	opStat       = &sim.OpType{Name: "mac_stat_get", Access: sim.Local}
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

	perim     perimeter
	ref       int // mi_ref: opens, one of them by the dls_link for its whole life
	flows     int // subflows of the primary client
	disabled  bool
	exclusive bool
}

// Layer is the mac module of one kernel.
type Layer struct {
	Devnet Devnet
	macs   map[string]*MAC
	obj    sim.Object // i_mac_impl_lock, under which MACs are found, opened and disabled
	pool   []*MAC
	used   int
}

// Init empties the layer.
func (l *Layer) Init(w *sim.World) {
	if l.macs == nil {
		l.macs = make(map[string]*MAC)
	}
	clear(l.macs)
	l.used = 0
	w.Register(&l.obj, "i_mac_impl_lock", "", 0, nil)
}

// Register is mac_register: EEXIST if the name is taken.
func (l *Layer) Register(t *sim.Thread, name string, class env.Class, lower *MAC) (*MAC, env.Errno) {
	t.Step(opRegister, &l.obj, nil)
	if l.macs[name] != nil {
		return nil, env.EEXIST
	}
	if l.used == len(l.pool) {
		l.pool = append(l.pool, new(MAC))
	}
	m := l.pool[l.used]
	l.used++
	*m = MAC{Name: name, Class: class, Lower: lower}
	m.perim.init(t.World(), name)
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
	t.Step(opUnregister, &l.obj, nil)
	delete(l.macs, m.Name)
	m.perimOwner().perim.enter(t)
	m.perimOwner().perim.exit(t)
	return 0
}

// Open is mac_open: ENOENT if the MAC is not registered or is disabled, EBUSY while it is
// held exclusively. None of the drivers here has an open callback, so the perimeter is not
// entered.
func (l *Layer) Open(t *sim.Thread, name string) (*MAC, env.Errno) {
	t.Step(opOpen, &l.obj, nil)
	m := l.macs[name]
	switch {
	case m == nil || m.disabled:
		return nil, env.ENOENT
	case m.exclusive:
		return nil, env.EBUSY
	}
	m.ref++
	return m, 0
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
	m.perimOwner().perim.enter(t)
	m.perimOwner().perim.exit(t)
	t.Step(opRele, &l.obj, nil)
	m.ref--
}

// Disable is mac_disable, inside the perimeter, which it waits for: EBUSY while anybody has
// the MAC open, ENOTEMPTY while its primary client has flows, 0 if it is disabled already.
func (l *Layer) Disable(t *sim.Thread, m *MAC) env.Errno {
	p := l.PerimEnterByMH(t, m)
	err := l.disable(t, m)
	l.PerimExit(t, p)
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
	m.perim.exit(t)
	return err
}

// disable is i_mac_disable.
func (l *Layer) disable(t *sim.Thread, m *MAC) env.Errno {
	t.Step(opDisable, &l.obj, nil)
	switch {
	case m.disabled:
		return 0
	case m.ref > 0:
		return env.EBUSY
	case m.flows > 0:
		return env.ENOTEMPTY
	}
	m.disabled = true
	return 0
}

// ClientOpen is mac_client_open for the primary client (environment.md 4.5), inside the
// perimeter. A VNIC has its lower client and cannot fail; any other MAC asks the daemon
// for its link name, and only a missing daemon (EBADF) is tolerated.
func (l *Layer) ClientOpen(t *sim.Thread, m *MAC) env.Errno {
	p := l.PerimEnterByMH(t, m)
	err := env.Errno(0)
	if m.Class != env.ClassVNIC {
		var id env.LinkID
		if id, err = l.Devnet.DevnetMacname2Linkid(t, m.Name); err == 0 {
			if _, err = l.Devnet.MgmtLinkName(t, id); err == env.EBADF {
				err = 0
			}
		}
	}
	l.PerimExit(t, p)
	return err
}

// SetProp is mac_set_prop of a property that changes nothing the datalink code sees; the
// driver's part is a scheduling point. Inside the perimeter.
func (m *MAC) SetProp(t *sim.Thread) { t.Step(opSetProp, nil, nil) }

// StatGet is mac_stat_get: a scheduling point in the driver.
func (m *MAC) StatGet(t *sim.Thread) { t.Step(opStat, nil, nil) }

// Flows returns the number of subflows; inside the perimeter.
func (m *MAC) Flows() int { return m.flows }

// AddFlows changes the number of subflows by n; inside the perimeter.
func (m *MAC) AddFlows(n int) { m.flows += n }

// Registered reports whether a MAC of that name is in the hash. It is not an operation.
func (l *Layer) Registered(name string) bool { return l.macs[name] != nil }

// Lookup returns the registered MAC of that name, or nil. It is not an operation.
func (l *Layer) Lookup(name string) *MAC { return l.macs[name] }

// Ref returns mi_ref. It is not an operation.
func (m *MAC) Ref() int { return m.ref }
