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

// TestStaleDaemon makes the daemon's table differ from the kernel's, and expects what is said of it.
func TestStaleDaemon(t *testing.T) {
	openTunnel := func(m *machine, t *sim.Thread) env.LinkID {
		_, err := m.DevNet.Lookup(t, "ip.tun0")
		ok(t, "open", err)
		id, err := m.DLS.MgmtGetLinkid(t, "ip.tun0")
		ok(t, "linkid", err)
		return id
	}
	forget := func(m *machine, t *sim.Thread, id env.LinkID) { ok(t, "forget", m.DLS.MgmtDestroy(t, id, true)) }
	tests := []struct {
		name    string
		do      func(m *machine, t *sim.Thread)
		subject string // "" if the tables agree
		says    string
	}{
		{name: "a tunnel that both know", do: func(m *machine, t *sim.Thread) { openTunnel(m, t) }},
		{
			name: "a tunnel that the daemon forgets", do: func(m *machine, t *sim.Thread) { forget(m, t, openTunnel(m, t)) },
			subject: "link that the daemon does not know", says: "the kernel has ip.tun0 (linkid",
		},
		{name: "a tunnel that the daemon has forgotten before it was gone", do: func(m *machine, t *sim.Thread) {
			forget(m, t, openTunnel(m, t))
			m.Daemon.Crash(t)
		}},
		{name: "a link of which dladm has told the daemon half", do: func(m *machine, t *sim.Thread) { forget(m, t, idNet0) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := sim.New()
			t.Cleanup(w.Close)
			m := &machine{Kernel: new(devnet.Kernel)}
			r := w.Run(sim.Config{Detail: true}, new(strategy.Random), func(t *sim.Thread) {
				m.boot(t, devnet.Config{})
				setup(t, &m.user, func() { test.do(m, t) })
				m.CheckStale(t)
			})
			f := r.Failure
			switch {
			case test.subject == "" && f != nil:
				t.Errorf("%s: %s", f.Kind, f.Message)
			case test.subject == "":
			case f == nil || f.Kind != sim.KindStale || f.Subject != test.subject || !strings.Contains(f.Message, test.says):
				t.Errorf("%+v; want %q that says %q", f, test.subject, test.says)
			}
		})
	}
}
