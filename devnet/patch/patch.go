// SPDX-License-Identifier: CDDL-1.0

// Package patch applies unified diffs to the sources of this module in memory, and builds the
// tool from the result. The sources themselves are never touched: the compiler is given an
// overlay. It knows nothing of what the sources are about.
package patch

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Patch is a unified diff of one or more files of the module, with a text before it that says
// what it is for.
type Patch struct {
	Name string // of its file, as it was given
	// Header is the text before the diff. Its first line is a title.
	Header string

	text  []byte
	files []file
}

// file is what a patch does to one file.
type file struct {
	name string // from the root of the module, with slashes
	diff *gitdiff.File
	// lines has the line of the patch at which each hunk begins.
	lines []int
}

// Error is a mistake in a patch, or a place where it does not apply.
type Error struct {
	Patch string
	Line  int // of the patch, from 1
	Msg   string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.Patch, e.Line, e.Msg) }

// Read reads the named file. What is wrong with its text is an *Error.
func Read(name string) (*Patch, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, text)
}

// Parse reads the text of a patch; name stands for it in errors, which are all of type *Error.
func Parse(name string, text []byte) (*Patch, error) {
	diffs, header, err := gitdiff.Parse(bytes.NewReader(text))
	if err != nil {
		line := 1
		msg := strings.TrimPrefix(err.Error(), "gitdiff: ")
		if rest, ok := strings.CutPrefix(msg, "line "); ok {
			if n, err := fmt.Sscanf(rest, "%d:", &line); n == 1 && err == nil {
				_, msg, _ = strings.Cut(rest, ": ")
			}
		}
		return nil, &Error{name, line, "not a unified diff: " + msg}
	}
	if len(diffs) == 0 {
		return nil, &Error{name, 1, "there is no diff in it"}
	}
	p := &Patch{Name: name, Header: strings.TrimSpace(header), text: text}
	hunks := hunkLines(text, strings.Count(header, "\n"))
	for _, d := range diffs {
		f := file{name: target(d), diff: d}
		if n := len(d.TextFragments); n <= len(hunks) {
			f.lines, hunks = hunks[:n], hunks[n:]
		}
		if what := unfit(d, f.name); what != "" {
			line := 1
			if len(f.lines) > 0 {
				line = f.lines[0]
			}
			return nil, &Error{name, line, what}
		}
		for i, frag := range d.TextFragments {
			if frag.OldLines == 0 && !d.IsNew {
				return nil, p.failed(f, i, fmt.Sprintf("hunk %d of %s needs a line of context: it only adds lines, and other patches may move the place", i+1, f.name))
			}
		}
		p.files = append(p.files, f)
	}
	return p, nil
}

// Title is the first line of the header, "" if there is none.
func (p *Patch) Title() string {
	title, _, _ := strings.Cut(p.Header, "\n")
	return title
}

// Files are the names of the files it changes, from the root of the module.
func (p *Patch) Files() []string {
	var names []string
	for _, f := range p.files {
		names = append(names, f.name)
	}
	return names
}

// target is the file that a diff changes, without the a/ or b/ of git.
func target(d *gitdiff.File) string {
	name := d.NewName
	if d.IsDelete {
		name = d.OldName
	}
	for _, prefix := range []string{"a/", "b/"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return rest
		}
	}
	return name
}

// unfit says why a diff is none that can be applied here, "" if it is.
func unfit(d *gitdiff.File, name string) string {
	switch {
	case d.IsBinary:
		return name + ": binary changes cannot be applied"
	case d.IsRename || d.IsCopy:
		return name + ": renames and copies cannot be applied"
	case name != path.Clean(name) || path.IsAbs(name) || strings.HasPrefix(name, "../"):
		return fmt.Sprintf("%q is not the name of a file in the module", name)
	case path.Ext(name) != ".go":
		return name + ": only Go files can be patched"
	}
	return ""
}

// hunkLines returns the lines at which hunks begin, after the first skip lines.
func hunkLines(text []byte, skip int) []int {
	var out []int
	line := 0
	for l := range bytes.Lines(text) {
		if line++; line > skip && bytes.HasPrefix(l, []byte("@@ -")) {
			out = append(out, line)
		}
	}
	return out
}

// Tree is a module's sources with patches applied: the text of the files that differ, by their
// names from the root of the module. A nil text is a file that is gone.
type Tree map[string][]byte

// Apply applies patches in their order. read gives the text of a file of the module, and an
// error if there is none. The error is an *Error, of the first hunk that does not apply.
func Apply(read func(name string) ([]byte, error), patches []*Patch) (Tree, error) {
	tree := make(Tree)
	for _, p := range patches {
		for _, f := range p.files {
			before, known := tree[f.name]
			if !known && !f.diff.IsNew {
				var err error
				if before, err = read(f.name); err != nil {
					return nil, p.failed(f, 0, fmt.Sprintf("there is no file %s to patch", f.name))
				}
			}
			after, err := p.apply(f, before)
			if err != nil {
				return nil, err
			}
			tree[f.name] = after
		}
	}
	return tree, nil
}

// failed is the error of hunk i of f.
func (p *Patch) failed(f file, i int, msg string) *Error {
	line := 1
	if i < len(f.lines) {
		line = f.lines[i]
	}
	return &Error{p.Name, line, msg}
}

// apply returns the text of one file after the patch.
func (p *Patch) apply(f file, before []byte) ([]byte, error) {
	if f.diff.IsDelete {
		return nil, nil
	}
	d := *f.diff
	d.TextFragments = nil
	lines := slices.Collect(strings.Lines(string(before)))
	end, shift := 0, 0
	for i, frag := range f.diff.TextFragments {
		old := oldLines(frag)
		want := int(frag.OldPosition) - 1 + shift
		if f.diff.IsNew {
			want = 0
		}
		at, ok := find(lines, old, want, end)
		if !ok {
			return nil, p.failed(f, i, fmt.Sprintf("hunk %d of %s does not apply: %s", i+1, f.name, differs(lines, old, want)))
		}
		moved := *frag
		moved.OldPosition += int64(shift + at - want)
		shift += at - want
		end = at + len(old)
		d.TextFragments = append(d.TextFragments, &moved)
	}
	var after bytes.Buffer
	if err := gitdiff.Apply(&after, bytes.NewReader(before), &d); err != nil {
		return nil, p.failed(f, 0, f.name+": "+strings.TrimPrefix(err.Error(), "gitdiff: "))
	}
	return after.Bytes(), nil
}

// oldLines are the lines that a hunk expects to find.
func oldLines(frag *gitdiff.TextFragment) []string {
	var out []string
	for _, l := range frag.Lines {
		if l.Old() {
			out = append(out, l.Line)
		}
	}
	return out
}

// find returns where in lines, not before first, old is, nearest to the wanted place: other
// patches may have moved it.
func find(lines, old []string, want, first int) (at int, ok bool) {
	fits := func(i int) bool {
		return i >= first && i+len(old) <= len(lines) && slices.Equal(lines[i:i+len(old)], old)
	}
	for off := range max(want, len(lines)) + 1 {
		switch {
		case fits(want + off):
			return want + off, true
		case fits(want - off):
			return want - off, true
		}
	}
	return 0, false
}

// differs says what is wrong at the place where the most lines of a hunk that does not apply
// are found: nearest to the wanted one, if there are several.
func differs(lines, old []string, want int) string {
	best, most := max(0, min(want, len(lines))), 0
	for at := range lines {
		n := 0
		for i := range old {
			if at+i < len(lines) && lines[at+i] == old[i] {
				n++
			}
		}
		if n > most || n == most && n > 0 && abs(at-want) < abs(best-want) {
			best, most = at, n
		}
	}
	for i := range old {
		if best+i >= len(lines) {
			return fmt.Sprintf("it needs line %d to be %s, and the file ends before it", best+i+1, quote(old[i]))
		}
		if lines[best+i] != old[i] {
			return fmt.Sprintf("it needs line %d to be %s, which is %s", best+i+1, quote(old[i]), quote(lines[best+i]))
		}
	}
	return "the lines it needs come before those of the hunk above it"
}

func quote(line string) string { return fmt.Sprintf("%q", strings.TrimSpace(line)) }

func abs(n int) int { return max(n, -n) }
