// SPDX-License-Identifier: CDDL-1.0

package door

import (
	"strconv"

	"dlsim/devnet/env"
	"dlsim/sim"
	"dlsim/sim/check"
)

// Attach makes a door served by s and puts it where Open finds it: the server has started.
func (l *Layer) Attach(t *sim.Thread, s Server) {
	t.Touch(&l.file, sim.Write)
	l.created++
	l.current = &gate{server: s}
	l.last = l.current
	t.World().Register(&l.current.obj, "DOOR", "", l.created, nil)
}

// Open is door_ki_open of the door file: ENOENT while there is none. The door is held.
func (l *Layer) Open(t *sim.Thread) (*Door, env.Errno) {
	t.Touch(&l.file, sim.Read)
	file := l.current
	if file != nil {
		t.Step(opOpen, &file.obj, nil)
	}
	err := l.Fault.At(t, "door_open", "")
	if err == 0 && file == nil {
		err = env.ENOENT
	}
	if err != 0 {
		t.Logf("door_open -> %s", err)
		return nil, err
	}
	l.opened++
	t.Logf("door_open -> d%d", l.opened)
	d := &Door{gate: file, layer: l, num: l.opened, holds: 1}
	d.refs.Open("door", strconv.Itoa(l.opened))
	l.Refs.Take(t, &d.refs)
	return d, 0
}

// Keep says that the hold of t belongs to a variable of the kernel from now on, until Reclaim.
func (d *Door) Keep(t *sim.Thread, variable string) {
	d.layer.Refs.Keep(t, &d.refs, check.Owner{Key: d, What: variable})
}

// Reclaim says that t is about to release the door for the variable that keeps it.
func (d *Door) Reclaim(t *sim.Thread) { d.layer.Refs.Reclaim(t, &d.refs, d) }

// IsRevoked reports whether the door is revoked. It is not an operation.
func (d *Door) IsRevoked() bool { return d.revoked }

// Num returns the number of the door, from 1 in the order of the opens.
func (d *Door) Num() int { return d.num }

// Holds returns how often the door is held. It is not an operation.
func (d *Door) Holds() int { return d.holds }

// use fails the run if the door is not held by anybody: then its handle is freed.
func (d *Door) use(t *sim.Thread, what string) {
	if d.holds == 0 {
		t.Fail(sim.KindLifetime, "door", what+" of door d"+strconv.Itoa(d.num)+", which its last holder has released")
	}
}

// Hold is door_ki_hold. Holding a door that is released already fails the run.
func (d *Door) Hold(t *sim.Thread) {
	d.use(t, "door_ki_hold")
	d.holds++
	d.layer.Refs.Take(t, &d.refs)
}

// Rele is door_ki_rele: the last one closes the door, and one more fails the run.
func (d *Door) Rele(t *sim.Thread) {
	d.use(t, "door_ki_rele")
	if d.holds == 1 && t.Logging() {
		t.Logf("door_free d%d", d.num)
	}
	d.holds--
	d.layer.Refs.Give(t, &d.refs)
}

// Revoked is door_ki_info and a look at DOOR_REVOKED: a door that cannot be asked counts as
// revoked.
func (d *Door) Revoked(t *sim.Thread) bool {
	t.Step(opInfo, &d.obj, nil)
	d.use(t, "door_ki_info")
	return d.layer.Fault.At(t, "door_info", "") != 0 || d.revoked
}
