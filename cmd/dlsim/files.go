// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"

	"github.com/spf13/pflag"

	"dlsim/sim/report"
	"dlsim/sim/trace"
)

// seedFile is where illumos keeps the file that the port is of.
const seedFile = "usr/src/uts/common/io/dls/dls_mgmt.c"

// runFiles are the files for other programs that dlsim run writes at its end.
type runFiles struct {
	junit, sarif string
	github       bool
}

func (f *runFiles) flags(s *pflag.FlagSet) {
	s.StringVar(&f.junit, "junit", "", "write the results as a JUnit report to a file")
	s.StringVar(&f.sarif, "sarif", "", "write the violations as a SARIF log to a file")
	s.BoolVar(&f.github, "github", false, "print the violations as annotations of GitHub Actions, too")
}

// check refuses files where there is no folder.
func (f *runFiles) check() error {
	return errors.Join(checkFolder("junit", f.junit), checkFolder("sarif", f.sarif))
}

// write writes what the flags ask for; annotations go to w.
func (f *runFiles) write(w io.Writer, outcomes []report.Outcome) error {
	if f.github {
		if err := report.GitHub(w, outcomes); err != nil {
			return err
		}
	}
	err := writeFile(f.junit, func(w io.Writer) error { return report.JUnit(w, outcomes) })
	if err != nil {
		return err
	}
	origin := report.Origin{Version: version, Sources: map[string]string{filepath.Base(seedFile): seedFile}}
	return writeFile(f.sarif, func(w io.Writer) error { return report.SARIF(w, outcomes, origin) })
}

// replayFiles are the files that dlsim replay writes.
type replayFiles struct{ html, perfetto string }

func (f *replayFiles) flags(s *pflag.FlagSet) {
	s.StringVar(&f.html, "html", "", "write the report as a web page to a file")
	s.StringVar(&f.perfetto, "perfetto", "", "write the schedule as a timeline for ui.perfetto.dev to a file")
}

func (f *replayFiles) check() error {
	return errors.Join(checkFolder("html", f.html), checkFolder("perfetto", f.perfetto))
}

func (f *replayFiles) write(x report.Failure) error {
	if err := writeFile(f.html, func(w io.Writer) error { return report.HTML(w, x) }); err != nil {
		return err
	}
	return writeFile(f.perfetto, func(w io.Writer) error { return report.Perfetto(w, x) })
}

// writeFile writes a whole file or none; "" is no file.
func writeFile(file string, write func(io.Writer) error) error {
	if file == "" {
		return nil
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return trace.WriteAtomic(file, b.Bytes())
}
