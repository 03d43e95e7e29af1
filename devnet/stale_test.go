// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
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
			wantFailure(t, r.Failure, sim.KindStale, test.subject, test.says)
		})
	}
}
