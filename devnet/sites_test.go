// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"strings"
	"testing"

	"dlsim/devnet"
	"dlsim/sim"
	"dlsim/sim/strategy"
)

// createAndDelete returns the steps of a run that creates a vnic and deletes it.
func createAndDelete(t *testing.T) []sim.Event {
	t.Helper()
	w := sim.New()
	t.Cleanup(w.Close)
	m := &machine{Kernel: new(devnet.Kernel)}
	r := w.Run(sim.Config{Detail: true}, new(strategy.Random), func(st *sim.Thread) {
		m.boot(st, devnet.Config{})
		if err := m.VNIC.Create(st, 2, "vnic0", 1); err != 0 {
			st.Fail(sim.KindPanic, "create", err.String())
		}
		if err := m.VNIC.Delete(st, 2); err != 0 {
			st.Fail(sim.KindPanic, "delete", err.String())
		}
		st.Quiesce()
	})
	if r.Outcome != sim.Passed {
		t.Fatal(r.Failure.Message)
	}
	return w.Events()
}

// TestSitesSpeakC runs a create and a delete in detail and expects the steps of the port
// under the names and lines of the C file.
func TestSitesSpeakC(t *testing.T) {
	sites := devnet.NewSites()
	seen := make(map[string]bool)
	for _, e := range createAndDelete(t) {
		s := sites.Resolve(e.PCs)
		seen[e.Op+" "+e.Object+" @ "+s.String()+" via "+s.Via] = true
		if strings.HasPrefix(s.Func, "dls_mgmt.c") {
			t.Errorf("%s %s: C line %d is in no function", e.Op, e.Object, s.Line)
		}
	}
	for _, want := range []string{
		"rw_enter W vnic_lock @ vnic_dev_create via ",
		"rw_enter W i_dls_devnet_lock @ dls_devnet_set:824 via ",
		"mutex_enter i_dls_mgmt_lock @ i_dls_mgmt_upcall:319 via ",
		"taskq_dispatch system_taskq @ dls_devnet_set:957 via ",
		"perim_enter PERIM(e1000g0) @ dls_devnet_create:1788 via mac_perim_enter_by_mh",
		"mutex_enter dd_mutex#2 @ dls_devnet_unset:991 via ",
		"load dd_owner_zid#2 @ dls_devnet_stat_destroy:778 via ",
		"kmem_cache_free dls_devnet_cache @ dls_devnet_unset:1122 via ",
		"dls_link_hash remove i_dls_link_hash @ dls_devnet_destroy:1896 via dls_link_rele_by_name",
	} {
		if !seen[want] {
			t.Errorf("no step %q", want)
		}
	}
	if t.Failed() {
		for s := range seen {
			t.Log(s)
		}
	}
}

// TestFramesSpeakC expects whole stacks in C words: helpers and function literals of Go are
// not in them, callers in the C file have the line of the call.
func TestFramesSpeakC(t *testing.T) {
	sites := devnet.NewSites()
	seen := make(map[string]bool)
	for _, e := range createAndDelete(t) {
		var stack []string
		for _, s := range sites.Frames(e.PCs) {
			stack = append(stack, s.String())
		}
		seen[e.Op+" "+e.Object+": "+strings.Join(stack, " < ")] = true
	}
	for _, want := range []string{
		"rw_enter W i_dls_devnet_lock: dls_devnet_set:824 < dls_devnet_create:1794 < vnic_dev_create",
		"mutex_enter i_dls_mgmt_lock: i_dls_mgmt_upcall:319 < dls_mgmt_get_linkinfo:513 < dls_devnet_set:837 < dls_devnet_create:1794 < vnic_dev_create",
		"mutex_enter dd_mutex#2: dls_devnet_prop_task:645",
	} {
		if !seen[want] {
			t.Errorf("no stack %q", want)
		}
	}
	if t.Failed() {
		for s := range seen {
			t.Log(s)
		}
	}
}
