// SPDX-License-Identifier: CDDL-1.0

package mac_test

import (
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/sim"
)

func TestOpenAndDisableExcludeEachOther(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		l, net0, _, _, _ := register(st, nil)
		m, err := l.Open(st, "net0")
		envtest.Equal(st, "open", err, 0)
		envtest.Equal(st, "disable while open", l.Disable(st, m), env.EBUSY)
		l.Close(st, m)
		net0.AddFlows(1)
		envtest.Equal(st, "disable with flows", l.Disable(st, m), env.ENOTEMPTY)
		net0.AddFlows(-1)
		envtest.Equal(st, "disable", l.Disable(st, m), 0)
		envtest.Equal(st, "disable again", l.Disable(st, m), 0)
		_, err = l.Open(st, "net0")
		envtest.Equal(st, "open when disabled", err, env.ENOENT)
		_, err = l.Open(st, "nothing")
		envtest.Equal(st, "open of no MAC", err, env.ENOENT)
		_, err = l.Register(st, "net0", env.ClassPhys, nil)
		envtest.Equal(st, "name taken", err, env.EEXIST)
		envtest.Equal(st, "unregister", l.Unregister(st, m), 0)
		envtest.Check(st, !l.Registered("net0") && l.Lookup("net0") == nil, "still registered")
		_, err = l.Register(st, "net0", env.ClassPhys, nil)
		envtest.Equal(st, "name free again", err, 0)
	})
}

func TestDisableRacesWithOpen(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 500, func(st *sim.Thread) {
		l, net0, _, _, _ := register(st, nil)
		u := st.Spawn("opener", func(t *sim.Thread) {
			if m, err := l.Open(t, "net0"); err == 0 {
				l.Close(t, m)
			} else {
				seen["open "+err.String()]++
			}
		})
		seen["disable "+l.Disable(st, net0).String()]++
		st.Join(u)
	})
	seen.All(t, "open ENOENT", "disable EBUSY", "disable 0")
}

func TestDisableNowait(t *testing.T) {
	envtest.Clean(t, 200, func(st *sim.Thread) {
		l, net0, v0, _, _ := register(st, nil)
		p := l.PerimEnterByMH(st, net0)
		envtest.Equal(st, "in one's own perimeter", l.DisableNowait(st, net0), env.EBUSY)
		st.Join(st.Spawn("other", func(t *sim.Thread) {
			envtest.Equal(t, "in another's perimeter", l.DisableNowait(t, net0), env.EBUSY)
			envtest.Equal(t, "unregister in another's perimeter", l.Unregister(t, net0), env.EBUSY)
		}))
		envtest.Equal(st, "a VNIC in one's own perimeter", l.DisableNowait(st, v0), 0)
		l.PerimExit(st, p)
		envtest.Equal(st, "perimeter free", l.DisableNowait(st, net0), 0)
		envtest.Check(st, !net0.PerimHeld(st), "still inside")
	})
}

func TestDisableWaitsForThePerimeter(t *testing.T) {
	envtest.Clean(t, 300, func(st *sim.Thread) {
		l, net0, v0, _, _ := register(st, nil)
		p := l.PerimEnterByMH(st, net0)
		u := st.Spawn("disabler", func(t *sim.Thread) {
			envtest.Equal(t, "disable", l.Disable(t, v0), 0)
			envtest.Check(t, !net0.PerimHeld(st), "did not wait")
		})
		st.Yield()
		l.PerimExit(st, p)
		st.Join(u)
	})
}

// TestClientOpen: a VNIC's client is its lower client; any other's asks for the link name,
// in the perimeter, and of all errors forgives only a missing daemon.
func TestClientOpen(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		d := new(devnet)
		l, net0, v0, _, stub := register(st, d)
		d.held = net0
		envtest.Equal(st, "vnic", l.ClientOpen(st, v0), 0)
		envtest.Equal(st, "calls for a vnic", d.calls, "")
		for _, c := range []struct{ name, want env.Errno }{
			{0, 0}, {env.EBADF, 0}, {env.ENOENT, env.ENOENT}, {env.EINTR, env.EINTR}, {env.EAGAIN, env.EAGAIN},
		} {
			d.calls, d.nameErrs = "", []env.Errno{c.name}
			envtest.Equal(st, "client open with "+c.name.String(), l.ClientOpen(st, net0), c.want)
			envtest.Equal(st, "calls", d.calls, "macname2linkid(in perimeter) getname(in perimeter) ")
			envtest.Check(st, !net0.PerimHeld(st), "still in the perimeter")
		}
		d.calls, d.nameErrs = "", []env.Errno{0}
		envtest.Equal(st, "etherstub", l.ClientOpen(st, stub), 0)
		envtest.Equal(st, "calls for an etherstub", d.calls, "macname2linkid getname ")
	})
}
