// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"fmt"
	"reflect"
)

// Symmetric implements explore.Symmetrical: classes of threads that do the same steps in the same zone. A thread
// that a step, a fault or a process names can be told from others, and is in none.
func (p *Program) Symmetric() [][]string {
	named := p.sc.named()
	var order []string
	classes := make(map[string][]string)
	for i := range p.sc.Threads {
		t := &p.sc.Threads[i]
		if named[t.Name] {
			continue
		}
		does := t.Zone
		for j := range t.Steps {
			s := &t.Steps[j]
			does += fmt.Sprintf("\n%s as %s answers %q", s.Text, s.As, s.Answers)
		}
		if classes[does] == nil {
			order = append(order, does)
		}
		classes[does] = append(classes[does], t.Name)
	}
	var out [][]string
	for _, does := range order {
		if class := classes[does]; len(class) > 1 {
			out = append(out, class)
		}
	}
	return out
}

// named returns the threads that something in the scenario names.
func (s *Scenario) named() map[string]bool {
	named := make(map[string]bool)
	for _, p := range s.Processes {
		for _, t := range p.Threads {
			named[t] = true
		}
	}
	for i := range s.Faults {
		named[s.Faults[i].Thread] = true
	}
	for i := range s.Threads {
		for j := range s.Threads[i].Steps {
			args := reflect.Indirect(reflect.ValueOf(s.Threads[i].Steps[j].Args))
			for k := 0; args.Kind() == reflect.Struct && k < args.NumField(); k++ {
				if args.Type().Field(k).Tag.Get("ref") == "thread" {
					named[args.Field(k).String()] = true
				}
			}
		}
	}
	return named
}
