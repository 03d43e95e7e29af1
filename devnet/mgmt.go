// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/door"
	"dlsim/sim"
)

// MgmtGetLinkinfo is dls_mgmt_get_linkinfo (C:503-531): the name and class of a link. EINVAL
// if the name does not fit or has a single letter.
func (d *DLS) MgmtGetLinkinfo(t *sim.Thread, linkid env.LinkID) (link string, class env.Class, err env.Errno) {
	retval, err := d.iMgmtUpcall(t, door.Request{Cmd: dlmgmtd.CmdGetName, Link: linkid}) // C:513
	if err != 0 {
		return "", "", err
	}
	if n := len(retval.Name); n <= 1 || n >= env.MaxLinkNameLen {
		return "", "", env.EINVAL
	}
	return retval.Name, retval.Class, 0
}

// MgmtLinkName is MgmtGetLinkinfo for callers that want the name only.
func (d *DLS) MgmtLinkName(t *sim.Thread, linkid env.LinkID) (string, env.Errno) {
	link, _, err := d.MgmtGetLinkinfo(t, linkid)
	return link, err
}

// MgmtGetLinkid is dls_mgmt_get_linkid (C:539-553). A name that is too long is cut off.
func (d *DLS) MgmtGetLinkid(t *sim.Thread, link string) (env.LinkID, env.Errno) {
	name := link[:min(len(link), env.MaxLinkNameLen-1)]                                  // C:546
	retval, err := d.iMgmtUpcall(t, door.Request{Cmd: dlmgmtd.CmdGetLinkid, Name: name}) // C:548
	if err != 0 {
		return 0, err
	}
	return retval.Link, 0
}

// MgmtLinkpropInit is dls_mgmt_linkprop_init (C:625-636).
func (d *DLS) MgmtLinkpropInit(t *sim.Thread, linkid env.LinkID) env.Errno {
	_, err := d.iMgmtUpcall(t, door.Request{Cmd: dlmgmtd.CmdLinkpropInit, Link: linkid}) // C:634
	return err
}
