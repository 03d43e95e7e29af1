// SPDX-License-Identifier: CDDL-1.0

package report_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/report"
)

// plainKernel knows locks and nothing of stacks.
func plainKernel() report.Kernel {
	return report.Kernel{
		Frames: func([]uintptr) []sim.Site { return nil },
		Blocked: func(op string) (state, sobj string, frames []string, ok bool) {
			switch {
			case strings.HasPrefix(op, "rw_enter"):
				return "SLEEP", "RWLOCK", []string{"swtch", "turnstile_block", "rw_enter_sleep"}, true
			case op == "mutex_enter":
				return "SLEEP", "MUTEX", []string{"swtch", "turnstile_block", "mutex_vector_enter"}, true
			}
			return "", "", nil, false
		},
	}
}

func mdbText(t interface{ Fatal(...any) }, r *explore.Record) string {
	var b bytes.Buffer
	if err := report.MDB(&b, report.Failure{Record: r}, plainKernel()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestMDBLocks shows a lock that two threads read and others wait for, a held mutex, and two
// threads with one stack.
func TestMDBLocks(t *testing.T) {
	r := &explore.Record{Kind: sim.KindHang, Message: "nothing can run", Step: 40}
	for i, s := range []struct{ thread, op, object string }{
		{"r1", "rw_enter R", "i_lock"}, {"r2", "rw_enter R", "i_lock"}, {"r1", "mutex_enter", "m#1"},
	} {
		r.Events = append(r.Events, explore.Event{Step: i + 1, Thread: s.thread, Op: s.op, Object: s.object, Picked: true})
	}
	hold := func(o, mode string, step int) explore.Hold {
		return explore.Hold{Object: o, Mode: mode, Point: explore.Point{Step: step, Site: sim.Site{Func: "f", Line: step}}}
	}
	r.States = []explore.State{
		{
			Thread: "r1", Op: "cv_wait", Blocked: true, Object: "cv", Class: "cv", Since: 9,
			Holds: []explore.Hold{hold("i_lock", "R", 1), hold("m#1", "", 3)},
		},
		{
			Thread: "r2", Op: "mutex_enter", Blocked: true, Object: "m#1", Class: "m", Since: 10,
			Holds: []explore.Hold{hold("i_lock", "R", 2)},
		},
		{Thread: "w1", Op: "rw_enter W (waiting)", Blocked: true, Object: "i_lock", Class: "i_lock", Since: 11},
		{Thread: "r3", Op: "rw_enter R (waiting)", Blocked: true, Object: "i_lock", Class: "i_lock", Since: 12},
		{Thread: "gone", Done: true},
	}
	golden(t, "mdb-locks.txt", []byte(mdbText(t, r)))
}

// Two threads or objects never share an address, and no record stops the report.
func TestMDBAddresses(t *testing.T) {
	owned := regexp.MustCompile(`(?m)^([0-9a-f]{16}) \((.*)\) is (?:owned|read|referenced) by `)
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord(t)
		for i := range r.States {
			r.States[i].Thread = fmt.Sprintf("%s/%d", r.States[i].Thread, i)
			for j := range r.States[i].Holds {
				h := &r.States[i].Holds[j]
				h.Object = fmt.Sprintf("%s#%d", h.Object, rapid.IntRange(0, 3).Draw(t, "number"))
			}
		}
		names := make(map[string]string)
		for _, m := range owned.FindAllStringSubmatch(mdbText(t, r), -1) {
			if other, ok := names[m[1]]; ok && other != m[2] {
				t.Fatalf("%s and %s are both at %s", other, m[2], m[1])
			}
			names[m[1]] = m[2]
		}
	})
}
