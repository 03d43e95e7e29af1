// SPDX-License-Identifier: CDDL-1.0

package dld

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/sim"
	"dlsim/sim/check"
)

// Stream is a DLPI stream that is attached to a link.
type Stream struct {
	h    env.DLHandle
	link dls.Ptr
	// local says that the stream's zone was the link's at the open, so that the link cannot
	// leave the zone.
	local bool
}

// Local reports whether the stream keeps the link in its zone. It is not an operation.
func (s *Stream) Local() bool { return s.local }

// Attach is dld_str_attach (environment.md 12): a reference by device, then in the perimeter a
// hold on the link, which must exist, and the open of the link. ENOENT also if the link is not
// the zone's; what mac_start gives if the driver does not start.
func (d *Driver) Attach(t *sim.Thread, dev env.Dev) (*Stream, env.Errno) {
	h, err := d.Devnet.DevnetHoldByDev(t, dev)
	if err != 0 {
		return nil, err
	}
	p, err := d.MAC.PerimEnterByMacname(t, d.Devnet.DevnetMac(t, h))
	if err != 0 {
		d.Devnet.DevnetRele(t, h)
		return nil, err
	}
	s := &Stream{h: h}
	if s.link, err = d.DLS.Hold(t, d.Devnet.DevnetMac(t, h)); err == 0 {
		if s.local, err = d.DLS.Open(t, s.link); err != 0 {
			d.DLS.Rele(t, s.link)
		}
	}
	d.MAC.PerimExit(t, p)
	if err != 0 {
		d.Devnet.DevnetRele(t, h)
		return nil, err
	}
	for _, sort := range streamRefs {
		d.Refs.KeepSort(t, sort, check.Owner{Key: s, What: "a stream"})
	}
	return s, 0
}

// streamRefs are the references that a stream keeps.
var streamRefs = [...]string{"dd_ref", dls.RefSort, dls.ZoneRefSort}

// Detach is dld_str_detach: in the perimeter the link is closed, and the reference goes after
// it.
func (d *Driver) Detach(t *sim.Thread, s *Stream) {
	d.Refs.Reclaim(t, nil, s)
	p := d.MAC.PerimEnterByMH(t, s.link.At(t).MAC)
	d.DLS.Close(t, s.link, s.local)
	d.MAC.PerimExit(t, p)
	d.Devnet.DevnetRele(t, s.h)
}
