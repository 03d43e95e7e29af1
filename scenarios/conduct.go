// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"fmt"
	"maps"
	"slices"
)

// What a thread does must be possible for a caller of the kernel, or the tool would report
// the scenario's own mistakes as violations of the port: a thread that waits for itself, a
// delete that waits for a hold which nobody can release, a barrier that never opens. Callers
// obey environment.md 13; that is checked here, before anything runs.

const (
	// threadStepsMax bounds what repeats multiply to. Skipped steps take no step of the
	// engine, so that its step limit does not bound them.
	threadStepsMax = 1_000_000
	repeatDepthMax = 8
)

// checkConduct checks what each thread does as a whole.
func checkConduct(sc *Scenario) error {
	c := &conduct{sc: sc, destroyed: make(map[string]bool), barriers: make(map[string]*rendezvous)}
	for i := range sc.Threads {
		t := &sc.Threads[i]
		n, err := c.count(t, t.Steps, 1, 0)
		if err != nil {
			return err
		}
		if n > threadStepsMax {
			return c.fail(&t.Steps[0], fmt.Sprintf("it may do %d", threadStepsMax), "thread %s does %d steps", t.Name, n)
		}
	}
	for i := range sc.Threads {
		t := &sc.Threads[i]
		held := make(map[string]*Step)
		if err := c.holds(t.Steps, held); err != nil {
			return err
		}
		for _, h := range slices.Sorted(maps.Keys(held)) {
			s := held[h]
			if link := linkOf(s); s.Op.Yields == "tmp" && c.destroyed[link] {
				return c.fail(s, "add - rele_tmp: "+h, "thread %s never releases %s, and the destroy of %s would wait for it for ever", t.Name, h, link)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.barriers)) {
		if err := c.opens(name); err != nil {
			return err
		}
	}
	return nil
}

type conduct struct {
	sc        *Scenario
	destroyed map[string]bool // links that some step destroys
	barriers  map[string]*rendezvous
}

// rendezvous is how a barrier is used.
type rendezvous struct {
	threads  int
	first    *Step
	users    []string       // in file order
	arrivals map[string]int // by user
}

func (c *conduct) fail(s *Step, hint, format string, args ...any) error {
	return errorAt(c.sc.File, c.sc.Source, s.Line, s.Col, fmt.Sprintf(format, args...), hint)
}

// count returns how many steps these are when repeats are written out, and notes which links
// are destroyed and who arrives at which barrier. times is how often the steps are done, at
// most threadStepsMax.
func (c *conduct) count(t *Thread, steps []Step, times, depth int) (int, error) {
	total := 0
	for i := range steps {
		s := &steps[i]
		n := 1
		switch a := s.Args.(type) {
		case *destroyArgs:
			c.destroyed[a.Link] = true
		case *renameArgs:
			if (a.To == "") == (a.Onto == "") {
				return 0, c.fail(s, "write to: NAME, or onto: LINK", "rename needs a new name or a removed link, one of them")
			}
		case *barrierArgs:
			if err := c.arrive(t, s, a, times); err != nil {
				return 0, err
			}
		case *repeatArgs:
			if depth == repeatDepthMax {
				return 0, c.fail(s, fmt.Sprintf("nest at most %d", repeatDepthMax), "too many repeats inside each other")
			}
			hint := fmt.Sprintf("a thread may do %d steps", threadStepsMax)
			if times*a.Times > threadStepsMax {
				return 0, c.fail(s, hint, "the steps of this repeat are done %d times", times*a.Times)
			}
			inner, err := c.count(t, a.Steps, times*a.Times, depth+1)
			if err != nil {
				return 0, err
			}
			if n = inner * a.Times; n > threadStepsMax {
				return 0, c.fail(s, hint, "this repeat does %d steps", n)
			}
		}
		total += n
	}
	return total, nil
}

// holds follows the handles through steps; held are those taken and not released, by the
// step that took them. Any step may fail at run time; what matters is whether it can be that
// none does.
func (c *conduct) holds(steps []Step, held map[string]*Step) error {
	for i := range steps {
		s := &steps[i]
		switch a := s.Args.(type) {
		case *repeatArgs:
			// The second round shows what the first leaves behind; more are like it.
			for range min(a.Times, 2) {
				if err := c.holds(a.Steps, held); err != nil {
					return err
				}
			}
		case *tmpArgs:
			delete(held, a.Handle)
		case *refArgs:
			delete(held, a.Handle)
		case *nodeArgs:
			delete(held, a.Handle)
		case *openedArgs:
			delete(held, a.Handle)
		case *streamArgs:
			delete(held, a.Handle)
		case *destroyArgs:
			for _, h := range slices.Sorted(maps.Keys(held)) {
				if held[h].Op.Yields == "tmp" && linkOf(held[h]) == a.Link {
					return c.fail(s, "release it first with rele_tmp", "the destroy of %s would wait for the thread's own temporary hold %s", a.Link, h)
				}
			}
		}
		if s.As == "" {
			continue
		}
		if before := held[s.As]; before != nil {
			return c.fail(s, "release it first, or use another name", "handle %s is taken again, and the hold on %s could not be released any more", s.As, linkOf(before))
		}
		held[s.As] = s
	}
	return nil
}

// linkOf returns the link that a step takes a hold on.
func linkOf(s *Step) string {
	switch a := s.Args.(type) {
	case *linkArgs:
		return a.Link
	case *nameArgs:
		return a.Name
	}
	return ""
}

// arrive notes that a thread comes to a barrier so many times.
func (c *conduct) arrive(t *Thread, s *Step, a *barrierArgs, times int) error {
	r := c.barriers[a.Name]
	if r == nil {
		r = &rendezvous{threads: a.Threads, first: s, arrivals: make(map[string]int)}
		c.barriers[a.Name] = r
	}
	if a.Threads != r.threads {
		return c.fail(s, fmt.Sprintf("line %d says %d", r.first.Line, r.threads), "barrier %s is for %d threads here", a.Name, a.Threads)
	}
	if r.arrivals[t.Name] == 0 {
		r.users = append(r.users, t.Name)
	}
	r.arrivals[t.Name] += times
	return nil
}

// opens checks that a barrier never leaves a thread behind: the threads it is for are all
// that come to it, each as often as the others.
func (c *conduct) opens(name string) error {
	r := c.barriers[name]
	if len(r.users) != r.threads {
		return c.fail(r.first, "give it the number of threads that have such a step",
			"barrier %s is for %d threads, but used by %d", name, r.threads, len(r.users))
	}
	for _, u := range r.users {
		if a, b := r.arrivals[r.users[0]], r.arrivals[u]; a != b {
			return c.fail(r.first, "let each come as often as the others",
				"barrier %s would never open: %s comes %d times and %s %d times", name, r.users[0], a, u, b)
		}
	}
	return nil
}
