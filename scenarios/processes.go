// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// Processes are the processes of a scenario, in file order.
type Processes []Process

// Process is a named group of threads.
type Process struct {
	Name    string
	Threads []string

	node ast.Node
}

// processes decodes the processes, whose keys are their names.
func (d *decoder) processes(n ast.Node, out *Processes) error {
	pairs, err := d.pairs(n, "processes")
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := d.name(p.knode, p.key, "word", "process name"); err != nil {
			return err
		}
		var threads []string
		if err := d.list(p.value, reflect.ValueOf(&threads).Elem(), `ref:"thread"`, "process "+p.key); err != nil {
			return err
		}
		*out = append(*out, Process{Name: p.key, Threads: threads, node: p.value})
	}
	return nil
}

// checkProcesses checks that a thread is in one process, whose threads share a zone.
func (d *decoder) checkProcesses(sc *Scenario) error {
	in := make(map[string]string)
	for _, p := range sc.Processes {
		if len(p.Threads) == 0 {
			return d.fail(p.node, "name its threads: [admin, prober]", "process %s has no threads", p.Name)
		}
		for _, t := range p.Threads {
			if other := in[t]; other != "" {
				return d.fail(p.node, "leave it in one", "thread %s is in the processes %s and %s", t, other, p.Name)
			}
			in[t] = p.Name
			if sc.thread(t) != nil && sc.thread(p.Threads[0]) != nil && sc.thread(t).Zone != sc.thread(p.Threads[0]).Zone {
				return d.fail(p.node, "give them one zone", "the threads %s and %s of process %s are in different zones", p.Threads[0], t, p.Name)
			}
		}
	}
	return nil
}
