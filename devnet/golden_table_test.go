// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"slices"
	"strings"

	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/mac"
)

func (d *goldenDaemon) find(id env.LinkID) *goldenRow {
	for _, r := range d.rows {
		if r.id == id {
			return r
		}
	}
	return nil
}

func (d *goldenDaemon) named(name string, zone env.ZoneID) *goldenRow {
	for _, r := range d.rows {
		if r.name == name && r.zone == zone {
			return r
		}
	}
	return nil
}

func (d *goldenDaemon) add(r *goldenRow) {
	d.next = max(d.next, r.id+1)
	i := 0
	for i < len(d.rows) && d.rows[i].id < r.id {
		i++
	}
	d.rows = slices.Insert(d.rows, i, r)
	if z := d.g.k.Zones.Get(r.zone); z != nil {
		z.Enlist(r.id)
	}
}

func (d *goldenDaemon) remove(id env.LinkID) {
	d.rows = slices.DeleteFunc(d.rows, func(r *goldenRow) bool {
		if r.id == id {
			if z := d.g.k.Zones.Get(r.zone); z != nil {
				z.Strike(id)
			}
		}
		return r.id == id
	})
}

// enlist puts the links of a new zone into its list.
func (d *goldenDaemon) enlist(zone env.ZoneID) {
	for _, r := range d.rows {
		if r.zone == zone {
			d.g.k.Zones.Get(zone).Enlist(r.id)
		}
	}
}

// row declares a row.
func (d *goldenDaemon) row(a *goldenArgs) {
	r := &goldenRow{id: a.id(0), name: a.name(1), class: env.Class(a.word(2)), devname: a.option("devname")}
	d.declare(r, a)
}

// link declares the row of a link.
func (d *goldenDaemon) link(m *mac.MAC, class env.Class, a *goldenArgs) {
	r := &goldenRow{id: env.LinkID(number(a.option("linkid"))), name: m.Name, class: class, devname: m.Name}
	if v, ok := a.options["name"]; ok {
		r.name = goldenName(v)
	}
	d.declare(r, a)
}

func (d *goldenDaemon) declare(r *goldenRow, a *goldenArgs) {
	r.media = 4
	if v := a.option("media"); v != "" {
		r.media = env.Media(number(v))
	}
	if v := a.option("dev"); v != "" {
		dev := goldenDev(v)
		dev.Minor++ // an instance
		r.dev = &dev
	}
	r.zone = env.ZoneID(number(a.option("zone")))
	flags, ok := a.options["flags"]
	if !ok {
		flags = "AP"
	}
	r.flags = parseLinkFlags(flags)
	d.add(r)
}

func parseLinkFlags(s string) (f door.LinkFlags) {
	if strings.Contains(s, "A") {
		f |= door.Active
	}
	if strings.Contains(s, "P") {
		f |= door.Persist
	}
	return f
}

func linkFlagsText(f door.LinkFlags) string {
	s := ""
	if f&door.Active != 0 {
		s += "A"
	}
	if f&door.Persist != 0 {
		s += "P"
	}
	return s
}
