// SPDX-License-Identifier: CDDL-1.0

package mac_test

import (
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
)

// register makes a layer with the link net0, the VNICs v0 and v1 over it, and an etherstub.
func register(t *sim.Thread, devnet mac.Devnet) (l *mac.Layer, net0, v0, v1, stub *mac.MAC) {
	l = &mac.Layer{Devnet: devnet}
	l.Init(t.World())
	net0, _ = l.Register(t, "net0", env.ClassPhys, nil)
	v0, _ = l.Register(t, "v0", env.ClassVNIC, net0)
	v1, _ = l.Register(t, "v1", env.ClassVNIC, net0)
	stub, _ = l.Register(t, "stub0", env.ClassEtherstub, nil)
	return l, net0, v0, v1, stub
}

func TestPerimeterIsRecursiveAndExclusive(t *testing.T) {
	envtest.Clean(t, 500, func(st *sim.Thread) {
		l, net0, _, _, _ := register(st, nil)
		inside := 0
		for i := range 3 {
			st.SpawnN("w", i+1, func(t *sim.Thread) {
				outer := l.PerimEnterByMH(t, net0)
				inside++
				inner := l.PerimEnterByMH(t, net0)
				envtest.Check(t, net0.PerimHeld(t), "not held after a second enter")
				l.PerimExit(t, inner)
				envtest.Check(t, net0.PerimHeld(t), "the inner exit has left the perimeter")
				t.Yield()
				envtest.Equal(t, "threads inside", inside, 1)
				inside--
				l.PerimExit(t, outer)
				envtest.Check(t, !net0.PerimHeld(t), "held after the last exit")
			})
		}
	})
}

func TestPerimeterIsNotHandedOff(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 2000, func(st *sim.Thread) {
		l, net0, _, _, _ := register(st, nil)
		order := ""
		enter := func(t *sim.Thread) {
			p := l.PerimEnterByMH(t, net0)
			order += t.Name()
			l.PerimExit(t, p)
		}
		p := l.PerimEnterByMH(st, net0)
		a, b := st.Spawn("a", enter), st.Spawn("b", enter)
		for range 4 {
			st.Yield()
		}
		waiting := a.Pending().Type != nil && !a.Enabled() && a.Pending().Object != nil
		l.PerimExit(st, p)
		enter(st) // a newcomer: it may win before those that wait
		st.Join(a)
		st.Join(b)
		if waiting {
			seen[order]++
		}
	})
	seen.All(t, "mainab", "mainba", "amainb", "abmain", "bmaina", "bamain")
}

func TestVNICsShareThePerimeterOfTheirLowerLink(t *testing.T) {
	envtest.Clean(t, 300, func(st *sim.Thread) {
		l, net0, v0, v1, stub := register(st, nil)
		p := l.PerimEnterByMH(st, v0)
		envtest.Check(st, net0.PerimHeld(st) && v1.PerimHeld(st), "lower link and sister are not held")
		envtest.Check(st, !stub.PerimHeld(st), "the etherstub is held")
		u := st.Spawn("sister", func(t *sim.Thread) {
			q := l.PerimEnterByMH(t, v1)
			envtest.Check(t, !v0.PerimHeld(st), "two threads inside")
			l.PerimExit(t, q)
		})
		q := l.PerimEnterByMH(st, net0)
		l.PerimExit(st, q)
		s := l.PerimEnterByMH(st, stub)
		l.PerimExit(st, s)
		l.PerimExit(st, p)
		st.Join(u)
	})
}

// TestExitByNameClosesAfterwards: the handle is left first, and the close enters once more,
// so another thread can get in before mi_ref goes down.
func TestExitByNameClosesAfterwards(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 1000, func(st *sim.Thread) {
		l, _, v0, _, _ := register(st, nil)
		p, err := l.PerimEnterByMacname(st, "v0")
		envtest.Equal(st, "enter by name", err, 0)
		envtest.Equal(st, "mi_ref inside", v0.Ref(), 1)
		left := false
		u := st.Spawn("other", func(t *sim.Thread) {
			q := l.PerimEnterByMH(t, v0)
			if !left && v0.Ref() == 1 {
				seen["inside before the close"]++
			}
			l.PerimExit(t, q)
		})
		l.PerimExit(st, p)
		left = true
		envtest.Equal(st, "mi_ref after the exit", v0.Ref(), 0)
		st.Join(u)
	})
	seen.All(t, "inside before the close")
}

func TestExitOfAStrangerPanics(t *testing.T) {
	envtest.Fails(t, 1, sim.KindPanic, "mac_perim_exit", func(st *sim.Thread) {
		l, net0, _, _, _ := register(st, nil)
		p := l.PerimEnterByMH(st, net0)
		st.Join(st.Spawn("stranger", func(t *sim.Thread) { l.PerimExit(t, p) }))
	})
}

func TestTwoPerimetersInBothOrdersDeadlock(t *testing.T) {
	envtest.Fails(t, 2000, sim.KindDeadlock, "PERIM", func(st *sim.Thread) {
		l, net0, _, _, stub := register(st, nil)
		cross := func(a, b *mac.MAC) func(*sim.Thread) {
			return func(t *sim.Thread) {
				p := l.PerimEnterByMH(t, a)
				q := l.PerimEnterByMH(t, b)
				l.PerimExit(t, q)
				l.PerimExit(t, p)
			}
		}
		st.Spawn("a", cross(net0, stub))
		st.Spawn("b", cross(stub, net0))
	})
}

// devnet records what the MAC layer asks of the datalink code.
type devnet struct {
	calls    string
	held     *mac.MAC // must not be in the perimeter while the link is held
	name     string
	nameErrs []env.Errno
}

func (d *devnet) call(t *sim.Thread, c string) {
	t.Yield()
	if d.held != nil && d.held.PerimHeld(t) {
		c += "(in perimeter)"
	}
	d.calls += c + " "
}

func (d *devnet) DevnetHoldTmp(t *sim.Thread, id env.LinkID) (env.DLHandle, env.Errno) {
	d.call(t, "hold")
	if id == 0 {
		return nil, env.ENOENT
	}
	return d, 0
}

func (d *devnet) DevnetPropTaskWait(t *sim.Thread, _ env.DLHandle) { d.call(t, "wait") }
func (d *devnet) DevnetReleTmp(t *sim.Thread, _ env.DLHandle)      { d.call(t, "rele") }
func (d *devnet) DevnetMac(*sim.Thread, env.DLHandle) string       { return d.name }

func (d *devnet) DevnetMacname2Linkid(t *sim.Thread, _ string) (env.LinkID, env.Errno) {
	d.call(t, "macname2linkid")
	return 7, 0
}

func (d *devnet) MgmtLinkName(t *sim.Thread, _ env.LinkID) (string, env.Errno) {
	d.call(t, "getname")
	err := d.nameErrs[0]
	d.nameErrs = d.nameErrs[1:]
	return "net0", err
}

func TestPerimeterByLinkidWaitsOutside(t *testing.T) {
	envtest.Clean(t, 100, func(st *sim.Thread) {
		d := &devnet{name: "v0"}
		l, _, v0, _, _ := register(st, d)
		d.held = v0
		p, err := l.PerimEnterByLinkid(st, 7)
		envtest.Equal(st, "enter by linkid", err, 0)
		envtest.Equal(st, "calls", d.calls, "hold wait rele ")
		envtest.Check(st, v0.PerimHeld(st) && p.MAC() == v0, "not inside")
		envtest.Equal(st, "mi_ref", v0.Ref(), 1)
		l.PerimExit(st, p)
		envtest.Equal(st, "mi_ref", v0.Ref(), 0)

		_, err = l.PerimEnterByLinkid(st, 0)
		envtest.Equal(st, "unknown linkid", err, env.ENOENT)
		d.name, d.calls = "gone", ""
		_, err = l.PerimEnterByLinkid(st, 7)
		envtest.Equal(st, "unregistered MAC", err, env.ENOENT)
		envtest.Equal(st, "calls", d.calls, "hold wait rele ")
	})
}
