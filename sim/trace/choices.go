// SPDX-License-Identifier: CDDL-1.0

package trace

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dlsim/sim/strategy"
)

// runMax is how many picks of one thread go on a line, so that lines stay readable.
const runMax = 8

// formatChoices returns the section "choices".
func formatChoices(choices []strategy.Recorded) []byte {
	var b []byte
	for i := 0; i < len(choices); {
		c := choices[i]
		b = append(b, quote(c.Thread, " :")...)
		if !c.IsThread() {
			b = fmt.Appendf(b, " choose %s = %d of %d\n", quote(c.Op, "="), c.Value, c.Of)
			i++
			continue
		}
		end := i + 1
		for end < len(choices) && end-i < runMax &&
			choices[end].IsThread() && choices[end].Thread == c.Thread {
			end++
		}
		if end-i > 1 {
			b = fmt.Appendf(b, " x%d", end-i)
		}
		for sep := ": "; i < end; i, sep = i+1, "; " {
			b = append(b, sep...)
			b = append(b, quote(choices[i].Op, ";")...)
		}
		b = append(b, '\n')
	}
	return b
}

// parseChoice adds the choices of one line.
func parseChoice(line string, out []strategy.Recorded) ([]strategy.Recorded, error) {
	thread, rest, err := token(line, " :")
	if err != nil {
		return nil, err
	}
	if q, ok := strings.CutPrefix(rest, " choose "); ok {
		c, err := parseAnswer(thread, q)
		return append(out, c), err
	}
	n := 1
	if count, ok := strings.CutPrefix(rest, " x"); ok {
		digits, after, found := strings.Cut(count, ":")
		if n, err = strconv.Atoi(digits); err != nil || !found || n < 2 || n > runMax {
			return nil, fmt.Errorf("bad repeat count in %q", line)
		}
		rest = ":" + after
	}
	rest, ok := strings.CutPrefix(rest, ": ")
	if !ok {
		return nil, fmt.Errorf("expected \": OPERATION\" after thread %s", thread)
	}
	for i := range n {
		var op string
		if op, rest, err = token(rest, ";"); err != nil {
			return nil, err
		}
		out = append(out, strategy.Recorded{Thread: thread, Op: op})
		if i < n-1 {
			if rest, ok = strings.CutPrefix(rest, "; "); !ok {
				return nil, fmt.Errorf("expected %d operations, found %d", n, i+1)
			}
		}
	}
	if rest != "" {
		return nil, fmt.Errorf("unexpected %q", rest)
	}
	return out, nil
}

// parseAnswer parses what comes after "choose".
func parseAnswer(thread, s string) (strategy.Recorded, error) {
	c := strategy.Recorded{Thread: thread}
	label, rest, err := token(s, "=")
	if err != nil {
		return c, err
	}
	if !strings.HasPrefix(s, `"`) {
		// The space before "=" is not part of an unquoted label.
		trimmed := strings.TrimSuffix(label, " ")
		if trimmed == label {
			return c, errors.New("expected \"LABEL = VALUE of COUNT\"")
		}
		label, rest = trimmed, " "+rest
	}
	c.Op = label
	var end string
	n, _ := fmt.Sscanf(rest, " = %d of %d%s", &c.Value, &c.Of, &end)
	if n != 2 || c.Of < 2 || c.Value < 0 || c.Value >= c.Of {
		return c, errors.New("expected \"LABEL = VALUE of COUNT\" with VALUE below COUNT")
	}
	return c, nil
}

// token takes a quoted string, or all up to the first of the characters in ends.
func token(s, ends string) (tok, rest string, err error) {
	if strings.HasPrefix(s, `"`) {
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", "", fmt.Errorf("bad quoting: %s", s)
		}
		tok, _ = strconv.Unquote(q) // QuotedPrefix has checked it
		return tok, s[len(q):], nil
	}
	i := strings.IndexAny(s, ends)
	if i < 0 {
		i = len(s)
	}
	if i == 0 {
		return "", "", errors.New("expected a name")
	}
	return s[:i], s[i:], nil
}
