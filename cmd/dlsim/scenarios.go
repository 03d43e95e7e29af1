// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"strings"
	"sync"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/scenarios"
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/report"
)

// portCatalog is the catalog of scenarios on the port of dls_mgmt.c.
type portCatalog struct{}

func newCatalog() catalog { return portCatalog{} }

func (portCatalog) find(path string) ([]string, error) { return scenarios.Find(path) }

func (portCatalog) portHash() string { return devnet.PortHash() }

func (portCatalog) kernel() report.Kernel {
	sites := sync.OnceValue(devnet.NewSites) // read when the first stack is to be shown
	return report.Kernel{
		Frames:  func(pcs []uintptr) []sim.Site { return sites().Frames(pcs) },
		Blocked: env.Blocked,
	}
}

func (portCatalog) ops() []listed {
	var rows []listed
	for _, o := range scenarios.Ops() {
		rows = append(rows, listed{o.Name, o.Doc + " Example: " + o.Example})
	}
	return rows
}

func (portCatalog) parse(file string, text []byte, debug bool) (*scenario, error) {
	sc, err := scenarios.Parse(file, text)
	if err != nil {
		return nil, err
	}
	return prepare(sc, debug)
}

func (portCatalog) shrink(sc *scenario, debug bool, matches func(explore.Expectation) bool,
	fails func(*scenario) bool,
) *scenario {
	whole, err := scenarios.Parse(sc.name, sc.source)
	if err != nil {
		panic("engine bug: a scenario that was loaded is refused: " + err.Error())
	}
	small, err := prepare(scenarios.Shrink(whole, matches, func(c *scenarios.Scenario) bool {
		less, err := prepare(c, debug)
		return err == nil && fails(less)
	}), debug)
	if err != nil {
		panic("engine bug: the smaller scenario cannot be run: " + err.Error())
	}
	return small
}

// prepare makes a loaded scenario ready.
func prepare(sc *scenarios.Scenario, debug bool) (*scenario, error) {
	p, err := scenarios.NewProgram(sc, scenarios.Options{DebugKernel: debug})
	if err != nil {
		return nil, err
	}
	out := &scenario{
		name: sc.Name, about: strings.TrimSpace(sc.About), hash: sc.Hash(), source: sc.Source,
		program: p,
		explore: sc.Campaign(),
	}
	out.size.threads, out.size.operations, out.size.faults = sc.Size()
	for _, t := range sc.Threads {
		lane := report.Thread{Name: t.Name}
		for _, s := range t.Steps {
			lane.Ops = append(lane.Ops, s.Text)
		}
		out.threads = append(out.threads, lane)
	}
	return out, nil
}
