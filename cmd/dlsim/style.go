// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"io"

	"github.com/spf13/pflag"

	"dlsim/sim/report"
)

// style is how reports are written.
type style string

const (
	styleText style = "text"
	styleMDB  style = "mdb"
)

func (s *style) flag(set *pflag.FlagSet) {
	set.StringVar((*string)(s), "style", string(styleText),
		"how reports are written: text, or mdb as the debugger shows a crash dump")
}

// check refuses styles that there are not.
func (s style) check() error {
	return pick("style", string(s), []string{string(styleMDB), string(styleText)})
}

// write writes one report.
func (a *app) write(w io.Writer, s style, f report.Failure) error {
	if s == styleMDB {
		return report.MDB(w, f, a.catalog.kernel())
	}
	return report.Write(w, f)
}
