// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"fmt"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/door"
	"dlsim/model"
)

type linkArgs struct {
	Link string `yaml:"link" required:"true" ref:"link" short:"true" doc:"The link."`
}

type createArgs struct {
	Link string `yaml:"link" required:"true" ref:"virtual link" short:"true" doc:"The link, not a physical one."`
}

type destroyArgs struct {
	Link string `yaml:"link" required:"true" ref:"virtual link" short:"true" doc:"The link, not a physical one."`
	Wait bool   `yaml:"wait" default:"true" only:"true" doc:"Always true: the drivers of virtual links wait for temporary holds and the property task."`
}

type setzoneArgs struct {
	Link string `yaml:"link" required:"true" ref:"link" doc:"The link."`
	Zone string `yaml:"zone" required:"true" ref:"zone" doc:"The zone to lend it to, or global to take it back."`
}

func linkOps() []*Op {
	return []*Op{
		define("create", "links",
			"Creates a link as dladm does: the daemon is asked for name and linkid, then the driver creates it under its lock (vnic_dev_create, simnet_dev_create); if that fails the daemon forgets the name.",
			"create: vnic0", runCreate),
		define("destroy", "links",
			"Deletes a link: the driver's delete under its lock, which calls dls_devnet_destroy; then the daemon forgets the name.",
			"destroy: {link: vnic0, wait: true}", runDestroy),
		define("setzone", "links",
			"Moves a link to a zone by the MAC_PROP_ZONE ioctl: dls_devnet_setzid with a temporary hold, inside the perimeter. EACCES outside the global zone or for a link that a zone owns.",
			"setzone: {link: vnic0, zone: global}", func(c *call, a *setzoneArgs) env.Errno {
				id, into := c.id(a.Link), c.zone(a.Zone)
				return c.plain(model.SetZone, model.Args{Link: id, Into: into}, func() env.Errno {
					return c.m.kernel.DLD.SetZone(c.t, id, into)
				})
			}),
		define("getzone", "links",
			"Asks for a link's zone by the MAC_PROP_ZONE ioctl.",
			"getzone: vnic0", func(c *call, a *linkArgs) env.Errno {
				id := c.id(a.Link)
				return c.judged(model.GetZone, model.Args{Link: id}, func() model.Result {
					zone, err := c.m.kernel.DLD.GetZone(c.t, id)
					if err == 0 {
						c.t.Notef("zone %d", zone)
					}
					return model.Result{Err: err, Zone: zone}
				})
			}),
	}
}

// runCreate is what libdladm does around the driver's create (environment.md 10.6).
func runCreate(c *call, a *createArgs) env.Errno {
	l := c.m.sc.link(a.Link)
	id := env.LinkID(l.ID)
	req := door.Request{
		Cmd: dlmgmtd.CmdCreateLinkid, Link: id, Name: l.Name, Class: env.Class(l.Class),
		Zone: env.Of(c.t).Zone, Cred: env.Of(c.t).Zone, Props: l.Props,
	}
	names := model.Args{Link: id, Name: l.Name, Class: req.Class}
	if err := c.request(model.CreateLinkid, names, &req); err != 0 {
		return err
	}
	link := model.Args{Link: id, MAC: l.MAC, Class: req.Class, Over: c.m.sc.over(l)}
	if req.Class == env.ClassIptun {
		link.MAC = fmt.Sprintf("iptun%d", id) // the driver chooses it
	}
	err := c.plain(model.Create, link, func() env.Errno { return c.m.driverCreate(c.t, l) })
	if err != 0 {
		c.forget(id)
	}
	return err
}

// runDestroy is what libdladm does around the driver's delete.
func runDestroy(c *call, a *destroyArgs) env.Errno {
	l := c.m.sc.link(a.Link)
	id := c.id(a.Link)
	err := c.plain(model.Destroy, model.Args{Link: id, Class: env.Class(l.Class)}, func() env.Errno { return c.m.driverDelete(c.t, l, id) })
	if err == 0 {
		c.forget(id)
	}
	return err
}

// forget asks the daemon to forget a link; its answer changes nothing.
func (c *call) forget(id env.LinkID) {
	_ = c.request(model.DestroyLinkid, model.Args{Link: id}, &door.Request{
		Cmd: dlmgmtd.CmdDestroyLink, Link: id, Cred: env.Of(c.t).Zone,
	})
}

// request is a request of userland to the daemon.
func (c *call) request(op model.Op, a model.Args, req *door.Request) env.Errno {
	return c.plain(op, a, func() env.Errno {
		reply, err := c.m.kernel.Door.Call(c.t, req)
		if err == 0 {
			err = reply.Err
		}
		return err
	})
}
