// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/sim"
)

// DevnetHoldTmpByLink is dls_devnet_hold_tmp_by_link (C:1132-1158): for a caller that has the
// dls_link, which therefore cannot go away. ENOENT if the link is not visible.
func (d *DLS) DevnetHoldTmpByLink(t *sim.Thread, dlp dls.Ptr) (env.DLHandle, env.Errno) {
	d.devnetLock.EnterWrite(t)           // C:1137
	ddp, found := d.hash[dlp.At(t).Name] // C:1138-1140
	if !found {
		d.devnetLock.Exit(t) // C:1141
		return nil, env.ENOENT
	}

	ddp.At(t).ddMutex.Enter(t)                                                         // C:1145
	verify(t, ddp.At(t).ddRef.Get(t) > 0, "dd_ref > 0", "dls_devnet_hold_tmp_by_link") // C:1146
	if ddNotVisible(ddp.At(t).ddFlags.Get(t)) {                                        // C:1147
		ddp.At(t).ddMutex.Exit(t) // C:1148
		d.devnetLock.Exit(t)      // C:1149
		return nil, env.ENOENT
	}
	ddp.At(t).ddTref.Set(t, ddp.At(t).ddTref.Get(t)+1) // C:1152
	ddp.At(t).tookTref(t)                              // C:1152
	ddp.At(t).ddMutex.Exit(t)                          // C:1153
	d.devnetLock.Exit(t)                               // C:1154

	return ddp, 0
}

// devnetHoldCommon is dls_devnet_hold_common (C:1161-1191).
func (d *DLS) devnetHoldCommon(t *sim.Thread, linkid env.LinkID, tmpHold bool) (env.DLHandle, env.Errno) {
	d.devnetLock.EnterRead(t)      // C:1167
	ddp, found := d.idHash[linkid] // C:1168-1170
	if !found {
		d.devnetLock.Exit(t) // C:1171
		return nil, env.ENOENT
	}

	ddp.At(t).ddMutex.Enter(t)                                                    // C:1175
	verify(t, ddp.At(t).ddRef.Get(t) > 0, "dd_ref > 0", "dls_devnet_hold_common") // C:1176
	if ddNotVisible(ddp.At(t).ddFlags.Get(t)) {                                   // C:1177
		ddp.At(t).ddMutex.Exit(t) // C:1178
		d.devnetLock.Exit(t)      // C:1179
		return nil, env.ENOENT
	}
	if tmpHold {
		ddp.At(t).ddTref.Set(t, ddp.At(t).ddTref.Get(t)+1) // C:1183
		ddp.At(t).tookTref(t)                              // C:1183
	} else {
		ddp.At(t).ddRef.Set(t, ddp.At(t).ddRef.Get(t)+1) // C:1185
	}
	ddp.At(t).ddMutex.Exit(t) // C:1186
	d.devnetLock.Exit(t)      // C:1187

	return ddp, 0
}

// DevnetHold is dls_devnet_hold (C:1194-1197).
func (d *DLS) DevnetHold(t *sim.Thread, linkid env.LinkID) (env.DLHandle, env.Errno) {
	return d.devnetHoldCommon(t, linkid, false) // C:1196
}

// DevnetHoldTmp is dls_devnet_hold_tmp (C:1204-1207): a delete with wait waits for its
// release.
func (d *DLS) DevnetHoldTmp(t *sim.Thread, linkid env.LinkID) (env.DLHandle, env.Errno) {
	return d.devnetHoldCommon(t, linkid, true) // C:1206
}

// DevnetRele is dls_devnet_rele (C:1259-1271).
// DEPARTS: nothing here creates implicit tunnels, so the branch at
// C:1264-1268 is never taken.
func (d *DLS) DevnetRele(t *sim.Thread, ddh env.DLHandle) {
	ddp := ddh.(Ptr)
	ddp.At(t).ddMutex.Enter(t)                                             // C:1261
	verify(t, ddp.At(t).ddRef.Get(t) > 1, "dd_ref > 1", "dls_devnet_rele") // C:1262
	ddp.At(t).ddRef.Set(t, ddp.At(t).ddRef.Get(t)-1)                       // C:1263
	ddp.At(t).ddMutex.Exit(t)                                              // C:1270
}

// DevnetMacname2Linkid is dls_devnet_macname2linkid (C:1361-1375). It shows links that are
// not visible yet, which the client open inside create needs.
func (d *DLS) DevnetMacname2Linkid(t *sim.Thread, macname string) (env.LinkID, env.Errno) {
	d.devnetLock.EnterRead(t)     // C:1365
	ddp, found := d.hash[macname] // C:1366
	if !found {
		d.devnetLock.Exit(t) // C:1368
		return env.InvalidLinkID, env.ENOENT
	}
	linkid := ddp.At(t).ddLinkid.Get(t) // C:1372
	d.devnetLock.Exit(t)                // C:1373
	return linkid, 0
}
