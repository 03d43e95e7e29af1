// SPDX-License-Identifier: CDDL-1.0

package mac

import (
	"dlsim/sim"
	"dlsim/sim/ksync"
)

var (
	opUpdate     = &sim.OpType{Name: "mac_link_update", Access: sim.Write, Leaf: true}
	opNotifyWait = &sim.OpType{Name: "i_mac_notify_thread (waiting)", Access: sim.Write, Wait: true, Leaf: true}
	opNotifyEnd  = &sim.OpType{Name: "i_mac_notify_exit", Access: sim.Write, Leaf: true}
	opNotifyAdd  = &sim.OpType{Name: "mac_notify_add", Access: sim.Write, Leaf: true}
	opNotifyRem  = &sim.OpType{Name: "mac_notify_remove", Access: sim.Write, Leaf: true}
	opWalkWait   = &sim.OpType{Name: "mac_notify_remove (walk)", Access: sim.Write, Wait: true, Leaf: true}
)

// notify is the callback list of a MAC and the kernel thread that walks it, outside the
// perimeter (environment.md 4.6). The thread is made when the first event is posted.
type notify struct {
	obj      sim.Object
	callback func(*sim.Thread)
	thread   *sim.Thread
	idle     sim.Queue // the thread, while no event is posted
	removing sim.Queue // who waits for the walk to end
	pending  bool
	walking  bool
	stop     bool

	listField ksync.Field // callback
	bitsField ksync.Field // thread, idle, pending and stop: mi_notify_bits
	walkField ksync.Field // walking and removing: mcbi_walker_cnt
}

func (n *notify) init(w *sim.World, name string) {
	*n = notify{}
	w.Register(&n.obj, "NOTIFY", name, 0, n)
	n.listField.InitLeaf(w, "mi_notify_cb_list", name)
	n.bitsField.InitLeaf(w, "mi_notify_bits", name)
	n.walkField.InitLeaf(w, "mcbi_walker_cnt", name)
}

// NotifyAdd is mac_notify_add: callback is called for each event from now on.
func (l *Layer) NotifyAdd(t *sim.Thread, m *MAC, callback func(*sim.Thread)) {
	t.Step(opNotifyAdd, &m.notify.obj, nil)
	m.notify.listField.Changes(t)
	m.notify.callback = callback
}

// NotifyRemove is mac_notify_remove with wait: it takes the callback off the list inside the
// perimeter and waits for a walk that is going on. Its own stay in the perimeter is over by
// then, but not that of a caller who owns it.
func (l *Layer) NotifyRemove(t *sim.Thread, m *MAC) {
	n := &m.notify
	m.perimOwner().perim.enter(t, "notify")
	t.Step(opNotifyRem, &n.obj, nil)
	n.listField.Changes(t)
	n.callback = nil
	m.perimOwner().perim.exit(t, "notify")
	t.Awaits(&n.obj, "", nil)
	for n.walks(t) {
		t.Block(opWalkWait, &n.obj, &n.removing)
	}
}

// LinkUpdate is mac_link_update: it posts a link-state event.
func (l *Layer) LinkUpdate(t *sim.Thread, m *MAC) {
	n := &m.notify
	t.Step(opUpdate, &n.obj, nil)
	n.bitsField.Changes(t)
	n.pending = true
	if n.thread == nil {
		l.notifiers++
		n.thread = t.Fork("mac_notify", l.notifiers, n.run)
		n.thread.MarkHelper()
		return
	}
	n.wake(t)
}

func (n *notify) wake(t *sim.Thread) {
	if u := n.idle.First(); u != nil {
		n.idle.Remove(u)
		t.World().Wake(t, u)
	}
}

// run is i_mac_notify_thread.
func (n *notify) run(t *sim.Thread) {
	for {
		for n.rests(t) {
			t.Block(opNotifyWait, &n.obj, &n.idle)
		}
		if n.stop {
			return
		}
		n.walkField.Changes(t)
		n.pending, n.walking = false, true
		t.Obliged(&n.obj, "")
		n.listField.Sees(t)
		if n.callback != nil {
			n.callback(t)
		}
		t.Step(opNotifyEnd, &n.obj, nil)
		n.walkField.Changes(t)
		n.walking = false
		t.Discharged(&n.obj)
		for u := n.removing.First(); u != nil; u = n.removing.First() {
			n.removing.Remove(u)
			t.World().Wake(t, u)
		}
	}
}

// walks reports whether the thread walks the list.
func (n *notify) walks(t *sim.Thread) bool {
	n.walkField.Sees(t)
	return n.walking
}

// rests reports whether the thread has nothing to do.
func (n *notify) rests(t *sim.Thread) bool {
	n.bitsField.Changes(t)
	return !n.pending && !n.stop
}

// end stops the thread and waits for it.
func (n *notify) end(t *sim.Thread) {
	n.bitsField.Changes(t)
	if n.thread == nil {
		return
	}
	n.stop = true
	n.wake(t)
	t.Join(n.thread)
}

// Blockers implements sim.Resource: whoever waits for a walk waits for the thread.
func (n *notify) Blockers(t *sim.Thread, buf []*sim.Thread) []*sim.Thread {
	if t != n.thread && n.thread != nil {
		buf = append(buf, n.thread)
	}
	return buf
}
