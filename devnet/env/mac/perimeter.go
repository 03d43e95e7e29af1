// SPDX-License-Identifier: CDDL-1.0

package mac

import (
	"fmt"

	"dlsim/devnet/env"
	"dlsim/sim"
)

var (
	opPerimEnter = &sim.OpType{Name: "perim_enter", Access: sim.Write, Acquire: sim.Exclusive}
	opPerimTry   = &sim.OpType{Name: "perim_enter_nowait", Access: sim.Write, Tries: true}
	opPerimExit  = &sim.OpType{Name: "perim_exit", Access: sim.Write, Inside: true}
	opPerimGot   = &sim.OpType{Name: "perim_enter (waiting)", Access: sim.Write, Wait: true}
	opPerimAfter = &sim.OpType{Name: "after perim_exit", Access: sim.Local}
)

// perimeter is the mac perimeter of one MAC (environment.md 4.1): owned by a thread,
// which may enter again, and never handed off. The kernel wakes one waiter at each exit;
// a newcomer may win before it, so whoever wants the perimeter may be next.
type perimeter struct {
	obj     sim.Object
	name    string
	owner   *sim.Thread
	count   int
	wanting sim.Queue
}

func (p *perimeter) init(w *sim.World, name string) {
	w.Register(&p.obj, "PERIM", name, 0, p)
	p.obj.Guard(sim.Exclusive)
	p.name, p.owner, p.count = name, nil, 0
	p.wanting.Reset()
}

// enter enters the perimeter for what: "" for a client, else the function of the mac layer
// that needs it.
func (p *perimeter) enter(t *sim.Thread, what string) {
	switch {
	case t.World().Handoff():
		p.enterInOrder(t, what)
		return
	case p.owner == nil || p.owner == t:
		t.Step(opPerimEnter, &p.obj, &p.wanting)
	default:
		t.Block(opPerimEnter, &p.obj, &p.wanting)
	}
	if p.owner == t {
		p.count++
		return
	}
	p.take(t)
}

// enterInOrder is enter in a world with Config.Handoff: arriving is a step of its own.
func (p *perimeter) enterInOrder(t *sim.Thread, what string) {
	if p.owner == t && what != "" {
		p.count++ // nobody can tell
		return
	}
	t.Step(opPerimEnter, &p.obj, nil)
	switch p.owner {
	case nil:
		p.log(t, "perim_enter", what, "")
		p.take(t)
	case t:
		p.count++
		p.log(t, "perim_enter", what, fmt.Sprintf(" depth=%d", p.count))
	default:
		p.log(t, "perim_enter", what, " wait owner="+p.owner.Name())
		t.Block(opPerimGot, &p.obj, &p.wanting)
		p.log(t, "perim_enter", what, " got")
	}
}

func (p *perimeter) log(t *sim.Thread, op, what, rest string) {
	if !t.Logging() {
		return
	}
	if what != "" {
		what = " (" + what + ")"
	}
	t.Logf("%s %s%s%s", op, p.name, what, rest)
}

// tryEnter enters the perimeter if nobody, the caller included, is in it.
func (p *perimeter) tryEnter(t *sim.Thread) bool {
	t.Step(opPerimTry, &p.obj, nil)
	if p.owner != nil {
		return false
	}
	p.take(t)
	return true
}

// take makes t the owner of a perimeter that has none.
func (p *perimeter) take(t *sim.Thread) {
	p.owner, p.count = t, 1
	t.Held(&p.obj, "")
	t.World().DisableAll(&p.wanting)
	t.World().Admit(&p.obj, sim.Nobody)
}

// exit leaves the perimeter; what as in enter.
func (p *perimeter) exit(t *sim.Thread, what string) {
	if t.World().Handoff() && p.owner == t && p.count > 1 && what != "" {
		p.count--
		return
	}
	t.Step(opPerimExit, &p.obj, nil)
	if p.owner != t {
		t.Fail(sim.KindPanic, "perim_exit by non-owner",
			"mac_perim_exit: "+t.Name()+" does not own "+p.obj.Name())
	}
	if p.count--; p.count > 0 {
		p.log(t, "perim_exit", what, fmt.Sprintf(" depth=%d", p.count))
		return
	}
	p.log(t, "perim_exit", what, "")
	p.owner = nil
	t.Unheld(&p.obj)
	if !t.World().Handoff() {
		t.World().EnableAll(&p.wanting)
		t.World().Admit(&p.obj, sim.Exclusive)
	} else if u := p.wanting.First(); u != nil {
		p.wanting.Remove(u)
		p.owner, p.count = u, 1
		u.Granted(&p.obj, "")
		t.World().Wake(t, u)
	}
	t.LogPoint(opPerimAfter, &p.obj)
}

// Blockers implements sim.Resource.
func (p *perimeter) Blockers(_ *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	if p.owner != nil {
		buf = append(buf, p.owner)
	}
	return buf
}

// Perim is a mac_perim_handle_t.
type Perim struct {
	m *MAC
	// close says that the handle was made by name or by linkid and holds the MAC open.
	close bool
}

// PerimEnterByMH is mac_perim_enter_by_mh. The caller keeps the MAC alive.
func (l *Layer) PerimEnterByMH(t *sim.Thread, m *MAC) Perim {
	m.perimOwner().perim.enter(t, "")
	return Perim{m: m}
}

// PerimEnterByMacname is mac_perim_enter_by_macname: it holds the MAC open for its stay.
func (l *Layer) PerimEnterByMacname(t *sim.Thread, name string) (Perim, env.Errno) {
	m, err := l.Open(t, name)
	if err != 0 {
		return Perim{}, err
	}
	m.perimOwner().perim.enter(t, "")
	return Perim{m: m, close: true}, 0
}

// PerimEnterByLinkid is mac_perim_enter_by_linkid. It waits for the link's property task
// with a temporary hold and without the perimeter, so it must not be called inside it.
func (l *Layer) PerimEnterByLinkid(t *sim.Thread, id env.LinkID) (Perim, env.Errno) {
	m, err := l.OpenByLinkid(t, id)
	if err != 0 {
		return Perim{}, err
	}
	m.perimOwner().perim.enter(t, "")
	return Perim{m: m, close: true}, 0
}

// PerimExit is mac_perim_exit. A handle made by name or linkid is left first and then
// closed, for which the perimeter is entered again: so even the exit can block.
func (l *Layer) PerimExit(t *sim.Thread, p Perim) {
	p.m.perimOwner().perim.exit(t, "")
	if p.close {
		l.Close(t, p.m)
	}
}

// PerimHeld is MAC_PERIM_HELD.
func (m *MAC) PerimHeld(t *sim.Thread) bool { return m.perimOwner().perim.owner == t }

// perimOwner returns the MAC whose perimeter m uses: a VNIC that of its lower MAC.
func (m *MAC) perimOwner() *MAC {
	if m.Lower != nil {
		return m.Lower
	}
	return m
}

// MAC returns the MAC that the handle was made for; the perimeter may be its lower MAC's.
func (p Perim) MAC() *MAC { return p.m }
