// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"dlsim/scenarios"
	"dlsim/sim/explore"
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
type replayFiles struct{ html, perfetto, history string }

func (f *replayFiles) flags(s *pflag.FlagSet) {
	s.StringVar(&f.html, "html", "", "write the report as a web page to a file")
	s.StringVar(&f.history, "history", "", "write the history that lin refuses to a file, for dlsim check")
	s.StringVar(&f.perfetto, "perfetto", "", "write the schedule as a timeline for ui.perfetto.dev to a file")
}

func (f *replayFiles) check() error {
	return errors.Join(checkFolder("html", f.html), checkFolder("perfetto", f.perfetto),
		checkFolder("history", f.history))
}

func (f *replayFiles) write(x report.Failure) error {
	if err := writeFile(f.html, func(w io.Writer) error { return report.HTML(w, x) }); err != nil {
		return err
	}
	if err := writeFile(f.perfetto, func(w io.Writer) error { return report.Perfetto(w, x) }); err != nil || f.history == "" {
		return err
	}
	for _, a := range x.Record.Attachments {
		if a.Name == scenarios.HistoryFile {
			return trace.WriteAtomic(f.history, a.Data)
		}
	}
	return usagef("--history: the run has no history that lin refuses")
}

// writeAttachments writes the files that go with a trace beside it.
func writeAttachments(traceFile string, r *explore.Record) error {
	for _, a := range r.Attachments {
		name := strings.TrimSuffix(traceFile, ".trace") + "." + a.Name
		if err := trace.WriteAtomic(name, a.Data); err != nil {
			return fmt.Errorf("cannot write %s: %w", name, err)
		}
	}
	return nil
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
