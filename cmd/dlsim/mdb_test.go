// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// notes depend on the version of the port.
var portNote = regexp.MustCompile(`(?m)^note: the port has changed since the recording: .*\n`)

// TestMDBGolden shows kept traces as mdb would show their crash dumps: a cycle through mutex
// and perimeter, one through the daemon with a stopped thread, a panic, a thread that waits
// for itself, and a failure at quiescence.
func TestMDBGolden(t *testing.T) {
	for _, name := range []string{
		"l04-flow-vs-zone-destroy-deadlock", "l02-daemon-forks-under-its-table-lock-deadlock", "l17-two-returns-to-global-panic",
		"l22-zone-gives-implicit-tunnel-back-deadlock", "l09-create-interrupted-with-proptask-stale",
	} {
		files, err := filepath.Glob("../../traces/" + name + "-*.trace")
		if err != nil || len(files) == 0 {
			t.Errorf("no trace %s: %v", name, err)
			continue
		}
		var out bytes.Buffer
		a := &app{catalog: newCatalog(), out: &out, err: &out}
		root := a.root()
		root.SetArgs([]string{"replay", "--style", "mdb", files[0]})
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := portNote.ReplaceAll(out.Bytes(), nil)
		golden := filepath.Join("testdata", "mdb", name+".txt")
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Errorf("%s (-want +got, write it anew with -update):\n%s", golden, d)
		}
	}
}
