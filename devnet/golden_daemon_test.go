// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"fmt"
	"strings"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/door"
	"dlsim/sim"
)

// goldenDaemon is the daemon of the model: a table, and answers that take one step.
type goldenDaemon struct {
	g         *golden
	up        bool
	rows      []*goldenRow // by id
	next      env.LinkID
	linkprops int // requests to load properties
}

type goldenRow struct {
	id      env.LinkID
	name    string
	class   env.Class
	media   env.Media
	flags   door.LinkFlags
	zone    env.ZoneID
	devname string
	dev     *env.Dev
}

func (d *goldenDaemon) init(g *golden) { *d = goldenDaemon{g: g, next: 1} }

func (d *goldenDaemon) start(t *sim.Thread) {
	d.up = true
	d.g.k.Door.Attach(t, func(*sim.Thread, *door.Request) door.Reply { return door.Reply{} })
}

func (d *goldenDaemon) stop(t *sim.Thread) {
	d.up = false
	d.g.k.Door.Revoke(t)
}

// upcall serves one request.
func (d *goldenDaemon) upcall(t *sim.Thread, dh *door.Door, req *door.Request) (door.Reply, env.Errno) {
	text := req.Cmd + " " + requestText(req)
	t.LogPoint(&sim.OpType{Name: "upcall " + text, Access: sim.Local}, nil)
	say := func(result string) { t.Logf("upcall %s -> %s", text, result) }

	switch f := d.g.takeFault("upcall", req.Cmd); f {
	case "", "ok":
	case "revoke":
		d.stop(t)
	case "bigbuf":
		say(f)
		return door.Reply{Oversize: true}, 0
	case "short":
		say(f)
		return door.Reply{Resized: true}, 0
	default:
		say(f)
		return door.Reply{}, goldenErrno(f)
	}
	if dh.IsRevoked() {
		say(env.EBADF.String())
		return door.Reply{}, env.EBADF
	}

	switch f := d.g.takeFault("reply", req.Cmd); f {
	case "", "ok":
	case "shortname", "longname":
		r := d.serve(t, req)
		r.Name = map[string]string{"shortname": "x", "longname": strings.Repeat("y", 40)}[f]
		say(r.Err.String() + " (fault)")
		return r, 0
	default:
		say(f + " (fault)")
		return door.Reply{Err: goldenErrno(f)}, 0
	}
	if req.Cmd == dlmgmtd.CmdLinkpropInit && d.g.downcall {
		d.downcall(t, req.Link)
	}
	r := d.serve(t, req)
	say(r.Err.String())
	return r, 0
}

func requestText(req *door.Request) string {
	switch req.Cmd {
	case dlmgmtd.CmdDLSCreate, dlmgmtd.CmdDLSUpdate:
		return req.DevName
	case dlmgmtd.CmdGetLinkid:
		return req.Name
	case dlmgmtd.CmdDLSGetattr:
		return fmt.Sprintf("%d.%s", req.Link, req.Attr)
	case dlmgmtd.CmdSetZoneid:
		return fmt.Sprintf("%d->%d", req.Link, req.Zone)
	}
	return fmt.Sprint(req.Link)
}

// downcall is what the daemon does in the kernel to set a property.
func (d *goldenDaemon) downcall(t *sim.Thread, id env.LinkID) {
	k := &d.g.k
	h, err := k.DLS.DevnetHoldTmp(t, id)
	if err != 0 {
		return
	}
	if p, err := k.MAC.PerimEnterByMacname(t, k.DLS.DevnetMac(t, h)); err == 0 {
		k.MAC.PerimExit(t, p)
	}
	k.DLS.DevnetReleTmp(t, h)
}

// serve answers a request.
func (d *goldenDaemon) serve(t *sim.Thread, req *door.Request) door.Reply {
	row := d.find(req.Link)
	if row != nil && req.Cred != env.GlobalZone && row.zone != req.Cred {
		row = nil
	}
	none := door.Reply{Err: env.ENOENT}
	switch req.Cmd {
	case dlmgmtd.CmdDLSCreate:
		return d.create(req)
	case dlmgmtd.CmdDLSUpdate:
		return d.update(req)
	case dlmgmtd.CmdGetLinkid:
		if row = d.named(req.Name, req.Cred); row == nil {
			return none
		}
		return door.Reply{Link: row.id}
	case dlmgmtd.CmdGetNext:
		for _, r := range d.rows {
			if r.id > req.Link && (req.Cred == env.GlobalZone && r.zone == env.GlobalZone || r.zone == req.Cred) &&
				(req.Class == "0x3ff" || r.class == req.Class) &&
				(req.Media == env.AnyMedia || r.media == req.Media) && r.flags&req.Flags != 0 {
				return door.Reply{Link: r.id}
			}
		}
		return none
	case dlmgmtd.CmdSetZoneid:
		return door.Reply{Err: d.setZone(t, req)}
	case dlmgmtd.CmdLinkpropInit:
		d.linkprops++
	}
	if row == nil {
		return none
	}
	switch req.Cmd {
	case dlmgmtd.CmdDLSDestroy:
		return door.Reply{Err: d.destroy(row, req.Persist)}
	case dlmgmtd.CmdDLSGetattr:
		return d.attribute(row, req.Attr)
	}
	return door.Reply{Link: row.id, Name: row.name, Class: row.class, Media: row.media, Flags: row.flags}
}

func (d *goldenDaemon) create(req *door.Request) door.Reply {
	if req.Class == env.ClassPhys {
		for _, r := range d.rows {
			if r.class == env.ClassPhys && r.devname == req.DevName {
				r.flags |= door.Active
				dev := req.Dev
				r.dev = &dev
				return door.Reply{Link: r.id}
			}
		}
	}
	r := &goldenRow{name: req.DevName, class: req.Class, media: req.Media, flags: door.Active, zone: req.Cred}
	r.name = r.name[:min(len(r.name), 63)]
	if req.Persist {
		r.flags |= door.Persist
	}
	if req.Class == env.ClassPhys {
		dev := req.Dev
		r.devname, r.dev = req.DevName, &dev
		for n := 0; d.named(r.name, req.Cred) != nil; n++ {
			r.name = fmt.Sprintf("net%d", n)
		}
	} else if d.named(r.name, req.Cred) != nil {
		return door.Reply{Err: env.EEXIST}
	}
	r.id = d.next
	d.add(r)
	return door.Reply{Link: r.id}
}

func (d *goldenDaemon) update(req *door.Request) door.Reply {
	const other = 9 // DL_OTHER
	for _, r := range d.rows {
		if r.class != env.ClassPhys || r.devname != req.DevName {
			continue
		}
		reply := door.Reply{Link: r.id, Media: r.media}
		if r.media == other {
			r.media = req.Media
		}
		if r.media != req.Media || req.NoVanity && r.name != r.devname {
			reply.Err = env.EEXIST
		}
		return reply
	}
	return door.Reply{Err: env.ENOENT}
}

func (d *goldenDaemon) destroy(r *goldenRow, persist bool) env.Errno {
	drop := door.Active
	if persist {
		drop |= door.Persist
	}
	if r.flags&drop == 0 {
		return env.ENOENT
	}
	if r.flags &^= drop; r.flags == 0 {
		d.remove(r.id)
	}
	return 0
}

func (d *goldenDaemon) attribute(r *goldenRow, attr string) door.Reply {
	if r.dev == nil {
		return door.Reply{Err: env.ENOENT}
	}
	reply := door.Reply{Value: uint64(r.dev.Major), Size: 8}
	if attr == fphyinst {
		reply.Value = uint64(r.dev.Minor)
	}
	if f := d.g.takeFault("attrsz", attr); f != "" && f != "ok" {
		reply.Size = number(f)
	}
	return reply
}

func (d *goldenDaemon) setZone(t *sim.Thread, req *door.Request) env.Errno {
	r := d.find(req.Link)
	switch {
	case req.Cred != env.GlobalZone:
		return env.EACCES
	case r == nil:
		return env.ENOENT
	}
	zones := &d.g.k.Zones
	if req.Zone != env.GlobalZone && zones.Get(req.Zone) == nil {
		return env.ENXIO
	}
	if z := zones.Get(r.zone); z != nil {
		z.Strike(r.id)
	}
	r.zone = req.Zone
	if z := zones.Get(r.zone); z != nil {
		z.Enlist(r.id)
	}
	return 0
}
