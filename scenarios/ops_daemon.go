// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/zone"
	"dlsim/model"
)

type signalArgs struct {
	Thread string `yaml:"thread" required:"true" ref:"thread" short:"true" doc:"The thread."`
}

type zoneArgs struct {
	Zone string `yaml:"zone" required:"true" ref:"non-global zone" short:"true" doc:"The zone."`
}

type zoneStateArgs struct {
	Zone  string `yaml:"zone" required:"true" ref:"non-global zone" doc:"The zone."`
	State string `yaml:"state" required:"true" enum:"initialized|ready|booting|running|shutting_down|empty|down|dying|dead" doc:"Its next status; going down the ladder gives EINVAL."`
}

func daemonOps() []*Op {
	return []*Op{
		define("daemon_crash", "daemon, signals, zones",
			"dlmgmtd dies without a word: its door is revoked, its threads are gone, and all who wait for a reply get EINTR.",
			"daemon_crash", func(c *call, _ *none) env.Errno {
				c.void(model.DaemonDown, model.Args{}, func() { c.m.kernel.Daemon.Crash(c.t) })
				return 0
			}),
		define("daemon_stop", "daemon, signals, zones",
			"dlmgmtd exits in an orderly way: it revokes its door and tells the kernel (dls_mgmt_door_set).",
			"daemon_stop", func(c *call, _ *none) env.Errno {
				c.void(model.DaemonDown, model.Args{}, func() { c.m.kernel.Daemon.Stop(c.t) })
				return 0
			}),
		define("daemon_start", "daemon, signals, zones",
			"dlmgmtd starts, with the active links from its cache, and gives the kernel its door. Nothing happens if it runs.",
			"daemon_start", func(c *call, _ *none) env.Errno {
				return c.plain(model.DaemonStart, model.Args{}, func() env.Errno { return c.m.kernel.Daemon.Start(c.t) })
			}),
		define("daemon_suspend", "daemon, signals, zones",
			"dlmgmtd is stopped, by SIGSTOP or a debugger: it takes requests and does not answer them.",
			"daemon_suspend", func(c *call, _ *none) env.Errno {
				c.m.kernel.Daemon.Suspend(c.t)
				return 0
			}),
		define("daemon_resume", "daemon, signals, zones",
			"dlmgmtd goes on after daemon_suspend.",
			"daemon_resume", func(c *call, _ *none) env.Errno {
				c.m.kernel.Daemon.Resume(c.t)
				return 0
			}),
		define("signal", "daemon, signals, zones",
			"Posts a signal to a thread: the upcall it waits in and all its later ones give EINTR, while the daemon carries them out.",
			"signal: admin", func(c *call, a *signalArgs) env.Errno {
				c.signal(c.m.actor(a.Thread))
				return 0
			}),
		define("zone_shutdown", "daemon, signals, zones",
			"Shuts a zone with its own network stack down: SHUTTING_DOWN, EMPTY, then dls_stack_shutdown takes its links back to the global zone (transient ones stay), then DOWN. EINVAL if it does not run.",
			"zone_shutdown: web", func(c *call, a *zoneArgs) env.Errno {
				return c.zoneShutdown(c.zone(a.Zone))
			}),
		define("zone_state", "daemon, signals, zones",
			"Moves a zone up its status ladder, and does nothing else. EINVAL for a way down, and past EMPTY before zone_shutdown has been there: no zone gets to DOWN without the shutdown of its stack.",
			"zone_state: {zone: web, state: shutting_down}", func(c *call, a *zoneStateArgs) env.Errno {
				s, _ := zone.ParseStatus(a.State)
				z := c.m.kernel.Zones.Find(c.t, c.zone(a.Zone))
				if z == nil || s >= zone.Down && z.Status() < zone.Down {
					return env.EINVAL
				}
				return c.plain(model.ZoneState, model.Args{Into: z.ID, State: int(s)}, func() env.Errno {
					if !z.SetStatus(c.t, s) {
						return env.EINVAL
					}
					return 0
				})
			}),
	}
}
