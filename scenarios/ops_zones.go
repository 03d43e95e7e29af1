// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/zone"
	"dlsim/model"
)

func zoneOps() []*Op {
	return []*Op{
		define("zone_boot", "daemon, signals, zones",
			"Boots a zone as zoneadmd does: READY, a request that has the daemon read the zone's links, BOOTING, RUNNING. EINVAL if it is past INITIALIZED.",
			"zone_boot: web", runZoneBoot),
		define("zone_halt", "daemon, signals, zones",
			"Halts a zone as zoneadmd does: zone_shutdown, then its vnics are deleted from the global zone (or EBUSY if links remain, see zoneadmd of system), a request that has the daemon forget the zone's links, and zone_destroy.",
			"zone_halt: web", runZoneHalt),
		define("zone_destroy", "daemon, signals, zones",
			"zone_destroy: DYING, DEAD, and gone once nobody holds it. EBUSY below DOWN.",
			"zone_destroy: web", func(c *call, a *zoneArgs) env.Errno {
				return c.zoneDestroy(c.zone(a.Zone))
			}),
	}
}

func runZoneBoot(c *call, a *zoneArgs) env.Errno {
	z := c.m.kernel.Zones.Find(c.t, c.zone(a.Zone))
	if z == nil {
		return env.EINVAL
	}
	return c.plain(model.ZoneState, model.Args{Into: z.ID, State: model.ZoneRunning}, func() env.Errno {
		if z.Status() > zone.Initialized || !z.SetStatus(c.t, zone.Ready) {
			return env.EINVAL
		}
		if err := c.tellDaemon(dlmgmtd.CmdZoneBoot, z.ID); err != 0 {
			return err
		}
		z.SetStatus(c.t, zone.Booting)
		z.SetStatus(c.t, zone.Running)
		return 0
	})
}

// runZoneHalt is vplat_teardown (environment.md 8.4).
func runZoneHalt(c *call, a *zoneArgs) env.Errno {
	k := &c.m.kernel
	z := k.Zones.Find(c.t, c.zone(a.Zone))
	if z == nil {
		return env.EINVAL
	}
	if err := c.zoneShutdown(z.ID); err != 0 {
		return err
	}
	z.Sees(c.t)
	for _, id := range append([]env.LinkID(nil), z.Links()...) {
		if c.m.sc.System.Zoneadmd == "keeps-links" || !k.VNIC.Found(c.t, id) {
			return env.EBUSY // datalinks remain in the zone
		}
		err := c.plain(model.Destroy, model.Args{Link: id, Class: env.ClassVNIC}, func() env.Errno { return k.VNIC.Delete(c.t, id) })
		if err != 0 {
			return err
		}
		c.forget(id)
	}
	err := c.plain(model.ZoneHalted, model.Args{Into: z.ID}, func() env.Errno {
		return c.tellDaemon(dlmgmtd.CmdZoneHalt, z.ID)
	})
	if err != 0 {
		return err
	}
	return c.zoneDestroy(z.ID)
}

func (c *call) zoneShutdown(id env.ZoneID) env.Errno {
	a := model.Args{Into: id}
	if z := c.m.kernel.Zones.Find(c.t, id); z != nil {
		a.Local = z.Shared
	}
	return c.plain(model.ZoneShutdown, a, func() env.Errno { return c.m.kernel.Zones.Shutdown(c.t, id) })
}

func (c *call) zoneDestroy(id env.ZoneID) env.Errno {
	return c.plain(model.ZoneState, model.Args{Into: id, State: model.ZoneDead}, func() env.Errno {
		return c.m.kernel.Zones.Destroy(c.t, id)
	})
}

// tellDaemon is a door call of zoneadmd about a zone.
func (c *call) tellDaemon(cmd string, id env.ZoneID) env.Errno {
	reply, err := c.m.kernel.Door.Call(c.t, &door.Request{Cmd: cmd, Zone: id, Cred: env.Of(c.t).Zone})
	if err == 0 {
		err = reply.Err
	}
	return err
}
