// SPDX-License-Identifier: CDDL-1.0

package dlmgmtd

import (
	"dlsim/devnet/env"
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// rows stands for dlmgmt_id_avl and dlmgmt_name_avl and what is in them, under the table lock: what tells a search
// and the check race which links somebody looks at. A link is found by its linkid, its name or its device; each of
// these has a few fields, which it is spread over.
type rows struct {
	ids, names, devices [buckets]ksync.Field
	next                ksync.Field // the linkid that is given out next
}

const buckets = 8

func (r *rows) init(w *sim.World, life int) {
	for i := range buckets {
		key := "abcdefgh"[i : i+1]
		r.ids[i].Init(w, nil, "dlmgmt_id_avl", key, life)
		r.names[i].Init(w, nil, "dlmgmt_name_avl", key, life)
		r.devices[i].Init(w, nil, "ll_devname", key, life)
	}
	r.next.Init(w, nil, "dlmgmt_nextlinkid", "", life)
}

func (r *rows) id(id env.LinkID) *ksync.Field { return &r.ids[uint32(id)%buckets] }

func (r *rows) name(name string) *ksync.Field { return &r.names[bucket(name)] }

func (r *rows) device(name string) *ksync.Field { return &r.devices[bucket(name)] }

func bucket(name string) uint32 {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return h % buckets
}

// all says that t looks at each link.
func (r *rows) all(t *sim.Thread) {
	for i := range r.ids {
		r.ids[i].Read(t)
	}
}

// changed says that t changes something of a link other than what it is found by.
func (r *rows) changed(t *sim.Thread, k *Link) { r.id(k.ID).Write(t) }

// moved says that t puts a link into the table or takes it out, or gives it what it is found by, or takes that away.
func (r *rows) moved(t *sim.Thread, k *Link) {
	r.id(k.ID).Write(t)
	r.name(k.Name).Write(t)
	if k.DevName != "" {
		r.device(k.DevName).Write(t)
	}
}
