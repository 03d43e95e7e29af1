// SPDX-License-Identifier: CDDL-1.0

package mutate

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func readPort(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
}

// TestDerive: the mutants of the port have names of their own, stand in sources that parse, without
// a line more or less, and with every mark where it was.
func TestDerive(t *testing.T) {
	s, err := Derive(readPort)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	used := make(map[string]int)
	all := ""
	for _, text := range s.Files {
		all += string(text)
	}
	for i, m := range s.Mutants {
		if seen[m.ID] || m.Number != i+1 {
			t.Errorf("mutant %d is %s", m.Number, m.ID)
		}
		seen[m.ID] = true
		used[m.Operator]++
		if !regexp.MustCompile(fmt.Sprintf(`(mutated|mask|nothing|moved)\(%d[,)]`, m.Number)).MatchString(all) {
			t.Errorf("nothing in the sources depends on %s", m.ID)
		}
	}
	for _, name := range []string{"stale.go", "refs.go", "ledger.go", "lockorder.go", "sites.go"} {
		if s.Files["devnet/"+name] != nil {
			t.Errorf("%s checks the port and is mutated", name)
		}
	}
	for _, o := range Operators() {
		if used[o[0]] == 0 {
			t.Errorf("no mutant by %s", o[0])
		}
	}
	for name, text := range s.Files {
		if _, err := parser.ParseFile(token.NewFileSet(), name, text, parser.AllErrors); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		before, err := readPort(name)
		if err != nil {
			continue // the file that chooses
		}
		if diff := cmp.Diff(marks(before), marks(text)); diff != "" {
			t.Errorf("marks of %s:\n%s", name, diff)
		}
	}
}

const original1 = `package devnet

// Foo is dls_foo (C:1-9): an example.
func (d *DLS) Foo(t *sim.Thread) {
	d.lock.EnterWrite(t) // C:1
	ddp.mutex.Enter(t)   // C:2
	for ddp.ref.Get(t) != 0 || ddp.task.Get(t) != 0 { // C:3
		ddp.cv.Wait(t, &ddp.mutex) // C:4
	}
	ddp.cv.Signal(t) // C:5
	ddp.a.Set(t, 1) // C:6
	ddp.b.Set(t, 2) // C:7
	if ddp.b.Get(t) > 1 { // C:8
		d.DevnetRele(t, ddp) // C:9
	}
	dh.Hold(t) // C:10
	local := 1
	ddp.found(t)
	d.assert(t, ddp.a.Get(t) == 0, "a == 0", "dls_foo") // C:11
	ddp.mutex.Exit(t) // C:12
	switch err {
	case env.EINTR:
		return ddp.flags.Get(t)&(a|b) != 0
	}
}

// part is a part of dls_foo.
func (d *DLS) part(t *sim.Thread) {
	x := d.find(t)    // C:13
	ddp.lock.Enter(t) // C:14
	verify(t, d.hash.insert(x) == 0, "inserted", "dls_foo") // C:15
	ddp.b.Set(t, x) // C:16
	return ddp.a.Get(t) == x || ddp.b.Get(t) == x
}
`

func deriveFrom(t *testing.T, text string) *Set {
	t.Helper()
	s, err := Derive(func(name string) ([]byte, error) {
		if name == "devnet/set.go" {
			return []byte(text), nil
		}
		return []byte("package devnet\n"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOperators(t *testing.T) {
	s := deriveFrom(t, original1)
	var got []string
	for _, m := range s.Mutants {
		got = append(got, m.ID)
	}
	want := []string{
		"drop-lock dls_foo:1 without d.lock.EnterWrite(t)",
		"drop-lock dls_foo:2 without ddp.mutex.Enter(t)",
		"move-lock dls_foo:2 later, ddp.mutex.Enter(t)",
		"if-for-while dls_foo:3 if ddp.ref.Get(t) != 0 || ddp.task.Get(t) != 0",
		"weaken-test dls_foo:3 without ddp.ref.Get(t) != 0 in ddp.ref.Get(t) != 0 || ddp.task.Get(t) != 0",
		"weaken-test dls_foo:3 without ddp.task.Get(t) != 0 in ddp.ref.Get(t) != 0 || ddp.task.Get(t) != 0",
		"drop-wake dls_foo:5 without ddp.cv.Signal(t)",
		"wake-one dls_foo:5 ddp.cv.Broadcast(t)",
		"drop-write dls_foo:6 without ddp.a.Set(t, 1)",
		"swap-writes dls_foo:6 ddp.b.Set(t, 2) before ddp.a.Set(t, 1)",
		"drop-write dls_foo:7 without ddp.b.Set(t, 2)",
		"drop-branch dls_foo:8 never, if ddp.b.Get(t) > 1",
		"move-bound dls_foo:8 ddp.b.Get(t) >= 1",
		"drop-release dls_foo:9 without d.DevnetRele(t, ddp)",
		"drop-hold dls_foo:10 without dh.Hold(t)",
		"drop-lock dls_foo:12 without ddp.mutex.Exit(t)",
		"move-lock dls_foo:12 earlier, ddp.mutex.Exit(t)",
		"move-lock dls_foo:12 later, ddp.mutex.Exit(t)",
		"drop-branch dls_foo: never, case env.EINTR",
		"weaken-test dls_foo: without a in ddp.flags.Get(t)&(a|b) != 0",
		"weaken-test dls_foo: without b in ddp.flags.Get(t)&(a|b) != 0",
		"swap-locks dls_foo:1 ddp.mutex.Enter(t) before d.lock.EnterWrite(t)",
		"drop-lock dls_foo:14 without ddp.lock.Enter(t)",
		"move-lock dls_foo:14 earlier, ddp.lock.Enter(t)",
		"move-lock dls_foo:14 later, ddp.lock.Enter(t)",
		"drop-write dls_foo:15 without d.hash.insert(x)",
		"swap-writes dls_foo:15 ddp.b.Set(t, x) before d.hash.insert(x)",
		"drop-write dls_foo:16 without ddp.b.Set(t, x)",
		"weaken-test dls_foo: without ddp.a.Get(t) == x in ddp.a.Get(t) == x || ddp.b.Get(t) == x",
		"weaken-test dls_foo: without ddp.b.Get(t) == x in ddp.a.Get(t) == x || ddp.b.Get(t) == x",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mutants:\n%s", diff)
	}
	lines := strings.Split(string(s.Files["devnet/set.go"]), "\n")
	for n, want := range map[int]string{
		5:  "\tif !mutated(1) { if mutated(22) { ddp.mutex.Enter(t) } else { d.lock.EnterWrite(t) } } // C:1",
		7:  "\tfor first := true; (first || !mutated(4)) && ((!mutated(5) && ddp.ref.Get(t) != 0) || (!mutated(6) && ddp.task.Get(t) != 0)); first = false { // C:3",
		9:  "\t}; if mutated(3) { ddp.mutex.Enter(t) }",
		10: "\tif !mutated(7) { if mutated(8) { ddp.cv.Broadcast(t) } else { ddp.cv.Signal(t) } } // C:5",
		11: "\tif !mutated(9) && !mutated(10) { ddp.a.Set(t, 1) } // C:6",
		12: "\tif !mutated(11) { ddp.b.Set(t, 2) }; if mutated(10) { ddp.a.Set(t, 1) } // C:7",
		13: "\tif !mutated(12) && (ddp.b.Get(t) > moved(13, 1, -1)) { // C:8",
		16: "\tif mutated(17) { ddp.mutex.Exit(t); t.Yield() }; if !mutated(15) { dh.Hold(t) } // C:10",
		22: "\tcase nothing(19, err, env.EINTR):",
		23: "\t\treturn ddp.flags.Get(t)&(mask(20, a)|mask(21, b)) != 0",
	} {
		if lines[n-1] != want {
			t.Errorf("line %d:\n%s\nwant:\n%s", n, lines[n-1], want)
		}
	}
}

// TestNamesSurviveEdits: a mutant keeps its name when something else in its file changes.
func TestNamesSurviveEdits(t *testing.T) {
	before := deriveFrom(t, original1)
	after := deriveFrom(t, strings.Replace(original1, "\tddp.a.Set(t, 1) // C:6\n", "\t// A comment.\n", 1))
	names := make(map[string]bool)
	for _, m := range after.Mutants {
		names[m.ID] = true
	}
	gone := 0
	for _, m := range before.Mutants {
		if !names[m.ID] {
			gone++
		}
	}
	if gone != 2 { // the write that is gone, and its exchange with the next
		t.Errorf("%d names are gone", gone)
	}
}

// TestReasonsAreOfMutants: each reason that is kept is of a mutant that there is.
func TestReasonsAreOfMutants(t *testing.T) {
	s, err := Derive(readPort)
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() (map[string]string, error){"equivalent.yaml": Equivalents, "survivors.yaml": Survivors} {
		reasons, err := read()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range s.Mutants {
			delete(reasons, m.ID)
		}
		for id := range reasons {
			t.Errorf("%s has a mutant that is not there: %s", name, id)
		}
	}
}

// TestDocIsOfTheseMutants: docs/mutation.md counts the mutants that there are now, and names them. If
// not, dlsim mutate --doc docs/mutation.md is due, which takes a quarter of an hour.
func TestDocIsOfTheseMutants(t *testing.T) {
	text, err := readPort("docs/mutation.md")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Derive(readPort)
	if err != nil {
		t.Fatal(err)
	}
	equivalent, err := Equivalents()
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(" of %d mutants that are not equivalent", len(s.Mutants)-len(equivalent)); !strings.Contains(string(text), want) {
		t.Errorf("docs/mutation.md is of other mutants: not%s", want)
	}
	ids := make(map[string]bool)
	for _, m := range s.Mutants {
		ids[m.ID] = true
	}
	for _, m := range regexp.MustCompile("(?m)^- `([^`]+)`").FindAllStringSubmatch(string(text), -1) {
		if !ids[m[1]] {
			t.Errorf("docs/mutation.md has a mutant that is not there: %s", m[1])
		}
	}
}

func TestLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	open := func(sources string) *Log {
		t.Helper()
		l, err := OpenLog(name, sources)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := open("a")
	results := []Result{{"one", Killed, "golden X", 3}, {"two", Survived, "", 4}}
	for _, r := range results {
		if err := l.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	text, _ := os.ReadFile(name)
	if err := os.WriteFile(name, append(text, `{"mutant":"thr`...), 0o666); err != nil {
		t.Fatal(err)
	}
	l = open("a") // what a kill has cut short is judged again
	if len(l.Results) != 2 || l.Results["one"] != results[0] || l.Results["two"] != results[1] {
		t.Errorf("read again: %v", l.Results)
	}
	if err := l.Add(Result{ID: "three", Verdict: Killed}); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if l = open("a"); len(l.Results) != 3 {
		t.Errorf("after a line that was cut short: %v", l.Results)
	}
	l.Close()
	if l = open("b"); len(l.Results) != 0 {
		t.Errorf("results of other sources: %v", l.Results)
	}
	l.Close()
	if err := os.WriteFile(name, []byte("dear diary\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLog(name, "a"); err == nil {
		t.Error("a diary is taken for a log, and overwritten")
	}
}

func TestScore(t *testing.T) {
	s := deriveFrom(t, original1)
	results := make(map[string]Result)
	for i, m := range s.Mutants[:10] {
		v := []Verdict{Killed, Killed, Survived, Killed, Equivalent}[i%5]
		results[m.ID] = Result{ID: m.ID, Verdict: v, By: "golden X"}
	}
	c := Sum(s.Mutants, results)
	if c.Killed != 6 || c.Survived != 2 || c.Equivalent != 2 || c.Left != len(s.Mutants)-10 || c.Percent() != 75 {
		t.Errorf("score %+v: %g", c.Count, c.Percent())
	}
	doc := string(Markdown(s.Mutants, results))
	for _, want := range []string{"**6 of 8 mutants", "75.0 %", "## Survivors", "## Equivalent", "Golden cases kill 6"} {
		if !strings.Contains(doc, want) {
			t.Errorf("no %q in\n%s", want, doc)
		}
	}
}
