// SPDX-License-Identifier: CDDL-1.0

// Package sdev is /dev/net (fs/dev/sdev_netops.c, environment.md 12): a directory whose lock is
// held as writer over every lookup and listing, the daemon's answers included, and nodes that
// hold their link until they become inactive.
package sdev

import (
	"slices"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
)

// Devnet is what /dev/net calls in the datalink code.
type Devnet interface {
	DevnetOpen(t *sim.Thread, link string) (env.DLHandle, env.Dev, env.Errno)
	DevnetClose(t *sim.Thread, h env.DLHandle)
	DevnetRebuild(t *sim.Thread) bool
	MgmtGetLinkid(t *sim.Thread, link string) (env.LinkID, env.Errno)
	MgmtGetNext(t *sim.Thread, id env.LinkID, class env.Class, media env.Media, flags door.LinkFlags) env.LinkID
	MgmtLinkName(t *sim.Thread, id env.LinkID) (string, env.Errno)
}

// Dir is the directory /dev/net of one kernel.
type Dir struct {
	Devnet Devnet
	Zones  *zone.Layer
	// Refs, if not nil, is told which references a node keeps.
	Refs *check.Ledger
	// Fault makes mknode fail: the node of a lookup cannot be made.
	Fault env.Fault

	contents ksync.RWLock // sdev_contents
	names    []string     // of the nodes that were made
	entries  ksync.Field  // sdev_entries, under sdev_contents
	nodes    int
}

// nodeRefs are the references that a node keeps: what dls_devnet_open leaves.
var nodeRefs = [...]string{"dd_ref", dls.RefSort}

// Node is a node in /dev/net that is in use.
type Node struct {
	Dev  env.Dev
	h    env.DLHandle
	lock ksync.Mutex // v_lock
}

// Handle returns the node's reference to its link. It is not an operation.
func (n *Node) Handle() env.DLHandle { return n.h }

// Init empties the directory.
func (d *Dir) Init(w *sim.World) {
	d.contents.Init(w, nil, "sdev_contents", "net", 0)
	d.entries.Init(w, nil, "sdev_entries", "net", 0)
	d.names, d.nodes = d.names[:0], 0
}

// Lookup is devnet_lookup: it opens the link, waiting for its properties, under the directory's
// lock as writer. Errors are those of dls_devnet_open and of making the node.
func (d *Dir) Lookup(t *sim.Thread, name string) (*Node, env.Errno) {
	d.contents.EnterWrite(t)
	h, dev, err := d.Devnet.DevnetOpen(t, name)
	if err == 0 {
		if err = d.Fault.At(t, "mknode", name); err != 0 {
			d.Devnet.DevnetClose(t, h)
		}
	}
	if err != 0 {
		d.contents.Exit(t)
		return nil, err
	}
	d.nodes++
	n := &Node{Dev: dev, h: h}
	for _, sort := range nodeRefs {
		d.Refs.KeepSort(t, sort, check.Owner{Key: n, What: "a node of /dev/net"})
	}
	n.lock.Init(t.World(), nil, "v_lock", "", d.nodes)
	d.add(t, name)
	d.contents.Exit(t)
	return n, 0
}

// add lists a name; the caller is a writer of the directory.
func (d *Dir) add(t *sim.Thread, name string) {
	d.entries.Write(t)
	if !slices.Contains(d.names, name) {
		d.names = append(d.names, name)
	}
}

// Inactive is devname_inactive: the last reference to the node has gone, and the link is closed
// under the vnode's lock.
func (d *Dir) Inactive(t *sim.Thread, n *Node) {
	d.Refs.Reclaim(t, nil, n)
	n.lock.Enter(t)
	d.Devnet.DevnetClose(t, n.h)
	n.lock.Exit(t)
}

// Readdir is devnet_filldir: nodes whose name the daemon does not know any more go, and if links
// have changed since the last time every link that the zone may see is opened and closed at
// once. It returns the names that are listed.
func (d *Dir) Readdir(t *sim.Thread) []string {
	d.contents.EnterRead(t)
	if !d.contents.TryUpgrade(t) {
		d.contents.Exit(t)
		d.contents.EnterWrite(t)
	}
	d.entries.Write(t)
	kept := d.names[:0]
	for _, name := range d.names {
		if _, err := d.Devnet.MgmtGetLinkid(t, name); err == 0 {
			kept = append(kept, name)
		}
	}
	d.names = kept
	if d.Devnet.DevnetRebuild(t) {
		d.rebuild(t)
	}
	names := slices.Clone(d.names)
	d.contents.Exit(t)
	return names
}

// rebuild goes over all links: in the global zone those that the daemon lists, in another zone
// those that the kernel does.
func (d *Dir) rebuild(t *sim.Thread) {
	if zone := env.Of(t).Zone; zone != env.GlobalZone {
		_ = d.Zones.DatalinkWalk(t, zone, func(id env.LinkID) { d.visit(t, id) })
		return
	}
	for id := d.next(t, env.InvalidLinkID); id != env.InvalidLinkID; id = d.next(t, id) {
		d.visit(t, id)
	}
}

func (d *Dir) next(t *sim.Thread, id env.LinkID) env.LinkID {
	return d.Devnet.MgmtGetNext(t, id, env.AnyClass, env.AnyMedia, door.Active|door.Persist)
}

// visit makes a node for a link by opening and closing it.
func (d *Dir) visit(t *sim.Thread, id env.LinkID) {
	name, err := d.Devnet.MgmtLinkName(t, id)
	if err != 0 {
		return
	}
	h, _, err := d.Devnet.DevnetOpen(t, name)
	if err != 0 {
		return
	}
	d.Devnet.DevnetClose(t, h)
	d.add(t, name)
}
