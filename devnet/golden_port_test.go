// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"fmt"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/devnet/env/door"
	"dlsim/sim"
	"dlsim/sim/kmem"
)

// portOp are the functions of the original.
func (g *golden) portOp(t *sim.Thread, op string, a *goldenArgs) (string, bool) {
	d := &g.k.DLS
	switch op {
	case "dls_mgmt_init":
		return "done", true
	case "dls_mgmt_fini":
		g.over = true
		d.DLSMgmtFini(t)
		return "done", true
	case "dls_mgmt_door_set":
		return d.MgmtDoorSet(t, a.flag(0)).String(), true
	case "dls_mgmt_create":
		id, err := d.MgmtCreate(t, a.name(0), a.dev(1), env.Class(a.word(2)), env.Media(a.num(3)), a.flag(4))
		return fmt.Sprintf("%s linkid=%d", err, id), true
	case "dls_mgmt_destroy":
		return d.MgmtDestroy(t, a.id(0), a.flag(1)).String(), true
	case "dls_mgmt_update":
		id, media, err := d.MgmtUpdate(t, a.name(0), env.Media(a.num(1)), a.flag(2))
		return fmt.Sprintf("%s media=%d linkid=%d", err, media, id), true
	case "dls_mgmt_get_linkinfo":
		info, err := d.MgmtGetLinkinfo(t, a.id(0))
		if err != 0 || a.bare("null") {
			return fmt.Sprintf("%s name=- class=0x0 media=0 flags=0", err), true
		}
		return fmt.Sprintf("%s name=%s class=%s media=%d flags=%d", err, info.Name, info.Class, info.Media, info.Flags), true
	case "dls_mgmt_get_linkid":
		id, err := d.MgmtGetLinkid(t, a.name(0))
		return fmt.Sprintf("%s linkid=%d", err, id), true
	case "dls_mgmt_get_next":
		id := d.MgmtGetNext(t, a.id(0), env.Class(a.word(1)), env.Media(a.num(2)), door.LinkFlags(a.num(3)))
		return fmt.Sprintf("linkid=%d", id), true
	case "dls_mgmt_get_phydev":
		dev, err := d.MgmtGetPhydev(t, a.id(0))
		return err.String() + " " + devText(dev), true
	case "dls_mgmt_linkprop_init":
		return d.MgmtLinkpropInit(t, a.id(0)).String(), true
	case "dls_devnet_create":
		return d.DevnetCreate(t, a.mac(0), a.id(1), a.zone(2)).String(), true
	case "dls_devnet_recreate":
		return d.DevnetRecreate(t, a.mac(0), a.id(1)).String(), true
	case "dls_devnet_destroy":
		id, err := d.DevnetDestroy(t, a.mac(0), a.flag(1))
		return fmt.Sprintf("%s linkid=%d", err, id), true
	case "dls_devnet_rename":
		return d.DevnetRename(t, a.id(0), a.id(1), a.name(2)).String(), true
	case "dls_devnet_macname2linkid":
		id, err := d.DevnetMacname2Linkid(t, a.name(0))
		return fmt.Sprintf("%s linkid=%d", err, id), true
	case "dls_devnet_dev2linkid":
		id, err := d.DevnetDev2Linkid(t, a.dev(0))
		return fmt.Sprintf("%s linkid=%d", err, id), true
	case "dls_devnet_phydev":
		dev, err := d.DevnetPhydev(t, a.id(0))
		return err.String() + " " + devText(dev), true
	case "dls_devnet_islinkvisible":
		return boolText(d.DevnetIslinkvisible(t, a.id(0), a.zone(1))), true
	case "dls_devnet_rebuild":
		return boolText(d.DevnetRebuild(t)), true
	}
	return g.handleOp(t, op, a)
}

// handleOp are the functions of the original that make, use and release handles.
func (g *golden) handleOp(t *sim.Thread, op string, a *goldenArgs) (string, bool) {
	d := &g.k.DLS
	switch op {
	case "dls_devnet_hold":
		h, err := d.DevnetHold(t, a.id(0))
		return a.made(&kmemHandle{dlh: h}, err, ""), true
	case "dls_devnet_hold_by_dev":
		h, err := d.DevnetHoldByDev(t, a.dev(0))
		return a.made(&kmemHandle{dlh: h}, err, ""), true
	case "dls_devnet_rele":
		return a.used(func(h *kmemHandle) { d.DevnetRele(t, h.dlh) }), true
	case "dls_devnet_hold_tmp":
		h, err := d.DevnetHoldTmp(t, a.id(0))
		return a.made(&kmemHandle{dlh: h}, err, ""), true
	case "dls_devnet_hold_tmp_by_link":
		h, err := d.DevnetHoldTmpByLink(t, kmem.Static(dls.Link{Name: a.word(0)}))
		return a.made(&kmemHandle{dlh: h}, err, ""), true
	case "dls_devnet_rele_tmp":
		return a.used(func(h *kmemHandle) { d.DevnetReleTmp(t, h.dlh) }), true
	case "dls_devnet_prop_task_wait":
		return a.used(func(h *kmemHandle) { d.DevnetPropTaskWait(t, h.dlh) }), true
	case "dls_devnet_hold_link":
		h, p, err := d.DevnetHoldLink(t, a.id(0))
		link := ""
		if err == 0 {
			link = " link=" + p.At(t).Name
		}
		return a.made(&kmemHandle{dlh: h, dlp: p}, err, link), true
	case "dls_devnet_rele_link":
		return a.used(func(h *kmemHandle) { d.DevnetReleLink(t, h.dlh, h.dlp) }), true
	case "dls_devnet_open":
		h, dev, err := d.DevnetOpen(t, a.name(0))
		return a.made(&kmemHandle{dlh: h}, err, " "+devText(dev)), true
	case "dls_devnet_close":
		return a.used(func(h *kmemHandle) { d.DevnetClose(t, h.dlh) }), true
	case "dls_devnet_setzid":
		result := ""
		if skip := a.used(func(h *kmemHandle) { result = d.DevnetSetzid(t, h.dlh, a.zone(1)).String() }); result == "" {
			return skip, true
		}
		return result, true
	case "dls_devnet_getzid", "dls_devnet_getownerzid", "dls_devnet_link", "dls_devnet_mac", "dls_devnet_linkid":
		h := a.tmp(0)
		if h == nil {
			return "skipped", true
		}
		return fmt.Sprint(map[string]func() any{
			"dls_devnet_getzid":      func() any { return d.DevnetGetzid(t, h.dlh) },
			"dls_devnet_getownerzid": func() any { return d.DevnetGetownerzid(t, h.dlh) },
			"dls_devnet_link":        func() any { return d.DevnetLink(t, h.dlh) },
			"dls_devnet_mac":         func() any { return d.DevnetMac(t, h.dlh) },
			"dls_devnet_linkid":      func() any { return d.DevnetLinkid(t, h.dlh) },
		}[op]()), true
	}
	return "", false
}
