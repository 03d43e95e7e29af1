// SPDX-License-Identifier: CDDL-1.0

package shrink

import "dlsim/sim"

// moment names a decision of a schedule in a way that other decisions of it do not change:
// the thread that has published its next operation or has ended, how many operations it had
// carried out by then, and the number of the question, from 1, if it asks one.
type moment struct{ thread, steps, question int32 }

// turn is a decision that is not the plain one: at that moment the thread with that id goes
// on, or the answer is that value.
type turn struct {
	at    moment
	value int32
}

// point is a decision that a run came to, and what it could have been.
type point struct {
	at      moment
	plain   int32   // what it is unless a turn says otherwise
	others  []int32 // the other possible values
	preempt bool    // another value takes the processor from a thread that could go on
}

// steer is the strategy of a schedule that is written down as its turns from the plain one.
// In the plain schedule a thread goes on until it cannot, then the one goes on that ran last
// or has been created since, and every question is answered with 0. So a call to the daemon
// runs to its reply and back, and the turns are what is particular about a schedule.
//
// With follow it takes its decisions from there instead and finds the turns that they are.
type steer struct {
	turns  []turn
	follow []sim.Choice
	keep   bool // the points

	points    []point
	taken     []turn // turns that the run took
	preempted []bool // whether each of them was a preemption
	answers   int    // questions answered other than 0
	space     []int32

	used      int // how many of the choices to follow
	follows   bool
	last      []int64 // when each thread ran last; it was new before
	clock     int64
	ended     []bool
	asked     moment
	questions int32
}

// begin prepares for a run with the given turns.
func (s *steer) begin(turns []turn, follow []sim.Choice, keep bool) {
	s.turns, s.follow, s.follows, s.keep = turns, follow, follow != nil, keep
}

// Begin implements sim.Strategy.
func (s *steer) Begin(*sim.World) {
	s.forget()
	s.last, s.ended = s.last[:0], s.ended[:0]
	s.used, s.clock, s.questions = 0, 0, 0
	s.asked = moment{thread: -1}
}

// forget drops what the last run showed.
func (s *steer) forget() {
	s.points, s.taken, s.preempted, s.space = s.points[:0], s.taken[:0], s.preempted[:0], s.space[:0]
	s.answers = 0
}

// Pick implements sim.Strategy.
func (s *steer) Pick(w *sim.World, cur *sim.Thread) int {
	at := s.moment(w, cur)
	plain := s.plain(w, cur)
	preempt := cur != nil && plain == cur.ID()
	id := s.decide(at, int32(plain))
	if id < 0 || !w.Enabled().Has(int(id)) {
		if s.follows {
			return sim.StopRun
		}
		id = int32(plain)
	}
	if id != int32(plain) {
		s.taken = append(s.taken, turn{at, id})
		s.preempted = append(s.preempted, preempt)
	}
	if s.keep {
		start, e := len(s.space), w.Enabled()
		for other := e.Next(-1); other >= 0; other = e.Next(other) {
			if other != plain {
				s.space = append(s.space, int32(other))
			}
		}
		s.points = append(s.points, point{at, int32(plain), s.space[start:len(s.space):len(s.space)], preempt})
	}
	return int(id)
}

// Choose implements sim.Strategy.
func (s *steer) Choose(_ *sim.World, t *sim.Thread, n int, _ string) int {
	at := moment{thread: int32(t.ID()), steps: int32(t.Steps())}
	if at != s.asked {
		s.asked, s.questions = at, 0
	}
	s.questions++
	at.question = s.questions
	v := s.decide(at, 0)
	if v < 0 || int(v) >= n {
		if s.follows {
			return sim.StopRun
		}
		v = 0
	}
	if v != 0 {
		s.taken = append(s.taken, turn{at, v})
		s.preempted = append(s.preempted, false)
		s.answers++
	}
	if s.keep {
		start := len(s.space)
		for other := range int32(n) {
			if other != 0 {
				s.space = append(s.space, other)
			}
		}
		s.points = append(s.points, point{at, 0, s.space[start:len(s.space):len(s.space)], false})
	}
	return int(v)
}

// decide returns the followed decision, or that of the turn at this moment, or the plain one.
func (s *steer) decide(at moment, plain int32) int32 {
	if s.follows {
		if s.used == len(s.follow) || s.follow[s.used].IsThread() != (at.question == 0) {
			return -1
		}
		s.used++
		return int32(s.follow[s.used-1].Value())
	}
	for i := range s.turns {
		if s.turns[i].at == at {
			return s.turns[i].value
		}
	}
	return plain
}

// moment returns that of a pick, and keeps the books: who ran last, and who has ended.
func (s *steer) moment(w *sim.World, cur *sim.Thread) moment {
	s.clock++
	for len(s.last) < w.NumThreads() {
		s.last, s.ended = append(s.last, s.clock), append(s.ended, false)
	}
	if cur == nil {
		cur = s.gone(w)
	}
	s.last[cur.ID()] = s.clock
	return moment{thread: int32(cur.ID()), steps: int32(cur.Steps())}
}

// gone returns the thread that has ended since the last pick, the youngest if there are
// several.
func (s *steer) gone(w *sim.World) (t *sim.Thread) {
	for id := range s.ended {
		if u := w.Thread(id); !s.ended[id] && u.Done() {
			s.ended[id], t = true, u
		}
	}
	return t
}

// plain returns the thread that goes on in the plain schedule: cur if it can, else the one
// that ran last or is new, and of those that are equally new the oldest.
func (s *steer) plain(w *sim.World, cur *sim.Thread) int {
	e := w.Enabled()
	if cur != nil && e.Has(cur.ID()) {
		return cur.ID()
	}
	best := e.Next(-1)
	for id := e.Next(best); id >= 0; id = e.Next(id) {
		if s.last[id] > s.last[best] {
			best = id
		}
	}
	return best
}
