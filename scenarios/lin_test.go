// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dlsim/devnet/env"
	"dlsim/model"
	"dlsim/sim"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// histories runs schedules of a scenario and calls visit with each that comes to its end.
func histories(t testing.TB, sc *Scenario, schedules uint64, visit func(*model.History)) {
	t.Helper()
	p, err := NewProgram(sc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := p.NewRunner([]string{string(sim.KindLin)}).(*runner)
	defer r.Close()
	for seed := range schedules {
		if r.Run(sim.Config{}, &strategy.Random{Seed: seed}); r.machine.quiet {
			visit(&r.machine.history.History)
		}
	}
}

// corpus returns histories of the shipped scenarios that the specification explains, all of
// different shapes.
func corpus(t testing.TB, schedules uint64) []*model.History {
	t.Helper()
	files, err := Find(".")
	if err != nil {
		t.Fatal(err)
	}
	c := model.NewChecker(model.NewRules())
	var out []*model.History
	for _, file := range files {
		sc, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]bool)
		histories(t, sc, schedules, func(h *model.History) {
			var shape strings.Builder
			for i := range h.Ops {
				o := &h.Ops[i]
				fmt.Fprintf(&shape, "%v %d %d;", o, o.Call, o.Return)
			}
			if !seen[shape.String()] && c.Check(h) == model.OK {
				seen[shape.String()] = true
				out = append(out, &model.History{Start: h.Start, Ops: slices.Clone(h.Ops)})
			}
		})
	}
	programs := rapid.Custom(func(r *rapid.T) string { return drawProgram(r, 60) })
	for seed := range int(schedules) {
		sc, err := Parse("program.yaml", []byte(programs.Example(seed)))
		if err != nil {
			t.Fatal(err)
		}
		histories(t, sc, 1, func(h *model.History) {
			if c.Check(h) == model.OK {
				out = append(out, &model.History{Start: h.Start, Ops: slices.Clone(h.Ops)})
			}
		})
	}
	return out
}

// TestMutatedHistories alters one answer of a history that is explained. Nearly all must be refused. With -short
// there are fewer histories.
func TestMutatedHistories(t *testing.T) {
	schedules := uint64(10)
	if testing.Short() {
		schedules = 3
	}
	all := corpus(t, schedules)
	c := model.NewChecker(model.NewRules())
	random := rand.New(rand.NewPCG(1, 2))
	errnos := append(env.Errnos(), 0)
	caught, total := 0, 0
	missed := make(map[string]int)
	for _, h := range all {
		for range 10 {
			o := &h.Ops[random.IntN(len(h.Ops))]
			if !o.Op.Judged() {
				continue
			}
			before := *o
			o.Result = model.Result{Err: errnos[random.IntN(len(errnos))], Link: before.Result.Link + 1, MAC: before.Result.MAC}
			if o.Answer() == before.Answer() {
				o.Result = before.Result
				continue
			}
			total++
			if c.Check(h) == model.NotLinearizable {
				caught++
			} else {
				missed[fmt.Sprintf("%v %s for %s", o.Op, o.Answer(), before.Answer())]++
			}
			*o = before
		}
	}
	t.Logf("%d of %d caught", caught, total)
	for _, k := range slices.Sorted(func(yield func(string) bool) {
		for k := range missed {
			if !yield(k) {
				return
			}
		}
	}) {
		t.Logf("missed %d: %s", missed[k], k)
	}
	if caught*100 < total*95 {
		t.Errorf("only %d of %d altered histories are refused", caught, total)
	}
}

var programSteps = flag.Int("lin.steps", 30, "steps of a sequential program")

// TestSequentialProgramsAgree runs random programs of one thread on the port: the specification must
// agree with every answer. What it does not is a bug of the original that one thread can show.
func TestSequentialProgramsAgree(t *testing.T) {
	operations := 0
	rapid.Check(t, func(r *rapid.T) {
		src := drawProgram(r, *programSteps)
		sc, err := Parse("program.yaml", []byte(src))
		if err != nil {
			r.Fatalf("%v\n%s", err, src)
		}
		histories(t, sc, 1, func(h *model.History) {
			c := model.NewChecker(model.NewRules())
			if c.Check(h) == model.OK {
				operations += len(h.Ops)
				return
			}
			x := c.Explain(h)
			if x.KnownBug == "" {
				r.Fatalf("%s\n%s\nstates:\n%s\n%s", x.Message(), strings.Join(x.Prefix, "\n"), strings.Join(x.States, "\n"), src)
			}
		})
	})
	t.Logf("%d operations", operations)
}

// drawProgram draws a program of one thread.
func drawProgram(r *rapid.T, steps int) string {
	var b strings.Builder
	b.WriteString(`name: program
system:
  zones: [{name: web, id: 5}, {name: db, id: 6, ip: shared}]
  links:
    - {name: net0, class: phys}
    - {name: net1, class: phys, mac: e1000g1, absent: true}
    - {name: old0, class: phys, mac: e1000g9, removed: true}
    - {name: vnic0, class: vnic, over: net0}
    - {name: sim0, class: simnet}
    - {name: vnic1, class: vnic, over: sim0, absent: true}
    - {name: stub0, class: etherstub, zone: web}
    - {name: tun0, class: iptun}
threads:
  only:
`)
	virtual := rapid.SampledFrom([]string{"vnic0", "sim0", "vnic1", "stub0", "tun0"})
	device := rapid.SampledFrom([]string{"net0", "net1"})
	link := rapid.SampledFrom([]string{"net0", "net1", "old0", "vnic0", "sim0", "vnic1", "stub0", "tun0"})
	zone := rapid.SampledFrom([]string{"global", "web", "db"})
	name := rapid.SampledFrom([]string{"net0", "vnic0", "sim0", "w0", "w1", "tun0", "ip.tun0", "e1000g1"})
	var held []string // release steps of what is held
	for i := range rapid.IntRange(1, steps).Draw(r, "steps") {
		l := link.Draw(r, "link")
		step := ""
		switch rapid.IntRange(0, 27).Draw(r, "op") {
		case 0, 1:
			step = "create: " + virtual.Draw(r, "virtual")
		case 2, 3:
			step = "destroy: " + virtual.Draw(r, "virtual")
		case 4:
			step = "attach: " + device.Draw(r, "device")
		case 5:
			step = "detach: " + device.Draw(r, "device")
		case 6:
			step = fmt.Sprintf("rename: {link: %s, to: %s}", l, name.Draw(r, "name"))
		case 7:
			step = "rename: {link: net0, onto: old0}"
		case 8, 9:
			step = fmt.Sprintf("setzone: {link: %s, zone: %s}", l, zone.Draw(r, "zone"))
		case 10:
			step = "getzone: " + l
		case 11:
			step = fmt.Sprintf("{hold: %s, as: h%d}", l, i)
			held = append(held, fmt.Sprintf("rele: h%d", i))
		case 12:
			step = fmt.Sprintf("{hold_by_dev: %s, as: h%d}", l, i)
			held = append(held, fmt.Sprintf("rele: h%d", i))
		case 13:
			step = fmt.Sprintf("{open: %s, as: h%d}", name.Draw(r, "name"), i)
			held = append(held, fmt.Sprintf("close: h%d", i))
		case 14:
			step = fmt.Sprintf("{stream_attach: %s, as: h%d}", l, i)
			held = append(held, fmt.Sprintf("stream_detach: h%d", i))
		case 15:
			step = "prop_set: " + l
		case 16:
			step = "prop_get: " + l
		case 17:
			step = "flow_add: " + l
		case 18:
			step = "flow_remove: " + l
		case 19:
			step = fmt.Sprintf("kstat_read: {link: %s, zone: %s}", l, zone.Draw(r, "zone"))
		case 20:
			step = "macname2linkid: " + l
		case 21:
			step = "phydev: " + l
		case 22:
			step = fmt.Sprintf("islinkvisible: {link: %s, zone: %s}", l, zone.Draw(r, "zone"))
		case 23:
			step = "get_linkid: " + name.Draw(r, "name")
		case 24:
			step = "get_linkinfo: " + l
		case 25:
			step = "rebuild"
		default:
			if len(held) == 0 {
				step = "flow_walk: " + l
				break
			}
			at := rapid.IntRange(0, len(held)-1).Draw(r, "held")
			step = held[at]
			held = slices.Delete(held, at, at+1)
		}
		b.WriteString("    - " + step + "\n")
	}
	b.WriteString("expect: none\n")
	return b.String()
}

// TestLinFailsWhereTheAnswerIs: the record of a history that is refused ends, for its reader, with the
// step after which the wrong answer was given, by the thread that was given it.
func TestLinFailsWhereTheAnswerIs(t *testing.T) {
	sc, err := Load("bugs/L25-delete-refused-for-a-flow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewProgram(sc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := p.NewRunner([]string{string(sim.KindLin)}).(*runner)
	defer r.Close()
	failures := 0
	for seed := range uint64(200) {
		res := r.Run(sim.Config{Detail: true}, &strategy.Random{Seed: seed})
		if res.Failure == nil {
			continue
		}
		failures++
		rec := explore.Take(r.world, res, p.Sites())
		cut := rec.Until(rec.At.Step)
		if last := &cut.Events[len(cut.Events)-1]; last.Thread != rec.Thread || rec.At.Step >= rec.Step {
			t.Errorf("seed %d: %s fails at step %d of %d, which %s made", seed, rec.Thread, rec.At.Step, rec.Step, last.Thread)
		}
		if len(rec.States) == 0 {
			t.Errorf("seed %d: no thread is known", seed)
		}
	}
	if failures == 0 {
		t.Error("no schedule failed")
	}
}

// TestMarkedScenariosFailLin: the scenarios of the bugs that bugs.md marks LIN fail the check, with
// the operation named, when it is the only one that is made.
func TestMarkedScenariosFailLin(t *testing.T) {
	for _, test := range []struct{ file, bug, says string }{
		{"L15-two-first-opens-of-a-tunnel", "L15", "open(ip.tun0) = EEXIST"},
		{"L19-link-of-one-zone-visible-in-another", "L19", "islinkvisible(linkid 3, zone 5) = true"},
		{"L23-event-of-what-never-was", "L23", "link_event(mac net0)"},
		{"L24-zone-check-of-open", "L24", "open(vnic0, by zone 5) = ok"},
		{"L25-delete-refused-for-a-flow", "L25", "hold(linkid 2) = ENOENT"},
		{"L25-failed-destroy-is-visible", "L25", "prop_get(linkid 2) = ENOENT"},
	} {
		sc, err := Load("bugs/" + test.file + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewProgram(sc, Options{})
		if err != nil {
			t.Fatal(err)
		}
		cfg := sc.Campaign()
		cfg.Checks, cfg.Schedules, cfg.Expect = []string{string(sim.KindLin)}, 4000, nil
		cfg.Until = func(r *explore.Record) bool { return strings.Contains(r.Message, test.says) }
		res, err := explore.Explore(t.Context(), p, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if res.Reached == nil || res.Reached.Kind != sim.KindLin {
			t.Errorf("%s (%s): no order explains %s was not found", test.file, test.bug, test.says)
		}
	}
}
