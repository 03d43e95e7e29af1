// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"dlsim/model"
	"dlsim/sim/trace"
)

func (a *app) checkCommand() *cobra.Command {
	var html string
	var limit int
	cmd := &cobra.Command{
		Use:   "check HISTORY",
		Short: "Judge a recorded history by the specification",
		Long: "Judge a history of datalink operations, recorded by dlsim or on a real kernel, by the\n" +
			"specification: is there an order of the operations that explains every answer?\n" +
			"docs/kernel-histories.md says what a history file is and how to record one.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("check takes one history")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if limit < 1 {
				return usagef("--limit must be at least 1")
			}
			return a.check(args[0], html, limit)
		},
	}
	cmd.Flags().StringVar(&html, "html", "", "write porcupine's view of the history to a file")
	cmd.Flags().IntVar(&limit, "limit", model.DefaultLimit,
		"steps of the specification after which a part of the history is given up as unknown")
	return cmd
}

func (a *app) check(file, html string, limit int) error {
	src, err := os.ReadFile(file)
	if err != nil {
		return usageError{err}
	}
	h, err := model.ReadFile(src)
	if err != nil {
		var bad *model.FileError
		if errors.As(err, &bad) {
			return inputError{fmt.Errorf("%s:%w\n    %s", file, err, bad.Text)}
		}
		return usageError{err}
	}
	c := model.NewChecker(model.NewRules())
	c.Limit = limit
	switch c.Check(h) {
	case model.OK:
		fmt.Fprintf(a.out, "OK: an order of the %d operations explains every answer\n", len(h.Ops))
	case model.Unknown:
		a.code = exitUnknown
		fmt.Fprintf(a.out, "UNKNOWN: not judged within %d steps; --limit sets another limit\n", limit)
	case model.NotLinearizable:
		a.code = exitFailed
		a.refused(c.Explain(h))
	}
	if html == "" {
		return nil
	}
	var b bytes.Buffer
	if err := c.WriteHTML(&b, h); err != nil {
		return fmt.Errorf("cannot make the view: %w", err)
	}
	return trace.WriteAtomic(html, b.Bytes())
}

// refused tells why a history cannot be explained.
func (a *app) refused(x *model.Explanation) {
	fmt.Fprintf(a.out, "LIN: %s\n", x.Message())
	for _, s := range x.Sections() {
		fmt.Fprintf(a.out, "\n%s\n", s.Title)
		for _, l := range s.Lines {
			fmt.Fprintf(a.out, "  %s\n", l)
		}
	}
}
