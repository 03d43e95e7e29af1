// SPDX-License-Identifier: CDDL-1.0

package sim

// LockMonitor is told what the threads of a schedule hold and what they wait for, whether or
// not they have to wait. It is told nothing while the world is Sequential.
type LockMonitor interface {
	// Begin is called before the first thread runs.
	Begin(w *World)
	// Acquired says that t holds o from now on, Released that it does not any more. at is where
	// t is, in detailed runs. A thread may hold an object more than once.
	Acquired(t *Thread, o *Object, mode string, at Point)
	Released(t *Thread, o *Object)
	// Obliged is Acquired of what only others wait for. If while is not nil, it ends when t
	// releases that.
	Obliged(t *Thread, o *Object, mode string, while *Object, at Point)
	// Awaits says that t goes on only when nobody holds o in a way that excludes mode, and that
	// t does not hold left, if that is not nil, meanwhile.
	Awaits(t *Thread, o *Object, mode string, left *Object, at Point)
	// Forked says that by has created t; Follows that all that u has done so far happens
	// before what t does from now on, whatever the schedule.
	Forked(by, t *Thread)
	Follows(t, u *Thread)
	// Serves says that by has created u to answer a call, and that who awaits o waits for the
	// answer. The key of o names the call.
	Serves(u, by *Thread, o *Object, at Point)
	// End is called when all threads have ended and nothing has failed. A failure that it
	// returns is that of the schedule.
	End(w *World) *Failure
}

// Lineage tells a thread from the others of its schedule in words that are the same in all
// schedules: whose child it is, and which, counted from 1. The first thread has no parent.
type Lineage struct {
	Parent *Thread
	Nth    int
	// ID is a hash of the whole line.
	ID uint64
}

// Lineage returns the thread's lineage. Any thread may call it.
func (t *Thread) Lineage() Lineage { return Lineage{t.parent, int(t.nth), t.lineage} }

// Forks returns the number of threads that t has created so far. Any thread may call it.
func (t *Thread) Forks() int { return int(t.forks) }

// descend makes t a child of by, which is nil for the first thread.
func (t *Thread) descend(by *Thread) {
	t.parent, t.nth, t.lineage, t.forks, t.begun = by, 0, 1, 0, 0
	if by != nil {
		by.forks++
		t.nth = by.forks
		t.lineage = Mix(by.lineage ^ uint64(t.nth)*0x9e3779b97f4a7c15)
	}
}

// Identity is a number that the object has in every schedule: a hash of its name, or, inside
// a buffer that an allocator gives out, of who allocated it and how many it had before.
func (o *Object) Identity() uint64 {
	if o.identity == 0 {
		h := uint64(0xcbf29ce484222325)
		for _, s := range [2]string{o.class, o.key} {
			for i := range len(s) {
				h = (h ^ uint64(s[i])) * 0x100000001b3
			}
			h = (h ^ '(') * 0x100000001b3
		}
		if o.life == nil {
			h += uint64(o.num) * 0x9e3779b97f4a7c15
		}
		o.identity = Mix(h) | 1
	}
	if o.life != nil {
		return o.identity ^ o.life.birth
	}
	return o.identity
}

// SetLife says that the object is inside a buffer, after Register; nil for memory that is never
// freed.
func (o *Object) SetLife(l *Life) { o.life = l }

// SetIdentity replaces what Identity says, after Register: for objects that neither their name
// nor their buffer tells apart.
func (o *Object) SetIdentity(id uint64) { o.identity = id | 1 }

// observed reports whether a LockMonitor wants to know.
func (w *World) observed() bool { return w.slow&(slowLocks|slowSequential|slowOver) == slowLocks }

// Obliged says, to Config.Locks only, that others wait for t to act on o as if t held it; until
// Discharged. Any thread may call it.
func (t *Thread) Obliged(o *Object, mode string) {
	if t.w.observed() {
		t.w.locks.Obliged(t, o, mode, nil, t.Here())
	}
}

// ObligedWhile is Obliged until t releases lock.
func (t *Thread) ObligedWhile(o *Object, mode string, lock *Object) {
	if t.w.observed() {
		t.w.locks.Obliged(t, o, mode, lock, t.Here())
	}
}

// Discharged takes back the last Obliged. Any thread may call it.
func (t *Thread) Discharged(o *Object) {
	if t.w.observed() {
		t.w.locks.Released(t, o)
	}
}

// Awaits says, to Config.Locks only, that t goes on only when nobody holds o in a way that
// excludes mode, whether or not it has to wait for that. left is a lock that it gives up
// meanwhile, or nil.
func (t *Thread) Awaits(o *Object, mode string, left *Object) {
	if t.w.observed() {
		t.w.locks.Awaits(t, o, mode, left, t.Here())
	}
}

// Follows says, to Config.Locks only, that all that u has done so far happens before what t does
// from now on, whatever the schedule.
func (t *Thread) Follows(u *Thread) {
	if t.w.observed() {
		t.w.locks.Follows(t, u)
	}
}

// Serves says, to Config.Locks only, that by has created t to answer a call, and that who awaits o
// waits for the answer, until t is Discharged. The key of o names the call.
func (t *Thread) Serves(by *Thread, o *Object) {
	if t.w.observed() {
		t.w.locks.Serves(t, by, o, by.Here())
	}
}
