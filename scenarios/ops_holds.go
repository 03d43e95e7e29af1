// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"dlsim/devnet/env"
	"dlsim/model"
)

type tmpArgs struct {
	Handle string `yaml:"handle" required:"true" ref:"tmp" short:"true" doc:"A temporary hold that an earlier step of the thread took. The step is skipped if that failed."`
}

type refArgs struct {
	Handle string `yaml:"handle" required:"true" ref:"ref" short:"true" doc:"A hold that an earlier step of the thread took. The step is skipped if that failed."`
}

type handleArgs struct {
	Handle string `yaml:"handle" required:"true" ref:"handle" short:"true" doc:"A hold of either sort. The step is skipped if taking it failed."`
}

// handled is the argument struct of an operation that uses a handle.
type handled interface{ handle() string }

func (a *tmpArgs) handle() string    { return a.Handle }
func (a *refArgs) handle() string    { return a.Handle }
func (a *handleArgs) handle() string { return a.Handle }

func holdOps() []*Op {
	return []*Op{
		define("hold", "holds",
			"dls_devnet_hold: a reference (dd_ref), as an open of the link holds. ENOENT if the link is not visible.",
			"{hold: vnic0, as: h}", func(c *call, a *linkArgs) env.Errno {
				id := c.id(a.Link)
				return c.hold(model.Hold, model.Args{Link: id}, func() (env.DLHandle, env.Errno) {
					return c.m.kernel.DLS.DevnetHold(c.t, id)
				})
			}).yields("ref"),
		define("rele", "holds", "dls_devnet_rele.", "rele: h",
			func(c *call, a *refArgs) env.Errno {
				h := c.take(a.Handle)
				c.void(model.Rele, c.held(a.Handle), func() { c.m.kernel.DLS.DevnetRele(c.t, h) })
				return 0
			}),
		define("hold_tmp", "holds",
			"dls_devnet_hold_tmp: a temporary reference (dd_tref), which a delete waits for.",
			"{hold_tmp: vnic0, as: h}", func(c *call, a *linkArgs) env.Errno {
				id := c.id(a.Link)
				return c.hold(model.HoldTmp, model.Args{Link: id}, func() (env.DLHandle, env.Errno) {
					return c.m.kernel.DLS.DevnetHoldTmp(c.t, id)
				})
			}).yields("tmp"),
		define("hold_tmp_by_link", "holds",
			"dls_devnet_hold_tmp_by_link, as a link-state notification takes it: i_dls_devnet_lock as writer. ENOENT if there is no dls_link or the link is not visible.",
			"{hold_tmp_by_link: vnic0, as: h}", func(c *call, a *linkArgs) env.Errno {
				mac := c.m.sc.link(a.Link).MAC
				return c.hold(model.HoldTmpByLink, model.Args{MAC: mac}, func() (env.DLHandle, env.Errno) {
					dlp, ok := c.m.kernel.Links.Find(c.t, mac)
					if !ok {
						return nil, env.ENOENT
					}
					return c.m.kernel.DLS.DevnetHoldTmpByLink(c.t, dlp)
				})
			}).yields("tmp"),
		define("rele_tmp", "holds", "dls_devnet_rele_tmp.", "rele_tmp: h",
			func(c *call, a *tmpArgs) env.Errno {
				h := c.take(a.Handle)
				c.void(model.ReleTmp, c.held(a.Handle), func() { c.m.kernel.DLS.DevnetReleTmp(c.t, h) })
				return 0
			}),
		define("prop_task_wait", "holds",
			"dls_devnet_prop_task_wait: waits until the daemon has loaded the link's properties.",
			"prop_task_wait: h", func(c *call, a *handleArgs) env.Errno {
				h := c.actor.handles[a.Handle]
				c.void(model.PropTaskWait, c.held(a.Handle), func() { c.m.kernel.DLS.DevnetPropTaskWait(c.t, h) })
				return 0
			}),
	}
}
