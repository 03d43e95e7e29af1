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

	drivers []string // by major number, from 1
	devices []*Device
	busy    ksync.Mutex // the parent of all devices is busy
	dacf    ksync.Mutex // dacf_lock
	obj     sim.Object
}

// Init forgets all drivers and devices.
func (d *Tree) Init(w *sim.World) {
	d.drivers, d.devices = d.drivers[:0], d.devices[:0]
	d.busy.Init(w, nil, "devi_busy", "", 0)
	d.dacf.Init(w, nil, "dacf_lock", "", 0)
	w.Register(&d.obj, "devinfo", "", 0, nil)
}

// AddDriver returns the major number of a driver, which is new unless the name is known.
func (d *Tree) AddDriver(name string) env.Major {
	if m, ok := d.NameToMajor(name); ok {
		return m
	}
	d.drivers = append(d.drivers, name)
	return env.Major(len(d.drivers))
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
	return d.drivers[m-1], true
}

// NameToMajor is ddi_name_to_major; false if there is no such driver.
func (d *Tree) NameToMajor(name string) (env.Major, bool) {
	for i, n := range d.drivers {
		if n == name {
			return env.Major(i + 1), true
		}
	}
	return 0, false
}

var opHold = &sim.OpType{Name: "ddi_hold_devi_by_instance", Access: sim.Local}

// HoldDeviByInstance is ddi_hold_devi_by_instance; false if the device cannot be attached.
func (d *Tree) HoldDeviByInstance(t *sim.Thread, m env.Major, _ int) bool {
	t.Step(opHold, nil, nil)
	name, ok := d.MajorToName(m)
	return ok && d.Fault.At(t, "hold_devi", name) == 0
}

// ReleaseDevi is ddi_release_devi.
func (d *Tree) ReleaseDevi(*sim.Thread, env.Major, int) {}
