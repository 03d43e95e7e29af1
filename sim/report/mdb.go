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

func (m *mdb) command(c string) { fmt.Fprintf(m, "\n> %s\n", c) }
