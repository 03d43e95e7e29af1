// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"encoding/json"
	"math"
	"strings"

	"dlsim/sim/explore"
	"dlsim/sim/trace"
)

// jsonResult is one line of --json; its fields are a contract.
type jsonResult struct {
	Scenario   string          `json:"scenario"`
	Strategy   string          `json:"strategy"`
	Seed       uint64          `json:"seed"`
	Schedules  int64           `json:"schedules"`
	Steps      int64           `json:"steps"`
	Distinct   int64           `json:"distinct"`
	Complete   bool            `json:"complete"`
	Saturation float64         `json:"saturation"`
	BugBound   float64         `json:"bug_bound"`
	ElapsedMS  int64           `json:"elapsed_ms"`
	Verdict    explore.Verdict `json:"verdict"`
	Violations []jsonViolation `json:"violations"`
	// LockOrder has the cycles that the check order predicts; it is left out if there are none.
	LockOrder []jsonPrediction `json:"lock_order,omitempty"`
	// Symmetric has the classes of threads that a search did not tell apart; it is left out if there are none.
	Symmetric [][]string `json:"symmetric,omitempty"`
}

// jsonPrediction is what has come of the cycles of one sequence of lock classes.
type jsonPrediction struct {
	Classes  []string                  `json:"classes"` // in the order of the cycle
	Cycles   int                       `json:"cycles"`  // of these classes, at different places
	Verdict  explore.PredictionVerdict `json:"verdict"`
	Why      string                    `json:"why,omitempty"`   // such as the schedule that has reached it
	Guard    string                    `json:"guard,omitempty"` // the lock that keeps it from happening
	Directed int64                     `json:"directed"`        // schedules that searched for it
}

type jsonViolation struct {
	Kind          string `json:"kind"`
	Signature     string `json:"signature"`
	Bug           string `json:"bug"`
	FirstSchedule int64  `json:"first_schedule"`
	Count         int64  `json:"count"`
	Trace         string `json:"trace"`
}

// addJSON adds the line of one scenario.
func (s *session) addJSON(sc *scenario, c explore.Config, r *explore.Result, traces []string) {
	x := jsonResult{
		Scenario: sc.name, Strategy: c.Strategy, Seed: c.Seed, Schedules: r.Schedules,
		Steps: r.Steps, Distinct: r.Distinct,
		Complete:   r.Complete,
		Saturation: math.Round(r.Saturation*1e6) / 1e6, BugBound: math.Round(r.BugBound()*1e12) / 1e12,
		ElapsedMS: r.Elapsed.Milliseconds(), Verdict: r.Verdict,
		Violations: []jsonViolation{},
	}
	x.Symmetric = r.Symmetric
	for i, v := range r.Violations {
		x.Violations = append(x.Violations, jsonViolation{
			Kind: string(v.Kind), Signature: v.Signature, Bug: v.Bug(),
			FirstSchedule: v.First, Count: v.Count, Trace: traces[i],
		})
	}
	for _, p := range r.Predictions {
		x.LockOrder = append(x.LockOrder, jsonPrediction{
			Classes: strings.Split(p.Classes, " > "), Cycles: p.Cycles, Verdict: p.Verdict, Why: p.Why, Guard: p.Guard,
			Directed: p.Schedules,
		})
	}
	line, err := json.Marshal(x)
	if err != nil {
		panic("engine bug: " + err.Error()) // the type has nothing that cannot be encoded
	}
	s.json.Write(append(line, '\n'))
}

// writeJSON writes the lines to where --json says.
func (s *session) writeJSON() error {
	switch s.flags.json {
	case "":
		return nil
	case "-":
		_, err := s.json.WriteTo(s.out)
		return err
	}
	return trace.WriteAtomic(s.flags.json, s.json.Bytes())
}
