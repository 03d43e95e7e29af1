// SPDX-License-Identifier: CDDL-1.0

package certificate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dlsim/sim/certificate"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func draw(t *rapid.T) *certificate.Certificate {
	word := rapid.StringMatching(`[a-z0-9][a-z0-9 .-]*`)
	return &certificate.Certificate{
		Claim: certificate.Claim{
			Scenario: word.Draw(t, "scenario"), ScenarioHash: word.Draw(t, "hash"), PortHash: word.Draw(t, "port"),
			Tool: word.Draw(t, "tool"), Kernel: word.Draw(t, "kernel"), Strategy: word.Draw(t, "strategy"),
			Preemptions: rapid.IntRange(-1, 9).Draw(t, "preemptions"), Symmetry: word.Draw(t, "symmetry"), StepsMax: rapid.Int().Draw(t, "steps"),
			Checks: word.Draw(t, "checks"),
		},
		Executions: rapid.Int64().Draw(t, "executions"), Digest: rapid.Uint64().Draw(t, "digest"),
	}
}

func TestWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := draw(t)
		got, err := certificate.Parse("x.cert", c.Format())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c, got); d != "" {
			t.Fatal(d)
		}
	})
}

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.cert")
	if _, err := certificate.Read(name); !os.IsNotExist(err) {
		t.Errorf("error %v of a file that is not there", err)
	}
	c := sample()
	if err := c.Write(name); err != nil {
		t.Fatal(err)
	}
	got, err := certificate.Read(name)
	if err != nil || *got != *c {
		t.Errorf("%+v, %v", got, err)
	}
}

func sample() *certificate.Certificate {
	return &certificate.Certificate{Claim: certificate.Claim{
		Scenario: "s", ScenarioHash: "1", PortHash: "2", Tool: "dlsim 1", Kernel: "k", Strategy: "dpor", Preemptions: -1, Symmetry: "none",
		StepsMax: 100, Checks: "hang panic",
	}, Executions: 7, Digest: 0xabc}
}

func TestRefused(t *testing.T) {
	good := string(sample().Format())
	for _, x := range []struct{ text, err string }{
		{"", `x.cert:1: not a certificate`},
		{strings.Replace(good, "certificate 2", "certificate 1", 1), "x.cert:1: not a certificate of this version"},
		{good + "more: 1\n", "x.cert:14: a certificate has 13 lines"},
		{strings.Replace(good, "executions: 7", "executions: many", 1), `x.cert:12: expected "executions:" and its value`},
		{strings.Replace(good, "kernel: k", "colonel: k", 1), `x.cert:6: expected "kernel:" and its value`},
	} {
		if _, err := certificate.Parse("x.cert", []byte(x.text)); err == nil || !strings.HasPrefix(err.Error(), x.err) {
			t.Errorf("error %v, want %s", err, x.err)
		}
	}
}

func TestStale(t *testing.T) {
	c := sample()
	for _, x := range []struct {
		change func(*certificate.Claim)
		want   string
	}{
		{func(*certificate.Claim) {}, ""},
		{func(c *certificate.Claim) { c.ScenarioHash = "x" }, "the scenario has changed"},
		{func(c *certificate.Claim) { c.PortHash = "x" }, "the port has changed"},
		{func(c *certificate.Claim) { c.Tool = "dlsim 2" }, "it is of dlsim 1"},
		{func(c *certificate.Claim) { c.Checks = "hang" }, "it is for another kernel, strategy, bound, symmetry, step limit or other checks"},
		{func(c *certificate.Claim) { c.Symmetry = "a b" }, "it is for another kernel, strategy, bound, symmetry, step limit or other checks"},
	} {
		now := c.Claim
		x.change(&now)
		if got := c.Stale(now); got != x.want {
			t.Errorf("%q, want %q", got, x.want)
		}
	}
}
