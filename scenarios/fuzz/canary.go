// SPDX-License-Identifier: CDDL-1.0

package fuzz

import (
	"fmt"
	"math/rand/v2"

	"dlsim/scenarios"
)

// The canary is a program whose bug is its own: it takes a hold by a dls_link that it does not
// keep, which no caller in the kernel does, while another thread deletes the link. The port cannot
// be blamed for the use after free, nor cure it, so that a run which does not report it has lost
// its eyes, whatever port it looks at.

const (
	canaryBuffer    = "dls_link_t"
	canarySchedules = 3000
)

// canaryProgram makes a canary: names, order and company differ.
func canaryProgram(rng *rand.Rand) (*scenarios.Scenario, *scenarios.Program, error) {
	link := fmt.Sprintf("vnic%d", rng.IntN(10))
	lines := []string{
		"  careless:\n    - {hold_tmp_by_link: " + link + ", as: h}\n    - rele_tmp: h\n",
		"  admin:\n    - destroy: " + link + "\n",
		"  prober:\n    - " + []string{"kstat_read: net0", "prop_get: net0", "get_linkid: net0"}[rng.IntN(3)] + "\n",
	}
	rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	text := "name: canary\nabout: Carries a bug on purpose.\nsystem:\n  links:\n    - {name: net0, class: phys}\n" +
		"    - {name: " + link + ", class: vnic, over: net0}\nthreads:\n" + lines[0] + lines[1] + lines[2]
	sc, err := scenarios.Parse("canary.yaml", []byte(text))
	if err != nil {
		return nil, nil, err
	}
	p, err := scenarios.NewProgram(sc, scenarios.Options{})
	return sc, p, err
}
