// SPDX-License-Identifier: CDDL-1.0

package softmac_test

import (
	"testing"

	"dlsim/devnet/devnettest"
	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/mac"
	"dlsim/devnet/env/softmac"
	"dlsim/sim"
	"dlsim/sim/simtest"
)

const name = "e1000g2" // of the device that is not attached

func visible(s *devnettest.System, t *sim.Thread, id env.LinkID) bool {
	return s.DLS.DevnetIslinkvisible(t, id, env.GlobalZone)
}

func TestAttachAndDetach(t *testing.T) {
	envtest.Clean(t, 300, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		envtest.Equal(st, "attach of nothing", s.DDI.Attach(st, "nothing0"), env.ENOENT)
		envtest.Equal(st, "detach of nothing", s.DDI.Detach(st, "nothing0"), env.ENOENT)
		envtest.Equal(st, "detach of what is not attached", s.DDI.Detach(st, name), env.ENOENT)
		for range 2 {
			envtest.Equal(st, "attach", s.DDI.Attach(st, name), 0)
			st.Quiesce()
			envtest.Check(st, visible(s, st, devnettest.Dev), "no link after the attach")
			envtest.Equal(st, "attach again", s.DDI.Attach(st, name), env.EEXIST)
			envtest.Equal(st, "detach", s.DDI.Detach(st, name), 0)
			envtest.Check(st, !visible(s, st, devnettest.Dev) && !s.MAC.Registered(name), "something is left")
		}
		s.Settled(st)
	})
}

// TestDetachNeverWaits: whatever is in the way gives EBUSY, and the device stays as it was.
func TestDetachNeverWaits(t *testing.T) {
	envtest.Clean(t, 200, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		s.Quiet(st, func() { envtest.Equal(st, "attach", s.DDI.Attach(st, name), 0) })
		dev := s.DDI.Find(name).Dev
		busy := func(what string) {
			envtest.Equal(st, "detach with "+what, s.DDI.Detach(st, name), env.EBUSY)
			st.Quiesce()
			envtest.Check(st, visible(s, st, devnettest.Dev), "the link is gone")
		}

		h, err := s.Softmac.HoldDevice(st, dev)
		envtest.Equal(st, "hold", err, 0)
		busy("a hold of the device")
		s.Softmac.ReleDevice(st, h)

		tmp, err := s.DLS.DevnetHoldTmp(st, devnettest.Dev)
		envtest.Equal(st, "temporary hold", err, 0)
		busy("a temporary hold")
		s.DLS.DevnetReleTmp(st, tmp)

		m, err := s.MAC.Open(st, name)
		envtest.Equal(st, "open", err, 0)
		busy("the MAC open")
		s.MAC.Close(st, m)

		envtest.Check(st, s.DDI.HoldDev(st, dev), "no hold of the node")
		busy("a hold of the device node")
		s.DDI.ReleaseDev(st, dev)

		envtest.Equal(st, "detach", s.DDI.Detach(st, name), 0)
		s.Settled(st)
	})
}

// TestLegacyDevice: softmac registers and unregisters the MAC itself, and makes the devnet again
// when it cannot.
func TestLegacyDevice(t *testing.T) {
	envtest.Clean(t, 200, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		s.DDI.Add("ce0", true)
		envtest.Equal(st, "attach", s.DDI.Attach(st, "ce0"), 0)
		st.Quiesce()
		m := s.MAC.Lookup("ce0")
		envtest.Check(st, m != nil && m.HasOpen, "no legacy MAC")
		s.MAC.Fault = func(_ *sim.Thread, point, _ string) env.Errno {
			if point == "mac_disable" {
				return env.EBUSY
			}
			return 0
		}
		envtest.Equal(st, "detach", s.DDI.Detach(st, "ce0"), env.EBUSY)
		st.Quiesce()
		s.MAC.Fault = nil
		id, err := s.DLS.DevnetMacname2Linkid(st, "ce0")
		envtest.Check(st, err == 0 && visible(s, st, id), "the link was not made again")
		envtest.Equal(st, "detach", s.DDI.Detach(st, "ce0"), 0)
		envtest.Check(st, !s.MAC.Registered("ce0"), "the MAC is left")
		s.Settled(st)
	})
}

// TestHoldDrivesAttach: whoever needs the device attaches it and waits for its task; many at once
// attach it once.
func TestHoldDrivesAttach(t *testing.T) {
	envtest.Clean(t, 800, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		dev := s.DDI.Find(name).Dev
		for i := range 3 {
			s.Go(st, []string{"a", "b", "c"}[i], func(t *sim.Thread) {
				h, err := s.Softmac.HoldDevice(t, dev)
				envtest.Equal(t, "hold", err, 0)
				envtest.Check(t, visible(s, t, devnettest.Dev), "held before its attach was over")
				envtest.Equal(t, "detach while held", s.DDI.Detach(t, name), env.EBUSY)
				s.Softmac.ReleDevice(t, h)
			})
		}
		s.Settled(st)
		_, err := s.Softmac.HoldDevice(st, env.Dev{Major: 99})
		envtest.Equal(st, "no driver", err, env.ENXIO)
		_, err = s.Softmac.HoldDevice(st, s.DDI.Device("e1000g9"))
		envtest.Equal(st, "no device", err, env.ENOENT)
		s.Softmac.ReleDevice(st, nil)
	})
}

// TestFailedAttachIsWhatHoldsGet, and a detach and attach later puts it right.
func TestFailedAttachIsWhatHoldsGet(t *testing.T) {
	envtest.Clean(t, 200, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		dev := s.DDI.Find(name).Dev
		s.MAC.Fault = func(_ *sim.Thread, point, which string) env.Errno {
			if point == "mac_open" && which == name {
				return env.EIO
			}
			return 0
		}
		_, err := s.Softmac.HoldDevice(st, dev)
		envtest.Equal(st, "hold", err, env.EIO)
		s.MAC.Fault = nil
		_, err = s.Softmac.HoldDevice(st, dev)
		envtest.Equal(st, "hold later", err, env.EIO)
		envtest.Equal(st, "detach", s.DDI.Detach(st, name), 0)
		h, err := s.Softmac.HoldDevice(st, dev)
		envtest.Equal(st, "hold after another attach", err, 0)
		s.Softmac.ReleDevice(st, h)
		s.Settled(st)
	})
}

// TestRecreate: what was attached without a daemon gets its link when the daemon starts, also if
// the two overlap; unless the daemon starts just between the two questions of the attach, the
// second of which is then about no linkid (environment.md 4.5, D03 of docs/bug-book.md).
func TestRecreate(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, simtest.Fewer(20_000), func(st *sim.Thread) {
		s := devnettest.Boot(st)
		s.Daemon.Stop(st)
		s.Go(st, "attacher", func(t *sim.Thread) { envtest.Equal(t, "attach", s.DDI.Attach(t, name), 0) })
		s.Go(st, "starter", func(t *sim.Thread) {
			envtest.Equal(t, "start", s.Daemon.Start(t), 0)
		})
		st.Quiesce()
		s.Softmac.All(func(device string, _ bool, err env.Errno) {
			if device != name {
				return
			}
			seen["attach "+err.String()]++
			envtest.Check(st, err == 0 || err == env.ENOENT, "attach ends in %s", err)
			envtest.Equal(st, "visible", visible(s, st, devnettest.Dev), err == 0)
		})
		envtest.Equal(st, "detach", s.DDI.Detach(st, name), 0)
		s.Settled(st)
	})
	seen.All(t, "attach 0")
	if !testing.Short() { // one schedule in some thousands
		seen.All(t, "attach ENOENT")
	}
}

// TestRecreateForgetsAfterAnError: what dls_devnet_recreate refuses is not tried again (L29).
func TestRecreateForgetsAfterAnError(t *testing.T) {
	envtest.Clean(t, 20, func(st *sim.Thread) {
		s := devnettest.Boot(st)
		s.Daemon.Stop(st)
		s.Quiet(st, func() { envtest.Equal(st, "attach", s.DDI.Attach(st, name), 0) })
		f := &failing{Devnet: s.Softmac.Devnet, recreate: env.EIO}
		s.Softmac.Devnet = f
		envtest.Equal(st, "start", s.Daemon.Start(st), 0)
		s.Daemon.Stop(st)
		f.recreate = 0
		envtest.Equal(st, "start again", s.Daemon.Start(st), 0)
		st.Quiesce()
		envtest.Equal(st, "tries", f.tries, 1)
		envtest.Check(st, !visible(s, st, devnettest.Dev), "it was tried again")
	})
}

// TestLastChain: with the quirk of the hash walk the first device is never visited.
func TestLastChain(t *testing.T) {
	for _, skip := range []bool{false, true} {
		envtest.Clean(t, 5, func(st *sim.Thread) {
			s := devnettest.Boot(st)
			s.Softmac.SkipLastChain = skip
			s.Daemon.Stop(st)
			s.Quiet(st, func() {
				envtest.Equal(st, "detach", s.DDI.Detach(st, "e1000g0"), 0)
				envtest.Equal(st, "detach", s.DDI.Detach(st, "e1000g1"), 0)
				envtest.Equal(st, "attach", s.DDI.Attach(st, name), 0) // alone, so the first
			})
			envtest.Equal(st, "start", s.Daemon.Start(st), 0)
			st.Quiesce()
			envtest.Equal(st, "visible", visible(s, st, devnettest.Dev), !skip)
		})
	}
}

// failing fails dls_devnet_recreate.
type failing struct {
	softmac.Devnet
	recreate env.Errno
	tries    int
}

func (f *failing) DevnetRecreate(t *sim.Thread, m *mac.MAC, id env.LinkID) env.Errno {
	f.tries++
	if f.recreate != 0 {
		return f.recreate
	}
	return f.Devnet.DevnetRecreate(t, m, id)
}
