// SPDX-License-Identifier: CDDL-1.0

package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/report"
)

// kinds are constructed records, one of each kind of failure, in the shape in which the
// check of that kind makes them.
func kinds() map[string]*explore.Record {
	in := func(fn string, line int) sim.Site { return sim.Site{Func: fn, Line: line, File: "dls_mgmt.c"} }
	point := func(step int, s sim.Site) explore.Point { return explore.Point{Step: step, Site: s} }
	hold := func(object, mode string, step int, s sim.Site) explore.Hold {
		return explore.Hold{Object: object, Mode: mode, Point: point(step, s)}
	}
	// A delete of vnic0 that is preempted by a kstat read.
	record := func(kind, message, signature string) *explore.Record {
		r := &explore.Record{
			Kind: sim.Kind(kind), Message: message, Signature: kind + " " + signature,
			Thread: "prober", Step: 20, At: point(20, in("dls_devnet_hold_common", 1175)),
		}
		for i, s := range []explore.Event{
			{Thread: "admin", Op: "thread_start", Picked: true},
			{Thread: "admin", Op: "rw_enter W", Object: "vnic_lock", Site: sim.Site{Func: "vnic_dev_delete"}},
			{Thread: "admin", Op: "rw_enter W", Object: "i_dls_devnet_lock", Site: in("dls_devnet_unset", 983)},
			{Thread: "admin", Op: "mutex_enter", Object: "dd_mutex#2", Site: in("dls_devnet_unset", 991)},
			{Thread: "admin", Op: "store", Object: "dd_flags#2", Site: in("dls_devnet_unset", 1054)},
			{Thread: "admin", Op: "rw_exit W", Object: "i_dls_devnet_lock", Site: in("dls_devnet_unset", 1068)},
			{Thread: "prober", Op: "thread_start", Picked: true, Preempt: true},
			{Thread: "prober", Op: "kstat_hold", Object: "KSTAT(vnic0)", Site: sim.Site{Func: "kstat_hold"}},
			{Thread: "prober", Op: "rw_enter R", Object: "i_dls_devnet_lock", Site: in("dls_devnet_hold_common", 1167)},
			{Thread: "dlmgmtd/3", Op: "door_return", Object: "REPLY#3(GETNAME)", Site: sim.Site{Func: "door_server_dispatch"}},
			{Thread: "admin", Op: "load", Object: "dd_zid#2", Site: in("dls_devnet_unset", 1080), Picked: true},
			{
				Thread: "admin", Op: "door_upcall", Object: "DOOR#1", Site: in("i_dls_mgmt_upcall", 330),
				Notes: []string{"SETZONEID: EINTR"},
			},
			{Thread: "admin", Op: "kstat_delete", Object: "KSTAT(vnic0)", Site: in("dls_devnet_stat_destroy", 780)},
			{Thread: "admin", Op: "kmem_cache_free", Object: "dls_devnet_cache", Site: in("dls_devnet_unset", 1122)},
		} {
			s.Step = i + 6
			r.Events = append(r.Events, s)
		}
		r.Events = append(r.Events, explore.Event{
			Step: 20, Thread: "prober", Op: "mutex_enter", Object: "dd_mutex#2",
			Site: in("dls_devnet_hold_common", 1175), Picked: true, Preempt: true,
		})
		r.States = []explore.State{
			{
				Thread: "admin", Op: "perim_enter", Object: "PERIM(net0)", Class: "PERIM", Blocked: true, Since: 19,
				Site: in("dls_devnet_destroy", 1895), Holds: []explore.Hold{
					hold("vnic_lock", "W", 7, sim.Site{Func: "vnic_dev_delete"}),
					hold("dd_mutex#2", "", 9, in("dls_devnet_unset", 991)),
				},
			},
			{
				Thread: "prober", Op: "mutex_enter", Object: "dd_mutex#2", Class: "dd_mutex", Since: 20,
				Site: in("dls_devnet_hold_common", 1175), Holds: []explore.Hold{
					hold("KSTAT(vnic0)", "", 13, sim.Site{Func: "kstat_hold"}),
					hold("dd_tref#2", "ref", 14, in("dls_devnet_hold_common", 1183)),
				},
			},
			{Thread: "dlmgmtd/3", Op: "door_return", Helper: true, Blocked: true},
			{Thread: "main", Op: "thread_join", Blocked: true},
		}
		return r
	}
	quiescent := func(r *explore.Record) *explore.Record {
		r.Thread, r.Step, r.At = "main", 21, explore.Point{}
		for i := range r.States {
			r.States[i] = explore.State{Thread: r.States[i].Thread, Done: true}
		}
		r.States[3] = explore.State{Thread: "main", Op: "quiesce"}
		r.Events = append(r.Events, explore.Event{Step: 21, Thread: "main", Op: "quiesce"})
		return r
	}
	says := func(r *explore.Record, title string, lines ...string) *explore.Record {
		r.Evidence = append(r.Evidence, sim.Evidence{Title: title, Lines: lines})
		return r
	}
	out := make(map[string]*explore.Record)

	out["panic"] = record("panic", "VERIFY(dd_ref > 1) failed in dls_devnet_rele", "VERIFY dd_ref > 1 at dls_devnet_rele:1262")
	out["panic"].At = point(20, in("dls_devnet_rele", 1262))

	r := record("deadlock", "", "KSTAT, dd_mutex at dls_devnet_hold_common:1175, dls_devnet_unset:991")
	r.States[0].Object, r.States[0].Class, r.States[0].Op = "KSTAT(vnic0)", "KSTAT", "kstat_hold"
	r.States[0].Site, r.States[1].Blocked = in("dls_devnet_stat_destroy", 780), true
	r.Cycle = []explore.Wait{
		{
			Thread: "prober", Op: "mutex_enter", Object: "dd_mutex#2", Holder: "admin",
			Site: r.States[1].Site, Hold: &r.States[0].Holds[1],
		},
		{
			Thread: "admin", Op: "kstat_hold", Object: "KSTAT(vnic0)", Holder: "prober",
			Site: r.States[0].Site, Hold: &r.States[1].Holds[0],
		},
	}
	out["deadlock"] = r

	r = record("hang", "nothing can run and no timer is pending, but prober waits", "dd_cv at dls_devnet_hold_tmp:1228")
	for i := range r.States {
		r.States[i].Blocked = true
	}
	r.States[1].Op, r.States[1].Object, r.States[1].Class = "cv_wait (waiting)", "dd_cv#2", "dd_cv"
	r.States[0] = explore.State{Thread: "admin", Done: true}
	out["hang"] = says(r, "lost wakeup",
		"prober waits on dd_cv#2 for the property task of vnic0 to end",
		"admin signalled dd_cv#2 at step 15, dls_devnet_rele_tmp:672, when nobody waited on it")

	r = record("lifetime", "use after free: mutex_enter dd_mutex of dls_devnet_t#2 (allocation 1), freed by admin",
		"dls_devnet_t at dls_devnet_hold_common:1175, dls_devnet_unset:1122")
	r.Buffer, r.FreedBy, r.Other = "dls_devnet_t#2", "admin", point(19, in("dls_devnet_unset", 1122))
	out["lifetime"] = r

	out["stale"] = quiescent(record("stale", "vnic0 (linkid 2) is in zone 5 for the daemon and in zone 0 for the kernel",
		"daemon and kernel differ in the zone"))

	out["refs"] = says(quiescent(record("refs", "dd_ref of vnic0 is 2, and what is open explains 1", "dd_ref at dls_devnet_hold_by_dev:1218")),
		"ledger",
		"+1 at step 8 by admin for vnic0, dls_devnet_set:868: the base reference, not due yet",
		"+1 at step 14 by prober for stream s, dls_devnet_hold_by_dev:1218: never released",
		"-1 at step 16 by admin, dls_devnet_rele:1264: pays back the hold of admin at step 11, dls_devnet_setzid:1637")

	r = says(record("lin", "no order of the operations explains their results", "prop_get ENOENT, destroy EBUSY"),
		"history",
		"admin   |---- destroy vnic0 = EBUSY ----|   steps 6 to 19",
		"prober        |-- prop_get vnic0 = ENOENT --|   steps 12 to 20",
		"after destroy = EBUSY the link was there all the time, so prop_get cannot have answered ENOENT")
	r.Thread = ""
	out["lin"] = r

	r = record("race", "race on dd_linkname#2: a read by prober and a write by admin that nothing orders",
		"dd_linkname at dls_devnet_link:1998, dls_devnet_rename:1482")
	r.OtherThread, r.Other = "admin", point(10, in("dls_devnet_rename", 1482))
	out["race"] = says(r, "locks",
		"prober holds KSTAT(vnic0) at its access, admin i_dls_devnet_lock (W); both hold none",
		"other accesses of dd_linkname agree on i_dls_devnet_lock")

	r = says(record("order", "dd_mutex -> PERIM and PERIM -> dd_mutex, not shown to deadlock", "PERIM, dd_mutex at dls_devnet_unset:1095"),
		"predicted cycle",
		"dd_mutex -> PERIM(net0): admin, dls_devnet_unset:1095, i_dls_devnet_setzid:1578",
		"PERIM(net0) -> dd_mutex: walker, mac_perim_enter_by_linkid, dls_devnet_hold_common:1175",
		"not reached in 10000 directed schedules; both are taken with i_dls_devnet_lock held")
	out["order"] = r

	out["upcall"] = says(record("upcall", "waits for dlmgmtd (GETNAME) with i_dls_devnet_lock (W) held",
		"i_dls_devnet_lock at dls_devnet_set:824, i_dls_mgmt_upcall:330"),
		"what the answer may need",
		"i_dls_devnet_lock: dlmgmtd takes it in its property ioctls, dls_devnet_hold_common:1167")

	r = says(record("livelock", "20000 steps without an operation of the scenario ending", "i_dls_mgmt_upcall:330"),
		"what goes round", "admin: door_upcall, delay, door_upcall (i_dls_mgmt_upcall:330-351), 6000 times")
	for range 6 {
		for _, e := range r.Events[10:12] {
			e.Step = len(r.Events) + 6
			e.Notes = nil
			r.Events = append(r.Events, e)
		}
	}
	r.Step, r.Thread = len(r.Events)+5, "admin"
	out["livelock"] = r

	out["answer"] = record("answer", "prop_get: vnic0 answers ENOENT and must answer 0", "prop_get ENOENT")
	return out
}

// TestKindsGolden has a report of each kind of failure. A new check adds a record here.
func TestKindsGolden(t *testing.T) {
	all := kinds()
	for _, name := range explore.AllCheckNames() {
		if all[name] == nil {
			t.Errorf("no record of kind %s", name)
		}
	}
	for name, r := range all {
		f := report.Failure{
			Scenario: report.Scenario{Name: "vnic0-delete-vs-kstat", Threads: []report.Thread{
				{Name: "admin", Ops: []string{"destroy: vnic0"}},
				{Name: "prober", Ops: []string{"kstat_read: vnic0"}},
			}},
			Record: r, Trace: "dlsim-traces/" + name + ".trace",
			Found: &report.Finding{
				Plan: explore.Plan{Strategy: "pct", Depth: 3, Picks: 60}, Seed: 1,
				First: 17, Count: 42, Exact: true, Schedules: 10000,
			},
		}
		golden(t, "kind-"+name+".txt", text(t, f))
	}
}

// A report names every thread of the failure, what it waits for, and every lock in the cycle
// with the place where it was taken, however many threads and locks there are, up to what 40
// lines can hold. What else a check or the shrinker has found out gives way to that.
func TestCycleIsComplete(t *testing.T) {
	for n := 2; n <= 4; n++ {
		cycleIsComplete(t, n, 0)
	}
	for n := 2; n <= 3; n++ {
		cycleIsComplete(t, n, 12)
	}
}

func cycleIsComplete(t *testing.T, n, evidence int) {
	t.Helper()
	r := &explore.Record{Kind: sim.KindDeadlock, Step: 100, Signature: "deadlock x"}
	for i := range evidence {
		r.Evidence = append(r.Evidence, sim.Evidence{Title: "besides", Lines: slices.Repeat([]string{fmt.Sprintf("line %d of it", i)}, 6)})
	}
	for i := range n {
		thread, next := fmt.Sprintf("thread_%d", i), fmt.Sprintf("thread_%d", (i+1)%n)
		h := explore.Hold{Object: fmt.Sprintf("lock_%d", i), Point: explore.Point{Step: 50 + i, Site: sim.Site{Func: "taken", Line: 10 + i}}}
		r.Events = append(r.Events, explore.Event{Step: 50 + i, Thread: thread, Op: "mutex_enter", Object: h.Object, Picked: true, Site: h.Site})
		r.States = append(r.States, explore.State{
			Thread: thread, Op: "mutex_enter", Object: fmt.Sprintf("lock_%d", (i+1)%n), Class: "lock", Blocked: true,
			Since: 60 + i, Site: sim.Site{Func: "wanted", Line: 20 + i, Via: fmt.Sprintf("neighbour_%d", i)}, Holds: []explore.Hold{h},
		})
		r.Cycle = append(r.Cycle, explore.Wait{Thread: thread, Op: "mutex_enter", Object: fmt.Sprintf("lock_%d", (i+1)%n), Holder: next, Site: r.States[i].Site})
	}
	for i := range r.Cycle {
		r.Cycle[i].Hold = &r.States[(i+1)%n].Holds[0]
	}
	var lines []string
	for i := range n {
		lines = append(lines,
			fmt.Sprintf("waits since step %d at mutex_enter lock_%d, wanted:%d", 60+i, (i+1)%n, 20+i),
			fmt.Sprintf("waits for lock_%d in neighbour_%d, which", (i+1)%n, i),
			fmt.Sprintf("holds lock_%d since step %d, taken:%d", i, 50+i, 10+i))
	}
	f := report.Failure{Record: r}
	if evidence > 0 {
		f.Notes = []string{strings.Repeat("a note ", 20)}
		f.Trace, f.Origin = "x.trace", "by somebody"
		f.Scenario = report.Scenario{Name: "x", Threads: make([]report.Thread, 3)}
		for i := range 20 {
			r.Events = append(r.Events, explore.Event{Step: 70 + i, Thread: r.States[i%n].Thread, Op: fmt.Sprint("op", i), Picked: true})
		}
	}
	out := string(text(t, f))
	for _, l := range lines {
		if !strings.Contains(out, l) {
			t.Errorf("%d threads: no %q in\n%s", n, l, out)
		}
	}
}

// Of many locks that a thread holds, the one that another waits for is told first, in a hang as
// in a cycle, also when there is room for one line only.
func TestWantedLockIsTold(t *testing.T) {
	for _, threads := range []int{1, 12} {
		r := &explore.Record{Kind: sim.KindHang, Step: 100, Signature: "hang x"}
		owner := explore.State{Thread: "owner", Op: "cv_wait", Object: "cv", Class: "cv", Blocked: true}
		for i := range 7 {
			owner.Holds = append(owner.Holds, explore.Hold{Object: fmt.Sprintf("a_lock_of_several/%d", i), Point: explore.Point{Step: i}})
		}
		r.States = append(r.States, owner)
		for i := range threads {
			r.States = append(r.States, explore.State{
				Thread: fmt.Sprintf("waiter/%d", i), Op: "mutex_enter", Object: "a_lock_of_several/6", Class: "lock", Blocked: true,
			})
		}
		out := string(text(t, report.Failure{Record: r}))
		if !strings.Contains(out, "holds a_lock_of_several/6 since step 6") || !strings.Contains(out, "waiter/0 wants") {
			t.Errorf("%d waiters: the lock they want is not told:\n%s", threads, out)
		}
	}
}
