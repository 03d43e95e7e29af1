// SPDX-License-Identifier: CDDL-1.0

package mac

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

// RenamePrimary is mac_rename_primary: in the perimeter, which the caller may own already,
// the client and its flows get the new name and the mac's own kstats are made again, which
// takes no lock of the datalink code. An aggregation does the same for each of its ports,
// in the port's perimeter.
func (l *Layer) RenamePrimary(t *sim.Thread, m *MAC, name string) {
	m.perimOwner().perim.enter(t, "rename")
	t.Step(opRename, nil, nil)
	m.clientField.Write(t)
	if m.client != "" {
		m.client = name
	}
	m.PortsField.Read(t)
	for _, port := range m.Ports {
		l.RenamePrimary(t, port, name)
	}
	m.perimOwner().perim.exit(t, "rename")
}

// ClientOpen is mac_client_open for the primary client (environment.md 4.5), in the
// perimeter. A VNIC over another MAC has its lower client and cannot fail; any other MAC asks
// the daemon for its link name, and only a missing daemon (EBADF) is tolerated.
func (l *Layer) ClientOpen(t *sim.Thread, m *MAC) env.Errno {
	m.perimOwner().perim.enter(t, "client")
	err := l.clientOpen(t, m)
	m.perimOwner().perim.exit(t, "client")
	return err
}

func (l *Layer) clientOpen(t *sim.Thread, m *MAC) env.Errno {
	if err := l.Fault.At(t, "mac_client_open", m.Name); err != 0 {
		return err
	}
	name := m.Name
	if m.Lower == nil {
		id, err := l.Devnet.DevnetMacname2Linkid(t, m.Name)
		if err != 0 {
			return err
		}
		switch link, err := l.Devnet.MgmtLinkName(t, id); err {
		case 0:
			name = link
		case env.EBADF:
		default:
			return err
		}
	}
	m.clientField.Write(t)
	m.client = name
	return 0
}

// ClientClose is mac_client_close, inside the perimeter.
func (l *Layer) ClientClose(t *sim.Thread, m *MAC) {
	m.clientField.Write(t)
	m.client = ""
}

// SetProp is mac_set_prop of a property that changes nothing the datalink code sees. Inside the
// perimeter.
func (m *MAC) SetProp(t *sim.Thread) env.Errno {
	t.Step(opSetProp, nil, nil)
	if m.Callbacks.SetProp != nil {
		return m.Callbacks.SetProp(t)
	}
	return 0
}

// Start is mac_start, inside the perimeter.
func (m *MAC) Start(t *sim.Thread) env.Errno {
	t.Step(opStart, nil, nil)
	if m.Callbacks.Start != nil {
		return m.Callbacks.Start(t)
	}
	return 0
}

// Stop is mac_stop, inside the perimeter.
func (m *MAC) Stop(t *sim.Thread) {
	if m.Callbacks.Stop != nil {
		m.Callbacks.Stop(t)
	}
}

// StatGet is mac_stat_get: a scheduling point in the driver.
func (m *MAC) StatGet(t *sim.Thread) {
	t.Step(opStat, nil, nil)
	if t.Logging() {
		t.Logf("dls_stat_update %s", m.Name)
	}
}
