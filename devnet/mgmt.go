// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/door"
	"dlsim/sim"
)

// The attributes of a physical link that the daemon keeps: FPHYMAJ and FPHYINST.
const (
	fphymaj  = "phymaj"
	fphyinst = "phyinst"
)

// MgmtCreate is dls_mgmt_create (C:409-431): it asks the daemon for a link and its linkid. dev
// is needed for physical links only. EINVAL if the name is too long.
func (d *DLS) MgmtCreate(
	t *sim.Thread, devname string, dev env.Dev, class env.Class, media env.Media, persist bool,
) (env.LinkID, env.Errno) {
	if len(devname) >= env.MaxNameLen {
		return 0, env.EINVAL
	}
	retval, err := d.iMgmtUpcall(t, door.Request{
		Cmd: dlmgmtd.CmdDLSCreate, DevName: devname, Dev: dev, Class: class, Media: media, Persist: persist,
	}) // C:426
	if err != 0 {
		return 0, err
	}
	return retval.Link, 0
}

// MgmtDestroy is dls_mgmt_destroy (C:438-449).
func (d *DLS) MgmtDestroy(t *sim.Thread, linkid env.LinkID, persist bool) env.Errno {
	_, err := d.iMgmtUpcall(t, door.Request{Cmd: dlmgmtd.CmdDLSDestroy, Link: linkid, Persist: persist}) // C:447
	return err
}

// MgmtUpdate is dls_mgmt_update (C:468-493): it has the daemon check what it knows of a
// physical link. Besides success EEXIST also gives the linkid: the media of the link is
// another one, or its name is not the device's although it cannot have its own.
func (d *DLS) MgmtUpdate(
	t *sim.Thread, devname string, media env.Media, novanity bool,
) (linkid env.LinkID, mediap env.Media, err env.Errno) {
	if len(devname) >= env.MaxNameLen {
		return 0, 0, env.EINVAL
	}
	retval, err := d.iMgmtUpcall(t, door.Request{
		Cmd: dlmgmtd.CmdDLSUpdate, DevName: devname, Media: media, NoVanity: novanity,
	}) // C:484
	switch err {
	case env.EEXIST:
		return retval.Link, retval.Media, err
	case 0:
		return retval.Link, 0, 0
	}
	return 0, 0, err
}

// MgmtGetLinkinfo is dls_mgmt_get_linkinfo (C:503-531): the name and class of a link. EINVAL
// if the name does not fit or has a single letter.
func (d *DLS) MgmtGetLinkinfo(t *sim.Thread, linkid env.LinkID) (LinkInfo, env.Errno) {
	retval, err := d.iMgmtUpcall(t, door.Request{Cmd: dlmgmtd.CmdGetName, Link: linkid}) // C:513
	if err != 0 {
		return LinkInfo{}, err
	}

	if n := len(retval.Name); n <= 1 || n >= env.MaxLinkNameLen {
		return LinkInfo{}, env.EINVAL
	}
	return LinkInfo{Name: retval.Name, Class: retval.Class, Media: retval.Media, Flags: retval.Flags}, 0
}

// LinkInfo is what the daemon knows of a link.
type LinkInfo struct {
	Name  string
	Class env.Class
	Media env.Media
	Flags door.LinkFlags
}

// MgmtLinkName gives the name alone, for callers that want no more of MgmtGetLinkinfo.
func (d *DLS) MgmtLinkName(t *sim.Thread, linkid env.LinkID) (string, env.Errno) {
	info, err := d.MgmtGetLinkinfo(t, linkid)
	return info.Name, err
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

// MgmtGetNext is dls_mgmt_get_next (C:556-574): the next link after linkid that fits, or
// InvalidLinkID, also when the daemon cannot be asked.
func (d *DLS) MgmtGetNext(
	t *sim.Thread, linkid env.LinkID, class env.Class, dmedia env.Media, flags door.LinkFlags,
) env.LinkID {
	retval, err := d.iMgmtUpcall(t, door.Request{
		Cmd: dlmgmtd.CmdGetNext, Link: linkid, Class: class, Media: dmedia, Flags: flags,
	}) // C:568
	if err != 0 {
		return env.InvalidLinkID
	}
	return retval.Link
}

// iMgmtGetLinkattr is i_dls_mgmt_get_linkattr (C:577-597): an attribute of a link and its
// size. EINVAL if it is larger than size.
func (d *DLS) iMgmtGetLinkattr(t *sim.Thread, linkid env.LinkID, attr string, size int) (uint64, int, env.Errno) {
	retval, err := d.iMgmtUpcall(t, door.Request{Cmd: dlmgmtd.CmdDLSGetattr, Link: linkid, Attr: attr}) // C:588
	if err != 0 {
		return 0, size, err
	}
	if size < retval.Size {
		return 0, size, env.EINVAL
	}
	return retval.Value, retval.Size, 0
}

// MgmtGetPhydev is dls_mgmt_get_phydev (C:603-617): the device of a physical link. EINVAL
// whatever goes wrong.
func (d *DLS) MgmtGetPhydev(t *sim.Thread, linkid env.LinkID) (env.Dev, env.Errno) {
	const attrsz = 8
	maj, size, err := d.iMgmtGetLinkattr(t, linkid, fphymaj, attrsz) // C:608
	if err != 0 || size != attrsz {
		return env.Dev{}, env.EINVAL
	}
	inst, size, err := d.iMgmtGetLinkattr(t, linkid, fphyinst, attrsz) // C:610
	if err != 0 || size != attrsz {
		return env.Dev{}, env.EINVAL
	}
	return env.Dev{Major: env.Major(maj), Minor: uint32(inst)}, 0
}

// MgmtLinkpropInit is dls_mgmt_linkprop_init (C:625-636).
func (d *DLS) MgmtLinkpropInit(t *sim.Thread, linkid env.LinkID) env.Errno {
	_, err := d.iMgmtUpcall(t, door.Request{Cmd: dlmgmtd.CmdLinkpropInit, Link: linkid}) // C:634
	return err
}
