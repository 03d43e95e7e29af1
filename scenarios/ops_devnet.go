// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"strings"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dld"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/sdev"
	"dlsim/model"
)

type nodeArgs struct {
	Handle string `yaml:"handle" required:"true" ref:"node" short:"true" doc:"A node that an earlier open of the thread made. The step is skipped if that failed."`
}

type openedArgs struct {
	Handle string `yaml:"handle" required:"true" ref:"opened" short:"true" doc:"A link that an earlier devnet_open of the thread opened. The step is skipped if that failed."`
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
func (a *openedArgs) handle() string { return a.Handle }
func (a *streamArgs) handle() string { return a.Handle }

func devnetOps() []*Op {
	return []*Op{
		define("open", "/dev/net and streams",
			"Looks a name up in /dev/net: dls_devnet_open under the directory's lock as writer, which waits for the property task; an unknown name may make an implicit tunnel (ip.tun0) or attach a device. The node keeps the link until it is closed.",
			"{open: vnic0, as: o}", func(c *call, a *nameArgs) env.Errno {
				n, err := c.lookup(a.Name)
				c.made = n
				return err
			}).yields("node"),
		define("close", "/dev/net and streams",
			"The last reference to a node of /dev/net goes: dls_devnet_close under the vnode's lock.",
			"close: o", func(c *call, a *nodeArgs) env.Errno {
				c.closeNode(c.take(a.Handle).(*sdev.Node), c.actor.macs[a.Handle])
				return 0
			}),
		define("devnet_open", "/dev/net and streams",
			"dls_devnet_open alone, without the directory's lock that a lookup in /dev/net holds: it must be right without one, too.",
			"{devnet_open: vnic0, as: o}", func(c *call, a *nameArgs) env.Errno {
				return c.hold(model.Open, model.Args{Name: a.Name}, func() (env.DLHandle, env.Errno) {
					h, _, err := c.m.kernel.DLS.DevnetOpen(c.t, a.Name)
					return h, err
				})
			}).yields("opened"),
		define("devnet_close", "/dev/net and streams", "dls_devnet_close.", "devnet_close: o",
			func(c *call, a *openedArgs) env.Errno {
				h := c.take(a.Handle)
				c.void(model.Close, c.held(a.Handle), func() { c.m.kernel.DLS.DevnetClose(c.t, h) })
				return 0
			}),
		define("readdir", "/dev/net and streams",
			"Lists /dev/net: each node is checked with the daemon, and if links have changed every one is opened and closed.",
			"readdir", func(c *call, _ *none) env.Errno {
				c.void(model.Readdir, model.Args{}, func() {
					names := c.m.kernel.DevNet.Readdir(c.t)
					c.t.Notef("%s", strings.Join(names, " "))
				})
				return 0
			}),
		define("stream_open", "/dev/net and streams",
			"Opens a DLPI stream by the link's name, as IP or snoop does: a lookup in /dev/net, then dld_str_attach by device, then the node becomes inactive and the stream keeps the link.",
			"{stream_open: vnic0, as: s}", runStreamOpen).yields("stream"),
		define("stream_attach", "/dev/net and streams",
			"Opens a DLPI stream by device (dld_str_attach): dls_devnet_hold_by_dev, the perimeter, the link, which must exist.",
			"{stream_attach: vnic0, as: s}", func(c *call, a *linkArgs) env.Errno {
				mac := c.m.sc.link(a.Link).MAC
				s, err := c.attachStream(mac, c.m.kernel.DDI.Device(mac))
				c.made = s
				return err
			}).yields("stream"),
		define("stream_detach", "/dev/net and streams",
			"Closes a DLPI stream (dld_str_detach): the link in the perimeter, then dls_devnet_rele.",
			"stream_detach: s", func(c *call, a *streamArgs) env.Errno {
				c.detachStream(c.take(a.Handle).(*dld.Stream), c.actor.macs[a.Handle])
				return 0
			}),
		define("rebuild", "/dev/net and streams",
			"dls_devnet_rebuild: whether links have changed since the last time, as /dev/net asks before a listing.",
			"rebuild", func(c *call, _ *none) env.Errno {
				return c.judged(model.Rebuild, model.Args{}, func() model.Result {
					changed := c.m.kernel.DLS.DevnetRebuild(c.t)
					c.t.Notef("%t", changed)
					return model.Result{Visible: changed}
				})
			}),
		define("link_state", "/dev/net and streams",
			"The link goes up or down: mac_link_update posts an event, and the MAC's notify thread takes a temporary hold by link (i_dls_devnet_lock as writer) and logs name, linkid and zone. ENOENT if there is no such MAC.",
			"link_state: net0", func(c *call, a *linkArgs) env.Errno {
				m := c.m.kernel.MAC.Find(c.t, c.m.sc.link(a.Link).MAC)
				if m == nil {
					return env.ENOENT
				}
				c.m.kernel.MAC.LinkUpdate(c.t, m)
				return 0
			}),
		define("iptun_info", "links",
			"Asks the tunnel driver about a tunnel: it enters the tunnel by its linkid and waits, with the driver's hash lock, for a deletion that is under way. ENOENT if there is none.",
			"iptun_info: tun0", func(c *call, a *linkArgs) env.Errno {
				id := c.id(a.Link)
				return c.plain(model.Use, model.Args{Link: id}, func() env.Errno { return c.m.kernel.Iptun.Info(c.t, id) })
			}),
		define("aggr_add_port", "links",
			"Adds a port to an aggregation, in its perimeter.",
			"aggr_add_port: {link: aggr0, port: net1}", func(c *call, a *portArgs) env.Errno {
				id, port := c.id(a.Link), c.id(a.Port)
				return c.plain(model.Use, model.Args{Link: id, Onto: port}, func() env.Errno {
					return c.m.kernel.Aggr.AddPort(c.t, id, port)
				})
			}),
		define("aggr_remove_port", "links",
			"Takes a port out of an aggregation, in its perimeter.",
			"aggr_remove_port: {link: aggr0, port: net1}", func(c *call, a *portArgs) env.Errno {
				id, port := c.id(a.Link), c.id(a.Port)
				return c.plain(model.Use, model.Args{Link: id, Onto: port}, func() env.Errno {
					return c.m.kernel.Aggr.RemovePort(c.t, id, port)
				})
			}),
		define("rename", "links",
			"Gives a link another name as dladm does: the DLDIOC_RENAME ioctl (dls_devnet_rename), then the daemon is told, and if it refuses the kernel's name is changed back. In between the two disagree.",
			"rename: {link: vnic0, to: web0}", runRename),
	}
}

// runStreamOpen is the way of an open of a vanity name (environment.md 12): the node becomes
// inactive just after the open, whether it has worked or not.
func runStreamOpen(c *call, a *nameArgs) env.Errno {
	n, err := c.lookup(a.Name)
	if err != 0 {
		return err
	}
	node := c.madeMAC
	s, err := c.attachStream(node, n.Dev)
	c.closeNode(n, node)
	c.made = s
	return err
}

// lookup opens a name in /dev/net.
func (c *call) lookup(name string) (n *sdev.Node, err env.Errno) {
	err = c.judged(model.Open, model.Args{Name: name}, func() model.Result {
		if n, err = c.m.kernel.DevNet.Lookup(c.t, name); err != 0 {
			return model.Result{Err: err}
		}
		return c.holds(n.Handle(), 0)
	})
	return n, err
}

// closeNode closes a node on the link of a MAC.
func (c *call) closeNode(n *sdev.Node, mac string) {
	c.void(model.Close, model.Args{MAC: mac}, func() { c.m.kernel.DevNet.Inactive(c.t, n) })
}

// attachStream opens a stream on the link of a MAC, by device.
func (c *call) attachStream(mac string, dev env.Dev) (s *dld.Stream, err env.Errno) {
	err = c.judged(model.StreamAttach, model.Args{MAC: mac}, func() model.Result {
		if s, err = c.m.kernel.DLD.Attach(c.t, dev); err != 0 {
			return model.Result{Err: err}
		}
		c.madeMAC = mac
		return model.Result{Local: s.Local()}
	})
	return s, err
}

// detachStream closes a stream on the link of a MAC.
func (c *call) detachStream(s *dld.Stream, mac string) {
	c.void(model.StreamDetach, model.Args{MAC: mac, Local: s.Local()}, func() { c.m.kernel.DLD.Detach(c.t, s) })
}

// runRename is what libdladm does around the ioctl in the first case (environment.md 10.6).
func runRename(c *call, a *renameArgs) env.Errno {
	k := &c.m.kernel
	id := c.id(a.Link)
	if a.Onto != "" {
		return c.renameOnto(id, c.id(a.Onto))
	}
	var before string
	err := c.judged(model.GetLinkinfo, model.Args{Link: id}, func() model.Result {
		info, err := k.DLS.MgmtGetLinkinfo(c.t, id)
		before = info.Name
		return model.Result{Err: err, Name: info.Name, Class: info.Class}
	})
	if err != 0 {
		return err
	}
	if err := c.ioctlRename(id, env.InvalidLinkID, a.To); err != 0 {
		return err
	}
	err = c.request(model.RemapLinkid, model.Args{Link: id, Name: a.To}, &door.Request{
		Cmd: dlmgmtd.CmdRemapLinkid, Link: id, Name: a.To, Zone: env.Of(c.t).Zone, Cred: env.Of(c.t).Zone,
	})
	if err != 0 {
		_ = c.ioctlRename(id, env.InvalidLinkID, before)
	}
	return err
}

// renameOnto is what libdladm does around the ioctl in the second case: the link takes over the
// linkid of a removed one, then the daemon moves the device to it. If the daemon refuses, the
// kernel's names are changed back.
func (c *call) renameOnto(id, onto env.LinkID) env.Errno {
	if err := c.ioctlRename(id, onto, ""); err != 0 {
		return err
	}
	err := c.request(model.UpLinkid, model.Args{Link: onto, Onto: id}, &door.Request{
		Cmd: dlmgmtd.CmdUpLinkid, Link: onto, From: id, Cred: env.Of(c.t).Zone,
	})
	if err != 0 {
		_ = c.ioctlRename(onto, id, "")
	}
	return err
}

func (c *call) ioctlRename(id, onto env.LinkID, name string) env.Errno {
	return c.plain(model.Rename, model.Args{Link: id, Onto: onto, Name: name}, func() env.Errno {
		return c.m.kernel.DLD.Rename(c.t, id, onto, name)
	})
}
