// SPDX-License-Identifier: CDDL-1.0

package sim_test

import (
	"testing"

	"dlsim/sim"
	"dlsim/sim/kmem"
	"dlsim/sim/ksync"
	"dlsim/sim/simtest"

	"pgregory.net/rapid"
)

const cells = 4 * simtest.EventsMax // threads x events of each

// form is the Mazurkiewicz trace of a schedule in a form that is equal for equal traces:
// how many events each thread made, what each of them chose, and for every two events of
// different threads that do not commute which one came first.
type form struct {
	made   [4]uint8
	chose  [cells]uint8
	before [cells]uint64 // bit j of before[i]: event i came before event j
}

// reference logs the events of a schedule as the program sees them, and works out the form
// without any hash.
type reference struct {
	events  []event
	made    [4]uint8
	chose   [4]uint8
	arrived [4]bool
	form    form
}

type event struct {
	thread, cell int
	objects      [2]int // -1 for none
	write        bool
}

func (r *reference) reset() { *r = reference{events: r.events[:0]} }

func (r *reference) log(t *sim.Thread, write bool, objects ...int) {
	id := t.ID()
	e := event{thread: id, cell: id*simtest.EventsMax + int(r.made[id]), write: write}
	copy(e.objects[:], append(objects, -1))
	r.form.chose[e.cell], r.chose[id] = r.chose[id], 0
	for _, x := range r.events {
		if x.thread != id && (x.write || write) && overlap(x.objects, e.objects) {
			r.form.before[x.cell] |= 1 << e.cell
		}
	}
	r.events = append(r.events, e)
	r.made[id]++
	r.form.made = r.made
}

func overlap(a, b [2]int) bool {
	for _, x := range a {
		if x >= 0 && (x == b[0] || x == b[1]) {
			return true
		}
	}
	return false
}

// Blocked implements sim.Monitor: arriving at a queue is an event that the program does
// not return from at once.
func (r *reference) Blocked(t *sim.Thread) {
	if r.arrived[t.ID()] {
		return
	}
	switch t.Pending().Type.Name {
	case "rw_enter R (waiting)":
		r.log(t, false, objectRW)
	case "rw_enter W (waiting)":
		r.log(t, true, objectRW)
	case "cv_wait (waiting)":
		r.log(t, true, objectCV, objectMutex)
	default:
		return
	}
	r.arrived[t.ID()] = true
}

// The objects of a small program: mutexes and variables are two each.
const (
	objectMutex = 0
	objectVar   = 2
	objectRW    = 4
	objectCV    = 5
)

// small is a program of a few events whose operations log themselves.
type small struct {
	reference
	*simtest.Small
}

func (s *small) body(t *sim.Thread) {
	s.reset()
	s.Run(t, s.do)
}

func (s *small) do(t *sim.Thread, op string) {
	wrote := s.RW.Writer() == t
	s.Do(t, op)
	i := int(op[len(op)-1] - '0')
	switch op[:len(op)-1] {
	case "enter", "exit":
		s.log(t, true, objectMutex+i)
	case "load":
		s.log(t, false, objectVar+i)
	case "store":
		s.log(t, true, objectVar+i)
	case "read":
		s.entered(t, false)
	case "write":
		s.entered(t, true)
	case "leave":
		s.log(t, wrote, objectRW)
	case "wait":
		s.arrived[t.ID()] = false
		s.log(t, true, objectMutex)
	case "signal", "broadcast":
		s.log(t, true, objectCV)
	default:
		panic(op)
	}
}

// entered logs an entry that did not have to wait.
func (s *small) entered(t *sim.Thread, write bool) {
	if !s.arrived[t.ID()] {
		s.log(t, write, objectRW)
	}
	s.arrived[t.ID()] = false
}

// check runs all schedules and compares fingerprints with forms, both ways.
func (s *small) check(tb rapid.TB) (schedules, forms int) {
	w := sim.New()
	defer w.Close()
	prints, seen := map[uint64]form{}, map[form]uint64{}
	ex := &simtest.Exhaust{OnChoose: func(t *sim.Thread, v int) { s.chose[t.ID()] = uint8(v + 1) }}
	for {
		r := w.Run(sim.Config{Monitor: &s.reference}, ex, s.body)
		schedules++
		f, known := prints[r.Fingerprint]
		if known && f != s.form {
			tb.Fatalf("%v: one fingerprint, two happens-before relations\n%v", s.Threads, s.events)
		}
		p, known := seen[s.form]
		if known && p != r.Fingerprint {
			tb.Fatalf("%v: one happens-before relation, two fingerprints\n%v", s.Threads, s.events)
		}
		prints[r.Fingerprint], seen[s.form] = s.form, r.Fingerprint
		if !ex.Next() {
			return schedules, len(seen)
		}
	}
}

func checkForms(t *testing.T, blocks ...string) {
	schedules, forms := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n, m := (&small{Small: simtest.DrawSmall(t, blocks, 2)}).check(t)
		schedules, forms = schedules+n, forms+m
	})
	if forms*2 > schedules {
		t.Errorf("%d forms of %d schedules: hardly anything commuted", forms, schedules)
	}
}

func TestFingerprintOfMutexesAndVariables(t *testing.T) {
	checkForms(t, "load0", "store0", "load1", "store1", "enter0 exit0", "enter1 exit1",
		"enter0 load0 exit0", "enter0 enter1 exit1 exit0", "enter1 enter0 exit0 exit1")
}

func TestFingerprintOfRWLocks(t *testing.T) {
	checkForms(t, "load0", "read0 leave0", "write0 leave0", "read0 load0 leave0",
		"write0 store0 leave0")
}

func TestFingerprintOfConditionVariables(t *testing.T) {
	checkForms(t, "load0", "enter0 wait0 exit0", "signal0", "broadcast0", "enter0 signal0 exit0")
}

// The two readers in front of a writer leave in either order: the same happens-before.
func TestFingerprintDoesNotDependOnLastReader(t *testing.T) {
	s := &small{Small: &simtest.Small{Threads: [][]string{{"read0", "leave0"}, {"read0", "leave0"}, {"write0", "store0"}}}}
	s.check(t)
	prints := map[uint64]bool{}
	for _, order := range [][]string{{"t/1", "t/2"}, {"t/2", "t/1"}} {
		script := []string{"t/1 until rw_exit R", "t/2 until rw_exit R", "t/3"}
		_, r := simtest.Script(t, sim.Config{}, s.body, append(script, order...)...)
		prints[r.Fingerprint] = true
	}
	if len(prints) != 1 {
		t.Error("the fingerprint tells which reader left last")
	}
}

// Whether a use comes before a free or after it is not the same thing, even if nothing
// else orders them.
func TestFingerprintTellsUseBeforeFreeFromUseAfterFree(t *testing.T) {
	var cache kmem.Cache[ksync.Var[int]]
	typ := kmem.Type[ksync.Var[int]]{Cache: "cache", What: "thing", Register: registerVar}
	outcomes := map[uint64]sim.Outcome{}
	n := simtest.All(t, sim.Config{}, 100, func(t *sim.Thread) {
		cache.Init(t.World(), &typ)
		p := cache.Alloc(t)
		v := p.At(t)
		t.Fork("user", 0, func(t *sim.Thread) { v.Load(t) })
		t.Fork("freer", 0, func(t *sim.Thread) { cache.Free(t, p) })
	}, func(_ *sim.World, r sim.Result) {
		if o, ok := outcomes[r.Fingerprint]; ok && o != r.Outcome {
			t.Errorf("%v and %v with one fingerprint", o, r.Outcome)
		}
		outcomes[r.Fingerprint] = r.Outcome
	})
	if len(outcomes) != 2 {
		t.Errorf("%d fingerprints of %d schedules, want 2", len(outcomes), n)
	}
}

func registerVar(w *sim.World, v *ksync.Var[int], life *sim.Life, num int) {
	v.Init(w, life, "v", "", num)
}

// What Choose answers is part of both hashes, even when nothing comes after it.
func TestHashesKnowLastChoice(t *testing.T) {
	digests, prints := map[uint64]bool{}, map[uint64]bool{}
	simtest.All(t, sim.Config{}, 10, func(t *sim.Thread) { t.Choose(5, "value") },
		func(_ *sim.World, r sim.Result) { digests[r.Digest], prints[r.Fingerprint] = true, true })
	if len(digests) != 5 || len(prints) != 5 {
		t.Errorf("%d digests, %d fingerprints of 5 values", len(digests), len(prints))
	}
}
