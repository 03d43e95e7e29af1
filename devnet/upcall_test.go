// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"strings"
	"testing"
	"time"

	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/envtest"
	"dlsim/sim"
)

func TestUpcallRetries(t *testing.T) {
	for _, c := range []struct {
		name  string
		errs  []env.Errno // of the attempts
		err   env.Errno
		waits int // of two seconds
	}{
		{"at once", []env.Errno{0}, 0, 0},
		{"second attempt", []env.Errno{env.EAGAIN, 0}, 0, 1},
		{"third attempt", []env.Errno{env.EAGAIN, env.EAGAIN, 0}, 0, 2},
		{"given up", []env.Errno{env.EAGAIN, env.EAGAIN, env.EAGAIN}, env.EAGAIN, 2},
		{"interrupted", []env.Errno{env.EINTR}, env.EINTR, 0},
		{"interrupted later", []env.Errno{env.EAGAIN, env.EINTR}, env.EINTR, 1},
		{"another error", []env.Errno{env.EINVAL}, env.EINVAL, 0},
	} {
		once(t, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
			attempts := 0
			m.Door.Interfere = func(*sim.Thread, *door.Request) door.Interference {
				attempts++
				return door.Interference{Errno: c.errs[attempts-1]}
			}
			name, err := m.DLS.MgmtLinkName(t, idNet0)
			envtest.Equal(t, c.name, err, c.err)
			envtest.Check(t, (err == 0) == (name == "net0"), "%s: name %q", c.name, name)
			envtest.Equal(t, c.name+": attempts", attempts, len(c.errs))
			envtest.Equal(t, c.name+": time", t.World().Now(), time.Duration(c.waits)*2*time.Second)
		})
	}
}

func TestDoorSet(t *testing.T) {
	once(t, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		linkid := func() env.Errno {
			id, err := m.DLS.MgmtGetLinkid(t, "net0")
			envtest.Check(t, err != 0 || id == idNet0, "linkid %d", id)
			return err
		}
		ok(t, "up", linkid())
		m.Daemon.Crash(t)
		envtest.Equal(t, "crashed", linkid(), env.EBADF)
		envtest.Equal(t, "no door file", m.DLS.MgmtDoorSet(t, true), env.ENOENT)
		envtest.Equal(t, "no door", linkid(), env.EBADF)
		ok(t, "restart", m.Daemon.Start(t))
		ok(t, "up again", linkid())
		ok(t, "the same daemon once more", m.DLS.MgmtDoorSet(t, true))
		ok(t, "still up", linkid())
		ok(t, "told to stop", m.DLS.MgmtDoorSet(t, false))
		envtest.Equal(t, "stopped", linkid(), env.EBADF)
		_, err := m.DLS.MgmtGetLinkid(t, strings.Repeat("x", 99))
		envtest.Equal(t, "long name", err, env.EBADF)
	})
}

func TestReplies(t *testing.T) {
	for _, c := range []struct {
		reply door.Reply
		err   env.Errno
	}{
		{door.Reply{Name: "net0"}, 0},
		{door.Reply{Name: "n"}, env.EINVAL},
		{door.Reply{}, env.EINVAL},
		{door.Reply{Name: strings.Repeat("x", env.MaxLinkNameLen-1)}, 0},
		{door.Reply{Name: strings.Repeat("x", env.MaxLinkNameLen)}, env.EINVAL},
		{door.Reply{Name: "net0", Oversize: true}, env.ENOSPC},
		{door.Reply{Err: env.EINVAL, Short: true}, env.EINVAL},
		{door.Reply{Err: env.ENOENT}, env.ENOENT},
	} {
		once(t, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
			m.Door.Attach(t, func(*sim.Thread, *door.Request) door.Reply { return c.reply })
			ok(t, "door set", m.DLS.MgmtDoorSet(t, true))
			_, err := m.DLS.MgmtLinkName(t, idNet0)
			envtest.Equal(t, "reply", err, c.err)
		})
	}
}

// TestUpcallsAcrossARestart: an upcall that a restart overtakes is carried over to the new
// daemon, cut off, or told that there is none; the one after it succeeds.
func TestUpcallsAcrossARestart(t *testing.T) {
	seen := make(envtest.Seen)
	clean(t, 3000, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		u := in(t, "caller", &m.user, func(t *sim.Thread) {
			old := m.Daemon.Up()
			_, err := m.DLS.MgmtLinkName(t, idNet0)
			envtest.Check(t, err == 0 || err == env.EINTR || err == env.EBADF, "%v", err)
			if old {
				seen[err.String()]++
			}
		})
		v := in(t, "admin", &m.user, func(t *sim.Thread) {
			if m.VNIC.Create(t, idV0, "vnic0", idNet0) == 0 {
				ok(t, "delete", m.VNIC.Delete(t, idV0))
			}
		})
		m.Daemon.Crash(t)
		ok(t, "restart", m.Daemon.Start(t))
		t.Join(u)
		_, err := m.DLS.MgmtLinkName(t, idNet0)
		ok(t, "after the restart", err)
		t.Join(v)
	})
	seen.All(t, "0", "EINTR", "EBADF")
}

// TestSignalledThreadGetsNothingFromTheDaemon, which carries the requests out all the same.
func TestSignalledThreadGetsNothingFromTheDaemon(t *testing.T) {
	once(t, devnet.Config{Debug: true}, func(m *machine, t *sim.Thread) {
		m.disagrees = true
		setup(t, &m.user, func() { ok(t, "create", m.VNIC.Create(t, idV0, "vnic0", idNet0)) })
		h, _ := m.DLS.DevnetHoldTmp(t, idV0)
		c := env.Context{User: true, Signalled: true}
		t.SetLocal(&c)
		envtest.Equal(t, "setzid", m.DLS.DevnetSetzid(t, h, 5), env.EINTR)
		envtest.Equal(t, "create", m.Simnet.Create(t, idSim0, "sim0"), env.EINTR)
		t.Quiesce()
		// Nobody takes back what the daemon has done (L28).
		envtest.Equal(t, "zone in the daemon's eyes", m.Zones.CheckDatalink(t, idV0), 5)
		envtest.Equal(t, "zone in the kernel's", m.devnet(t, "vnic0").Zid, env.GlobalZone)
		t.SetLocal(&m.user)
		m.DLS.DevnetReleTmp(t, h)
	})
}
