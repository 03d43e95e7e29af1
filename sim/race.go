// SPDX-License-Identifier: CDDL-1.0

package sim

// Races are found as FastTrack does (Flanagan and Freund, PLDI 2009): each thread has a vector
// clock, synchronisation carries clocks from one thread to another through the objects it acts on,
// and an access to a variable that does not come after an earlier one to the same, one of the two a
// write, is a race. What counts as synchronisation is every operation on an object that is not a
// variable: operations that the kernel does under leaf locks are ordered by them.

// clock is a vector clock: for each thread the number of its operations that are known.
type clock []uint32

func (c *clock) grow(n int) {
	for len(*c) < n {
		*c = append(*c, 0)
	}
}

// join makes c know all that d knows.
func (c *clock) join(d clock) {
	c.grow(len(d))
	for i, v := range d {
		(*c)[i] = max((*c)[i], v)
	}
}

// knows reports whether operation e has happened before c.
func (c clock) knows(e epoch) bool {
	return int(e.thread) < len(c) && c[e.thread] >= e.time
}

// epoch is one operation of one thread.
type epoch struct {
	thread int32
	time   uint32
	at     Point
	locks  []Hold // that the thread held, in detailed runs
}

// accesses are the last accesses to a variable that a later one might race with.
type accesses struct {
	written bool
	write   epoch
	reads   []epoch // since the write, the last of each thread
}

// syncClocks are what a synchronisation object carries: what its writers knew, and its readers since.
type syncClocks struct{ writers, readers clock }

// raceState is what looking for races keeps from one schedule to the next.
type raceState struct {
	clocks   pool[syncClocks]
	accesses pool[accesses]
	fields   map[string]*fieldLocks // in detailed runs
}

func (r *raceState) reset() {
	r.clocks.used, r.accesses.used = 0, 0
	r.fields = nil
}

// pool hands out values that are used for one schedule.
type pool[T any] struct {
	all  []*T
	used int
}

// next returns a value, as the last schedule that had it left it.
func (p *pool[T]) next() *T {
	if p.used == len(p.all) {
		p.all = append(p.all, new(T))
	}
	p.used++
	return p.all[p.used-1]
}

// tick begins the next operation of t.
func (t *Thread) tick() {
	t.clock.grow(int(t.id) + 1)
	t.clock[t.id]++
}

// synchronise carries clocks between t and the object that it acts on.
func (t *Thread) synchronise(o *Object, a Access) {
	if a == Local {
		return
	}
	if o.clocks == nil {
		o.clocks = t.w.races.clocks.next()
		o.clocks.writers, o.clocks.readers = o.clocks.writers[:0], o.clocks.readers[:0]
	}
	t.clock.join(o.clocks.writers)
	if a == Write || a == Add { // adds commute, but a lock orders them
		t.clock.join(o.clocks.readers)
		o.clocks.writers.join(t.clock)
	} else {
		o.clocks.readers.join(t.clock)
	}
	t.tick()
}

// Tracking reports whether the world was run with Config.Races.
func (t *Thread) Tracking() bool { return t.w.slow&slowRaces != 0 }

// Access notes, in a world with Config.Races, that t reads or writes the variable o, and fails the
// run if that is a race.
func (t *Thread) Access(o *Object, write bool) { t.access(o, write, 0) }

// AccessWithin is Access as a part of the last operation of t, whose object orders it: so what the
// kernel does under a leaf lock, which is one operation here, is told.
func (t *Thread) AccessWithin(o *Object, write bool) { t.access(o, write, 1) }

// access notes an access so many operations ago.
func (t *Thread) access(o *Object, write bool, ago uint32) {
	if t.w.slow&(slowRaces|slowOver|slowSequential) != slowRaces {
		return
	}
	if o.accesses == nil {
		o.accesses = t.w.races.accesses.next()
		o.accesses.written, o.accesses.reads = false, o.accesses.reads[:0]
	}
	acc := o.accesses
	t.clock.grow(int(t.id) + 1)
	now := epoch{thread: t.id, time: t.clock[t.id] - min(ago, t.clock[t.id])}
	if t.Detailed() {
		now.at, now.locks = t.Here(), t.locksHeld()
	}
	if acc.written && !t.clock.knows(acc.write) {
		t.race(o, acc.write, true, write)
	}
	if t.Detailed() {
		defer t.w.races.note(o.class, now.locks)
	}
	if !write {
		for i := range acc.reads {
			if acc.reads[i].thread == t.id {
				acc.reads[i] = now
				return
			}
		}
		acc.reads = append(acc.reads, now)
		return
	}
	for _, r := range acc.reads {
		if !t.clock.knows(r) {
			t.race(o, r, false, true)
		}
	}
	acc.written, acc.write, acc.reads = true, now, acc.reads[:0]
}

// race fails the run: access e, a write or not, and that of t are not ordered.
func (t *Thread) race(o *Object, e epoch, wrote, writes bool) {
	verb := map[bool]string{true: "write", false: "read"}
	other := t.w.threads[e.thread]
	t.FailWith(&Failure{
		Kind: KindRace, Thread: t, Subject: o.class, At: t.Here(), Other: e.at, OtherThread: other,
		Message: "race on " + o.Name() + ": a " + verb[writes] + " by " + t.Name() + " and a " + verb[wrote] +
			" by " + other.Name() + " that nothing orders",
		Evidence: t.raceEvidence(o, other, e.locks),
	})
}
