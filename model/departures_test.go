// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"testing"

	"dlsim/devnet/env"
)

// TestDepartures: a history that is refused is told as an instance of the bug that it shows, and is
// none of that bug without what the bug does.
func TestDepartures(t *testing.T) {
	gone := fails(env.ENOENT)
	of5 := Args{Link: 2, Zone: 5}
	newLink := Args{Link: 3, MAC: "sim1", Class: env.ClassSimnet}
	for _, c := range []struct {
		bug   string
		start func(*System)
		ops   []Operation
	}{
		{"L25", nil, []Operation{ // back by its MAC before it is visible
			at("c", 1, 2, FlowAdd, v0, okay),
			at("a", 3, 10, Destroy, v0, fails(env.ENOTEMPTY)),
			at("b", 4, 5, HoldTmp, v0, gone),
			at("b", 6, 7, MacnameToLinkid, v0Given, Result{Link: 2}),
			at("b", 8, 9, HoldTmp, v0, gone),
		}},
		{"L25", func(s *System) { // the lower link goes first
			s.Links[0] = Link{MAC: "e1000g0", Class: env.ClassEtherstub, ID: 1, Name: "net0"}
		}, []Operation{
			at("a", 1, 8, Destroy, Args{Link: 1}, okay),
			at("b", 2, 3, HoldTmp, Args{Link: 1}, gone),
			at("b", 4, 5, KstatRead, Args{Name: "v0"}, okay),
			at("b", 6, 7, Destroy, v0, okay),
		}},
		{"L25", nil, []Operation{ // back under the name that the daemon knows
			at("c", 1, 12, FlowWalk, v0, okay),
			at("b", 2, 3, Rename, Args{Link: 2, Name: "w0"}, okay),
			at("a", 4, 5, Destroy, v0, fails(env.EBUSY)),
			at("b", 6, 7, KstatRead, Args{Name: "v0"}, okay),
		}},
		{"L08", func(s *System) { s.Faults = []Fault{{Err: env.EINTR}} }, []Operation{ // half made
			at("b", 1, 4, FlowWalk, v0, okay),
			at("a", 2, 3, Destroy, v0, fails(env.EBUSY)),
			at("b", 5, 6, HoldTmp, v0, gone),
			at("b", 7, 8, MacnameToLinkid, v0Given, Result{Link: 2}),
			at("b", 9, 10, HoldTmp, v0, gone),
		}},
		{"", func(s *System) { s.Faults = []Fault{{Err: env.EINTR}} }, []Operation{ // before the destroy
			at("b", 1, 2, HoldTmp, v0, gone),
			at("b", 3, 6, FlowWalk, v0, okay),
			at("a", 4, 5, Destroy, v0, fails(env.EBUSY)),
		}},
		{"L08", nil, []Operation{ // the caller's zone does not see the name
			at("b", 1, 4, FlowWalk, v0, okay),
			at("a", 2, 3, Destroy, of5, fails(env.EBUSY)),
			at("b", 5, 6, HoldTmp, v0, gone),
		}},
		{"L08", func(s *System) { s.Faults = []Fault{{Err: env.EINTR}} }, []Operation{ // and puts it back
			at("b", 1, 4, FlowWalk, v0, okay),
			at("a", 2, 3, Destroy, v0, fails(env.EBUSY)),
			at("a", 5, 6, Destroy, v0, gone),
			at("a", 7, 8, HoldTmp, v0, v0Hold),
		}},
		{"L09", func(s *System) {
			s.Names = append(s.Names, Name{ID: 3, Name: "s1", Class: env.ClassSimnet})
			s.Faults = []Fault{{Err: env.EINTR}}
		}, []Operation{
			at("a", 1, 2, Create, newLink, fails(env.EINTR)),
			at("a", 3, 4, Destroy, Args{Link: 3}, gone),
			at("a", 5, 6, Create, newLink, fails(env.EEXIST)),
		}},
		{"", nil, []Operation{at("a", 1, 2, HoldTmp, v0, gone)}},
	} {
		h := &History{Start: system(), Ops: c.ops}
		if c.start != nil {
			c.start(&h.Start)
		}
		k := NewChecker(NewRules())
		if got := k.Check(h); got != NotLinearizable {
			t.Errorf("the history of %q is %v", c.bug, got)
			continue
		}
		if x := k.Explain(h); x.KnownBug != c.bug {
			t.Errorf("the history of %q is told as %q: %s", c.bug, x.KnownBug, x.Subject())
		}
	}
}
