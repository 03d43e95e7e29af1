// SPDX-License-Identifier: CDDL-1.0

package dlmgmtd

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/sim"
)

var (
	opTableRead   = &sim.OpType{Name: "dlmgmt_table_lock R", Access: sim.Write, Acquire: sim.Shared}
	opTableWrite  = &sim.OpType{Name: "dlmgmt_table_lock W", Access: sim.Write, Acquire: sim.Exclusive}
	opTableUnlock = &sim.OpType{Name: "dlmgmt_table_unlock", Access: sim.Write, Inside: true}
)

// tableLock is the daemon's table lock (environment.md 10.1): a try-lock in a loop around a
// condition variable in user space, so it prefers nobody and a reader can overtake a
// waiting writer. The lock dies with its process.
type tableLock struct {
	obj     sim.Object
	dead    bool
	writer  *sim.Thread
	readers []*sim.Thread
	wanting sim.Queue
}

func (l *tableLock) init(w *sim.World, life int) {
	w.Register(&l.obj, "TABLE", "", life, l)
	l.obj.Guard(sim.Shared)
	l.obj.Guard(sim.Exclusive)
	l.dead, l.writer = false, nil
	l.readers = l.readers[:0]
	l.wanting.Reset()
}

// read enters the lock as reader and reports false if the process has died.
func (l *tableLock) read(t *sim.Thread) bool {
	if !l.enter(t, opTableRead) {
		return false
	}
	l.readers = append(l.readers, t)
	t.Held(&l.obj, "R")
	l.update(t)
	return true
}

// write enters the lock as writer and reports false if the process has died.
func (l *tableLock) write(t *sim.Thread) bool {
	if !l.enter(t, opTableWrite) {
		return false
	}
	l.writer = t
	t.Held(&l.obj, "W")
	l.update(t)
	return true
}

// enter waits until the lock admits an operation and reports false if the process has died.
func (l *tableLock) enter(t *sim.Thread, op *sim.OpType) bool {
	if l.admits(op) {
		t.Step(op, &l.obj, &l.wanting)
	} else {
		t.Block(op, &l.obj, &l.wanting)
	}
	if l.dead {
		t.Only(&l.obj, sim.Read) // nothing is taken
	}
	return !l.dead
}

func (l *tableLock) admits(op *sim.OpType) bool {
	return l.dead || l.writer == nil && (op == opTableRead || len(l.readers) == 0)
}

// unlock leaves the lock and reports false if the process has died meanwhile.
func (l *tableLock) unlock(t *sim.Thread) bool {
	t.Step(opTableUnlock, &l.obj, nil)
	t.Unheld(&l.obj)
	if l.writer == t {
		l.writer = nil
	}
	for i, u := range l.readers {
		if u == t {
			l.readers = append(l.readers[:i], l.readers[i+1:]...)
			break
		}
	}
	l.update(t)
	return !l.dead
}

// die lets go whoever waits: the process is gone.
func (l *tableLock) die(t *sim.Thread) {
	l.dead = true
	t.Touch(&l.obj, sim.Write)
	l.update(t)
}

func (l *tableLock) update(t *sim.Thread) {
	w := t.World()
	switch {
	case l.dead || l.writer == nil && len(l.readers) == 0:
		w.Admit(&l.obj, sim.Exclusive)
	case l.writer == nil:
		w.Admit(&l.obj, sim.Shared)
	default:
		w.Admit(&l.obj, sim.Nobody)
	}
	for u := l.wanting.First(); u != nil; u = l.wanting.After(u) {
		if l.admits(u.Pending().Type) {
			w.Enable(u)
		} else {
			w.Disable(u)
		}
	}
}

// Blockers implements sim.Resource.
func (l *tableLock) Blockers(_ *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	if l.writer != nil {
		buf = append(buf, l.writer)
	}
	return append(buf, l.readers...)
}

// Link is an entry of the daemon's table.
type Link struct {
	ID    env.LinkID
	Name  string
	Class env.Class
	Zone  env.ZoneID // ll_zoneid: the zone the link is in now
	// Props are the names of the persistent properties that LINKPROP_INIT applies.
	Props []string
	Media env.Media
	// Flags are both set unless said.
	Flags door.LinkFlags
	// DevName and Dev are the device of a physical link, "" for others.
	DevName string
	Dev     env.Dev

	// Made says that the kernel has asked for the link (DLS_CREATE), not userland.
	Made bool

	owner env.ZoneID // whose configuration has the link; on loan while in another zone
}

// Owner returns the zone whose configuration has the link.
func (k *Link) Owner() env.ZoneID { return k.owner }

// visible is the rule for lookups by id: the global zone sees all, another only its own.
func (k *Link) visible(cred env.ZoneID) bool { return cred == env.GlobalZone || cred == k.Zone }

// listed is the rule for lookups by name: a zone finds what is in it, and the global zone
// also what it has lent.
func (k *Link) listed(zone env.ZoneID) bool {
	return zone == k.Zone || zone == env.GlobalZone && k.owner == env.GlobalZone
}
