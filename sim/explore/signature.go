// SPDX-License-Identifier: CDDL-1.0

package explore

import (
	"sort"
	"strings"

	"dlsim/sim"
)

// sign finds the sites and classes that the failure is about and makes the signature of
// them. Nothing in it depends on seeds, thread names or numbers.
func (r *Record) sign() {
	ordered := false
	what := r.Subject
	switch r.Kind {
	case sim.KindDeadlock:
		for _, e := range r.Cycle {
			r.involve(e.Site, e.Class)
			if e.Hold != nil {
				r.involve(e.Hold.Site, e.Class)
			}
		}
		what = ""
	case sim.KindHang:
		for _, s := range r.Stuck() {
			r.involve(s.Site, s.Class)
		}
		what = ""
	case sim.KindLifetime:
		ordered = true // the use, then the free
		r.involve(r.At.Site, "")
		r.involve(r.Other.Site, "")
	case sim.KindRace:
		r.involve(r.At.Site, "")
		r.involve(r.Other.Site, "")
	case sim.KindOrder:
		r.Signature = string(r.Kind) + " " + r.Subject // wherever the locks are taken
		return
	case sim.KindUpcall:
		r.Signature = string(r.Kind) + " " + r.Subject + " at " + r.Sites[0].String()
		return
	case sim.KindAnswer: // the subject says it all
	case sim.KindRefs: // the ledger has found the places
	case sim.KindLivelock:
		for _, l := range r.Loops {
			for i := range l.Steps {
				if l.Times > 0 {
					r.involve(l.Steps[i].Site, "")
				}
			}
		}
	case sim.KindStale:
		r.involve(r.Other.Site, "")
	default:
		r.involve(r.At.Site, "")
	}
	sort.Strings(r.Classes)
	if what == "" {
		what = strings.Join(r.Classes, ", ")
	}
	places := make([]string, len(r.Sites))
	for i, s := range r.Sites {
		places[i] = s.String()
	}
	if !ordered {
		sort.Strings(places)
	}
	if r.Kind == sim.KindLivelock && len(places) > placesMax {
		places = append(places[:placesMax], "...")
	}
	r.Signature = string(r.Kind) + " " + what
	if len(places) > 0 {
		r.Signature += " at " + strings.Join(places, ", ")
	}
}

// placesMax is the most places of a loop in a signature.
const placesMax = 6

// involve adds a site and a class unless they are there already.
func (r *Record) involve(s sim.Site, class string) {
	known := s.IsZero()
	for _, x := range r.Sites {
		known = known || x.String() == s.String()
	}
	if !known {
		r.Sites = append(r.Sites, s)
	}
	if class == "" {
		return
	}
	for _, c := range r.Classes {
		if c == class {
			return
		}
	}
	r.Classes = append(r.Classes, class)
}

// Stuck returns the threads that a hang is about: those that wait on an object and need to
// end. Only if there are none, those that wait for something else.
func (r *Record) Stuck() []State {
	var on, other []State
	for _, s := range r.States {
		switch {
		case s.Done || s.Helper || !s.Blocked:
		case s.Class != "":
			on = append(on, s)
		default:
			other = append(other, s)
		}
	}
	if len(on) == 0 {
		return other
	}
	return on
}

// Words is equal for most failures of one signature and costs no detailed run: the kind
// and the words of the failure, without numbers.
func Words(f *sim.Failure) string {
	b := make([]byte, 0, 128)
	b = append(b, f.Kind...)
	for _, s := range [2]string{f.Subject, f.Message} {
		b = append(b, ' ')
		for i := range len(s) {
			if c := s[i]; c < '0' || c > '9' {
				b = append(b, c)
			}
		}
	}
	for _, e := range f.Cycle {
		b = append(b, ' ')
		b = append(b, e.For.Type.Name...)
		if e.For.Object != nil {
			b = append(b, e.For.Object.Class()...)
		}
	}
	return string(b)
}
