// SPDX-License-Identifier: CDDL-1.0

package generate

import (
	"fmt"
	"slices"
)

// drawThreads draws the threads and what each does. One link is hot: most gestures are about it.
// A zone is booted and halted, and the daemon restarted, by one thread only, as one zoneadmd and
// one service manager do.
func (d *Draft) drawThreads(t Source, cfg Config) {
	n := between(t, "threads", 2, cfg.ThreadsMax)
	for i := range n {
		th := &thread{name: fmt.Sprintf("t%d", i+1)}
		if len(d.bootedZones()) > 0 && oneIn(t, th.name+" in a zone", 5) {
			th.zone = pick(t, "zone of "+th.name, d.bootedZones()...).name
		}
		d.threads = append(d.threads, th)
	}
	d.threads[0].zone = "" // somebody can administer
	d.drawProcess(t)
	w := &writer{
		t: t, d: d, met: cfg.Met,
		zoneKeeper: pick(t, "keeper of zones", d.global()...), daemonKeeper: pick(t, "keeper of the daemon", d.global()...),
		hot: pick(t, "hot link", d.linksThat(func(*link) bool { return true })...),
	}
	for _, th := range d.threads {
		for range between(t, "gestures of "+th.name, 1, cfg.GesturesMax) {
			w.gesture(th)
		}
		for i := len(th.open) - 1; i >= 0; i-- {
			if !oneIn(t, "keep "+th.open[i].name, 6) {
				th.release(i)
			}
		}
	}
}

// drawProcess puts some global threads into one process.
func (d *Draft) drawProcess(t Source) {
	global := d.global()
	if len(global) < 3 || !oneIn(t, "process", 5) {
		return
	}
	for _, th := range global[1:] { // the first stays outside, to stop and signal it
		d.process = append(d.process, th.name)
	}
}

// global returns the threads in the global zone.
func (d *Draft) global() []*thread {
	return slices.DeleteFunc(slices.Clone(d.threads), func(th *thread) bool { return th.zone != "" })
}

// writer adds gestures to threads.
type writer struct {
	t                        Source
	d                        *Draft
	met                      *Pairs
	hot                      *link
	zoneKeeper, daemonKeeper *thread
}

// gesture adds one gesture to a thread, drawn among those it can make.
func (w *writer) gesture(th *thread) {
	if len(th.open) > 0 && oneIn(w.t, "release first", 3) {
		th.release(between(w.t, "released", 0, len(th.open)-1))
	}
	on := w.hot
	if oneIn(w.t, "elsewhere", 4) {
		on = pick(w.t, "link", w.d.linksThat(func(*link) bool { return true })...)
	}
	var can []*gesture
	for _, g := range gestures() {
		if g.fits(w, th, on) {
			for range w.weight(g, th, on) {
				can = append(can, g)
			}
		}
	}
	g := can[between(w.t, "gesture of "+th.name, 0, len(can)-1)]
	g.write(w, th, on)
}

// weight is how often a gesture stands in the draw: more often when it has not met something that
// the other threads do.
func (w *writer) weight(g *gesture, th *thread, on *link) int {
	if w.met == nil {
		return g.often
	}
	for _, other := range w.d.threads {
		for i := range other.steps {
			s := &other.steps[i]
			if other != th && (g.system || s.link == "" || s.link == on.name) && !w.met.Has(g.op, s.op) {
				return 4 * g.often
			}
		}
	}
	return g.often
}
