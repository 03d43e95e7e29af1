// SPDX-License-Identifier: CDDL-1.0

package trace

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"
)

// Error is why a trace was refused.
type Error struct {
	File string
	Line int // from 1
	Msg  string
	Text string // the line
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg) }

// section is one file of the archive and where it is.
type section struct {
	name  string
	line  int // of its marker
	lines []string
	data  []byte
}

// parser keeps the first error and the name of the file for it.
type parser struct {
	file string
	data []byte
	err  *Error
}

func (p *parser) fail(line int, format string, args ...any) {
	if p.err == nil {
		p.err = &Error{File: p.file, Line: line, Msg: fmt.Sprintf(format, args...)}
		if lines := strings.Split(string(p.data), "\n"); line <= len(lines) {
			p.err.Text = strings.ToValidUTF8(lines[line-1], "?")
		}
	}
}

// Parse reads a trace. name stands for it in errors, which are all of type *Error.
func Parse(name string, data []byte) (*Trace, error) {
	p := &parser{file: name, data: data}
	t := p.parse(data)
	if p.err != nil {
		return nil, p.err
	}
	return t, nil
}

func (p *parser) parse(data []byte) *Trace {
	all := split(data)
	if len(all) == 0 || all[0].line != 1 || all[0].name != sectionHeader {
		p.fail(1, "not a dlsim trace: it does not begin with \"-- header --\"")
		return nil
	}
	known := sections(p.version(all[0]))
	if p.err != nil {
		return nil
	}
	for i, name := range known {
		switch {
		case i == len(all):
			p.fail(lineCount(data), "the trace is cut short: it ends before section %q", name)
			return nil
		case all[i].name != name:
			p.fail(all[i].line, "expected section %q, found %q", name, all[i].name)
			return nil
		}
	}
	if len(all) > len(known) {
		p.fail(all[len(known)].line, "unexpected section %q", all[len(known)].name)
		return nil
	}
	t, version, size := new(Trace), 0, 0
	p.fields(all[0], headerFields(&t.Header, &version, &size))
	p.source(all[1], size, t)
	p.choices(all[2], t)
	p.fields(all[3], violationFields(&t.Violation))
	if all[4].name == sectionShrunk {
		t.Shrunk = p.shrunk(all[4])
	}
	p.checksums(all)
	if p.err == nil {
		p.canonical(data, t)
	}
	return t
}

// version returns the format version, which it checks before anything that versions may
// change.
func (p *parser) version(s section) int {
	if len(s.lines) == 0 || !strings.HasPrefix(s.lines[0], "format: ") {
		p.fail(s.line+1, "expected \"format: VERSION\"")
		return 0
	}
	v := strings.TrimPrefix(s.lines[0], "format: ")
	for known := 1; known <= FormatVersion; known++ {
		if v == strconv.Itoa(known) {
			return known
		}
	}
	p.fail(s.line+1, "trace format %s is not known to this version of dlsim, which reads 1 to %d", v, FormatVersion)
	return 0
}

func (p *parser) fields(s section, fields []field) {
	for i, f := range fields {
		line := s.line + 1 + i
		if i >= len(s.lines) {
			p.fail(line-1, "section %q is cut short: it ends before %q", s.name, f.name)
			return
		}
		value, ok := strings.CutPrefix(s.lines[i], f.name+":")
		if !ok {
			p.fail(line, "expected \"%s: ...\", found %q", f.name, shorten(s.lines[i]))
			return
		}
		if err := f.set(strings.TrimPrefix(value, " ")); err != nil {
			p.fail(line, "%s: %v", f.name, err)
			return
		}
	}
	if len(s.lines) > len(fields) {
		p.fail(s.line+1+len(fields), "unexpected %q", shorten(s.lines[len(fields)]))
	}
}

func (p *parser) source(s section, size int, t *Trace) {
	t.Source = s.data
	if size == len(s.data)-1 && s.data[size] == '\n' {
		t.Source = s.data[:size:size]
	}
	if len(t.Source) != size {
		p.fail(s.line, "section %q has %d bytes, but the header says %d: the trace was edited "+
			"or damaged", s.name, len(s.data), size)
	}
}

func (p *parser) choices(s section, t *Trace) {
	for i, line := range s.lines {
		var err error
		if t.Choices, err = parseChoice(line, t.Choices); err != nil {
			p.fail(s.line+1+i, "%v", err)
			return
		}
	}
}

func (p *parser) checksums(all []section) {
	sums := all[len(all)-1]
	for i, s := range all[:len(all)-1] {
		if i >= len(sums.lines) {
			p.fail(sums.line+i, "section %q is cut short: no checksum of %q", sums.name, s.name)
			return
		}
		name, sum, _ := strings.Cut(sums.lines[i], " ")
		if name != s.name {
			p.fail(sums.line+1+i, "expected the checksum of %q", s.name)
			return
		}
		if sum != checksum(s.data) {
			p.fail(s.line, "section %q (lines %d-%d) was edited or damaged: its checksum is %s, "+
				"line %d says %s", s.name, s.line+1, s.line+len(s.lines), checksum(s.data),
				sums.line+1+i, shorten(sum))
			return
		}
	}
}

// canonical refuses what means the same but is written otherwise.
func (p *parser) canonical(data []byte, t *Trace) {
	want, err := t.Format()
	if err != nil {
		p.fail(1, "%v", err)
		return
	}
	if bytes.Equal(data, want) {
		return
	}
	got, wanted := bytes.SplitAfter(data, []byte("\n")), bytes.SplitAfter(want, []byte("\n"))
	for i := range got {
		if i >= len(wanted) || !bytes.Equal(got[i], wanted[i]) {
			p.fail(i+1, "not as dlsim writes it: the trace was edited or damaged")
			return
		}
	}
	p.fail(len(got), "the trace is cut short")
}

// split finds the sections and the lines they begin at.
func split(data []byte) []section {
	a := txtar.Parse(data)
	if len(a.Comment) > 0 {
		return nil
	}
	var out []section
	line := 1
	for _, f := range a.Files {
		s := section{name: f.Name, line: line, data: f.Data}
		if body := strings.TrimSuffix(string(f.Data), "\n"); len(f.Data) > 0 {
			s.lines = strings.Split(body, "\n")
		}
		line += 1 + len(s.lines)
		out = append(out, s)
	}
	return out
}

func lineCount(data []byte) int {
	return 1 + bytes.Count(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
}

func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}
