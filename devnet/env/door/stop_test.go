// SPDX-License-Identifier: CDDL-1.0

package door_test

import (
	"fmt"
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/envtest"
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// A reply may come when the upcall has been interrupted and its thread is stopped. A search meets all ends that
// random schedules do: what the thread finds when it goes on is told.
func TestReplyWhileStoppedInASearch(t *testing.T) {
	envtest.Searched(t, 2000, 2, func(st *sim.Thread, end func(string)) {
		s := newServer(st)
		var v ksync.Var[int]
		v.Init(st.World(), nil, "v", "", 0)
		s.Attach(st, func(t *sim.Thread, _ *door.Request) door.Reply {
			v.Store(t, 1)
			s.served++
			return door.Reply{}
		})
		d, _ := s.Open(st)
		var p env.Process
		p.Init(st.World(), "agent")
		last := ""
		caller := st.Fork("caller", 0, func(t *sim.Thread) {
			as(t, env.Context{User: true, Process: &p})
			p.Enter(t)
			for range 2 { // as who is interrupted tries again
				_, err := s.Upcall(t, d, &door.Request{})
				last += fmt.Sprint(err, " ")
				if err == 0 {
					t.Yield()
					t.Yield()
					last += fmt.Sprint(v.Load(t), " ")
					break
				}
			}
			p.Leave(t)
		})
		st.Fork("driver", 0, func(t *sim.Thread) {
			s.Signal(t, caller)
			p.Halt(t)
			p.Continue(t)
		})
		p.Add(st, caller)
		st.Quiesce()
		end(fmt.Sprintf("%s%d served", last, s.served))
	})
}
