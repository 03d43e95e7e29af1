// SPDX-License-Identifier: CDDL-1.0

package check

import (
	"slices"

	"dlsim/sim"
)

// Mode is how a lock is held or wanted.
type Mode uint8

// The modes.
const (
	Exclusive Mode = iota // excludes all others
	Shared                // excludes Exclusive
	Reference             // as Shared, and never has to wait
)

func modeOf(s string) Mode {
	switch s {
	case "R":
		return Shared
	case "ref":
		return Reference
	}
	return Exclusive
}

// Lock is a lock, or something that is waited for like one, that is the same in all schedules.
type Lock struct {
	ID    uint64
	Class string
	Name  string // in the schedule in which it was first seen
	// Queues says that a reader waits behind a writer that waits.
	Queues bool
}

// Queueing is implemented by resources whose readers wait behind a writer that waits.
type Queueing interface{ QueuesReaders() bool }

func lockOf(o *sim.Object) Lock {
	l := Lock{ID: o.Identity(), Class: o.Class(), Name: o.Name()}
	if q, ok := o.Resource().(Queueing); ok {
		l.Queues = q.QueuesReaders()
	}
	return l
}

// Holding is a lock that a thread holds.
type Holding struct {
	Lock
	Mode Mode
	// Obliged says that the thread did not take it for itself: others wait for it to act.
	Obliged bool
	At      sim.Point
	Site    sim.Site
}

// Ancestor is a thread on the way from the first one to another, and which child of its parent
// it is.
type Ancestor struct {
	ID  uint64
	Nth int
}

// Acquisition is that a thread comes to hold a lock, or to wait for something that is held like
// one, while it holds others.
type Acquisition struct {
	Key    uint64 // the same in all schedules for the same thread, lock, holds and past
	Thread uint64 // sim.Lineage.ID
	Name   string // of the thread, in the schedule in which it was first seen
	Line   []Ancestor
	Forks  int      // children of the thread so far
	Past   []uint64 // threads all of whose acquisitions come before this one
	Want   Holding
	Holds  []Holding // oldest first
	Await  bool      // it waits and does not come to hold
	// Call is the name of a call for whose answer the thread waits, "" for other acquisitions.
	Call string
	// Serving are the calls that the thread helps to answer, outermost first.
	Serving []uint64
	// Seen are the first schedules in which it was seen in detail, ascending.
	Seen []int64
}

// Locks watches what the threads of a schedule hold and acquire. It implements sim.LockMonitor.
// In fast runs it only tells which acquisitions are new; in detailed ones it keeps them. It is
// used for many schedules of one world, one after the other.
type Locks struct {
	// Sites turns stacks into places, in detailed runs.
	Sites sim.Resolver
	// Judge, if not nil, is asked at the end of each detailed schedule that has passed, with
	// all of its acquisitions.
	Judge func(*sim.World, []Acquisition) *sim.Failure

	world   *sim.World
	threads []threadLocks
	seen    map[uint64]bool
	calls   []*sim.Object // what callers await
	fresh   []uint64
	all     []Acquisition
}

// threadLocks is what is known of one thread of the schedule.
type threadLocks struct {
	holds    []held
	hash     uint64 // of the holds, in any order
	past     []uint64
	pastHash uint64
	serving  []uint64
}

const await = "await"

type held struct {
	obj  *sim.Object
	id   uint64
	mode Mode
	at   sim.Point
	// obliged as in Holding, while the thread holds another lock or, if that is nil, until said.
	obliged bool
	while   *sim.Object
}

// NewLocks returns a monitor that has seen nothing.
func NewLocks() *Locks { return &Locks{seen: make(map[uint64]bool)} }

// Begin implements sim.LockMonitor.
func (l *Locks) Begin(w *sim.World) {
	l.world = w
	l.calls, l.fresh, l.all = l.calls[:0], l.fresh[:0], nil
	l.grow(0)
}

// grow makes room for the thread with the given id, of which nothing is known.
func (l *Locks) grow(id int) *threadLocks {
	for len(l.threads) <= id {
		l.threads = append(l.threads, threadLocks{})
	}
	x := &l.threads[id]
	x.holds, x.past, x.serving = x.holds[:0], x.past[:0], x.serving[:0]
	x.hash, x.pastHash = 0, 0
	return x
}

// Forked implements sim.LockMonitor.
func (l *Locks) Forked(by, t *sim.Thread) {
	x := l.grow(t.ID())
	y := &l.threads[by.ID()]
	x.past = append(x.past, y.past...)
	x.pastHash = y.pastHash
}

// Follows implements sim.LockMonitor.
func (l *Locks) Follows(t, u *sim.Thread) {
	x := &l.threads[t.ID()]
	x.follow(u.Lineage().ID)
	for _, id := range l.threads[u.ID()].past {
		x.follow(id)
	}
}

func (x *threadLocks) follow(id uint64) {
	if !slices.Contains(x.past, id) {
		x.past = append(x.past, id)
		x.pastHash += sim.Mix(id)
	}
}

// Serves implements sim.LockMonitor: u holds o until it has answered.
func (l *Locks) Serves(u, by *sim.Thread, o *sim.Object, at sim.Point) {
	x := &l.threads[u.ID()]
	x.serving = append(append(x.serving[:0], l.threads[by.ID()].serving...), o.Identity())
	l.calls = append(l.calls, o)
	l.Obliged(u, o, "", nil, at)
}

// Acquired implements sim.LockMonitor.
func (l *Locks) Acquired(t *sim.Thread, o *sim.Object, mode string, at sim.Point) {
	h := held{obj: o, id: o.Identity(), mode: modeOf(mode), at: at}
	l.note(t, &l.threads[t.ID()], h, "")
	l.hold(t, h)
}

// Obliged implements sim.LockMonitor.
func (l *Locks) Obliged(t *sim.Thread, o *sim.Object, mode string, while *sim.Object, at sim.Point) {
	l.hold(t, held{obj: o, id: o.Identity(), mode: modeOf(mode), while: while, at: at, obliged: true})
}

func (l *Locks) hold(t *sim.Thread, h held) {
	x := &l.threads[t.ID()]
	x.holds = append(x.holds, h)
	x.hash += h.hash()
}

// Awaits implements sim.LockMonitor.
func (l *Locks) Awaits(t *sim.Thread, o *sim.Object, mode string, left *sim.Object, at sim.Point) {
	x := &l.threads[t.ID()]
	h := held{obj: o, id: o.Identity(), mode: modeOf(mode), at: at}
	i := x.last(left)
	if i < 0 {
		how := await
		if slices.Contains(l.calls, o) {
			how = o.Key()
		}
		l.note(t, x, h, how)
		return
	}
	gone := x.holds[i]
	x.holds = slices.Delete(x.holds, i, i+1)
	x.hash -= gone.hash()
	l.note(t, x, h, await)
	x.holds = slices.Insert(x.holds, i, gone)
	x.hash += gone.hash()
}

// Released implements sim.LockMonitor.
func (l *Locks) Released(t *sim.Thread, o *sim.Object) {
	x := &l.threads[t.ID()]
	i := x.last(o)
	if i < 0 {
		return
	}
	x.drop(i)
	for j := len(x.holds) - 1; j >= 0; j-- {
		if x.holds[j].while == o {
			x.drop(j)
		}
	}
}

// drop forgets hold i.
func (x *threadLocks) drop(i int) {
	x.hash -= x.holds[i].hash()
	x.holds = append(x.holds[:i], x.holds[i+1:]...)
}

// last returns the index of the last hold of o, -1 if there is none.
func (x *threadLocks) last(o *sim.Object) int {
	for i := len(x.holds) - 1; i >= 0; i-- {
		if x.holds[i].obj == o {
			return i
		}
	}
	return -1
}

func (h *held) hash() uint64 { return sim.Mix(h.id + uint64(h.mode)) }

// note looks whether t wanting h, with what it holds and after what it has been through, is new.
// how is "" if it comes to hold it, await, or the name of a call.
func (l *Locks) note(t *sim.Thread, x *threadLocks, h held, how string) {
	if h.mode == Reference {
		return // nobody waits to get one
	}
	line := t.Lineage()
	key := sim.Mix(line.ID ^ h.hash())
	key = sim.Mix(key ^ x.hash)
	key = sim.Mix(key + x.pastHash + uint64(t.Forks()))
	if how != "" {
		key++
	}
	if l.Sites != nil && t.Detailed() {
		l.keep(t, x, h, how, key)
		return
	}
	if !l.seen[key] {
		l.seen[key] = true
		l.fresh = append(l.fresh, key)
	}
}

// keep keeps the acquisition, once for each key and place.
func (l *Locks) keep(t *sim.Thread, x *threadLocks, h held, how string, key uint64) {
	a := Acquisition{
		Key: key, Thread: t.Lineage().ID, Name: t.Name(), Forks: t.Forks(), Await: how != "",
		Past: slices.Clone(x.past), Serving: slices.Clone(x.serving), Want: l.holding(h),
	}
	if how != await {
		a.Call = how
	}
	slices.Sort(a.Past)
	for p := t; p != nil; p = p.Lineage().Parent {
		a.Line = append(a.Line, Ancestor{p.Lineage().ID, p.Lineage().Nth})
	}
	for i := range x.holds {
		a.Holds = append(a.Holds, l.holding(x.holds[i]))
	}
	for i := range l.all {
		if l.all[i].same(&a) {
			return
		}
	}
	l.all = append(l.all, a)
}

func (l *Locks) holding(h held) Holding {
	return Holding{Lock: lockOf(h.obj), Mode: h.mode, Obliged: h.obliged, At: h.at, Site: l.Sites(h.at.PCs)}
}

// same reports whether two acquisitions are the same, places included.
func (a *Acquisition) same(b *Acquisition) bool {
	if a.Key != b.Key || a.Want.Site != b.Want.Site || len(a.Holds) != len(b.Holds) {
		return false
	}
	for i := range a.Holds {
		if a.Holds[i].ID != b.Holds[i].ID || a.Holds[i].Site != b.Holds[i].Site {
			return false
		}
	}
	return true
}

// Fresh returns the keys of the acquisitions of the last schedule that no schedule before it
// had; valid until the next.
func (l *Locks) Fresh() []uint64 { return l.fresh }

// All returns the acquisitions of the last schedule, if it was detailed, in their order.
func (l *Locks) All() []Acquisition { return l.all }

// End implements sim.LockMonitor.
func (l *Locks) End(w *sim.World) *sim.Failure {
	if l.Judge == nil {
		return nil
	}
	return l.Judge(w, l.all)
}

// Holds reports whether t holds the lock with the given identity now.
func (l *Locks) Holds(t *sim.Thread, id uint64) bool {
	if t.ID() >= len(l.threads) {
		return false
	}
	for i := range l.threads[t.ID()].holds {
		if l.threads[t.ID()].holds[i].id == id {
			return true
		}
	}
	return false
}
