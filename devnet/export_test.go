// SPDX-License-Identifier: CDDL-1.0

package devnet

import "dlsim/devnet/env"

// Fields is a dls_devnet_t laid open for tests.
type Fields struct {
	Linkid              env.LinkID
	Linkname            string
	Ref, Tref           int
	Flags               uint
	OwnerZid, Zid       env.ZoneID
	PropLoaded, PropRun bool
	Transient           bool
	Ksp, ZoneKsp        bool
	Buffer              int
}

// The flags of Fields.
const (
	Condemned    = ddCondemned
	Initializing = ddInitializing
)

// ByMAC returns the devnet of a MAC, false if i_dls_devnet_hash has none.
func (d *DLS) ByMAC(name string) (Fields, bool) {
	p, ok := d.hash[name]
	if !ok {
		return Fields{}, false
	}
	return ByHandle(p), true
}

// SetRef sets dd_ref of the devnet of a MAC.
func (d *DLS) SetRef(name string, ref int) { d.hash[name].Peek().ddRef.Poke(ref) }

// ByLinkid returns the devnet of a linkid, false if i_dls_devnet_id_hash has none.
func (d *DLS) ByLinkid(id env.LinkID) (Fields, bool) {
	p, ok := d.idHash[id]
	if !ok {
		return Fields{}, false
	}
	return ByHandle(p), true
}

// ByHandle returns the fields of a devnet, allocated or not.
func ByHandle(h env.DLHandle) Fields {
	p := h.(Ptr)
	d := p.Peek()
	return Fields{
		Linkid: d.ddLinkid.Peek(), Linkname: d.ddLinkname.Peek(),
		Ref: d.ddRef.Peek(), Tref: d.ddTref.Peek(), Flags: d.ddFlags.Peek(),
		OwnerZid: d.ddOwnerZid.Peek(), Zid: d.ddZid.Peek(),
		PropLoaded: d.ddPropLoaded.Peek(), PropRun: d.ddPropTaskid.Peek() != 0,
		Transient: d.ddTransient.Peek(),
		Ksp:       !d.ddKsp.Peek().IsNil(), ZoneKsp: !d.ddZoneKsp.Peek().IsNil(),
		Buffer: p.Num(),
	}
}
