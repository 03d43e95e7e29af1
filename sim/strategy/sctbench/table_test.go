// SPDX-License-Identifier: CDDL-1.0

package sctbench

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"dlsim/sim/trace"
)

var update = flag.Bool("update", false, "write the table in docs/performance.md anew; takes minutes")

const (
	trials    = 20
	document  = "../../../docs/performance.md"
	tableFrom = "<!-- sctbench -->\n"
	tableTo   = "<!-- end sctbench -->\n"
)

// columns are the strategies of the table; auto has no published figures.
var columns = []string{"surw", "pct", "pos", "random", "auto"}

// cell is what the trials of a strategy on a program gave.
type cell struct {
	found int
	sum   float64 // of the schedules of those that found the bug
}

func (c cell) mean() float64 { return c.sum / float64(c.found) }

func (c cell) String() string {
	switch c.found {
	case 0:
		return "-"
	case trials:
		return fmt.Sprintf("%.3g", c.mean())
	}
	return fmt.Sprintf("%.0f* (%d)", c.mean(), c.found)
}

func (f Figure) String() string {
	switch {
	case f.Never:
		return "-"
	case f.Mean == 0:
		return "n.r."
	case f.Part:
		return fmt.Sprintf("%.0f*", f.Mean)
	}
	return fmt.Sprintf("%.0f", f.Mean)
}

// worse reports whether the trials are worse than what is published, beyond what chance can
// do: times to a bug are nearly exponential, so that a mean of n of them has a standard error
// of 1/sqrt(n) of itself.
func (c cell) worse(f Figure) bool {
	switch {
	case f.Never || f.Mean == 0:
		return false
	case c.found < trials && !f.Part:
		return true
	case c.found == 0:
		return false
	}
	m := c.mean()
	return m > f.Mean+2*math.Hypot(m, f.Mean)/math.Sqrt(trials)
}

// TestTable makes the table of docs/performance.md with -update, and otherwise expects it to
// have a row for each program, and surw to have found all.
func TestTable(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(text, []byte(tableFrom))
	table, after, ok2 := bytes.Cut(rest, []byte(tableTo))
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", document)
	}
	if *update {
		table = []byte(measure(t))
		all := bytes.Join([][]byte{before, []byte(tableFrom), table, []byte(tableTo), after}, nil)
		if err := trace.WriteAtomic(document, all); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range All() {
		_, row, ok := strings.Cut(string(table), "\n| "+b.Name+" | ")
		if surw, _, _ := strings.Cut(row, " |"); !ok || strings.ContainsAny(surw, "-*") {
			t.Errorf("%s: not in the table, or not found by surw in every trial: %q", b.Name, surw)
		}
	}
}

// measure returns the table.
func measure(t *testing.T) string {
	var out strings.Builder
	out.WriteString("\n| program |")
	for _, s := range columns {
		fmt.Fprintf(&out, " %s | published |", s)
	}
	head := strings.TrimSuffix(out.String(), " published |") + "\n|---|" + strings.Repeat("---:|", 2*len(columns)-1)
	out.Reset()
	out.WriteString(head + "\n")
	for _, b := range All() {
		fmt.Fprintf(&out, "| %s |", b.Name)
		for _, s := range columns {
			c := try(t, b, s)
			mark := ""
			if c.worse(b.Published[s]) {
				mark = " !"
			}
			fmt.Fprintf(&out, " %s%s |", c, mark)
			if s != "auto" {
				fmt.Fprintf(&out, " %s |", b.Published[s])
			}
		}
		out.WriteString("\n")
		t.Log(b.Name)
	}
	out.WriteString("\n")
	return out.String()
}

func try(t *testing.T, b Benchmark, strategy string) (c cell) {
	for seed := range uint64(trials) {
		if n := schedules(t, b, strategy, seed); n > 0 {
			c.found++
			c.sum += float64(n)
		}
	}
	return c
}
