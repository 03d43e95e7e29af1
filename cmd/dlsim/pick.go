// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"slices"
	"strings"
)

// pick checks that name is one of known.
func pick(what, name string, known []string) error {
	if slices.Contains(known, name) {
		return nil
	}
	return usagef("there is no %s %q; this version has %s", what, name, strings.Join(known, ", "))
}
