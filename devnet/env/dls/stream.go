// SPDX-License-Identifier: CDDL-1.0

package dls

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

// Open is dls_open of a link the caller holds. A stream of the zone that the link is in now is
// local to it, which DLS remembers for its whole life. ENOENT for a zone that the link is not
// in; what mac_start gives if the driver does not start.
func (l *Layer) Open(t *sim.Thread, p Ptr) (local bool, err env.Errno) {
	zone := env.Of(t).Zone
	local = zone == p.At(t).Zone.Get(t)
	if !local && zone != env.GlobalZone {
		return false, env.ENOENT
	}
	if err := p.At(t).MAC.Start(t); err != 0 {
		return false, err
	}
	if err := l.Fault.At(t, "mac_start", p.At(t).Name); err != 0 {
		return false, err
	}
	if local {
		p.At(t).ZoneRef.Set(t, p.At(t).ZoneRef.Get(t)+1)
		l.Refs.Take(t, &p.At(t).zoneRefs)
	}
	return local, 0
}

// Close is dls_close: it also gives the caller's hold back.
func (l *Layer) Close(t *sim.Thread, p Ptr, local bool) {
	if local {
		p.At(t).ZoneRef.Set(t, p.At(t).ZoneRef.Get(t)-1)
		l.Refs.Give(t, &p.At(t).zoneRefs)
	}
	p.At(t).MAC.Stop(t)
	l.Rele(t, p)
}
