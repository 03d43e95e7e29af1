// SPDX-License-Identifier: CDDL-1.0

package sim_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
	"dlsim/sim/strategy"

	"pgregory.net/rapid"
)

// program is a generated program: what each of its first threads does. Operations need not
// make sense together: misuse is a failure, which has to be found again too.
type program struct {
	threads [][]string
	mu      [2]ksync.Mutex
	rw      ksync.RWLock
	cv      ksync.Cond
	v       ksync.Var[int]
	q       ksync.Taskq
	spawned int
	last    *sim.Thread
}

func (p *program) body(t *sim.Thread) {
	w := t.World()
	for i := range p.mu {
		p.mu[i].Init(w, nil, "mu", "", i+1)
	}
	p.rw.Init(w, nil, "rw", "", 0)
	p.cv.Init(w, nil, "cv", "", 0)
	p.v.Init(w, nil, "v", "", 0)
	p.v.Poke(0)
	p.q.Init(w, "task", nil)
	p.spawned, p.last = 0, nil
	for i, ops := range p.threads {
		t.SpawnN("t", i+1, func(t *sim.Thread) {
			for _, op := range ops {
				p.do(t, op)
			}
		})
	}
	t.Quiesce()
}

// sensible operations fit together; wild ones are likely to be misuse.
var (
	sensible = []string{
		"locked", "nested 01", "nested 01", "nested 10", "nested 10", "reading", "writing",
		"wait for one", "load", "store",
		"choose", "sleep 1", "sleep 2", "yield", "spawn", "join", "task", "signal", "broadcast",
	}
	wild = append([]string{
		"enter 0", "exit 0", "enter 1", "exit 1", "read", "write", "leave", "upgrade",
		"downgrade", "wait",
	}, sensible...)
)

func (p *program) do(t *sim.Thread, op string) {
	switch op {
	case "enter 0", "enter 1":
		p.mu[op[6]-'0'].Enter(t)
	case "exit 0", "exit 1":
		p.mu[op[5]-'0'].Exit(t)
	case "read":
		p.rw.EnterRead(t)
	case "write":
		p.rw.EnterWrite(t)
	case "leave":
		p.rw.Exit(t)
	case "upgrade":
		p.v.Store(t, map[bool]int{true: 5}[p.rw.TryUpgrade(t)])
	case "downgrade":
		p.rw.Downgrade(t)
	case "wait":
		p.cv.Wait(t, &p.mu[0])
	case "signal":
		p.cv.Signal(t)
	case "broadcast":
		p.cv.Broadcast(t)
	case "load":
		if p.v.Load(t) == 3 {
			t.Yield()
		}
	case "store":
		p.v.Store(t, t.ID())
	case "choose":
		p.v.Store(t, t.Choose(4, "value"))
	case "sleep 1", "sleep 2":
		t.Sleep(time.Duration(op[6]-'0') * time.Second)
	case "yield":
		t.Yield()
	case "spawn", "task":
		p.spawn(t, op == "task")
	case "join":
		if u := p.last; u != nil && u != t {
			t.Join(u)
		}
	default:
		p.doTogether(t, op)
	}
}

func (p *program) spawn(t *sim.Thread, task bool) {
	child := func(t *sim.Thread) { p.v.Store(t, p.v.Load(t)+1) }
	if task {
		p.q.Dispatch(t, child)
		return
	}
	p.spawned++
	p.last = t.SpawnN("child", p.spawned, child)
}

func (p *program) doTogether(t *sim.Thread, op string) {
	switch op {
	case "locked":
		p.mu[0].Enter(t)
		p.v.Set(t, p.v.Get(t)+1)
		p.cv.Signal(t)
		p.mu[0].Exit(t)
	case "nested 01", "nested 10":
		first := op[7] - '0'
		p.mu[first].Enter(t)
		p.mu[1-first].Enter(t)
		p.mu[1-first].Exit(t)
		p.mu[first].Exit(t)
	case "reading":
		p.rw.EnterRead(t)
		p.v.Load(t)
		p.rw.Exit(t)
	case "writing":
		p.rw.EnterWrite(t)
		p.v.Store(t, 7)
		p.rw.Exit(t)
	case "wait for one":
		p.mu[0].Enter(t)
		for p.v.Get(t) == 0 {
			p.cv.Wait(t, &p.mu[0])
		}
		p.mu[0].Exit(t)
	default:
		panic("engine bug: unknown operation " + op)
	}
}

// constructed has every sort of operation, choices and failing schedules.
func constructed() *program {
	return &program{threads: [][]string{
		{"spawn", "reading", "wait for one", "sleep 1", "join"},
		{"choose", "writing", "read", "upgrade", "leave", "task", "locked"},
		{"wait for one", "sleep 2", "task", "store", "broadcast", "reading"},
		{"enter 0", "locked"},
	}}
}

func TestSameSeedSameRun(t *testing.T) {
	const seeds = 10_000
	p := constructed()
	p.threads = p.threads[:3]
	a, b := sim.New(), sim.New()
	defer a.Close()
	defer b.Close()
	digests, outcomes := map[uint64]bool{}, map[sim.Outcome]int{}
	for seed := range uint64(seeds) {
		x := a.Run(sim.Config{}, &strategy.Random{Seed: seed}, p.body)
		y := b.Run(sim.Config{}, &strategy.Random{Seed: seed}, p.body)
		if x.Digest != y.Digest || x.Fingerprint != y.Fingerprint || x.Elapsed != y.Elapsed ||
			x.Outcome != y.Outcome || !slices.Equal(x.Choices, y.Choices) {
			t.Fatalf("seed %d: %s", seed, same(x, y))
		}
		digests[x.Digest] = true
		outcomes[x.Outcome]++
	}
	if len(digests) < seeds*9/10 || outcomes[sim.Passed] == 0 || outcomes[sim.Failed] == 0 {
		t.Errorf("%d digests, outcomes %v: the seeds hardly matter", len(digests), outcomes)
	}
}

// A digest stands for the choices: two runs have the same one iff they chose the same.
func TestDigestIdentifiesSchedule(t *testing.T) {
	w := sim.New()
	defer w.Close()
	choices, digests := map[string]uint64{}, map[uint64]string{}
	tb := newTable(1)
	for seed := range uint64(20_000) {
		r := w.Run(sim.Config{}, &strategy.Random{Seed: seed}, tb.body)
		c := fmt.Sprint(r.Choices)
		if d, ok := choices[c]; ok && d != r.Digest {
			t.Fatalf("seed %d: one schedule, two digests", seed)
		}
		if d, ok := digests[r.Digest]; ok && d != c {
			t.Fatalf("seed %d: two schedules, one digest", seed)
		}
		choices[c], digests[r.Digest] = r.Digest, c
	}
}

// A detailed run is the same run.
func TestDetailChangesNothing(t *testing.T) {
	w := sim.New()
	defer w.Close()
	programs := rapid.Custom(func(t *rapid.T) *program {
		ops := sensible
		if rapid.IntRange(0, 3).Draw(t, "wild") == 0 {
			ops = wild
		}
		thread := rapid.SliceOfN(rapid.SampledFrom(ops), 1, 6)
		return &program{threads: rapid.SliceOfN(thread, 2, 4).Draw(t, "program")}
	})
	rapid.Check(t, func(t *rapid.T) {
		p, first := programs.Draw(t, "program"), rapid.Uint64().Draw(t, "seed")
		for seed := first; seed-first < 10; seed++ {
			bothWays(t, w, p, seed)
		}
	})
	outcomes := map[string]int{}
	for seed := range 100 {
		r := bothWays(t, w, programs.Example(seed), uint64(seed))
		outcomes[r.Outcome.String()]++
		if r.Failure != nil {
			outcomes[string(r.Failure.Kind)]++
		}
	}
	for _, o := range []string{"passed", "deadlock", "hang", "panic"} {
		if outcomes[o] == 0 {
			t.Errorf("no program ended as %s: %v", o, outcomes)
		}
	}
}

// bothWays runs a schedule fast and in detail and compares the two.
func bothWays(tb rapid.TB, w *sim.World, p *program, seed uint64) sim.Result {
	cfg := sim.Config{StepsMax: 500, Monitor: new(check.Deadlock)}
	fast := w.Run(cfg, &strategy.Random{Seed: seed}, p.body)
	fast.Choices = slices.Clone(fast.Choices)
	cfg.Detail = true
	detailed := w.Run(cfg, &strategy.Random{Seed: seed}, p.body)
	if diff := same(fast, detailed); diff != "" {
		tb.Fatalf("fast and detailed run: %s", diff)
	}
	checkEvents(tb, w, detailed)
	return detailed
}

// checkEvents checks the events of a detailed run against its result.
func checkEvents(tb rapid.TB, w *sim.World, r sim.Result) {
	steps, picks, choices := 0, 0, 0
	for _, e := range w.Events() {
		switch {
		case e.IsChoice():
			choices++
			continue
		case e.Picked:
			picks++
		}
		if steps++; e.Step != steps {
			tb.Fatalf("event %d is step %d", steps, e.Step)
		}
	}
	// A pick may have been made for a step that the end of the schedule forestalled.
	if steps > r.Steps || steps < r.Steps-1 || len(r.Choices)-picks-choices > 1 {
		tb.Fatalf("%d steps, %d picks, %d values in events; %d steps, %d choices",
			steps, picks, choices, r.Steps, len(r.Choices))
	}
}

func TestTwoWorldsInTwoGoroutines(t *testing.T) {
	runs := func() (digests []uint64) {
		w := sim.New()
		defer w.Close()
		p := constructed()
		for seed := range uint64(300) {
			r := w.Run(sim.Config{}, &strategy.Random{Seed: seed}, p.body)
			digests = append(digests, r.Digest)
		}
		return digests
	}
	var got [2][]uint64
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i] = runs() })
	}
	wg.Wait()
	if want := runs(); !slices.Equal(got[0], want) || !slices.Equal(got[1], want) {
		t.Error("a world depends on another one")
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	for name, body := range map[string]func(*sim.Thread){
		"W1":  newCounter(100).body,
		"W3":  newTable(2).body,
		"W4":  (&spawner{idle: func(*sim.Thread) {}}).body,
		"W2o": newPhilosophers(true).body,
	} {
		for strat, s := range map[string]seeded{
			"random": &randomWalk{}, "pct": &pct{strategy.PCT{Depth: 3, Picks: 100}},
			"pos": &pos{}, "surw": newSURW(body),
		} {
			w := sim.New()
			defer w.Close()
			seed, deadlock := uint64(0), new(check.Deadlock)
			next := func() {
				s.seed(seed)
				seed++
				w.Run(sim.Config{Monitor: deadlock}, s, body)
			}
			for range 200 {
				next()
			}
			if n := testing.AllocsPerRun(200, next); n != 0 {
				t.Errorf("%s, %s: %v allocations a schedule", name, strat, n)
			}
		}
	}
}
