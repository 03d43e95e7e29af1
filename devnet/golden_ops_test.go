// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"dlsim/devnet/env"
	"dlsim/devnet/env/mac"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
	"dlsim/sim/ksync"
)

// tick is a clock tick of the model, which has 100 a second.
const tick = 10 * time.Millisecond

// goldenArgs are the words of an operation.
type goldenArgs struct {
	g       *golden
	words   []string
	options map[string]string // words with =, and bare ones after the fixed words
	handle  string            // that the operation makes
}

func (g *golden) args(line string) (string, *goldenArgs) {
	a := &goldenArgs{g: g, options: make(map[string]string)}
	if op, handle, ok := strings.Cut(line, "->"); ok {
		line, a.handle = op, strings.TrimSpace(handle)
	}
	words := strings.Fields(line)
	for _, w := range words[1:] {
		if k, v, ok := strings.Cut(w, "="); ok && words[0] != "fault" {
			a.options[k] = v
			continue
		}
		a.words = append(a.words, w)
	}
	return words[0], a
}

func (a *goldenArgs) word(i int) string {
	if i < len(a.words) {
		return a.words[i]
	}
	return ""
}

// name is a word that is a name: "-" is none, @n is n letters x.
func (a *goldenArgs) name(i int) string { return goldenName(a.word(i)) }

func goldenName(w string) string {
	if w == "-" {
		return ""
	}
	if n, ok := strings.CutPrefix(w, "@"); ok {
		k, _ := strconv.Atoi(n)
		return strings.Repeat("x", k)
	}
	return w
}

func (a *goldenArgs) num(i int) int { return number(a.word(i)) }

func number(w string) int {
	n, _ := strconv.ParseUint(w, 0, 64)
	return int(n)
}

func (a *goldenArgs) id(i int) env.LinkID   { return env.LinkID(a.num(i)) }
func (a *goldenArgs) zone(i int) env.ZoneID { return env.ZoneID(a.num(i)) }
func (a *goldenArgs) flag(i int) bool       { return a.word(i) == "1" }
func (a *goldenArgs) dev(i int) env.Dev     { return goldenDev(a.word(i)) }
func (a *goldenArgs) mac(i int) *mac.MAC    { return a.g.k.MAC.Lookup(a.word(i)) }
func (a *goldenArgs) bare(word string) bool {
	return strings.Contains(" "+strings.Join(a.words, " ")+" ", " "+word+" ")
}
func (a *goldenArgs) tmp(i int) *kmemHandle  { return a.g.tmps[a.word(i)] }
func (a *goldenArgs) option(k string) string { return a.options[k] }

func goldenDev(w string) env.Dev {
	maj, minor, _ := strings.Cut(w, ":")
	return env.Dev{Major: env.Major(number(maj)), Minor: uint32(number(minor))}
}

func devText(d env.Dev) string { return fmt.Sprintf("dev=%d:%d", d.Major, d.Minor) }

func boolText(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// made keeps the handle that an operation has made and says so.
func (a *goldenArgs) made(h *kmemHandle, err env.Errno, rest string) string {
	delete(a.g.tmps, a.handle)
	if err != 0 {
		return err.String()
	}
	a.g.tmps[a.handle] = h
	return fmt.Sprintf("0 #%d%s", h.dlh.(Ptr).Num(), rest)
}

// used takes the handle of the operation's first word.
func (a *goldenArgs) used(use func(h *kmemHandle)) string {
	h := a.tmp(0)
	if h == nil {
		return "skipped"
	}
	use(h)
	return "done"
}

// operation carries out one line of the script; false if there is no such operation.
func (g *golden) operation(t *sim.Thread, actor *goldenActor, line string) (result string, ok bool) {
	op, a := g.args(line)
	if result, ok = g.worldOp(t, actor, op, a); ok {
		return result, true
	}
	if result, ok = g.linkOp(t, op, a); ok {
		return result, true
	}
	return g.portOp(t, op, a)
}

// worldOp are the operations on the world around the port.
func (g *golden) worldOp(t *sim.Thread, actor *goldenActor, op string, a *goldenArgs) (string, bool) {
	k := &g.k
	switch op {
	case "option":
		g.option(a)
	case "driver":
		g.ddi.drivers[a.word(0)] = env.Major(a.num(1))
	case "zone":
		g.zone(a)
	case "zone_shutdown":
		z := k.Zones.Get(a.zone(0))
		z.Place(zone.Running)
		return k.Zones.Shutdown(t, z.ID).String(), true
	case "zone_destroy":
		k.Zones.Forget(a.zone(0))
		return "0", true
	case "curzone":
		actor.context.Zone = a.zone(0)
	case "door":
		if a.word(0) == "up" {
			g.daemon.start(t)
		} else {
			g.daemon.stop(t)
		}
	case "sys_shutdown":
		k.DLS.SysShutdown = a.flag(0)
	case "fault":
		for _, w := range strings.Fields(line(a)) {
			g.addFault(w)
		}
	case "flows":
		a.mac(0).AddFlows(a.num(1) - a.mac(0).Flows())
	case "zone_ref":
		if l, ok := k.Links.Lookup(a.word(0)); ok {
			l.ZoneRef.Poke(a.num(1))
		}
	case "mac_disabled":
		a.mac(0).SetDisabled(a.flag(1))
	case "mac_unregister":
		k.MAC.Remove(a.mac(0))
	case "kmem_reap":
		k.DLS.KmemReap(t)
		return "done", true
	case "delay":
		ksync.Delay(t, time.Duration(a.num(0))*tick)
	case "run_tasks":
		g.runTasks(t)
	case "dump":
		g.state()
	default:
		return "", false
	}
	return "", true
}

func line(a *goldenArgs) string { return strings.Join(a.words, " ") }

func (g *golden) option(a *goldenArgs) {
	for k, v := range a.options {
		switch k {
		case "assert":
			g.k.DLS.Debug, g.k.Links.Debug = v == "1", v == "1"
		case "downcall":
			g.downcall = v == "1"
		case "fine":
			g.fine = v == "1"
		case "taskq":
			g.manual = v == "manual"
		case "kmem":
			g.k.DLS.cache.Fresh = v == "fresh"
		}
	}
}

func (g *golden) zone(a *goldenArgs) {
	s := zone.Running
	if v, ok := a.options["status"]; ok {
		s, _ = zone.ParseStatus(strings.ToLower(v))
	}
	if z := g.k.Zones.Get(a.zone(0)); z != nil {
		z.Place(s)
		return
	}
	g.k.Zones.Add(g.w, a.zone(0), "zone"+a.word(0), s)
	g.daemon.enlist(a.zone(0))
}

// linkOp are the operations that declare links, and those of the layers below the port.
func (g *golden) linkOp(t *sim.Thread, op string, a *goldenArgs) (string, bool) {
	k := &g.k
	switch op {
	case "link":
		g.link(t, a)
	case "mac":
		m := g.register(t, a.word(0), env.ClassVNIC, a)
		if v := a.option("major"); v != "" {
			m.Dev.Major = env.Major(number(v))
		}
		if v := a.option("minor"); v != "" {
			m.Dev.Minor = uint32(number(v))
		}
	case "row":
		g.daemon.row(a)
	case "rmrow":
		g.daemon.remove(a.id(0))
	case "renrow":
		g.daemon.find(a.id(0)).name = a.name(1)
	case "mac_open":
		m, err := k.MAC.Open(t, a.word(0))
		if err == 0 {
			g.opened[a.handle] = m
		}
		return err.String(), true
	case "mac_close":
		m := g.opened[a.word(0)]
		if m == nil {
			return "skipped", true
		}
		k.MAC.Close(t, m)
		return "done", true
	case "mac_perim_enter_by_macname":
		p, err := k.MAC.PerimEnterByMacname(t, a.word(0))
		if err == 0 {
			g.perims[a.handle] = p
		}
		return err.String(), true
	case "mac_perim_enter_by_linkid":
		p, err := k.MAC.PerimEnterByLinkid(t, a.id(0))
		if err == 0 {
			g.perims[a.handle] = p
		}
		return err.String(), true
	case "mac_perim_exit":
		p, ok := g.perims[a.word(0)]
		if !ok {
			return "skipped", true
		}
		k.MAC.PerimExit(t, p)
		return "done", true
	case "softmac_create":
		return g.softmac.create(t, g.softmac.byMAC(a.word(0))).String(), true
	case "softmac_destroy":
		return g.softmac.destroy(t, g.softmac.byMAC(a.word(0))).String(), true
	case "kstat_read", "kstat_write":
		return g.kstat(t, a.name(0), a.zone(1), op == "kstat_write"), true
	case "ioc_setzone":
		return g.setzone(t, a.id(0), a.zone(1)).String(), true
	case "ioc_flow":
		return k.DLD.FlowWalk(t, a.id(0)).String(), true
	case "iptun_delete":
		return g.iptun.Delete(t, a.id(0), env.Of(t).Zone).String(), true
	default:
		return "", false
	}
	return "", true
}

// register declares a MAC.
func (g *golden) register(t *sim.Thread, name string, class env.Class, a *goldenArgs) *mac.MAC {
	m, err := g.k.MAC.Register(t, name, class, g.k.MAC.Lookup(a.option("lower")))
	if err != 0 {
		t.Fail(sim.KindPanic, "test", "mac "+name+" is declared twice")
	}
	m.HasOpen = a.bare("opencb")
	if a.option("dev") == "" {
		g.minors++
		m.Dev = env.Dev{Major: 100, Minor: g.minors}
	}
	return m
}

// link declares a link: its MAC, its device, and its row in the daemon's table.
func (g *golden) link(t *sim.Thread, a *goldenArgs) {
	class := env.Class(a.word(1))
	m := g.register(t, a.word(0), class, a)
	if v := a.option("dev"); v != "" {
		m.Dev = goldenDev(v)
		m.Dev.Minor++ // an instance
	}
	if class == env.ClassPhys {
		g.ddi.drivers[strings.TrimRight(m.Name, "0123456789")] = m.Dev.Major
		if !a.bare("nosoftmac") {
			g.softmac.add(m, a)
		}
	}
	if !a.bare("norow") {
		g.daemon.link(m, class, a)
	}
}

// kstat is a read or a write of a kstat by name.
func (g *golden) kstat(t *sim.Thread, name string, zone env.ZoneID, write bool) string {
	read := g.k.Kstat.Read
	if write {
		read = g.k.Kstat.Write
	}
	kid := g.k.Kstat.Lookup(t, name, zone)
	err := env.ENXIO
	if kid != 0 {
		err = read(t, kid)
	} else {
		t.LogPoint(opKstatRead, nil)
	}
	if err == env.ENXIO {
		g.log(t, fmt.Sprintf("kstat_read %s@%d no kstat", name, zone))
		err = env.ENOENT
	}
	return err.String()
}

var opKstatRead = &sim.OpType{Name: "kstat_hold", Access: sim.Local}

// setzone is the zone property ioctl of the model: it has no check of its own.
func (g *golden) setzone(t *sim.Thread, id env.LinkID, to env.ZoneID) env.Errno {
	d := &g.k.DLS
	h, err := d.DevnetHoldTmp(t, id)
	if err != 0 {
		return err
	}
	p, err := g.k.MAC.PerimEnterByMacname(t, d.DevnetMac(t, h))
	if err == 0 {
		link, lerr := g.k.Links.Hold(t, d.DevnetMac(t, h))
		if err = lerr; err == 0 {
			err = d.DevnetSetzid(t, h, to)
			g.k.Links.Rele(t, link)
		}
		g.k.MAC.PerimExit(t, p)
	}
	d.DevnetReleTmp(t, h)
	return err
}
