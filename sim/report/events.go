// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"dlsim/sim/explore"
)

// Events writes every step of the record, one a line, with the notes that the program made
// below it, and at the end the stack of a Go panic.
func Events(w io.Writer, r *explore.Record) error {
	b := bufio.NewWriter(w)
	thread, op := len("thread"), len("operation")
	for i := range r.Events {
		e := &r.Events[i]
		thread = max(thread, len(e.Thread))
		op = max(op, len(what(e)))
	}
	fmt.Fprintf(b, "%7s   %-*s  %-*s  %s\n", "step", thread, "thread", op, "operation", "site")
	for i := range r.Events {
		e := &r.Events[i]
		mark := " "
		switch {
		case e.Preempt:
			mark = "*"
		case e.Picked:
			mark = "+"
		}
		site := e.Site.String()
		if e.Site.Via != "" {
			site += " via " + e.Site.Via
		}
		line := fmt.Sprintf("%7d%s  %-*s  %-*s  %s", e.Step, mark, thread, e.Thread, op, what(e), site)
		fmt.Fprintln(b, strings.TrimRight(line, " "))
		for _, n := range e.Notes {
			fmt.Fprintf(b, "%7s   %-*s  -> %s\n", "", thread, "", n)
		}
	}
	fmt.Fprintln(b, "+ was chosen among threads that could run, * instead of one that could go on")
	if r.Stack != "" {
		fmt.Fprintf(b, "\n%s", r.Stack)
	}
	return b.Flush()
}

func what(e *explore.Event) string {
	switch {
	case e.IsChoice:
		return fmt.Sprintf("choose %s = %d of %d", e.Object, e.Value, e.Enabled)
	case e.Object != "":
		return e.Op + " " + e.Object
	}
	return e.Op
}
