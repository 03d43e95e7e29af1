// SPDX-License-Identifier: CDDL-1.0

package sdev_test

import (
	"slices"
	"testing"

	"dlsim/devnet/devnettest"
	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/sim"
)

func TestLookupHoldsTheLink(t *testing.T) {
	envtest.Clean(t, 100, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		s.Quiet(st, func() { envtest.Equal(st, "create", s.Simnet.Create(st, devnettest.Sim, "sim0"), 0) })
		_, err := s.DevNet.Lookup(st, "nowhere")
		envtest.Equal(st, "lookup of nothing", err, env.ENOENT)
		n, err := s.DevNet.Lookup(st, "sim0")
		envtest.Equal(st, "lookup", err, 0)
		envtest.Equal(st, "device", n.Dev, s.DDI.Device("sim0"))
		envtest.Equal(st, "delete of an open link", s.Simnet.Delete(st, devnettest.Sim), env.EBUSY)
		s.DevNet.Inactive(st, n)
		envtest.Equal(st, "delete", s.Simnet.Delete(st, devnettest.Sim), 0)
		s.Settled(st)
	})
}

// TestFailedMknodeClosesAgain: the node cannot be made, and nothing is left open.
func TestFailedMknodeClosesAgain(t *testing.T) {
	envtest.Clean(t, 20, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		refs := s.MAC.Lookup("e1000g0").Ref()
		s.DevNet.Fault = func(*sim.Thread, string, string) env.Errno { return env.ENOMEM }
		_, err := s.DevNet.Lookup(st, "net0")
		envtest.Equal(st, "lookup", err, env.ENOMEM)
		envtest.Equal(st, "opens", s.MAC.Lookup("e1000g0").Ref(), refs)
		envtest.Equal(st, "detach", s.DDI.Detach(st, "e1000g0"), 0)
		s.Settled(st)
	})
}

// TestReaddir lists what the daemon lists, opens it once, and forgets names that have gone.
func TestReaddir(t *testing.T) {
	envtest.Clean(t, 50, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		s.Quiet(st, func() { envtest.Equal(st, "create", s.Simnet.Create(st, devnettest.Sim, "sim0"), 0) })
		has := func(names []string, want ...string) {
			slices.Sort(names)
			envtest.Check(st, slices.Equal(names, want), "listed %v, want %v", names, want)
		}
		has(s.DevNet.Readdir(st), "net0", "net1", "sim0")
		has(s.DevNet.Readdir(st), "net0", "net1", "sim0") // from memory
		envtest.Equal(st, "delete", s.Simnet.Delete(st, devnettest.Sim), 0)
		has(s.DevNet.Readdir(st), "net0", "net1", "sim0") // the daemon still knows the name
		s.Settled(st)
	})
}

// TestReaddirInAZone lists what the kernel says is in the zone.
func TestReaddirInAZone(t *testing.T) {
	envtest.Clean(t, 50, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		s.Quiet(st, func() { envtest.Equal(st, "lend", s.DLD.SetZone(st, devnettest.Net1, 5), 0) })
		st.Join(s.InZone(st, "inside", func(t *sim.Thread) {
			names := s.DevNet.Readdir(t)
			envtest.Check(t, slices.Equal(names, []string{"net1"}), "listed %v", names)
			_, err := s.DevNet.Lookup(t, "net0")
			envtest.Equal(t, "another zone's link", err, env.ENOENT)
		}))
	})
}

// TestDirectoryLockIsHeldOverTheOpen: lookups of different names do not overlap.
func TestDirectoryLockIsHeldOverTheOpen(t *testing.T) {
	envtest.Clean(t, 500, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		inside := 0
		s.MAC.Fault = func(t *sim.Thread, point, _ string) env.Errno {
			if point == "mac_open" && t.Class() == "looker" {
				inside++
				t.Yield()
				envtest.Equal(t, "lookups at once", inside, 1)
				inside--
			}
			return 0
		}
		for i, name := range []string{"net0", "net1"} {
			st.SpawnN("looker", i+1, func(t *sim.Thread) {
				_, err := s.DevNet.Lookup(t, name)
				envtest.Equal(t, "lookup", err, 0)
			})
		}
		st.Quiesce()
	})
}
