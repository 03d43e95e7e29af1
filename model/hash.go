// SPDX-License-Identifier: CDDL-1.0

package model

// Hash identifies the operations of the history: their order, arguments and answers, but not the steps of the
// schedule that made them. Histories with the same start and the same hash are judged alike, but for a
// chance collision of 64 bits.
func (h *History) Hash() uint64 {
	x := hasher(14695981039346656037)
	for i := range h.Ops {
		x.operation(&h.Ops[i])
	}
	return uint64(x)
}

type hasher uint64

func (x *hasher) number(v uint64) {
	h := (uint64(*x) ^ v) * 0x9e3779b97f4a7c15
	*x = hasher(h ^ h>>29)
}

func (x *hasher) text(s string) {
	for i := range len(s) {
		*x = (*x ^ hasher(s[i])) * 1099511628211
	}
	x.number(uint64(len(s)))
}

func (x *hasher) truth(b bool) {
	if b {
		x.number(1)
	} else {
		x.number(2)
	}
}

func (x *hasher) operation(o *Operation) {
	a, r := &o.Args, &o.Result
	x.text(o.Thread)
	x.number(uint64(o.Op) | uint64(o.Call)<<8 | uint64(o.Return)<<36)
	x.truth(o.Pending)
	x.number(uint64(a.Link) | uint64(a.Onto)<<32)
	x.number(uint64(a.Zone) | uint64(a.Into)<<32)
	x.number(uint64(a.State))
	x.text(a.MAC)
	x.text(a.Name)
	x.text(string(a.Class))
	x.text(a.Target)
	x.truth(a.Local)
	for _, id := range a.Over {
		x.number(uint64(id))
	}
	x.number(uint64(r.Err) | uint64(r.Link)<<32)
	x.number(uint64(r.Zone))
	x.text(r.MAC)
	x.text(r.Name)
	x.text(string(r.Class))
	x.truth(r.Visible)
	x.truth(r.Local)
}
