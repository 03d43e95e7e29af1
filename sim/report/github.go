// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"io"
	"strings"
)

// GitHub writes the outcomes as workflow commands of GitHub Actions, which shows them at the
// scenario's file: what fails the run as errors, doubt and known violations as warnings and
// notices.
func GitHub(w io.Writer, outcomes []Outcome) error {
	for i := range outcomes {
		o := &outcomes[i]
		for j, v := range o.Result.Violations {
			level, text := "error", v.Signature
			if v.Accepted {
				level, text = "notice", standing(v)+"\n"+text
			}
			if t := o.Failures[j].Trace; t != "" {
				text += "\nreplay: dlsim replay " + shellQuote(t)
			}
			if err := annotate(w, level, o.File, o.title(j), text); err != nil {
				return err
			}
		}
		for _, e := range o.Result.Missing {
			if err := annotate(w, "error", o.File, o.Result.Scenario, missing(e)); err != nil {
				return err
			}
		}
		if doubt := unknown(o.Result); doubt != "" {
			if err := annotate(w, "warning", o.File, o.Result.Scenario, doubt); err != nil {
				return err
			}
		}
	}
	return nil
}

func annotate(w io.Writer, level, file, title, text string) error {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	_, err := fmt.Fprintf(w, "::%s file=%s,line=1,title=%s::%s\n", level, property.Replace(file),
		property.Replace(title), data.Replace(text))
	return err
}
