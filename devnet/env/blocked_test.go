// SPDX-License-Identifier: CDDL-1.0

package env_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dlsim/devnet/env"
)

// TestEveryWaitIsKnown looks through the sources for operations that threads wait at and
// expects Blocked to know what a crash dump would show there.
func TestEveryWaitIsKnown(t *testing.T) {
	wait := regexp.MustCompile(`sim\.OpType\{Name: "([^"]+)".*Wait: true`)
	n := 0
	for _, root := range []string{".", "../../sim", "../../scenarios"} {
		err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			src, err := os.ReadFile(name)
			for _, m := range wait.FindAllSubmatch(src, -1) {
				n++
				if state, _, _, ok := env.Blocked(string(m[1])); !ok || state == "" {
					t.Errorf("%s: no picture of a thread that waits at %q", name, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 10 {
		t.Errorf("only %d operations to wait at in the sources", n)
	}
}
