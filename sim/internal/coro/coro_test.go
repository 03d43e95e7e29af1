// SPDX-License-Identifier: CDDL-1.0

package coro

import "testing"

func TestBodiesRunOneAfterAnother(t *testing.T) {
	var c *Coro
	runs, halves := 0, 0
	c = New(func() {
		runs++
		c.Yield()
		halves++
	})
	defer c.Close()
	for i := 1; i <= 3; i++ {
		c.Resume()
		if runs != i || halves != i-1 {
			t.Fatalf("body %d: first half ran %d times, second %d", i, runs, halves)
		}
		c.Resume()
		if halves != i {
			t.Fatalf("body %d: second half ran %d times", i, halves)
		}
	}
}

func TestCloseReleasesTheStack(t *testing.T) {
	c := New(func() {})
	c.Resume()
	c.Close()
	c.Resume()
	if _, alive := c.resume(); alive {
		t.Fatal("a closed coroutine still runs")
	}
}

// BenchmarkCoroRoundTrip is the unit of every speed figure of dlsim: one resume and one
// yield of iter.Pull with nothing around it.
func BenchmarkCoroRoundTrip(b *testing.B) {
	var c *Coro
	c = New(func() {
		for {
			c.Yield()
		}
	})
	b.ReportAllocs()
	for b.Loop() {
		c.Resume()
	}
}
