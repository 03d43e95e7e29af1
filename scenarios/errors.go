// SPDX-License-Identifier: CDDL-1.0

package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Error is something wrong in a scenario file. Its first line says where and what, and what
// would be right; then follow the offending line and a caret under the place.
type Error struct {
	File      string
	Line, Col int // from 1; columns count characters
	Msg       string
	Hint      string // what would be right, or ""
	Source    string // the offending line
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	if e.Source != "" {
		// Tabs stay tabs under the caret line, so that the caret stays in place.
		pad := []rune(e.Source)
		pad = pad[:min(max(e.Col-1, 0), len(pad))]
		for i, r := range pad {
			if r != '\t' {
				pad[i] = ' '
			}
		}
		fmt.Fprintf(&b, "\n    %s\n    %s^", e.Source, string(pad))
	}
	return b.String()
}

// errorAt makes an Error with the source line it is about. Positions outside the file are
// moved to its nearest line.
func errorAt(file string, src []byte, line, col int, msg, hint string) *Error {
	lines := strings.Split(strings.TrimSuffix(string(src), "\n"), "\n")
	line = min(max(line, 1), len(lines))
	text := strings.TrimRight(lines[line-1], "\r")
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "?")
	}
	col = min(max(col, 1), utf8.RuneCountInString(text)+1)
	return &Error{File: file, Line: line, Col: col, Msg: msg, Hint: hint, Source: text}
}

// suggest returns "did you mean x?" for the known name nearest to got, else the list of the
// known ones.
func suggest(got string, known []string) string {
	best, bestDistance := "", 3
	for _, k := range known {
		if d := distance(got, k); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	switch {
	case best != "":
		return "did you mean " + best + "?"
	case len(known) == 0:
		return "there are none"
	case len(known) > 40:
		return fmt.Sprintf("known are %s, ...", strings.Join(known[:40], ", "))
	}
	return "known are " + strings.Join(known, ", ")
}

// distance is the number of letters to insert, drop, change or swap with the next one to
// make a into b.
func distance(a, b string) int {
	older, prev, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, prev, row = slices.Clone(prev), row, prev
	}
	return prev[len(b)]
}
