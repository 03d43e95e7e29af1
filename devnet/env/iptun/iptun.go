// SPDX-License-Identifier: CDDL-1.0

// Package iptun is the IP tunnel driver as the datalink code meets it (inet/iptun/iptun.c,
// environment.md 11): tunnels whose deletion leaves the tunnel's lock while it waits in the
// datalink code, with a mark that makes every other user of the tunnel wait.
package iptun

import (
	"fmt"

	"dlsim/devnet/env"
	"dlsim/devnet/env/mac"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
	"dlsim/sim/kmem"
	"dlsim/sim/ksync"
)

// Devnet is what the driver calls in the datalink code.
type Devnet interface {
	DevnetCreate(t *sim.Thread, m *mac.MAC, id env.LinkID, zone env.ZoneID) env.Errno
	DevnetDestroy(t *sim.Thread, m *mac.MAC, wait bool) (env.LinkID, env.Errno)
	MgmtLinkName(t *sim.Thread, id env.LinkID) (string, env.Errno)
}

// Driver is the iptun module of one kernel.
type Driver struct {
	MAC    *mac.Layer
	Zones  *zone.Layer
	Devnet Devnet
	// Fault makes iptun_create fail after the MAC was registered: out of memory, no address.
	Fault env.Fault

	cache    kmem.Cache[tunnel]
	typ      *kmem.Type[tunnel]
	hashLock ksync.Mutex // iptun_hash_lock
	hash     map[env.LinkID]Ptr
	table    ksync.Field // iptun_hash, under iptun_hash_lock
}

// tunnel is an iptun_t.
type tunnel struct {
	id        env.LinkID
	kind      env.TunnelType
	zone      env.ZoneID // that created it
	mac       *mac.MAC
	lock      ksync.Mutex // iptun_lock
	enterCv   ksync.Cond  // iptun_enter_cv
	pending   bool        // IPTUN_DELETE_PENDING
	condemned bool        // IPTUN_CONDEMNED
	deleter   *sim.Thread // who set pending
	flags     ksync.Field // iptun_flags, under iptun_lock
}

// Ptr is an iptun_t *.
type Ptr = kmem.Ptr[tunnel]

// Init forgets all tunnels.
func (d *Driver) Init(w *sim.World) {
	if d.typ == nil {
		d.typ = &kmem.Type[tunnel]{Cache: "iptun_cache", What: "iptun_t", Register: register}
		d.hash = make(map[env.LinkID]Ptr)
	}
	d.cache.Init(w, d.typ)
	clear(d.hash)
	d.table.Init(w, nil, "iptun_hash", "", 0)
	d.hashLock.Init(w, nil, "iptun_hash_lock", "", 0)
}

func register(w *sim.World, p *tunnel, life *sim.Life, num int) {
	p.lock.Init(w, life, "iptun_lock", "", num)
	p.flags.Init(w, life, "iptun_flags", "", num)
	p.enterCv.Init(w, life, "iptun_enter_cv", "", num)
	p.enterCv.Until = func(*sim.Thread) (string, bool) { return "IPTUN_DELETE_PENDING is clear", !p.pending }
	p.enterCv.Releasers = func(_ *sim.Thread, buf []*sim.Thread) []*sim.Thread {
		if p.deleter != nil {
			buf = append(buf, p.deleter)
		}
		return buf
	}
}

// Create is iptun_create, with the privileges of the zone cred. EINVAL without a type or for a
// linkid of another zone, EEXIST if the linkid has a tunnel, and what the upcall for the name,
// mac_register and dls_devnet_create give. No lock is held across the last one.
func (d *Driver) Create(t *sim.Thread, ik env.Tunnel, cred env.ZoneID) env.Errno {
	if zone := d.Zones.CheckDatalink(t, ik.Link); ik.Type == env.TunnelUnset || zone != env.GlobalZone && zone != cred {
		return env.EINVAL
	}
	d.hashLock.Enter(t)
	d.table.Read(t)
	_, exists := d.hash[ik.Link]
	d.hashLock.Exit(t)
	if exists {
		return env.EEXIST
	}
	if _, err := d.Devnet.MgmtLinkName(t, ik.Link); err != 0 {
		return err
	}
	p := d.cache.Alloc(t)
	x := p.At(t)
	x.flags.Write(t)
	x.id, x.kind, x.zone, x.pending, x.condemned, x.deleter = ik.Link, ik.Type, cred, false, false, nil
	m, err := d.MAC.Register(t, fmt.Sprintf("iptun%d", ik.Link), env.ClassIptun, nil)
	if err != 0 {
		d.cache.Free(t, p)
		return err
	}
	p.At(t).mac = m
	m.Callbacks = mac.Callbacks{
		SetProp: func(u *sim.Thread) env.Errno { return d.use(u, p) },
		Start:   func(u *sim.Thread) env.Errno { return d.use(u, p) },
		Stop:    func(u *sim.Thread) { _ = d.use(u, p) },
	}
	if err := d.Devnet.DevnetCreate(t, m, ik.Link, cred); err != 0 {
		d.free(t, p)
		return err
	}
	if err := d.insert(t, p); err != 0 {
		_, _ = d.Devnet.DevnetDestroy(t, m, true)
		d.free(t, p)
		return err
	}
	return 0
}

// insert makes a tunnel known by its linkid, last of all. EEXIST if another one was faster.
func (d *Driver) insert(t *sim.Thread, p Ptr) env.Errno {
	if err := d.Fault.At(t, "iptun_create", p.At(t).mac.Name); err != 0 {
		return err
	}
	d.hashLock.Enter(t)
	defer d.hashLock.Exit(t)
	d.table.Write(t)
	if _, dup := d.hash[p.At(t).id]; dup {
		return env.EEXIST
	}
	d.hash[p.At(t).id] = p
	return 0
}

// Delete is iptun_delete, with the privileges of the zone cred. ENOENT if there is no tunnel or it
// is condemned, EACCES for a zone that did not create it, and what dls_devnet_destroy and
// mac_disable give; if the MAC stays in use the devnet is created again.
func (d *Driver) Delete(t *sim.Thread, id env.LinkID, cred env.ZoneID) env.Errno {
	p, err := d.enterByLinkid(t, id)
	if err != 0 {
		return err
	}
	if p.At(t).zone != cred {
		p.At(t).lock.Exit(t)
		return env.EACCES
	}
	x := p.At(t)
	x.flags.Write(t)
	x.pending, x.deleter = true, t
	m := x.mac
	t.Obliged(x.enterCv.Object(), "")
	p.At(t).lock.Exit(t)

	if _, err = d.Devnet.DevnetDestroy(t, m, true); err == 0 {
		if err = d.MAC.Disable(t, m); err != 0 {
			_ = d.Devnet.DevnetCreate(t, m, id, p.At(t).zone)
		}
	}

	p.At(t).lock.Enter(t)
	x = p.At(t)
	x.flags.Write(t)
	x.pending, x.deleter, x.condemned = false, nil, err == 0
	p.At(t).enterCv.Broadcast(t)
	t.Discharged(p.At(t).enterCv.Object())
	p.At(t).lock.Exit(t)
	if err == 0 {
		d.free(t, p)
	}
	return err
}

// Info is the part of an information or modification request that enters the tunnel: ENOENT if
// there is none. It waits for a deletion that is under way, owning the global hash lock.
func (d *Driver) Info(t *sim.Thread, id env.LinkID) env.Errno {
	p, err := d.enterByLinkid(t, id)
	if err != 0 {
		return err
	}
	p.At(t).lock.Exit(t)
	return 0
}

// enter is iptun_enter: it takes the tunnel's lock and waits while a deletion is under way. ENOENT,
// without the lock, if the tunnel is condemned.
func (d *Driver) enter(t *sim.Thread, p Ptr) env.Errno {
	p.At(t).lock.Enter(t)
	t.Awaits(p.At(t).enterCv.Object(), "", p.At(t).lock.Object())
	p.At(t).flags.Read(t)
	for p.At(t).pending {
		p.At(t).enterCv.Wait(t, &p.At(t).lock)
		p.At(t).flags.Read(t)
	}
	if p.At(t).condemned {
		p.At(t).lock.Exit(t)
		return env.ENOENT
	}
	return 0
}

// enterByLinkid is iptun_enter_by_linkid: enter, owning the global hash lock meanwhile.
func (d *Driver) enterByLinkid(t *sim.Thread, id env.LinkID) (Ptr, env.Errno) {
	d.hashLock.Enter(t)
	d.table.Read(t)
	p, ok := d.hash[id]
	err := env.ENOENT
	if ok {
		err = d.enter(t, p)
	}
	d.hashLock.Exit(t)
	return p, err
}

// use is what the callbacks of the MAC do (iptun_m_setprop, iptun_m_start, iptun_m_stop), inside
// the perimeter.
func (d *Driver) use(t *sim.Thread, p Ptr) env.Errno {
	if err := d.enter(t, p); err != 0 {
		return err
	}
	p.At(t).lock.Exit(t)
	return 0
}

// free is iptun_free: the tunnel leaves the hash, its MAC is unregistered, which must work, and
// the memory goes.
func (d *Driver) free(t *sim.Thread, p Ptr) {
	d.hashLock.Enter(t)
	d.table.Write(t)
	if d.hash[p.At(t).id] == p {
		delete(d.hash, p.At(t).id)
	}
	d.hashLock.Exit(t)
	if err := d.MAC.Unregister(t, p.At(t).mac); err != 0 {
		t.Fail(sim.KindPanic, "VERIFY mac_unregister == 0", "VERIFY(mac_unregister(iptun->iptun_mh) == 0) failed in iptun_free: "+err.String())
	}
	d.cache.Free(t, p)
}

// Has reports whether there is a tunnel of that id. It is not an operation.
func (d *Driver) Has(id env.LinkID) bool { return !d.hash[id].IsNil() }

// IDs calls visit for each link of the driver, in no order. It is not an operation.
func (d *Driver) IDs(visit func(env.LinkID)) {
	for id := range d.hash {
		visit(id)
	}
}
