// SPDX-License-Identifier: CDDL-1.0

package dls_test

import (
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
)

// names is a datalink code that knows every MAC; its answer to GETNAME is err.
type names struct {
	mac.Devnet
	err env.Errno
}

func (n *names) DevnetMacname2Linkid(*sim.Thread, string) (env.LinkID, env.Errno) { return 7, 0 }
func (n *names) MgmtLinkName(*sim.Thread, env.LinkID) (string, env.Errno)         { return "net0", n.err }

func layers(t *sim.Thread, debug bool) (*dls.Layer, *mac.MAC, *names) {
	n := new(names)
	m := &mac.Layer{Devnet: n}
	m.Init(t.World())
	net0, _ := m.Register(t, "net0", env.ClassPhys, nil)
	l := &dls.Layer{MAC: m}
	l.Init(t.World(), debug)
	return l, net0, n
}

func ref(l *dls.Layer, name string) int {
	if k, ok := l.Lookup(name); ok {
		return k.Ref.Peek()
	}
	return 0
}

func TestReferences(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		l, net0, _ := layers(st, false)
		_, err := l.Hold(st, "net0")
		envtest.Equal(st, "hold creates nothing", err, env.ENOENT)
		envtest.Equal(st, "release by name of nothing", l.ReleByName(st, "net0"), env.ENOENT)
		_, err = l.HoldCreate(st, "nothing")
		envtest.Equal(st, "no MAC", err, env.ENOENT)

		p, err := l.HoldCreate(st, "net0")
		envtest.Equal(st, "create", err, 0)
		envtest.Equal(st, "dl_ref", ref(l, "net0"), 1)
		envtest.Equal(st, "mi_ref", net0.Ref(), 1)
		q, err := l.HoldCreate(st, "net0")
		envtest.Check(st, err == 0 && p == q, "a second link")
		q, err = l.Hold(st, "net0")
		envtest.Check(st, err == 0 && p == q, "a third link")
		envtest.Equal(st, "dl_ref", ref(l, "net0"), 3)
		envtest.Equal(st, "mi_ref", net0.Ref(), 1)

		net0.AddFlows(1)
		envtest.Equal(st, "release by name with flows", l.ReleByName(st, "net0"), env.ENOTEMPTY)
		net0.AddFlows(-1)
		envtest.Equal(st, "release by name", l.ReleByName(st, "net0"), 0)
		l.Rele(st, p)
		envtest.Equal(st, "dl_ref", ref(l, "net0"), 1)
		l.Rele(st, p)
		_, ok := l.Find(st, "net0")
		envtest.Check(st, !ok, "in the hash after the last release")
		envtest.Equal(st, "mi_ref", net0.Ref(), 0)
		l.All(func(name string) { st.Fail(sim.KindPanic, "test", name+" is left") })
	})
}

func TestUseAfterTheLastRelease(t *testing.T) {
	envtest.Fails(t, 1, sim.KindLifetime, "dls_link_t", func(st *sim.Thread) {
		l, _, _ := layers(st, false)
		p, _ := l.HoldCreate(st, "net0")
		l.Rele(st, p)
		l.Rele(st, p)
	})
}

func TestFailedCreateIsUndone(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		l, net0, n := layers(st, false)
		n.err = env.EINTR
		_, err := l.HoldCreate(st, "net0")
		envtest.Equal(st, "create", err, env.EINTR)
		envtest.Equal(st, "mi_ref", net0.Ref(), 0)
		_, ok := l.Lookup("net0")
		envtest.Check(st, !ok, "in the hash after a failure")
		n.err = env.EBADF // no daemon
		_, err = l.HoldCreate(st, "net0")
		envtest.Equal(st, "create without a daemon", err, 0)
	})
}

// TestSetZid has the table of environment.md 5: what a move does to dl_ref.
func TestSetZid(t *testing.T) {
	for _, c := range []struct {
		from, to env.ZoneID
		change   int
	}{
		{0, 5, +1}, {5, 0, -1}, {5, 6, 0}, {5, 5, 0}, {0, 0, +1},
	} {
		envtest.Clean(t, 1, func(st *sim.Thread) {
			l, _, _ := layers(st, false)
			p, _ := l.HoldCreate(st, "net0")
			_, _ = l.Hold(st, "net0")
			p.At(st).Zone.Poke(c.from)
			envtest.Equal(st, "setzid", l.SetZid(st, "net0", c.to), 0)
			envtest.Equal(st, "dl_ref", ref(l, "net0"), 2+c.change)
			envtest.Equal(st, "dl_zid", p.At(st).Zone.Peek(), c.to)

			// With a stream of the link's zone open it stays where it is.
			p.At(st).ZoneRef.Poke(1)
			envtest.Equal(st, "setzid with streams", l.SetZid(st, "net0", 9), env.EBUSY)
			envtest.Equal(st, "dl_ref", ref(l, "net0"), 2+c.change)
			envtest.Equal(st, "dl_zid", p.At(st).Zone.Peek(), c.to)
		})
	}
	envtest.Clean(t, 1, func(st *sim.Thread) {
		l, _, n := layers(st, false)
		n.err = env.ENOENT
		envtest.Equal(st, "no link and none to be made", l.SetZid(st, "net0", 5), env.ENOENT)
		n.err = 0
		envtest.Equal(st, "makes the link", l.SetZid(st, "net0", 5), 0)
		envtest.Equal(st, "dl_ref", ref(l, "net0"), 1)
	})
}

// TestZoneSurvivesInTheCache: destroying a link leaves dl_zid, and only a debug kernel
// constructs again.
func TestZoneSurvivesInTheCache(t *testing.T) {
	for _, debug := range []bool{false, true} {
		envtest.Clean(t, 1, func(st *sim.Thread) {
			l, _, _ := layers(st, debug)
			_ = l.SetZid(st, "net0", 5)
			p, _ := l.Hold(st, "net0")
			l.Rele(st, p)
			l.Rele(st, p)
			q, _ := l.HoldCreate(st, "net0")
			want := env.ZoneID(5)
			if debug {
				want = 0
			}
			envtest.Equal(st, "dl_zid of the next link", q.At(st).Zone.Peek(), want)
		})
	}
}
