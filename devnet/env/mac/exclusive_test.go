// SPDX-License-Identifier: CDDL-1.0

package mac_test

import (
	"fmt"
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
)

// TestExclusive: the mark needs exactly two opens, and keeps everybody out.
func TestExclusive(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		l, net0, _, _, _ := register(st, nil)
		a, _ := l.Open(st, "net0")
		envtest.Equal(st, "mark with one open", l.MarkExclusive(st, net0), env.EBUSY)
		b, _ := l.Open(st, "net0")
		envtest.Equal(st, "mark with two", l.MarkExclusive(st, net0), 0)
		_, err := l.Open(st, "net0")
		envtest.Equal(st, "open while exclusive", err, env.EBUSY)
		_, err = l.PerimEnterByMacname(st, "net0")
		envtest.Equal(st, "perimeter while exclusive", err, env.EBUSY)
		l.UnmarkExclusive(st, net0)
		c, err := l.Open(st, "net0")
		envtest.Equal(st, "open after", err, 0)
		envtest.Equal(st, "mark with three", l.MarkExclusive(st, net0), env.EBUSY)
		for _, m := range []*mac.MAC{a, b, c} {
			l.Close(st, m)
		}
		envtest.Equal(st, "disable", l.Disable(st, net0), 0)
		envtest.Equal(st, "mark when disabled", l.MarkExclusive(st, net0), env.ENOENT)
	})
}

// TestWaitersForThePerimeterCount: who has opened the MAC and still waits for the perimeter is in
// the way of the mark.
func TestWaitersForThePerimeterCount(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 1000, func(st *sim.Thread) {
		l, net0, _, _, _ := register(st, nil)
		_, _ = l.Open(st, "net0") // that of the dls_link
		st.Spawn("other", func(t *sim.Thread) {
			if p, err := l.PerimEnterByMacname(t, "net0"); err == 0 {
				l.PerimExit(t, p)
			} else {
				seen["other "+err.String()]++
			}
		})
		p, err := l.PerimEnterByMacname(st, "net0")
		envtest.Equal(st, "perimeter", err, 0)
		err = l.MarkExclusive(st, net0)
		seen["mark "+err.String()]++
		if err == 0 {
			st.Yield()
			l.UnmarkExclusive(st, net0)
		}
		l.PerimExit(st, p)
	})
	seen.All(t, "mark 0", "mark EBUSY", "other EBUSY")
}

// TestOpenCallback: the driver hears of the first open, inside the perimeter, and its refusal
// undoes the open.
func TestOpenCallback(t *testing.T) {
	envtest.Clean(t, 300, func(st *sim.Thread) {
		l, net0, _, _, _ := register(st, nil)
		net0.HasOpen = true
		var fail env.Errno
		opens := 0
		l.Fault = func(t *sim.Thread, point, _ string) env.Errno {
			if point != "mi_open" {
				return 0
			}
			envtest.Check(t, net0.PerimHeld(t), "the driver was called outside the perimeter")
			opens++
			return fail
		}
		fail = env.EIO
		_, err := l.Open(st, "net0")
		envtest.Equal(st, "refused open", err, env.EIO)
		envtest.Equal(st, "mi_ref", net0.Ref(), 0)
		fail, opens = 0, 0
		for i := range 3 {
			st.SpawnN("opener", i+1, func(t *sim.Thread) {
				m, err := l.Open(t, "net0")
				envtest.Equal(t, "open", err, 0)
				t.Yield()
				l.Close(t, m)
			})
		}
		st.Quiesce()
		envtest.Check(st, opens >= 1 && opens <= 3, "the driver heard of %d opens", opens)
		envtest.Equal(st, "mi_ref", net0.Ref(), 0)
	})
}

// TestNotify: each event is told once it is posted, outside the perimeter, and the removal of the
// callback waits for a walk that is going on.
func TestNotify(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 2000, func(st *sim.Thread) {
		l, net0, _, _, _ := register(st, nil)
		told, walking := 0, false
		l.NotifyAdd(st, net0, func(t *sim.Thread) {
			envtest.Check(t, !net0.PerimHeld(t), "told inside the perimeter")
			walking = true
			t.Yield()
			told++
			walking = false
		})
		st.Spawn("driver", func(t *sim.Thread) {
			l.LinkUpdate(t, net0)
			l.LinkUpdate(t, net0)
		})
		p := l.PerimEnterByMH(st, net0)
		l.NotifyRemove(st, net0)
		envtest.Check(st, !walking, "removed during a walk")
		was := told
		l.PerimExit(st, p)
		st.Quiesce()
		envtest.Equal(st, "events told after the removal", told, was)
		seen[map[int]string{0: "none", 1: "one", 2: "both"}[told]]++
		envtest.Equal(st, "unregister", l.Unregister(st, net0), 0)
	})
	seen.All(t, "none", "one", "both")
}

// A search meets all numbers of calls that random schedules do: what a thread that has just been made looks at is
// told.
func TestNotifyInASearch(t *testing.T) {
	envtest.Searched(t, 500, 2, func(st *sim.Thread, end func(string)) {
		l, net0, _, _, _ := register(st, nil)
		calls := 0
		l.NotifyAdd(st, net0, func(*sim.Thread) { calls++ })
		st.Join(st.Spawn("driver", func(t *sim.Thread) { l.LinkUpdate(t, net0) }))
		l.NotifyRemove(st, net0)
		st.Quiesce()
		end(fmt.Sprint(calls))
	})
}

// TestRemovalInsideThePerimeterCanDeadlock: the callback needs the perimeter that the remover keeps.
func TestRemovalInsideThePerimeterCanDeadlock(t *testing.T) {
	envtest.Fails(t, 2000, sim.KindDeadlock, "mac_notify", func(st *sim.Thread) {
		l, net0, _, _, _ := register(st, nil)
		l.NotifyAdd(st, net0, func(t *sim.Thread) { l.PerimExit(t, l.PerimEnterByMH(t, net0)) })
		l.LinkUpdate(st, net0)
		p := l.PerimEnterByMH(st, net0)
		l.NotifyRemove(st, net0)
		l.PerimExit(st, p)
		st.Quiesce()
	})
}
