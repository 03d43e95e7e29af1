// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"dlsim/sim"
	"dlsim/sim/explore"
)

// Kernel tells what only the simulated kernel knows of stacks.
type Kernel struct {
	// Frames unwinds a stack.
	Frames sim.Unwinder
	// Blocked returns how a thread that waits at the named operation looks in a crash dump:
	// its state (SLEEP or STOPPED), the kind of what it sleeps on (MUTEX, RWLOCK, CV, SHUTTLE,
	// <none>), and the frames of the kernel that put it to sleep, innermost first; not ok if no
	// thread waits there.
	Blocked func(op string) (state, sobj string, frames []string, ok bool)
}

// MDB writes the threads and locks at the failure as mdb would show them of a crash dump:
// the output of ::stacks, of ::mutex, ::rwlock and ::wchaninfo -v for each thing that is held
// or waited for, and of ::findlocks. Addresses are made up, the same for the same name; names
// stand in a last column or in parentheses.
func MDB(w io.Writer, f Failure, k Kernel) error {
	m := &mdb{Writer: bufio.NewWriter(w), r: f.Record, k: k}
	m.number()
	fmt.Fprintf(m, "%s", strings.ToUpper(string(f.Record.Kind)))
	if f.Scenario.Name != "" {
		fmt.Fprintf(m, " in %s", f.Scenario.Name)
	}
	fmt.Fprintf(m, ": %s\n", headline(f.Record))
	for _, n := range f.Notes {
		fmt.Fprintf(m, "note: %s\n", n)
	}
	if f.Trace != "" {
		fmt.Fprintf(m, "replay: dlsim replay %s\n", shellQuote(f.Trace))
	}
	m.stacks()
	for _, o := range m.objects() {
		m.object(o)
	}
	m.findlocks()
	return m.Flush()
}

type mdb struct {
	*bufio.Writer
	r       *explore.Record
	k       Kernel
	address map[string]uint64 // of threads and objects
}

// number gives every thread and object an address. Threads are numbered as they were created;
// locks and fields of one buffer are near each other, as their names tell.
func (m *mdb) number() {
	m.address = make(map[string]uint64)
	used := make(map[uint64]bool)
	give := func(name string, at, step uint64) {
		for used[at] {
			at += step
		}
		used[at] = true
		m.address[name] = at
	}
	for i := range m.r.States {
		give("thread "+m.r.States[i].Thread, 0xffffff0100000000|hash(m.r.States[i].Thread)&0xfffffc0, 0x40)
	}
	names := make(map[string]bool)
	for i := range m.r.States {
		s := &m.r.States[i]
		names[s.Object] = true
		for _, h := range s.Holds {
			names[h.Object] = true
		}
	}
	delete(names, "")
	sorted := make([]string, 0, len(names))
	for n := range names {
		sorted = append(sorted, n)
	}
	slices.Sort(sorted)
	for _, n := range sorted {
		switch buffer := family(n); {
		case buffer != "":
			give(n, 0xffffff0200000000|hash(buffer)&0xffffe00+hash(n)&0x1f8, 8)
		case strings.ContainsRune(n, '('):
			give(n, 0xffffff0300000000|hash(n)&0xffffff8, 8)
		default: // a variable of a module
			give(n, 0xfffffffff8000000|hash(n)&0x3fffff8, 8)
		}
	}
}

// hash is FNV-1a.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

func (m *mdb) thread(name string) string {
	if a := m.address["thread "+name]; a != 0 {
		return fmt.Sprintf("%016x", a)
	}
	return name
}

// stacks writes the threads that have not ended, in groups of the same stack: the running one
// last, as mdb does with the one that panicked, and before it those the failure is about.
func (m *mdb) stacks() {
	type group struct {
		state, sobj string
		frames      []string
		names       []string
	}
	var groups []*group
	for i := range m.r.States {
		s := &m.r.States[i]
		if s.Done || s.Op == "thread_join" || s.Op == "quiesce" { // by a thread of the simulator
			continue
		}
		state, sobj, frames := m.stack(s)
		at := slices.IndexFunc(groups, func(g *group) bool {
			return g.state == state && g.sobj == sobj && slices.Equal(g.frames, frames)
		})
		if at < 0 {
			groups = append(groups, &group{state, sobj, frames, nil})
			at = len(groups) - 1
		}
		groups[at].names = append(groups[at].names, s.Thread)
	}
	about := involved(m.r)
	weight := func(g *group) int {
		switch {
		case slices.Contains(g.names, m.r.Thread) && !atQuiescence(m.r):
			return 2
		case slices.ContainsFunc(g.names, func(n string) bool { return about[n] }):
			return 1
		}
		return 0
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return weight(a) - weight(b) })
	m.command("::stacks -a")
	fmt.Fprintf(m, "%-16s %-8s %-8s %8s\n", "THREAD", "STATE", "SOBJ", "COUNT")
	for at, g := range groups {
		if at > 0 {
			fmt.Fprintln(m)
		}
		for i, n := range g.names {
			if i == 0 {
				fmt.Fprintf(m, "%s %-8s %-8s %8d  %s\n", m.thread(n), g.state, g.sobj, len(g.names), n)
			} else {
				fmt.Fprintf(m, "%s %28s%s\n", m.thread(n), "", n)
			}
		}
		for _, f := range g.frames {
			fmt.Fprintf(m, "%-16s %s\n", "", f)
		}
	}
}

// stack returns the state of a thread that has not ended, what it sleeps on, and its frames.
func (m *mdb) stack(s *explore.State) (state, sobj string, frames []string) {
	sleepState, sleepsOn, slept, known := m.k.Blocked(s.Op)
	switch {
	case s.Thread == m.r.Thread && m.r.Kind == sim.KindPanic:
		state, sobj = "PANIC", "<none>"
		frames = []string{"vpanic"}
	case s.Thread == m.r.Thread && !s.Blocked:
		state, sobj = "ONPROC", "<none>"
	case !s.Blocked:
		state, sobj = "RUN", "<none>"
	case known:
		state, sobj, frames = sleepState, sleepsOn, slices.Clone(slept)
	default:
		state, sobj = "SLEEP", "<none>"
	}
	for _, x := range m.k.Frames(s.PCs) {
		text := x.String()
		if n := len(frames); n > 0 && (frames[n-1] == x.Func || frames[n-1] == text) {
			frames[n-1] = text
			continue
		}
		frames = append(frames, text)
	}
	return state, sobj, frames
}

// object is something that threads hold or wait for.
type object struct {
	name    string
	sobj    string         // of a wait for it, or what it was taken as
	holders []string       // threads
	write   bool           // held as writer
	waiters []waitingOrder // threads, in the order in which they came
}

type waitingOrder struct {
	thread string
	write  bool
	since  int
}

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

func (m *mdb) command(c string) { fmt.Fprintf(m, "\n> %s\n", c) }

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
