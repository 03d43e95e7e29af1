// SPDX-License-Identifier: CDDL-1.0

package shrink

import "slices"

// node is a schedule that is yet to be run: that of its parent with one turn more, later
// than the others.
type node struct {
	parent *node
	turn   turn
	spent  int // preemptions among the turns
}

// turns returns the turns of the node, earliest first.
func (n *node) turns() []turn {
	var out []turn
	for ; n.parent != nil; n = n.parent {
		out = append(out, n.turn)
	}
	slices.Reverse(out)
	return out
}

// frontier is a bounded search under way.
type frontier struct {
	search      *Search
	preemptions int // the bound
	limit       int // of what search.Schedules may become
	level       [][]*node
	next        [][]*node // by preemptions spent
	cut         bool      // some were left out of next because nothing would be left for them
}

// bounded runs schedules with at most the given number of preemptions: the plain one, then
// all that differ from it in one turn, then in two, and so on; of those with equally many
// turns the ones with fewer preemptions first. This is iterative context bounding (Musuvathi
// and Qadeer, PLDI 2007) that counts the other turns as well, so that what is simple to
// explain comes first. visit is told of each schedule that is the target and returns the
// bound to go on with, negative to stop. complete says that no schedule within the bound is
// left; else the budget, a number of schedules, is used up.
func (s *Search) bounded(preemptions, budget int, visit func(*Schedule) int) (complete bool) {
	if preemptions < 0 {
		return true
	}
	s.unsure = false
	f := &frontier{search: s, preemptions: preemptions, limit: s.Schedules + budget}
	f.level = [][]*node{{new(node)}}
	for len(f.level) > 0 {
		f.next = make([][]*node, f.preemptions+1)
		for spent := 0; spent < len(f.level) && spent <= f.preemptions; spent++ {
			for _, n := range f.level[spent] {
				if s.Schedules >= f.limit || s.stopped {
					return false
				}
				if found := s.run(n.turns(), true); found != nil {
					if f.preemptions = visit(found); f.preemptions < 0 {
						return false
					}
				}
				f.extend(n)
			}
		}
		f.level = f.next
		for len(f.level) > 0 && len(f.level[len(f.level)-1]) == 0 {
			f.level = f.level[:len(f.level)-1]
		}
	}
	return !f.cut && !s.stopped && !s.unsure
}

// extend adds the schedules that have one turn more than n, whose run was the last.
func (f *frontier) extend(n *node) {
	begun := n.parent == nil
	for _, p := range f.search.steer.points {
		if !begun {
			begun = p.at == n.turn.at
			continue
		}
		spent := n.spent
		if p.preempt {
			spent++
		}
		if spent > f.preemptions {
			continue
		}
		for _, v := range p.others {
			if len(f.next[spent]) > f.limit-f.search.Schedules {
				f.cut = true
				return
			}
			f.next[spent] = append(f.next[spent], &node{n, turn{p.at, v}, spent})
		}
	}
}
