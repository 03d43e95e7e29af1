// SPDX-License-Identifier: CDDL-1.0

// Package ddi is the device tree as the datalink code sees it (environment.md 7.4): drivers
// by name and major number, and devices that are attached and detached with their parent busy.
package ddi

import (
	"strconv"
	"strings"

	"dlsim/devnet/env"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
	"dlsim/sim/check"
	"dlsim/sim/ksync"
)

// Tree is the device tree of one kernel.
type Tree struct {
	MAC     *mac.Layer
	Softmac Softmac
	// Refs, if not nil, is told who holds which device.
	Refs *check.Ledger
	// Fault makes hold_devi and attach fail: the device cannot be attached.
	Fault env.Fault

	drivers []*driver // by major number, from 1
	devices []*Device
	busy    ksync.Mutex // the parent of all devices is busy
	dacf    ksync.Mutex // dacf_lock
	obj     sim.Object
	world   *sim.World
}

// driver is a driver, and what holds its pseudo devices.
type driver struct {
	name string
	refs check.Account
}

// Init forgets all drivers and devices.
func (d *Tree) Init(w *sim.World) {
	d.drivers, d.devices, d.world = d.drivers[:0], d.devices[:0], w
	d.busy.Init(w, nil, "devi_busy", "", 0)
	d.dacf.Init(w, nil, "dacf_lock", "", 0)
	w.Register(&d.obj, "devinfo", "", 0, nil)
}

// AddDriver returns the major number of a driver, which is new unless the name is known.
func (d *Tree) AddDriver(name string) env.Major {
	if m, ok := d.NameToMajor(name); ok {
		return m
	}
	n := len(d.drivers)
	if n < cap(d.drivers) { // one of the last schedule is used again
		d.drivers = d.drivers[:n+1]
	} else {
		d.drivers = append(d.drivers, nil)
	}
	if d.drivers[n] == nil {
		d.drivers[n] = new(driver)
	}
	d.drivers[n].name = name
	d.drivers[n].refs.Open("devi_ref", name)
	return env.Major(n + 1)
}

// Device returns the device that a MAC name stands for, a driver's name and an instance, and
// makes the driver known. The minor number is that of the instance (DLS_MINOR2INST).
func (d *Tree) Device(name string) env.Dev {
	driver := strings.TrimRight(name, "0123456789")
	instance, _ := strconv.Atoi(name[len(driver):])
	return env.Dev{Major: d.AddDriver(driver), Minor: uint32(instance) + 1}
}

// MajorToName is ddi_major_to_name; false if there is no such driver.
func (d *Tree) MajorToName(m env.Major) (string, bool) {
	if m == 0 || int(m) > len(d.drivers) {
		return "", false
	}
	return d.drivers[m-1].name, true
}

// NameToMajor is ddi_name_to_major; false if there is no such driver.
func (d *Tree) NameToMajor(name string) (env.Major, bool) {
	for i, x := range d.drivers {
		if x.name == name {
			return env.Major(i + 1), true
		}
	}
	return 0, false
}

var opHold = &sim.OpType{Name: "ddi_hold_devi_by_instance", Access: sim.Local}

// HoldDeviByInstance is ddi_hold_devi_by_instance of a pseudo device; false if it cannot be attached.
func (d *Tree) HoldDeviByInstance(t *sim.Thread, m env.Major, _ int) bool {
	t.Step(opHold, nil, nil)
	name, ok := d.MajorToName(m)
	if ok = ok && d.Fault.At(t, "hold_devi", name) == 0; ok {
		d.Refs.Take(t, &d.drivers[m-1].refs)
	}
	return ok
}

// ReleaseDevi is ddi_release_devi of a pseudo device.
func (d *Tree) ReleaseDevi(t *sim.Thread, m env.Major, _ int) {
	d.Refs.Give(t, &d.drivers[m-1].refs)
}
