// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"bytes"
	"encoding/json"

	"dlsim/devnet/env"
)

// A history file is JSON lines: first what the history starts from, then one operation a line, in
// any order. docs/history.schema.json is its schema, docs/kernel-histories.md says what it means.

// fileSystem is the first line.
type fileSystem struct {
	System struct {
		Links []fileLink `json:"links"`
		Names []fileName `json:"names,omitempty"`
		Zones []fileZone `json:"zones,omitempty"`
		// Faults are the upcalls that were made to fail.
		Faults []fileFault `json:"faults,omitempty"`
	} `json:"system"`
}

type fileLink struct {
	MAC    string       `json:"mac"`
	Class  env.Class    `json:"class,omitempty"`
	Over   []env.LinkID `json:"over,omitempty"`
	Absent bool         `json:"absent,omitempty"`
	Link   env.LinkID   `json:"linkid,omitempty"`
	Name   string       `json:"name,omitempty"`
	Owner  env.ZoneID   `json:"owner,omitempty"`
	Zone   env.ZoneID   `json:"zone,omitempty"`
	Flows  int          `json:"flows,omitempty"`
}

type fileName struct {
	Link  env.LinkID `json:"linkid"`
	Name  string     `json:"name"`
	Class env.Class  `json:"class,omitempty"`
	Owner env.ZoneID `json:"owner,omitempty"`
	Zone  env.ZoneID `json:"zone,omitempty"`
	Dev   string     `json:"device,omitempty"`
}

type fileZone struct {
	Zone  env.ZoneID `json:"zone"`
	State int        `json:"state"`
}

type fileFault struct {
	Thread string `json:"thread,omitempty"`
	Err    string `json:"errno"`
}

// fileOperation is any other line.
type fileOperation struct {
	Thread string      `json:"thread"`
	Op     string      `json:"op"`
	Args   fileArgs    `json:"args,omitzero"`
	Call   *int64      `json:"call"`
	Return *int64      `json:"return,omitempty"`
	Result *fileResult `json:"result,omitempty"`
}

type fileArgs struct {
	Link   env.LinkID   `json:"linkid,omitempty"`
	MAC    string       `json:"mac,omitempty"`
	Name   string       `json:"name,omitempty"`
	Zone   env.ZoneID   `json:"zone,omitempty"`
	Into   env.ZoneID   `json:"into,omitempty"`
	Onto   env.LinkID   `json:"onto,omitempty"`
	Class  env.Class    `json:"class,omitempty"`
	Over   []env.LinkID `json:"over,omitempty"`
	State  int          `json:"state,omitempty"`
	Target string       `json:"target,omitempty"`
	Local  bool         `json:"local,omitempty"`
}

type fileResult struct {
	Err     string     `json:"errno,omitempty"`
	Link    env.LinkID `json:"linkid,omitempty"`
	MAC     string     `json:"mac,omitempty"`
	Name    string     `json:"name,omitempty"`
	Class   env.Class  `json:"class,omitempty"`
	Zone    env.ZoneID `json:"zone,omitempty"`
	Visible bool       `json:"answer,omitempty"`
	Local   bool       `json:"local,omitempty"`
}

// File returns the history as a file.
func (h *History) File() []byte {
	var f fileSystem
	f.System.Links = []fileLink{}
	f.System.Names = []fileName{}
	for _, l := range h.Start.Links {
		f.System.Links = append(f.System.Links, fileLink{
			MAC: l.MAC, Class: l.Class, Over: l.Over, Absent: l.Absent, Link: l.ID, Name: l.Name,
			Owner: l.Owner, Zone: l.Zone, Flows: l.Flows,
		})
	}
	for _, n := range h.Start.Names {
		f.System.Names = append(f.System.Names, fileName{n.ID, n.Name, n.Class, n.Owner, n.Zone, n.Dev})
	}
	for _, z := range h.Start.Zones {
		f.System.Zones = append(f.System.Zones, fileZone{z.ID, z.State})
	}
	for _, x := range h.Start.Faults {
		f.System.Faults = append(f.System.Faults, fileFault{x.Thread, x.Err.String()})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	write := func(v any) {
		if err := e.Encode(v); err != nil {
			panic("engine bug: " + err.Error()) // the types have nothing that cannot be encoded
		}
	}
	write(f)
	for i := range h.Ops {
		write(fileOf(&h.Ops[i]))
	}
	return b.Bytes()
}

func fileOf(o *Operation) fileOperation {
	r := &o.Result
	f := fileOperation{Thread: o.Thread, Op: o.Op.String(), Call: &o.Call, Args: fileArgs(o.Args)}
	if o.Pending {
		return f
	}
	f.Return = &o.Return
	f.Result = &fileResult{
		Link: r.Link, MAC: r.MAC, Name: r.Name, Class: r.Class, Zone: r.Zone, Visible: r.Visible, Local: r.Local,
	}
	if r.Err != 0 {
		f.Result.Err = r.Err.String()
	}
	return f
}
