// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"dlsim/sim"
	"dlsim/sim/certificate"
	"dlsim/sim/explore"
	"dlsim/sim/strategy"
)

// certificateFile returns where the certificate of a scenario is: beside it.
func certificateFile(sc *scenario) string {
	return strings.TrimSuffix(sc.file, filepath.Ext(sc.file)) + ".cert"
}

// readCertificate returns the certificate of a scenario, nil if it has none.
func readCertificate(sc *scenario) (*certificate.Certificate, error) {
	c, err := certificate.Read(certificateFile(sc))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, usageError{err}
	}
	return c, nil
}

// certified keeps the scenarios that have a certificate, and has them explored as it says.
func certified(all []*scenario) ([]*scenario, error) {
	var out []*scenario
	for _, sc := range all {
		c, err := readCertificate(sc)
		if err != nil {
			return nil, err
		}
		if c != nil {
			sc.explore.Strategy, sc.explore.Preemptions, sc.explore.Symmetry = c.Strategy, c.Preemptions, c.Symmetry != symmetryNone
			sc.explore.Schedules, sc.explore.Time = 0, 0
			out = append(out, sc)
		}
	}
	if len(out) == 0 {
		return nil, usagef("none of the scenarios has a certificate to check again")
	}
	return out, nil
}

// claim returns what a complete run of a scenario would show. It is not about lin: whether one
// operation ended before another began can differ between schedules that are equivalent.
func (s *session) claim(sc *scenario, c explore.Config) certificate.Claim {
	return certificate.Claim{
		Scenario: sc.name, ScenarioHash: sc.hash, PortHash: sc.program.PortHash(), Tool: "dlsim " + version,
		Kernel: kernelName(s.flags.debug), Strategy: c.Strategy, Preemptions: c.Preemptions, Symmetry: symmetry(sc, c),
		StepsMax: c.StepsMax,
		Checks: strings.Join(slices.DeleteFunc(slices.Clone(c.Checks), func(name string) bool {
			return name == string(sim.KindLin)
		}), " "),
	}
}

const symmetryNone = "none"

// symmetry says in one line which threads of a scenario are not told apart: "a b; c d".
func symmetry(sc *scenario, c explore.Config) string {
	var classes []string
	for _, class := range symmetric(sc, c) {
		classes = append(classes, strings.Join(class, " "))
	}
	if len(classes) == 0 {
		return symmetryNone
	}
	return strings.Join(classes, "; ")
}

// symmetric returns the threads of a scenario that a search is not to tell apart.
func symmetric(sc *scenario, c explore.Config) [][]string {
	if p, ok := sc.program.(explore.Symmetrical); ok && c.Symmetry {
		return p.Symmetric()
	}
	return nil
}

// recognise returns the result that a certificate vouches for, nil if there is none or it does not
// fit what is to be done.
func (s *session) recognise(sc *scenario, c explore.Config) (*explore.Result, error) {
	if s.flags.recheck || !explore.IsSearch(c.Strategy) {
		return nil, nil
	}
	cert, err := readCertificate(sc)
	if s.flags.certify && err != nil {
		return nil, nil // it is written anew
	}
	if cert == nil {
		return nil, err
	}
	if why := cert.Stale(s.claim(sc, c)); why != "" {
		if !s.flags.certify {
			fmt.Fprintf(s.text, "%s: not trusted: %s\n", filepath.ToSlash(certificateFile(sc)), why)
		}
		return nil, nil
	}
	return &explore.Result{
		Symmetric: symmetric(sc, c),
		Scenario:  sc.name, Plan: explore.Plan{Strategy: c.Strategy, Preemptions: c.Preemptions, Seed: c.Seed}, Workers: 1,
		Coverage: &strategy.Coverage{Executions: cert.Executions, Bounded: c.Preemptions != strategy.Unbounded},
		Complete: true, Certified: true, Digest: cert.Digest, DistinctExact: true, Verdict: explore.Expected, Saturation: 1,
	}, nil
}

// certify writes the certificate of a complete run without violations, or compares it with the one
// that is checked again. A certificate that does not hold makes the run a violation.
func (s *session) certify(sc *scenario, c explore.Config, r *explore.Result) error {
	proved := r.Complete && len(r.Violations) == 0 && r.Unknowns == 0 && r.Ignored == 0 && r.Verdict == explore.Expected
	name := filepath.ToSlash(certificateFile(sc))
	now := certificate.Certificate{Claim: s.claim(sc, c), Digest: r.Digest}
	if r.Coverage != nil {
		now.Executions = r.Coverage.Executions
	}
	if s.flags.certify && proved {
		return now.Write(certificateFile(sc))
	}
	if !s.flags.recheck {
		return nil
	}
	was, err := readCertificate(sc)
	if err != nil {
		return err
	}
	switch why := was.Stale(now.Claim); {
	case !proved && !r.Interrupted:
		fmt.Fprintf(s.text, "%s does not hold: the search does not come to what it says\n", name)
		r.Verdict = explore.Violated
	case why == "" && proved && (was.Executions != now.Executions || was.Digest != now.Digest):
		fmt.Fprintf(s.text, "%s does not hold: it says %d executions with digest %016x, there are %d with %016x\n",
			name, was.Executions, was.Digest, now.Executions, now.Digest)
		r.Verdict = explore.Violated
	case why != "" && proved:
		fmt.Fprintf(s.text, "%s: %s, and what it claims still holds; renew it with --certify\n", name, why)
	}
	return nil
}
