// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"fmt"
	"regexp"
	"strings"

	"dlsim/devnet/env"
	"dlsim/devnet/env/dls"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
)

// golden runs one script: the kernel of the port, with the daemon, softmac and iptun of the
// model that the original was run against (testdata/golden/README.md).
type golden struct {
	k        Kernel
	w        *sim.World
	out      []string
	over     bool // dls_mgmt_fini has been called
	bad      bool // the script cannot be read
	downcall bool
	fine     bool
	minors   uint32 // given to MACs without a device
	manual   bool   // tasks run when run_tasks says so
	faults   []*goldenFault
	daemon   goldenDaemon
	softmac  goldenSoftmac
	iptun    goldenIptun
	ddi      goldenDDI
	tmps     map[string]*kmemHandle
	perims   map[string]mac.Perim
	opened   map[string]*mac.MAC
	actors   []*goldenActor // M first
	strategy goldenStrategy
	last     map[string]string // the last line of each thread
	blocked  map[string]string // what each blocked thread waits for
}

// kmemHandle is what a script's handle stands for.
type kmemHandle struct {
	dlh env.DLHandle
	dlp dls.Ptr
}

// goldenActor is a thread of a script.
type goldenActor struct {
	name    string
	ops     []string // still to do
	current string   // the operation it is in
	thread  *sim.Thread
	context env.Context
}

// runGolden runs a script and returns what it printed.
func runGolden(w *sim.World, script []string) []string {
	g := &golden{
		w: w, tmps: make(map[string]*kmemHandle), perims: make(map[string]mac.Perim),
		opened: make(map[string]*mac.MAC), last: make(map[string]string), blocked: make(map[string]string),
	}
	g.strategy.g = g
	m := &goldenActor{name: "M", ops: script}
	g.actors = []*goldenActor{m}
	r := w.Run(sim.Config{Handoff: true, Log: g.log, Lenient: g.lenient, StepsMax: 1 << 20, Monitor: (*goldenMonitor)(g)}, &g.strategy,
		func(t *sim.Thread) {
			noboot := len(script) > 0 && script[0] == "noboot"
			g.boot(t, noboot)
			if noboot {
				m.ops = script[1:]
			}
			t.World().Sequential(false)
			m.thread = t.Fork("M", 0, g.main)
			m.thread.SetLocal(&m.context)
			t.Join(m.thread)
		})
	g.end(r)
	return g.out
}

// boot makes the world; unless noboot the module, the daemon and its door are there.
func (g *golden) boot(t *sim.Thread, noboot bool) {
	t.World().Sequential(true)
	k := &g.k
	k.Init(t.World(), Config{Debug: true})
	k.Links.Debug = true
	k.Taskq.Init(t.World(), "tq", nil)
	k.Door.Direct, k.Door.Fault = g.daemon.upcall, g.fault
	k.MAC.Fault, k.Links.Fault, k.Kstat.Fault, k.DLS.Fault = g.fault, g.fault, g.fault, g.fault
	k.MAC.DeviceOf, k.Links.Devnet = nil, nil
	k.DLS.Softmac, k.DLS.Iptun, k.DLS.DDI = &g.softmac, &g.iptun, &g.ddi
	g.daemon.init(g)
	g.softmac.g, g.iptun.g, g.ddi.g = g, g, g
	g.ddi.drivers = map[string]env.Major{}
	if noboot {
		return
	}
	g.daemon.start(t)
	quiet := g.out
	k.DLS.MgmtDoorSet(t, true)
	g.out = quiet
}

// main is thread M: it reads the script.
func (g *golden) main(t *sim.Thread) {
	m := g.actors[0]
	for len(m.ops) > 0 && !g.over && !g.bad {
		line := m.ops[0]
		m.ops = m.ops[1:]
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if name, op, ok := threadLine(line); ok {
			g.actor(name).ops = append(g.actor(name).ops, op)
			continue
		}
		if items, ok := strings.CutPrefix(line, "go"); ok && (items == "" || items[0] == ' ') {
			g.print("> %s", line)
			g.goAll(t, strings.Fields(items))
			continue
		}
		g.do(t, m, line)
		if !g.manual {
			g.runTasks(t)
		}
	}
	if !g.over && !g.bad {
		g.state()
	}
	g.strategy.stop = true // tasks that are left do not run
}

// goldenMonitor keeps what blocked threads wait for.
type goldenMonitor golden

// Blocked implements sim.Monitor.
func (m *goldenMonitor) Blocked(t *sim.Thread) {
	m.blocked[t.Name()] = m.strategy.waitText(t)
}

var threadRE = regexp.MustCompile(`^([A-Z][A-Za-z0-9]*): *(.*)$`)

func threadLine(line string) (name, op string, ok bool) {
	m := threadRE.FindStringSubmatch(line)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

func (g *golden) actor(name string) *goldenActor {
	for _, a := range g.actors {
		if a.name == name {
			return a
		}
	}
	a := &goldenActor{name: name}
	g.actors = append(g.actors, a)
	return a
}

// runTasks waits until no task is left.
func (g *golden) runTasks(t *sim.Thread) {
	for {
		var task *sim.Thread
		g.w.Threads(func(u *sim.Thread) {
			if task == nil && u.Class() == "tq" && !u.Done() {
				task = u
			}
		})
		if task == nil {
			return
		}
		t.Join(task)
	}
}

var opPoint = &sim.OpType{Name: "op", Access: sim.Local}

// goAll runs all threads to the end of their work.
func (g *golden) goAll(t *sim.Thread, items []string) {
	var started []*goldenActor
	for _, a := range g.actors[1:] {
		if len(a.ops) == 0 {
			continue
		}
		a.thread = t.Fork(a.name, 0, func(u *sim.Thread) {
			for len(a.ops) > 0 {
				op := a.ops[0]
				u.LogPoint(opPoint, nil)
				a.ops = a.ops[1:]
				g.do(u, a, op)
			}
		})
		a.thread.SetLocal(&a.context)
		started = append(started, a)
	}
	g.strategy.begin(items)
	for _, a := range started {
		t.Join(a.thread)
	}
	g.runTasks(t)
	g.strategy.finish()
}

// do carries one operation out.
func (g *golden) do(t *sim.Thread, a *goldenActor, line string) {
	g.print("> %s: %s", a.name, line)
	a.current = line
	result, ok := g.operation(t, a, line)
	a.current = ""
	if !ok {
		g.bad = true
		return
	}
	if result != "" {
		g.print("< %s: %s", a.name, result)
	}
}

func (g *golden) print(format string, args ...any) {
	g.out = append(g.out, fmt.Sprintf(format, args...))
}

// rename gives threads the names of the model.
func (g *golden) rename(s string) string { return strings.ReplaceAll(s, "tq/", "tq") }

// hidden are the lines that the model does not print.
var hidden = regexp.MustCompile(`^kmem_cache_(alloc|free) (kstat|dls_link_cache)`)

func (g *golden) log(t *sim.Thread, line string) {
	if !hidden.MatchString(line) {
		g.last[t.Name()] = g.rename(line)
		g.print("  %s", g.rename(t.Name()+" "+line))
	}
}

// lenient lets a use of freed memory go on, with a word about it.
func (g *golden) lenient(t *sim.Thread, l *sim.Life, _ uint32, what string) bool {
	if verb, field, ok := strings.Cut(what, " "); ok && l.What == "dls_devnet_t" && l.Free &&
		(strings.HasPrefix(verb, "mutex_") || strings.HasPrefix(verb, "cv_")) {
		g.log(t, fmt.Sprintf("USE-AFTER-FREE %s %s#%d", verb, field, l.Num))
	}
	return true
}

// end says how the script ended, with the state of that moment.
func (g *golden) end(r sim.Result) {
	status := 0
	switch {
	case g.bad:
		status = 3
	case r.Failure == nil:
	case r.Failure.Kind == sim.KindHang:
		status = 4
		g.strategy.cannot()
		g.print("DEADLOCK")
		for _, a := range g.actors {
			if a.current != "" {
				g.print("  blocked %s: %s in %s", a.name, g.blocked[a.name], a.current)
			}
		}
	default:
		status = 2
		g.print("PANIC %s", g.panicText(r.Failure))
	}
	if r.Failure != nil && !g.over {
		g.state()
	}
	g.print("end %d", status)
}
