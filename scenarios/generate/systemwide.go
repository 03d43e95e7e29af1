// SPDX-License-Identifier: CDDL-1.0

package generate

import "slices"

// systemGestures are about no link: the daemon, zones, processes, memory, time.
func systemGestures() []*gesture {
	return slices.Concat(daemonGestures(), zoneGestures(), processGestures(), []*gesture{
		whole(1, always, "readdir"),
		whole(1, always, "rebuild"),
		whole(1, global, "kmem_reap"),
		whole(1, always, "delay: 3s"),
	})
}

// whole is a gesture of the given lines.
func whole(often int, fits func(w *writer, th *thread) bool, lines ...string) *gesture {
	return &gesture{
		op: opOf(lines[0]), often: often, system: true,
		fits: func(w *writer, th *thread, _ *link) bool { return fits(w, th) },
		write: func(_ *writer, th *thread, _ *link) {
			for _, l := range lines {
				th.add(opOf(l), "", l)
			}
		},
	}
}

// opOf returns the operation that a line begins with.
func opOf(line string) string {
	for i := range len(line) {
		if line[i] == ':' {
			return line[:i]
		}
	}
	return line
}

func always(*writer, *thread) bool           { return true }
func global(_ *writer, th *thread) bool      { return th.zone == "" }
func keepsDaemon(w *writer, th *thread) bool { return th == w.daemonKeeper }

// daemonGestures leave a daemon that is suspended to nobody: who suspends it resumes it.
func daemonGestures() []*gesture {
	return []*gesture{
		whole(3, keepsDaemon, "daemon_crash", "daemon_start"),
		whole(3, keepsDaemon, "daemon_stop", "daemon_start"),
		whole(2, keepsDaemon, "daemon_crash"),
		whole(2, keepsDaemon, "daemon_start"),
		whole(2, func(w *writer, th *thread) bool {
			return keepsDaemon(w, th) && !slices.Contains(w.d.process, th.name) // or a fork keeps it from resuming it
		}, "daemon_suspend", "daemon_resume"),
	}
}

func zoneGestures() []*gesture {
	of := func(op string, often int) *gesture {
		return &gesture{op: op, often: often, system: true, fits: func(w *writer, th *thread, _ *link) bool {
			return th == w.zoneKeeper && len(w.d.zones) > 0
		}, write: func(w *writer, th *thread, _ *link) {
			th.add(op, "", op+": "+pick(w.t, "zone", w.zoneNames()...))
		}}
	}
	return []*gesture{of("zone_boot", 4), of("zone_shutdown", 6), of("zone_halt", 6), of("zone_destroy", 2)}
}

// processGestures: who stops a process is not in it, and lets it go on.
func processGestures() []*gesture {
	inside := func(w *writer, th *thread) bool { return slices.Contains(w.d.process, th.name) }
	outside := func(w *writer, th *thread) bool {
		return len(w.d.process) > 0 && th.zone == "" && !inside(w, th)
	}
	return []*gesture{
		whole(8, inside, "fork"),
		whole(4, inside, "forkall"),
		whole(4, outside, "stop: agent", "cont: agent"),
		whole(3, outside, "kill: agent"),
		{
			op: "signal", often: 2, system: true, fits: func(w *writer, th *thread, _ *link) bool { return th.zone == "" },
			write: func(w *writer, th *thread, _ *link) {
				others := slices.DeleteFunc(slices.Clone(w.d.threads), func(o *thread) bool { return o == th })
				th.add("signal", "", "signal: "+pick(w.t, "signalled", others...).name)
			},
		},
	}
}
