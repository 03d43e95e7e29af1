// SPDX-License-Identifier: CDDL-1.0

package sim_test

import (
	"flag"
	"os"
	"runtime"
	"strings"
	"testing"

	"dlsim/sim"
	"dlsim/sim/explore"
)

var memorySchedules = flag.Int64("memory", 40_000, "schedules of each workload in TestFlatMemory")

// TestFlatMemory expects a campaign to need no more memory the longer it runs: what is live
// after all of its schedules is what was live after a tenth of them. With -memory 10000000
// -v it is the acceptance run of docs/performance.md and tells of the process's size too.
func TestFlatMemory(t *testing.T) {
	for _, x := range []explore.Body{
		{Scenario: "W3", Make: func() func(*sim.Thread) { return newTable(2).body }},
		{Scenario: "W1x(6)", Make: func() func(*sim.Thread) { return newCounter(6).body }}, // 17 million of interleavings
	} {
		var early uint64
		next, n := int64(1), *memorySchedules
		r, err := explore.Explore(t.Context(), x, explore.Config{
			Strategy: "random", Schedules: n, Workers: 2, Seed: 1,
			Progress: func(done int64) {
				if done < next*n/10 {
					return
				}
				next++
				live := liveBytes()
				if early == 0 {
					early = live
				}
				t.Logf("%s: %d schedules, %d kB live, %s", x.Scenario, done, live>>10, resident())
				if live > early+2<<20 {
					t.Errorf("%s: %d kB are live after %d schedules, %d kB after a tenth of them",
						x.Scenario, live>>10, done, early>>10)
				}
			},
		})
		if err != nil || r.Verdict != explore.Expected || r.Schedules != n {
			t.Errorf("%s: %+v, %v", x.Scenario, r, err)
		}
	}
}

// liveBytes returns the size of the heap after a collection.
func liveBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// resident says how much memory the process has, and has had at most, where Linux tells.
func resident() string {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "size not known"
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "VmRSS") || strings.HasPrefix(line, "VmHWM") {
			out = append(out, strings.Join(strings.Fields(line), " "))
		}
	}
	return strings.Join(out, ", ")
}
