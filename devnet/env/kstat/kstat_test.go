// SPDX-License-Identifier: CDDL-1.0

package kstat_test

import (
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/kstat"
	"dlsim/sim"
)

func layer(t *sim.Thread) *kstat.Layer {
	l := new(kstat.Layer)
	l.Init(t.World())
	return l
}

func quiet(*sim.Thread, uint64, bool) env.Errno { return 0 }

func create(t *sim.Thread, l *kstat.Layer, name string, zone env.ZoneID, u kstat.Update, private uint64) kstat.Ptr {
	p, ok := l.Create(t, name, zone, u, private)
	envtest.Check(t, ok, "%s in zone %d is taken", name, zone)
	l.Install(t, p)
	return p
}

func TestReadRunsTheUpdateOwningTheKstat(t *testing.T) {
	envtest.Clean(t, 500, func(st *sim.Thread) {
		l := layer(st)
		running := 0
		create(st, l, "net0", 0, func(t *sim.Thread, private uint64, _ bool) env.Errno {
			running++
			t.Yield()
			envtest.Equal(t, "updates at once", running, 1)
			running--
			return env.Errno(private)
		}, 5)
		kid := l.Lookup(st, "net0", 0)
		for i := range 3 {
			st.SpawnN("reader", i+1, func(t *sim.Thread) {
				envtest.Equal(t, "read", l.Read(t, kid), env.Errno(5))
			})
		}
	})
}

func TestNamesAndIds(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		l := layer(st)
		p, ok := l.Create(st, "net0", 0, quiet, 1)
		envtest.Check(st, ok, "first create")
		first := l.Lookup(st, "net0", 0)
		envtest.Equal(st, "read before the install", l.Read(st, first), env.EAGAIN)
		l.Install(st, p)
		envtest.Equal(st, "read", l.Read(st, first), 0)
		_, ok = l.Create(st, "net0", 0, quiet, 1)
		envtest.Check(st, !ok, "two of one name in one zone")
		create(st, l, "net0", 5, quiet, 1)
		envtest.Equal(st, "not in this zone", l.Lookup(st, "net0", 6), 0)

		l.Delete(st, p)
		envtest.Equal(st, "lookup of a deleted one", l.Lookup(st, "net0", 0), 0)
		envtest.Equal(st, "read of a deleted one", l.Read(st, first), env.ENXIO)
		create(st, l, "net0", 0, quiet, 1)
		envtest.Check(st, l.Lookup(st, "net0", 0) > first, "an id was used again")
		envtest.Equal(st, "read of the old id", l.Read(st, first), env.ENXIO)
		n := 0
		l.All(func(string, env.ZoneID, uint64) { n++ })
		envtest.Equal(st, "kstats", n, 2)
	})
}

func TestDeleteWaitsForTheOwner(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 1000, func(st *sim.Thread) {
		l := layer(st)
		running := false
		p := create(st, l, "net0", 0, func(t *sim.Thread, _ uint64, _ bool) env.Errno {
			running = true
			t.Yield()
			t.Yield()
			running = false
			return 0
		}, 0)
		kid := l.Lookup(st, "net0", 0)
		for i := range 2 {
			st.SpawnN("reader", i+1, func(t *sim.Thread) { seen[l.Read(t, kid).String()]++ })
		}
		l.Delete(st, p)
		envtest.Check(st, !running, "deleted under its owner")
	})
	seen.All(t, "0", "ENXIO")
}

// TestWaitersOfADeletedKstat: whoever waited for the owner while the kstat was deleted finds
// it absent, even when a new one has taken its memory and its name meanwhile, and nobody who
// waits for the new one is forgotten.
func TestWaitersOfADeletedKstat(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 5000, func(st *sim.Thread) {
		l := layer(st)
		slow := func(t *sim.Thread, private uint64, _ bool) env.Errno {
			t.Yield()
			return env.Errno(private)
		}
		p := create(st, l, "net0", 0, slow, 1)
		old := l.Lookup(st, "net0", 0)
		st.Spawn("deleter", func(t *sim.Thread) {
			l.Delete(t, p)
			create(t, l, "net0", 0, slow, 2)
			kid := l.Lookup(t, "net0", 0)
			for i := range 2 {
				t.SpawnN("new", i+1, func(t *sim.Thread) { envtest.Equal(t, "new", l.Read(t, kid), env.Errno(2)) })
			}
		})
		for i := range 3 {
			st.SpawnN("old", i+1, func(t *sim.Thread) {
				err := l.Read(t, old)
				envtest.Check(t, err == 1 || err == env.ENXIO, "old kstat answers %v", err)
				seen[err.String()]++
			})
		}
	})
	seen.All(t, "EPERM", "ENXIO")
}

func TestCreateWaitsForTheOwnerOfItsName(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 2000, func(st *sim.Thread) {
		l := layer(st)
		running := false
		p := create(st, l, "net0", 0, func(t *sim.Thread, _ uint64, _ bool) env.Errno {
			running = true
			t.Yield()
			running = false
			return 0
		}, 0)
		kid := l.Lookup(st, "net0", 0)
		st.Spawn("reader", func(t *sim.Thread) { l.Read(t, kid) })
		st.Spawn("creator", func(t *sim.Thread) {
			was := running
			_, ok := l.Create(t, "net0", 0, quiet, 0)
			switch {
			case !ok:
				seen["taken"]++
			case was:
				seen["free after a wait"]++
			default:
				seen["free"]++
			}
		})
		l.Delete(st, p)
	})
	seen.All(t, "taken", "free", "free after a wait")
}

func TestHoldIsNotRecursive(t *testing.T) {
	envtest.Fails(t, 1, sim.KindDeadlock, "KSTAT(net0)", func(st *sim.Thread) {
		l := layer(st)
		kid := 0
		create(st, l, "net0", 0, func(t *sim.Thread, _ uint64, _ bool) env.Errno { return l.Read(t, kid) }, 0)
		kid = l.Lookup(st, "net0", 0)
		l.Read(st, kid)
	})
}

func TestOwnerCannotDelete(t *testing.T) {
	envtest.Fails(t, 1, sim.KindDeadlock, "KSTAT(net0)", func(st *sim.Thread) {
		l := layer(st)
		var p kstat.Ptr
		p = create(st, l, "net0", 0, func(t *sim.Thread, _ uint64, _ bool) env.Errno {
			l.Delete(t, p)
			return 0
		}, 0)
		l.Read(st, l.Lookup(st, "net0", 0))
	})
}

func TestSecondDeleteUsesFreedMemory(t *testing.T) {
	for _, again := range []bool{false, true} {
		envtest.Fails(t, 1, sim.KindLifetime, "kstat_t", func(st *sim.Thread) {
			l := layer(st)
			p := create(st, l, "net0", 0, quiet, 0)
			l.Delete(st, p)
			if again {
				create(st, l, "net1", 0, quiet, 0) // in the same memory
			}
			l.Delete(st, p)
		})
	}
}
