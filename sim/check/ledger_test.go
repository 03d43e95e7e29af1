// SPDX-License-Identifier: CDDL-1.0

package check_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"
)

// books is a program with one counted object, a file that may keep a reference to it, and a lock.
type books struct {
	check.Ledger
	refs check.Account
	file check.Owner
	lock ksync.Mutex
}

var being = check.Owner{Key: "being", What: "its own existence"}

// run runs work on threads of their own, one after the other, each an operation, and then settles.
func (b *books) run(t *testing.T, detail bool, work ...func(*sim.Thread)) sim.Result {
	t.Helper()
	w := sim.New()
	t.Cleanup(w.Close)
	return w.Run(sim.Config{Detail: detail}, new(strategy.Random), func(t *sim.Thread) {
		b.Init()
		b.Strict = true
		b.lock.Init(t.World(), nil, "lock", "", 0)
		b.refs.Open("ref", "object")
		b.file = check.Owner{Key: b, What: "a file"}
		b.Take(t, &b.refs)
		b.Keep(t, &b.refs, being)
		for i, f := range work {
			t.Join(t.Spawn(fmt.Sprintf("t%d", i+1), func(t *sim.Thread) {
				b.Begin(t, fmt.Sprintf("op%d", i+1))
				f(t)
				b.Return(t)
			}))
		}
		t.Quiesce()
		b.Settle(func(_ *check.Account, o check.Owner) string {
			if o == b.file {
				return "the file is closed"
			}
			return ""
		})
		b.Balance(t, &b.refs, 1)
	})
}

func (b *books) take(t *sim.Thread)    { b.Take(t, &b.refs) }
func (b *books) give(t *sim.Thread)    { b.Give(t, &b.refs) }
func (b *books) open(t *sim.Thread)    { b.take(t); b.Keep(t, &b.refs, b.file) }
func (b *books) reclaim(t *sim.Thread) { b.Reclaim(t, nil, b.file.Key) }
func (b *books) close(t *sim.Thread)   { b.reclaim(t); b.give(t) }

func TestLedger(t *testing.T) {
	b := new(books)
	both := func(fs ...func(*sim.Thread)) func(*sim.Thread) {
		return func(t *sim.Thread) {
			for _, f := range fs {
				f(t)
			}
		}
	}
	tests := []struct {
		name    string
		work    []func(*sim.Thread)
		subject string // "" if all is well
		thread  string
		says    []string // in the message and the evidence
	}{
		{name: "given back", work: []func(*sim.Thread){both(b.take, b.give)}},
		{name: "kept by a file that another thread closes", work: []func(*sim.Thread){b.open, b.close}},
		{name: "the last one first", work: []func(*sim.Thread){both(b.open, b.take, b.give), b.close}},
		{
			name: "never given back", work: []func(*sim.Thread){b.take},
			subject: "ref kept at return", thread: "t1",
			says: []string{"returns from op1 with ref of object", "taken       step", "out too     step", "for its own existence"},
		},
		{
			name: "given back twice", work: []func(*sim.Thread){both(b.take, b.give, b.give)},
			subject: "ref given back by who has none", thread: "t1",
			says: []string{"which takes that of its own existence", "given back  step", "before it   step"},
		},
		{
			name: "that of a file", work: []func(*sim.Thread){b.open, b.give},
			subject: "ref given back by who has none", thread: "t2",
			says: []string{"which takes that of a file", "by t1 in op1", "for a file"},
		},
		{
			name: "closed twice", work: []func(*sim.Thread){b.open, b.close, b.give},
			subject: "ref given back by who has none", thread: "t3",
			says: []string{"before it   step", "by t2 in op2", "for a file"},
		},
		{
			name: "that of a file which is closed", work: []func(*sim.Thread){b.open},
			subject: "ref of a file never given back", thread: "t1",
			says: []string{"took ref of object at step", "nobody gave it back: the file is closed"},
		},
		{
			name: "written off", work: []func(*sim.Thread){b.open, func(t *sim.Thread) { b.WriteOff(t, &b.refs, nil, being.Key) }},
			subject: "ref written off", thread: "t1",
			says: []string{"written off by t2", "written off step", "by t2 in op2"},
		},
		{
			name: "written off and not missed", work: []func(*sim.Thread){
				b.open, func(t *sim.Thread) { b.WriteOff(t, &b.refs, b.file.Key, being.Key) },
			},
		},
		{
			name: "freed", work: []func(*sim.Thread){b.open, func(t *sim.Thread) {
				b.Close(t, &b.refs)
				b.refs.Open("ref", "object")
				b.take(t)
				b.Keep(t, &b.refs, being)
			}},
			subject: "ref made void by a free", thread: "main",
			says: []string{"made void by a free by t2"},
		},
		{
			name: "with a lock", work: []func(*sim.Thread){func(t *sim.Thread) { b.lock.Enter(t) }},
			subject: "lock held at return", thread: "t1",
			says: []string{"returns from op1 with lock held", "kept        lock, step"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := b.run(t, true, test.work...).Failure
			if test.subject == "" {
				if f != nil {
					t.Fatalf("%s: %v", f.Message, f.Evidence)
				}
				return
			}
			if f == nil || f.Kind != sim.KindRefs || f.Subject != test.subject || f.Thread.Name() != test.thread {
				t.Fatalf("%+v; want %s by %s", f, test.subject, test.thread)
			}
			text := f.Message
			for _, e := range f.Evidence {
				text += "\n" + strings.Join(e.Lines, "\n")
			}
			for _, s := range test.says {
				if !strings.Contains(text, s) {
					t.Errorf("it does not say %q:\n%s", s, text)
				}
			}
			if len(f.Sites) == 0 || !strings.HasPrefix(f.Sites[0].Func, "check_test.") {
				t.Errorf("places %v", f.Sites)
			}
			// A fast run fails in the same step, without the evidence.
			fast := b.run(t, false, test.work...)
			if fast.Failure == nil || fast.Failure.Kind != sim.KindRefs || fast.Failure.Thread.Name() != test.thread {
				t.Errorf("fast run: %+v", fast.Failure)
			}
		})
	}
}

// A ledger that is not strict fails nothing, and whoever was first pays.
func TestLedgerOnlyRecords(t *testing.T) {
	w := sim.New()
	defer w.Close()
	r := w.Run(sim.Config{Detail: true}, new(strategy.Random), func(t *sim.Thread) {
		var l check.Ledger
		var a check.Account
		l.Init()
		a.Open("ref", "object")
		l.Take(t, &a)
		u := t.Spawn("other", func(u *sim.Thread) {
			if by := l.Give(u, &a); by != t {
				u.Fail(sim.KindPanic, "Give", "it was not the first that paid, but "+by.Name())
			}
			if by := l.Give(u, &a); by != u || a.Count() != 0 {
				u.Fail(sim.KindPanic, "Give", "nobody has any, but "+by.Name()+" paid")
			}
			l.Take(u, &a)
			l.Return(u)
		})
		t.Join(u)
		l.Settle(func(*check.Account, check.Owner) string { return "for no reason" })
		l.Balance(t, &a, 7)
		l.Missing(t, &a, being, "for no reason")
		if got := l.Holders(&a, nil); len(got) != 1 || got[0] != u {
			t.Fail(sim.KindPanic, "Holders", "wrong holders")
		}
	})
	if r.Outcome != sim.Passed {
		t.Fatal(r.Failure.Message)
	}
}

// Whatever is taken, kept, reclaimed, given back and written off by threads that keep the rules, nothing
// fails, and the account counts what a plain model does.
func TestLedgerCounts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 40).Draw(rt, "steps")
		w := sim.New()
		defer w.Close()
		r := w.Run(sim.Config{}, new(strategy.Random), func(t *sim.Thread) {
			var l check.Ledger
			var a check.Account
			l.Init()
			l.Strict = true
			a.Open("ref", "object")
			own, kept := 0, 0
			for _, s := range steps {
				switch {
				case s == 0 || s == 1:
					l.Take(t, &a)
					own++
				case s == 2 && own > 0:
					l.Give(t, &a)
					own--
				case s == 3 && own > 0:
					l.Keep(t, &a, being)
					own, kept = own-1, kept+1
				case s == 4 && kept > 0:
					l.Reclaim(t, &a, being.Key)
					own, kept = own+1, kept-1
				case s == 5:
					l.WriteOff(t, &a, being.Key, nil)
					kept = 0
				}
				l.Balance(t, &a, own+kept)
				if l.Has(&a, being.Key) != (kept > 0) {
					t.Fail(sim.KindPanic, "Has", "Has is wrong")
				}
			}
			for ; own > 0; own-- {
				l.Give(t, &a)
			}
			l.Return(t)
			l.Settle(func(*check.Account, check.Owner) string { return "" })
		})
		if r.Outcome != sim.Passed {
			rt.Fatal(r.Failure.Message)
		}
	})
}

// A ledger allocates nothing once it has been as large.
func TestLedgerDoesNotAllocate(t *testing.T) {
	b := new(books)
	w := sim.New()
	defer w.Close()
	body := func(t *sim.Thread) {
		b.Init()
		b.Strict = true
		b.refs.Open("ref", "object")
		for range 20 {
			b.Begin(t, "op")
			b.Take(t, &b.refs)
			b.Take(t, &b.refs)
			b.Keep(t, &b.refs, being)
			b.Give(t, &b.refs)
			b.Return(t)
		}
		b.Settle(func(*check.Account, check.Owner) string { return "" })
	}
	s := new(strategy.Random)
	if n := testing.AllocsPerRun(100, func() { w.Run(sim.Config{}, s, body) }); n > 0 {
		t.Errorf("%v allocations in a schedule", n)
	}
}
