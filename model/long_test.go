// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"dlsim/devnet/env"
)

// long makes a history of n operations on a number of VNICs over one link, each link held, looked up,
// deleted and created again. Operations take effect at the middle of their intervals, which overlap.
func long(n, links int) *History {
	h := &History{Start: System{
		Links: []Link{{MAC: "e1000g0", Class: env.ClassPhys, ID: 1, Name: "net0"}},
		Names: []Name{{ID: 1, Name: "net0", Class: env.ClassPhys, Dev: "e1000g0"}},
	}}
	random := rand.New(rand.NewPCG(1, 1))
	for i := range links {
		id := env.LinkID(i + 2)
		name := fmt.Sprintf("v%d", i)
		h.Start.Names = append(h.Start.Names, Name{ID: id, Name: name, Class: env.ClassVNIC})
		here, held := false, 0
		for k := range n / links {
			now := int64(k*1000 + i)
			o := Operation{
				Thread: fmt.Sprintf("t%d", random.IntN(16)), Args: Args{Link: id},
				Call: now - random.Int64N(2500), Return: now + random.Int64N(2500),
			}
			fits := func(r Result) Result {
				if here {
					return r
				}
				return Result{Err: env.ENOENT}
			}
			switch c := random.IntN(8); {
			case c == 0 && !here:
				o.Op, o.Args = Create, Args{Link: id, MAC: name, Class: env.ClassVNIC, Over: []env.LinkID{1}}
				here = true
			case c <= 1 && here && held == 0:
				o.Op, here = Destroy, false
			case c == 2 && here:
				o.Op, o.Result = Hold, Result{MAC: name, Link: id}
				held++
			case c <= 4 && held > 0:
				o.Op, o.Args = Rele, Args{MAC: name}
				held--
			case c == 5:
				o.Op, o.Args, o.Result = MacnameToLinkid, Args{MAC: name}, fits(Result{Link: id})
			case c == 6:
				o.Op, o.Result = PropGet, fits(Result{})
			default:
				o.Op, o.Result = IsLinkVisible, Result{Visible: here}
			}
			h.Ops = append(h.Ops, o)
		}
	}
	return h
}

// TestParts: a long history is judged in parts, and a wrong answer in one is found and explained.
func TestParts(t *testing.T) {
	h := long(2000, 50)
	if n := len(h.parts()); n != 51 {
		t.Errorf("%d parts of 50 links and the one that they are on", n)
	}
	c := NewChecker(NewRules())
	if got := c.Check(h); got != OK {
		t.Fatal(got, c.Explain(h).Message())
	}
	h.Ops[1234].Result = Result{Err: env.EINVAL}
	if got := c.Check(h); got != NotLinearizable {
		t.Fatal(got)
	}
	if x := c.Explain(h); x.Op.Link != h.Ops[1234].Link || x.Op.MAC != h.Ops[1234].MAC {
		t.Error(x.Message())
	}
}

// BenchmarkLong judges 10,000 operations over 50 links.
func BenchmarkLong(b *testing.B) {
	h := long(10_000, 50)
	for _, exact := range []bool{false, true} {
		name := map[bool]string{false: "quick", true: "porcupine"}[exact]
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c := NewChecker(NewRules())
				c.Exact = exact
				if got := c.Check(h); got != OK {
					b.Fatal(got)
				}
			}
		})
	}
}
