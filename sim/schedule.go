// SPDX-License-Identifier: CDDL-1.0

package sim

// schedule returns the thread that goes on, or nil when the schedule is over. cur is the
// thread that has just published its next operation, nil if it has ended.
func (w *World) schedule(cur *Thread) *Thread {
	for w.enabled.n == 0 {
		if !w.passTime() {
			w.quiet()
			if w.enabled.n == 0 {
				return nil
			}
		}
	}
	if w.enabled.n == 1 && w.log == nil {
		u := w.threads[w.enabled.At(0)]
		if !w.again || w.slow&(slowSequential|slowFair) != 0 || w.strategy.Pick(w, cur) == int(u.id) {
			return u
		}
		return w.stopRun()
	}
	if w.slow&(slowSequential|slowFair) != 0 {
		if w.slow&slowFair != 0 {
			return w.takeTurn()
		}
		if cur != nil && w.enabled.Has(int(cur.id)) {
			return cur
		}
		return w.threads[w.enabled.At(0)]
	}
	id := w.strategy.Pick(w, cur)
	if !w.enabled.Has(id) {
		if id != StopRun {
			panic("engine bug: strategy picked a thread that cannot run")
		}
		return w.stopRun()
	}
	w.picks++
	w.choices = append(w.choices, Choice(id))
	u := w.threads[id]
	if w.slow&slowDetail != 0 {
		w.notePick(cur, u)
	}
	return u
}

// stopRun ends the schedule because the strategy wants no more of it.
func (w *World) stopRun() *Thread {
	w.outcome, w.over = Stopped, true
	if w.slow&slowDetail != 0 {
		w.noteTurns()
	}
	w.slow |= slowOver
	return nil
}

// passTime moves virtual time to the next timer, if there is one.
func (w *World) passTime() bool {
	if w.sleepers.len() == 0 {
		return false
	}
	w.now = w.sleepers.first().wake
	for w.sleepers.len() > 0 && w.sleepers.first().wake == w.now {
		w.enableAfterAll(w.sleepers.pop())
	}
	return true
}

// quiet is called when no thread can go on and no timer is pending. Either all is done, or
// the thread in Quiesce goes on, or this is a hang. Of the threads that hang, the first that
// waits on an object says more than one that only joins another. Threads that all wait for somebody
// who is no thread do not hang as long as one is in Quiesce.
func (w *World) quiet() {
	if w.trail != nil {
		w.trail.Quiet = true
	}
	stuck, inside := (*Thread)(nil), w.quiescer == nil
	for _, t := range w.threads[:w.live] {
		if t.state == done || t.helper || t == w.quiescer {
			continue
		}
		inside = inside || !t.Outside()
		if stuck == nil || stuck.obj == nil && t.obj != nil {
			stuck = t
		}
	}
	if !inside {
		stuck = nil
	}
	if stuck != nil && w.monitor != nil {
		w.lastLook()
	}
	switch {
	case w.over:
	case stuck != nil:
		w.fail(&Failure{
			Kind: KindHang, Thread: stuck, Subject: w.stuckAt(),
			Message: "nothing can run and no timer is pending, but " + stuck.Name() +
				" waits at " + Op{stuck.op, stuck.obj}.String(),
		})
	case w.quiescer != nil:
		w.enableAfterAll(w.quiescer)
		w.quiescer = nil
	}
}

// stuckAt returns what the threads that hang wait at, in the order of their creation, which
// tells hangs of other threads apart before anybody looks at them in detail.
func (w *World) stuckAt() string {
	s := ""
	for _, t := range w.threads[:w.live] {
		if t.state == done || t.helper || t == w.quiescer || t.obj == nil {
			continue
		}
		if s != "" {
			s += ", "
		}
		s += t.op.Name + " " + t.obj.class
	}
	return s
}

// enableAfterAll enables t because no other thread can go on.
func (w *World) enableAfterAll(t *Thread) {
	if w.trail != nil {
		w.trail.afterAll(t)
	}
	w.Enable(t)
}

// lastLook shows the monitor every blocked thread once more, before a hang is reported:
// an edge of a wait-for graph may be newer than the block, such as a releaser of a
// condition variable that came later.
func (w *World) lastLook() {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
		}
	}()
	for _, t := range w.threads[:w.live] {
		if t.state == alive && (t.obj != nil || t.joins != nil) {
			w.monitor.Blocked(t)
		}
	}
}

// carryOut counts the operation that t has been picked for and is about to do.
func (w *World) carryOut(t *Thread) {
	if w.slow != 0 {
		w.slowCarryOut(t)
	}
	w.steps++
	t.steps++
	h := t.hash*0x9e3779b97f4a7c15 + 1
	if t.obj != nil {
		h = t.obj.order.event(h, t.op.Access)
	}
	h ^= h >> 29
	t.hash = h
	w.add(h)
	if w.steps >= w.stepsMax {
		w.limit(t)
	}
}

// touch orders a second thing into the event that t is carrying out.
func (w *World) touch(t *Thread, o *order, a Access) {
	if w.trail != nil {
		w.trail.use(o, a)
	}
	t.hash = o.event(t.hash, a)
	w.add(t.hash)
}

// add puts an event, or a part of one, into both hashes of the schedule.
func (w *World) add(h uint64) {
	w.print += h * 0x2545f4914f6cdd1d
	w.digest = (w.digest ^ h) * 0x100000001b3
}

// order is what has happened so far to a thing that operations act on.
type order struct {
	wrote uint64 // hash of the last write event on it
	reads uint64 // sum of the hashes of the reads, or adds, since then
	thing int32  // serial number in Trail, 0 for none
	adds  bool   // they are adds
	shut  bool   // no operation that acquires it can run, or should; only in worlds with a Trail
}

// event mixes into event hash h the events on o that it comes after: all of them for a
// write, the writes for a read, and what the event does not commute with for an add. Later events come after
// this one accordingly.
func (o *order) event(h uint64, a Access) uint64 {
	switch a {
	case Write:
		h ^= o.wrote + o.reads*3
		h = (h ^ h>>32) * 0xd6e8feb86659fd93
		o.wrote, o.reads = h, 0
	case Read, Add:
		if o.adds != (a == Add) {
			o.wrote, o.reads, o.adds = Mix(o.wrote^o.reads*3), 0, !o.adds
		}
		h ^= o.wrote
		h = (h ^ h>>32) * 0xd6e8feb86659fd93
		o.reads += h
	}
	return h
}
