// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"strconv"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/sim"
)

// DevnetHoldTmpByLink is dls_devnet_hold_tmp_by_link (C:1132-1158): for a caller that has the
// dls_link, which therefore cannot go away. ENOENT if the link is not visible.
func (d *DLS) DevnetHoldTmpByLink(t *sim.Thread, dlp dls.Ptr) (env.DLHandle, env.Errno) {
	d.devnetLock.EnterWrite(t)              // C:1137
	ddp, err := d.hash.find(dlp.At(t).Name) // C:1138-1139
	if err != 0 {
		d.assert(t, err == mhErrNotFound, "err == MH_ERR_NOTFOUND", "dls_devnet_hold_tmp_by_link") // C:1140
		d.devnetLock.Exit(t)                                                                       // C:1141
		return nil, env.ENOENT
	}

	ddp.Peek().found(t, &d.devnetLock)
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
	d.devnetLock.EnterRead(t)         // C:1167
	ddp, err := d.idHash.find(linkid) // C:1168-1169
	if err != 0 {
		d.assert(t, err == mhErrNotFound, "err == MH_ERR_NOTFOUND", "dls_devnet_hold_common") // C:1170
		d.devnetLock.Exit(t)                                                                  // C:1171
		return nil, env.ENOENT
	}

	ddp.Peek().found(t, &d.devnetLock)
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
		ddp.At(t).tookRef(t)                             // C:1185
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

// DevnetHoldByDev is dls_devnet_hold_by_dev (C:1223-1256): a reference for whoever opens a
// device node, which lasts as long as the node is open. EINVAL if there is no such driver,
// ENOENT if the link is not visible.
func (d *DLS) DevnetHoldByDev(t *sim.Thread, dev env.Dev) (env.DLHandle, env.Errno) {
	drv, ok := d.DDI.MajorToName(dev.Major) // C:1230
	if !ok {
		return nil, env.EINVAL
	}

	name := drv + strconv.Itoa(dlsMinor2Inst(dev.Minor)) // C:1233-1234

	d.devnetLock.EnterRead(t)     // C:1236
	ddp, err := d.hash.find(name) // C:1237-1238
	if err != 0 {
		d.assert(t, err == mhErrNotFound, "err == MH_ERR_NOTFOUND", "dls_devnet_hold_by_dev") // C:1239
		d.devnetLock.Exit(t)                                                                  // C:1240
		return nil, env.ENOENT
	}
	ddp.Peek().found(t, &d.devnetLock)
	ddp.At(t).ddMutex.Enter(t)                                                    // C:1243
	verify(t, ddp.At(t).ddRef.Get(t) > 0, "dd_ref > 0", "dls_devnet_hold_by_dev") // C:1244
	if ddNotVisible(ddp.At(t).ddFlags.Get(t)) {                                   // C:1245
		ddp.At(t).ddMutex.Exit(t) // C:1246
		d.devnetLock.Exit(t)      // C:1247
		return nil, env.ENOENT
	}
	ddp.At(t).ddRef.Set(t, ddp.At(t).ddRef.Get(t)+1) // C:1250
	ddp.At(t).tookRef(t)                             // C:1250
	ddp.At(t).ddMutex.Exit(t)                        // C:1251
	d.devnetLock.Exit(t)                             // C:1252

	return ddp, 0
}

// DevnetRele is dls_devnet_rele (C:1259-1271). The last release of an implicit tunnel deletes
// it, which is decided under dd_mutex and done outside it.
func (d *DLS) DevnetRele(t *sim.Thread, ddh env.DLHandle) {
	ddp := ddh.(Ptr)
	ddp.At(t).ddMutex.Enter(t)                                                        // C:1261
	verify(t, ddp.At(t).ddRef.Get(t) > 1, "dd_ref > 1", "dls_devnet_rele")            // C:1262
	ddp.At(t).ddRef.Set(t, ddp.At(t).ddRef.Get(t)-1)                                  // C:1263
	ddp.At(t).gaveRef(t)                                                              // C:1263
	if ddp.At(t).ddFlags.Get(t)&ddImplicitIptun != 0 && ddp.At(t).ddRef.Get(t) == 1 { // C:1264
		ddp.At(t).ddMutex.Exit(t)                                      // C:1265
		if d.iDevnetDestroyIptun(t, ddp.At(t).ddLinkid.Load(t)) != 0 { // C:1266
			ddp.At(t).ddFlags.Store(t, ddp.At(t).ddFlags.Load(t)|ddImplicitIptun) // C:1267
		}
		return
	}
	ddp.At(t).ddMutex.Exit(t) // C:1270
}

// devnetHoldByName is dls_devnet_hold_by_name (C:1274-1358): the link with a name, which may be
// an implicit tunnel that is made now, or a device that is attached now, at the first boot.
func (d *DLS) devnetHoldByName(t *sim.Thread, link string) (env.DLHandle, env.Errno) {
	linkid, err := d.MgmtGetLinkid(t, link) // C:1284
	if err == 0 {
		return d.DevnetHold(t, linkid) // C:1285
	}

	// Without a daemon applications open the node in /dev instead.
	if err == env.EBADF {
		return nil, env.ENOENT
	}
	if err != env.ENOENT {
		return nil, err
	}

	// The daemon is there and does not know the name.
	drv, ppa, ok := ddiParseDlen(link) // C:1302
	if !ok {
		return nil, env.ENOENT
	}

	if isIptunLink(drv) { // C:1305
		linkid, err := d.iDevnetCreateIptun(t, link, drv) // C:1306
		if err != 0 {
			return nil, err
		}
		// The tunnel has registered its MAC, which has made a link.
		ddh, err := d.DevnetHold(t, linkid) // C:1312
		if err != 0 {
			verify(t, d.iDevnetDestroyIptun(t, linkid) == 0, "i_dls_devnet_destroy_iptun == 0",
				"dls_devnet_hold_by_name") // C:1314
			return nil, err
		}
		// From now on the last release deletes it.
		ddp := ddh.(Ptr)
		ddp.At(t).ddFlags.Store(t, ddp.At(t).ddFlags.Load(t)|ddImplicitIptun) // C:1322
		return ddh, 0
	}

	// A device that was never seen has its device name as its link name.
	major, ok := d.DDI.NameToMajor(drv) // C:1334
	if !ok {
		return nil, env.ENOENT
	}

	phyDev := env.Dev{Major: major, Minor: dlsPpa2Minor(ppa)} // C:1337
	dlh, err := d.Softmac.HoldDevice(t, phyDev)               // C:1338
	if err != 0 {
		return nil, env.ENOENT
	}

	// Its MAC is registered by now; see that the name is indeed this device's.
	var tmpDev env.Dev
	linkid, err = d.MgmtGetLinkid(t, link) // C:1345
	if err == 0 {
		tmpDev, err = d.MgmtGetPhydev(t, linkid) // C:1346
	}
	if err != 0 {
		d.Softmac.ReleDevice(t, dlh) // C:1347
		return nil, err
	}
	if tmpDev != phyDev {
		d.Softmac.ReleDevice(t, dlh) // C:1351
		return nil, env.ENOENT
	}

	ddh, err := d.DevnetHold(t, linkid) // C:1355
	d.Softmac.ReleDevice(t, dlh)        // C:1356
	return ddh, err
}

// DevnetMacname2Linkid is dls_devnet_macname2linkid (C:1361-1375). It shows links that are
// not visible yet, which the client open inside create needs.
func (d *DLS) DevnetMacname2Linkid(t *sim.Thread, macname string) (env.LinkID, env.Errno) {
	d.devnetLock.EnterRead(t)        // C:1365
	ddp, err := d.hash.find(macname) // C:1366-1367
	if err != 0 {
		d.devnetLock.Exit(t) // C:1368
		return env.InvalidLinkID, env.ENOENT
	}
	linkid := ddp.At(t).ddLinkid.Get(t) // C:1372
	d.devnetLock.Exit(t)                // C:1373
	return linkid, 0
}

// DevnetDev2Linkid is dls_devnet_dev2linkid (C:1381-1392). EINVAL if there is no such driver.
func (d *DLS) DevnetDev2Linkid(t *sim.Thread, dev env.Dev) (env.LinkID, env.Errno) {
	drv, ok := d.DDI.MajorToName(dev.Major) // C:1386
	if !ok {
		return 0, env.EINVAL
	}

	macname := drv + strconv.Itoa(dlsMinor2Inst(dev.Minor)) // C:1389-1390
	return d.DevnetMacname2Linkid(t, macname)               // C:1391
}

// DevnetPhydev is dls_devnet_phydev (C:1399-1410): the device under a link.
func (d *DLS) DevnetPhydev(t *sim.Thread, vlanid env.LinkID) (env.Dev, env.Errno) {
	ddh, err := d.DevnetHoldTmp(t, vlanid) // C:1404
	if err != 0 {
		return env.Dev{}, err
	}

	dev, err := d.MgmtGetPhydev(t, ddh.(Ptr).At(t).ddLinkid.Load(t)) // C:1407
	d.DevnetReleTmp(t, ddh)                                          // C:1408
	return dev, err
}
