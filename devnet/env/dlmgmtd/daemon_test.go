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

// kernel is what the daemon runs on. Its ioctls take some time and call back as the real
// ones do.
type kernel struct {
	doors  door.Layer
	zones  zone.Layer
	d      dlmgmtd.Daemon
	dh     *door.Door
	server env.Context
	web    *zone.Zone // zone 5
	db     *zone.Zone // zone 6

	inside  int // daemon threads in an ioctl
	applied []string
	fail    string // property that cannot be set
}

func (k *kernel) GetMacProp(t *sim.Thread, _ env.LinkID, _ string) env.Errno {
	t.Yield()
	return 0
}

func (k *kernel) SetMacProp(t *sim.Thread, id env.LinkID, prop string) env.Errno {
	k.inside++
	defer func() { k.inside-- }()
	if _, err := k.ask(t, door.Request{Cmd: dlmgmtd.CmdGetName, Link: id}); err != 0 {
		return err
	}
	if prop == k.fail {
		return env.ENOENT
	}
	k.applied = append(k.applied, prop)
	return 0
}

func (k *kernel) DoorSet(t *sim.Thread, start bool) (err env.Errno) {
	if start {
		k.dh, err = k.doors.Open(t)
	}
	return err
}

// ask makes an upcall: the door's error, or else the daemon's.
func (k *kernel) ask(t *sim.Thread, req door.Request) (door.Reply, env.Errno) {
	r, err := k.doors.Upcall(t, k.dh, &req)
	if err == 0 {
		err = r.Err
	}
	return r, err
}

// boot starts a daemon that knows net0 (1), v0 (2) with three properties, and web0 (3),
// which zone 5 owns.
func boot(t *sim.Thread) *kernel {
	k := &kernel{server: env.Context{User: true}}
	k.doors.Init(t.World())
	k.doors.Prepare = func(_, t *sim.Thread) { t.SetLocal(&k.server) }
	k.zones.Init(t.World())
	k.web = k.zones.Add(t.World(), 5, "web", zone.Running)
	k.db = k.zones.Add(t.World(), 6, "db", zone.Running)
	k.d.Door, k.d.Zones, k.d.Kernel = &k.doors, &k.zones, k
	k.d.Init(t.World())
	k.d.Add(dlmgmtd.Link{ID: 3, Name: "web0", Class: env.ClassVNIC, Zone: 5})
	k.d.Add(dlmgmtd.Link{ID: 1, Name: "net0", Class: env.ClassPhys})
	k.d.Add(dlmgmtd.Link{ID: 2, Name: "v0", Class: env.ClassVNIC, Props: []string{"mtu", "maxbw", "priority"}})
	envtest.Equal(t, "start", k.d.Start(t), 0)
	return k
}

func (k *kernel) link(id env.LinkID) (found dlmgmtd.Link) {
	k.d.Links(func(l dlmgmtd.Link) {
		if l.ID == id {
			found = l
		}
	})
	return found
}

func TestLookups(t *testing.T) {
	envtest.Clean(t, 20, func(st *sim.Thread) {
		k := boot(st)
		byID := func(id env.LinkID, cred env.ZoneID) (string, env.Errno) {
			r, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdGetName, Link: id, Cred: cred})
			return r.Name, err
		}
		byName := func(name string, cred env.ZoneID) (env.LinkID, env.Errno) {
			r, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdGetLinkid, Name: name, Cred: cred})
			return r.Link, err
		}
		for _, c := range []struct {
			id   env.LinkID
			name string
			cred env.ZoneID
			byID bool // or ENOENT
			byNm bool
		}{
			{1, "net0", 0, true, true},
			{1, "net0", 5, false, false},
			{3, "web0", 5, true, true},
			{3, "web0", 0, true, false}, // the global zone sees all by id, and by name what it owns
			{3, "web0", 6, false, false},
			{9, "nothing", 0, false, false},
		} {
			name, err := byID(c.id, c.cred)
			envtest.Check(st, (err == 0) == c.byID && (err == env.ENOENT) == !c.byID && (!c.byID || name == c.name),
				"%s by id from zone %d: %q %v", c.name, c.cred, name, err)
			id, err := byName(c.name, c.cred)
			envtest.Check(st, (err == 0) == c.byNm && (err == env.ENOENT) == !c.byNm && (!c.byNm || id == c.id),
				"%s by name from zone %d: %d %v", c.name, c.cred, id, err)
		}
		_, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdSetZoneid, Link: 2, Zone: 5})
		envtest.Equal(st, "lend v0", err, 0)
		for _, cred := range []env.ZoneID{0, 5} {
			id, err := byName("v0", cred)
			envtest.Check(st, err == 0 && id == 2, "v0 on loan from zone %d: %v", cred, err)
		}
		r, _ := k.ask(st, door.Request{Cmd: "NONSENSE"})
		envtest.Check(st, r.Err == env.EINVAL && r.Short, "malformed request: %v", r)
	})
}

func TestSetZoneid(t *testing.T) {
	for _, c := range []struct {
		name string
		req  door.Request
		err  env.Errno
		zone env.ZoneID // of the link afterwards
	}{
		{"to a zone", door.Request{Link: 2, Zone: 5}, 0, 5},
		{"to where it is", door.Request{Link: 2, Zone: 0}, 0, 0},
		{"by a zone", door.Request{Link: 2, Zone: 5, Cred: 5}, env.EACCES, 0},
		{"no link", door.Request{Link: 9, Zone: 5}, env.ENOENT, 0},
		{"no zone", door.Request{Link: 2, Zone: 9}, env.ENXIO, 0},
		{"from zone to zone", door.Request{Link: 3, Zone: 6}, 0, 6},
		{"from zone to no zone", door.Request{Link: 3, Zone: 9}, env.ENXIO, 5},
		{"home", door.Request{Link: 3, Zone: 0}, 0, 0},
	} {
		envtest.Clean(t, 1, func(st *sim.Thread) {
			k := boot(st)
			c.req.Cmd = dlmgmtd.CmdSetZoneid
			_, err := k.ask(st, c.req)
			envtest.Equal(st, c.name, err, c.err)
			envtest.Equal(st, c.name+": zone in the table", k.link(c.req.Link).Zone, c.zone)
			envtest.Equal(st, c.name+": zone in the kernel", k.zones.CheckDatalink(st, c.req.Link), c.zone)
		})
	}
	envtest.Clean(t, 1, func(st *sim.Thread) {
		k := boot(st)
		k.web.SetStatus(st, zone.Dying)
		_, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdSetZoneid, Link: 3, Zone: 0})
		envtest.Equal(st, "from a dying zone", err, env.EINVAL)
	})
}

func TestLinkidsOfUserland(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		k := boot(st)
		create := func(r door.Request) env.Errno {
			r.Cmd = dlmgmtd.CmdCreateLinkid
			_, err := k.ask(st, r)
			return err
		}
		envtest.Equal(st, "create", create(door.Request{Link: 4, Name: "v1", Zone: 6}), 0)
		envtest.Equal(st, "its zone", k.zones.CheckDatalink(st, 4), 6)
		envtest.Equal(st, "same id", create(door.Request{Link: 4, Name: "v2"}), env.EEXIST)
		envtest.Equal(st, "same name", create(door.Request{Link: 5, Name: "v1", Zone: 6}), env.EEXIST)
		envtest.Equal(st, "same name in another zone", create(door.Request{Link: 5, Name: "v1", Zone: 5}), 0)
		envtest.Equal(st, "no zone", create(door.Request{Link: 6, Name: "v3", Zone: 9}), env.ENXIO)
		destroy := func() env.Errno {
			_, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdDestroyLink, Link: 4})
			return err
		}
		envtest.Equal(st, "destroy", destroy(), 0)
		envtest.Equal(st, "its zone", k.zones.CheckDatalink(st, 4), 0)
		envtest.Equal(st, "destroy again", destroy(), env.ENOENT)
	})
}

// TestPropertiesGoOnAfterAFailure: each is applied by an ioctl, with no table lock held, and
// a failing one is remembered.
func TestPropertiesGoOnAfterAFailure(t *testing.T) {
	envtest.Clean(t, 300, func(st *sim.Thread) {
		k := boot(st)
		k.fail = "maxbw"
		st.Spawn("mover", func(t *sim.Thread) { // wants the table as writer meanwhile
			_, err := k.ask(t, door.Request{Cmd: dlmgmtd.CmdSetZoneid, Link: 1, Zone: 5})
			envtest.Equal(t, "setzoneid", err, 0)
		})
		_, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdLinkpropInit, Link: 2})
		envtest.Equal(st, "linkprop init", err, env.EINVAL)
		envtest.Check(st, len(k.applied) == 2 && k.applied[0] == "mtu" && k.applied[1] == "priority",
			"applied %v", k.applied)
		_, err = k.ask(st, door.Request{Cmd: dlmgmtd.CmdLinkpropInit, Link: 1})
		envtest.Equal(st, "no properties", err, 0)
		_, err = k.ask(st, door.Request{Cmd: dlmgmtd.CmdLinkpropInit, Link: 9})
		envtest.Equal(st, "no link", err, env.ENOENT)
	})
}

func TestCrashAndRestart(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 3000, func(st *sim.Thread) {
		k := boot(st)
		st.Spawn("props", func(t *sim.Thread) { // a kernel thread
			_, err := k.ask(t, door.Request{Cmd: dlmgmtd.CmdLinkpropInit, Link: 2})
			seen["linkprop "+err.String()]++
		})
		mover := st.Spawn("mover", func(t *sim.Thread) {
			t.SetLocal(&env.Context{User: true})
			_, err := k.ask(t, door.Request{Cmd: dlmgmtd.CmdSetZoneid, Link: 3, Zone: 6})
			seen["setzoneid "+err.String()]++
		})
		k.d.Crash(st)
		envtest.Check(st, !k.d.Up(), "up after a crash")
		_, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdGetName, Link: 1})
		envtest.Equal(st, "upcall while down", err, env.EBADF)
		if k.inside > 0 {
			seen["died in an ioctl"]++
		}
		envtest.Equal(st, "restart", k.d.Start(st), 0)
		envtest.Equal(st, "threads of the old process", k.inside, 0)
		st.Join(mover)
		r, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdGetName, Link: 1})
		envtest.Check(st, err == 0 && r.Name == "net0", "upcall after the restart: %v", err)

		// Whatever the dead daemon had done, table and kernel agree again.
		id, listed := k.link(3).Zone, k.zones.CheckDatalink(st, 3)
		envtest.Check(st, id == listed, "zone %d in the table, %d in the kernel", id, listed)
		seen["web0 in zone "+map[env.ZoneID]string{5: "5", 6: "6"}[id]]++
	})
	seen.All(t, "linkprop 0", "linkprop EINTR", "setzoneid 0", "setzoneid EINTR",
		"died in an ioctl", "web0 in zone 5", "web0 in zone 6")
}

func TestOrderlyStop(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 500, func(st *sim.Thread) {
		k := boot(st)
		u := st.Spawn("asker", func(t *sim.Thread) {
			_, err := k.ask(t, door.Request{Cmd: dlmgmtd.CmdGetName, Link: 1})
			seen[err.String()]++
		})
		k.d.Stop(st)
		k.d.Stop(st)
		k.d.Crash(st)
		st.Join(u)
		envtest.Equal(st, "start", k.d.Start(st), 0)
		envtest.Equal(st, "start again", k.d.Start(st), 0)
		_, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdGetName, Link: 1})
		envtest.Equal(st, "upcall", err, 0)
	})
	seen.All(t, "0", "EINTR", "EBADF")
}

// TestStartsAndEndsRace: whatever the order, a daemon that is up answers.
func TestStartsAndEndsRace(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 3000, func(st *sim.Thread) {
		k := boot(st)
		st.Spawn("crash", func(t *sim.Thread) { k.d.Crash(t) })
		st.Spawn("stop", func(t *sim.Thread) { k.d.Stop(t) })
		st.Spawn("start", func(t *sim.Thread) { k.d.Start(t) })
		st.Quiesce()
		_, err := k.ask(st, door.Request{Cmd: dlmgmtd.CmdGetName, Link: 1})
		if k.d.Up() {
			seen["up"]++
			envtest.Equal(st, "upcall", err, 0)
		} else {
			seen["down"]++
			envtest.Equal(st, "upcall", err, env.EBADF)
		}
	})
	seen.All(t, "up", "down")
}
