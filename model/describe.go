// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"fmt"
	"strings"

	"dlsim/devnet/env"
)

// String returns the operation with its arguments and answer, as reports show it.
func (o *Operation) String() string {
	s := o.Op.String() + o.arguments()
	if o.Pending {
		return s + " (did not return)"
	}
	return s + " = " + o.Answer()
}

// arguments returns what tells the operation from others of its sort.
func (o *Operation) arguments() string {
	var parts []string
	add := func(format string, a ...any) { parts = append(parts, fmt.Sprintf(format, a...)) }
	if o.Name != "" {
		add("%s", o.Name)
	}
	if o.Link != env.InvalidLinkID {
		add("linkid %d", o.Link)
	}
	if o.MAC != "" {
		add("mac %s", o.MAC)
	}
	if o.Onto != env.InvalidLinkID {
		add("onto linkid %d", o.Onto)
	}
	switch o.Op {
	case SetZone, IsLinkVisible, KstatRead, ZoneShutdown, zoneRemove, ZoneState, ZoneHalted:
		add("zone %d", o.Into)
	}
	if o.Zone != env.GlobalZone {
		add("by zone %d", o.Zone)
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// Answer returns the answer in words: "ok", "ENOENT", "linkid 3".
func (o *Operation) Answer() string {
	r := &o.Result
	if r.Err != 0 {
		return r.Err.String()
	}
	switch o.Op {
	case IsLinkVisible, Rebuild:
		return fmt.Sprint(r.Visible)
	case GetZone:
		return fmt.Sprintf("zone %d", r.Zone)
	case MacnameToLinkid, DevToLinkid, GetLinkid:
		return fmt.Sprintf("linkid %d", r.Link)
	case GetLinkinfo:
		return fmt.Sprintf("%s, class %s", r.Name, r.Class)
	case Phydev:
		return "device " + r.MAC
	case LinkEvent:
		return fmt.Sprintf("%s, linkid %d, zone %d", r.Name, r.Link, r.Zone)
	}
	return "ok"
}

// sort is the answer without names and numbers.
func (o *Operation) sort() string {
	if o.Result.Err != 0 {
		return o.Answer()
	}
	switch o.Op {
	case GetZone:
		return "a zone"
	case MacnameToLinkid, DevToLinkid, GetLinkid:
		return "a linkid"
	case GetLinkinfo:
		return "a name"
	case Phydev:
		return "a device"
	case LinkEvent:
		return "an event"
	}
	return o.Answer()
}
