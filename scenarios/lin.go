// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"bytes"

	"dlsim/model"
	"dlsim/sim"
)

// rightMax bounds the histories that a worker remembers as right. In most campaigns many schedules have
// the same history.
const rightMax = 1 << 15

// judge lets the specification judge the history of a schedule that has come to its end. What it
// finds outweighs tables that disagree then, for it names the operation whose answer is wrong. A
// schedule that failed on its way is not judged: its history was cut off, and what is wrong with it
// is known.
func (r *runner) judge(cfg sim.Config, res *sim.Result) {
	h := &r.machine.history.History
	key := h.Hash()
	if r.right[key] {
		return
	}
	switch r.lin.Check(h) {
	case model.OK:
		if len(r.right) >= rightMax {
			clear(r.right)
		}
		r.right[key] = true
	case model.Unknown:
		if res.Outcome == sim.Passed {
			res.Outcome = sim.Unknown
		}
	case model.NotLinearizable:
		res.Outcome, res.Failure = sim.Failed, r.refused(cfg)
	}
}

// refused makes the failure of a history that no order explains: it happens where the operation
// returns after which there is none.
func (r *runner) refused(cfg sim.Config) *sim.Failure {
	h := &r.machine.history.History
	if !cfg.Detail {
		x := r.lin.Wrong(h)
		return &sim.Failure{Kind: sim.KindLin, Subject: x.Subject(), Message: x.Message()}
	}
	x := r.lin.Explain(h)
	f := &sim.Failure{Kind: sim.KindLin, Subject: x.Subject(), Message: x.Message(), Evidence: evidence(x), Attachments: r.attachments(h)}
	f.At.Step = x.Op.Until
	r.world.Threads(func(t *sim.Thread) {
		if t.Name() == x.Op.Thread {
			f.Thread = t
		}
	})
	r.world.FoundAfter(f)
	return f
}

// HistoryFile is the name of the attachment with the history that was refused, which dlsim check
// reads; HistoryView is that of porcupine's view of it.
const (
	HistoryFile = "history.jsonl"
	HistoryView = "history.html"
)

func (r *runner) attachments(h *model.History) []sim.Attachment {
	out := []sim.Attachment{{Name: HistoryFile, Data: h.File()}}
	var view bytes.Buffer
	if err := r.lin.WriteHTML(&view, h); err == nil { // a view that cannot be made leaves the report as it is
		out = append(out, sim.Attachment{Name: HistoryView, Data: view.Bytes()})
	}
	return out
}

func evidence(x *model.Explanation) []sim.Evidence {
	var out []sim.Evidence
	for _, s := range x.Sections() {
		out = append(out, sim.Evidence(s))
	}
	return out
}
