// SPDX-License-Identifier: CDDL-1.0

package zone_test

import (
	"fmt"
	"slices"
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
)

func layer(t *sim.Thread) *zone.Layer {
	l := new(zone.Layer)
	l.Init(t.World())
	return l
}

func TestStatusOnlyGoesUp(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		z := layer(st).Add(st.World(), 5, "web", zone.Uninitialized)
		for s := zone.Initialized; s <= zone.Dead; s++ {
			envtest.Check(st, z.SetStatus(st, s), "refused %v", s)
			envtest.Check(st, !z.SetStatus(st, s), "accepted %v twice", s)
			envtest.Check(st, !z.SetStatus(st, s-1), "went down from %v", s)
			envtest.Equal(st, "status", z.StatusGet(st), s)
			back, ok := zone.ParseStatus(s.String())
			envtest.Check(st, ok && back == s, "%v does not parse", s)
		}
		_, ok := zone.ParseStatus("half_up")
		envtest.Check(st, !ok, "parsed nonsense")
	})
}

// TestHiddenZones: a zone is found from READY to DOWN only, so one that is merely dying
// looks like one that never was.
func TestHiddenZones(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		l := layer(st)
		z := l.Add(st.World(), 5, "web", zone.Uninitialized)
		for s := zone.Uninitialized; s <= zone.Dead; s++ {
			z.SetStatus(st, s)
			active := s >= zone.Ready && s <= zone.Down
			found := l.FindByID(st, 5)
			envtest.Check(st, (found != nil) == active, "found in %v: %v", s, found != nil)
			if found != nil {
				found.Rele(st)
			}
			want := env.Errno(0)
			if !active {
				want = env.ENXIO
			}
			envtest.Equal(st, "add in "+s.String(), l.AddDatalink(st, 5, 1), want)
			if !active {
				want = env.EINVAL
			}
			envtest.Equal(st, "remove in "+s.String(), l.RemoveDatalink(st, 5, 1), want)
		}
		envtest.Check(st, l.Get(5) == z, "Get hides a zone")
		envtest.Check(st, l.FindByID(st, 6) == nil, "found a zone that never was")
		g := l.FindByID(st, env.GlobalZone)
		envtest.Check(st, g != nil && g.StatusGet(st) == zone.Running, "no global zone")
		g.Rele(st)
	})
}

func TestDatalinkLists(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		l := layer(st)
		z5 := l.Add(st.World(), 5, "web", zone.Running)
		z6 := l.Add(st.World(), 6, "db", zone.Running)
		envtest.Equal(st, "no zone", l.AddDatalink(st, 9, 1), env.ENXIO)
		envtest.Equal(st, "remove, no zone", l.RemoveDatalink(st, 9, 1), env.EINVAL)
		envtest.Equal(st, "add", l.AddDatalink(st, 5, 1), 0)
		envtest.Equal(st, "add again", l.AddDatalink(st, 5, 1), env.EEXIST)
		envtest.Equal(st, "add elsewhere", l.AddDatalink(st, 6, 1), env.EPERM)
		envtest.Equal(st, "remove elsewhere", l.RemoveDatalink(st, 6, 1), env.ENXIO)
		envtest.Equal(st, "zone of the link", l.CheckDatalink(st, 1), 5)
		envtest.Equal(st, "zone of another", l.CheckDatalink(st, 2), env.GlobalZone)
		z5.Enlist(1)
		envtest.Equal(st, "links", len(z5.Links()), 1)

		z5.SetStatus(st, zone.Dying)
		envtest.Equal(st, "add elsewhere when its zone dies", l.AddDatalink(st, 6, 1), 0)
		envtest.Equal(st, "zone of the link", l.CheckDatalink(st, 1), 6)
		envtest.Equal(st, "remove", l.RemoveDatalink(st, 6, 1), 0)
		envtest.Equal(st, "links", len(z6.Links()), 0)
	})
}

// TestStatusMayChangeAfterFind: nothing keeps a found zone in its status.
func TestStatusMayChangeAfterFind(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 300, func(st *sim.Thread) {
		l := layer(st)
		z := l.Add(st.World(), 5, "web", zone.Running)
		st.Spawn("halt", func(t *sim.Thread) {
			z.SetStatus(t, zone.ShuttingDown)
			z.SetStatus(t, zone.Dying)
		})
		if f := l.FindByID(st, 5); f != nil {
			seen["found "+f.StatusGet(st).String()]++
			f.Rele(st)
		} else {
			seen["hidden"]++
		}
	})
	seen.All(t, "found running", "found shutting_down", "found dying", "hidden")
}

// recorder is a module that records what is called.
func recorder(l *zone.Layer, calls *[]string) {
	note := func(s string) { *calls = append(*calls, s) }
	l.NetstackRegister(zone.Module{
		Create:   func(id env.ZoneID) any { note(fmt.Sprintf("create %d", id)); return id },
		Shutdown: func(t *sim.Thread, id env.ZoneID, arg any) { t.Yield(); note(fmt.Sprintf("shutdown %d %v", id, arg)) },
		Destroy:  func(id env.ZoneID, arg any) { note(fmt.Sprintf("destroy %d %v", id, arg)) },
	})
}

// TestLadderWithItsStack: the callbacks run once and in their place; a zone without a stack of its
// own has none.
func TestLadderWithItsStack(t *testing.T) {
	envtest.Clean(t, 20, func(st *sim.Thread) {
		l := layer(st)
		var calls []string
		recorder(l, &calls)
		l.Add(st.World(), 5, "web", zone.Running)
		l.Add(st.World(), 6, "shared", zone.Running).Shared = true
		envtest.Equal(st, "destroy of a running zone", l.Destroy(st, 5), env.EBUSY)
		envtest.Equal(st, "destroy of nothing", l.Destroy(st, 9), env.EINVAL)
		for _, id := range []env.ZoneID{5, 6} {
			envtest.Equal(st, "shutdown", l.Shutdown(st, id), 0)
			envtest.Equal(st, "shutdown again", l.Shutdown(st, id), 0)
			envtest.Equal(st, "destroy", l.Destroy(st, id), 0)
			envtest.Check(st, l.Get(id) == nil, "zone %d is left", id)
		}
		l.NetstackUnregister()
		want := []string{"create 0", "create 5", "create 6", "shutdown 5 5", "destroy 5 5", "destroy 6 6", "destroy 0 0"}
		envtest.Check(st, slices.Equal(calls, want), "calls %q", calls)
	})
}

// TestTwoShutdowns: the second waits for the callback of the first.
func TestTwoShutdowns(t *testing.T) {
	envtest.Clean(t, 500, func(st *sim.Thread) {
		l := layer(st)
		var calls []string
		recorder(l, &calls)
		l.Add(st.World(), 5, "web", zone.Running)
		for i := range 2 {
			st.SpawnN("zoneadmd", i+1, func(t *sim.Thread) {
				envtest.Equal(t, "shutdown", l.Shutdown(t, 5), 0)
				envtest.Check(t, l.Get(5).StatusGet(t) == zone.Down, "returned before the zone was down")
			})
		}
		st.Quiesce()
		envtest.Equal(st, "callbacks", len(calls), 3)
	})
}

// TestDestroyWaitsForReferences.
func TestDestroyWaitsForReferences(t *testing.T) {
	envtest.Clean(t, 500, func(st *sim.Thread) {
		l := layer(st)
		l.Add(st.World(), 5, "web", zone.Down)
		z := l.FindByID(st, 5)
		held := true
		u := st.Spawn("zoneadmd", func(t *sim.Thread) {
			envtest.Equal(t, "destroy", l.Destroy(t, 5), 0)
			envtest.Check(t, !held, "destroyed while held")
		})
		st.Yield()
		held = false
		z.Rele(st)
		st.Join(u)
	})
}

// TestNetstackOfTheCaller: that of its zone, and none once it is closing.
func TestNetstackOfTheCaller(t *testing.T) {
	envtest.Clean(t, 20, func(st *sim.Thread) {
		l := layer(st)
		l.Add(st.World(), 5, "web", zone.Running)
		get := func(want bool) {
			st.Join(st.Spawn("inside", func(t *sim.Thread) {
				t.SetLocal(&env.Context{User: true, Zone: 5})
				ns := l.NetstackGetCurrent(t)
				envtest.Equal(t, "has a stack", ns != nil, want)
				if ns != nil {
					l.NetstackRele(t, ns)
				}
			}))
		}
		get(true)
		envtest.Equal(st, "shutdown", l.Shutdown(st, 5), 0)
		get2 := l.NetstackGetCurrent(st)
		envtest.Check(st, get2 != nil, "the global zone has none")
		l.NetstackRele(st, get2)
	})
	envtest.Fails(t, 1, sim.KindPanic, "netstack_rele(NULL)", func(st *sim.Thread) { layer(st).NetstackRele(st, nil) })
}
