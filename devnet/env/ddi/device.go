// SPDX-License-Identifier: CDDL-1.0

package ddi

import (
	"strconv"

	"dlsim/devnet/env"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
)

// Softmac is what the device tree calls after an attach and before a detach (dacf).
type Softmac interface {
	Create(t *sim.Thread, d *Device)
	Destroy(t *sim.Thread, name string) env.Errno
}

// Device is a network device.
type Device struct {
	Name   string // driver and instance
	Dev    env.Dev
	Legacy bool // its driver does not register a MAC itself
	NoSupp bool // its link has no name of its own

	attached  bool
	detaching bool
	holds     int // devi_ref
	refs      check.Account
	mac       *mac.MAC

	stateField ksync.Field // devi_node_state and DEVI_DETACHING, under devi_lock
	holdsField ksync.Field // devi_ref, under devi_lock
}

var (
	opHoldDev = &sim.OpType{Name: "hold_devi", Access: sim.Write}
	opReleDev = &sim.OpType{Name: "rele_devi", Access: sim.Write}
)

// Add declares a device that is not attached. It is not an operation.
func (d *Tree) Add(name string, legacy bool) *Device {
	x := &Device{Name: name, Dev: d.Device(name), Legacy: legacy}
	x.refs.Open("devi_ref", name)
	x.stateField.InitLeaf(d.world, "devi_node_state", name)
	x.holdsField.InitLeaf(d.world, "devi_ref", name)
	d.devices = append(d.devices, x)
	return x
}

// Place says that a device is attached, with the MAC its driver has registered. It is not an
// operation: for setting a world up.
func (x *Device) Place(m *mac.MAC) { x.attached, x.mac = true, m }

// Find returns the device with the given name, or nil. It is not an operation.
func (d *Tree) Find(name string) *Device {
	for _, x := range d.devices {
		if x.Name == name {
			return x
		}
	}
	return nil
}

// NameOf returns the name of a device of a driver.
func (d *Tree) NameOf(driver string, dev env.Dev) string {
	return driver + strconv.Itoa(int(dev.Minor)-1)
}

// Attach attaches a device with its parent busy: the driver registers its MAC, then softmac is told
// under dacf_lock. EEXIST if it is attached, EIO if it cannot be.
func (d *Tree) Attach(t *sim.Thread, name string) env.Errno {
	x := d.Find(name)
	if x == nil {
		return env.ENOENT
	}
	d.busy.Enter(t)
	defer d.busy.Exit(t)
	return d.attach(t, x)
}

func (d *Tree) attach(t *sim.Thread, x *Device) env.Errno {
	x.stateField.Read(t)
	if x.attached {
		return env.EEXIST
	}
	if d.Fault.At(t, "attach", x.Name) != 0 {
		return env.EIO
	}
	if !x.Legacy {
		m, err := d.MAC.Register(t, x.Name, env.ClassPhys, nil)
		if err != 0 {
			return err
		}
		x.mac = m
	}
	d.mark(t, x)
	x.attached = true
	d.postAttach(t, x)
	return 0
}

func (d *Tree) postAttach(t *sim.Thread, x *Device) {
	d.dacf.Enter(t)
	d.Softmac.Create(t, x)
	d.dacf.Exit(t)
}

// mark says that t is about to write the state of x, under the device's lock and with its parent
// busy; either is enough to read it.
func (d *Tree) mark(t *sim.Thread, x *Device) {
	t.Touch(&d.obj, sim.Write)
	x.stateField.Write(t)
}

// Detach detaches a device with its parent busy: softmac is asked under dacf_lock, then whether
// anybody holds the device, then the driver. If one of the later two refuses, softmac is told that
// the device is attached again. ENOENT if it is not attached, EBUSY if it is in use.
func (d *Tree) Detach(t *sim.Thread, name string) env.Errno {
	x := d.Find(name)
	if x == nil {
		return env.ENOENT
	}
	d.busy.Enter(t)
	defer d.busy.Exit(t)
	x.stateField.Read(t)
	if !x.attached {
		return env.ENOENT
	}
	d.mark(t, x)
	x.detaching = true
	err := d.detach(t, x)
	d.mark(t, x)
	x.detaching = false
	return err
}

func (d *Tree) detach(t *sim.Thread, x *Device) env.Errno {
	d.dacf.Enter(t)
	err := d.Softmac.Destroy(t, x.Name)
	d.dacf.Exit(t)
	if err == 0 {
		t.Step(opHoldDev, &d.obj, nil)
		x.holdsField.Read(t)
		if x.holds > 0 {
			err = env.EBUSY
		} else if x.mac != nil {
			err = d.MAC.Unregister(t, x.mac)
		}
	}
	if err != 0 {
		d.postAttach(t, x)
		return err
	}
	d.mark(t, x)
	x.attached, x.mac = false, nil
	return 0
}

// HoldDev is ddi_hold_devi_by_instance of a device, which it attaches if need be, waiting for the
// parent to be free; false if there is none or it cannot be attached.
func (d *Tree) HoldDev(t *sim.Thread, dev env.Dev) bool {
	t.Step(opHoldDev, &d.obj, nil)
	var x *Device
	for _, y := range d.devices {
		if y.Dev == dev {
			x = y
		}
	}
	if x == nil {
		return false
	}
	x.stateField.Read(t)
	switch {
	case x.attached && !x.detaching:
		d.hold(t, x)
		return true
	}
	d.busy.Enter(t)
	x.stateField.Read(t)
	if !x.attached {
		_ = d.attach(t, x)
	}
	ok := x.attached
	if ok {
		t.Touch(&d.obj, sim.Write)
		d.hold(t, x)
	}
	d.busy.Exit(t)
	return ok
}

func (d *Tree) hold(t *sim.Thread, x *Device) {
	x.holdsField.Write(t)
	x.holds++
	d.Refs.Take(t, &x.refs)
}

// ReleaseDev is ddi_release_devi of a device. One that nobody holds fails the run, as it does a
// kernel that checks devi_ref.
func (d *Tree) ReleaseDev(t *sim.Thread, dev env.Dev) {
	t.Step(opReleDev, &d.obj, nil)
	for _, x := range d.devices {
		if x.Dev != dev {
			continue
		}
		x.holdsField.Write(t)
		if x.holds == 0 {
			t.Fail(sim.KindPanic, "ddi_release_devi", "ddi_release_devi: nobody holds "+x.Name)
		}
		x.holds--
		d.Refs.Give(t, &x.refs)
	}
}
