// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"testing"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/sim"
)

// holds tries all the ways to get a reference and returns how many succeeded. Each is given
// back.
func (m *machine) holds(t *sim.Thread, id env.LinkID) (n int) {
	if h, err := m.DLS.DevnetHoldTmp(t, id); err == 0 {
		n++
		m.DLS.DevnetReleTmp(t, h)
	}
	if h, err := m.DLS.DevnetHold(t, id); err == 0 {
		n++
		m.DLS.DevnetRele(t, h)
	}
	return n
}

func TestHolds(t *testing.T) {
	once(t, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		h, err := m.DLS.DevnetHoldTmp(t, idNet0)
		ok(t, "hold tmp", err)
		g, err := m.DLS.DevnetHold(t, idNet0)
		ok(t, "hold", err)
		envtest.Check(t, h == g, "two devnets")
		f := m.devnet(t, "e1000g0")
		envtest.Check(t, f.Tref == 1 && f.Ref == 2, "dd_tref %d, dd_ref %d", f.Tref, f.Ref)
		envtest.Equal(t, "mac", m.DLS.DevnetMac(t, h), "e1000g0")

		p := m.MAC.PerimEnterByMH(t, m.MAC.Lookup("e1000g0"))
		lh, dlp, err := m.DLS.DevnetHoldLink(t, idNet0)
		ok(t, "hold link", err)
		link, _ := m.Links.Lookup("e1000g0")
		envtest.Check(t, m.devnet(t, "e1000g0").Tref == 2 && link.Ref.Peek() == 2, "hold link took no holds")
		byLink, err := m.DLS.DevnetHoldTmpByLink(t, dlp)
		ok(t, "hold tmp by link", err)
		envtest.Equal(t, "dd_tref", m.devnet(t, "e1000g0").Tref, 3)
		m.DLS.DevnetReleTmp(t, byLink)
		m.DLS.DevnetReleLink(t, lh, dlp)
		envtest.Equal(t, "dl_ref", link.Ref.Peek(), 1)
		m.MAC.PerimExit(t, p)

		m.DLS.DevnetReleTmp(t, h)
		m.DLS.DevnetRele(t, g)
		f = m.devnet(t, "e1000g0")
		envtest.Check(t, f.Tref == 0 && f.Ref == 1, "dd_tref %d, dd_ref %d", f.Tref, f.Ref)
		for _, id := range []env.LinkID{0, 99} {
			envtest.Equal(t, "holds of no link", m.holds(t, id), 0)
			_, _, err = m.DLS.DevnetHoldLink(t, id)
			envtest.Equal(t, "hold link of no link", err, env.ENOENT)
		}
	})
}

// TestHoldLinkGivesUpItsHold: a devnet may be there without its dls_link.
func TestHoldLinkGivesUpItsHold(t *testing.T) {
	once(t, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		mh := m.MAC.Lookup("e1000g0")
		p := m.MAC.PerimEnterByMH(t, mh)
		ok(t, "release the link", m.Links.ReleByName(t, "e1000g0"))
		_, _, err := m.DLS.DevnetHoldLink(t, idNet0)
		envtest.Equal(t, "hold link", err, env.ENOENT)
		envtest.Equal(t, "dd_tref", m.devnet(t, "e1000g0").Tref, 0)
		envtest.Equal(t, "kstat", m.read(t, "net0", 0), env.ENOENT)
		envtest.Equal(t, "dd_tref", m.devnet(t, "e1000g0").Tref, 0)
		_, err = m.Links.HoldCreate(t, "e1000g0")
		ok(t, "hold create", err)
		m.MAC.PerimExit(t, p)
	})
}

// TestInvisibleWhileInitializingOrCondemned: from its first entry in a hash until create
// ends, and from unset on, nobody gets a reference.
func TestInvisibleWhileInitializingOrCondemned(t *testing.T) {
	seen := make(envtest.Seen)
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		clean(t, 800, cfg, func(m *machine, t *sim.Thread) {
			created, deleting := false, false
			u := in(t, "admin", &m.user, func(t *sim.Thread) {
				ok(t, "create", m.Simnet.Create(t, idSim0, "sim0"))
				created = true
				t.Yield()
				deleting = true
				ok(t, "delete", m.Simnet.Delete(t, idSim0))
			})
			for range 30 {
				f, found := m.DLS.ByLinkid(idSim0)
				h, err := m.DLS.DevnetHoldTmp(t, idSim0)
				switch {
				case err == 0:
					g := devnet.ByHandle(h)
					envtest.Check(t, g.Flags&devnet.Initializing == 0, "held while initialising")
					if !deleting {
						envtest.Equal(t, "flags", g.Flags, 0)
					}
					seen["held"]++
					m.DLS.DevnetReleTmp(t, h)
				case found && f.Flags&devnet.Initializing != 0:
					envtest.Equal(t, "hold", err, env.ENOENT)
					seen["initialising"]++
				default:
					envtest.Check(t, !created || deleting, "%v between create and delete", err)
				}
			}
			t.Join(u)
		})
	})
	seen.All(t, "held", "initialising")
}

// TestUnsetWaits: delete with wait returns when the last temporary reference is gone and the
// property task has ended, and not before.
func TestUnsetWaits(t *testing.T) {
	seen := make(envtest.Seen)
	everywhere(t, func(t *testing.T, cfg devnet.Config) {
		clean(t, 1500, cfg, func(m *machine, t *sim.Thread) {
			ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0))
			held := 0
			for i := range 2 {
				t.SpawnN("holder", i+1, func(t *sim.Thread) {
					h, err := m.DLS.DevnetHoldTmp(t, idV0)
					if err != 0 {
						return
					}
					held++
					m.DLS.DevnetPropTaskWait(t, h)
					envtest.Check(t, !devnet.ByHandle(h).PropRun, "the task still runs")
					if devnet.ByHandle(h).Flags&devnet.Condemned != 0 {
						seen["condemned while held"]++
					}
					held--
					m.DLS.DevnetReleTmp(t, h)
				})
			}
			if m.devnet(t, "vnic0").PropRun {
				seen["task while deleting"]++
			}
			ok(t, "delete", m.VNIC.Delete(t, idV0))
			envtest.Equal(t, "holders after the delete", held, 0)
		})
	})
	seen.All(t, "condemned while held", "task while deleting")
}

// TestAssertOnlyInDebugKernels: one release too many is an ASSERT, which other kernels do not
// have; there the count wraps and the link can never be deleted.
func TestAssertOnlyInDebugKernels(t *testing.T) {
	release := func(m *machine, t *sim.Thread) {
		h, _ := m.DLS.DevnetHoldTmp(t, idNet0)
		m.DLS.DevnetReleTmp(t, h)
		m.DLS.DevnetReleTmp(t, h)
	}
	finds(t, 1, devnet.Config{Debug: true}, sim.KindPanic, "ASSERT", []string{"dls_devnet_rele_tmp:670"}, release)
	once(t, devnet.Config{}, release)
}

func TestReleOfTheLastReference(t *testing.T) {
	for _, debug := range []bool{false, true} {
		finds(t, 1, devnet.Config{Debug: debug}, sim.KindPanic, "VERIFY(dd_ref > 1)", []string{"dls_devnet_rele:1262"},
			func(m *machine, t *sim.Thread) {
				h, _ := m.DLS.DevnetHold(t, idNet0)
				m.DLS.DevnetRele(t, h)
				m.DLS.DevnetRele(t, h)
			})
	}
}
