// SPDX-License-Identifier: CDDL-1.0

package generate

import (
	"slices"
	"strings"
)

// gesture is what a caller does in one go: an operation, or a few that belong together.
type gesture struct {
	op     string // its first operation
	often  int    // relative to others
	system bool   // it is about no link
	fits   func(w *writer, th *thread, l *link) bool
	write  func(w *writer, th *thread, l *link)
}

// gestures returns all there are, in a fixed order.
func gestures() []*gesture {
	return slices.Concat(linkGestures(), handleGestures(), deviceGestures(), systemGestures())
}

// on is an operation on a link with nothing but its name.
func on(op string, often int, fits func(w *writer, th *thread, l *link) bool) *gesture {
	return &gesture{op: op, often: often, fits: fits, write: func(_ *writer, th *thread, l *link) {
		th.add(op, l.name, op+": "+l.name)
	}}
}

// anyLink fits every link that is or may come to be in this kernel.
func anyLink(_ *writer, _ *thread, l *link) bool { return !l.removed }

// admin fits links, for threads of the global zone.
func admin(w *writer, th *thread, l *link) bool { return th.zone == "" && anyLink(w, th, l) }

func virtual(w *writer, th *thread, l *link) bool { return l.class != "phys" && anyLink(w, th, l) }

// owned fits virtual links that a thread may create and delete: its zone's own, or for the global
// zone all. Implicit tunnels are made by an open.
func owned(w *writer, th *thread, l *link) bool {
	return virtual(w, th, l) && (th.zone == "" || l.zone == th.zone || l.absent && l.class == "vnic")
}

func class(name string) func(w *writer, th *thread, l *link) bool {
	return func(w *writer, th *thread, l *link) bool { return l.class == name && admin(w, th, l) }
}

func linkGestures() []*gesture {
	return []*gesture{
		on("create", 5, func(w *writer, th *thread, l *link) bool { return owned(w, th, l) && !strings.HasPrefix(l.name, "ip.") }),
		{op: "destroy", often: 8, fits: owned, write: func(_ *writer, th *thread, l *link) {
			th.releaseAll(l.name)
			th.add("destroy", l.name, "destroy: "+l.name)
		}},
		{op: "setzone", often: 4, fits: func(w *writer, th *thread, l *link) bool {
			return len(w.d.zones) > 0 && admin(w, th, l)
		}, write: func(w *writer, th *thread, l *link) {
			to := pick(w.t, "to zone", append(w.zoneNames(), "global")...)
			th.add("setzone", l.name, "setzone: {link: "+l.name+", zone: "+to+"}")
		}},
		on("getzone", 1, admin),
		{op: "rename", often: 4, fits: admin, write: func(w *writer, th *thread, l *link) {
			to := pick(w.t, "new name", "web0", "alt0", w.hot.name)
			th.add("rename", l.name, "rename: {link: "+l.name+", to: "+to+"}")
		}},
		{op: "rename", often: 6, fits: func(w *writer, th *thread, l *link) bool {
			return l.class == "phys" && admin(w, th, l) && len(w.removed()) > 0
		}, write: func(w *writer, th *thread, l *link) {
			th.add("rename", l.name, "rename: {link: "+l.name+", onto: "+w.removed()[0].name+"}")
		}},
		on("prop_set", 4, anyLink),
		on("prop_get", 3, anyLink),
		on("flow_add", 3, admin),
		on("flow_remove", 2, admin),
		on("flow_walk", 3, anyLink),
		{op: "kstat_read", often: 5, fits: anyLink, write: func(w *writer, th *thread, l *link) {
			text := "kstat_read: " + l.name
			if th.zone == "" && len(w.d.zones) > 0 && oneIn(w.t, "kstat of a zone", 3) {
				text = "kstat_read: {link: " + l.name + ", zone: " + pick(w.t, "kstat zone", w.zoneNames()...) + "}"
			}
			th.add("kstat_read", l.name, text)
		}},
		on("macname2linkid", 1, anyLink),
		on("get_linkid", 1, anyLink),
		on("get_linkinfo", 1, anyLink),
		on("dev2linkid", 1, anyLink),
		on("phydev", 2, anyLink),
		{op: "islinkvisible", often: 2, fits: anyLink, write: func(w *writer, th *thread, l *link) {
			zone := pick(w.t, "asking zone", append(w.zoneNames(), "global")...)
			th.add("islinkvisible", l.name, "islinkvisible: {link: "+l.name+", zone: "+zone+"}")
		}},
		on("link_state", 3, anyLink),
		on("iptun_info", 2, class("iptun")),
		port("aggr_add_port"), port("aggr_remove_port"),
		{op: "repeat", often: 2, fits: anyLink, write: func(w *writer, th *thread, l *link) {
			op := pick(w.t, "repeated", "kstat_read", "prop_get", "flow_walk", "link_state", "islinkvisible")
			text := op + ": " + l.name
			if op == "islinkvisible" {
				text = "islinkvisible: {link: " + l.name + ", zone: global}"
			}
			th.add(op, l.name, "repeat: {times: "+pick(w.t, "times", "2", "3")+", steps: ["+text+"]}")
		}},
	}
}

// handleGestures take something, and the thread releases it at its end at the latest. Temporary
// holds are released at once, as no caller in the kernel keeps one over another operation, and not
// taken in zones or by processes, which may be ended or stopped between two steps. Nothing takes one
// by link: only the notify thread does, which keeps the link; see link_state.
func handleGestures() []*gesture {
	taking := func(op, release string, often int, fits func(*writer, *thread, *link) bool) *gesture {
		return &gesture{op: op, often: often, fits: fits, write: func(_ *writer, th *thread, l *link) { th.take(op, l.name, release) }}
	}
	return []*gesture{
		taking("open", "close", 6, anyLink),
		taking("stream_open", "stream_detach", 4, anyLink),
		taking("stream_attach", "stream_detach", 4, admin),
		taking("hold", "rele", 4, admin),
		taking("hold_by_dev", "rele", 2, admin),
		{op: "hold_tmp", often: 4, fits: func(w *writer, th *thread, l *link) bool {
			return admin(w, th, l) && !slices.Contains(w.d.process, th.name)
		}, write: func(w *writer, th *thread, l *link) {
			th.take("hold_tmp", l.name, "rele_tmp")
			if oneIn(w.t, "wait for the task", 2) {
				h := th.open[len(th.open)-1]
				th.add("prop_task_wait", l.name, "prop_task_wait: "+h.name)
			}
			th.release(len(th.open) - 1)
		}},
	}
}

func deviceGestures() []*gesture {
	return []*gesture{
		on("attach", 5, class("phys")),
		{op: "detach", often: 6, fits: class("phys"), write: func(_ *writer, th *thread, l *link) {
			th.releaseAll(l.name)
			th.add("detach", l.name, "detach: "+l.name)
		}},
		on("phys_attr", 3, class("phys")),
	}
}

// port is about an aggregation and a physical link.
func port(op string) *gesture {
	return &gesture{op: op, often: 2, fits: class("aggr"), write: func(w *writer, th *thread, l *link) {
		ports := w.d.linksThat(func(o *link) bool { return o.class == "phys" && !o.removed })
		th.add(op, l.name, op+": {link: "+l.name+", port: "+pick(w.t, "port", ports...).name+"}")
	}}
}

func (w *writer) zoneNames() []string {
	var out []string
	for _, z := range w.d.zones {
		out = append(out, z.name)
	}
	return out
}

func (w *writer) removed() []*link {
	return w.d.linksThat(func(l *link) bool { return l.removed })
}
