// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"time"

	"dlsim/devnet/env"
	"dlsim/devnet/env/door"
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// maxRetryNum is MAXRETRYNUM (C:307).
const maxRetryNum = 3

// MgmtDoorSet is dls_mgmt_door_set (C:250-275).
func (d *DLS) MgmtDoorSet(t *sim.Thread, start bool) env.Errno {
	// A door that is set already is that of a daemon which has gone.
	d.mgmtLock.Enter(t)  // C:255
	if d.mgmtDh != nil { // C:256
		d.reclaimDoor(t)
		d.mgmtDh.Rele(t) // C:257
		d.mgmtDh = nil   // C:258
	}

	if start {
		dh, err := d.Door.Open(t) // C:261
		if err != 0 {
			d.mgmtLock.Exit(t) // C:262
			return err
		}
		d.mgmtDh = dh // C:261
		dh.Keep(t, "dls_mgmt_dh")
	}

	d.mgmtLock.Exit(t) // C:266

	// Devices attached before the daemon was started get their links now.
	if start {
		d.Softmac.Recreate(t) // C:273
	}
	return 0
}

// iMgmtDoorRevoked is i_dls_mgmt_door_revoked (C:278-294).
func (d *DLS) iMgmtDoorRevoked(t *sim.Thread, dh *door.Door) bool {
	d.assert(t, dh != nil, "dh != NULL", "i_dls_mgmt_door_revoked") // C:283

	if d.SysShutdown { // C:285
		ksync.CmnErr(t, "NOTE", "dls_mgmt_door: shutdown observed") // C:286
		return true
	}

	return dh.Revoked(t) // C:290-293
}

// iMgmtUpcall is i_dls_mgmt_upcall (C:300-393): it asks the daemon, with whatever locks the
// caller holds. EBADF if there is no daemon.
// DEPARTS: req is a value, which the assertion that arg is not NULL has nothing to say about
// (C:309).
func (d *DLS) iMgmtUpcall(t *sim.Thread, req door.Request) (door.Reply, env.Errno) {
	var reply door.Reply
	var err env.Errno
	retries := 0
	req.Cred = env.Of(t).Zone // zone_kcred(), C:330

retry:
	d.mgmtLock.Enter(t)                         // C:319
	dh := d.mgmtDh                              // C:320
	if dh == nil || d.iMgmtDoorRevoked(t, dh) { // C:321
		d.mgmtLock.Exit(t) // C:322
		noteUpcall(t, req.Cmd, env.EBADF)
		return door.Reply{}, env.EBADF
	}
	dh.Hold(t)         // C:325
	d.mgmtLock.Exit(t) // C:326

	for {
		retries++
		if reply, err = d.Door.Upcall(t, dh, &req); err == 0 { // C:330-331
			break
		}

		switch err {
		case env.EINTR:
			// An interrupted operation is not tried again.
			goto done
		case env.EAGAIN:
			// No server thread: try again later, a limited number of times.
			if retries < maxRetryNum {
				ksync.Delay(t, 2*time.Second) // C:351
				continue
			}
			ksync.CmnErr(t, "WARN", "dls: dlmgmtd fatal error %s", err) // C:354
			goto done
		default:
			if d.iMgmtDoorRevoked(t, dh) { // C:358
				ksync.CmnErr(t, "NOTE", "dls: dlmgmtd door service revoked") // C:359-360
				if retries < maxRetryNum {
					dh.Rele(t) // C:363
					goto retry
				}
			}
			ksync.CmnErr(t, "WARN", "dls: dlmgmtd fatal error %s", err) // C:367
			goto done
		}
	}

	switch {
	case reply.Oversize: // C:372
		// The reply did not fit and came in a buffer of its own: an invalid call.
		err = env.ENOSPC
	case reply.Resized: // C:383
		// Of a shorter reply the door says the size the caller gave, so that lr_err counts
		// (environment.md 9.2): only a door that resizes comes here.
		err = env.EINVAL
	default:
		err = reply.Err // C:388
	}

done:
	dh.Rele(t) // C:391
	noteUpcall(t, req.Cmd, err)
	return reply, err
}

// noteUpcall says in detailed runs which upcall failed and how.
func noteUpcall(t *sim.Thread, cmd string, err env.Errno) {
	if err != 0 && t.Detailed() {
		t.Notef("%s: %s", cmd, err)
	}
}
