// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// exception is a token of a line of the original that the port does not have, or has
// elsewhere, with the reason.
type exception struct {
	line       int
	token, why string
}

// exceptions is the whole list of what is not compared. Each must be needed.
var exceptions = []exception{
	{217, "ASSERT", "an object cache is a value, which cannot be NULL"},
	{309, "ASSERT", "a request is a value, which cannot be NULL"},
	{378, "kmem_free", "a reply is a value, which nobody frees"},
	{780, "read dd_ksp", "the value that line 779 has read: no call is between the two"},
	{785, "read dd_zone_ksp", "the value that line 784 has read: no call is between the two"},
	{799, "read dd_ksp", "the value that line 798 has read: no call is between the two"},
}

// helpers are the functions in the port's files that are not of the original and use what it
// uses, with the reason.
var helpers = map[string]string{
	"ddNotVisible":  "the macro DD_NOT_VISIBLE",
	"dlsStatUpdate": "of io/dls/dls_stat.c",
	"dlsStatCreate": "of io/dls/dls_stat.c",
	"MgmtLinkName":  "for callers of dls_mgmt_get_linkinfo that want the name only",
	"noteBusy":      "reads what a report shows, which is not an operation",
}

// TestMarksFitTheOriginal expects one Go function for each function of the original, with its
// lines, and each mark at the end of a statement and inside the function it is in.
func TestMarksFitTheOriginal(t *testing.T) {
	lines := readSeed(t)
	original := parseSeed(lines)
	p := readPort(t)
	for _, pos := range p.marks {
		t.Errorf("%s: the mark is not at the end of a statement", pos)
	}
	ported := make(map[string]*goFunction)
	for _, g := range p.funcs {
		if g.c == "" {
			continue
		}
		if other := ported[g.c]; other != nil {
			t.Errorf("%s and %s are both %s", other.name, g.name, g.c)
		}
		ported[g.c] = g
	}
	for _, f := range original[1:] {
		switch g := ported[f.name]; {
		case g == nil:
			t.Errorf("%s (C:%d-%d) has no Go function", f.name, f.first, f.last)
		case g.first != f.first || g.last != f.last:
			t.Errorf("%s: %s is C:%d-%d and not C:%d-%d", g.name, f.name, f.first, f.last, g.first, g.last)
		}
		delete(ported, f.name)
	}
	for c, g := range ported {
		t.Errorf("%s says it is %s, which the original does not have", g.name, c)
	}
	for _, g := range p.funcs {
		for _, s := range g.statements {
			switch {
			case s.first == 0:
			case g.first == 0:
				t.Errorf("%s: a mark in %s, which names no lines of the original", s.pos, g.name)
			case s.last < s.first || s.last-s.first > 10:
				t.Errorf("%s: mark C:%d-%d is not a statement", s.pos, s.first, s.last)
			case lines[s.first] == "" || lines[s.last] == "":
				t.Errorf("%s: mark C:%d-%d begins or ends in a blank line or a comment", s.pos, s.first, s.last)
			case (s.first < g.first || s.last > g.last) && !isStatic(original[0], s.first):
				t.Errorf("%s: mark C:%d-%d is outside %s, C:%d-%d", s.pos, s.first, s.last, g.name, g.first, g.last)
			}
		}
	}
}

func isStatic(statics *cFunction, line int) bool {
	return slices.ContainsFunc(statics.statements, func(s *cStatement) bool { return s.first == line })
}

// ported is a group of statements of the original with the statements of the port that have
// their marks. It is one statement with one, mostly.
type portedGroup struct {
	c  []*cStatement
	g  []*goStatement
	to *portedGroup // the group it has become part of
}

func (p *portedGroup) root() *portedGroup {
	for p.to != nil {
		p = p.to
	}
	return p
}

// compareMarks returns how many statements of the original have tokens, how many of those
// the port has, the statements of the port that are not of the original, and what is wrong.
func compareMarks(original []*cFunction, p *port, exceptions []exception) (all, ported, extra int, wrong []string) {
	groups := make(map[int]*portedGroup) // by line of C
	var order []*portedGroup
	for _, f := range original {
		for _, s := range f.statements {
			g := &portedGroup{c: []*cStatement{s}}
			order = append(order, g)
			for l := s.first; l <= s.last; l++ {
				groups[l] = g
			}
		}
	}
	for _, f := range p.funcs {
		for _, s := range f.statements {
			if s.first == 0 {
				if len(s.tokens) > 0 && helpers[f.name] == "" {
					extra++
					wrong = append(wrong, fmt.Sprintf("%s: no mark, but it has %s", s.pos, list(s.tokens)))
				}
				continue
			}
			var home *portedGroup
			for l := s.first; l <= s.last; l++ {
				g := groups[l]
				if g == nil {
					continue
				}
				if g = g.root(); home == nil {
					home = g
				} else if g != home {
					home.c, home.g = append(home.c, g.c...), append(home.g, g.g...)
					g.to = home
				}
			}
			if home == nil {
				extra++
				wrong = append(wrong, fmt.Sprintf("%s: mark C:%d-%d is not code", s.pos, s.first, s.last))
				continue
			}
			home.g = append(home.g, s)
		}
	}
	used := make([]bool, len(exceptions))
	for _, g := range order {
		if g.to != nil {
			continue
		}
		n, missing, more := g.compare(exceptions, used)
		all += n
		if len(missing) == 0 {
			ported += n
		} else {
			wrong = append(wrong, fmt.Sprintf("C:%d %q: the port has no %s", g.c[0].first, g.c[0].text, list(missing)))
		}
		if len(more) > 0 {
			extra++
			wrong = append(wrong, fmt.Sprintf("%s: C:%d %q has no %s", g.g[0].pos, g.c[0].first, g.c[0].text, list(more)))
		}
	}
	for i, e := range exceptions {
		if !used[i] {
			wrong = append(wrong, fmt.Sprintf("C:%d %q is not an exception: take it off the list (%s)", e.line, e.token, e.why))
		}
	}
	return all, ported, extra, wrong
}

// compare returns how many statements of the original in the group have tokens, the tokens
// that the port does not have, and those that the original does not have.
func (p *portedGroup) compare(exceptions []exception, used []bool) (n int, missing, more []string) {
	count := make(map[string]int)
	for _, s := range p.c {
		if len(s.tokens) > 0 {
			n++
		}
		for _, token := range s.tokens {
			count[token]++
		}
	}
	for _, s := range p.g {
		for _, token := range s.tokens {
			count[token]--
		}
	}
	for i, e := range exceptions {
		for _, s := range p.c {
			if s.first <= e.line && e.line <= s.last && count[e.token] > 0 {
				count[e.token]--
				used[i] = true
			}
		}
	}
	for token, d := range count {
		for ; d > 0; d-- {
			missing = append(missing, token)
		}
		for ; d < 0; d++ {
			more = append(more, token)
		}
	}
	return n, missing, more
}

func list(tokens []string) string {
	tokens = slices.Clone(tokens)
	slices.Sort(tokens)
	return strings.Join(tokens, ", ")
}

// TestMarksCoverTheOriginal expects every use of a lock, of shared state and of the kernel in
// every statement of the original to be once in the statements of the port that have its
// mark, and nothing else in them.
func TestMarksCoverTheOriginal(t *testing.T) {
	original, p := parseSeed(readSeed(t)), readPort(t)
	all, ported, extra, wrong := compareMarks(original, p, exceptions)
	slices.Sort(wrong)
	for _, w := range wrong {
		t.Error(w)
	}
	for name := range helpers {
		if !slices.ContainsFunc(p.funcs, func(g *goFunction) bool { return g.name == name && g.c == "" }) {
			t.Errorf("there is no helper %s: take it off the list", name)
		}
	}
	fmt.Printf("marks: %d of %d statements ported, %d extra\n", ported, all, extra)
}

// TestMarksComparisonFails makes sure that the comparison can fail: a mark that is taken off,
// a token that the port lacks and one that it has twice are found, whichever statement it is.
func TestMarksComparisonFails(t *testing.T) {
	original, p := parseSeed(readSeed(t)), readPort(t)
	fails := func(what string, s *goStatement) {
		if _, _, _, wrong := compareMarks(original, p, exceptions); len(wrong) == 0 {
			t.Errorf("%s: %s, and nothing is wrong", s.pos, what)
		}
	}
	tried := 0
	for _, f := range p.funcs {
		for _, s := range f.statements {
			if s.first == 0 || len(s.tokens) == 0 {
				continue
			}
			tried++
			first, last, tokens := s.first, s.last, s.tokens
			s.first, s.last = 0, 0
			fails("the mark is taken off", s)
			s.first, s.last = first, last
			for i := range tokens {
				s.tokens = slices.Delete(slices.Clone(tokens), i, i+1)
				fails("no "+tokens[i], s)
			}
			s.tokens = append(slices.Clone(tokens), tokens[0])
			fails("twice "+tokens[0], s)
			s.tokens = tokens
		}
	}
	if tried < 300 {
		t.Errorf("only %d statements of the port have a mark and something to compare", tried)
	}
}

// plain are the calls of the original that are not compared: they work on the caller's own
// memory and arguments.
var plain = []string{
	"bcopy", "bzero", "getmajor", "getminor", "makedevice", "snprintf", "strlcpy", "strlen", "return", "if", "for", "while",
	"switch", "IS_IPV4_TUN", "IS_IPV6_TUN", "IS_6TO4_TUN", "CRED",
}

// TestMarksCompareEveryCall expects each call of the original to be a token, or in the list of
// those that nobody else can notice, and each access to a field to be one.
func TestMarksCompareEveryCall(t *testing.T) {
	call, field := regexp.MustCompile(`\b(\w+) ?\(`), regexp.MustCompile(`->(dd_\w+)`)
	unused := slices.Clone(plain)
	for _, f := range parseSeed(readSeed(t)) {
		for _, s := range f.statements {
			all := strings.Join(s.tokens, "\n") + "\n"
			text := cSizeof.ReplaceAllString(s.text, "")
			for _, m := range call.FindAllStringSubmatch(text, -1) {
				name := strings.TrimSuffix(m[1], "0") // ASSERT0
				switch {
				case slices.Contains(plain, m[1]):
					unused = slices.DeleteFunc(unused, func(p string) bool { return p == m[1] })
				case strings.HasPrefix(name, "mod_hash_create_"):
					name = "mod_hash_create"
					fallthrough
				default:
					if strings.HasSuffix(name, "zone_kcred") || strings.HasSuffix(name, "getzoneid") {
						name = "current zone"
					}
					if !strings.Contains(all, name) {
						t.Errorf("C:%d: the call of %s is not compared: %s", s.first, m[1], s.text)
					}
				}
			}
			for _, m := range field.FindAllStringSubmatch(text, -1) {
				if !strings.Contains(all, m[1]) {
					t.Errorf("C:%d: the access to %s is not compared: %s", s.first, m[1], s.text)
				}
			}
		}
	}
	for _, name := range unused {
		t.Errorf("the original does not call %s: take it off the list", name)
	}
}
