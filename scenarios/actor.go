// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dld"
	"dlsim/devnet/env/sdev"
	"dlsim/model"
	"dlsim/sim"
)

// actor is one thread of the scenario.
type actor struct {
	m       *machine
	spec    *Thread
	context env.Context
	thread  *sim.Thread
	handles map[string]env.DLHandle
	holds   map[string]*hold  // those among the handles, by name
	macs    map[string]string // of the links that the handles are holds on
	killed  bool              // by the shutdown of its zone
	life    sim.Object        // behind killed
	run     func(*sim.Thread)
}

// call is one step being done.
type call struct {
	m     *machine
	t     *sim.Thread
	actor *actor
	made  env.DLHandle // the handle the operation made
	// madeMAC is the MAC of the link that it is a hold on.
	madeMAC string
}

// closeAll releases the handles that the thread has left, as the exit of its process does.
func (a *actor) closeAll(t *sim.Thread) {
	c := &call{m: a.m, t: t, actor: a}
	for _, name := range slices.Sorted(maps.Keys(a.handles)) {
		switch h := a.handles[name].(type) {
		case *sdev.Node:
			c.closeNode(h, a.macs[name])
		case *dld.Stream:
			c.detachStream(h, a.macs[name])
		}
	}
	clear(a.handles)
}

// main runs the steps of the thread.
func (a *actor) main(t *sim.Thread) {
	for i := range a.spec.Steps {
		a.do(t, &a.spec.Steps[i])
	}
}

// isKilled reports whether the shutdown of its zone has ended the thread.
func (a *actor) isKilled(t *sim.Thread) bool {
	if a.context.Zone != env.GlobalZone {
		t.Touch(&a.life, sim.Read)
	}
	return a.killed
}

// do does one step. A step whose handle was never obtained is skipped.
func (a *actor) do(t *sim.Thread, s *Step) {
	if a.isKilled(t) {
		return
	}
	if h, ok := s.Args.(handled); ok && a.handles[h.handle()] == nil {
		return
	}
	c := &call{m: a.m, t: t, actor: a}
	books := a.m.kernel.Refs()
	books.Begin(t, s.Text)
	p := a.context.Process
	if s.Op.Group == "control" {
		p = nil // in user space
	}
	p.Enter(t)
	err := s.Op.run(c, s.Args)
	p.Leave(t)
	if s.As != "" && err == 0 {
		a.handles[s.As], a.macs[s.As] = c.made, c.madeMAC
		a.keep(t, s)
	}
	t.Result(s.Text, err.String())
	books.Return(t)
	t.Progress()
	if a.m.answers && len(s.Answers) > 0 && !slices.Contains(s.Answers, err.String()) {
		t.Fail(sim.KindAnswer, s.Op.Name+" "+err.String(), fmt.Sprintf(
			"%s answers %s and must answer %s", s.Text, err, strings.Join(s.Answers, " or ")))
	}
}

// id returns the linkid of a declared link. That of a tunnel which an open makes is the
// daemon's choice, so whoever wants it has asked the daemon before.
func (c *call) id(link string) env.LinkID {
	l := c.m.sc.link(link)
	if l.Class == "iptun" && l.Absent {
		if id := c.m.kernel.Daemon.IDOf(c.t, l.Name); id != env.InvalidLinkID {
			return id
		}
	}
	return env.LinkID(l.ID)
}

func (c *call) zone(name string) env.ZoneID { return c.m.zoneID(name) }

// take returns a handle and forgets it: it has been released.
func (c *call) take(name string) env.DLHandle {
	h := c.actor.handles[name]
	delete(c.actor.handles, name)
	c.m.kernel.Refs().Reclaim(c.t, nil, c.actor.holds[name])
	return h
}

// held returns the arguments of an operation on a link that the thread holds.
func (c *call) held(name string) model.Args { return model.Args{MAC: c.actor.macs[name]} }
