// SPDX-License-Identifier: CDDL-1.0

package dld_test

import (
	"testing"

	"dlsim/devnet/devnettest"
	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/sim"
)

// bootSim boots a system with the simnet sim0.
func bootSim(st *sim.Thread) *devnettest.System {
	s := devnettest.Boot(st)
	s.Quiet(st, func() { envtest.Equal(st, "create", s.Simnet.Create(st, devnettest.Sim, "sim0"), 0) })
	return s
}

func TestStreamKeepsTheLink(t *testing.T) {
	envtest.Clean(t, 100, func(st *sim.Thread) {
		s := bootSim(st)
		dev := s.DDI.Device("sim0")
		a, err := s.DLD.Attach(st, dev)
		envtest.Equal(st, "attach", err, 0)
		b, err := s.DLD.Attach(st, dev)
		envtest.Equal(st, "attach", err, 0)
		envtest.Equal(st, "delete", s.Simnet.Delete(st, devnettest.Sim), env.EBUSY)
		s.DLD.Detach(st, a)
		envtest.Equal(st, "delete", s.Simnet.Delete(st, devnettest.Sim), env.EBUSY)
		s.DLD.Detach(st, b)
		envtest.Equal(st, "delete", s.Simnet.Delete(st, devnettest.Sim), 0)
		_, err = s.DLD.Attach(st, dev)
		envtest.Equal(st, "attach of nothing", err, env.ENOENT)
		_, err = s.DLD.Attach(st, env.Dev{Major: 99, Minor: 1})
		envtest.Equal(st, "attach without a driver", err, env.EINVAL)
		s.Settled(st)
	})
}

// TestFailedAttachGivesAllBack: in whichever step it fails.
func TestFailedAttachGivesAllBack(t *testing.T) {
	for _, point := range []string{"mac_open", "link_hold", "mac_start"} {
		envtest.Clean(t, 20, func(st *sim.Thread) {
			s := bootSim(st)
			fault := func(_ *sim.Thread, p, _ string) env.Errno {
				if p == point {
					return env.EIO
				}
				return 0
			}
			s.MAC.Fault, s.Links.Fault = fault, fault
			_, err := s.DLD.Attach(st, s.DDI.Device("sim0"))
			envtest.Equal(st, "attach with "+point, err, env.EIO)
			s.MAC.Fault, s.Links.Fault = nil, nil
			envtest.Equal(st, "delete", s.Simnet.Delete(st, devnettest.Sim), 0)
			s.Settled(st)
		})
	}
}

// TestZoneOfStreams: a zone opens what is in it, and its stream keeps the link there.
func TestZoneOfStreams(t *testing.T) {
	envtest.Clean(t, 100, func(st *sim.Thread) {
		s := bootSim(st)
		dev := s.DDI.Device("sim0")
		st.Join(s.InZone(st, "outsider", func(t *sim.Thread) {
			_, err := s.DLD.Attach(t, dev)
			envtest.Equal(t, "another zone's link", err, env.ENOENT)
		}))
		s.Quiet(st, func() { envtest.Equal(st, "lend", s.DLD.SetZone(st, devnettest.Sim, 5), 0) })
		st.Join(s.InZone(st, "inside", func(t *sim.Thread) {
			str, err := s.DLD.Attach(t, dev)
			envtest.Equal(t, "attach inside", err, 0)
			st := t
			st.Join(s.Go(st, "admin", func(t *sim.Thread) {
				envtest.Equal(t, "take back", s.DLD.SetZone(t, devnettest.Sim, env.GlobalZone), env.EBUSY)
			}))
			s.DLD.Detach(t, str)
		}))
		// A stream of the global zone on a link of another one keeps it nowhere.
		str, err := s.DLD.Attach(st, dev)
		envtest.Equal(st, "attach from the global zone", err, 0)
		envtest.Equal(st, "take back", s.DLD.SetZone(st, devnettest.Sim, env.GlobalZone), 0)
		s.DLD.Detach(st, str)
		s.Settled(st)
	})
}

func TestRenameErrnos(t *testing.T) {
	envtest.Clean(t, 20, func(st *sim.Thread) {
		s := bootSim(st)
		r := func(id, onto env.LinkID, name string) env.Errno { return s.DLD.Rename(st, id, onto, name) }
		envtest.Equal(st, "unknown link", r(99, 0, "x0"), env.ENOENT)
		envtest.Equal(st, "onto for a virtual link", r(devnettest.Sim, devnettest.Old, ""), env.EINVAL)
		envtest.Equal(st, "onto a link whose device is there", r(devnettest.Net0, devnettest.Net1, ""), env.EEXIST)
		h, err := s.DLS.DevnetHold(st, devnettest.Sim)
		envtest.Equal(st, "hold", err, 0)
		envtest.Equal(st, "in use", r(devnettest.Sim, 0, "x0"), env.EBUSY)
		s.DLS.DevnetRele(st, h)
		envtest.Equal(st, "new name", r(devnettest.Sim, 0, "x0"), 0)
		m, err := s.MAC.Open(st, "e1000g0")
		envtest.Equal(st, "open", err, 0)
		envtest.Equal(st, "onto while the MAC is open", r(devnettest.Net0, devnettest.Old, ""), env.EBUSY)
		s.MAC.Close(st, m)
		envtest.Equal(st, "onto", r(devnettest.Net0, devnettest.Old, ""), 0)
		_, err = s.DLS.DevnetHoldTmp(st, devnettest.Net0)
		envtest.Equal(st, "the old linkid", err, env.ENOENT)
		st.Join(s.InZone(st, "zone", func(t *sim.Thread) {
			envtest.Equal(t, "from a zone", s.DLD.Rename(t, devnettest.Sim, 0, "y0"), env.ENOENT)
		}))
	})
}

func TestPhysAttr(t *testing.T) {
	envtest.Clean(t, 50, func(st *sim.Thread) {
		s := bootSim(st)
		envtest.Equal(st, "virtual link", s.DLD.PhysAttr(st, devnettest.Sim), env.EINVAL)
		envtest.Equal(st, "physical link", s.DLD.PhysAttr(st, devnettest.Net0), 0)
		envtest.Equal(st, "a device that must be attached", s.DLD.PhysAttr(st, devnettest.Dev), 0)
		envtest.Equal(st, "a device that is gone", s.DLD.PhysAttr(st, devnettest.Old), env.ENOENT)
		s.Settled(st)
	})
}
