// SPDX-License-Identifier: CDDL-1.0

// Package door is the kernel's side of a door (environment.md 9): handles, revocation, and
// upcalls that hand a request to a thread of the server process and wait for its reply. The
// server's pool grows on demand, so each request has a thread of its own. door_knob is a
// leaf.
package door

import (
	"dlsim/devnet/env"
	"dlsim/sim"
	"dlsim/sim/check"
)

var (
	opOpen   = &sim.OpType{Name: "door_ki_open", Access: sim.Read}
	opInfo   = &sim.OpType{Name: "door_ki_info", Access: sim.Read, Inside: true}
	opRevoke = &sim.OpType{Name: "door_revoke", Access: sim.Write}
	opUpcall = &sim.OpType{Name: "door_upcall", Access: sim.Read}
	opReply  = &sim.OpType{Name: "door_upcall (reply)", Access: sim.Local, Wait: true}
	opSignal = &sim.OpType{Name: "signal", Access: sim.Local}
	opReturn = &sim.OpType{Name: "door_return", Access: sim.Write}
)

// Request is what an upcall asks of the daemon. Which fields count depends on Cmd.
type Request struct {
	Cmd  string // without the DLMGMT_CMD_ prefix: "GETNAME"
	Link env.LinkID
	From env.LinkID // whose device UP_LINKID moves
	Name string
	Zone env.ZoneID
	// Cred is the zone whose privileges the daemon judges the request by.
	Cred env.ZoneID
	// Class, Media, Persist and Props describe a link to be made or looked for.
	Class   env.Class
	Media   env.Media
	Persist bool
	Props   []string
	// DevName and Dev are the device of a physical link; NoVanity says that its name cannot
	// be chosen.
	DevName  string
	Dev      env.Dev
	NoVanity bool
	Flags    LinkFlags // of the links that GETNEXT looks for
	Attr     string    // that DLS_GETATTR asks for
}

// LinkFlags are the DLMGMT_ACTIVE and DLMGMT_PERSIST of a link.
type LinkFlags uint8

// The flags.
const (
	Active LinkFlags = 1 << iota
	Persist
)

// Reply is what the daemon answers. Err is lr_err.
type Reply struct {
	Err   env.Errno
	Link  env.LinkID
	Name  string
	Class env.Class
	Zone  env.ZoneID
	Media env.Media
	Flags LinkFlags
	// Value and Size are those of an attribute: a number of so many bytes.
	Value uint64
	Size  int
	// Oversize says that the reply did not fit the caller's buffer, so that the kernel
	// allocated another one; Short that it was only an lr_err, which leaves the size as the
	// caller expects it (environment.md 9.2); Resized that the size is another one.
	Oversize, Short, Resized bool
}

// Server executes a request on a thread of the server process.
type Server func(t *sim.Thread, req *Request) Reply

// Interference decides what goes wrong with one upcall. A zero Errno lets it pass. For
// EINTR, Done says whether the daemon carries the request out all the same. Any other errno
// with Answer set is the daemon's reply and not a failure of the door. EAGAIN is for user
// threads only: no kernel thread ever gets it, and it is dropped (environment.md 9.2).
type Interference struct {
	Errno  env.Errno
	Done   bool
	Answer bool
}

// gate is a door of one life of the server process. It stays revoked for ever.
type gate struct {
	server  Server
	revoked bool
	obj     sim.Object
}

// Door is a door_handle_t: a gate that was opened, once for each open.
type Door struct {
	*gate
	layer *Layer
	num   int
	holds int
	refs  check.Account
}

// Layer is the doors of one kernel.
type Layer struct {
	// Interfere, if not nil, is asked about every upcall before it is made.
	Interfere func(t *sim.Thread, req *Request) Interference
	// Direct, if not nil, carries upcalls out on the caller's thread in one step, in place of
	// the server process: for models of it that have no threads.
	Direct func(t *sim.Thread, d *Door, req *Request) (Reply, env.Errno)
	// Fault makes door_open and door_info fail.
	Fault env.Fault
	// Refs, if not nil, is told who holds which door.
	Refs *check.Ledger
	// Prepare is called by a thread for each server thread that it has created.
	Prepare func(by, t *sim.Thread)

	file     sim.Object // what current and last are behind
	signals  sim.Object // whether a signal is pending in a thread
	current  *gate      // what the door file leads to, nil if there is none
	last     *gate      // of the server's present or last life
	created  int        // gates, for their names
	opened   int        // doors, for theirs
	threads  int        // server threads, for theirs
	inFlight []*call
	pool     []*call
}

// call is one upcall in progress.
type call struct {
	door   *gate
	req    Request
	reply  Reply
	err    env.Errno
	caller *sim.Thread
	server *sim.Thread
	ended  bool // there is a reply or an error
	left   bool // the caller was interrupted and waits no more
	kernel bool // the server thread is inside the kernel
	dying  bool // and its process is dead, so it ends when it comes out
	obj    sim.Object
}

// Init forgets all doors.
func (l *Layer) Init(w *sim.World) {
	w.Register(&l.file, "door file", "", 0, nil)
	w.Register(&l.signals, "signals", "", 0, nil)
	l.current, l.last, l.created, l.opened, l.threads = nil, nil, 0, 0, 0
	l.pool = append(l.pool, l.inFlight...)
	l.inFlight = l.inFlight[:0]
}

// Revoke is door_revoke by a server that stops in an orderly way, or by the kernel when it
// dies. Requests that wait for a server thread fail with EBADF; those that a server thread
// works on go on.
func (l *Layer) Revoke(t *sim.Thread) {
	t.Touch(&l.file, sim.Read)
	if l.current != nil {
		l.revoke(t, l.current)
	}
}

// revoke is door_revoke of one door.
func (l *Layer) revoke(t *sim.Thread, d *gate) {
	t.Step(opRevoke, &d.obj, nil)
	t.Touch(&l.file, sim.Write)
	d.revoked = true
	if l.current == d {
		l.current = nil
	}
}

// Crash is the death of the server process: its last door is revoked, its threads are gone,
// and every caller that waits for a reply gets EINTR, kernel threads too. A server thread
// that is inside the kernel (Downcall) dies only when it comes out, and its caller waits for
// that.
func (l *Layer) Crash(t *sim.Thread) {
	t.Touch(&l.file, sim.Read)
	d := l.last
	if d == nil {
		return
	}
	l.revoke(t, d)
	for _, c := range l.calls() {
		t.Touch(&c.obj, sim.Write)
		switch {
		case c.ended || c.door != d:
		case c.kernel:
			c.dying = true
		default:
			c.end(t, Reply{}, env.EINTR)
		}
	}
}

// Downcall runs work, which is a system call that server thread t makes. A killed thread
// finishes it before it dies.
func (l *Layer) Downcall(t *sim.Thread, work func() env.Errno) env.Errno {
	for _, c := range l.inFlight {
		if c.server == t {
			t.Touch(&c.obj, sim.Write)
			c.kernel = true
			err := work()
			t.Touch(&c.obj, sim.Write)
			c.kernel = false
			if c.dying && !c.ended {
				c.end(t, Reply{}, env.EINTR)
			}
			return err
		}
	}
	return work()
}

// Upcall is door_ki_upcall_limited: it hands the request to a thread of the server and waits
// for the reply. EBADF if the door is revoked; EINTR if a signal is pending in a user
// thread, whose request the server goes on with, or if the server dies.
func (l *Layer) Upcall(t *sim.Thread, d *Door, req *Request) (Reply, env.Errno) {
	if l.Direct != nil {
		return l.Direct(t, d, req)
	}
	if p := env.Of(t).Process; p != nil {
		p.Wake(t) // the stop point before anything else
	}
	t.Step(opUpcall, &d.obj, nil)
	d.use(t, "door_ki_upcall_limited")
	if d.revoked {
		return Reply{}, env.EBADF
	}
	interrupted := env.Of(t).User && l.signalled(t) || env.Of(t).Process.Interrupts(t)
	if l.Interfere != nil {
		switch f := l.Interfere(t, req); {
		case f.Answer:
			return Reply{Err: f.Errno}, 0
		case f.Errno == env.EINTR && f.Done:
			interrupted = true
		case f.Errno == env.EAGAIN && !env.Of(t).User:
		case f.Errno != 0:
			return Reply{}, f.Errno
		}
	}
	return l.await(t, d.gate, req, interrupted)
}

// await hands the request over and waits for the reply, unless the caller is interrupted.
func (l *Layer) await(t *sim.Thread, d *gate, req *Request, interrupted bool) (Reply, env.Errno) {
	c := l.start(t, d, req)
	if interrupted {
		c.left = true
		return Reply{}, env.EINTR
	}
	c.caller = t
	p := env.Of(t).Process
	p.Sleep(t)
	t.Awaits(&c.obj, "", nil)
	t.Block(opReply, &c.obj, nil)
	p.Wake(t)
	if c.left {
		t.Touch(&c.obj, sim.Read) // the reply may come all the same, also while t is stopped
	}
	if c.err == 0 {
		t.Follows(c.server)
	}
	return c.reply, c.err
}

// Call is door_call of a user thread: an upcall that nothing interferes with. EBADF if
// there is no server.
func (l *Layer) Call(t *sim.Thread, req *Request) (Reply, env.Errno) {
	t.Touch(&l.file, sim.Read)
	d := l.current
	if d == nil {
		return Reply{}, env.EBADF
	}
	t.Step(opUpcall, &d.obj, nil)
	if d.revoked {
		return Reply{}, env.EBADF
	}
	return l.await(t, d, req, l.signalled(t))
}

// Signal interrupts the upcall that user thread u waits in, if there is one: u gets EINTR,
// unless the reply comes before it runs, and the server goes on with the request. Later
// upcalls of u see env.Context.Signalled.
func (l *Layer) Signal(t, u *sim.Thread) {
	t.Step(opSignal, nil, nil)
	t.Touch(&l.signals, sim.Write)
	for _, c := range l.inFlight {
		if c.caller != u {
			continue
		}
		t.Touch(&c.obj, sim.Write)
		if !c.ended && !c.left {
			c.left, c.err = true, env.EINTR
			t.World().Wake(t, u)
		}
	}
}

// Signals returns the object behind env.Context.Signalled.
func (l *Layer) Signals() *sim.Object { return &l.signals }

func (l *Layer) signalled(t *sim.Thread) bool {
	t.Touch(&l.signals, sim.Read)
	return env.Of(t).Signalled
}

// start is door_server_dispatch: it creates the server thread that executes the request.
func (l *Layer) start(t *sim.Thread, d *gate, req *Request) *call {
	var c *call
	if n := len(l.pool); n > 0 {
		c = l.pool[n-1]
		l.pool = l.pool[:n-1]
	} else {
		c = new(call)
	}
	*c = call{door: d, req: *req}
	l.inFlight = append(l.inFlight, c)
	l.threads++
	t.World().Register(&c.obj, "REPLY", req.Cmd, l.threads, c)
	c.server = t.Fork("dlmgmtd", l.threads, func(u *sim.Thread) {
		reply := c.door.server(u, &c.req)
		u.Step(opReturn, &c.obj, nil)
		if !c.ended {
			c.end(u, reply, 0)
		}
	})
	c.obj.SetIdentity(c.server.Lineage().ID)
	c.server.Serves(t, &c.obj)
	if l.Prepare != nil {
		l.Prepare(t, c.server)
	}
	return c
}

func (c *call) end(t *sim.Thread, r Reply, err env.Errno) {
	t.Touch(&c.obj, sim.Write)
	c.ended, c.reply, c.err = true, r, err
	c.server.Discharged(&c.obj)
	if c.caller != nil && !c.left {
		t.World().Wake(t, c.caller)
	}
}

// Outside implements sim.Outside: the caller waits as the server's thread does.
func (c *call) Outside(*sim.Thread) bool { return c.server.Outside() }

// Blockers implements sim.Resource: the caller waits for the server's thread.
func (c *call) Blockers(_ *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	return append(buf, c.server)
}
