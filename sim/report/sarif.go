// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"io"
	"slices"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"dlsim/sim"
	"dlsim/sim/explore"
)

// Origin says where the source under test and the tool are, for SARIF.
type Origin struct {
	Version string // of the tool
	// Sources maps the base name of a source file to its path in the repository that the
	// results are for.
	Sources map[string]string
}

// SARIF writes the violations as a SARIF 2.1.0 log. A result is at the places in the source
// under test that its signature names, and at its scenario; its fingerprint is the signature,
// so it stays the same result in later runs; its code flow is the interleaving. Violations
// that were known before are suppressed.
func SARIF(w io.Writer, outcomes []Outcome, origin Origin) error {
	run := sarif.NewRun().WithTool(sarif.NewTool().WithDriver(
		sarif.NewToolComponent().WithName("dlsim").WithVersion(origin.Version)))
	for _, k := range explore.AllCheckNames() {
		run.AddRule(k).WithName(k).WithShortDescription(sarif.NewMultiformatMessageString().WithText(kindAbout(sim.Kind(k))))
	}
	for i := range outcomes {
		o := &outcomes[i]
		for j, v := range o.Result.Violations {
			run.AddResult(o.result(j, run.GetRuleIndex(string(v.Kind)), origin))
		}
	}
	log := sarif.NewReport()
	log.AddRun(run)
	return log.PrettyWrite(w)
}

// kindAbout says in a line what a check finds.
func kindAbout(k sim.Kind) string {
	switch k {
	case sim.KindPanic:
		return "A VERIFY or ASSERT fails, or a lock is misused."
	case sim.KindDeadlock:
		return "Threads wait for each other in a cycle."
	case sim.KindHang:
		return "Nothing can run, and not all is done."
	case sim.KindLifetime:
		return "Memory is used that is not allocated."
	case sim.KindStale:
		return "Tables that should agree at quiescence do not."
	case sim.KindRace:
		return "Two accesses to a variable, one of them a write, are not ordered."
	case sim.KindOrder:
		return "Locks are taken in an order in which threads can wait for each other in a cycle."
	case sim.KindUpcall:
		return "An answer is waited for with a lock that others need."
	case sim.KindAnswer:
		return "An operation answers what the scenario says it must not."
	}
	return "The check " + string(k) + " fails."
}

// result returns violation i. Its code flow is that of the report, which may be smaller than the
// schedule in which it was found.
func (o *Outcome) result(i, rule int, origin Origin) *sarif.Result {
	v, text := o.Result.Violations[i], o.title(i)
	if trace := o.Failures[i].Trace; trace != "" {
		text += ". Replay it with: dlsim replay " + shellQuote(trace)
	}
	res := sarif.NewRuleResult(string(v.Kind)).WithRuleIndex(rule).WithLevel(sarif.LevelError).
		WithMessage(sarif.NewTextMessage(text)).
		WithPartialFingerprints(map[string]string{"dlsimSignature/v1": v.Signature}).
		WithOccurrenceCount(int(v.Count))
	for _, s := range v.Sites {
		if l := location(s, origin); l != nil {
			res.AddLocation(l)
		}
	}
	scenario := sarif.NewLocationWithPhysicalLocation(physical(o.File, 1)).WithMessage(sarif.NewTextMessage("the scenario"))
	if len(res.Locations) == 0 {
		res.AddLocation(scenario)
	} else {
		res.AddRelatedLocation(scenario)
	}
	if flow := codeFlow(o.Failures[i].Record, origin); flow != nil {
		res.AddCodeFlow(flow)
	}
	if v.Accepted {
		res.WithBaselineState("unchanged").WithLevel(sarif.LevelNote)
		res.AddSuppression(sarif.NewSuppression().WithKind("external").WithJustification(standing(v)))
	} else {
		res.WithBaselineState("new")
	}
	return res
}

func physical(file string, line int) *sarif.PhysicalLocation {
	return sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(file)).
		WithRegion(sarif.NewRegion().WithStartLine(line))
}

// location returns where a place is in the repository, nil if it is not in it.
func location(s sim.Site, origin Origin) *sarif.Location {
	file := origin.Sources[s.File]
	if file == "" || s.Line == 0 {
		return nil
	}
	return sarif.NewLocationWithPhysicalLocation(physical(file, s.Line)).WithMessage(sarif.NewTextMessage(s.String()))
}

// codeFlow returns the steps of the interleaving that matter and have a place, by thread, in
// their order; nil if there are none.
func codeFlow(r *explore.Record, origin Origin) *sarif.CodeFlow {
	var order []string
	flows := make(map[string]*sarif.ThreadFlow)
	for _, x := range rows(r, true) {
		l := location(x.site, origin)
		if l == nil || x.weight < latest {
			continue
		}
		if flows[x.thread] == nil {
			flows[x.thread] = sarif.NewThreadFlow().WithID(x.thread)
			order = append(order, x.thread)
		}
		l.WithMessage(sarif.NewTextMessage(x.text()))
		flows[x.thread].AddLocation(sarif.NewThreadFlowLocation().WithLocation(l).WithExecutionOrder(x.last))
	}
	if len(order) == 0 {
		return nil
	}
	slices.Sort(order)
	c := sarif.NewCodeFlow()
	for _, name := range order {
		c.AddThreadFlow(flows[name])
	}
	return c
}
