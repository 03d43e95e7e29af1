// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"dlsim/devnet"
	"dlsim/devnet/env"
	"dlsim/devnet/env/zone"
	"dlsim/model"
	"dlsim/sim"
)

// history records what the clients of the kernel and of the daemon do in one schedule, and what
// they are answered, for the specification to judge. Its memory is used again by the next
// schedule.
type history struct {
	model.History
	on    bool
	clock int64
}

// systemOf returns what a scenario starts from, as it declares it.
func systemOf(m *machine) model.System {
	var sys model.System
	sc := m.sc
	for i := range sc.System.Links {
		l := &sc.System.Links[i]
		k := model.Link{
			MAC: l.MAC, Class: env.Class(l.Class), Absent: l.Absent, ID: env.LinkID(l.ID), Name: l.Name,
			Owner: m.zoneID(l.Zone), Zone: m.zoneID(l.Zone), Flows: l.Flows, Over: sc.over(l),
		}
		if l.Assigned != "" {
			k.Zone = m.zoneID(l.Assigned)
		}
		n := model.Name{ID: k.ID, Name: l.Name, Class: k.Class, Owner: k.Owner, Zone: k.Zone}
		if k.Class == env.ClassPhys {
			n.Dev = l.MAC
		}
		if !l.Removed && (!l.Absent || k.Class == env.ClassPhys) {
			sys.Links = append(sys.Links, k)
		}
		if !l.Absent && !l.Removed || k.Class == env.ClassPhys && l.Known {
			sys.Names = append(sys.Names, n)
		}
	}
	for i := range sc.System.Zones {
		z := &sc.System.Zones[i]
		sys.Zones = append(sys.Zones, model.Zone{ID: env.ZoneID(z.ID), State: statusOf(z.State)})
	}
	for i := range m.faults {
		sys.Faults = append(sys.Faults, model.Fault{Thread: m.faults[i].Thread, Err: m.faults[i].errno})
	}
	sys.Rebuild = true
	return sys
}

// statusOf returns the number of a status on the ladder.
func statusOf(name string) int {
	s, _ := zone.ParseStatus(name)
	return int(s)
}

// over returns the links that a link is made on.
func (s *Scenario) over(l *Link) []env.LinkID {
	var out []env.LinkID
	if l.Over != "" {
		out = append(out, env.LinkID(s.link(l.Over).ID))
	}
	for _, p := range l.Ports {
		out = append(out, env.LinkID(s.link(p).ID))
	}
	return out
}

func (h *history) reset() {
	h.Ops, h.clock = h.Ops[:0], 0
}

// begin notes the call of an operation and returns its number.
func (h *history) begin(t *sim.Thread, op model.Op, a model.Args) int {
	if !h.on {
		return 0
	}
	h.clock++
	h.Ops = append(h.Ops, model.Operation{Thread: t.Name(), Op: op, Args: a, Call: h.clock, Pending: true, After: t.World().Steps()})
	return len(h.Ops) - 1
}

// end notes its return.
func (h *history) end(t *sim.Thread, num int, r model.Result) {
	if !h.on {
		return
	}
	h.clock++
	o := &h.Ops[num]
	if o.Return == 0 || r.Err != 0 {
		o.Return = h.clock
	}
	o.Pending, o.Result, o.Until = false, r, t.World().Steps()
}

// judged does work as an operation of the history, called by the step's thread from its zone.
func (c *call) judged(op model.Op, a model.Args, work func() model.Result) env.Errno {
	a.Zone = env.Of(c.t).Zone
	n := c.m.history.begin(c.t, op, a)
	r := work()
	c.m.history.end(c.t, n, r)
	return r.Err
}

// plain is judged for work that answers with an errno.
func (c *call) plain(op model.Op, a model.Args, work func() env.Errno) env.Errno {
	return c.judged(op, a, func() model.Result { return model.Result{Err: work()} })
}

// void is judged for work that does not answer.
func (c *call) void(op model.Op, a model.Args, work func()) {
	c.judged(op, a, func() model.Result {
		work()
		return model.Result{}
	})
}

// hold is judged for work that takes a hold, which becomes that of the step.
func (c *call) hold(op model.Op, a model.Args, work func() (env.DLHandle, env.Errno)) env.Errno {
	return c.judged(op, a, func() model.Result {
		h, err := work()
		c.made = h
		return c.holds(h, err)
	})
}

// holds is the result of an operation that has got a hold.
func (c *call) holds(h env.DLHandle, err env.Errno) model.Result {
	r := model.Result{Err: err}
	if err == 0 {
		r.MAC, r.Link = devnet.HandleMAC(h)
		c.madeMAC = r.MAC
	}
	return r
}

// Held implements dls.Events. An open has had its effect once the thread has the dls_link: the zone that
// the link is moved to between then and the return of the call is no concern of it.
func (h *history) Held(t *sim.Thread) {
	for i := len(h.Ops) - 1; i >= 0; i-- {
		if o := &h.Ops[i]; o.Pending && o.Op == model.Open && o.Thread == t.Name() {
			h.clock++
			o.Return = h.clock
			return
		}
	}
}

// Begin implements dls.Events.
func (h *history) Begin() int64 {
	h.clock++
	return h.clock
}

// End implements dls.Events.
func (h *history) End(t *sim.Thread, begin int64, mac, name string, id env.LinkID, zone env.ZoneID) {
	n := h.begin(t, model.LinkEvent, model.Args{MAC: mac})
	h.end(t, n, model.Result{Name: name, Link: id, Zone: zone})
	if h.on {
		h.Ops[n].Call = begin
	}
}
