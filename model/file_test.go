// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"dlsim/devnet/env"
)

// lineSchema is the schema of a line of a history file.
func lineSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	src, err := os.ReadFile("../docs/history.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("history.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("history.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFile writes histories and reads them back; the schema takes each line.
func TestFile(t *testing.T) {
	schema := lineSchema(t)
	h := long(500, 7)
	h.Start.Zones = []Zone{{ID: 5, State: ZoneRunning}}
	h.Start.Faults = []Fault{{Err: env.EINTR}, {Thread: "t1", Err: env.EAGAIN}}
	h.Start.Rebuild = true
	h.Ops[17].Pending, h.Ops[17].Return, h.Ops[17].Result = true, 0, Result{}
	src := h.File()
	for line := range bytes.Lines(src) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Fatalf("the schema refuses %s: %v", line, err)
		}
	}
	again, err := ReadFile(src)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(h, again, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
}

// TestSchemaKnowsTheOperations: the schema lists the operations that the reader takes.
func TestSchemaKnowsTheOperations(t *testing.T) {
	src, err := os.ReadFile("../docs/history.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		OneOf []struct {
			Properties struct {
				Op struct{ Enum []string }
			}
		}
	}
	if err := json.Unmarshal(src, &s); err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(opNames[:zoneRemove])
	got := slices.Clone(s.OneOf[1].Properties.Op.Enum)
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestSampleOfAKernel: the sample is explained, and the schema takes it.
func TestSampleOfAKernel(t *testing.T) {
	src, err := os.ReadFile("testdata/kernel-sample.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	schema := lineSchema(t)
	for line := range bytes.Lines(src) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	h, err := ReadFile(src)
	if err != nil {
		t.Fatal(err)
	}
	if got := NewChecker(NewRules()).Check(h); got != OK {
		t.Error(NewChecker(NewRules()).Explain(h).Message())
	}
}
