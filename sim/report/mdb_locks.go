// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"dlsim/sim/explore"
)

// objects returns what is held or waited for by a thread that has not ended, those that the
// failure is about first.
func (m *mdb) objects() []*object {
	var all []*object
	get := func(name string) *object {
		for _, o := range all {
			if o.name == name {
				return o
			}
		}
		all = append(all, &object{name: name})
		return all[len(all)-1]
	}
	for _, e := range m.r.Cycle {
		if e.Object != "" {
			get(e.Object)
		}
	}
	for i := range m.r.States {
		s := &m.r.States[i]
		for _, h := range s.Holds {
			o := get(h.Object)
			o.holders = append(o.holders, s.Thread)
			o.write = o.write || h.Mode == "W"
			if o.sobj == "" {
				o.sobj = m.taken(s.Thread, h)
			}
		}
		if s.Done || !s.Blocked || s.Object == "" || s.Helper {
			continue
		}
		o := get(s.Object)
		o.waiters = append(o.waiters, waitingOrder{s.Thread, strings.HasPrefix(s.Op, "rw_enter W"), s.Since})
		if _, sobj, _, ok := m.k.Blocked(s.Op); ok {
			o.sobj = sobj
		}
	}
	for _, o := range all {
		slices.SortStableFunc(o.waiters, func(a, b waitingOrder) int { return a.since - b.since })
	}
	return all
}

// taken returns as what a thread has taken what it holds, "" if not as a lock of the kernel.
func (m *mdb) taken(thread string, h explore.Hold) string {
	for i := range m.r.Events {
		switch e := &m.r.Events[i]; {
		case e.Thread != thread || e.Object != h.Object:
		case e.Op == "mutex_enter":
			return "MUTEX"
		case strings.HasPrefix(e.Op, "rw_enter "):
			return "RWLOCK"
		}
	}
	return ""
}

func (m *mdb) object(o *object) {
	at := fmt.Sprintf("%016x", m.address[o.name])
	switch o.sobj {
	case "MUTEX":
		m.command(at + "::mutex")
		held, waiters := "no", "no"
		if len(o.holders) > 0 {
			held = m.thread(o.holders[0])
		}
		if len(o.waiters) > 0 {
			waiters = "yes"
		}
		fmt.Fprintf(m, "%16s %5s %16s %6s %6s %7s\n", "ADDR", "TYPE", "HELD", "MINSPL", "OLDSPL", "WAITERS")
		fmt.Fprintf(m, "%s %5s %16s %6s %6s %7s  %s\n", at, "adapt", held, "-", "-", waiters, o.name)
	case "RWLOCK":
		m.command(at + "::rwlock")
		m.rwlock(at, o)
	case "CV":
		if len(o.waiters) == 0 {
			return
		}
		m.command(at + "::wchaninfo -v")
		fmt.Fprintf(m, "%-16s %-4s %8s   %-16s %s\n", "ADDR", "TYPE", "NWAITERS", "THREAD", "PROC")
		for i, w := range o.waiters {
			if i == 0 {
				fmt.Fprintf(m, "%s %4s %8d:  %s %s, on %s\n", at, "cond", len(o.waiters), m.thread(w.thread), w.thread, o.name)
			} else {
				fmt.Fprintf(m, "%33s%s %s\n", "", m.thread(w.thread), w.thread)
			}
		}
	}
}

// rwlock writes what ::rwlock does: the owner or the number of readers, three flags with their
// names, and the waiters beside them.
func (m *mdb) rwlock(at string, o *object) {
	owner := "-"
	switch {
	case o.write:
		owner = m.thread(o.holders[0])
	case len(o.holders) > 0:
		owner = fmt.Sprintf("READERS=%d", len(o.holders))
	}
	wanted := slices.ContainsFunc(o.waiters, func(w waitingOrder) bool { return w.write })
	flags := []struct {
		set  bool
		name string
	}{{o.write, "WRITE_LOCKED"}, {wanted, "WRITE_WANTED"}, {len(o.waiters) > 0, "HAS_WAITERS"}}
	bits, bars := "", ""
	for _, f := range flags {
		bits += map[bool]string{true: "1", false: "0"}[f.set]
		bars += map[bool]string{true: "|", false: " "}[f.set]
	}
	left := o.waiters
	line := func(s string) {
		s = fmt.Sprintf("%-39s", s)
		if len(left) > 0 {
			mode := map[bool]string{true: "W", false: "R"}[left[0].write]
			s += fmt.Sprintf(" %s (%s)  %s", m.thread(left[0].thread), mode, left[0].thread)
			left = left[1:]
		}
		fmt.Fprintln(m, strings.TrimRight(s, " "))
	}
	fmt.Fprintf(m, "%16s %16s %5s %16s\n", "ADDR", "OWNER/COUNT", "FLAGS", "WAITERS")
	line(fmt.Sprintf("%s %16s  B%s", at, owner, bits))
	line(fmt.Sprintf("%36s%s", "", bars))
	for i, f := range flags {
		if f.set {
			line(fmt.Sprintf("%17s%12s %s+%s", "", f.name, strings.Repeat("-", 6+i), bars[i+1:]))
		}
	}
	for len(left) > 0 {
		line("")
	}
	fmt.Fprintf(m, "%17s%s\n", "", o.name)
}

// findlocks writes the owner of each thing that is held, and where it was taken.
func (m *mdb) findlocks() {
	m.command("::findlocks")
	none := true
	for i := range m.r.States {
		s := &m.r.States[i]
		for _, h := range s.Holds {
			none = false
			verb := "is owned by"
			switch h.Mode {
			case "ref":
				verb = "is referenced by"
			case "R":
				verb = "is read by"
			}
			fmt.Fprintf(m, "%016x (%s) %s %s  %s, step %d%s\n", m.address[h.Object], h.Object, verb,
				m.thread(s.Thread), s.Thread, h.Step, at(h.Site))
		}
	}
	if none {
		fmt.Fprintln(m, "no locks are held")
	}
}
