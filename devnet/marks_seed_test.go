// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// cFunction is a function of the original: from the line with its name to the one with the
// brace that ends it.
type cFunction struct {
	name        string
	first, last int
	statements  []*cStatement
}

// cStatement is a statement of the original, or what stands before the body of one that has
// a body.
type cStatement struct {
	fn          *cFunction
	first, last int
	text        string
	tokens      []string
}

// readSeed returns the lines of the original, by number, without comments; it skips the test
// where the original is not at hand.
func readSeed(t *testing.T) []string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		// A worktree that is not beside the documents finds them by DLSIM_SHARED.
		files, _ := filepath.Glob(filepath.Join(dir, "shared", "seed", "*.txt"))
		if shared := os.Getenv("DLSIM_SHARED"); shared != "" {
			files, _ = filepath.Glob(filepath.Join(shared, "seed", "*.txt"))
		}
		if len(files) > 0 {
			text, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			return stripComments(string(text))
		}
		if dir == filepath.Dir(dir) {
			t.Skip("no shared/seed/*.txt in any folder above: the port cannot be compared with the original")
		}
	}
}

// stripComments returns the code of each line of the original. The first line of the file
// says where it is from, the others begin with their number.
func stripComments(text string) []string {
	lines := []string{""}
	inside := false
	for _, l := range strings.Split(text, "\n")[1:] {
		l = strings.TrimPrefix(strings.TrimPrefix(strings.TrimLeft(l, "0123456789"), "\u00a0"), " ")
		var code strings.Builder
		for i := 0; i < len(l); i++ {
			switch {
			case inside && strings.HasPrefix(l[i:], "*/"):
				inside = false
				i++
			case !inside && strings.HasPrefix(l[i:], "/*"):
				inside = true
				i++
			case !inside:
				code.WriteByte(l[i])
			}
		}
		lines = append(lines, strings.TrimRight(code.String(), " \t"))
	}
	return lines
}

var (
	cHead       = regexp.MustCompile(`^((?:i_)?dls_\w+)\(`)
	cStatic     = regexp.MustCompile(`^static .*\w\s*= .*;$`)
	cHasBody    = regexp.MustCompile(`^(if|while|for|switch|\} else if)\b`)
	cLabel      = regexp.MustCompile(`^(\w+|case \w+):$`)
	cNoEffect   = regexp.MustCompile(`^(extern |#)`)
	cSizeof     = regexp.MustCompile(`sizeof \([^()]*\)`)
	cWhitespace = regexp.MustCompile(`\s+`)
)

// parseSeed returns the functions of the original in their order. The first one has no name:
// it holds the static variables with an initial value.
func parseSeed(lines []string) []*cFunction {
	statics := &cFunction{}
	funcs := []*cFunction{statics}
	for l := 1; l < len(lines); l++ {
		if cStatic.MatchString(lines[l]) {
			statics.statements = append(statics.statements, &cStatement{fn: statics, first: l, last: l, text: lines[l]})
		}
		m := cHead.FindStringSubmatch(lines[l])
		if m == nil {
			continue
		}
		f := &cFunction{name: m[1], first: l}
		for lines[l] != "{" {
			l++
		}
		body := l + 1
		for lines[l] != "}" {
			l++
		}
		f.last = l
		f.parseBody(lines, body)
		funcs = append(funcs, f)
	}
	for _, f := range funcs {
		for _, s := range f.statements {
			s.tokens = cTokens(s.text, funcs)
		}
	}
	return funcs
}

// parseBody cuts the lines of a function into statements.
func (f *cFunction) parseBody(lines []string, first int) {
	var s *cStatement
	for l := first; l < f.last; l++ {
		code := strings.TrimSpace(lines[l])
		if code == "" || cNoEffect.MatchString(code) {
			continue
		}
		if s == nil {
			s = &cStatement{fn: f, first: l}
			f.statements = append(f.statements, s)
		}
		s.last = l
		s.text = strings.TrimSpace(s.text + " " + cWhitespace.ReplaceAllString(code, " "))
		balanced := strings.Count(s.text, "(") == strings.Count(s.text, ")")
		switch end := code[len(code)-1]; {
		case !balanced:
		case end == ';' || end == '{' || end == '}' || code == "else",
			cHasBody.MatchString(s.text), cLabel.MatchString(code):
			s = nil
		}
	}
}

var (
	// cShared is an access to a field of dls_devnet_t or to a static variable, and what
	// follows it.
	cShared = regexp.MustCompile(`(?:(\+\+|--)?(?:\w+|\(\*ddpp\)|\(\(dls_devnet_t \*\)ddh\))->(dd_\w+)|(&)?\b(devnet_need_rebuild|dls_mgmt_dh)\b)` +
		`(\+\+|--| \|= | &= | = )?`)
	// cFilled are arguments through which a call writes.
	cFilled = regexp.MustCompile(`(strlcpy\(|dls_mgmt_get_linkinfo\(id2, )ddp->(dd_\w+)`)
	cName   = regexp.MustCompile(`\b(?:i_)?dls_\w+\b`)
)

// cTokens returns the tokens of a statement.
func cTokens(text string, funcs []*cFunction) []string {
	text = cSizeof.ReplaceAllString(text, "")
	tokens := tokens(cTable, text)
	for _, m := range cFilled.FindAllStringSubmatch(text, -1) {
		tokens = append(tokens, "write "+m[2])
	}
	for _, m := range cShared.FindAllStringSubmatch(cFilled.ReplaceAllString(text, "$1"), -1) {
		before, name, after := m[1], m[2]+m[4], m[5]
		if name == "dd_mutex" || name == "dd_cv" {
			continue // part of a call above
		}
		if after != " = " && m[3] == "" {
			tokens = append(tokens, "read "+name)
		}
		if before != "" || m[3] != "" || after != "" {
			tokens = append(tokens, "write "+name)
		}
	}
	for _, name := range cName.FindAllString(text, -1) {
		for _, f := range funcs {
			if f.name == name {
				tokens = append(tokens, name)
			}
		}
	}
	return tokens
}
