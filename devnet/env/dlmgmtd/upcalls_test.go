// SPDX-License-Identifier: CDDL-1.0

package dlmgmtd_test

import (
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/envtest"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
)

func TestCreateForTheKernel(t *testing.T) {
	envtest.Clean(t, 20, func(st *sim.Thread) {
		k := boot(st)
		create := func(name string, class env.Class, cred env.ZoneID) (env.LinkID, env.Errno) {
			r, err := k.ask(st, door.Request{
				Cmd: dlmgmtd.CmdDLSCreate, DevName: name, Class: class, Dev: env.Dev{Major: 7, Minor: 2}, Cred: cred, Persist: true,
			})
			return r.Link, err
		}
		k.d.Reserve(7)
		id, err := create("e1000g1", env.ClassPhys, 0)
		envtest.Check(st, err == 0 && id == 8, "a new device: %d %v", id, err)
		id, err = create("e1000g1", env.ClassPhys, 0)
		envtest.Check(st, err == 0 && id == 8, "the same device: %d %v", id, err)
		id, err = create("v0", env.ClassPhys, 0)
		envtest.Check(st, err == 0 && k.link(id).Name == "net1", "a device whose name is taken is called %q: %v", k.link(id).Name, err)
		_, err = create("v0", env.ClassIptun, 0)
		envtest.Equal(st, "a tunnel whose name is taken", err, env.EEXIST)
		_, err = create("x", env.ClassIptun, 0)
		envtest.Equal(st, "a name of one letter", err, env.EINVAL)
		id, err = create("ip.tun0", env.ClassIptun, 5)
		envtest.Check(st, err == 0 && k.link(id).Zone == 5 && k.zones.CheckDatalink(st, id) == 5, "in a zone: %v", err)
		id, err = create("ip.tun0", env.ClassIptun, 0)
		envtest.Check(st, err == 0 && k.link(id).Zone == 0, "the same name in another zone: %v", err)

		k.d.Fault = func(*sim.Thread, string, string) env.Errno { return env.ENOSPC }
		n := 0
		k.d.Links(func(dlmgmtd.Link) { n++ })
		_, err = create("ip.tun1", env.ClassIptun, 0)
		envtest.Equal(st, "a database that cannot be written", err, env.ENOSPC)
		k.d.Links(func(dlmgmtd.Link) { n-- })
		envtest.Equal(st, "links that a failure adds", n, 0)
	})
}

func TestDestroyForTheKernel(t *testing.T) {
	envtest.Clean(t, 20, func(st *sim.Thread) {
		k := boot(st)
		destroy := func(id env.LinkID, persist bool, cred env.ZoneID) env.Errno {
			_, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdDLSDestroy, Link: id, Persist: persist, Cred: cred})
			return err
		}
		envtest.Equal(st, "unknown", destroy(9, true, 0), env.ENOENT)
		envtest.Equal(st, "another zone's", destroy(1, true, 5), env.ENOENT)
		envtest.Equal(st, "the active flag", destroy(1, false, 0), 0)
		envtest.Equal(st, "flags", k.link(1).Flags, door.Persist)
		envtest.Equal(st, "the active flag again", destroy(1, false, 0), env.ENOENT)
		envtest.Equal(st, "both flags", destroy(1, true, 0), 0)
		envtest.Equal(st, "name of what is forgotten", k.link(1).Name, "")
		envtest.Equal(st, "a zone's own", destroy(3, true, 5), 0)
		envtest.Equal(st, "zone that lists it", k.zones.CheckDatalink(st, 3), env.GlobalZone)
	})
}

func TestUpdateAttributesAndNext(t *testing.T) {
	envtest.Clean(t, 20, func(st *sim.Thread) {
		k := boot(st)
		k.d.Add(dlmgmtd.Link{ID: 7, Name: "lan0", Class: env.ClassPhys, Media: 9, DevName: "ce0", Dev: env.Dev{Major: 3, Minor: 1}})
		update := func(dev string, media env.Media, novanity bool) (door.Reply, env.Errno) {
			return k.ask(st, door.Request{Cmd: dlmgmtd.CmdDLSUpdate, DevName: dev, Media: media, NoVanity: novanity})
		}
		_, err := update("nothing0", 4, false)
		envtest.Equal(st, "unknown device", err, env.ENOENT)
		r, err := update("ce0", 4, false)
		envtest.Check(st, err == 0 && r.Link == 7 && k.link(7).Media == 4, "media that was not known: %v %v", r, err)
		r, err = update("ce0", 6, false)
		envtest.Check(st, err == env.EEXIST && r.Link == 7 && r.Media == 4, "another media: %v %v", r, err)
		r, err = update("ce0", 4, true)
		envtest.Check(st, err == env.EEXIST && r.Link == 7, "a name of its own for a driver without: %v %v", r, err)

		attr := func(id env.LinkID, name string) (uint64, env.Errno) {
			r, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdDLSGetattr, Link: id, Attr: name})
			return r.Value, err
		}
		v, err := attr(7, "phymaj")
		envtest.Check(st, err == 0 && v == 3, "major %d %v", v, err)
		v, err = attr(7, "phyinst")
		envtest.Check(st, err == 0 && v == 1, "instance %d %v", v, err)
		_, err = attr(2, "phymaj")
		envtest.Equal(st, "attribute of a virtual link", err, env.ENOENT)

		next := func(id env.LinkID, class env.Class, cred env.ZoneID) env.LinkID {
			r, _ := k.ask(st, door.Request{
				Cmd: dlmgmtd.CmdGetNext, Link: id, Class: class, Media: env.AnyMedia, Flags: door.Active, Cred: cred,
			})
			return r.Link
		}
		envtest.Equal(st, "first", next(0, env.AnyClass, 0), 1)
		envtest.Equal(st, "next", next(1, env.AnyClass, 0), 2)
		envtest.Equal(st, "next that the global zone lists", next(2, env.AnyClass, 0), 7)
		envtest.Equal(st, "end", next(7, env.AnyClass, 0), 0)
		envtest.Equal(st, "first vnic", next(0, env.ClassVNIC, 0), 2)
		envtest.Equal(st, "first of a zone", next(0, env.AnyClass, 5), 3)
	})
}

func TestRemapAndUp(t *testing.T) {
	envtest.Clean(t, 20, func(st *sim.Thread) {
		k := boot(st)
		remap := func(id env.LinkID, name string) env.Errno {
			_, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdRemapLinkid, Link: id, Name: name})
			return err
		}
		envtest.Equal(st, "unknown", remap(9, "x0"), env.ENOENT)
		envtest.Equal(st, "a name that is taken", remap(1, "v0"), env.EEXIST)
		envtest.Equal(st, "a new name", remap(1, "lan0"), 0)
		envtest.Equal(st, "name", k.link(1).Name, "lan0")

		k.d.Add(dlmgmtd.Link{ID: 7, Name: "old0", Class: env.ClassPhys, DevName: "ce0", Flags: door.Persist})
		k.d.Add(dlmgmtd.Link{ID: 8, Name: "new0", Class: env.ClassPhys, DevName: "ce1", Dev: env.Dev{Major: 3, Minor: 2}})
		_, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdUpLinkid, Link: 7, From: 8})
		envtest.Equal(st, "up", err, 0)
		envtest.Check(st, k.link(7).DevName == "ce1" && k.link(7).Flags&door.Active != 0 && k.link(8).Name == "",
			"the device was not moved: %+v", k.link(7))
		_, err = k.ask(st, door.Request{Cmd: dlmgmtd.CmdUpLinkid, Link: 7, From: 8})
		envtest.Equal(st, "up again", err, env.ENOENT)
	})
}

func TestZoneBootAndHalt(t *testing.T) {
	envtest.Clean(t, 50, func(st *sim.Thread) {
		k := boot(st)
		z := k.zones.Add(st.World(), 8, "new", zone.Ready)
		k.d.Add(dlmgmtd.Link{ID: 7, Name: "new0", Class: env.ClassVNIC, Zone: 8})
		z.Strike(7)
		ask := func(cmd string, id, cred env.ZoneID) env.Errno {
			_, err := k.ask(st, door.Request{Cmd: cmd, Zone: id, Cred: cred})
			return err
		}
		envtest.Equal(st, "boot asked for by a zone", ask(dlmgmtd.CmdZoneBoot, 8, 5), env.EACCES)
		envtest.Equal(st, "boot of nothing", ask(dlmgmtd.CmdZoneBoot, 99, 0), env.EINVAL)
		k.d.Forks = dlmgmtd.ForksForFiles
		envtest.Equal(st, "boot", ask(dlmgmtd.CmdZoneBoot, 8, 0), 0)
		envtest.Equal(st, "zone that lists the link", k.zones.CheckDatalink(st, 7), 8)
		envtest.Equal(st, "halt asked for by a zone", ask(dlmgmtd.CmdZoneHalt, 8, 5), env.EACCES)
		envtest.Equal(st, "halt", ask(dlmgmtd.CmdZoneHalt, 8, 0), 0)
		envtest.Equal(st, "zone that lists the link", k.zones.CheckDatalink(st, 7), env.GlobalZone)
		envtest.Equal(st, "name of what is forgotten", k.link(7).Name, "")
	})
}

// TestForkBesideDowncalls: a boot that forks with the table lock comes to its end whatever a property
// load of the same process is doing: before it, in its downcalls, in a nested upcall, after it.
func TestForkBesideDowncalls(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 2000, func(st *sim.Thread) {
		k := boot(st)
		k.server.Process = k.d.Process()
		k.doors.Prepare = func(by, t *sim.Thread) {
			t.SetLocal(&k.server)
			k.d.Process().Add(by, t)
		}
		k.d.Forks = dlmgmtd.ForksAlways
		loaded := false
		st.Spawn("task", func(t *sim.Thread) {
			_, err := k.ask(t, door.Request{Cmd: dlmgmtd.CmdLinkpropInit, Link: 2})
			envtest.Equal(t, "load", err, 0)
			loaded = true
		})
		for range st.Choose(60, "start of the boot") {
			st.Yield()
		}
		_, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdZoneBoot, Zone: 6})
		envtest.Equal(st, "boot", err, 0)
		seen[map[bool]string{true: "after the load", false: "before its end"}[loaded]]++
	})
	seen.All(t, "after the load", "before its end")
}

// TestSuspend: a stopped daemon answers nothing, and everything once it goes on.
func TestSuspend(t *testing.T) {
	envtest.Clean(t, 300, func(st *sim.Thread) {
		k := boot(st)
		k.d.Suspend(st)
		answered := false
		u := st.Spawn("caller", func(t *sim.Thread) {
			_, err := k.ask(t, door.Request{Cmd: dlmgmtd.CmdGetName, Link: 1})
			envtest.Equal(t, "answer", err, 0)
			answered = true
		})
		st.Sleep(1)
		envtest.Check(st, !answered, "a stopped daemon has answered")
		k.d.Resume(st)
		st.Join(u)
	})
}

// TestZonesAreLoadedLast: after a restart there is a time in which the kernel has its door and the
// daemon does not know the links that zones own.
func TestZonesAreLoadedLast(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 2000, func(st *sim.Thread) {
		k := boot(st)
		k.d.Stop(st)
		st.Spawn("asker", func(t *sim.Thread) {
			for range 20 {
				if _, err := k.ask(t, door.Request{Cmd: dlmgmtd.CmdGetName, Link: 1}); err == 0 {
					_, err := k.ask(t, door.Request{Cmd: dlmgmtd.CmdGetName, Link: 3})
					seen[err.String()]++
					return
				}
			}
		})
		envtest.Equal(st, "start", k.d.Start(st), 0)
	})
	seen.All(t, "0", "ENOENT")
}
