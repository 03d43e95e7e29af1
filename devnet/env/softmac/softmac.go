// SPDX-License-Identifier: CDDL-1.0

// Package softmac is io/softmac/softmac_main.c as the datalink code meets it (environment.md 7):
// one softmac for each attached network device, whose attach ends in a task that asks the daemon
// for a link, whose detach must never wait, and which others hold to keep the device. Devices
// have a single minor node.
package softmac

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/ddi"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
)

// Devnet is what softmac calls in the datalink code.
type Devnet interface {
	MgmtCreate(t *sim.Thread, devname string, dev env.Dev, class env.Class, media env.Media, persist bool) (env.LinkID, env.Errno)
	MgmtUpdate(t *sim.Thread, devname string, media env.Media, novanity bool) (env.LinkID, env.Media, env.Errno)
	MgmtDestroy(t *sim.Thread, id env.LinkID, persist bool) env.Errno
	DevnetCreate(t *sim.Thread, m *mac.MAC, id env.LinkID, zone env.ZoneID) env.Errno
	DevnetRecreate(t *sim.Thread, m *mac.MAC, id env.LinkID) env.Errno
	DevnetDestroy(t *sim.Thread, m *mac.MAC, wait bool) (env.LinkID, env.Errno)
}

// mediaEther is DL_ETHER, the media of all devices here.
const mediaEther env.Media = 4

// state is a softmac_state_t.
type state uint8

const (
	uninit state = iota
	attachInprog
	attachDone
	detachInprog
)

// softmac is a softmac_t.
type softmac struct {
	name     string
	dev      env.Dev
	legacy   bool // not GLDv3: softmac registers the MAC itself
	nosupp   bool // no devnet: the driver supports no vanity names
	mutex    ksync.Mutex
	cv       ksync.Cond
	state    state
	holds    int // smac_hold_cnt
	refs     check.Account
	left     bool // smac_attached_left: the detach has failed, and attach will be told again
	err      env.Errno
	mac      *mac.MAC
	recreate bool // SOFTMAC_NEED_RECREATE
	worker   *sim.Thread

	stateField ksync.Field // smac_state and what goes with it, under smac_mutex
	holdsField ksync.Field // smac_hold_cnt, under smac_mutex
	macField   ksync.Field // smac_mh: the attach's, then anybody's while ATTACH_DONE, then the detach's
}

// Layer is the softmac module of one kernel.
type Layer struct {
	MAC    *mac.Layer
	DDI    *ddi.Tree
	Devnet Devnet
	Taskq  *ksync.Taskq
	// Refs, if not nil, is told who holds which device.
	Refs *check.Ledger
	// SkipLastChain keeps the quirk of the hash walk (environment.md 3.5): the softmac that
	// was inserted first counts as the one in the last chain, which no walk visits.
	SkipLastChain bool

	hashLock    ksync.RWLock // softmac_hash_lock
	hash        []*softmac   // newest first
	hashField   ksync.Field  // softmac_hash, under softmac_hash_lock
	globalMutex ksync.Mutex  // smac_global_lock
	globalCv    ksync.Cond   // smac_global_cv
	created     int
}

// Init forgets all devices.
func (l *Layer) Init(w *sim.World) {
	l.hashLock.Init(w, nil, "softmac_hash_lock", "", 0)
	l.hashField.Init(w, nil, "softmac_hash", "", 0)
	l.globalMutex.Init(w, nil, "smac_global_lock", "", 0)
	l.globalCv.Init(w, nil, "smac_global_cv", "", 0)
	l.hash, l.created = l.hash[:0], 0
}

// take makes one more hold of s, and give one less. The caller owns its mutex.
func (l *Layer) take(t *sim.Thread, s *softmac) {
	s.holdsField.Write(t)
	s.holds++
	l.Refs.Take(t, &s.refs)
}

func (l *Layer) give(t *sim.Thread, s *softmac) {
	s.holdsField.Write(t)
	s.holds--
	l.Refs.Give(t, &s.refs)
}

// find looks a device up. The caller owns softmac_hash_lock.
func (l *Layer) find(t *sim.Thread, name string) *softmac {
	l.hashField.Read(t)
	for _, s := range l.hash {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (l *Layer) insert(w *sim.World, d *ddi.Device) *softmac {
	s := &softmac{name: d.Name, dev: d.Dev, legacy: d.Legacy, nosupp: d.NoSupp}
	l.created++
	s.refs.Open("smac_hold_cnt", d.Name)
	s.stateField.Init(w, nil, "smac_state", d.Name, 0)
	s.holdsField.Init(w, nil, "smac_hold_cnt", d.Name, 0)
	s.macField.Init(w, nil, "smac_mh", d.Name, 0)
	s.mutex.Init(w, nil, "smac_mutex", d.Name, 0)
	s.mutex.Object().Guard(sim.Exclusive)
	s.cv.Init(w, nil, "smac_cv", d.Name, 0)
	s.cv.Releasers = func(_ *sim.Thread, buf []*sim.Thread) []*sim.Thread {
		if s.worker != nil {
			buf = append(buf, s.worker)
		}
		return buf
	}
	s.cv.Until = func(*sim.Thread) (string, bool) { return "smac_state == ATTACH_DONE", s.state == attachDone }
	l.hash = append([]*softmac{s}, l.hash...)
	return s
}

// Place makes a device whose attach is over, with its MAC. It is not an operation: for setting a
// world up.
func (l *Layer) Place(w *sim.World, d *ddi.Device, m *mac.MAC) {
	s := l.insert(w, d)
	s.state, s.mac = attachDone, m
}

// Create is softmac_create, the post-attach callback of a device: it has a task finish the attach.
// If a detach has just failed the attach was never undone, and nothing happens.
func (l *Layer) Create(t *sim.Thread, d *ddi.Device) {
	l.hashLock.EnterWrite(t)
	s := l.find(t, d.Name)
	if s == nil {
		l.hashField.Write(t)
		s = l.insert(t.World(), d)
		l.globalMutex.Enter(t)
		l.globalCv.Broadcast(t)
		l.globalMutex.Exit(t)
	}
	s.mutex.Enter(t)
	l.hashLock.Exit(t)
	s.stateField.Write(t)
	if s.left || s.state == attachDone {
		s.left = false
		s.mutex.Exit(t)
		return
	}
	s.state = attachInprog
	task := l.Taskq.Dispatch(t, func(u *sim.Thread) { l.createTask(u, s) })
	s.worker = l.Taskq.Thread(task)
	s.mutex.Exit(t)
}

// createTask is softmac_create_task, a kernel thread without locks.
func (l *Layer) createTask(t *sim.Thread, s *softmac) {
	t.Obliged(s.cv.Object(), "")
	need, err := l.createDatalink(t, s)
	s.mutex.Enter(t)
	s.stateField.Write(t)
	s.recreate = need
	s.state, s.err, s.worker = attachDone, err, nil
	s.cv.Broadcast(t)
	t.Discharged(s.cv.Object())
	s.mutex.Exit(t)
}

// createDatalink is softmac_create_datalink with the MAC before it: only a missing daemon is
// tolerated, for a link that gets its linkid when the daemon starts.
func (l *Layer) createDatalink(t *sim.Thread, s *softmac) (need bool, err env.Errno) {
	var m *mac.MAC
	if s.legacy {
		m, err = l.MAC.Register(t, s.name, env.ClassPhys, nil)
		if m != nil {
			m.HasOpen = true
		}
	} else if m, err = l.MAC.Open(t, s.name); err == 0 {
		l.MAC.Close(t, m)
	}
	if err != 0 {
		return false, err
	}
	id, err := l.describe(t, s)
	if err == env.EBADF {
		err = 0
	}
	if err == 0 && !s.nosupp {
		err = l.Devnet.DevnetCreate(t, m, id, env.GlobalZone)
	}
	if err != 0 {
		if s.legacy {
			_ = l.MAC.Unregister(t, m)
		}
		return false, err
	}
	s.macField.Write(t)
	s.mac = m
	return id == env.InvalidLinkID, 0
}

// describe asks the daemon for the device's link and has it check what it knows. EBADF without a
// daemon.
func (l *Layer) describe(t *sim.Thread, s *softmac) (env.LinkID, env.Errno) {
	id, err := l.Devnet.MgmtCreate(t, s.name, s.dev, env.ClassPhys, mediaEther, true)
	if err != 0 {
		return env.InvalidLinkID, err
	}
	other, media, err := l.Devnet.MgmtUpdate(t, s.name, mediaEther, s.nosupp)
	if err == env.EEXIST {
		_ = l.Devnet.MgmtDestroy(t, other, media == mediaEther)
	}
	if err != 0 {
		return env.InvalidLinkID, err
	}
	return id, 0
}

// Destroy is softmac_destroy, the pre-detach callback of a device: EBUSY while anybody holds it or
// its attach is under way, and what dls_devnet_destroy and, for a legacy device, mac_disable give.
// It never waits for a temporary hold. When it fails the device stays attached.
func (l *Layer) Destroy(t *sim.Thread, name string) env.Errno {
	l.hashLock.EnterWrite(t)
	s := l.find(t, name)
	if s == nil {
		l.hashLock.Exit(t)
		return 0
	}
	s.mutex.Enter(t)
	l.hashLock.Exit(t)
	s.holdsField.Read(t)
	s.stateField.Write(t)
	if s.holds > 0 || s.state != attachDone || s.left {
		s.left = true
		s.mutex.Exit(t)
		return env.EBUSY
	}
	s.state, s.worker = detachInprog, t
	t.Obliged(s.cv.Object(), "")
	defer t.Discharged(s.cv.Object())
	s.mutex.Exit(t)

	if err := l.destroyDatalink(t, s); err != 0 {
		s.mutex.Enter(t)
		s.stateField.Write(t)
		s.state, s.left, s.worker = attachDone, true, nil
		s.cv.Broadcast(t)
		s.mutex.Exit(t)
		return err
	}

	l.hashLock.EnterWrite(t)
	s.mutex.Enter(t)
	s.stateField.Write(t)
	s.macField.Write(t)
	s.holdsField.Read(t)
	s.state, s.mac, s.err, s.recreate, s.worker = uninit, nil, 0, false, nil
	if s.holds == 0 {
		l.hashField.Write(t)
		l.remove(s)
	}
	s.mutex.Exit(t)
	l.hashLock.Exit(t)
	return 0
}

// destroyDatalink takes the devnet away. A softmac whose attach has failed has none.
func (l *Layer) destroyDatalink(t *sim.Thread, s *softmac) env.Errno {
	s.macField.Read(t)
	if s.mac == nil {
		return 0
	}
	id := env.InvalidLinkID
	if !s.nosupp {
		var err env.Errno
		if id, err = l.Devnet.DevnetDestroy(t, s.mac, false); err != 0 {
			return err
		}
	}
	if !s.legacy {
		return 0
	}
	if err := l.MAC.DisableNowait(t, s.mac); err != 0 {
		_ = l.Devnet.DevnetCreate(t, s.mac, id, env.Of(t).Zone)
		return err
	}
	return l.MAC.Unregister(t, s.mac)
}

func (l *Layer) remove(s *softmac) {
	for i, x := range l.hash {
		if x == s {
			l.hash = append(l.hash[:i], l.hash[i+1:]...)
			return
		}
	}
}

// Busy calls visit for each device whose attach or detach has begun and not ended. It is not an
// operation.
func (l *Layer) Busy(visit func(name string)) {
	for _, s := range l.hash {
		if s.state == attachInprog || s.state == detachInprog {
			visit(s.name)
		}
	}
}

// All calls visit for each device whose attach is over, with what it ended in. It is not an
// operation.
func (l *Layer) All(visit func(name string, nosupp bool, err env.Errno)) {
	for _, s := range l.hash {
		if s.state == attachDone {
			visit(s.name, s.nosupp, s.err)
		}
	}
}
