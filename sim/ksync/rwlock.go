// SPDX-License-Identifier: CDDL-1.0

package ksync

import "dlsim/sim"

var (
	// Readers commute with each other, as long as no writer comes between.
	opReadEnter   = &sim.OpType{Name: "rw_enter R", Access: sim.Read, Acquire: sim.Shared, Queues: true}
	opWriteEnter  = &sim.OpType{Name: "rw_enter W", Access: sim.Write, Acquire: sim.Exclusive, Queues: true}
	opReadWait    = &sim.OpType{Name: "rw_enter R (waiting)", Access: sim.Local, Wait: true}
	opWriteWait   = &sim.OpType{Name: "rw_enter W (waiting)", Access: sim.Local, Wait: true}
	opReadExit    = &sim.OpType{Name: "rw_exit R", Access: sim.Read, Releases: true}
	opWriteExit   = &sim.OpType{Name: "rw_exit W", Access: sim.Write}
	opRWAfter     = &sim.OpType{Name: "after rw_exit", Access: sim.Local}
	opRWDowngrade = &sim.OpType{Name: "rw_downgrade", Access: sim.Write}
	opRWUpgrade   = &sim.OpType{Name: "rw_tryupgrade", Access: sim.Write, Tries: true}
)

// RWLock is a krwlock (environment.md 3.3). A reader blocks while a writer holds or waits;
// a writer blocks while anybody holds. Blocking is final: who has blocked goes on only as
// an owner, by direct hand-off. The last reader out hands over to the writer that waited
// longest; a writer hands over to all waiting readers, else to that writer. All threads
// have one priority, so queues are FIFO (environment.md 14).
type RWLock struct {
	obj            sim.Object
	life           *sim.Life
	writer         *sim.Thread
	readers        []*sim.Thread // one entry per read hold
	left           sim.Past      // the exits of readers since the last writer
	waitingReaders sim.Queue
	waitingWriters sim.Queue
	shut           bool // see admit
}

// Init makes the lock ready and free; see Mutex.Init for the arguments.
func (l *RWLock) Init(w *sim.World, life *sim.Life, class, key string, num int) {
	w.Register(&l.obj, class, key, num, l)
	l.obj.SetLife(life)
	l.life, l.writer, l.left, l.shut = life, nil, sim.Past{}, false
	l.readers = l.readers[:0]
	l.waitingReaders.Reset()
	l.waitingWriters.Reset()
}

// Destroy is rw_destroy. Destroying a held lock fails the run.
func (l *RWLock) Destroy(t *sim.Thread) {
	if l.writer != nil || len(l.readers) > 0 {
		t.Fail(sim.KindPanic, "rw_destroy "+l.obj.Class(),
			"rw_destroy: "+l.obj.Name()+" is held")
	}
}

// EnterRead is rw_enter(RW_READER). A thread that holds the lock as writer fails the run; one
// that holds it as reader deadlocks with itself if a writer waits.
func (l *RWLock) EnterRead(t *sim.Thread) {
	gen := l.life.Generation()
	t.Step(opReadEnter, &l.obj, nil)
	l.life.Use(t, gen, opReadEnter.Name, &l.obj)
	l.checkRecursion(t)
	if l.writer == nil && l.waitingWriters.Len() == 0 {
		l.log(t, "rw_enter", "R")
		l.read(t)
		t.Held(&l.obj, "R")
		return
	}
	l.logWait(t, "R")
	l.admit(t, l.waitingReaders.Len()+1, l.waitingWriters.Len())
	t.Block(opReadWait, &l.obj, &l.waitingReaders)
	l.life.Use(t, gen, opReadWait.Name, &l.obj)
	l.log(t, "rw_enter", "R got")
}

// EnterWrite is rw_enter(RW_WRITER). A thread that holds the lock as writer fails the run; one
// that holds it as reader waits for itself, silently and for ever.
func (l *RWLock) EnterWrite(t *sim.Thread) {
	gen := l.life.Generation()
	t.Step(opWriteEnter, &l.obj, nil)
	l.life.Use(t, gen, opWriteEnter.Name, &l.obj)
	l.checkRecursion(t)
	if l.writer == nil && len(l.readers) == 0 {
		l.log(t, "rw_enter", "W")
		l.write(t)
		l.admit(t, 0, 0)
		t.Held(&l.obj, "W")
		return
	}
	l.logWait(t, "W")
	l.admit(t, l.waitingReaders.Len(), l.waitingWriters.Len()+1)
	t.Block(opWriteWait, &l.obj, &l.waitingWriters)
	l.life.Use(t, gen, opWriteWait.Name, &l.obj)
	l.log(t, "rw_enter", "W got")
}

// read makes t one of the readers.
func (l *RWLock) read(t *sim.Thread) {
	l.readers = append(l.readers, t)
	l.life.Lock(&l.obj)
}

// write makes t the writer.
func (l *RWLock) write(t *sim.Thread) {
	l.writer, l.left = t, sim.Past{}
	l.life.Lock(&l.obj)
}

func (l *RWLock) checkRecursion(t *sim.Thread) {
	if l.writer == t {
		t.Fail(sim.KindPanic, "recursive rw_enter "+l.obj.Class(),
			"recursive rw_enter of "+l.obj.Name()+", held as writer")
	}
}

// Exit is rw_exit of whichever hold t has. A thread that has none fails the run.
func (l *RWLock) Exit(t *sim.Thread) {
	gen := l.life.Generation()
	op := opReadExit
	if l.writer == t {
		op = opWriteExit
	}
	t.Step(op, &l.obj, nil)
	l.life.Use(t, gen, op.Name, &l.obj)
	switch {
	case l.writer == t:
		l.log(t, "rw_exit", "W")
		l.writer = nil
		l.life.Unlock(&l.obj)
		t.Unheld(&l.obj)
		if l.waitingReaders.Len() > 0 {
			l.admitReaders(t)
		} else {
			l.left.Add(t)
			l.admitWriter(t)
		}
		l.admit(t, l.waitingReaders.Len(), l.waitingWriters.Len())
	case l.dropReader(t):
		l.log(t, "rw_exit", "R")
		t.Unheld(&l.obj)
		l.left.Add(t)
		if len(l.readers) == 0 {
			l.admitWriter(t)
		}
	default:
		t.Fail(sim.KindPanic, "rw_exit by non-owner "+l.obj.Class(),
			"rw_exit: "+t.Name()+" does not hold "+l.obj.Name())
	}
	t.LogPoint(opRWAfter, &l.obj)
}

func (l *RWLock) log(t *sim.Thread, op, mode string) {
	if t.Logging() {
		t.Logf("%s %s %s", op, l.obj.Name(), mode)
	}
}

// logWait says whom t waits for: the writer, the first that waits, or the first reader.
func (l *RWLock) logWait(t *sim.Thread, mode string) {
	if !t.Logging() {
		return
	}
	owner := l.writer
	switch {
	case owner != nil:
	case len(l.readers) > 0:
		owner = l.readers[0]
	default:
		owner = l.waitingWriters.First()
	}
	t.Logf("rw_enter %s %s wait owner=%s", l.obj.Name(), mode, owner.Name())
}

// Downgrade is rw_downgrade: a writer becomes a reader and waiting readers join it.
func (l *RWLock) Downgrade(t *sim.Thread) {
	gen := l.life.Generation()
	t.Step(opRWDowngrade, &l.obj, nil)
	l.life.Use(t, gen, opRWDowngrade.Name, &l.obj)
	if l.writer != t {
		t.Fail(sim.KindPanic, "rw_downgrade by non-owner "+l.obj.Class(),
			"rw_downgrade: "+t.Name()+" does not hold "+l.obj.Name()+" as writer")
	}
	l.writer = nil
	l.life.Unlock(&l.obj)
	l.read(t)
	t.Unheld(&l.obj)
	t.Held(&l.obj, "R")
	l.admitReaders(t)
	l.admit(t, 0, l.waitingWriters.Len())
}

// TryUpgrade is rw_tryupgrade: it makes t the writer and reports true iff t is the only
// reader and no writer waits. It never blocks.
func (l *RWLock) TryUpgrade(t *sim.Thread) bool {
	gen := l.life.Generation()
	t.Step(opRWUpgrade, &l.obj, nil)
	l.life.Use(t, gen, opRWUpgrade.Name, &l.obj)
	if len(l.readers) != 1 || l.readers[0] != t || l.waitingWriters.Len() > 0 {
		return false
	}
	l.dropReader(t)
	l.write(t)
	l.admit(t, 0, 0)
	t.Unheld(&l.obj)
	t.Held(&l.obj, "W")
	return true
}

// dropReader takes one read hold of t away and reports whether there was one.
func (l *RWLock) dropReader(t *sim.Thread) bool {
	for i, u := range l.readers {
		if u == t {
			l.readers = append(l.readers[:i], l.readers[i+1:]...)
			l.life.Unlock(&l.obj)
			return true
		}
	}
	return false
}

// admitReaders hands the lock to all readers that wait.
func (l *RWLock) admitReaders(t *sim.Thread) {
	for u := l.waitingReaders.First(); u != nil; u = l.waitingReaders.First() {
		l.waitingReaders.Remove(u)
		l.read(u)
		u.Granted(&l.obj, "R")
		t.World().Wake(t, u)
	}
}

// admitWriter hands the lock to the writer that has waited longest, if any, after all that
// have left it since there was a writer: the exits of readers commute, so that whichever
// comes last stands for them all.
func (l *RWLock) admitWriter(t *sim.Thread) {
	if u := l.waitingWriters.First(); u != nil {
		l.waitingWriters.Remove(u)
		t.World().WakeAfter(&l.left, u)
		l.write(u)
		u.Granted(&l.obj, "W")
	}
}

// admit tells a search whether it matters who comes now, with so many readers and writers in the queues. It does not if
// a writer holds the lock, or is the only one that waits for readers to leave, and nobody waits behind it: whoever comes
// then gets the lock, or its place in the queue, as well when that writer has left. The exit of a reader
// changes nothing in this.
func (l *RWLock) admit(t *sim.Thread, readers, writers int) {
	shut := l.writer != nil && readers+writers == 0 || l.writer == nil && writers == 1 && readers == 0
	if shut == l.shut {
		return
	}
	if l.shut = shut; shut {
		t.World().Admit(&l.obj, sim.Nobody)
	} else {
		t.World().Admit(&l.obj, sim.Exclusive)
	}
}

// Waits implements sim.Line. Who holds the lock as writer does not wait, but fails.
func (l *RWLock) Waits(t *sim.Thread, a sim.Acquire) bool {
	return l.writer != t && (l.writer != nil || l.waitingWriters.Len() > 0 || a == sim.Exclusive && len(l.readers) > 0)
}

// QueuesReaders says that a reader waits behind a writer that waits (check.Queueing).
func (l *RWLock) QueuesReaders() bool { return true }

// Writer returns the thread that holds the lock as writer, or nil. It is not an operation.
func (l *RWLock) Writer() *sim.Thread { return l.writer }

// Object returns the object that operations on the lock act on.
func (l *RWLock) Object() *sim.Object { return &l.obj }

// Blockers implements sim.Resource. A reader waits for the writer that holds the lock or,
// if readers do, for the first that waits: it is not the readers that keep it out. A writer
// waits for the holders and for the writers in front of it.
func (l *RWLock) Blockers(t *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	if l.writer != nil {
		buf = append(buf, l.writer)
	}
	if t.Pending().Type == opReadWait {
		if u := l.waitingWriters.First(); l.writer == nil && u != nil {
			buf = append(buf, u)
		}
		return buf
	}
	buf = append(buf, l.readers...)
	for u := l.waitingWriters.First(); u != nil && u != t; u = l.waitingWriters.After(u) {
		buf = append(buf, u)
	}
	return buf
}
