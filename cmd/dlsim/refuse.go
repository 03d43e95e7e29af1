// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The command line of dlsim is a contract of which this version honours a part. The rest is
// known by name, so that it is refused clearly and never taken for something else.

func laterStrategies() []string { return nil }

// refuseFlags adds flags of later versions to cmd, hidden: those in values take one.
func refuseFlags(cmd *cobra.Command, switches, values []string) {
	for _, name := range switches {
		cmd.Flags().Bool(name, false, "")
	}
	for _, name := range values {
		cmd.Flags().StringArray(name, nil, "")
	}
	all := slices.Concat(switches, values)
	for _, name := range all {
		_ = cmd.Flags().MarkHidden(name) // fails only for flags that do not exist
	}
	inner := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		for _, name := range all {
			if cmd.Flags().Changed(name) {
				return usagef("--%s is not available in this version", name)
			}
		}
		return inner(cmd, args)
	}
}

// pick checks that name is one of known, and tells what is not there yet from what never
// will be.
func pick(what, name string, known, later []string) error {
	switch {
	case slices.Contains(known, name):
		return nil
	case slices.Contains(later, name):
		return usagef("%s %s is not available in this version, which has %s", what, name,
			strings.Join(known, ", "))
	}
	return usagef("there is no %s %q; this version has %s", what, name, strings.Join(known, ", "))
}
