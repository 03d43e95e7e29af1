// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/aggr"
	"dlsim/devnet/env/ddi"
	"dlsim/devnet/env/dld"
	"dlsim/devnet/env/dlmgmtd"
	"dlsim/devnet/env/dls"
	"dlsim/devnet/env/door"
	"dlsim/devnet/env/iptun"
	"dlsim/devnet/env/kstat"
	"dlsim/devnet/env/mac"
	"dlsim/devnet/env/sdev"
	"dlsim/devnet/env/simnet"
	"dlsim/devnet/env/softmac"
	"dlsim/devnet/env/vnic"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
)

// Config is the kernel that a world is built with.
type Config struct {
	Debug     bool // a DEBUG kernel: ASSERT fails the run
	DebugKmem bool // object caches destroy, poison and construct (environment.md 3.4)
	// Refs has the environment keep its references in the ledger too and the ledger fail the
	// run; those of the port are always there.
	Refs    bool
	Backing bool // system_taskq is under pressure: one thread runs all tasks
	_       struct{}
}

// Kernel is a whole system: the port, its neighbours and the daemon. It keeps its memory
// from one schedule to the next and is made afresh by Init.
type Kernel struct {
	DLS     DLS
	MAC     mac.Layer
	Links   dls.Layer
	Kstat   kstat.Layer
	Zones   zone.Layer
	Door    door.Layer
	Daemon  dlmgmtd.Daemon
	VNIC    vnic.Driver
	Simnet  simnet.Driver
	Aggr    aggr.Driver
	Iptun   iptun.Driver
	DLD     dld.Driver
	DDI     ddi.Tree
	Softmac softmac.Layer
	DevNet  sdev.Dir // /dev/net
	Taskq   ksync.Taskq

	// Sites finds the places in what the ledger reports, see check.Ledger.
	Sites sim.Resolver

	refs   check.Ledger
	sorted sorted      // for checks
	server env.Context // of the daemon's threads
}

// Init makes a freshly booted system without links, zones or a running daemon.
func (k *Kernel) Init(w *sim.World, cfg Config) {
	k.server = env.Context{User: true}
	k.refs.Init()
	k.refs.Strict, k.refs.Sites = cfg.Refs, k.Sites
	books := k.Refs()
	k.MAC.Devnet = &k.DLS
	k.MAC.Refs, k.Links.Refs, k.Zones.Refs, k.Door.Refs = books, books, books, books
	k.DDI.Refs, k.Softmac.Refs, k.DevNet.Refs = books, books, books
	k.MAC.Init(w)
	k.DDI.MAC, k.DDI.Softmac = &k.MAC, &k.Softmac
	k.DDI.Init(w)
	k.Softmac.MAC, k.Softmac.DDI, k.Softmac.Devnet, k.Softmac.Taskq = &k.MAC, &k.DDI, &k.DLS, &k.Taskq
	k.Softmac.Init(w)
	k.MAC.DeviceOf = k.DDI.Device
	k.Links.MAC, k.Links.Devnet = &k.MAC, &k.DLS
	k.Links.Init(w, cfg.DebugKmem)
	k.Kstat.Init(w)
	k.Zones.Init(w)
	k.Door.Interfere = nil
	k.server.Process = k.Daemon.Process()
	k.Door.Prepare = func(by, t *sim.Thread) {
		t.SetLocal(&k.server)
		k.Daemon.Process().Add(by, t)
	}
	k.Door.Init(w)
	k.Daemon.Door, k.Daemon.Zones, k.Daemon.Kernel = &k.Door, &k.Zones, k
	k.Daemon.Init(w)
	k.VNIC.MAC, k.VNIC.Devnet = &k.MAC, &k.DLS
	k.VNIC.Init(w)
	k.Simnet.MAC, k.Simnet.Devnet = &k.MAC, &k.DLS
	k.Simnet.Init(w)
	k.Aggr.MAC, k.Aggr.Devnet = &k.MAC, &k.DLS
	k.Aggr.Init(w)
	k.Iptun.MAC, k.Iptun.Zones, k.Iptun.Devnet = &k.MAC, &k.Zones, &k.DLS
	k.Iptun.Init(w)
	k.DDI.AddDriver("iptun")
	k.DLD = dld.Driver{MAC: &k.MAC, DLS: &k.Links, Zones: &k.Zones, Devnet: &k.DLS, Softmac: &k.Softmac, Refs: books}
	k.DevNet.Devnet, k.DevNet.Zones = &k.DLS, &k.Zones
	k.DevNet.Init(w)
	k.Taskq.Backing = cfg.Backing
	k.Taskq.Init(w, "system_taskq", nil)

	d := &k.DLS
	d.Debug, d.refs = cfg.Debug, &k.refs
	d.MAC, d.Links, d.Kstat, d.Zones = &k.MAC, &k.Links, &k.Kstat, &k.Zones
	d.Door, d.Taskq = &k.Door, &k.Taskq
	d.Softmac, d.Iptun, d.DDI = &k.Softmac, &k.Iptun, &k.DDI
	d.DLSMgmtInit(w, cfg.DebugKmem)
}

// Refs returns the ledger of all references, nil unless the kernel was made with Config.Refs.
func (k *Kernel) Refs() *check.Ledger {
	if !k.refs.Strict {
		return nil
	}
	return &k.refs
}

// Explain adds what the ledger knows to a failure, for sim.Config.Explain.
func (k *Kernel) Explain(f *sim.Failure) { k.Refs().Explain(f) }

// GetMacProp implements dlmgmtd.Kernel.
func (k *Kernel) GetMacProp(t *sim.Thread, id env.LinkID, prop string) env.Errno {
	return k.DLD.GetMacProp(t, id, prop)
}

// SetMacProp implements dlmgmtd.Kernel.
func (k *Kernel) SetMacProp(t *sim.Thread, id env.LinkID, prop string) env.Errno {
	return k.DLD.SetMacProp(t, id, prop)
}

// DoorSet implements dlmgmtd.Kernel.
func (k *Kernel) DoorSet(t *sim.Thread, start bool) env.Errno {
	return k.DLS.MgmtDoorSet(t, start)
}
