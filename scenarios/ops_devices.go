// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"dlsim/devnet/env"
	"dlsim/model"
)

type deviceArgs struct {
	Link string `yaml:"link" required:"true" ref:"physical link" short:"true" doc:"The physical link whose device it is."`
}

func deviceOps() []*Op {
	return []*Op{
		define("attach", "devices",
			"Attaches the device of a physical link, with its parent busy: the driver registers its MAC, and softmac has a task ask the daemon for the link and create it. EEXIST if it is attached.",
			"attach: net0", func(c *call, a *deviceArgs) env.Errno {
				mac := c.m.sc.link(a.Link).MAC
				return c.plain(model.Attach, model.Args{MAC: mac}, func() env.Errno { return c.m.kernel.DDI.Attach(c.t, mac) })
			}),
		define("detach", "devices",
			"Detaches the device of a physical link: softmac destroys the link without waiting for anything (dls_devnet_destroy, wait FALSE), then the driver unregisters its MAC. EBUSY if anybody uses it; then the device is told that it is attached again.",
			"detach: net0", func(c *call, a *deviceArgs) env.Errno {
				mac := c.m.sc.link(a.Link).MAC
				return c.plain(model.Detach, model.Args{MAC: mac}, func() env.Errno { return c.m.kernel.DDI.Detach(c.t, mac) })
			}),
		define("phys_attr", "devices",
			"The DLDIOC_PHYS_ATTR ioctl: upcalls for the link's device, a hold on the device, which may attach it, and a temporary hold on the link.",
			"phys_attr: net0", func(c *call, a *linkArgs) env.Errno {
				id := c.id(a.Link)
				return c.plain(model.PhysAttr, model.Args{Link: id}, func() env.Errno { return c.m.kernel.DLD.PhysAttr(c.t, id) })
			}),
	}
}
