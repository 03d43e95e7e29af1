// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"strconv"
	"strings"

	"dlsim/sim"
)

// goldenStrategy follows the schedules of golden scripts. A step of a thread does the event
// that it stands before and goes on to the next one; what the model does not know of as an
// event is no point to it.
type goldenStrategy struct {
	g       *golden
	going   bool
	stop    bool
	running *sim.Thread // that did the last event
	items   []string
	item    goldenItem
	random  *uint64 // the state of splitmix64, nil before seed=
}

// goldenItem is the item being followed.
type goldenItem struct {
	active bool
	thread *sim.Thread
	steps  int    // left, -1 for no limit
	until  string // the next event's text
	opEnd  bool   // until the operation ends
	ops    int    // operations left when it began
}

func (s *goldenStrategy) begin(items []string) {
	s.going, s.items, s.item, s.random = true, items, goldenItem{}, nil
}

func (s *goldenStrategy) finish() { s.going = false }

// Begin implements sim.Strategy.
func (s *goldenStrategy) Begin(*sim.World) {}

// Choose implements sim.Strategy: always the first, as all queues are first come, first served.
func (s *goldenStrategy) Choose(*sim.World, *sim.Thread, int, string) int { return 0 }

// Pick implements sim.Strategy.
func (s *goldenStrategy) Pick(w *sim.World, cur *sim.Thread) int {
	if s.stop {
		return sim.StopRun
	}
	if cur != nil && cur.Enabled() && !s.visible(cur) {
		return cur.ID()
	}
	// Who stands before something that is no event goes on to what is one.
	var next *sim.Thread
	w.Threads(func(t *sim.Thread) {
		if next == nil && t.Enabled() && !s.visible(t) {
			next = t
		}
	})
	if next != nil {
		return next.ID()
	}
	switch {
	case s.going:
		s.running = s.scheduled(w)
	case s.running == nil || !s.running.Enabled():
		s.running = s.first(w)
	}
	return s.running.ID()
}

// runnable returns the threads that can do an event, in the order of their creation.
func (s *goldenStrategy) runnable(w *sim.World) []*sim.Thread {
	var out []*sim.Thread
	w.Threads(func(t *sim.Thread) {
		if t.Enabled() {
			out = append(out, t)
		}
	})
	return out
}

func (s *goldenStrategy) first(w *sim.World) *sim.Thread { return s.runnable(w)[0] }

// scheduled returns the thread that the items say goes on.
func (s *goldenStrategy) scheduled(w *sim.World) *sim.Thread {
	for {
		if s.random != nil {
			all := s.runnable(w)
			return all[s.draw()%uint64(len(all))]
		}
		if !s.item.active && !s.next(w) {
			return s.first(w)
		}
		if s.random != nil {
			continue
		}
		if t := s.step(); t != nil {
			return t
		}
	}
}

// draw is splitmix64.
func (s *goldenStrategy) draw() uint64 {
	*s.random += 0x9e3779b97f4a7c15
	z := *s.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// next begins the next item that can be followed; false if there is none.
func (s *goldenStrategy) next(w *sim.World) bool {
	for len(s.items) > 0 {
		item := s.items[0]
		s.items = s.items[1:]
		if n, ok := strings.CutPrefix(item, "seed="); ok {
			seed, _ := strconv.ParseUint(n, 10, 64)
			s.random = &seed
			return true
		}
		i := strings.IndexAny(item+".", ".;@*")
		name, how := item[:i], item[i:]
		t := s.find(w, name)
		if t == nil {
			continue
		}
		if !t.Enabled() {
			if !t.Done() {
				s.g.print("sched: %s cannot run (%s)", name, s.waitText(t))
			}
			continue
		}
		s.item = goldenItem{active: true, thread: t, steps: -1}
		switch {
		case how == "":
			s.item.steps = 1
		case how[0] == '*':
			s.item.steps, _ = strconv.Atoi(how[1:])
		case how[0] == '@':
			s.item.until = how[1:]
		case how[0] == ';':
			s.item.opEnd = true
			for _, a := range s.g.actors {
				if a.thread == t {
					s.item.ops = len(a.ops)
					if a.current == "" {
						s.item.ops--
					}
				}
			}
		}
		return true
	}
	return false
}

// cannot says that what the items left over cannot run, when nothing can any more.
func (s *goldenStrategy) cannot() {
	for _, item := range s.items {
		name := item[:strings.IndexAny(item+".", ".;@*")]
		if text, ok := s.g.blocked[name]; ok {
			s.g.print("sched: %s cannot run (%s)", name, text)
		}
	}
}

// step does one step of the item; nil if the item is at its end.
func (s *goldenStrategy) step() *sim.Thread {
	it := &s.item
	t := it.thread
	if !t.Enabled() || it.steps == 0 ||
		it.until != "" && strings.Contains(underscore(s.pendingText(t)), underscore(it.until)) ||
		it.opEnd && s.ended(t) {
		it.active = false
		return nil
	}
	if it.steps > 0 {
		it.steps--
	}
	return t
}

// ended reports whether the operation that the item is about has ended.
func (s *goldenStrategy) ended(t *sim.Thread) bool {
	for _, a := range s.g.actors {
		if a.thread == t {
			return a.current == "" && len(a.ops) <= s.item.ops
		}
	}
	return false
}

func (s *goldenStrategy) find(w *sim.World, name string) *sim.Thread {
	var found *sim.Thread
	w.Threads(func(t *sim.Thread) {
		if s.g.rename(t.Name()) == name {
			found = t
		}
	})
	return found
}

func underscore(s string) string { return strings.ReplaceAll(s, " ", "_") }

// events are the operations that the model knows of as events.
var events = map[string]bool{
	"thread_start": true, "op": true, "mutex_enter": true, "mutex_enter (waiting)": true, "mutex_exit": true,
	"rw_enter R": true, "rw_enter W": true, "rw_enter R (waiting)": true, "rw_enter W (waiting)": true,
	"rw_exit R": true, "rw_exit W": true,
	"cv_wait": true, "cv_wait (waiting)": true, "cv_wait (mutex_enter)": true, "cv_signal": true,
	"cv_broadcast": true, "perim_enter": true, "perim_enter (waiting)": true, "perim_exit": true,
	"taskq_dispatch": true, "task_run": true,
	"delay": true, "kmem_cache_alloc": true, "kmem_cache_free": true,
	"kstat_create": true, "kstat_hold": true, "kstat_hold (waiting)": true, "kstat_delete": true,
	"kstat_rele": true, "mac_stat_get": true, "dls_link_dev": true, "iptun_delete": true,
}

// visible reports whether the pending operation of t is an event of the model.
func (s *goldenStrategy) visible(t *sim.Thread) bool {
	op := t.Pending()
	switch name := op.Type.Name; {
	case strings.HasPrefix(name, "upcall "):
		return true
	case strings.HasPrefix(name, "after "):
		return s.g.fine
	case strings.HasPrefix(name, "kmem_"):
		return op.Object.Class() == "dls_devnet_cache"
	default:
		return events[name]
	}
}

// pendingText is the event that t stands before, in the words of the model.
func (s *goldenStrategy) pendingText(t *sim.Thread) string {
	op := t.Pending()
	if op.Type == nil {
		return ""
	}
	name, object := op.Type.Name, ""
	if op.Object != nil {
		object = op.Object.Name()
		if mac, ok := strings.CutPrefix(object, "PERIM("); ok {
			object = strings.TrimSuffix(mac, ")")
		}
	}
	switch {
	case name == "op":
		for _, a := range s.g.actors {
			if a.thread == t {
				return "op " + a.ops[0]
			}
		}
	case strings.HasPrefix(name, "rw_"):
		return name[:len(name)-1] + object + " " + name[len(name)-1:]
	case name == "mac_stat_get":
		return "dls_stat_update"
	case name == "kstat_hold":
		return "kstat_read"
	}
	return name + " " + object
}

// waitText says what blocked thread t waits for.
func (s *goldenStrategy) waitText(t *sim.Thread) string {
	text, owner, waits := strings.Cut(s.g.last[t.Name()], " wait owner=")
	if waits {
		text += " (owner " + owner + ")"
	}
	return text
}
