// SPDX-License-Identifier: CDDL-1.0

package ddi_test

import (
	"testing"

	"dlsim/devnet/env/ddi"
	"dlsim/devnet/env/envtest"
	"dlsim/sim"
	"dlsim/sim/check"
)

// TestPseudoDevicesAreGivenBack: who holds a driver's pseudo device has it in the ledger until it is
// released, and is reported if that is never.
func TestPseudoDevicesAreGivenBack(t *testing.T) {
	body := func(release bool) func(*sim.Thread) {
		return func(t *sim.Thread) {
			books := new(check.Ledger)
			books.Init()
			books.Strict = true
			tree := &ddi.Tree{Refs: books}
			tree.Init(t.World())
			tunnels := tree.AddDriver("iptun")
			envtest.Check(t, tree.HoldDeviByInstance(t, tunnels, 0), "the device cannot be held")
			envtest.Check(t, !tree.HoldDeviByInstance(t, tunnels+1, 0), "a device without a driver is held")
			if release {
				tree.ReleaseDevi(t, tunnels, 0)
			}
			books.Return(t)
		}
	}
	envtest.Clean(t, 1, body(true))
	envtest.Fails(t, 1, sim.KindRefs, "devi_ref", body(false))
}
