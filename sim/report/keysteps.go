// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"strings"

	"dlsim/sim"
	"dlsim/sim/explore"
)

// weight says how much a row matters; rows of more weight are shown first.
type weight uint8

const (
	plain  weight = iota // nothing the failure is about
	about                // on an object that the failure is about
	latest               // the last time that a thread the failure is about did so
	noted                // explained by the program
	must                 // a lock involved was taken here, a thread came to wait, or the end
)

// keySteps knows which events a failure is about.
type keySteps struct {
	steps   map[int]bool    // of more weight than any other
	objects map[string]bool // whose steps matter
	buffer  string          // whose fields and locks matter, as family says it
	threads map[string]bool // that the failure is about
	last    map[int]bool    // index of each of their last steps on such an object
}

func newKeySteps(r *explore.Record) keySteps {
	k := keySteps{
		steps:   map[int]bool{r.Other.Step: true, r.At.Step: true},
		objects: make(map[string]bool), threads: involved(r), last: make(map[int]bool),
	}
	for n := range stepsTold(r) {
		k.steps[n] = true
	}
	for _, e := range r.Cycle {
		k.objects[e.Object] = true
		if e.Hold != nil {
			k.steps[e.Hold.Step] = true
		}
	}
	if r.Kind == sim.KindHang {
		for _, s := range r.Stuck() {
			k.objects[s.Object] = true
		}
	}
	for _, s := range r.States {
		for _, h := range s.Holds {
			if k.threads[s.Thread] {
				k.steps[h.Step] = true
			}
		}
	}
	if !atQuiescence(r) && len(r.Cycle) == 0 && r.Kind != sim.KindHang {
		k.shared(r)
	}
	delete(k.objects, "")
	type use struct{ thread, object string }
	seen := make(map[use]bool)
	for i := len(r.Events) - 1; i >= 0; i-- {
		e := &r.Events[i]
		if u := (use{e.Thread, e.Object}); k.concerns(e) && k.threads[e.Thread] && !seen[u] {
			seen[u] = true
			k.last[i] = true
		}
	}
	return k
}

// shared finds what a failure that is no wait is about: the buffer that the thread was at,
// the threads that have used it, and the locks that two of them have used.
func (k *keySteps) shared(r *explore.Record) {
	for i := len(r.Events) - 1; i >= 0 && k.buffer == ""; i-- {
		if e := &r.Events[i]; e.Thread == r.Thread && e.Step <= r.Step {
			if k.buffer = family(e.Object); k.buffer == "" {
				k.objects[e.Object] = true
				break
			}
		}
	}
	users := make(map[string]map[string]bool) // of objects, by thread
	begun := false
	for i := range r.Events {
		e := &r.Events[i]
		if begun = begun || e.Picked; !begun || e.Object == "" || e.Op == "load" || e.Op == "store" {
			continue
		}
		if users[e.Object] == nil {
			users[e.Object] = make(map[string]bool)
		}
		if k.threads[e.Thread] {
			users[e.Object][e.Thread] = true
		}
	}
	for o, by := range users {
		if len(by) > 1 {
			k.objects[o] = true
		}
	}
}

// family names the buffer that an object is in, as far as names tell: fields and locks of
// one structure share a prefix and a number. It is "" for an object without a number.
func family(object string) string {
	at := strings.LastIndexByte(object, '#')
	prefix, _, ok := strings.Cut(object, "_")
	if at < 0 || !ok || strings.ContainsRune(object[at:], '(') {
		return ""
	}
	return prefix + object[at:]
}

func (k *keySteps) concerns(e *explore.Event) bool {
	return k.objects[e.Object] || k.buffer != "" && family(e.Object) == k.buffer
}

func (k *keySteps) weigh(i int, e *explore.Event) weight {
	switch {
	case k.steps[e.Step]:
		return must
	case len(e.Notes) > 0:
		return noted
	case k.last[i]:
		return latest
	case e.IsChoice || k.concerns(e) && (k.threads[e.Thread] || e.Op != "load" && e.Op != "store"):
		return about
	}
	return plain
}
