// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"strings"
	"testing"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/sim"
	"dlsim/sim/strategy"
)

// TestRefs does in one operation what a kernel must not do, or what it may, and expects what the ledger
// makes of it.
func TestRefs(t *testing.T) {
	hold := func(m *machine, t *sim.Thread) env.DLHandle {
		h, err := m.DLS.DevnetHold(t, idNet0)
		ok(t, "hold", err)
		return h
	}
	tests := []struct {
		name    string
		do      func(m *machine, t *sim.Thread)
		subject string // "" if it is in order
		says    string
	}{
		{name: "a reference that is given back", do: func(m *machine, t *sim.Thread) { m.DLS.DevnetRele(t, hold(m, t)) }},
		{
			name: "a reference that is not", do: func(m *machine, t *sim.Thread) { hold(m, t) },
			subject: "dd_ref kept at return", says: "step",
		},
		{
			name: "a reference given back twice", do: func(m *machine, t *sim.Thread) {
				h, other := hold(m, t), hold(m, t)
				m.DLS.DevnetRele(t, h)
				m.DLS.DevnetRele(t, other)
				in(t, "opener", &m.user, func(u *sim.Thread) { hold(m, u) })
				t.Sleep(1)
				m.DLS.DevnetRele(t, h)
			},
			subject: "dd_ref given back by who has none", says: "which takes that of opener",
		},
		{
			name: "a temporary reference", do: func(m *machine, t *sim.Thread) {
				_, err := m.DLS.DevnetHoldTmp(t, idNet0)
				ok(t, "hold", err)
			},
			subject: "dd_tref kept at return", says: "dd_tref of e1000g0",
		},
		{
			name: "the perimeter", do: func(m *machine, t *sim.Thread) { m.MAC.PerimEnterByMH(t, m.MAC.Lookup("e1000g0")) },
			subject: "PERIM held at return", says: "with PERIM(e1000g0) held",
		},
		{
			name: "a MAC", do: func(m *machine, t *sim.Thread) {
				_, err := m.MAC.Open(t, "e1000g0")
				ok(t, "open", err)
			},
			subject: "mi_ref kept at return", says: "mi_ref of e1000g0",
		},
		{
			name: "a MAC closed twice", do: func(m *machine, t *sim.Thread) {
				x, err := m.MAC.Open(t, "e1000g0")
				ok(t, "open", err)
				m.MAC.Close(t, x)
				m.MAC.Close(t, x)
			},
			subject: "mi_ref given back by who has none", says: "which takes that of the dls_link",
		},
		{
			name: "a link", do: func(m *machine, t *sim.Thread) {
				p := m.MAC.PerimEnterByMH(t, m.MAC.Lookup("e1000g0"))
				_, err := m.Links.Hold(t, "e1000g0")
				ok(t, "hold", err)
				m.MAC.PerimExit(t, p)
			},
			subject: "dl_ref kept at return", says: "dl_ref of e1000g0",
		},
		{
			name: "a zone", do: func(m *machine, t *sim.Thread) { m.Zones.FindByID(t, 5) },
			subject: "zone_ref kept at return", says: "zone_ref of web",
		},
		{
			name: "a network stack", do: func(m *machine, t *sim.Thread) { m.Zones.NetstackGetCurrent(t) },
			subject: "netstack_refcnt kept at return", says: "netstack_refcnt of global",
		},
		{
			name: "a door", do: func(m *machine, t *sim.Thread) {
				_, err := m.Door.Open(t)
				ok(t, "open", err)
			},
			subject: "door kept at return", says: "door of 2",
		},
		{name: "a link that is lent and taken back", do: func(m *machine, t *sim.Thread) {
			ok(t, "lend", m.DLD.SetZone(t, idNet0, 5))
			ok(t, "take back", m.DLD.SetZone(t, idNet0, env.GlobalZone))
		}},
		{
			name: "a link that is lent and loses the reference of that", do: func(m *machine, t *sim.Thread) {
				ok(t, "lend", m.DLD.SetZone(t, idNet0, 5))
				h := hold(m, t)
				m.DLS.DevnetRele(t, h)
				m.DLS.DevnetRele(t, h)
			},
			subject: "dd_ref given back by who has none", says: "which takes that of the assignment to a zone",
		},
		{name: "a node and a stream that are closed", do: func(m *machine, t *sim.Thread) {
			n, err := m.DevNet.Lookup(t, "net0")
			ok(t, "lookup", err)
			s, err := m.DLD.Attach(t, m.DDI.Device("e1000g0"))
			ok(t, "attach", err)
			m.DevNet.Inactive(t, n)
			m.DLD.Detach(t, s)
		}},
		{
			name: "a node that nobody has any more", do: func(m *machine, t *sim.Thread) {
				_, err := m.DevNet.Lookup(t, "net0")
				ok(t, "lookup", err)
			},
			subject: "dd_ref of a node of /dev/net never given back", says: "it is gone",
		},
		{name: "a VNIC that stays and one that goes", do: func(m *machine, t *sim.Thread) {
			ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0))
			ok(t, "delete", m.VNIC.Delete(t, idV0))
			ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0))
		}},
		{
			name: "a counter that is changed behind the ledger's back", do: func(m *machine, t *sim.Thread) {
				m.DLS.SetRef("e1000g0", 3)
			},
			subject: "dd_ref miscounted", says: "dd_ref of e1000g0 is 3, and the references that are out are 1",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := sim.New()
			t.Cleanup(w.Close)
			m := &machine{Kernel: new(devnet.Kernel)}
			m.Sites = devnet.NewSites().Caller
			r := w.Run(sim.Config{Detail: true}, new(strategy.Random), func(t *sim.Thread) {
				m.boot(t, devnet.Config{Refs: true})
				t.World().Sequential(true)
				in(t, "admin", &m.user, func(t *sim.Thread) {
					m.Refs().Begin(t, "an operation")
					test.do(m, t)
					m.Refs().Return(t)
				})
				t.Quiesce()
				m.CheckRefs(t, func(any) bool { return false })
			})
			wantFailure(t, r.Failure, sim.KindRefs, test.subject, test.says)
		})
	}
}

// wantFailure expects a failure of that kind about a subject, whose message says something, or none if subject is "".
func wantFailure(t *testing.T, f *sim.Failure, kind sim.Kind, subject, says string) {
	t.Helper()
	switch {
	case subject == "" && f != nil:
		t.Errorf("%s: %s: %v", f.Kind, f.Message, f.Evidence)
	case subject == "":
	case f == nil || f.Kind != kind || f.Subject != subject || !strings.Contains(f.Message, says):
		t.Errorf("%+v; want %q that says %q", f, subject, says)
	}
}
