// SPDX-License-Identifier: CDDL-1.0

package report_test

import (
	"bytes"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/ksync"
	"dlsim/sim/report"
	"dlsim/sim/simtest"
)

// loading is a task that makes something ready and tells those who wait for it.
type loading struct {
	mu    ksync.Mutex
	cv    ksync.Cond
	ready bool
	tell  func(c *ksync.Cond, t *sim.Thread)
	until bool // the program says what is waited for
	once  bool // the waiter does not look before it waits
	never bool // nothing becomes ready
}

func (l *loading) wait(t *sim.Thread) {
	l.mu.Enter(t)
	for first := true; !l.ready || first && l.once; first = false {
		l.cv.Wait(t, &l.mu)
	}
	l.mu.Exit(t)
}

func (l *loading) load(t *sim.Thread) {
	l.mu.Enter(t)
	l.ready = !l.never
	if l.tell != nil {
		l.tell(&l.cv, t)
	}
	l.mu.Exit(t)
}

func (l *loading) body(t *sim.Thread) {
	l.mu.Init(t.World(), nil, "lock", "", 0)
	l.cv.Init(t.World(), nil, "loaded_cv", "", 0)
	l.cv.Until = nil
	if l.until {
		l.cv.Until = func(*sim.Thread) (string, bool) { return "it is loaded", l.ready }
	}
	l.ready = false
	t.Fork("first", 0, l.wait)
	t.Fork("second", 0, l.wait)
	t.Fork("task", 0, l.load)
}

func TestLostWakeup(t *testing.T) {
	signal, broadcast := (*ksync.Cond).Signal, (*ksync.Cond).Broadcast
	tests := []struct {
		name   string
		l      loading
		script []string
		says   []string
		not    string
	}{
		{
			name: "a signal where a broadcast is needed", l: loading{tell: signal, until: true},
			script: []string{"first", "second", "task", "choose 1"},
			says: []string{
				"HANG: first waits: its wakeup is lost",
				"lost wakeup: first waits on loaded_cv since step", "until it is loaded, which is so;",
				"the last cv_signal, by task at step", "woke second",
			},
		},
		{
			name: "the same when nobody says what is waited for", l: loading{tell: signal},
			script: []string{"first", "second", "task", "choose 1"},
			says:   []string{"lost wakeup: first waits on loaded_cv since step", "woke second"}, not: "until",
		},
		{
			name: "a broadcast before the wait", l: loading{tell: broadcast, until: true, once: true},
			script: []string{"first", "task", "second"},
			says:   []string{"lost wakeup: second waits on", "which is so;", "the last cv_broadcast, by task at step", "was before that"},
		},
		{
			name: "no signal at all", l: loading{until: true},
			script: []string{"first", "second", "task"},
			says:   []string{"HANG: first and second wait: lost wakeup of first and second", "nobody has ever signalled it"},
		},
		{
			name: "woken for nothing", l: loading{tell: broadcast, until: true, never: true},
			script: []string{"first", "second", "task"},
			says: []string{
				"HANG: first and second wait, nothing can run", "first waits on loaded_cv since step",
				"until it is loaded; the last cv_broadcast", "woke it before that",
			},
			not: "lost",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, res := simtest.Script(t, sim.Config{Detail: true}, test.l.body, test.script...)
			r := explore.Take(w, res, sim.GoSite)
			r.Depends = []sim.Evidence{{Title: "fails whenever", Lines: []string{"one comes before the other"}}}
			var b bytes.Buffer
			if err := report.Write(&b, report.Failure{Record: r}); err != nil {
				t.Fatal(err)
			}
			text := strings.Join(strings.Fields(b.String()), " ")
			for _, s := range append(test.says, "fails whenever one comes before the other") {
				if !strings.Contains(text, s) {
					t.Errorf("it does not say %q", s)
				}
			}
			if test.not != "" && strings.Contains(text, test.not) {
				t.Errorf("it says %q", test.not)
			}
			if t.Failed() {
				t.Log(b.String())
			}
		})
	}
}
