// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"dlsim/devnet/env"
	"dlsim/model"
	"dlsim/sim"
)

type processArgs struct {
	Process string `yaml:"process" required:"true" ref:"process" short:"true" doc:"The process."`
}

func processOps() []*Op {
	return []*Op{
		define("fork", "processes",
			"fork1 by the thread, in its process: it waits until every other thread of the process has stopped. A thread in an upcall stops there with all its kernel locks; one that sleeps on a kernel lock cannot stop. EINVAL for a thread without a process.",
			"fork", func(c *call, _ *none) env.Errno { return c.fork(false) }),
		define("forkall", "processes",
			"forkall by the thread: as fork, but upcalls of the other threads give EINTR.",
			"forkall", func(c *call, _ *none) env.Errno { return c.fork(true) }),
		define("stop", "processes",
			"Stops a process as SIGSTOP or a debugger does: its threads stop where they can, those in upcalls with all their kernel locks.",
			"stop: agent", func(c *call, a *processArgs) env.Errno {
				c.m.process(a.Process).Halt(c.t)
				return 0
			}),
		define("cont", "processes",
			"Lets a stopped process go on.",
			"cont: agent", func(c *call, a *processArgs) env.Errno {
				c.m.process(a.Process).Continue(c.t)
				return 0
			}),
		define("kill", "processes",
			"Posts a signal to every thread of a process; see signal.",
			"kill: agent", func(c *call, a *processArgs) env.Errno {
				for _, target := range c.m.actors {
					if target.context.Process == c.m.process(a.Process) {
						c.signal(target)
					}
				}
				return 0
			}),
	}
}

func (c *call) fork(all bool) env.Errno {
	p := c.actor.context.Process
	if p == nil {
		return env.EINVAL
	}
	if all {
		p.Threads(func(u *sim.Thread) {
			if u != c.t {
				c.noteSignal(u.Name())
			}
		})
	}
	p.Fork(c.t, all, func(u *sim.Thread) { c.m.kernel.Door.Signal(c.t, u) })
	return 0
}

// noteSignal puts into the history that a thread's upcalls may be interrupted from now on.
func (c *call) noteSignal(thread string) {
	c.void(model.Signal, model.Args{Target: thread}, func() {})
}

// signal posts a signal to a thread.
func (c *call) signal(target *actor) {
	c.noteSignal(target.spec.Name)
	c.t.Touch(c.m.kernel.Door.Signals(), sim.Write)
	target.context.Signalled = true
	if target.thread != nil {
		c.m.kernel.Door.Signal(c.t, target.thread)
	}
}
