// SPDX-License-Identifier: CDDL-1.0

package aggr_test

import (
	"testing"

	"dlsim/devnet/devnettest"
	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/sim"
)

func ports(ids ...env.LinkID) []env.LinkID { return ids }

func TestErrnos(t *testing.T) {
	envtest.Clean(t, 5, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		d := &s.Aggr
		refs := func() int { return s.MAC.Lookup("e1000g0").Ref() }
		idle := refs()
		envtest.Equal(st, "no ports", d.Create(st, devnettest.Aggr, "aggr0", nil), env.EINVAL)
		envtest.Equal(st, "no such port", d.Create(st, devnettest.Aggr, "aggr0", ports(devnettest.Net0, 99)), env.ENOENT)
		envtest.Equal(st, "the same port twice", d.Create(st, devnettest.Aggr, "aggr0", ports(devnettest.Net0, devnettest.Net0)), env.EEXIST)
		envtest.Equal(st, "name of another MAC", d.Create(st, devnettest.Aggr, "e1000g1", ports(devnettest.Net0)), env.EEXIST)
		envtest.Equal(st, "linkid unknown to the daemon", d.Create(st, 99, "aggr9", ports(devnettest.Net0)), env.ENOENT)
		envtest.Equal(st, "opens of the port after failures", refs(), idle)

		envtest.Equal(st, "create", d.Create(st, devnettest.Aggr, "aggr0", ports(devnettest.Net0)), 0)
		st.Quiesce()
		envtest.Equal(st, "create again", d.Create(st, devnettest.Aggr, "aggr0", ports(devnettest.Net0)), env.EEXIST)
		envtest.Equal(st, "add a port", d.AddPort(st, devnettest.Aggr, devnettest.Net1), 0)
		envtest.Equal(st, "add it again", d.AddPort(st, devnettest.Aggr, devnettest.Net1), env.EEXIST)
		envtest.Equal(st, "ports of the MAC", len(s.MAC.Lookup("aggr0").Ports), 2)
		envtest.Equal(st, "remove a port", d.RemovePort(st, devnettest.Aggr, devnettest.Net0), 0)
		envtest.Equal(st, "remove it again", d.RemovePort(st, devnettest.Aggr, devnettest.Net0), env.ENOENT)
		envtest.Equal(st, "opens of the removed port", refs(), idle)
		envtest.Equal(st, "port of no group", d.AddPort(st, 99, devnettest.Net0), env.ENOENT)
		envtest.Equal(st, "delete", d.Delete(st, devnettest.Aggr), 0)
		envtest.Equal(st, "delete again", d.Delete(st, devnettest.Aggr), env.ENOENT)
		envtest.Equal(st, "opens of the other port", s.MAC.Lookup("e1000g1").Ref(), idle)
		s.Settled(st)
	})
}

// TestDeleteInUse is refused, and the group is whole again.
func TestDeleteInUse(t *testing.T) {
	envtest.Clean(t, 100, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		s.Quiet(st, func() {
			envtest.Equal(st, "create", s.Aggr.Create(st, devnettest.Aggr, "aggr0", ports(devnettest.Net0)), 0)
		})
		m, err := s.MAC.Open(st, "aggr0")
		envtest.Equal(st, "open", err, 0)
		envtest.Equal(st, "delete", s.Aggr.Delete(st, devnettest.Aggr), env.EBUSY)
		st.Quiesce()
		envtest.Equal(st, "property", s.DLD.SetMacProp(st, devnettest.Aggr, "mtu"), 0)
		s.MAC.Close(st, m)
		envtest.Equal(st, "delete", s.Aggr.Delete(st, devnettest.Aggr), 0)
		s.Settled(st)
	})
}

// TestRenameGoesToThePorts: the clients of all ports get the name.
func TestRenameGoesToThePorts(t *testing.T) {
	envtest.Clean(t, 20, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		s.Quiet(st, func() {
			envtest.Equal(st, "create", s.Aggr.Create(st, devnettest.Aggr, "aggr0", ports(devnettest.Net0, devnettest.Net1)), 0)
		})
		envtest.Equal(st, "rename", s.DLD.Rename(st, devnettest.Aggr, env.InvalidLinkID, "trunk0"), 0)
		for _, name := range []string{"aggr0", "e1000g0", "e1000g1"} {
			envtest.Equal(st, "client of "+name, s.MAC.Lookup(name).Client(), "trunk0")
		}
	})
}

// TestRenameAgainstPortIsADeadlock: D02 of docs/bug-book.md.
func TestRenameAgainstPortIsADeadlock(t *testing.T) {
	envtest.Fails(t, 20_000, sim.KindDeadlock, "PERIM(e1000g0)", func(st *sim.Thread) {
		s := devnettest.Boot(st)
		s.Quiet(st, func() {
			envtest.Equal(st, "create", s.Aggr.Create(st, devnettest.Aggr, "aggr0", ports(devnettest.Net0)), 0)
		})
		s.Go(st, "renamer", func(t *sim.Thread) { s.DLD.Rename(t, devnettest.Aggr, env.InvalidLinkID, "trunk0") })
		s.Go(st, "walker", func(t *sim.Thread) {
			for range 3 {
				s.DLD.FlowWalk(t, devnettest.Net0)
			}
		})
		st.Quiesce()
	})
}
