// SPDX-License-Identifier: CDDL-1.0

package scenarios_test

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"dlsim/scenarios"
)

var update = flag.Bool("update", false, "write the generated files anew")

// current compares a shipped file with what is generated now.
func current(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s is out of date; run go test ./scenarios -update (-want +shipped):\n%s", file, d)
	}
}

func TestShippedSchemaIsCurrent(t *testing.T) {
	current(t, "../docs/scenario.schema.json", scenarios.Schema())
}

func TestShippedReferenceIsCurrent(t *testing.T) {
	current(t, "../docs/scenario-reference.md", []byte(scenarios.Reference()))
}

// TestExamplesParse puts the example of each operation into a scenario.
func TestExamplesParse(t *testing.T) {
	for _, op := range scenarios.Ops() {
		src := "name: x\nsystem:\n  zones: [{name: web, id: 5}]\n  links: [{name: net0, class: phys}, {name: net1, class: phys}, {name: vnic0, class: vnic, over: net0}, " +
			"{name: aggr0, class: aggr, ports: [net0]}, {name: tun0, class: iptun}]\n" +
			"processes: {agent: [admin]}\nthreads:\n  admin:\n"
		switch {
		case op.Name == "rele":
			src += "    - {hold: vnic0, as: h}\n"
		case op.Name == "close":
			src += "    - {open: vnic0, as: o}\n"
		case op.Name == "devnet_close":
			src += "    - {devnet_open: vnic0, as: o}\n"
		case op.Name == "stream_detach":
			src += "    - {stream_open: vnic0, as: s}\n"
		case strings.HasSuffix(op.Example, ": h"):
			src += "    - {hold_tmp: vnic0, as: h}\n"
		}
		src += "    - " + op.Example + "\n"
		if op.Name == "barrier" { // which one thread alone would never pass
			src += "  other:\n    - " + op.Example + "\n"
		}
		sc, err := scenarios.Parse("example.yaml", []byte(src))
		if err != nil {
			t.Errorf("%s: %v", op.Name, err)
			continue
		}
		steps := sc.Threads[0].Steps
		if got := steps[len(steps)-1].Op.Name; got != op.Name {
			t.Errorf("the example of %s is of %s", op.Name, got)
		}
		if op.Doc == "" || op.Group == "" {
			t.Errorf("%s is not documented", op.Name)
		}
	}
}

// validator returns a function that validates documents against a schema.
func validator(t *testing.T, text []byte) func(src []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(src []byte) error {
		j, err := yaml.YAMLToJSON(src)
		if err != nil {
			return err
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(j))
		if err != nil {
			return err
		}
		return schema.Validate(v)
	}
}

// TestSchemaAgreesWithLoader validates documents against the schema. What the loader takes,
// the schema must take; what the schema can see to be wrong, both must refuse.
func TestSchemaAgreesWithLoader(t *testing.T) {
	valid := validator(t, scenarios.Schema())
	for _, sc := range shipped(t) {
		if err := valid(sc.Source); err != nil {
			t.Errorf("%s: the schema refuses it: %v", sc.File, err)
		}
	}
	head := "name: x\nsystem: {links: [{name: net0, class: phys}]}\n"
	for _, bad := range []string{
		"threads: {a: [kstat_raed: net0]}",
		"threads: {a: [destroy: {link: net0, wait: maybe}]}",
		"threads: {a: [hold: net0]}",
		"threads: {a: []}",
		"threads: {}",
		"threads: {a: [kstat_read: net0]}\ncolour: red",
		"threads: {a: [kstat_read: net0]}\nexpect: some",
		"threads: {a: [kstat_read: net0]}\nexplore: {depth: 99}",
		"threads: {a: [kstat_read: net0]}\nfaults: [{upcall: GETNAME, errno: EFOO}]",
		"threads: {a: [delay: soon]}",
		"threads: {a: [delay: .5s]}",
		"threads: {a: [delay: '0']}",
		"threads: {a: [delay: +2s]}",
		"threads: {a: [barrier: {name: a b, threads: 2}], b: [barrier: {name: a b, threads: 2}]}",
		"threads: {a: [kstat_read: net0], 'b c': [kstat_read: net0]}",
		"threads: {a: [{hold: net0, as: h, wait: true}]}",
		"threads: {a: [kstat_read: [net0]]}",
		"threads: {a: kstat_read}",
		"threads: {a: [kstat_read: net0]}\nexplore: {seed: 99999999999999999999999}",
		"threads: {a: [daemon_crash: {now: true}]}",
	} {
		if valid([]byte(head+bad)) == nil {
			t.Errorf("the schema takes %q", bad)
		}
		if _, err := scenarios.Parse("bad.yaml", []byte(head+bad)); err == nil {
			t.Errorf("the loader takes %q", bad)
		}
	}
}

// TestMutatedScenariosAgreeWithSchema changes words of shipped scenarios for others that
// occur in scenarios: what the loader takes after that, the schema must take.
func TestMutatedScenariosAgreeWithSchema(t *testing.T) {
	valid := validator(t, scenarios.Schema())
	all := shipped(t)
	words := []string{
		"net0", "vnic0", "web", "global", "h", "2", "0", "-1", "1.5", "2s", ".5s", "true", "null", "none", "~", "''",
		"random", "pct", "running", "down", "EINTR", "GETNAME", "any", "deadlock", "mtu", "phys", "simnet", "[]", "{}", "0x10", "1_0",
	}
	words = append(words, scenarios.OpNames()...)
	word := regexp.MustCompile(`[A-Za-z0-9_-]+`)
	rapid.Check(t, func(r *rapid.T) {
		src := string(rapid.SampledFrom(all).Draw(r, "scenario").Source)
		for range rapid.IntRange(1, 3).Draw(r, "changes") {
			at := rapid.SampledFrom(word.FindAllStringIndex(src, -1)).Draw(r, "at")
			src = src[:at[0]] + rapid.SampledFrom(words).Draw(r, "word") + src[at[1]:]
		}
		if _, err := scenarios.Parse("f.yaml", []byte(src)); err != nil {
			return
		}
		if err := valid([]byte(src)); err != nil {
			r.Fatalf("the loader takes what the schema refuses: %v\n%s", err, src)
		}
	})
}
