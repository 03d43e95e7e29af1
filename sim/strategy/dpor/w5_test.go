// SPDX-License-Identifier: CDDL-1.0

package dpor_test

import (
	"testing"

	"dlsim/sim"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy/dpor"
)

// hold is W3 of anchors.md with one hold and release for each of so many users, and unset: an rwlock
// over a table whose one object users hold for a moment, and which unset takes out, waiting for the
// last hold. With two users it is W5, with one W5s.
type hold struct {
	users      int
	table      ksync.RWLock
	mu         ksync.Mutex
	cv         ksync.Cond
	present    bool
	condemned  bool
	refs, tref int
}

func (h *hold) body(t *sim.Thread) {
	w := t.World()
	h.table.Init(w, nil, "table", "", 0)
	h.mu.Init(w, nil, "object", "", 0)
	h.cv.Init(w, nil, "cv", "", 0)
	h.present, h.condemned, h.refs, h.tref = true, false, 1, 0
	var threads []*sim.Thread
	for i := range h.users {
		threads = append(threads, t.SpawnN("user", i+1, h.user))
	}
	threads = append(threads, t.Spawn("unset", h.unset))
	for _, u := range threads {
		t.Join(u)
	}
}

func (h *hold) user(t *sim.Thread) {
	if !h.take(t) {
		return
	}
	h.mu.Enter(t)
	if h.tref--; h.tref == 0 && h.condemned {
		h.cv.Broadcast(t)
	}
	h.mu.Exit(t)
}

func (h *hold) take(t *sim.Thread) (held bool) {
	h.table.EnterRead(t)
	if h.present {
		h.mu.Enter(t)
		if held = !h.condemned; held {
			h.tref++
		}
		h.mu.Exit(t)
	}
	h.table.Exit(t)
	return held
}

func (h *hold) unset(t *sim.Thread) {
	h.table.EnterWrite(t)
	h.mu.Enter(t)
	h.condemned, h.present = true, false
	h.table.Exit(t)
	for h.tref != 0 {
		h.cv.Wait(t, &h.mu)
	}
	if h.refs != 1 || h.tref != 0 {
		t.Fail(sim.KindPanic, "W5", "wrong count")
	}
	h.mu.Exit(t)
}

func TestW5(t *testing.T) {
	one, two := &hold{users: 1}, &hold{users: 2}
	countBy(t, singly(), "W5s", 6, one.body)
	countBy(t, singly(), "W5", 80, two.body)
	countBy(t, orders(), "W5s without late arrivals", 3, one.body)
	countBy(t, orders(), "W5 without late arrivals", 23, two.body)
}

func BenchmarkW5(b *testing.B) {
	for _, single := range []bool{false, true} {
		b.Run(map[bool]string{false: "late", true: "single"}[single], func(b *testing.B) {
			h := &hold{users: 2}
			w := sim.New()
			defer w.Close()
			n := int64(0)
			for b.Loop() {
				s := &dpor.Search{Single: single}
				for s.Next(w.Run(sim.Config{}, s, h.body)) {
				}
				n += s.Coverage().Executions
			}
			b.ReportMetric(float64(n)/float64(b.N), "executions")
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "executions/s")
		})
	}
}
