// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"regexp"
	"testing"

	"dlsim/devnet"
	"dlsim/sim"
	"dlsim/sim/strategy"
)

// unlocked are the lines of the original whose accesses no lock protects, and which must be
// scheduling points (environment.md 15, item 14; 954-957 there is about ddp, whose fields
// are under dd_mutex, and 1554-1555 the call of what is at 798-804).
var unlocked = [][2]int{
	{165, 165},
	{643, 643},
	{762, 767},
	{778, 787},
	{798, 803},
	{1080, 1080},
	{1267, 1267},
	{1322, 1322},
	{1407, 1407},
	{1570, 1571},
	{1604, 1606},
	{1627, 1658},
	{1667, 1667},
	{1673, 1673},
	{1688, 1688},
	{1714, 1714},
	{1719, 1719},
	{1748, 1748},
	{1769, 1771},
	{1998, 2010},
}

// alsoUnlocked are other lines whose accesses are scheduling points, with the reason.
var alsoUnlocked = map[int]string{
	758:  "stat_create is called without a lock, and rename writes dd_linkname",
	759:  "the same for dd_linkid",
	804:  "as the lines before it",
	936:  "i_dls_devnet_lock has been left",
	1019: "dd_zid is written in the perimeter, not under dd_mutex",
	1022: "the same",
	1025: "the same for dd_transient",
	1094: "dd_mutex has been left",
	1116: "dd_owner_zid is written under i_dls_devnet_lock, which has been left",
	1266: "dd_mutex has been left",
	1482: "readers of dd_linkname have no lock",
	1529: "the same",
	1538: "the same for dd_linkid",
}

// TestUnlockedAccessesAreSchedulingPoints expects Load and Store where the original has no
// lock, and Get and Set elsewhere.
func TestUnlockedAccessesAreSchedulingPoints(t *testing.T) {
	access := regexp.MustCompile(`\.(?:dd[A-Z]\w*|needRebuild)\.(Load|Store|Get|Set|Peek)\(`)
	listed := make(map[int]bool)
	for _, r := range unlocked {
		for l := r[0]; l <= r[1]; l++ {
			listed[l] = true
		}
	}
	seen := make(map[int]bool)
	for _, f := range readPort(t).funcs {
		for _, s := range f.statements {
			for _, m := range access.FindAllStringSubmatch(s.text, -1) {
				point := m[1] == "Load" || m[1] == "Store"
				_, also := alsoUnlocked[s.first]
				switch {
				case s.first == 0 || f.name == "destructor":
				case point && !listed[s.first] && !also:
					t.Errorf("%s: C:%d is under a lock and is a scheduling point: %s", s.pos, s.first, s.text)
				case !point && (listed[s.first] || also) && !lockedField(s.first, s.text):
					t.Errorf("%s: C:%d is under no lock and is not a scheduling point: %s", s.pos, s.first, s.text)
				}
				seen[s.first] = seen[s.first] || point
			}
		}
	}
	for l, why := range alsoUnlocked {
		if !seen[l] {
			t.Errorf("C:%d is not a scheduling point: take it off the list (%s)", l, why)
		}
	}
	for _, r := range unlocked {
		some := false
		for l := r[0]; l <= r[1]; l++ {
			some = some || seen[l]
		}
		if !some {
			t.Errorf("no access of C:%d-%d is a scheduling point", r[0], r[1])
		}
	}
}

// lockedField says that a line of unlocked accesses also reads dd_ref, under dd_mutex.
func lockedField(line int, text string) bool {
	return line == 1019 && regexp.MustCompile(`ddRef\.Get`).MatchString(text)
}

// TestAssertionsReadInDebugKernelsOnly: what an assertion reads without a lock is an
// operation of a DEBUG kernel, and nothing of another one.
func TestAssertionsReadInDebugKernelsOnly(t *testing.T) {
	for _, debug := range []bool{false, true} {
		w := sim.New()
		m := &machine{Kernel: new(devnet.Kernel)}
		r := w.Run(sim.Config{Detail: true}, new(strategy.Random), func(st *sim.Thread) {
			m.boot(st, devnet.Config{Debug: debug})
			if err := m.VNIC.Create(st, 2, "vnic0", 1); err != 0 {
				st.Fail(sim.KindPanic, "create", err.String())
			}
			st.Quiesce()
		})
		if r.Outcome != sim.Passed {
			t.Fatal(r.Failure.Message)
		}
		sites, seen := devnet.NewSites(), false
		for _, e := range w.Events() {
			s := sites.Resolve(e.PCs)
			seen = seen || e.Op == "load" && s.Line == 763
		}
		if seen != debug {
			t.Errorf("debug %v: the assertion at C:763 has read dd_ksp: %v", debug, seen)
		}
		w.Close()
	}
}
