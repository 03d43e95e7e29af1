// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"dlsim/devnet/env"
	"dlsim/model"
)

type propArgs struct {
	Link string `yaml:"link" required:"true" ref:"link" short:"true" doc:"The link."`
	Prop string `yaml:"prop" default:"mtu" doc:"The property; which one makes no difference here."`
}

type kstatArgs struct {
	Link string `yaml:"link" required:"true" ref:"link" short:"true" doc:"The link."`
	Zone string `yaml:"zone" ref:"zone" doc:"The zone whose kstat is read; that of the thread unless said."`
}

func propOps() []*Op {
	return []*Op{
		define("prop_set", "properties and flows",
			"Sets a property by DLDIOC_SETMACPROP: an upcall, a temporary hold, then the perimeter.",
			"prop_set: {link: vnic0, prop: mtu}", func(c *call, a *propArgs) env.Errno {
				id := c.id(a.Link)
				return c.plain(model.PropSet, model.Args{Link: id}, func() env.Errno {
					return c.m.kernel.DLD.SetMacProp(c.t, id, a.Prop)
				})
			}),
		define("prop_get", "properties and flows",
			"Reads a property by DLDIOC_GETMACPROP: a temporary hold, then the perimeter.",
			"prop_get: vnic0", func(c *call, a *propArgs) env.Errno {
				id := c.id(a.Link)
				return c.plain(model.PropGet, model.Args{Link: id}, func() env.Errno {
					return c.m.kernel.DLD.GetMacProp(c.t, id, a.Prop)
				})
			}),
		define("flow_add", "properties and flows",
			"Adds a flow (mac_link_flow_add): the perimeter by linkid, then holds that are taken and released inside it.",
			"flow_add: vnic0", func(c *call, a *linkArgs) env.Errno {
				id := c.id(a.Link)
				return c.plain(model.FlowAdd, model.Args{Link: id}, func() env.Errno {
					return c.m.kernel.DLD.FlowAdd(c.t, id)
				})
			}),
		define("flow_remove", "properties and flows",
			"Removes a flow (mac_link_flow_remove): only the perimeter by linkid. ENOENT if there is none.",
			"flow_remove: vnic0", func(c *call, a *linkArgs) env.Errno {
				id := c.id(a.Link)
				return c.plain(model.FlowRemove, model.Args{Link: id}, func() env.Errno {
					return c.m.kernel.DLD.FlowRemove(c.t, id)
				})
			}),
		define("flow_walk", "properties and flows",
			"Lists the flows (mac_link_flow_walk), with the holds of flow_add.",
			"flow_walk: vnic0", func(c *call, a *linkArgs) env.Errno {
				id := c.id(a.Link)
				return c.plain(model.FlowWalk, model.Args{Link: id}, func() env.Errno {
					return c.m.kernel.DLD.FlowWalk(c.t, id)
				})
			}),
		define("kstat_read", "kstats",
			"Reads a link kstat: its id is looked up, then it is owned while dls_devnet_stat_update runs. ENOENT if there is none of that name, ENXIO if it was deleted in between.",
			"kstat_read: {link: vnic0, zone: global}", func(c *call, a *kstatArgs) env.Errno {
				zone := env.Of(c.t).Zone
				if a.Zone != "" {
					zone = c.zone(a.Zone)
				}
				return c.plain(model.KstatRead, model.Args{Name: a.Link, Into: zone}, func() env.Errno {
					kid := c.m.kernel.Kstat.Lookup(c.t, a.Link, zone)
					if kid == 0 {
						return env.ENOENT
					}
					return c.m.kernel.Kstat.Read(c.t, kid)
				})
			}),
	}
}
