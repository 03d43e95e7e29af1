// SPDX-License-Identifier: CDDL-1.0

package dlmgmtd

import (
	"dlsim/devnet/env"
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// rows stands for dlmgmt_id_avl and dlmgmt_name_avl and what is in them, under the table lock: what tells a search
// and the check race which links somebody looks at. A link is found by its linkid, its name or its device.
type rows struct {
	ids, names, devices ksync.Table
	listed              ksync.Table  // by linkid: that a link is there, and what a walk of all sees of it
	zones               ksync.Table  // by linkid: that a link is in a zone other than the global one, and in which
	next                ksync.Field  // the linkid that is given out next
	files               *ksync.Table // the names in the daemon's files, which outlive a process
}

func (r *rows) init(w *sim.World, life int, files *ksync.Table) {
	r.files = files
	r.ids.Init(w, "dlmgmt_id_avl", life)
	r.names.Init(w, "dlmgmt_name_avl", life)
	r.devices.Init(w, "ll_devname", life)
	r.listed.Init(w, "ll_flags", life)
	r.zones.Init(w, "ll_zoneid", life)
	r.next.Init(w, nil, "dlmgmt_nextlinkid", "", life)
}

func (r *rows) id(id env.LinkID) *ksync.Field { return r.ids.Nth(uint32(id)) }

func (r *rows) name(name string) *ksync.Field { return r.names.At(name) }

func (r *rows) device(name string) *ksync.Field { return r.devices.At(name) }

// all says that t looks at each link, but at no name or device.
func (r *rows) all(t *sim.Thread) { r.listed.Read(t) }

// between says that t looks for links with a linkid above from, up to to.
func (r *rows) between(t *sim.Thread, from, to env.LinkID) {
	for id := from + 1; id <= to; id++ {
		r.listed.Nth(uint32(id)).Read(t)
	}
}

// renamed says that t makes another link the one of that name.
func (r *rows) renamed(t *sim.Thread, name string) {
	r.name(name).Write(t)
	r.files.At(name).Changes(t)
}

// changed says that t changes something of a link other than what it is found by.
func (r *rows) changed(t *sim.Thread, k *Link) {
	r.id(k.ID).Write(t)
	r.listed.Nth(uint32(k.ID)).Write(t)
}

// rezoned says that t puts a link into another zone.
func (r *rows) rezoned(t *sim.Thread, k *Link) {
	r.changed(t, k)
	r.zones.Nth(uint32(k.ID)).Write(t)
}

// moved says that t puts a link into the table or takes it out, or gives it what it is found by, or takes that away.
func (r *rows) moved(t *sim.Thread, k *Link) {
	if r.changed(t, k); k.Zone != env.GlobalZone {
		r.zones.Nth(uint32(k.ID)).Write(t)
	}
	r.renamed(t, k.Name)
	if k.DevName != "" {
		r.device(k.DevName).Write(t)
	}
}
