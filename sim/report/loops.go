// SPDX-License-Identifier: CDDL-1.0

package report

import (
	"fmt"
	"strings"
)

const loopRowsMax = 12 // of one iteration

// foldLoops replaces iterations of a loop by the last of them, with a remark. Iterations are
// equal when their rows are, numbers aside: those of a retried request have other threads of
// the same server and other replies. Rows that must be seen are never in what is left out.
func foldLoops(in []row) []row {
	keys := make([]string, len(in))
	for i, x := range in {
		keys[i] = fmt.Sprintf("%s|%s|%s|%s|%c", unnumbered(x.thread), x.op, unnumbered(x.object), x.site, x.mark)
	}
	var out []row
	for at := 0; at < len(in); {
		period, times := repeated(in, keys, at)
		if times < 2 || period*(times-1) < 2 {
			out = append(out, in[at])
			at++
			continue
		}
		last := at + period*(times-1)
		x := in[last]
		rows := "row"
		if period > 1 {
			rows = fmt.Sprintf("%d rows", period)
		}
		x.loop = fmt.Sprintf("<iterations 1-%d> steps %d to %d, as the %s below", times-1,
			in[at].first, in[last-1].last, rows)
		x.first = in[last].first
		out = append(out, x)
		out = append(out, in[last+1:last+period]...)
		at = last + period
	}
	return out
}

// repeated returns the shortest period with which the rows from at on repeat, and how often;
// 1 if they do not.
func repeated(in []row, keys []string, at int) (period, times int) {
	for period = 1; period <= loopRowsMax && at+2*period <= len(in); period++ {
		times = 1
		for start := at + period; start+period <= len(in) && equal(keys, at, start, period); start += period {
			times++
		}
		for times > 1 && anyMust(in[at:at+period*(times-1)]) {
			times--
		}
		if times > 1 && period*(times-1) >= 2 {
			return period, times
		}
	}
	return 1, 1
}

func equal(keys []string, a, b, n int) bool {
	for i := range n {
		if keys[a+i] != keys[b+i] {
			return false
		}
	}
	return true
}

func anyMust(rows []row) bool {
	for _, x := range rows {
		if x.weight == must {
			return true
		}
	}
	return false
}

// unnumbered returns a name without the numbers in it.
func unnumbered(s string) string {
	return strings.Map(func(c rune) rune {
		if '0' <= c && c <= '9' {
			return -1
		}
		return c
	}, s)
}
