// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"dlsim/devnet/env"
)

// FileError is something wrong in a history file: where, what, and the line.
type FileError struct {
	Line, Col int // from 1
	Msg       string
	Text      string // of the line
}

func (e *FileError) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Msg) }

// ReadFile reads a history. Errors are *FileError.
func ReadFile(src []byte) (*History, error) {
	var h History
	r := reader{h: &h}
	num := 0
	for line := range bytes.Lines(src) {
		num++
		r.line, r.text = num, strings.TrimRight(string(line), "\r\n")
		if strings.TrimSpace(r.text) == "" {
			continue
		}
		if err := r.read(); err != nil {
			return nil, err
		}
	}
	if !r.begun {
		r.line = max(num, 1)
		return nil, r.fail(1, `the first line must say what the history starts from: {"system": {"links": []}}`)
	}
	r.complete()
	return &h, nil
}

type reader struct {
	h     *History
	line  int
	text  string
	begun bool
	names bool // the file says what the daemon knows
}

func (r *reader) fail(col int, format string, args ...any) error {
	return &FileError{Line: r.line, Col: col, Msg: fmt.Sprintf(format, args...), Text: r.text}
}

// read takes one line.
func (r *reader) read() error {
	if !r.begun {
		var f fileSystem
		if err := r.decode(&f); err != nil {
			return err
		}
		r.begun = true
		return r.system(&f)
	}
	var f fileOperation
	if err := r.decode(&f); err != nil {
		return err
	}
	return r.operation(&f)
}

// decode decodes the line, strictly.
func (r *reader) decode(into any) error {
	d := json.NewDecoder(strings.NewReader(r.text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		col := int(d.InputOffset()) + 1
		switch e := err.(type) {
		case *json.SyntaxError:
			col = int(e.Offset)
		case *json.UnmarshalTypeError:
			col = int(e.Offset)
			return r.fail(max(col, 1), "%s must be %s, not %s", e.Field, kindName(e.Type.Kind().String()), e.Value)
		}
		msg := strings.TrimPrefix(err.Error(), "json: ")
		if key, ok := strings.CutPrefix(msg, "unknown field "); ok {
			col = strings.Index(r.text, key) + 1
			msg = "unknown key " + key
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			col, msg = len(r.text)+1, "the line ends inside the JSON"
		}
		return r.fail(max(col, 1), "%s", msg)
	}
	if d.More() {
		return r.fail(int(d.InputOffset())+1, "one JSON object a line, this has more")
	}
	return nil
}

func kindName(kind string) string {
	switch {
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return "a number"
	case kind == "slice":
		return "a list"
	case kind == "struct":
		return "an object"
	case kind == "bool":
		return "true or false"
	}
	return "a string"
}

// at returns the column of the value of a key, 1 if it is not there.
func (r *reader) at(key string) int {
	i := strings.Index(r.text, `"`+key+`"`)
	if i < 0 {
		return 1
	}
	return i + 1
}

func (r *reader) system(f *fileSystem) error {
	seen := make(map[string]bool)
	for _, l := range f.System.Links {
		switch {
		case l.MAC == "":
			return r.fail(r.at("links"), "a link has no mac")
		case seen[l.MAC]:
			return r.fail(r.at("links"), "two links have the mac %s", l.MAC)
		case !l.Absent && (l.Link == 0 || l.Name == ""):
			return r.fail(r.at("links"), "link %s needs linkid and name, or absent: true", l.MAC)
		}
		seen[l.MAC] = true
		r.h.Start.Links = append(r.h.Start.Links, Link{
			MAC: l.MAC, Class: l.Class, Over: l.Over, Absent: l.Absent, ID: l.Link, Name: l.Name,
			Owner: l.Owner, Zone: l.Zone, Flows: l.Flows,
		})
	}
	r.names = f.System.Names != nil
	for _, n := range f.System.Names {
		r.h.Start.Names = append(r.h.Start.Names, Name{
			ID: n.Link, Name: n.Name, Class: n.Class, Owner: n.Owner, Zone: n.Zone, Dev: n.Dev,
		})
	}
	for _, z := range f.System.Zones {
		r.h.Start.Zones = append(r.h.Start.Zones, Zone{ID: z.Zone, State: z.State})
	}
	for _, x := range f.System.Faults {
		e, ok := env.ParseErrno(x.Err)
		if !ok {
			return r.fail(r.at("faults"), "there is no errno %s here; there are %s", x.Err, errnoList())
		}
		r.h.Start.Faults = append(r.h.Start.Faults, Fault{Thread: x.Thread, Err: e})
	}
	r.h.Start.Rebuild = true
	return nil
}

func (r *reader) operation(f *fileOperation) error {
	op, known := ParseOp(f.Op)
	switch {
	case f.Thread == "":
		return r.fail(r.at("thread"), "an operation needs a thread")
	case f.Op == "":
		return r.fail(1, "an operation needs op, one of %s", opList())
	case !known:
		return r.fail(r.at("op"), "there is no operation %q; there are %s", f.Op, opList())
	case f.Call == nil:
		return r.fail(1, "an operation needs call, the time at which it was called")
	case f.Return != nil && *f.Return < *f.Call:
		return r.fail(r.at("return"), "it returns at %d, before it was called at %d", *f.Return, *f.Call)
	case f.Return == nil && f.Result != nil:
		return r.fail(r.at("result"), "it has a result, but no return")
	}
	o := Operation{Thread: f.Thread, Op: op, Call: *f.Call, Pending: f.Return == nil, Args: Args(f.Args)}
	if f.Return != nil {
		o.Return = *f.Return
	}
	if x := f.Result; x != nil {
		o.Result = Result{
			Link: x.Link, MAC: x.MAC, Name: x.Name, Class: x.Class, Zone: x.Zone, Visible: x.Visible, Local: x.Local,
		}
		if x.Err != "" {
			e, ok := env.ParseErrno(x.Err)
			if !ok {
				return r.fail(r.at("errno"), "there is no errno %s here; there are %s", x.Err, errnoList())
			}
			o.Result.Err = e
		}
	}
	r.h.Ops = append(r.h.Ops, o)
	return nil
}

// complete adds what the daemon knows if the file does not say it: all links, from the start.
func (r *reader) complete() {
	if r.names {
		return
	}
	for _, l := range r.h.Start.Links {
		if !l.Absent {
			r.know(Name{ID: l.ID, Name: l.Name, Class: l.Class, Owner: l.Owner, Zone: l.Zone, Dev: device(&l)})
		}
	}
	for i := range r.h.Ops {
		if o := &r.h.Ops[i]; (o.Op == Create || o.Op == Recreate) && o.Name != "" {
			r.know(Name{ID: o.Link, Name: o.Name, Class: o.Class, Owner: o.Zone, Zone: o.Zone})
		}
	}
}

func (r *reader) know(n Name) {
	if !slices.ContainsFunc(r.h.Start.Names, func(m Name) bool { return m.ID == n.ID }) {
		r.h.Start.Names = append(r.h.Start.Names, n)
	}
}

func device(l *Link) string {
	if l.Class == env.ClassPhys {
		return l.MAC
	}
	return ""
}

func opList() string { return strings.Join(opNames[:zoneRemove], ", ") }

func errnoList() string {
	var out []string
	for _, e := range env.Errnos() {
		out = append(out, e.String())
	}
	return strings.Join(out, ", ")
}
