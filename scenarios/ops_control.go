// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"time"

	"dlsim/devnet/env"
	"dlsim/sim/ksync"
)

type delayArgs struct {
	Time Duration `yaml:"time" required:"true" short:"true" doc:"Virtual time: 2s, 150ms."`
}

type barrierArgs struct {
	Name    string `yaml:"name" required:"true" name:"word" doc:"Which barrier."`
	Threads int    `yaml:"threads" required:"true" min:"2" max:"256" doc:"How many threads must reach it before any goes on: all that have such a step, each as often."`
}

type repeatArgs struct {
	Times int    `yaml:"times" required:"true" min:"1" max:"1000" doc:"How often."`
	Steps []Step `yaml:"steps" required:"true" doc:"What is repeated."`
}

func controlOps() []*Op {
	return []*Op{
		define("delay", "control",
			"Lets virtual time pass, which moves only when no thread can run.",
			"delay: 2s", func(c *call, a *delayArgs) env.Errno {
				ksync.Delay(c.t, time.Duration(a.Time))
				return 0
			}),
		define("barrier", "control",
			"Waits until the given number of threads have reached the barrier of that name.",
			"barrier: {name: ready, threads: 2}", func(c *call, a *barrierArgs) env.Errno {
				c.m.barrier(a.Name).arrive(c.t, a.Threads)
				return 0
			}),
		define("repeat", "control",
			"Does its steps a number of times.",
			"repeat: {times: 3, steps: [kstat_read: vnic0]}", func(c *call, a *repeatArgs) env.Errno {
				for range a.Times {
					for i := range a.Steps {
						c.actor.do(c.t, &a.Steps[i])
					}
				}
				return 0
			}),
		define("kmem_reap", "control",
			"Memory pressure: the free dls_devnet_t objects go back to the slab layer, whose destructor checks them.",
			"kmem_reap", func(c *call, _ *none) env.Errno {
				c.m.kernel.DLS.KmemReap(c.t)
				return 0
			}),
	}
}
