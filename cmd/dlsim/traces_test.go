// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"dlsim/sim/trace"
)

// TestKeptTraces replays the traces in ../../traces, twice each: the violations recorded
// there must still happen, in the same way to the byte, with -short some of them. When a change of the port is meant
// to change them, record them anew: dlsim run scenarios/bugs --traces traces. With -update the
// traces that still show the same violation are written anew, with what the run is now.
func TestKeptTraces(t *testing.T) {
	traces, err := filepath.Glob("../../traces/*.trace")
	if err != nil {
		t.Fatal(err)
	}
	if len(traces) < 4 {
		t.Fatalf("only %d traces", len(traces))
	}
	for i, file := range traces {
		if testing.Short() && i%4 != 0 {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			if *update {
				refresh(t, file)
			}
			first, code := replayOnce(t, file)
			second, _ := replayOnce(t, file)
			if code != exitFailed || !strings.Contains(first, "\nreplay: dlsim replay ") {
				t.Errorf("exit code %d, want %d:\n%s", code, exitFailed, first)
			}
			for _, n := range []string{"note: the recorded violation", "note: the run is not", "note: step"} {
				if strings.Contains(first, n) {
					t.Errorf("not the recorded violation:\n%s", first)
				}
			}
			if first != second {
				t.Errorf("two replays differ:\n%s\n%s", first, second)
			}
		})
	}
}

func replayOnce(t *testing.T, file string) (out string, code int) {
	t.Helper()
	var b bytes.Buffer
	a := &app{catalog: newCatalog(), out: &b, err: &b}
	root := a.root()
	root.SetArgs([]string{"replay", file})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b.String(), a.code
}

// refresh writes the digest of a trace anew.
func refresh(t *testing.T, file string) {
	t.Helper()
	a := &app{catalog: newCatalog()}
	tr, sc, err := a.recorded(file)
	if err != nil {
		t.Fatal(err)
	}
	r := trace.Replay(sc.program, tr)
	if !r.Same || r.Exact {
		return
	}
	tr.Violation.Digest, tr.Header.PortHash = r.Record.Digest, sc.program.PortHash()
	if err := tr.WriteFile(file); err != nil {
		t.Fatal(err)
	}
}
