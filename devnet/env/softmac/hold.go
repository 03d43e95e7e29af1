// SPDX-License-Identifier: CDDL-1.0

package softmac

import (
	"dlsim/devnet/env"
	"dlsim/sim"
)

// HoldDevice is softmac_hold_device: it keeps the device from being detached. ENXIO if there is no
// such driver, ENOENT if the device is not there; else it attaches the device if need be, waits,
// uninterruptibly, for its attach to be over and gives what that has ended in. NULL on errors.
func (l *Layer) HoldDevice(t *sim.Thread, dev env.Dev) (env.Device, env.Errno) {
	driver, ok := l.DDI.MajorToName(dev.Major)
	if !ok {
		return nil, env.ENXIO
	}
	if !l.DDI.HoldDev(t, dev) {
		return nil, env.ENOENT
	}
	defer l.DDI.ReleaseDev(t, dev)
	name := l.DDI.NameOf(driver, dev)
	for {
		l.hashLock.EnterRead(t)
		s := l.find(t, name)
		if s != nil {
			return l.hold(t, s)
		}
		l.globalMutex.Enter(t)
		l.hashLock.Exit(t)
		l.globalCv.Wait(t, &l.globalMutex)
		l.globalMutex.Exit(t)
	}
}

// hold holds s, which was found under the hash lock.
func (l *Layer) hold(t *sim.Thread, s *softmac) (env.Device, env.Errno) {
	s.mutex.Enter(t)
	l.take(t, s)
	l.hashLock.Exit(t)
	t.Awaits(s.cv.Object(), "", s.mutex.Object())
	s.stateField.Read(t)
	for s.state != attachDone {
		s.cv.Wait(t, &s.mutex)
		s.stateField.Read(t)
	}
	err := s.err
	if err != 0 {
		l.give(t, s)
	}
	s.mutex.Exit(t)
	if err != 0 {
		return nil, err
	}
	return s, 0
}

// ReleDevice is softmac_rele_device; NULL is no device.
func (l *Layer) ReleDevice(t *sim.Thread, h env.Device) {
	if h == nil {
		return
	}
	s := h.(*softmac)
	s.mutex.Enter(t)
	l.give(t, s)
	s.mutex.Exit(t)
}

// Recreate is softmac_recreate: the daemon has started, and the devices that were attached while it
// was away get their linkids. The daemon's answers and the datalink code are waited for under
// softmac_hash_lock as reader. A device whose attach is under way is waited for, once and without
// looking again, and then the walk starts afresh.
func (l *Layer) Recreate(t *sim.Thread) {
	for !l.walk(t) {
	}
}

// walk visits the devices; false if it must start afresh.
func (l *Layer) walk(t *sim.Thread) bool {
	l.hashLock.EnterRead(t)
	l.hashField.Read(t)
	for i, s := range l.hash {
		if l.SkipLastChain && i == len(l.hash)-1 {
			break
		}
		s.mutex.Enter(t)
		s.stateField.Read(t)
		if s.state == attachInprog {
			l.take(t, s)
			l.hashLock.Exit(t)
			t.Awaits(s.cv.Object(), "", s.mutex.Object())
			s.cv.Wait(t, &s.mutex)
			l.give(t, s)
			s.mutex.Exit(t)
			return false
		}
		if s.state == attachDone && s.recreate {
			l.take(t, s)
			s.mutex.Exit(t)
			done := l.recreate(t, s)
			s.mutex.Enter(t)
			if done {
				s.stateField.Write(t)
				s.recreate = false
			}
			l.give(t, s)
		}
		s.mutex.Exit(t)
	}
	l.hashLock.Exit(t)
	return true
}

// recreate gives a device its link. What the daemon refuses is tried again at its next start; what
// dls_devnet_recreate refuses is not.
func (l *Layer) recreate(t *sim.Thread, s *softmac) bool {
	id, err := l.describe(t, s)
	if err != 0 {
		return false
	}
	if !s.nosupp {
		s.macField.Read(t)
		if err := l.Devnet.DevnetRecreate(t, s.mac, id); err != 0 {
			t.Notef("softmac: cannot create %s again: %s", s.name, err)
		}
	}
	return true
}
