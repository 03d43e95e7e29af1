// SPDX-License-Identifier: CDDL-1.0

package bugbook

import (
	"fmt"
	"slices"
	"strings"

	"dlsim/sim"
	"dlsim/sim/explore"
)

// Expected is a report that bugs.md asks for, or, of a bug that dlsim found, the one that its note
// tells of: what goes wrong, where, with which locks and threads. Threads are named as in the
// scenario and without their numbers; places are "function:line", or a function alone, of the
// original.
type Expected struct {
	// Says is what bugs.md asks for, in its words.
	Says string `yaml:"says"`
	// Scenario is the name of the file that shows it, without folder and extension; it may be
	// left out if the bug has one only.
	Scenario string `yaml:"scenario"`
	// Debug says that the kernel is a DEBUG one.
	Debug bool   `yaml:"debug"`
	Kind  string `yaml:"kind"`
	// Waits are the threads that wait, all of them, in a deadlock or hang.
	Waits []Wait `yaml:"waits"`
	// About are the lock classes, the sort of buffer, or the subject: all there are. Waits say it
	// as well.
	About []string `yaml:"about"`
	// Sites are places that are all in the report.
	Sites []string `yaml:"sites"`
	// Threads are those that the report is about: all that wait, or the one that fails and, of a
	// freed buffer, the one that freed it.
	Threads []string `yaml:"threads"`
	// Through are steps that the run makes, in this order: "thread place", and after a colon what
	// is noted of the step.
	Through []string `yaml:"through"`
}

// Wait is a thread that waits: where, for a lock of which class, and with which others at least.
type Wait struct {
	Thread string   `yaml:"thread"`
	At     string   `yaml:"at"`
	For    string   `yaml:"for"`
	With   []string `yaml:"with"`
}

// String words the wait: "admin at dls_devnet_unset for dd_cv with PERIM".
func (w Wait) String() string {
	s := fmt.Sprintf("%s at %s for %s", w.Thread, w.At, w.For)
	if len(w.With) > 0 {
		s += " with " + strings.Join(w.With, ", ")
	}
	return s
}

// String words the report: what is asked for, and as what it must be reported.
func (e *Expected) String() string {
	s := fmt.Sprintf("%q: a %s", e.Says, e.Kind)
	if e.Debug {
		s += " of a DEBUG kernel"
	}
	if len(e.Waits) > 0 {
		s += ":"
	} else {
		s += " about " + strings.Join(e.About, ", ")
	}
	for i, w := range e.Waits {
		if i > 0 {
			s += ";"
		}
		s += " " + w.String()
	}
	for _, l := range []struct {
		what  string
		names []string
	}{{"at", e.Sites}, {"by", e.Threads}} {
		if len(l.names) > 0 {
			s += "; " + l.what + " " + strings.Join(l.names, ", ")
		}
	}
	return s
}

// Names returns what a reader must find in the report: threads, places and classes.
func (e *Expected) Names() []string {
	names := slices.Concat(e.About, e.Sites, e.Threads)
	for _, w := range e.Waits {
		names = append(names, w.Thread, w.At, w.For)
		names = append(names, w.With...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ShownBy reports whether a scenario is to show e. All of a bug's do that are not told apart.
func (e *Expected) ShownBy(file string) bool {
	return e.Scenario == "" || strings.HasSuffix(file, "/"+e.Scenario+".yaml")
}

// Checks returns the checks of a scenario with that of the report, and without the judgement of
// histories, which may say it of the same schedules first, unless it is one.
func (e *Expected) Checks(own []string) []string {
	checks := slices.DeleteFunc(slices.Clone(own), func(c string) bool { return c == string(sim.KindLin) })
	if !slices.Contains(checks, e.Kind) {
		checks = append(checks, e.Kind)
	}
	slices.Sort(checks)
	return checks
}

// Differs says how a record is not the report that is asked for; "" if it is.
func (e *Expected) Differs(r *explore.Record) string {
	if string(r.Kind) != e.Kind {
		return fmt.Sprintf("it is a %s, not a %s", r.Kind, e.Kind)
	}
	if what := differentWaits(e.Waits, r); len(e.Waits) > 0 && what != "" {
		return what
	}
	about := r.Classes
	if len(about) == 0 {
		about = []string{r.Subject}
	}
	if e.About != nil && !slices.Equal(about, e.About) {
		return fmt.Sprintf("it is about %q, not %q", about, e.About)
	}
	for _, want := range e.Sites {
		if !slices.ContainsFunc(r.Sites, func(s sim.Site) bool { return at(s, want) }) {
			return fmt.Sprintf("%s is not among its sites %v", want, r.Sites)
		}
	}
	if got := threadsOf(r); e.Threads != nil && !slices.Equal(got, e.Threads) {
		return fmt.Sprintf("it is about the threads %q, not %q", got, e.Threads)
	}
	next := 0
	for _, want := range e.Through {
		i := slices.IndexFunc(r.Events[next:], func(ev explore.Event) bool { return passes(&ev, want) })
		if i < 0 {
			return fmt.Sprintf("no step %q from event %d on", want, next)
		}
		next += i + 1
	}
	return ""
}

// differentWaits says how the threads that wait are not those wanted; "" if they are.
func differentWaits(want []Wait, r *explore.Record) string {
	got := waits(r)
	left := slices.Clone(got)
	for _, w := range want {
		i := slices.IndexFunc(left, func(s explore.State) bool {
			return sort(s.Thread) == w.Thread && at(s.Site, w.At) && s.Class == w.For && holds(s, w.With)
		})
		if i < 0 {
			return fmt.Sprintf("no thread waits as %v; there wait %s", w, worded(got))
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) > 0 {
		return "there wait besides " + worded(left)
	}
	return ""
}

// waits returns the states of the threads that a deadlock or a hang is about.
func waits(r *explore.Record) []explore.State {
	if r.Kind == sim.KindHang {
		return r.Stuck()
	}
	var out []explore.State
	for _, s := range r.States {
		if slices.ContainsFunc(r.Cycle, func(e explore.Wait) bool { return e.Thread == s.Thread }) {
			out = append(out, s)
		}
	}
	return out
}

func holds(s explore.State, classes []string) bool {
	for _, c := range classes {
		if !slices.ContainsFunc(s.Holds, func(h explore.Hold) bool { return h.Class == c }) {
			return false
		}
	}
	return true
}

func worded(states []explore.State) string {
	var out []string
	for _, s := range states {
		w := Wait{Thread: sort(s.Thread), At: s.Site.String(), For: s.Class}
		for _, h := range s.Holds {
			w.With = append(w.With, h.Class)
		}
		out = append(out, w.String())
	}
	return strings.Join(out, "; ")
}

// at reports whether s is the wanted place, a function or one of its lines.
func at(s sim.Site, want string) bool { return s.String() == want || s.Func == want || s.Via == want }

// passes reports whether an event is a step as Expected.Through has it.
func passes(e *explore.Event, want string) bool {
	thread, rest, _ := strings.Cut(want, " ")
	place, note, noted := strings.Cut(rest, ": ")
	return sort(e.Thread) == thread && at(e.Site, place) &&
		(!noted || strings.Contains(strings.Join(e.Notes, "; "), note))
}

// sort returns the name of a thread without its number.
func sort(thread string) string {
	name, _, _ := strings.Cut(thread, "/")
	return name
}

// threadsOf returns the threads that a report is about: sorted, if they wait.
func threadsOf(r *explore.Record) []string {
	var out []string
	switch r.Kind {
	case sim.KindDeadlock, sim.KindHang:
		for _, s := range waits(r) {
			out = append(out, sort(s.Thread))
		}
		slices.Sort(out)
	default:
		out = append(out, sort(r.Thread))
		for _, other := range []string{r.FreedBy, r.OtherThread} {
			if other != "" {
				out = append(out, sort(other))
			}
		}
	}
	return out
}
