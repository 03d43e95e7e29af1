// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dlsim/scenarios"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/strategy"
)

const lockOrderSchedules = 12 // of each scenario

// lockGraph returns the acquisitions of a few schedules of a scenario. Those that have nothing new
// are not run in detail.
func lockGraph(t *testing.T, file string) *check.Graph {
	t.Helper()
	sc, err := scenarios.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := scenarios.NewProgram(sc, scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := p.NewRunner([]string{string(sim.KindDeadlock)})
	defer r.Close()
	g, fast, detailed := check.NewGraph(), check.NewLocks(), check.NewLocks()
	detailed.Sites = p.Sites()
	for i := range int64(lockOrderSchedules) {
		s := strategy.PCT{Seed: uint64(i), Depth: 3, Picks: 60}
		res := r.Run(sim.Config{Locks: fast}, &s)
		if !slices.ContainsFunc(fast.Fresh(), func(key uint64) bool { return !g.Known(key) }) {
			continue
		}
		r.Run(sim.Config{Locks: detailed, Detail: true}, &strategy.Rerun{Choices: slices.Clone(res.Choices)})
		all := detailed.All()
		for j := range all {
			g.Add(&all[j], i)
		}
	}
	return g
}

// inversion is an edge of the lock order that goes against the rest of it, and why.
type inversion struct{ held, wanted, id, why string }

// knownInversions are all that there may be.
var knownInversions = []inversion{
	{"dd_mutex", "KSTAT", "N5", "no deadlock: the link has left the tables, so that no reader of its kstat comes to want dd_mutex any more"},
	{"dd_mutex", "PERIM", "L04", "a deadlock with who gives a temporary hold back inside the perimeter"},
	{"i_dls_devnet_lock", "PERIM", "D02", "the rename of an aggregation opens and closes its ports: a deadlock with who is inside the perimeter of one"},
}

// documented is the hierarchy of environment.md 1 in the classes of this tool, outermost first; those
// of one row are not ordered among each other. It is what the derived order is compared with,
// and nothing that any check knows. KSTAT is below PERIM, which rows 5 and 6 say in words.
var documented = [][]string{
	{"devi_busy", "dacf_lock"},
	{"sdev_contents", "v_lock"},
	{"vnic_lock", "aggr_grp_lock", "simnet_dev_lock", "iptun_hash_lock", "iptun_lock", "iptun_enter_cv"},
	{"softmac_hash_lock", "smac_mutex", "smac_global_lock"},
	{"PERIM"},
	{"KSTAT"},
	{"i_dls_devnet_lock"},
	{"dd_mutex"},
	{"i_dls_mgmt_lock"},
}

// notBelow are edges that the documented hierarchy has a reason for although they go up: a driver
// that is called back inside the perimeter enters its tunnel, and the release inside a property ioctl
// deletes an implicit tunnel in it (L22).
var notBelow = [][2]string{{"PERIM", "iptun_lock"}, {"PERIM", "iptun_enter_cv"}, {"PERIM", "iptun_hash_lock"}}

// lockOrder derives the order from one in every so many scenarios.
func lockOrder(t *testing.T, every int) *check.ClassOrder {
	t.Helper()
	var graphs []*check.Graph
	for _, dir := range []string{"core", "pairs", "bugs"} {
		files, err := filepath.Glob(dir + "/*.yaml")
		if err != nil || len(files) == 0 {
			t.Fatalf("no scenarios in %s: %v", dir, err)
		}
		for i, f := range files {
			if i%every == 0 {
				graphs = append(graphs, lockGraph(t, f))
			}
		}
	}
	return check.Classes(graphs)
}

// TestLockOrder derives the lock order from all scenarios and compares it with the documented one
// and with docs/lock-order.md. With -short it derives it from a few, and expects nothing to be new.
func TestLockOrder(t *testing.T) {
	every := 1
	if testing.Short() {
		every = 8
	}
	o := lockOrder(t, every)
	for _, e := range o.Inversions {
		if !slices.ContainsFunc(knownInversions, func(k inversion) bool { return k.held == e.Held && k.wanted == e.Wanted }) {
			t.Errorf("a new inversion: %s is taken with %s held: %v", e.Wanted, e.Held, e.Places)
		}
	}
	if every == 1 && len(o.Inversions) != len(knownInversions) {
		t.Errorf("%d inversions, %d are known", len(o.Inversions), len(knownInversions))
	}
	for _, e := range o.Edges {
		held, wanted := row(e.Held), row(e.Wanted)
		if held < 0 || wanted < 0 || held <= wanted || slices.Contains(o.Inversions, e) ||
			slices.Contains(notBelow, [2]string{e.Held, e.Wanted}) {
			continue
		}
		t.Errorf("environment.md 1 has %s above %s, which is taken first here: %v", e.Wanted, e.Held, e.Places)
	}
	if every == 1 {
		current(t, "../docs/lock-order.md", []byte(lockOrderDoc(o)))
	}
}

func row(class string) int {
	return slices.IndexFunc(documented, func(row []string) bool { return slices.Contains(row, class) })
}

// lockOrderDoc is docs/lock-order.md.
func lockOrderDoc(o *check.ClassOrder) string {
	var b strings.Builder
	b.WriteString(lockOrderIntro)
	b.WriteString("## Order\n\nEach lock may be taken with those above it held.\n\n| lock | is taken with | waited for with it held |\n|---|---|---|\n")
	for _, c := range o.Order {
		if !isLock(o, c) {
			continue
		}
		var above, waits []string
		for _, e := range o.Edges {
			switch {
			case e.Wanted == c && !slices.Contains(o.Inversions, e):
				above = append(above, e.Held)
			case e.Held == c && e.Waits:
				waits = append(waits, e.Wanted)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", c, words(above), words(waits))
	}
	b.WriteString("\n## Inversions\n\nThese go against the order.\n\n| held | taken | places | known as | |\n|---|---|---|---|---|\n")
	for _, e := range o.Inversions {
		var known inversion
		for _, k := range knownInversions {
			if k.held == e.Held && k.wanted == e.Wanted {
				known = k
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", e.Held, e.Wanted, places(e), known.id, known.why)
	}
	b.WriteString("\n## Locks of one class\n\n| class | places |\n|---|---|\n")
	for _, e := range o.Nested {
		fmt.Fprintf(&b, "| %s | %s |\n", e.Held, places(e))
	}
	b.WriteString("\n## Where\n\nAll pairs of which one is taken, or waited for, with the other held.\n\n| held | taken | places |\n|---|---|---|\n")
	for _, e := range o.Edges {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", e.Held, e.Wanted, places(e))
	}
	return b.String()
}

// isLock reports whether threads come to hold something of the class.
func isLock(o *check.ClassOrder, class string) bool {
	return slices.ContainsFunc(o.Edges, func(e *check.Edge) bool { return e.Held == class || e.Wanted == class && !e.Waits })
}

const placesShown = 4 // of an edge

func places(e *check.Edge) string {
	var out []string
	for i, p := range e.Places {
		if i == placesShown {
			out = append(out, fmt.Sprintf("and %d more", len(e.Places)-i))
			break
		}
		s := p.Held + " then " + p.Wanted
		if p.Via != "" {
			s += " via " + p.Via
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func words(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, ", ")
}

const lockOrderIntro = `# Lock order

Derived from what threads acquire in a few schedules of each scenario under scenarios/, by the monitor of the check ` + "`order`" + `
(` + "`sim/check`" + `); nothing here is written by hand but why an inversion is known. It is generated by ` + "`go test ./scenarios -update`" + `, and a
test compares it with the hierarchy of environment.md 1. Classes are those of reports: PERIM is a mac perimeter, KSTAT the
ownership of a kstat, TABLE the daemon's table lock, devi_busy the parent of a device. Waits that are treated like locks are PROC (a
process's threads to stop), REPLY (the daemon's answer), NOTIFY (a notification walk), dd_tref (temporary references to go),
dd_prop_taskid (the property task), smac_cv (the attach of a device) and iptun_enter_cv (a tunnel's deletion).

`
