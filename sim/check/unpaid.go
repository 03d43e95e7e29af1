// SPDX-License-Identifier: CDDL-1.0

package check

import (
	"fmt"

	"dlsim/sim"
)

// Return says that t leaves the operation that Begin named. In a strict ledger it fails the run if t
// still holds a lock or owns a reference: nobody will ever give it back.
func (l *Ledger) Return(t *sim.Thread) {
	if l == nil {
		return
	}
	l.grow(t)
	if l.Strict && t.Locks() > 0 {
		l.locked(t)
	}
	if l.Strict && l.owned[t.ID()] > 0 {
		i := l.last(func(r *reference) bool { return r.owner.Key == nil && r.thread == t })
		r := &l.open[i]
		l.unpaid(r, &sim.Failure{
			Thread: t, Subject: r.account.what + " kept at return",
			Message: fmt.Sprintf("returns from %s with %s that it has taken at step %d",
				l.operation(t), r.account.name(), r.at.Step),
		})
	}
	l.ops[t.ID()] = ""
}

// locked fails the run because t leaves its operation with a lock.
func (l *Ledger) locked(t *sim.Thread) {
	f := &sim.Failure{
		Kind: sim.KindRefs, Thread: t, Subject: "lock held at return",
		Message: "returns from " + l.operation(t) + " with a lock held",
	}
	var lines []string
	for _, h := range t.Holds() {
		lines = append(lines, "kept        "+h.Object.Name()+", "+l.who(entry{by: t, op: l.ops[t.ID()], at: h.At}))
		if h.Mode == "ref" || f.Sites != nil {
			continue
		}
		f.Subject = h.Object.Class() + " held at return"
		f.Message = "returns from " + l.operation(t) + " with " + h.Object.Name() + " held"
		f.Other, f.Sites = h.At, []sim.Site{l.site(h.At)}
	}
	f.Evidence = []sim.Evidence{{Title: "ledger", Lines: lines}}
	t.FailWith(f)
}

// overdraw fails the run because t gives back a reference that it does not own.
func (l *Ledger) overdraw(t *sim.Thread, a *Account) {
	f := &sim.Failure{
		Kind: sim.KindRefs, Thread: t, Subject: a.what + " given back by who has none",
		Message: "gives back " + a.name() + " that it does not have",
	}
	if i := l.last(func(r *reference) bool { return r.counts(a) }); i >= 0 {
		f.Message += ", which takes that of " + l.open[i].whose()
	}
	if t.Detailed() {
		now := l.entry(t)
		f.Sites = []sim.Site{l.site(now.at)}
		lines := []string{"given back  " + l.who(now)}
		for i := len(l.paid) - 1; i >= 0; i-- {
			if p := &l.paid[i]; p.account == a && p.life == a.life {
				f.Other = p.back.at
				lines = append(lines, "before it   "+l.who(p.back)+p.reason())
				break
			}
		}
		f.Evidence = l.evidence(a, lines, nil)
	}
	t.FailWith(f)
}

// Settle fails the run, if it is strict, because of the first reference that is out without a reason,
// when nothing is in progress any more: one that a thread owns or that was lost, or one of an owner
// for which why returns a reason why it should not have it, "" if it should.
func (l *Ledger) Settle(why func(a *Account, o Owner) string) {
	if l == nil || !l.Strict {
		return
	}
	for i := range l.open {
		r := &l.open[i]
		subject, reason, at := "", "", r.at
		switch {
		case r.lost != nil:
			subject, at = r.account.what+" "+r.lost.how, r.lost.at
			reason = fmt.Sprintf("and has it still, but it was %s by %s at step %d", r.lost.how, r.lost.by.Name(), at.Step)
		case r.owner.Key == nil:
			subject, reason = r.account.what+" never given back", "and never gave it back"
		default:
			if reason = why(r.account, r.owner); reason == "" {
				continue
			}
			subject = r.account.what + " of " + r.owner.What + " never given back"
			reason = "for " + r.owner.What + ", and nobody gave it back: " + reason
		}
		l.unpaid(r, &sim.Failure{
			Thread: r.by, At: at, Subject: subject,
			Message: fmt.Sprintf("took %s at step %d%s %s", r.account.name(), r.at.Step, in(r.op), reason),
		})
	}
}

// Balance fails the run, if it is strict, unless the counter that the account stands for is at as many
// as are outstanding.
func (l *Ledger) Balance(t *sim.Thread, a *Account, counter int) {
	if l == nil || !l.Strict || counter == a.n {
		return
	}
	t.FailWith(&sim.Failure{
		Kind: sim.KindRefs, Thread: t, Subject: a.what + " miscounted", Evidence: l.evidence(a, nil, nil),
		Message: fmt.Sprintf("%s is %d, and the references that are out are %d", a.name(), counter, a.n),
	})
}

// Missing fails the run, if it is strict, because o has no reference of the account and should have
// one, for the given reason.
func (l *Ledger) Missing(t *sim.Thread, a *Account, o Owner, why string) {
	if l == nil || !l.Strict {
		return
	}
	f := &sim.Failure{
		Kind: sim.KindRefs, Thread: t, Subject: a.what + " of " + o.What + " missing",
		Message: o.What + " has no " + a.name() + " although " + why,
	}
	var lines []string
	for i := range l.paid {
		if p := &l.paid[i]; p.was.Key == o.Key && p.account == a && p.life == a.life {
			f.Other, f.Sites = p.back.at, []sim.Site{l.site(p.back.at)}
			lines = []string{"given back  " + l.who(p.back)}
		}
	}
	f.Evidence = l.evidence(a, lines, nil)
	t.FailWith(f)
}

// unpaid fails the run because of reference r, which nobody gives back.
func (l *Ledger) unpaid(r *reference, f *sim.Failure) {
	f.Kind = sim.KindRefs
	if f.Thread.Detailed() {
		f.Other = r.at
		f.Sites = []sim.Site{l.site(r.at)}
		lines := []string{"taken       " + l.who(r.entry) + r.reason()}
		if r.lost != nil {
			f.Sites = append(f.Sites, l.site(r.lost.at))
			lines = append(lines, fmt.Sprintf("%-11s %s", r.lost.how, l.who(r.lost.entry)))
		}
		f.Evidence = l.evidence(r.account, lines, r)
	}
	f.Thread.FailWith(f)
}

// Explain adds to a failure of another kind the references that were lost before: whoever uses freed
// memory often had a reference that somebody else made void.
func (l *Ledger) Explain(f *sim.Failure) {
	if l == nil || f.Kind == sim.KindRefs {
		return
	}
	for i := range l.open {
		if r := &l.open[i]; r.lost != nil {
			f.Evidence = append(f.Evidence, sim.Evidence{Title: "ledger of " + r.account.name(), Lines: []string{
				"taken       " + l.who(r.entry) + r.reason(),
				fmt.Sprintf("%-11s %s", r.lost.how, l.who(r.lost.entry)),
			}})
		}
	}
}

// evidence is a block of a report: the given lines, then what the account counts now, newest first, r
// excepted.
func (l *Ledger) evidence(a *Account, lines []string, r *reference) []sim.Evidence {
	for i := len(l.open) - 1; i >= 0; i-- {
		if x := &l.open[i]; x.counts(a) && x != r {
			lines = append(lines, "out too     "+l.who(x.entry)+x.reason())
		}
	}
	return []sim.Evidence{{Title: "ledger of " + a.name(), Lines: lines}}
}

// reason says what the reference is for, if not for the thread that took it.
func (r *reference) reason() string {
	switch {
	case r.owner.Key != nil:
		return ", for " + r.owner.What
	case r.was.Key != nil:
		return ", for " + r.was.What
	}
	return ""
}

// whose says whose reference it is: its owner's, or the thread's that took it.
func (r *reference) whose() string {
	if r.owner.Key != nil {
		return r.owner.What
	}
	return r.thread.Name()
}

// who says who did something, when, in which operation and where.
func (l *Ledger) who(e entry) string {
	s := fmt.Sprintf("step %d by %s%s", e.at.Step, e.by.Name(), in(e.op))
	switch site := l.site(e.at); {
	case site.IsZero():
		return s
	case site.Via != "":
		return s + ", " + site.String() + " via " + site.Via
	default:
		return s + ", " + site.String()
	}
}

func (l *Ledger) site(p sim.Point) sim.Site {
	if l.Sites == nil {
		return sim.GoSite(p.PCs)
	}
	return l.Sites(p.PCs)
}

// operation returns what t does, in the program's words.
func (l *Ledger) operation(t *sim.Thread) string {
	if op := l.ops[t.ID()]; op != "" {
		return op
	}
	return "the kernel"
}

// name returns "dd_ref of vnic0".
func (a *Account) name() string { return a.what + " of " + a.of }

// in returns " in OPERATION", "" for none.
func in(op string) string {
	if op == "" {
		return ""
	}
	return " in " + op
}
