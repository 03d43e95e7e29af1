// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"strings"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dld"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/sdev"
)

type nodeArgs struct {
	Handle string `yaml:"handle" required:"true" ref:"node" short:"true" doc:"A node that an earlier open of the thread made. The step is skipped if that failed."`
}

type streamArgs struct {
	Handle string `yaml:"handle" required:"true" ref:"stream" short:"true" doc:"A stream that an earlier step of the thread opened. The step is skipped if that failed."`
}

type portArgs struct {
	Link string `yaml:"link" required:"true" ref:"link" doc:"The aggregation."`
	Port string `yaml:"port" required:"true" ref:"link" doc:"The port."`
}

type renameArgs struct {
	Link string `yaml:"link" required:"true" ref:"link" doc:"The link, by the name it was declared with."`
	To   string `yaml:"to" doc:"Its new name."`
	Onto string `yaml:"onto" ref:"physical link" doc:"The removed physical link whose name and linkid it takes, instead of a new name."`
}

func (a *nodeArgs) handle() string   { return a.Handle }
func (a *streamArgs) handle() string { return a.Handle }

func devnetOps() []*Op {
	return []*Op{
		define("open", "/dev/net and streams",
			"Looks a name up in /dev/net: dls_devnet_open under the directory's lock as writer, which waits for the property task; an unknown name may make an implicit tunnel (ip.tun0) or attach a device. The node keeps the link until it is closed.",
			"{open: vnic0, as: o}", func(c *call, a *nameArgs) env.Errno {
				n, err := c.m.kernel.DevNet.Lookup(c.t, a.Name)
				c.made = n
				return err
			}).yields("node"),
		define("close", "/dev/net and streams",
			"The last reference to a node of /dev/net goes: dls_devnet_close under the vnode's lock.",
			"close: o", func(c *call, a *nodeArgs) env.Errno {
				c.m.kernel.DevNet.Inactive(c.t, c.take(a.Handle).(*sdev.Node))
				return 0
			}),
		define("readdir", "/dev/net and streams",
			"Lists /dev/net: each node is checked with the daemon, and if links have changed every one is opened and closed.",
			"readdir", func(c *call, _ *none) env.Errno {
				names := c.m.kernel.DevNet.Readdir(c.t)
				c.t.Notef("%s", strings.Join(names, " "))
				return 0
			}),
		define("stream_open", "/dev/net and streams",
			"Opens a DLPI stream by the link's name, as IP or snoop does: a lookup in /dev/net, then dld_str_attach by device, then the node becomes inactive and the stream keeps the link.",
			"{stream_open: vnic0, as: s}", runStreamOpen).yields("stream"),
		define("stream_attach", "/dev/net and streams",
			"Opens a DLPI stream by device (dld_str_attach): dls_devnet_hold_by_dev, the perimeter, the link, which must exist.",
			"{stream_attach: vnic0, as: s}", func(c *call, a *linkArgs) env.Errno {
				s, err := c.m.kernel.DLD.Attach(c.t, c.m.kernel.DDI.Device(c.m.sc.link(a.Link).MAC))
				c.made = s
				return err
			}).yields("stream"),
		define("stream_detach", "/dev/net and streams",
			"Closes a DLPI stream (dld_str_detach): the link in the perimeter, then dls_devnet_rele.",
			"stream_detach: s", func(c *call, a *streamArgs) env.Errno {
				c.m.kernel.DLD.Detach(c.t, c.take(a.Handle).(*dld.Stream))
				return 0
			}),
		define("rebuild", "/dev/net and streams",
			"dls_devnet_rebuild: whether links have changed since the last time, as /dev/net asks before a listing.",
			"rebuild", func(c *call, _ *none) env.Errno {
				c.t.Notef("%t", c.m.kernel.DLS.DevnetRebuild(c.t))
				return 0
			}),
		define("link_state", "/dev/net and streams",
			"The link goes up or down: mac_link_update posts an event, and the MAC's notify thread takes a temporary hold by link (i_dls_devnet_lock as writer) and logs name, linkid and zone. ENOENT if there is no such MAC.",
			"link_state: net0", func(c *call, a *linkArgs) env.Errno {
				m := c.m.kernel.MAC.Lookup(c.m.sc.link(a.Link).MAC)
				if m == nil {
					return env.ENOENT
				}
				c.m.kernel.MAC.LinkUpdate(c.t, m)
				return 0
			}),
		define("iptun_info", "links",
			"Asks the tunnel driver about a tunnel: it enters the tunnel by its linkid and waits, with the driver's hash lock, for a deletion that is under way. ENOENT if there is none.",
			"iptun_info: tun0", func(c *call, a *linkArgs) env.Errno {
				return c.m.kernel.Iptun.Info(c.t, c.id(a.Link))
			}),
		define("aggr_add_port", "links",
			"Adds a port to an aggregation, in its perimeter.",
			"aggr_add_port: {link: aggr0, port: net1}", func(c *call, a *portArgs) env.Errno {
				return c.m.kernel.Aggr.AddPort(c.t, c.id(a.Link), c.id(a.Port))
			}),
		define("aggr_remove_port", "links",
			"Takes a port out of an aggregation, in its perimeter.",
			"aggr_remove_port: {link: aggr0, port: net1}", func(c *call, a *portArgs) env.Errno {
				return c.m.kernel.Aggr.RemovePort(c.t, c.id(a.Link), c.id(a.Port))
			}),
		define("rename", "links",
			"Gives a link another name as dladm does: the DLDIOC_RENAME ioctl (dls_devnet_rename), then the daemon is told, and if it refuses the kernel's name is changed back. In between the two disagree.",
			"rename: {link: vnic0, to: web0}", runRename),
	}
}

// runStreamOpen is the way of an open of a vanity name (environment.md 12): the node becomes
// inactive just after the open, whether it has worked or not.
func runStreamOpen(c *call, a *nameArgs) env.Errno {
	k := &c.m.kernel
	n, err := k.DevNet.Lookup(c.t, a.Name)
	if err != 0 {
		return err
	}
	s, err := k.DLD.Attach(c.t, n.Dev)
	k.DevNet.Inactive(c.t, n)
	c.made = s
	return err
}

// runRename is what libdladm does around the ioctl in the first case (environment.md 10.6).
func runRename(c *call, a *renameArgs) env.Errno {
	k := &c.m.kernel
	id := c.id(a.Link)
	if a.Onto != "" {
		return c.renameOnto(id, c.id(a.Onto))
	}
	before, err := k.DLS.MgmtLinkName(c.t, id)
	if err != 0 {
		return err
	}
	if err := k.DLD.Rename(c.t, id, env.InvalidLinkID, a.To); err != 0 {
		return err
	}
	reply, err := k.Door.Call(c.t, &door.Request{
		Cmd: dlmgmtd.CmdRemapLinkid, Link: id, Name: a.To, Zone: env.Of(c.t).Zone, Cred: env.Of(c.t).Zone,
	})
	if err == 0 {
		err = reply.Err
	}
	if err != 0 {
		_ = k.DLD.Rename(c.t, id, env.InvalidLinkID, before)
	}
	return err
}

// renameOnto is what libdladm does around the ioctl in the second case: the link takes over the
// linkid of a removed one, then the daemon moves the device to it. If the daemon refuses, the
// kernel's names are changed back.
func (c *call) renameOnto(id, onto env.LinkID) env.Errno {
	k := &c.m.kernel
	if err := k.DLD.Rename(c.t, id, onto, ""); err != 0 {
		return err
	}
	reply, err := k.Door.Call(c.t, &door.Request{Cmd: dlmgmtd.CmdUpLinkid, Link: onto, From: id, Cred: env.Of(c.t).Zone})
	if err == 0 {
		err = reply.Err
	}
	if err != 0 {
		_ = k.DLD.Rename(c.t, onto, id, "")
	}
	return err
}
