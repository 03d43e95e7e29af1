// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"dlsim/devnet/env"
	"dlsim/model"
)

type nameArgs struct {
	Name string `yaml:"name" required:"true" short:"true" doc:"A link name, known or not."`
}

type visibleArgs struct {
	Link string `yaml:"link" required:"true" ref:"link" doc:"The link."`
	Zone string `yaml:"zone" required:"true" ref:"zone" doc:"The zone that asks."`
}

func lookupOps() []*Op {
	return []*Op{
		define("macname2linkid", "lookups",
			"dls_devnet_macname2linkid of the link's MAC: shows links that are not visible yet.",
			"macname2linkid: vnic0", func(c *call, a *linkArgs) env.Errno {
				mac := c.m.sc.link(a.Link).MAC
				return c.linkid(model.MacnameToLinkid, model.Args{MAC: mac}, func() (env.LinkID, env.Errno) {
					return c.m.kernel.DLS.DevnetMacname2Linkid(c.t, mac)
				})
			}),
		define("get_linkid", "lookups",
			"dls_mgmt_get_linkid: an upcall for the linkid of a name.",
			"get_linkid: vnic0", func(c *call, a *nameArgs) env.Errno {
				return c.linkid(model.GetLinkid, model.Args{Name: a.Name}, func() (env.LinkID, env.Errno) {
					return c.m.kernel.DLS.MgmtGetLinkid(c.t, a.Name)
				})
			}),
		define("get_linkinfo", "lookups",
			"dls_mgmt_get_linkinfo: an upcall for name and class of a link.",
			"get_linkinfo: vnic0", func(c *call, a *linkArgs) env.Errno {
				id := c.id(a.Link)
				return c.judged(model.GetLinkinfo, model.Args{Link: id}, func() model.Result {
					info, err := c.m.kernel.DLS.MgmtGetLinkinfo(c.t, id)
					if err == 0 {
						c.t.Notef("%s, class %s", info.Name, info.Class)
					}
					return model.Result{Err: err, Name: info.Name, Class: info.Class}
				})
			}),
		define("hold_by_dev", "holds",
			"dls_devnet_hold_by_dev of the link's device: a reference, as an open of a device node holds.",
			"{hold_by_dev: vnic0, as: h}", func(c *call, a *linkArgs) env.Errno {
				mac := c.m.sc.link(a.Link).MAC
				return c.hold(model.HoldByDev, model.Args{MAC: mac}, func() (env.DLHandle, env.Errno) {
					return c.m.kernel.DLS.DevnetHoldByDev(c.t, c.m.kernel.DDI.Device(mac))
				})
			}).yields("ref"),
		define("dev2linkid", "lookups",
			"dls_devnet_dev2linkid of the link's device.",
			"dev2linkid: vnic0", func(c *call, a *linkArgs) env.Errno {
				mac := c.m.sc.link(a.Link).MAC
				return c.linkid(model.DevToLinkid, model.Args{MAC: mac}, func() (env.LinkID, env.Errno) {
					return c.m.kernel.DLS.DevnetDev2Linkid(c.t, c.m.kernel.DDI.Device(mac))
				})
			}),
		define("phydev", "lookups",
			"dls_devnet_phydev: a temporary hold and an upcall for the device under a link. EINVAL if it has none.",
			"phydev: net0", func(c *call, a *linkArgs) env.Errno {
				id := c.id(a.Link)
				return c.judged(model.Phydev, model.Args{Link: id}, func() model.Result {
					dev, err := c.m.kernel.DLS.DevnetPhydev(c.t, id)
					r := model.Result{Err: err}
					if err == 0 {
						c.t.Notef("device %d:%d", dev.Major, dev.Minor)
						r.MAC = c.macOf(dev)
					}
					return r
				})
			}),
		define("islinkvisible", "lookups",
			"dls_devnet_islinkvisible: whether the link was created in the zone or is assigned to it.",
			"islinkvisible: {link: vnic0, zone: global}", func(c *call, a *visibleArgs) env.Errno {
				id, zone := c.id(a.Link), c.zone(a.Zone)
				return c.judged(model.IsLinkVisible, model.Args{Link: id, Into: zone}, func() model.Result {
					seen := c.m.kernel.DLS.DevnetIslinkvisible(c.t, id, zone)
					c.t.Notef("%t", seen)
					return model.Result{Visible: seen}
				})
			}),
	}
}

// linkid is judged for a question for a linkid.
func (c *call) linkid(op model.Op, a model.Args, ask func() (env.LinkID, env.Errno)) env.Errno {
	return c.judged(op, a, func() model.Result {
		id, err := ask()
		if err == 0 {
			c.t.Notef("linkid %d", id)
		}
		return model.Result{Err: err, Link: id}
	})
}

// macOf returns the name of the MAC of a device.
func (c *call) macOf(dev env.Dev) string {
	driver, ok := c.m.kernel.DDI.MajorToName(dev.Major)
	if !ok {
		return ""
	}
	return c.m.kernel.DDI.NameOf(driver, dev)
}
