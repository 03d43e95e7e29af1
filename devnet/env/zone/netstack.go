// SPDX-License-Identifier: CDDL-1.0

package zone

import (
	"dlsim/devnet/env"
	"dlsim/sim"
	"dlsim/sim/check"
)

// Module is what a module registers for network stacks (environment.md 8.3). A netstackid is
// the id of the zone.
type Module struct {
	// Create runs for each stack that exists and for each new zone, before it is READY; what
	// it returns is handed to the other two.
	Create func(stack env.ZoneID) any
	// Shutdown runs when the zone shuts down, without any lock held.
	Shutdown func(t *sim.Thread, stack env.ZoneID, arg any)
	// Destroy runs when the stack has gone.
	Destroy func(stack env.ZoneID, arg any)
}

// Netstack is a netstack_t, that of an exclusive-IP zone or of the global zone.
type Netstack struct {
	id      env.ZoneID
	ref     int
	refs    check.Account
	closing bool
	arg     any // of the module
}

// NetstackRegister is netstack_register: the module's stacks are created at once.
func (l *Layer) NetstackRegister(m Module) {
	l.module = &m
	l.createStack(&l.global)
	for _, z := range l.zones {
		l.createStack(z)
	}
}

// NetstackUnregister is netstack_unregister: the module's stacks are destroyed.
func (l *Layer) NetstackUnregister() {
	l.destroyStack(&l.global)
	for _, z := range l.zones {
		l.destroyStack(z)
	}
	l.module = nil
}

func (l *Layer) createStack(z *Zone) {
	z.stack.id = z.ID
	if l.module != nil && !z.Shared {
		z.stack.arg = l.module.Create(z.ID)
	}
}

func (l *Layer) shutdownStack(t *sim.Thread, z *Zone) {
	if z.Shared {
		return
	}
	z.stackField.Write(t)
	z.stack.closing = true
	if l.module != nil && z.stack.arg != nil {
		l.module.Shutdown(t, z.ID, z.stack.arg)
	}
}

func (l *Layer) destroyStack(z *Zone) {
	if l.module != nil && z.stack.arg != nil {
		l.module.Destroy(z.ID, z.stack.arg)
		z.stack.arg = nil
	}
}

// NetstackGetCurrent is netstack_get_current: the stack of the caller's zone, held; nil if it
// is closing.
func (l *Layer) NetstackGetCurrent(t *sim.Thread) *Netstack {
	z := l.Get(env.Of(t).Zone)
	if z == nil {
		z = &l.global
	}
	t.Step(opStack, &z.obj, nil)
	z.stackField.Read(t)
	if z.stack.closing {
		return nil
	}
	z.stack.ref++
	l.Refs.Take(t, &z.stack.refs)
	return &z.stack
}

// NetstackRele is netstack_rele. NULL fails the run, as it does the kernel.
func (l *Layer) NetstackRele(t *sim.Thread, ns *Netstack) {
	if ns == nil {
		t.Fail(sim.KindPanic, "NULL pointer", "BAD TRAP: netstack_rele(NULL)")
	}
	ns.ref--
	l.Refs.Give(t, &ns.refs)
}
