// SPDX-License-Identifier: CDDL-1.0

package dlmgmtd

import (
	"slices"

	"dlsim/devnet/env"
	"dlsim/sim"
)

var (
	opStart  = &sim.OpType{Name: "dlmgmtd start", Access: sim.Write}
	opLoad   = &sim.OpType{Name: "dlmgmt_db_init of the zones", Access: sim.Write}
	opExit   = &sim.OpType{Name: "dlmgmtd exit", Access: sim.Write}
	opRemain = &sim.OpType{Name: "dlmgmtd start (old process remains)", Access: sim.Write, Wait: true}
)

// process is one life of the daemon.
type process struct {
	d    *Daemon
	lock tableLock
	// rows are what is in the table. Each life reads it from its files anew before it serves anybody.
	rows rows
	// kernel holds the process's threads that are inside the kernel. A killed thread
	// finishes its system call first, and the process remains until then.
	kernel []*sim.Thread
	// loaded says that the databases of all zones have been read. That of the global zone is
	// read before the kernel gets the door, the others only after it. zones is what stands for them.
	loaded bool
	zones  sim.Object
}

// Start begins a life of the daemon, once the process of the last one is gone: it learns
// from the kernel which links are in which zone, makes its door and gives it to the kernel.
// Starting a daemon that runs does nothing.
func (d *Daemon) Start(t *sim.Thread) env.Errno {
	t.Step(opStart, &d.obj, nil)
	for d.life == nil && d.last != nil && len(d.last.kernel) > 0 {
		t.Block(opRemain, &d.obj, &d.starting)
	}
	if d.life != nil {
		return 0
	}
	d.lives++
	p := &process{d: d}
	p.lock.init(t.World(), d.lives)
	p.rows.init(t.World(), d.lives, &d.files)
	t.World().Register(&p.zones, "dlmgmt_db", "", d.lives, nil)
	d.life, d.last = p, p
	d.proc.Restart(t, "dlmgmtd")
	if d.lives > 1 {
		d.relearn(t)
	}
	d.Door.Attach(t, p.serve)
	err := p.downcall(t, func() env.Errno { return d.Kernel.DoorSet(t, true) })
	t.Step(opLoad, &p.zones, nil)
	p.loaded = true
	return err
}

// relearn sets the zone of each link to what the kernel's lists say. A link that a zone owns
// is put back into its list.
func (d *Daemon) relearn(t *sim.Thread) {
	for _, k := range d.links {
		k.Zone = d.Zones.CheckDatalink(t, k.ID)
		if k.Zone == env.GlobalZone && k.owner != env.GlobalZone {
			k.Zone = k.owner
			if z := d.Zones.Get(k.owner); z != nil {
				z.Relist(t, k.ID)
			}
		}
	}
}

// Suspend stops the process as SIGSTOP or a debugger does: requests are taken and not answered
// until Resume.
func (d *Daemon) Suspend(t *sim.Thread) { d.proc.Halt(t) }

// Resume lets a suspended process go on.
func (d *Daemon) Resume(t *sim.Thread) { d.proc.Continue(t) }

// Process returns the process that all threads of the daemon's present life are in.
func (d *Daemon) Process() *env.Process { return &d.proc }

// fork is fork1 by door thread t, in user space: it waits until every other thread of the daemon
// has stopped, which one that sleeps in the kernel cannot (environment.md 10.4).
func (p *process) fork(t *sim.Thread) {
	p.d.proc.Fork(t, false, nil)
	p.d.proc.Leave(t)
}

// Stop is the daemon's orderly exit: it revokes the door and tells the kernel before the
// process ends.
func (d *Daemon) Stop(t *sim.Thread) {
	t.Step(opExit, &d.obj, nil)
	p := d.life
	if p == nil {
		return
	}
	d.Door.Revoke(t)
	t.Touch(&d.obj, sim.Read)
	if d.life == p {
		_ = p.downcall(t, func() env.Errno { return d.Kernel.DoorSet(t, false) })
	}
	t.Touch(&d.obj, sim.Read)
	if d.life == p {
		d.exit(t, p)
	}
}

// Crash is the daemon's death without a word: the kernel keeps its revoked door.
func (d *Daemon) Crash(t *sim.Thread) {
	t.Step(opExit, &d.obj, nil)
	if d.life != nil {
		d.exit(t, d.life)
	}
}

// exit is proc_exit of process p, which another thread may have brought about meanwhile.
func (d *Daemon) exit(t *sim.Thread, p *process) {
	d.Door.Crash(t)
	t.Touch(&d.obj, sim.Write)
	if d.life == p {
		d.life = nil
		d.proc.Kill(t)
		p.lock.die(t)
	}
}

// downcall runs work, a system call that thread t of the process makes.
func (p *process) downcall(t *sim.Thread, work func() env.Errno) env.Errno {
	p.d.proc.Enter(t)
	t.Touch(&p.d.obj, sim.Read)
	p.kernel = append(p.kernel, t)
	err := p.d.Door.Downcall(t, work)
	p.d.proc.Leave(t)
	a := sim.Read
	if p.lock.dead {
		a = sim.Write // each may be the last
	}
	t.Touch(&p.d.obj, a)
	i := slices.Index(p.kernel, t)
	p.kernel = slices.Delete(p.kernel, i, i+1)
	if p.lock.dead && len(p.kernel) == 0 {
		for u := p.d.starting.First(); u != nil; u = p.d.starting.After(u) {
			t.World().Wake(t, u)
		}
	}
	return err
}

// Blockers implements sim.Resource: a start waits for the threads of the last process.
func (d *Daemon) Blockers(_ *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	return append(buf, d.last.kernel...)
}
