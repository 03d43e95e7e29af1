// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"dlsim/sim"
)

//go:embed *.go env
var source embed.FS

var (
	markPattern = regexp.MustCompile(`C:(\d+)`)
	cFunc       = regexp.MustCompile(`^\w+ is (\w+) \(C:(\d+)-(\d+)\)`)
	kernelFunc  = regexp.MustCompile(`^(\w+) is (?:the end of )?([a-z][a-z0-9_]*)\b`)
)

// Sites translates stacks of Go frames into places of the C file, by the marks and doc
// comments of the port's own source, which is embedded in the binary.
type Sites struct {
	marks map[string]map[int]int // Go file, line -> C line
	funcs []cRange               // of the C functions
	names map[string]string      // "mac.PerimExit" -> "mac_perim_exit"
}

type cRange struct {
	name        string
	first, last int
}

// NewSites reads the embedded source.
func NewSites() *Sites {
	s := &Sites{marks: make(map[string]map[int]int), names: make(map[string]string)}
	err := fs.WalkDir(source, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := source.ReadFile(name)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s.readDocs(f)
		if path.Dir(name) == "." {
			s.readMarks(files, f, name)
		}
		return nil
	})
	if err != nil {
		panic("engine bug: embedded source: " + err.Error())
	}
	return s
}

// readDocs learns the kernel names of the functions of a file.
func (s *Sites) readDocs(f *ast.File) {
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Doc == nil {
			continue
		}
		doc := strings.ReplaceAll(fn.Doc.Text(), "\n", " ")
		if m := cFunc.FindStringSubmatch(doc); m != nil {
			first, _ := strconv.Atoi(m[2])
			last, _ := strconv.Atoi(m[3])
			s.funcs = append(s.funcs, cRange{m[1], first, last})
		}
		if m := kernelFunc.FindStringSubmatch(doc); m != nil && strings.ContainsAny(m[2], "_0123456789") {
			s.names[f.Name.Name+"."+m[1]] = m[2]
		}
	}
}

// readMarks learns the marks of a file of the port. A mark at the end of a statement of
// several lines holds for all of them.
func (s *Sites) readMarks(files *token.FileSet, f *ast.File, name string) {
	lines := make(map[int]int)
	for _, group := range f.Comments {
		for _, c := range group.List {
			if m := markPattern.FindStringSubmatch(c.Text); m != nil {
				lines[files.Position(c.Pos()).Line], _ = strconv.Atoi(m[1])
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ExprStmt, *ast.AssignStmt, *ast.ReturnStmt:
			first, last := files.Position(n.Pos()).Line, files.Position(n.End()).Line
			if c := lines[last]; c != 0 && last-first < 6 {
				for l := first; l < last; l++ {
					if lines[l] == 0 {
						lines[l] = c
					}
				}
			}
		}
		return true
	})
	s.marks[name] = lines
}

// Resolve implements sim.Resolver: the innermost marked frame of the port, with the
// environment function it calls, else the innermost named function of the environment, else
// "package.Function" of the innermost of the environment. Lines of Go are never in it, so a
// place does not change when other code does.
func (s *Sites) Resolve(pcs []uintptr) sim.Site {
	if len(pcs) == 0 {
		return sim.Site{}
	}
	via, inner, unnamed := "", sim.Site{}, sim.Site{}
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		pkg, fn := splitName(f.Function)
		file := path.Base(f.File)
		switch {
		case pkg == "dlsim/devnet":
			if c := s.marks[file][f.Line]; c != 0 {
				return sim.Site{Func: s.Function(c), Line: c, File: "dls_mgmt.c", Via: via}
			}
			if name := s.names["devnet."+fn]; name != "" && inner.Func == "" {
				inner = sim.Site{Func: name, File: "dls_mgmt.c"}
			}
		case strings.HasPrefix(pkg, "dlsim/devnet/env"):
			if name := s.names[path.Base(pkg)+"."+fn]; name != "" {
				via = name
				if inner.Func == "" {
					inner = sim.Site{Func: name, File: file}
				}
			} else if unnamed.Func == "" {
				unnamed = sim.Site{Func: path.Base(pkg) + "." + fn, File: file}
			}
		}
		if !more {
			break
		}
	}
	if inner.Func == "" {
		return unnamed
	}
	return inner
}

// Frames implements sim.Unwinder: each frame of the port and of named functions of the
// environment, without the helpers of the port that the C file does not have.
func (s *Sites) Frames(pcs []uintptr) []sim.Site {
	var out []sim.Site
	add := func(x sim.Site) {
		if n := len(out); x.Func != "" && (n == 0 || out[n-1].Func != x.Func) {
			out = append(out, x)
		}
	}
	if len(pcs) == 0 {
		return nil
	}
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		pkg, fn := splitName(f.Function)
		file := path.Base(f.File)
		switch c := s.marks[file][f.Line]; {
		case len(out) > 0 && strings.Contains(f.Function, ".func"):
			// A function literal stands where C passes a function by its name.
		case c != 0 && pkg == "dlsim/devnet":
			add(sim.Site{Func: s.Function(c), Line: c, File: "dls_mgmt.c"})
		case pkg == "dlsim/devnet" || strings.HasPrefix(pkg, "dlsim/devnet/env"):
			add(sim.Site{Func: s.names[path.Base(pkg)+"."+fn], File: file})
		}
		if !more {
			return out
		}
	}
}

// counting are the functions whose business it is to take references or to give them back.
var counting = map[string]bool{
	"dls_devnet_hold_common": true, "dls_devnet_hold": true, "dls_devnet_hold_tmp": true,
	"dls_devnet_hold_tmp_by_link": true, "dls_devnet_hold_by_dev": true, "dls_devnet_hold_link": true,
	"dls_devnet_rele": true, "dls_devnet_rele_tmp": true, "dls_devnet_rele_link": true,
}

// Caller implements sim.Resolver for references: as Resolve, but a function that takes references for
// others, or gives them back, is not the place as long as one of the port has called it.
func (s *Sites) Caller(pcs []uintptr) sim.Site {
	site := sim.Site{}
	frames := runtime.CallersFrames(pcs)
	for more := len(pcs) > 0; more; {
		var f runtime.Frame
		f, more = frames.Next()
		pkg, _ := splitName(f.Function)
		if c := s.marks[path.Base(f.File)][f.Line]; pkg == "dlsim/devnet" && c != 0 {
			site = sim.Site{Func: s.Function(c), Line: c, File: "dls_mgmt.c", Via: site.Func}
			if !counting[site.Func] {
				break
			}
		}
	}
	if site.Via == "" {
		return s.Resolve(pcs)
	}
	return site
}

// Function returns the name of the C function that line c of the seed is in, or the name of the
// file.
func (s *Sites) Function(c int) string {
	for _, r := range s.funcs {
		if r.first <= c && c <= r.last {
			return r.name
		}
	}
	return "dls_mgmt.c"
}

// splitName splits "dlsim/devnet/env/mac.(*Layer).Open.func1" into the package and "Open".
func splitName(function string) (pkg, fn string) {
	slash := strings.LastIndexByte(function, '/') + 1
	dot := strings.IndexByte(function[slash:], '.')
	if dot < 0 {
		return function, ""
	}
	pkg = function[:slash+dot]
	for _, part := range strings.Split(function[slash+dot+1:], ".") {
		if part != "" && part[0] != '(' {
			return pkg, part
		}
	}
	return pkg, ""
}

// PortHash identifies the source of the port and its environment, 16 hex digits: traces
// say which one they were made with.
func PortHash() string {
	h := sha256.New()
	err := fs.WalkDir(source, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := source.ReadFile(name)
		h.Write([]byte(name + "\x00"))
		h.Write(text)
		return err
	})
	if err != nil {
		panic("engine bug: embedded source: " + err.Error())
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
