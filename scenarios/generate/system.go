// SPDX-License-Identifier: CDDL-1.0

package generate

import (
	"fmt"
	"slices"
	"strings"
)

// drawSystem draws what exists before the threads start: at least one physical link and one that
// drivers make.
func (d *Draft) drawSystem(t Source) {
	d.drawOptions(t)
	for i := range pick(t, "zones", 0, 1, 1, 2) {
		name := []string{"web", "db"}[i]
		text := fmt.Sprintf("name: %s, id: %d", name, 5+i)
		text += pick(t, "state of "+name, "", "", "", "", "", ", state: initialized", ", state: ready")
		text += pick(t, "stack of "+name, "", "", "", ", ip: shared")
		d.zones = append(d.zones, zone{name, text})
	}
	d.add(link{name: "net0", class: "phys", text: "name: net0, class: phys" + d.lent(t, "net0", 10)})
	if oneIn(t, "second device", 2) {
		d.drawDevice(t)
	}
	for i := range pick(t, "virtual links", 1, 1, 2, 3) {
		d.drawVirtual(t, i)
	}
}

func (d *Draft) drawOptions(t Source) {
	for _, o := range []struct {
		key    string
		values []string
		rare   int
	}{
		{"kmem", []string{"debug"}, 5},
		{"debug", []string{"true"}, 8},
		{"taskq", []string{"backing"}, 8},
		{"daemon", []string{"forks", "forks-for-files"}, 8},
		{"zoneadmd", []string{"keeps-links"}, 6},
	} {
		if oneIn(t, o.key, o.rare) {
			d.options = append(d.options, o.key+": "+pick(t, o.key+" value", o.values...))
		}
	}
}

func (d *Draft) add(l link) { d.links = append(d.links, l) }

func (d *Draft) drawDevice(t Source) {
	switch pick(t, "device", "present", "absent", "legacy", "unknown", "removed") {
	case "present":
		d.add(link{name: "net1", class: "phys", text: "name: net1, class: phys, mac: e1000g1"})
	case "absent":
		d.add(link{name: "net1", class: "phys", absent: true, text: "name: net1, class: phys, mac: e1000g1, absent: true" + props(t, "net1")})
	case "legacy":
		d.add(link{name: "net1", class: "phys", text: "name: net1, class: phys, mac: ce0, legacy: true"})
	case "unknown":
		d.add(link{name: "net1", class: "phys", absent: true, text: "name: net1, class: phys, mac: e1000g1, absent: true, known: false"})
	case "removed":
		d.add(link{name: "old0", class: "phys", removed: true, text: "name: old0, class: phys, mac: e1000g9, removed: true"})
	}
}

// drawVirtual draws a link that a driver makes.
func (d *Draft) drawVirtual(t Source, i int) {
	class := pick(t, "class", "vnic", "vnic", "vnic", "etherstub", "simnet", "aggr", "iptun", "implicit")
	l := link{class: class}
	switch class {
	case "vnic":
		l.name = fmt.Sprintf("vnic%d", i)
		under := d.linksThat(func(o *link) bool {
			return !o.absent && !o.removed && o.zone == "" && (o.class == "phys" || o.class == "etherstub" || o.class == "simnet")
		})
		l.text = "over: " + pick(t, "over", under...).name
	case "etherstub":
		l.name = fmt.Sprintf("stub%d", i)
	case "simnet":
		l.name = fmt.Sprintf("sim%d", i)
	case "aggr":
		l.name = fmt.Sprintf("aggr%d", i)
		port := d.linksThat(func(o *link) bool { return o.class == "phys" && !o.absent && !o.removed })
		l.text = "ports: [" + pick(t, "port", port...).name + "]"
	case "iptun":
		l.name = fmt.Sprintf("tun%d", i)
	case "implicit": // made by the first open of its name
		d.add(link{name: fmt.Sprintf("ip.tun%d", i), class: "iptun", absent: true, text: fmt.Sprintf("name: ip.tun%d, class: iptun, absent: true", i)})
		return
	}
	text := []string{"name: " + l.name, "class: " + l.class}
	if l.text != "" {
		text = append(text, l.text)
	}
	l.text = strings.Join(text, ", ")
	l.absent = oneIn(t, l.name+" absent", 3)
	switch {
	case l.absent:
		l.text += ", absent: true" + props(t, l.name)
	case l.class == "vnic" && len(d.bootedZones()) > 0 && oneIn(t, l.name+" owned", 3):
		l.zone = pick(t, "owner", d.bootedZones()...).name
		l.text += ", zone: " + l.zone
	default:
		l.text += d.lent(t, l.name, 3)
	}
	if !l.absent && oneIn(t, l.name+" flows", 8) {
		l.text += ", flows: 1"
	}
	d.add(l)
}

// lent lends a link to a zone, once in rare times.
func (d *Draft) lent(t Source, name string, rare int) string {
	if len(d.bootedZones()) == 0 || !oneIn(t, name+" lent", rare) {
		return ""
	}
	return ", assigned: " + pick(t, "lent to", d.bootedZones()...).name
}

// bootedZones returns the zones that can have links at the start.
func (d *Draft) bootedZones() []zone {
	return slices.DeleteFunc(slices.Clone(d.zones), func(z zone) bool { return strings.Contains(z.text, "initialized") })
}

func props(t Source, name string) string {
	return pick(t, "properties of "+name, "", "", ", props: [mtu]", ", props: [mtu, rate]")
}

// drawFaults draws what goes wrong with upcalls, mostly nothing.
func (d *Draft) drawFaults(t Source) {
	for range pick(t, "faults", 0, 0, 0, 1, 1, 2) {
		f := pick(t, "fault",
			"upcall: GETNAME, errno: EINTR", "upcall: GETNAME, errno: ENOENT", "upcall: GETNAME, errno: EAGAIN",
			"upcall: any, errno: EBADF", "upcall: any, errno: EINTR", "upcall: any, errno: EINTR, effect: done",
			"upcall: SETZONEID, errno: EINTR, effect: done", "upcall: SETZONEID, errno: EACCES", "upcall: SETZONEID, errno: EBADF",
			"upcall: LINKPROP_INIT, errno: EBADF", "upcall: DLS_CREATE, errno: EINTR, effect: done", "upcall: DLS_CREATE, errno: EEXIST",
			"upcall: GETLINKID, errno: ENOENT", "upcall: any, errno: EAGAIN", "upcall: DLS_DESTROY, errno: EINTR")
		f += pick(t, "times", "", "", ", times: 2", ", times: 3")
		f += pick(t, "after", "", ", after: 1", ", after: 2", ", after: 4")
		f += pick(t, "maybe", ", maybe: true", "")
		if oneIn(t, "of one thread", 3) {
			f += ", thread: " + pick(t, "thread", d.threads...).name
		}
		d.faults = append(d.faults, f)
	}
}
