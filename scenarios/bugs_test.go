// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dlsim/devnet"
	"dlsim/scenarios"
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/trace"
)

// reportedBug is one way in which a bug of bugs.md is reported.
type reportedBug struct {
	id   string
	says string // the report that bugs.md asks for, in its words
	// kind and scenario select the kept traces, of which one at least must show it.
	kind     sim.Kind
	scenario string
	about    []string // lock classes, the sort of buffer, or the subject: all there are
	sites    []string // "function:line" or "function" of the seed, all in the report
	threads  []string // those the report is about: all in the cycle, or the one that fails
	// through are steps that the report's run makes, in this order: "thread function:line",
	// and after a colon what is noted of the step.
	through []string
	// explored says that the scenario is explored instead, as no kept trace can show it.
	explored bool
}

// reportedBugs has each reachable entry of bugs.md, class L: what it says, and what is found.
// Lines are those of the seed.
var reportedBugs = []reportedBug{
	{
		id: "L01", says: "DL: A3 waits A2, A2 waits DEVNET held by A1, A1 waits end of A3's fork", kind: "deadlock",
		scenario: "l01-fork-during-create", about: []string{"PROC", "i_dls_devnet_lock"},
		sites:   []string{"dls_devnet_set:824", "i_dls_mgmt_upcall:330", "dls_devnet_hold_common:1167", "fork1"},
		threads: []string{"creator", "forker", "prober"},
		through: []string{"creator dls_devnet_set:824", "prober kstat_hold"},
	},
	{
		id: "L01", says: "UPCALL first (always)", kind: "upcall", scenario: "l01-fork-during-create",
		about: []string{"i_dls_devnet_lock"}, sites: []string{"dls_devnet_set:824", "i_dls_mgmt_upcall:330"},
		threads: []string{"creator"}, through: []string{"creator dls_devnet_set:824", "creator i_dls_mgmt_upcall:330"},
	},
	{
		id: "L02", says: "UPCALL in all", kind: "upcall", scenario: "l02-daemon-needs-the-lock",
		about: []string{"i_dls_devnet_lock"}, sites: []string{"dls_devnet_set:824", "i_dls_mgmt_upcall:330"},
		threads: []string{"admin"},
	},
	{
		id: "L03", says: "UPCALL only; must not be DL", kind: "upcall", scenario: "l03-delays-under-the-lock",
		about: []string{"i_dls_devnet_lock"}, sites: []string{"dls_devnet_set:824", "i_dls_mgmt_upcall:330"},
		threads: []string{"admin"},
	},
	{
		id: "L31", says: "driver lock held while waiting for the property task", kind: "upcall",
		scenario: "l31-driver-lock-held-for-a-property-task", about: []string{"vnic_lock"},
		sites: []string{"vnic_dev_delete", "dls_devnet_destroy:1855"}, threads: []string{"deleter"},
	},
	{
		id: "L02", says: "(ii) DL: a daemon thread holds TABLE while forking behind such an ioctl", kind: "deadlock",
		scenario: "l02-daemon-forks-under-its-table-lock", about: []string{"PROC", "REPLY", "TABLE", "i_dls_devnet_lock"},
		sites: []string{
			"dls_devnet_set:824", "dls_devnet_hold_common:1167", "dlmgmt_zoneboot", "dlmgmt_handler",
			"fork1", "i_dls_mgmt_upcall:330",
		},
		threads: []string{"admin", "dlmgmtd", "dlmgmtd", "dlmgmtd"},
		through: []string{"admin dls_devnet_set:824", "dlmgmtd dlmgmt_zoneboot", "dlmgmtd fork1"},
	},
	{
		id: "L02", says: "(iii) HANG with the chain: n threads wait DEVNET held by S, S waits daemon", kind: "hang",
		scenario: "l02-daemon-needs-the-lock", about: []string{"PROC", "REPLY", "i_dls_devnet_lock"},
		sites: []string{"i_dls_mgmt_upcall:330", "dls_devnet_hold_common:1167"}, threads: []string{"admin", "dlmgmtd", "prober"},
		through: []string{"admin dls_devnet_set:824", "admin i_dls_mgmt_upcall:330"},
	},
	{
		id: "L04", says: "DL: D holds dd_mutex wants PERIM; F holds PERIM wants dd_mutex", kind: "deadlock",
		scenario: "l04-flow-vs-zone-destroy", about: []string{"PERIM", "dd_mutex"},
		sites:   []string{"dls_devnet_unset:1095", "i_dls_devnet_setzid:1578", "dls_devnet_rele_tmp:669"},
		threads: []string{"admin", "walker"},
		through: []string{"walker mac_perim_enter_by_linkid", "walker dls_devnet_hold_common:1175", "admin dls_devnet_unset:1095"},
	},
	{
		id: "L05", says: "UAF at release", kind: "lifetime", scenario: "l05-forced-destroy-with-holder",
		about: []string{"dls_devnet_t"}, sites: []string{"dls_devnet_rele:1261", "dls_devnet_unset:1122"},
		threads: []string{"snoop", "zoneadmd"},
		through: []string{"snoop dls_devnet_hold_common:1175", "zoneadmd dls_devnet_unset:1026", "zoneadmd dls_devnet_unset:1122"},
	},
	{
		id: "L05", says: "VERIFY dd_ref > 1", kind: "panic", scenario: "l05-forced-destroy-with-holder",
		about: []string{"VERIFY dd_ref > 1"}, sites: []string{"dls_devnet_rele:1262"}, threads: []string{"snoop"},
		through: []string{"snoop dls_devnet_hold_common:1175", "zoneadmd dls_devnet_unset:1026", "snoop dls_devnet_rele:1261"},
	},
	{
		id: "L05", says: "REF (its reference was stolen)", kind: "refs", scenario: "l05-forced-destroy-of-an-open-link",
		about: []string{"dd_ref written off"}, sites: []string{"dls_devnet_hold:1196", "dls_devnet_unset:1049"}, threads: []string{"sniffer"},
		through: []string{"sniffer dls_devnet_hold_common:1175", "zoneadmd dls_devnet_unset:1026", "zoneadmd dls_devnet_unset:1122"},
	},
	{
		id: "L05", says: "REF (its reference was stolen)", kind: "refs", scenario: "l05-forced-destroy-of-an-open-link",
		about: []string{"dd_ref written off"}, sites: []string{"dls_devnet_hold:1196", "dls_devnet_unset:1049"},
		through: []string{"sniffer dls_devnet_hold_common:1175", "zoneadmd dls_devnet_unset:1026", "zoneadmd dls_devnet_unset:1122"},
	},
	{
		id: "L06", says: "H: UAF", kind: "lifetime", scenario: "l06-forced-destroy-of-orphan",
		about: []string{"dls_devnet_t"}, sites: []string{"dls_devnet_rele:1261", "dls_devnet_unset:1122"},
		threads: []string{"sniffer", "admin"},
		through: []string{"admin dls_devnet_unset:1022: clear orphaned datalink", "admin dls_devnet_unset:1122"},
	},
	{
		id: "L06", says: "H: VERIFY dd_ref > 1", kind: "panic", scenario: "l06-forced-destroy-of-orphan",
		about: []string{"VERIFY dd_ref > 1"}, sites: []string{"dls_devnet_rele:1262"}, threads: []string{"sniffer"},
		through: []string{"admin dls_devnet_unset:1022: clear orphaned datalink", "sniffer dls_devnet_rele:1261"},
	},
	{
		id: "L08", says: "invalid handle / UAF", kind: "lifetime", scenario: "l08-destroy-with-flow-and-no-daemon",
		about: []string{"uninitialised pointer dls_devnet_t *ddp"}, sites: []string{"dls_devnet_destroy:1918"},
		threads: []string{"admin"},
		through: []string{"admin i_dls_mgmt_upcall:322: GETNAME: EBADF", "admin dls_devnet_set:920"},
	},
	{
		id: "L09", says: "STALE: entry in both hashes, no mac behind it", kind: "stale",
		scenario: "l09-create-interrupted-with-proptask", about: []string{"devnet without MAC"},
		through: []string{"admin i_dls_mgmt_upcall:330: GETNAME: EINTR", "admin dls_devnet_unset:991: EBUSY: dd_ref 1, dd_tref 0, property task pending"},
	},
	{
		id: "L10", says: "UAF", kind: "lifetime", scenario: "l10-rename-vs-destroy", about: []string{"dls_devnet_t"},
		sites: []string{"dls_devnet_stat_rename:798", "dls_devnet_unset:1122"}, threads: []string{"admin", "deleter"},
		through: []string{"admin dls_devnet_rename:1460", "deleter dls_devnet_unset:1122", "admin dls_devnet_stat_rename:798"},
	},
	{
		id: "L10", says: "double kstat delete", kind: "lifetime", scenario: "l10-rename-vs-destroy", about: []string{"kstat_t"},
		sites: []string{"dls_devnet_stat_destroy:780", "dls_devnet_stat_rename:799"}, threads: []string{"deleter", "admin"},
		through: []string{"admin dls_devnet_rename:1460"},
	},
	{
		id: "L10", says: "STALE kstat", kind: "stale", scenario: "l10-rename-vs-destroy", about: []string{"kstat without devnet"},
		through: []string{"admin dls_devnet_rename:1460", "admin dls_devnet_stat_create:758"},
	},
	{
		id: "L13", says: "UAF read", kind: "lifetime", scenario: "l13-implicit-tunnel-last-close",
		about: []string{"dls_devnet_t"}, sites: []string{"dls_devnet_rele:1266", "dls_devnet_unset:1122"},
		threads: []string{"first", "second"},
	},
	{
		id: "L13", says: "UAF write", kind: "lifetime", scenario: "l13-implicit-tunnel-last-close",
		about: []string{"dls_devnet_t"}, sites: []string{"dls_devnet_rele:1267", "dls_devnet_unset:1122"},
		threads: []string{"second", "first"},
	},
	{
		id: "L14", says: "VERIFY", kind: "panic", scenario: "l14-implicit-tunnel-deleted-before-hold",
		about: []string{"VERIFY i_dls_devnet_destroy_iptun == 0"}, sites: []string{"dls_devnet_hold_by_name:1314"},
		threads: []string{"opener"}, through: []string{"admin dls_devnet_unset:1122"},
	},
	{
		id: "L16", says: "VERIFY", kind: "panic", scenario: "l16-interrupted-implicit-tunnel",
		about: []string{"VERIFY dls_mgmt_destroy == 0"}, sites: []string{"i_dls_devnet_create_iptun:1971"}, threads: []string{"opener"},
		through: []string{"opener i_dls_mgmt_upcall:330: EINTR"},
	},
	{
		id: "L17", says: "VERIFY dd_ref > 1", kind: "panic", scenario: "l17-two-returns-to-global",
		about: []string{"VERIFY dd_ref > 1"}, sites: []string{"dls_devnet_rele:1262"}, threads: []string{"zoneadmd"},
		through: []string{"zoneadmd dls_devnet_setzid:1627", "admin i_dls_devnet_setzid:1604", "admin dls_devnet_rele:1261", "zoneadmd dls_devnet_rele:1261"},
	},
	{
		id: "L17", says: "with an extra opener: REF (opener's reference stolen)", kind: "refs",
		scenario: "l17-return-takes-the-reference-of-an-opener", about: []string{"dd_ref given back by who has none"},
		sites: []string{"dls_devnet_setzid:1653"}, threads: []string{"zoneadmd"},
		through: []string{"sniffer dls_devnet_hold_by_dev:1243", "admin dls_devnet_rele:1261", "zoneadmd dls_devnet_rele:1261"},
	},
	{
		id: "L19", says: "STALE: dd_zid != link zone != daemon zone", kind: "stale", scenario: "l19-cached-object-keeps-its-zone",
		about: []string{"dd_zid and dl_zid differ"}, through: []string{"admin dls_devnet_unset:1122", "admin dls_devnet_create:1813"},
	},
	{
		id: "L22", says: "DL with a single thread", kind: "deadlock", scenario: "l22-zone-gives-implicit-tunnel-back",
		about: []string{"dd_cv"}, sites: []string{"dls_devnet_unset:1109"}, threads: []string{"admin"},
		through: []string{"admin i_dls_devnet_setzid:1604", "admin dls_devnet_rele:1265", "admin i_dls_devnet_destroy_iptun:1990"},
	},
	{
		id: "L23", says: "RACE on dd_linkname", kind: "race", scenario: "l23-notification-reads-a-changing-name",
		about: []string{"dd_linkname"}, sites: []string{"dls_devnet_link:1998", "dls_devnet_rename:1482"},
		threads: []string{"renamer"},
	},
	{
		id: "L24", says: "RACE on dd_zid", kind: "race", scenario: "l24-zone-check-of-open", about: []string{"dd_zid"},
		sites: []string{"dls_devnet_open:1714", "i_dls_devnet_setzid:1604"}, threads: []string{"admin"},
	},
	{
		id: "L25", says: "(a) LIN: ENOENT for a link whose delete is refused", kind: "answer", scenario: "l25-failed-destroy-is-visible",
		about: []string{"prop_get ENOENT"}, threads: []string{"prober"},
	},
	{
		id: "L25", says: "(b) STALE: owner zone changed by a failed operation", kind: "stale", scenario: "l25-failed-destroy-changes-owner",
		about:   []string{"daemon and kernel differ in the zone"},
		through: []string{"admin dls_devnet_unset:1122", "admin dls_devnet_destroy:1896", "admin dls_devnet_destroy:1918"},
	},
	{
		id: "L27", says: "RACE: V reads false, C sets true", kind: "race", scenario: "l27-lost-rebuild-notice",
		about: []string{"devnet_need_rebuild"}, sites: []string{"dls_devnet_rebuild:1769", "dls_devnet_set:908"}, threads: []string{"lister"},
	},
	{
		id: "L27", says: "RACE: C sets true, V stores false", kind: "race", scenario: "l27-lost-rebuild-notice",
		about: []string{"devnet_need_rebuild"}, sites: []string{"dls_devnet_rebuild:1771", "dls_devnet_set:908"}, threads: []string{"admin"},
	},
	{
		id: "L28", says: "(a) STALE: the name stays in the daemon with no link", kind: "stale", scenario: "l28-implicit-tunnel-name-left-behind",
		about: []string{"link of the daemon without devnet"}, through: []string{"opener i_dls_mgmt_upcall:330: DLS_CREATE: EINTR"},
	},
	{
		id: "L28", says: "(b) STALE: daemon says zone 5, kernel says GZ", kind: "stale", scenario: "l28-interrupted-after-the-effect",
		about: []string{"daemon and kernel differ in the zone"}, through: []string{"admin i_dls_mgmt_upcall:330: SETZONEID: EINTR"},
	},
	{
		id: "L29", says: "(a) STALE: recreate fails, the mark is cleared", kind: "stale", scenario: "l29-daemon-dies-during-recreate",
		about: []string{"device without link"}, through: []string{"smf i_dls_mgmt_upcall:330: EINTR", "smf dls_mgmt_door_set:273"},
		explored: true, // shrinking goes from (a) to (b), whose signature is the same
	},
	{
		id: "L29", says: "(b) STALE: EINTR in attach is not EBADF", kind: "stale", scenario: "l29-daemon-dies-during-attach",
		about: []string{"device without link"}, through: []string{"system_taskq i_dls_mgmt_upcall:330: EINTR", "system_taskq softmac_create_task"},
	},
	{
		id: "L30", says: "STALE after zone death", kind: "stale", scenario: "l30-zone-hook-drops-failure", about: []string{"link in a dead zone"},
		through: []string{"zoneadmd i_dls_devnet_setzid:1578", "zoneadmd dls_stack_shutdown:190"},
	},
	{
		id: "L32", says: "STALE", kind: "stale", scenario: "l32-failed-load-counts-as-loaded", about: []string{"properties never loaded"},
		through: []string{"system_taskq i_dls_mgmt_upcall:330: LINKPROP_INIT: EINTR", "system_taskq dls_devnet_prop_task:645"},
	},
}

// unreachableBugs are the entries of class L that nothing reports as failures, and why. Each
// has a scenario in bugs/ that looks for it all the same.
var unreachableBugs = map[string]string{
	"L15": "the callers of dls_devnet_open hold the directory lock of /dev/net",
	"L33": "contrived: three renames and four preemptions",
}

// TestReportedBugs replays the kept traces and expects of each bug the report that bugs.md
// asks for.
func TestReportedBugs(t *testing.T) {
	records := make(map[string]*explore.Record)
	for _, b := range reportedBugs {
		t.Run(fmt.Sprintf("%s/%s", b.id, b.kind), func(t *testing.T) {
			if b.explored {
				if !slices.ContainsFunc(explored(t, b.scenario), func(r *explore.Record) bool { return b.differs(r) == "" }) {
					t.Errorf("bugs.md says %q, which %s does not show", b.says, b.scenario)
				}
				return
			}
			files, err := filepath.Glob(fmt.Sprintf("../traces/%s-%s-*.trace", b.scenario, b.kind))
			if err != nil || len(files) == 0 {
				t.Fatalf("no trace in which %s is a %s: %v", b.scenario, b.kind, err)
			}
			var wrong []string
			for _, file := range files {
				if records[file] == nil {
					records[file] = replayed(t, file)
				}
				what := b.differs(records[file])
				if what == "" {
					return
				}
				wrong = append(wrong, fmt.Sprintf("%s: %s", filepath.Base(file), what))
			}
			t.Errorf("bugs.md says %q, which no trace shows:\n%s", b.says, strings.Join(wrong, "\n"))
		})
	}
}

// explored returns what a shipped scenario shows first of each violation.
func explored(t *testing.T, name string) []*explore.Record {
	t.Helper()
	var out []*explore.Record
	for _, sc := range shipped(t) {
		if sc.Name != name {
			continue
		}
		r, err := explore.Explore(context.Background(), program(t, sc, scenarios.Options{}), sc.Campaign())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range r.Violations {
			out = append(out, v.Record)
		}
	}
	return out
}

// replayed runs a trace again and returns its record.
func replayed(t *testing.T, file string) *explore.Record {
	t.Helper()
	tr, err := trace.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sc, err := scenarios.Parse(file, tr.Source)
	if err != nil {
		t.Fatal(err)
	}
	r := trace.Replay(program(t, sc, scenarios.Options{DebugKernel: tr.Header.Kernel == "debug"}), tr)
	if !r.Same {
		t.Fatalf("%s: recorded %q, replayed %q", file, tr.Violation.Signature, r.Record.Signature)
	}
	return r.Record
}

// TestStacksGoThroughTheirSites unwinds the stack of each thread at each recorded failure. The
// place at which the report says the thread is must be in it, with what it called to get there
// above it.
func TestStacksGoThroughTheirSites(t *testing.T) {
	sites := devnet.NewSites()
	checked := 0
	for _, b := range reportedBugs {
		files, _ := filepath.Glob(fmt.Sprintf("../traces/%s-%s-*.trace", b.scenario, b.kind))
		r := replayed(t, files[0])
		for _, s := range r.States {
			if s.Thread == r.Thread && !s.Blocked {
				s.Site = r.At.Site // and not its next operation
			}
			if s.Site.Line == 0 || s.Done {
				continue
			}
			checked++
			var stack []string
			for _, f := range sites.Frames(s.PCs) {
				stack = append(stack, f.String())
			}
			at := slices.Index(stack, s.Site.String())
			via := slices.Index(stack, s.Site.Via)
			if at < 0 || s.Site.Via != "" && (via < 0 || via > at) {
				t.Errorf("%s: %s is at %v via %q, and its stack is %v", files[0], s.Thread, s.Site, s.Site.Via, stack)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d threads were in the port", checked)
	}
}

// differs says how a record is not the report that is asked for; "" if it is.
func (b *reportedBug) differs(r *explore.Record) string {
	about := r.Classes
	if len(about) == 0 {
		about = []string{r.Subject}
	}
	if !slices.Equal(about, b.about) {
		return fmt.Sprintf("it is about %q, not %q", about, b.about)
	}
	for _, want := range b.sites {
		if !slices.ContainsFunc(r.Sites, func(s sim.Site) bool { return at(s, want) }) {
			return fmt.Sprintf("%s is not among its sites %v", want, r.Sites)
		}
	}
	if got := threadsOf(r); b.threads != nil && !slices.Equal(got, b.threads) {
		return fmt.Sprintf("it is about the threads %q, not %q", got, b.threads)
	}
	next := 0
	for _, want := range b.through {
		i := slices.IndexFunc(r.Events[next:], func(e explore.Event) bool { return passes(&e, want) })
		if i < 0 {
			return fmt.Sprintf("no step %q from event %d on", want, next)
		}
		next += i + 1
	}
	return ""
}

// at reports whether s is the wanted place, a function or one of its lines.
func at(s sim.Site, want string) bool { return s.String() == want || s.Func == want || s.Via == want }

// passes reports whether an event is a step as reportedBug.through has it.
func passes(e *explore.Event, want string) bool {
	thread, rest, _ := strings.Cut(want, " ")
	place, note, noted := strings.Cut(rest, ": ")
	return sort(e.Thread) == thread && at(e.Site, place) &&
		(!noted || strings.Contains(strings.Join(e.Notes, "; "), note))
}

// sort returns the name of a thread without its number.
func sort(thread string) string {
	name, _, _ := strings.Cut(thread, "/")
	return name
}

// threadsOf returns the threads that a report is about: sorted, if they wait.
func threadsOf(r *explore.Record) []string {
	var out []string
	switch r.Kind {
	case sim.KindDeadlock:
		for _, e := range r.Cycle {
			out = append(out, sort(e.Thread))
		}
		slices.Sort(out)
	case sim.KindHang:
		for _, s := range r.Stuck() {
			out = append(out, sort(s.Thread))
		}
		slices.Sort(out)
	default:
		out = append(out, sort(r.Thread))
		if r.FreedBy != "" {
			out = append(out, sort(r.FreedBy))
		}
	}
	return out
}

// TestBugListIsComplete compares the tables above with the entries of bugs.md, if it is there,
// and expects a scenario in bugs/ for each.
func TestBugListIsComplete(t *testing.T) {
	known := make(map[string]bool)
	for _, b := range reportedBugs {
		known[b.id] = true
	}
	for id := range unreachableBugs {
		if known[id] {
			t.Errorf("%s is both reported and not reachable", id)
		}
		known[id] = true
	}
	for id := range known {
		if files, _ := filepath.Glob("bugs/" + id + "-*.yaml"); len(files) == 0 {
			t.Errorf("no scenario bugs/%s-*.yaml", id)
		}
	}
	list, err := os.ReadFile("../../shared/bugs.md")
	if err != nil {
		t.Logf("bugs.md is not there to compare with: %v", err)
		return
	}
	for _, m := range regexp.MustCompile(`(?m)^### (L\d+) `).FindAllStringSubmatch(string(list), -1) {
		if !known[m[1]] {
			t.Errorf("bugs.md has %s and no table here", m[1])
		}
	}
}
