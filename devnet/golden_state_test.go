// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"dlsim/devnet/env"
	"dlsim/devnet/env/kstat"
	"dlsim/devnet/env/mac"
	"dlsim/devnet/env/zone"
	"dlsim/sim"
)

// state prints the state of the world.
func (g *golden) state() {
	d := &g.k.DLS
	left := 0
	for _, f := range g.faults {
		left += len(f.values)
	}
	daemon := "down"
	if g.daemon.up {
		daemon = "up"
	}
	g.print(". state vtime=%d faults_left=%d daemon=%s linkprops=%d", g.w.Now()/tick, left, daemon, g.daemon.linkprops)
	doorNum, refs := 0, 0
	if d.mgmtDh != nil {
		doorNum, refs = d.mgmtDh.Num(), d.mgmtDh.Holds()
	}
	g.print(". rebuild=%s door=d%d refs=%d", boolText(d.needRebuild.Peek()), doorNum, refs)
	g.devnets()
	g.links()
	for _, s := range g.softmac.devs {
		g.print(". softmac %s hold=%d%s%s", s.mac.Name, s.hold, iff(s.detached || s.lazy, " detached"), iff(s.rec, " recreate"))
	}
	for _, t := range g.iptun.tunnels {
		g.print(". iptun %d mac=%s zone=%d%s", t.id, t.mac.Name, t.zone, iff(t.pending, " pending"))
	}
	for _, r := range g.daemon.rows {
		dev := ""
		if r.dev != nil {
			dev = fmt.Sprintf(" phymaj=%d phyinst=%d", r.dev.Major, r.dev.Minor)
		}
		g.print(". row %d %s class=%s media=%d flags=%s zone=%d%s", r.id, r.name, r.class, r.media, linkFlagsText(r.flags), r.zone, dev)
	}
	g.k.Zones.All(func(z *zone.Zone) {
		var ids []string
		for _, id := range z.Links() {
			ids = append(ids, fmt.Sprint(id))
		}
		g.print(". zone %d %s holds=%d links=%s", z.ID, strings.ToUpper(z.Status().String()), z.Holds(), dash(strings.Join(ids, ",")))
	})
}

// devnets prints the buffers of the devnet cache and what the hashes reach.
func (g *golden) devnets() {
	d := &g.k.DLS
	reached := map[int]*dlsDevnet{}
	for _, p := range d.hash {
		reached[p.Num()] = p.Peek()
	}
	for _, p := range d.idHash {
		reached[p.Num()] = p.Peek()
	}
	for _, num := range slices.Sorted(maps.Keys(reached)) {
		g.devnet("devnet", num, reached[num])
	}
	d.cache.Waiting(func(num int, ddp *dlsDevnet) { g.devnet("free", num, ddp) })
	for _, name := range slices.Sorted(maps.Keys(d.hash)) {
		g.print(". machash %s -> #%d", name, d.hash[name].Num())
	}
	for _, id := range slices.Sorted(maps.Keys(d.idHash)) {
		g.print(". idhash %d -> #%d", id, d.idHash[id].Num())
	}
}

func (g *golden) devnet(what string, num int, ddp *dlsDevnet) {
	flags := iff(ddp.ddFlags.Peek()&ddCondemned != 0, "C") + iff(ddp.ddFlags.Peek()&ddImplicitIptun != 0, "T") +
		iff(ddp.ddFlags.Peek()&ddInitializing != 0, "I")
	task := "0"
	if id := ddp.ddPropTaskid.Peek(); id != 0 {
		task = strings.TrimPrefix(g.k.Taskq.Thread(id).Name(), "tq/")
	}
	g.print(". %s #%d mac=%s linkid=%d name=%s ref=%d tref=%d flags=%s zid=%d owner=%d transient=%s prop=%s task=%s ksp=%s zksp=%s",
		what, num, ddp.ddMac.Peek(), ddp.ddLinkid.Peek(), dash(ddp.ddLinkname.Peek()), ddp.ddRef.Peek(), ddp.ddTref.Peek(),
		dash(flags), ddp.ddZid.Peek(), ddp.ddOwnerZid.Peek(), boolText(ddp.ddTransient.Peek()), boolText(ddp.ddPropLoaded.Peek()),
		task, kspText(ddp.ddKsp.Peek()), kspText(ddp.ddZoneKsp.Peek()))
}

func kspText(p kstat.Ptr) string {
	if p.IsNil() {
		return "-"
	}
	return fmt.Sprintf("%s@%d", p.Peek().Name(), p.Peek().Zone())
}

// links prints the links, the MACs and the kstats.
func (g *golden) links() {
	g.k.Links.All(func(name string) {
		l, _ := g.k.Links.Lookup(name)
		client := l.MAC.Client()
		if l.MAC.Lower != nil && client == name {
			client = "?"
		}
		g.print(". link %s ref=%d zid=%d zone_ref=%d client=%s", name, l.Ref.Peek(), l.Zone.Peek(), l.ZoneRef.Peek(), client)
	})
	g.k.MAC.All(func(m *mac.MAC) {
		clients, perim := 0, ""
		if m.Client() != "" {
			clients = 1
		}
		if t := m.PerimOwner(); t != nil && m.Lower == nil {
			perim = " perim=" + g.rename(t.Name())
		}
		g.print(". mac %s ref=%d clients=%d%s%s%s", m.Name, m.Ref(), clients, iff(m.Disabled(), " disabled"), iff(m.Flows() > 0, " flows"), perim)
	})
	kid := 0
	g.k.Kstat.Each(func(id int, name string, zone env.ZoneID, private uint64) {
		kid = id
		g.print(". kstat k%d %s@%d linkid=%d", kid, name, zone, private)
	})
}

func iff(ok bool, s string) string {
	if ok {
		return s
	}
	return ""
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

var failedIn = regexp.MustCompile(`^(VERIFY|ASSERT)\(!?([a-zA-Z_]+).* failed in (\w+)$`)

// panicText is a failure in the words of the model.
func (g *golden) panicText(f *sim.Failure) string {
	who := "?"
	if f.Thread != nil {
		who = g.rename(f.Thread.Name())
	}
	if f.Kind == sim.KindLifetime {
		return who + " WILD mutex_enter: not the address of a live lock"
	}
	m := failedIn.FindStringSubmatch(f.Message)
	if m == nil {
		return who + " " + f.Message
	}
	what := m[2]
	switch {
	case m[3] == "dls_link_hold_common":
		return who + " ASSERT link_hold_common: l"
	case what == "MAC_PERIM_HELD":
		what = "mac_perim_held"
	case m[3] == "dls_devnet_close":
		what = "dd_mac"
	}
	return fmt.Sprintf("%s %s %s: %s", who, m[1], m[3], what)
}
