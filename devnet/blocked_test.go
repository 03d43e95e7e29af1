// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dlsim/devnet"
	"dlsim/sim"
	"dlsim/sim/strategy"
)

// TestEveryWaitIsKnown looks through the sources for operations that threads wait at and
// expects Blocked to know what a crash dump would show there.
func TestEveryWaitIsKnown(t *testing.T) {
	wait := regexp.MustCompile(`sim\.OpType\{Name: "([^"]+)".*Wait: true`)
	n := 0
	for _, root := range []string{"env", "../sim", "../scenarios"} {
		err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			src, err := os.ReadFile(name)
			for _, m := range wait.FindAllSubmatch(src, -1) {
				n++
				if state, _, _, ok := devnet.Blocked(string(m[1])); !ok || state == "" {
					t.Errorf("%s: no picture of a thread that waits at %q", name, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 10 {
		t.Errorf("only %d operations to wait at in the sources", n)
	}
}

// TestFramesSpeakC expects whole stacks in C words: helpers and function literals of Go are
// not in them, callers in the C file have the line of the call.
func TestFramesSpeakC(t *testing.T) {
	w := sim.New()
	defer w.Close()
	m := &machine{Kernel: new(devnet.Kernel)}
	r := w.Run(sim.Config{Detail: true}, new(strategy.Random), func(st *sim.Thread) {
		m.boot(st, devnet.Config{})
		if err := m.VNIC.Create(st, 2, "vnic0", 1); err != 0 {
			st.Fail(sim.KindPanic, "create", err.String())
		}
		st.Quiesce()
	})
	if r.Outcome != sim.Passed {
		t.Fatal(r.Failure.Message)
	}
	sites := devnet.NewSites()
	seen := make(map[string]bool)
	for _, e := range w.Events() {
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
