// SPDX-License-Identifier: CDDL-1.0

// Package scenarios loads scenario files and runs them on the port. A scenario is a small
// program: a system to start from, threads with the operations each does, faults, how to
// explore it, and what is expected to be found.
//
// Three things come from one source each. The shape of a file is that of the Go types in
// this file and of the operations' argument structs, by their field tags: the strict
// loader, the JSON Schema and the reference are all made from them. The operations are one
// table, with what each does. And every error a user can make has a position.
package scenarios

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Scenario is a loaded and checked scenario file.
type Scenario struct {
	Name      string    `yaml:"name" required:"true" name:"scenario" doc:"What the scenario is called in reports: lower-case letters, digits and dashes, unique among the files of a run."`
	About     string    `yaml:"about" doc:"What it shows, for people."`
	Refs      []string  `yaml:"refs" doc:"Where it comes from: bug ids, commits, sections."`
	System    System    `yaml:"system" doc:"What exists before the threads start. It is brought up in file order, one operation after the other; none of that is explored."`
	Threads   Threads   `yaml:"threads" required:"true" doc:"The threads that run concurrently: a list of steps under each name, or a mapping with zone and steps."`
	Processes Processes `yaml:"processes" doc:"Processes, by name, and the threads that are in each: for fork, stops and signals to a whole process. A thread that is in none has a process of its own."`
	Faults    []Fault   `yaml:"faults" doc:"What goes wrong with upcalls to the daemon."`
	Explore   Explore   `yaml:"explore" doc:"How it is explored unless the command line says otherwise."`
	Expect    Expect    `yaml:"expect" doc:"What is found: none, or a list of violations, each of which must be found."`

	File   string `yaml:"-"` // as it was given to Load
	Source []byte `yaml:"-"`
}

// Hash identifies the text of the scenario: 16 hex digits.
func (s *Scenario) Hash() string {
	h := sha256.Sum256(s.Source)
	return hex.EncodeToString(h[:])[:16]
}

// System is what a scenario starts from.
type System struct {
	Zones    []Zone `yaml:"zones" doc:"Non-global zones."`
	Links    []Link `yaml:"links" doc:"Datalinks."`
	Daemon   string `yaml:"daemon" enum:"never-forks|forks-for-files|forks" default:"never-forks" doc:"Whether dlmgmtd forks, with its table lock held, to read or write the database of a zone: never, when the zone owns links, or always. Trees differ."`
	Zoneadmd string `yaml:"zoneadmd" enum:"deletes-vnics|keeps-links" default:"deletes-vnics" doc:"What zone_halt does about vnics that the zone owns: deletes them from the global zone, or refuses while links remain. Trees differ."`
	Debug    bool   `yaml:"debug" doc:"A DEBUG kernel: failing ASSERTs panic too."`
	Kmem     string `yaml:"kmem" enum:"recycle|debug" default:"recycle" doc:"Object caches hand freed objects out as they are (recycle), or destroy, poison and construct them (debug)."`
	Taskq    string `yaml:"taskq" enum:"dynamic|backing" default:"dynamic" doc:"system_taskq runs each task at once on a thread of its own (dynamic), or all on one thread in order, as under memory pressure (backing)."`
}

// Zone is a non-global zone.
type Zone struct {
	Name  string `yaml:"name" required:"true" name:"zone" doc:"Name of the zone."`
	ID    int    `yaml:"id" required:"true" min:"1" max:"9999" doc:"Its zoneid."`
	IP    string `yaml:"ip" enum:"exclusive|shared" default:"exclusive" doc:"Whether it has a network stack of its own, whose shutdown takes its links back."`
	State string `yaml:"state" enum:"uninitialized|initialized|ready|booting|running|shutting_down|empty|down|dying|dead" default:"running" doc:"Where on the status ladder it is."`
}

// Link is a datalink.
type Link struct {
	Name     string   `yaml:"name" required:"true" name:"link" doc:"Link name, 2 to 31 letters, digits, dots, dashes and underscores, beginning with a letter."`
	Class    string   `yaml:"class" required:"true" enum:"phys|vnic|etherstub|simnet|aggr|iptun" doc:"Kind of link, which decides the driver and its locks."`
	Over     string   `yaml:"over" ref:"link" doc:"The link a vnic is on. It must be declared before."`
	Ports    []string `yaml:"ports" ref:"link" doc:"The links an aggr is made of. They must be declared before."`
	Tunnel   string   `yaml:"tunnel" enum:"ipv4|ipv6|6to4" default:"ipv4" doc:"Kind of tunnel, for an iptun."`
	MAC      string   `yaml:"mac" name:"link" doc:"Name of its MAC; the link name unless said."`
	ID       int      `yaml:"id" min:"1" max:"99999" doc:"Its linkid; by default the links are numbered from 1 in file order."`
	Zone     string   `yaml:"zone" ref:"zone" doc:"The zone it is created in and owned by; the global zone unless said."`
	Assigned string   `yaml:"assigned" ref:"zone" doc:"The zone it is lent to at the start."`
	Flows    int      `yaml:"flows" min:"0" max:"100" doc:"Flows configured on it at the start: a delete then fails with ENOTEMPTY."`
	Props    []string `yaml:"props" doc:"Persistent properties that the daemon applies when the link is created, each by an ioctl."`
	Absent   bool     `yaml:"absent" doc:"It does not exist at the start; a create step makes it. A physical link's device is not attached: an attach step, or whoever needs it, attaches it."`
	Known    bool     `yaml:"known" default:"true" doc:"The daemon knows the link of a physical device that is absent, from an earlier boot."`
	Removed  bool     `yaml:"removed" doc:"The device of a physical link is gone for good; only the daemon knows the link."`
	Legacy   bool     `yaml:"legacy" doc:"A physical device with a legacy driver, whose MAC is opened inside the perimeter."`
	Unloaded bool     `yaml:"unloaded" doc:"Nobody has answered the kernel when it had the persistent properties loaded, as if the daemon had been gone then."`

	Line, Col int `yaml:"-"` // in the scenario file
}

// Threads are the threads of a scenario in file order.
type Threads []Thread

// Thread is one thread and what it does.
type Thread struct {
	Name  string `yaml:"-"`
	Zone  string `yaml:"zone" ref:"zone" doc:"The zone of its process; the global zone unless said."`
	Steps []Step `yaml:"steps" required:"true" doc:"What it does, in order."`
}

// Step is one operation of a thread.
type Step struct {
	Op   *Op
	Args any    // pointer to the operation's argument struct
	As   string // the handle the result is kept under, "" for none
	Text string // the step in one line, for reports
	// Answers are those that the step may give, by the scenario's own word; empty for any.
	Answers []string

	Line, Col int // in the scenario file
}

// Fault is what goes wrong with some upcalls.
type Fault struct {
	Upcall string `yaml:"upcall" required:"true" enum:"any|GETNAME|GETLINKID|GETNEXT|LINKPROP_INIT|SETZONEID|DLS_CREATE|DLS_DESTROY|DLS_UPDATE|DLS_GETATTR" doc:"Which upcall."`
	Errno  string `yaml:"errno" required:"true" enum:"EINTR|EAGAIN|EBADF|ENOENT|ENOSPC|EINVAL|EACCES|EEXIST|ENXIO|EPERM|ENOMEM" doc:"What it gives. EINTR, EAGAIN and EBADF come from the door, the rest are answers of the daemon. Kernel threads never see EAGAIN."`
	Times  int    `yaml:"times" min:"1" max:"1000000" default:"1" doc:"How many upcalls it strikes."`
	After  int    `yaml:"after" min:"0" max:"1000000" doc:"How many matching upcalls pass first."`
	Effect string `yaml:"effect" enum:"done|not_done" default:"not_done" doc:"With EINTR: whether the daemon carries the request out all the same."`
	Thread string `yaml:"thread" ref:"thread" doc:"Only upcalls of this thread."`
	Maybe  bool   `yaml:"maybe" doc:"Whether it strikes is explored, like any other choice."`
}

// Explore is how a scenario is explored.
type Explore struct {
	Strategy    string   `yaml:"strategy" enum:"auto|dfs|dpor|pct|pos|random|surw" default:"auto" doc:"How schedules are chosen: see docs/strategies.md."`
	Depth       int      `yaml:"depth" min:"1" max:"20" default:"3" doc:"Bug depth that pct is tuned to, also in auto: one more than the number of preemptions."`
	Preemptions int      `yaml:"preemptions" min:"-1" max:"100" default:"-1" doc:"Only schedules with at most so many preemptions, for dfs and dpor; -1 for all."`
	Schedules   int      `yaml:"schedules" min:"1" max:"1000000000" default:"10000" doc:"How many schedules."`
	Steps       int      `yaml:"steps" min:"100" max:"100000000" default:"20000" doc:"Steps after which a schedule is given up as unknown."`
	Checks      []string `yaml:"checks" enum:"order|race|upcall" doc:"Checks to make besides those that are always made: order, race, upcall."`
	Seed        int      `yaml:"seed" min:"0" max:"1000000000" default:"1" doc:"Seed of the campaign."`
}

// Expect is what a scenario is expected to find.
type Expect struct {
	// Given says that the file has an expect key; without one nothing is expected.
	Given      bool
	Violations []Violation // empty for none
}

// Violation is one expected violation.
type Violation struct {
	Kind  string   `yaml:"kind" required:"true" enum:"panic|deadlock|hang|lifetime|lin|livelock|refs|stale|race|order|upcall|answer" doc:"The check that reports it."`
	At    []string `yaml:"at" doc:"C functions that all appear in the report."`
	Says  string   `yaml:"says" doc:"Part of what the report says."`
	Maybe bool     `yaml:"maybe" doc:"It need not be found: it shows only in a debug kernel, or in few schedules."`
	Bug   string   `yaml:"bug" doc:"Its id in the bug book."`
}

// Duration is a span of virtual time, written as Go does: 2s, 150ms.
type Duration time.Duration

// link returns the declared link of that name.
func (s *Scenario) thread(name string) *Thread {
	for i := range s.Threads {
		if s.Threads[i].Name == name {
			return &s.Threads[i]
		}
	}
	return nil
}

func (s *Scenario) link(name string) *Link {
	for i := range s.System.Links {
		if s.System.Links[i].Name == name {
			return &s.System.Links[i]
		}
	}
	return nil
}

// zone returns the declared zone of that name.
func (s *Scenario) zone(name string) *Zone {
	for i := range s.System.Zones {
		if s.System.Zones[i].Name == name {
			return &s.System.Zones[i]
		}
	}
	return nil
}

func (d Duration) String() string { return time.Duration(d).String() }
