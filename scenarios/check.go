// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// check is what can be said only once the whole file is read: names, and rules that involve
// more than one key.
func (d *decoder) check(root ast.Node, sc *Scenario) error {
	if err := d.checkZones(root, sc); err != nil {
		return err
	}
	if err := d.checkLinks(root, sc); err != nil {
		return err
	}
	for _, r := range d.refs {
		known := sc.names(r.kind)
		found := false
		for _, k := range known {
			found = found || k == r.name
		}
		if !found {
			return d.unknown(r, sc, known)
		}
	}
	if err := d.checkProcesses(sc); err != nil {
		return err
	}
	for i, f := range sc.Faults {
		at := d.at(root, "faults", i)
		if legal := errnosOf(f.Upcall); !slices.Contains(legal, f.Errno) {
			return d.fail(d.at(at, "errno"), "it can give "+strings.Join(legal, ", "), "%s give %s", cannot(f.Upcall), f.Errno)
		}
		if f.Effect == "done" && f.Errno != "EINTR" {
			return d.fail(at, "only EINTR leaves it open whether the daemon has acted", "fault with %s cannot have effect: done", f.Errno)
		}
	}
	return nil
}

// errnosOf returns what an upcall can give: the failures of the door, the sizes of a reply
// (ENOSPC, EINVAL), and the daemon's answers (environment.md 10.2 and 16).
func errnosOf(upcall string) []string {
	all := []string{"EINTR", "EAGAIN", "EBADF", "ENOSPC", "EINVAL"}
	switch upcall {
	case "GETNAME", "GETLINKID", "GETNEXT", "DLS_GETATTR":
		return append(all, "ENOENT")
	case "DLS_CREATE":
		return append(all, "EACCES", "EEXIST", "ENXIO", "EPERM", "ENOMEM")
	case "DLS_DESTROY":
		return append(all, "ENOENT", "EACCES")
	case "DLS_UPDATE":
		return append(all, "ENOENT", "EACCES", "EEXIST")
	case "LINKPROP_INIT":
		return append(all, "ENOENT", "EACCES")
	case "SETZONEID":
		return append(all, "ENOENT", "EACCES", "EEXIST", "ENXIO", "EPERM")
	}
	return all
}

func cannot(upcall string) string {
	if upcall == "any" {
		return "not every upcall can"
	}
	return upcall + " cannot"
}

// unknown is the error of a name that is not known, or is, but as something that does not
// serve.
func (d *decoder) unknown(r reference, sc *Scenario, known []string) error {
	rest := suggest(r.name, known)
	switch {
	case r.name == "":
		return d.fail(r.node, rest, "the name of a %s is empty", r.kind)
	case r.kind == "physical link" && sc.link(r.name) != nil:
		return d.fail(r.node, "name a link of class phys", "%s is a virtual link, which has no device", r.name)
	case r.kind == "virtual link" && sc.link(r.name) != nil:
		return d.fail(r.node, "name a vnic, etherstub or simnet", "%s is a physical link, which no step creates or destroys", r.name)
	case r.kind == "non-global zone" && r.name == "global":
		return d.fail(r.node, "name a zone of system", "the global zone always runs")
	}
	return d.fail(r.node, rest, "unknown %s %s", r.kind, r.name)
}

// names returns what a reference of the given kind can name.
func (sc *Scenario) names(kind string) []string {
	var out []string
	switch kind {
	case "link":
		for _, l := range sc.System.Links {
			out = append(out, l.Name)
		}
	case "physical link":
		for _, l := range sc.System.Links {
			if l.Class == "phys" {
				out = append(out, l.Name)
			}
		}
	case "virtual link":
		for _, l := range sc.System.Links {
			if l.Class != "phys" {
				out = append(out, l.Name)
			}
		}
	case "zone", "non-global zone":
		if kind == "zone" {
			out = append(out, "global")
		}
		for _, z := range sc.System.Zones {
			out = append(out, z.Name)
		}
	case "process":
		for _, p := range sc.Processes {
			out = append(out, p.Name)
		}
	case "thread":
		for _, t := range sc.Threads {
			out = append(out, t.Name)
		}
	}
	return out
}

func (d *decoder) checkZones(root ast.Node, sc *Scenario) error {
	for i, z := range sc.System.Zones {
		at := d.at(root, "system", "zones", i)
		if z.Name == "global" {
			return d.fail(at, "call it something else", "the global zone exists already")
		}
		for _, other := range sc.System.Zones[:i] {
			switch {
			case other.Name == z.Name:
				return d.fail(at, "rename one", "zone %s is declared twice", z.Name)
			case other.ID == z.ID:
				return d.fail(at, "give one another id", "zones %s and %s have the same id %d", other.Name, z.Name, z.ID)
			}
		}
	}
	return nil
}

// checkLinks checks the links among each other and fills in MAC names and linkids.
func (d *decoder) checkLinks(root ast.Node, sc *Scenario) error {
	links := sc.System.Links
	for i := range links {
		l := &links[i]
		at := d.at(root, "system", "links", i)
		if pairs, err := d.pairs(at, ""); err == nil && len(pairs) > 0 {
			p := pairs[0].knode.GetToken().Position
			l.Line, l.Col = p.Line, p.Column
		}
		if l.ID == 0 {
			l.ID = i + 1
		}
		switch {
		case l.Class == "iptun":
			l.MAC = "iptun" + strconv.Itoa(l.ID) // the driver's choice
		case l.MAC == "":
			l.MAC = l.Name
		}
		for _, o := range links[:i] {
			switch {
			case o.Name == l.Name:
				return d.fail(at, "rename one", "link %s is declared twice", l.Name)
			case o.MAC == l.MAC:
				return d.fail(at, "give one another mac", "links %s and %s have the same MAC %s", o.Name, l.Name, l.MAC)
			case o.ID == l.ID:
				return d.fail(at, "give one another id", "links %s and %s have the same linkid %d", o.Name, l.Name, l.ID)
			}
		}
		if err := d.checkLink(at, sc, i); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) checkLink(at ast.Node, sc *Scenario, i int) error {
	l := &sc.System.Links[i]
	switch {
	case l.Class == "vnic" && l.Over == "":
		return d.fail(at, "add over: LINK", "vnic %s is over no link", l.Name)
	case l.Class != "vnic" && l.Over != "":
		return d.fail(at, "only a vnic is over another link", "%s %s has over: %s", l.Class, l.Name, l.Over)
	case l.Class == "aggr" && len(l.Ports) == 0:
		return d.fail(at, "add ports: [LINK, ...]", "aggr %s has no ports", l.Name)
	case l.Class != "aggr" && len(l.Ports) > 0:
		return d.fail(at, "only an aggr has ports", "%s %s has ports", l.Class, l.Name)
	case l.Over == l.Name:
		return d.fail(at, "name another link", "link %s is over itself", l.Name)
	case l.Absent && (l.Flows > 0 || l.Assigned != "" || l.Unloaded):
		return d.fail(at, "remove absent, or flows, assigned and unloaded", "link %s is absent and has flows, a zone or properties that are not loaded", l.Name)
	case l.Class == "phys" && l.Zone != "":
		return d.fail(at, "use another class", "physical link %s cannot be created in a zone", l.Name)
	case l.Class != "phys" && (l.Legacy || l.Removed || !l.Known):
		return d.fail(at, "use class phys", "legacy, removed and known are for physical links, not for %s %s", l.Class, l.Name)
	case l.Removed && (l.Absent || l.Flows > 0 || l.Assigned != "" || l.Unloaded):
		return d.fail(at, "remove the rest", "physical link %s is removed, so there is nothing else to say of it", l.Name)
	case l.Assigned != "" && l.Zone != "":
		return d.fail(at, "keep one of them", "link %s is owned by zone %s, so it cannot be lent to %s", l.Name, l.Zone, l.Assigned)
	}
	for _, port := range l.Ports {
		if err := d.declared(at, sc, i, port, "aggr "+l.Name+" has the port"); err != nil {
			return err
		}
	}
	if l.Over == "" {
		return nil
	}
	for _, o := range sc.System.Links[:i] {
		if o.Name == l.Over && !o.Absent {
			if o.Class == "vnic" {
				return d.fail(at, "use the link that "+o.Name+" is over", "vnic %s is over a vnic", l.Name)
			}
			return nil
		}
	}
	return d.declared(at, sc, i, l.Over, "vnic "+l.Name+" is over")
}

// declared checks that a link which link i is made of stands before it in the file.
func (d *decoder) declared(at ast.Node, sc *Scenario, i int, name, what string) error {
	for _, o := range sc.System.Links[:i] {
		if o.Name == name && !o.Absent {
			return nil
		}
	}
	if sc.link(name) != nil {
		return d.fail(at, "declare it before, without absent", "%s %s, which does not exist yet", what, name)
	}
	return nil // an unknown name, which the references report at its place
}

// at returns the node at a path of keys and indexes, or the deepest there is.
func (d *decoder) at(n ast.Node, path ...any) ast.Node {
	for _, p := range path {
		next := ast.Node(nil)
		switch key := p.(type) {
		case string:
			pairs, err := d.pairs(n, "")
			if err != nil {
				return n
			}
			for _, q := range pairs {
				if q.key == key {
					next = q.value
				}
			}
		case int:
			if seq, ok := n.(*ast.SequenceNode); ok && key < len(seq.Values) {
				next = seq.Values[key]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// text returns the step in one line.
func (s *Step) text(as *pair) string {
	t := s.Op.Name + argsText(s.Args)
	if as != nil {
		t = "{" + t + ", as: " + strings.TrimSpace(as.value.String()) + "}"
	}
	return t
}
