// SPDX-License-Identifier: CDDL-1.0

package scenarios

import "dlsim/devnet/env"

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
				id, err := c.m.kernel.DLS.DevnetMacname2Linkid(c.t, c.m.sc.link(a.Link).MAC)
				if err == 0 {
					c.t.Notef("linkid %d", id)
				}
				return err
			}),
		define("get_linkid", "lookups",
			"dls_mgmt_get_linkid: an upcall for the linkid of a name.",
			"get_linkid: vnic0", func(c *call, a *nameArgs) env.Errno {
				id, err := c.m.kernel.DLS.MgmtGetLinkid(c.t, a.Name)
				if err == 0 {
					c.t.Notef("linkid %d", id)
				}
				return err
			}),
		define("get_linkinfo", "lookups",
			"dls_mgmt_get_linkinfo: an upcall for name and class of a link.",
			"get_linkinfo: vnic0", func(c *call, a *linkArgs) env.Errno {
				info, err := c.m.kernel.DLS.MgmtGetLinkinfo(c.t, c.id(a.Link))
				if err == 0 {
					c.t.Notef("%s, class %s", info.Name, info.Class)
				}
				return err
			}),
		define("hold_by_dev", "holds",
			"dls_devnet_hold_by_dev of the link's device: a reference, as an open of a device node holds.",
			"{hold_by_dev: vnic0, as: h}", func(c *call, a *linkArgs) (err env.Errno) {
				c.made, err = c.m.kernel.DLS.DevnetHoldByDev(c.t, c.m.kernel.DDI.Device(c.m.sc.link(a.Link).MAC))
				return err
			}).yields("ref"),
		define("dev2linkid", "lookups",
			"dls_devnet_dev2linkid of the link's device.",
			"dev2linkid: vnic0", func(c *call, a *linkArgs) env.Errno {
				id, err := c.m.kernel.DLS.DevnetDev2Linkid(c.t, c.m.kernel.DDI.Device(c.m.sc.link(a.Link).MAC))
				if err == 0 {
					c.t.Notef("linkid %d", id)
				}
				return err
			}),
		define("phydev", "lookups",
			"dls_devnet_phydev: a temporary hold and an upcall for the device under a link. EINVAL if it has none.",
			"phydev: net0", func(c *call, a *linkArgs) env.Errno {
				dev, err := c.m.kernel.DLS.DevnetPhydev(c.t, c.id(a.Link))
				if err == 0 {
					c.t.Notef("device %d:%d", dev.Major, dev.Minor)
				}
				return err
			}),
		define("islinkvisible", "lookups",
			"dls_devnet_islinkvisible: whether the link was created in the zone or is assigned to it.",
			"islinkvisible: {link: vnic0, zone: global}", func(c *call, a *visibleArgs) env.Errno {
				c.t.Notef("%t", c.m.kernel.DLS.DevnetIslinkvisible(c.t, c.id(a.Link), c.zone(a.Zone)))
				return 0
			}),
	}
}
