// SPDX-License-Identifier: CDDL-1.0

package sim

import "fmt"

// Handoff reports whether the world was run with Config.Handoff.
func (w *World) Handoff() bool { return w.handoff }

// Logging reports whether the world was run with Config.Log; lines are worth computing only
// then.
func (t *Thread) Logging() bool { return t.w.log != nil }

// Logf tells Config.Log what t has just done. Callers on hot paths ask Logging first.
func (t *Thread) Logf(format string, args ...any) {
	if t.w.log != nil && !t.w.over {
		t.w.log(t, fmt.Sprintf(format, args...))
	}
}

// LogPoint is a scheduling point in a world with Config.Log and nothing in any other: for
// what such a log tells apart although no other thread can.
func (t *Thread) LogPoint(op *OpType, o *Object) {
	if t.w.log != nil {
		t.Step(op, o, nil)
	}
}
