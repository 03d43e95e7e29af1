// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// around are the files that are not the port but the kernel around it and its tools.
var around = map[string]bool{"kernel.go": true, "stale.go": true, "ledger.go": true, "sites.go": true, "modhash.go": true}

// goFunction is a function of the port with the lines of C that it says it ports: a whole
// function if c is not empty, else a part of one, or nothing if first is 0.
type goFunction struct {
	name, file, c string
	first, last   int
	line, end     int
	departs       []string
	statements    []*goStatement
}

// goStatement is a statement of the port, or what stands before the body of one that has a
// body, with its mark; first is 0 if it has none.
type goStatement struct {
	fn          *goFunction
	pos         string
	text        string
	first, last int
	tokens      []string
}

// port is the port's own source.
type port struct {
	funcs []*goFunction
	marks []string // positions of marks that are not at the end of a statement
	texts map[string]string
}

var (
	goMark   = regexp.MustCompile(`\bC:(\d+)(?:-(\d+))?$`)
	goDoc    = regexp.MustCompile(`^\w+ is (\w+) \(C:(\d+)-(\d+)\)`)
	goPart   = regexp.MustCompile(`\(C:(\d+)-(\d+)\)`)
	goString = regexp.MustCompile(`"[^"]*"`)
	goSpace  = regexp.MustCompile(`\s+`)
)

func readPort(t *testing.T) *port {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	p := &port{texts: make(map[string]string)}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || around[name] {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p.texts[name] = string(text)
		p.readFile(t, name, string(text))
	}
	c := make(map[string]string)
	for _, f := range p.funcs {
		if f.c != "" {
			c[f.name] = f.c
		}
	}
	for _, f := range p.funcs {
		for _, s := range f.statements {
			s.tokens = goTokens(s.text, c)
		}
	}
	return p
}

// readFile adds the functions of a file.
func (p *port) readFile(t *testing.T, name, text string) {
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	marks := make(map[int][2]int) // by line
	for _, group := range f.Comments {
		for _, c := range group.List {
			if m := goMark.FindStringSubmatch(strings.TrimSpace(c.Text)); m != nil {
				marks[files.Position(c.Pos()).Line] = markLines(m)
			}
		}
	}
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		g := newGoFunction(fn, name)
		g.line, g.end = files.Position(fn.Pos()).Line, files.Position(fn.End()).Line
		for _, group := range f.Comments {
			if (group == fn.Doc || fn.Pos() < group.Pos() && group.End() < fn.End()) && strings.Contains(group.Text(), "DEPARTS:") {
				_, why, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(group.Text()), "\n", " "), "DEPARTS: ")
				g.departs = append(g.departs, why)
			}
		}
		w := statementWalker{fn: g, text: text, files: files, marks: marks}
		w.walk(fn.Body)
		p.funcs = append(p.funcs, g)
	}
	for line := range marks {
		p.marks = append(p.marks, fmt.Sprintf("%s:%d", name, line))
	}
}

func markLines(m []string) [2]int {
	first, _ := strconv.Atoi(m[1])
	last, err := strconv.Atoi(m[2])
	if err != nil {
		last = first
	}
	return [2]int{first, last}
}

func newGoFunction(fn *ast.FuncDecl, file string) *goFunction {
	g := &goFunction{name: fn.Name.Name, file: file}
	doc := strings.ReplaceAll(fn.Doc.Text(), "\n", " ")
	lines := goPart.FindStringSubmatch(doc)
	if m := goDoc.FindStringSubmatch(doc); m != nil {
		g.c, lines = m[1], m[1:]
	}
	if lines != nil {
		r := markLines(lines)
		g.first, g.last = r[0], r[1]
	}
	return g
}

// statementWalker cuts a function into statements and gives each the mark at its end.
type statementWalker struct {
	fn    *goFunction
	text  string
	files *token.FileSet
	marks map[int][2]int
}

func (w *statementWalker) walk(s ast.Stmt) {
	switch s := s.(type) {
	case nil:
	case *ast.BlockStmt:
		w.all(s.List)
	case *ast.LabeledStmt:
		w.walk(s.Stmt)
	case *ast.IfStmt:
		w.add(s.If, s.Body.Lbrace+1)
		w.walk(s.Body)
		w.walk(s.Else)
	case *ast.ForStmt:
		w.add(s.For, s.Body.Lbrace+1)
		w.walk(s.Body)
	case *ast.RangeStmt:
		w.add(s.For, s.Body.Lbrace+1)
		w.walk(s.Body)
	case *ast.SwitchStmt:
		w.add(s.Switch, s.Body.Lbrace+1)
		w.walk(s.Body)
	case *ast.CaseClause:
		w.add(s.Case, s.Colon+1)
		w.all(s.Body)
	default:
		w.add(s.Pos(), s.End())
	}
}

func (w *statementWalker) all(list []ast.Stmt) {
	for _, s := range list {
		w.walk(s)
	}
}

func (w *statementWalker) add(pos, end token.Pos) {
	from, to := w.files.Position(pos), w.files.Position(end)
	text := goString.ReplaceAllString(w.text[from.Offset:to.Offset], `""`)
	s := &goStatement{
		fn: w.fn, pos: fmt.Sprintf("%s:%d", from.Filename, from.Line),
		text: goSpace.ReplaceAllString(text, " "),
	}
	if m, ok := w.marks[to.Line]; ok {
		s.first, s.last = m[0], m[1]
		delete(w.marks, to.Line)
	}
	w.fn.statements = append(w.fn.statements, s)
}

// goTokenTable gives for each expression of the port the token of the original that it ports.
func goTokenTable() []cToken {
	var table []cToken
	for _, row := range [][2]string{
		{`\.ddMutex\.Init\(`, "mutex_init dd_mutex"},
		{`\.ddMutex\.Destroy\(`, "mutex_destroy dd_mutex"},
		{`\.ddMutex\.Enter\(`, "mutex_enter dd_mutex"},
		{`\.ddMutex\.Exit\(`, "mutex_exit dd_mutex"},
		{`\.mgmtLock\.Init\(`, "mutex_init i_dls_mgmt_lock"},
		{`\.mgmtLock\.Destroy\(`, "mutex_destroy i_dls_mgmt_lock"},
		{`\.mgmtLock\.Enter\(`, "mutex_enter i_dls_mgmt_lock"},
		{`\.mgmtLock\.Exit\(`, "mutex_exit i_dls_mgmt_lock"},
		{`\.devnetLock\.Init\(`, "rw_init i_dls_devnet_lock"},
		{`\.devnetLock\.Destroy\(`, "rw_destroy i_dls_devnet_lock"},
		{`\.devnetLock\.EnterRead\(`, "rw_enter i_dls_devnet_lock RW_READER"},
		{`\.devnetLock\.EnterWrite\(`, "rw_enter i_dls_devnet_lock RW_WRITER"},
		{`\.devnetLock\.Exit\(`, "rw_exit i_dls_devnet_lock"},
		{`\.ddCv\.Init\(`, "cv_init dd_cv"},
		{`\.ddCv\.Destroy\(`, "cv_destroy dd_cv"},
		{`\.ddCv\.Signal\(`, "cv_signal dd_cv"},
		{`\.ddCv\.Broadcast\(`, "cv_broadcast dd_cv"},
		{`\.ddCv\.Wait\(t, &ddp\.At\(t\)\.ddMutex\)`, "cv_wait dd_cv dd_mutex"},
		{`\.Taskq\.Dispatch\(`, "taskq_dispatch system_taskq"},
		{`\bksync\.Delay\(`, "delay"},
		{`\bksync\.CmnErr\(`, "cmn_err"},
		{`\bverify\(`, "VERIFY"},
		{`\bd\.assert\(`, "ASSERT"},
		{`\bmhErrNotFound\b`, "MH_ERR_NOTFOUND"},
		{`\bd\.cache\.Init\(`, "kmem_cache_create"},
		{`\bd\.cache\.Destroy\(`, "kmem_cache_destroy"},
		{`\bd\.cache\.Alloc\(`, "kmem_cache_alloc"},
		{`\bd\.cache\.Free\(`, "kmem_cache_free"},
		{`&dlsStack\{`, "kmem_zalloc"},
		{`\bdlssZoneid: stackid\b`, "netstackid_to_zoneid"},
		{`\.dlssZoneid = -1`, "kmem_free"},
		{`\bd\.Door\.Open\(`, "door_ki_open"},
		{`\bd\.Door\.Upcall\(`, "door_ki_upcall_limited"},
		{`\b(?:dh|mgmtDh)\.Hold\(`, "door_ki_hold"},
		{`\b(?:dh|mgmtDh)\.Rele\(`, "door_ki_rele"},
		{`\bdh\.Revoked\(`, "door_ki_info"},
		{`\bd\.Kstat\.Delete\(`, "kstat_delete"},
		{`\bd\.dlsStatCreate\(`, "dls_stat_create"},
		{`\bd\.dlsStatUpdate\(`, "dls_stat_update"},
		{`\bd\.MAC\.PerimEnterByMH\(`, "mac_perim_enter_by_mh"},
		{`\bd\.MAC\.PerimEnterByMacname\(`, "mac_perim_enter_by_macname"},
		{`\bd\.MAC\.PerimEnterByLinkid\(`, "mac_perim_enter_by_linkid"},
		{`\bd\.MAC\.PerimExit\(`, "mac_perim_exit"},
		{`\.PerimHeld\(`, "MAC_PERIM_HELD"},
		{`\bmh\.Name\b`, "mac_name"},
		{`\bd\.MAC\.Open\(`, "mac_open"},
		{`\bd\.MAC\.Close\(`, "mac_close"},
		{`\bd\.MAC\.RenamePrimary\(`, "mac_rename_primary"},
		{`\bd\.MAC\.MarkExclusive\(`, "mac_mark_exclusive"},
		{`\bd\.MAC\.UnmarkExclusive\(`, "mac_unmark_exclusive"},
		{`\bd\.Links\.Find\(`, "mod_hash_find i_dls_link_hash"},
		{`\bd\.Links\.Hold\(`, "dls_link_hold"},
		{`\bd\.Links\.HoldCreate\(`, "dls_link_hold_create"},
		{`\bd\.Links\.Rele\(`, "dls_link_rele"},
		{`\bd\.Links\.ReleByName\(`, "dls_link_rele_by_name"},
		{`\bd\.Links\.SetZid\(`, "dls_link_setzid"},
		{`\bd\.Links\.Dev\(`, "dls_link_dev"},
		{`\bd\.Softmac\.Recreate\(`, "softmac_recreate"},
		{`\bd\.Softmac\.HoldDevice\(`, "softmac_hold_device"},
		{`\bd\.Softmac\.ReleDevice\(`, "softmac_rele_device"},
		{`\bd\.DDI\.MajorToName\(`, "ddi_major_to_name"},
		{`\bd\.DDI\.NameToMajor\(`, "ddi_name_to_major"},
		{`\bd\.DDI\.HoldDeviByInstance\(`, "ddi_hold_devi_by_instance"},
		{`\bd\.DDI\.ReleaseDevi\(`, "ddi_release_devi"},
		{`\bddiParseDlen\(`, "ddi_parse_dlen"},
		{`\bdlsMinor2Inst\(`, "DLS_MINOR2INST"},
		{`\bdlsPpa2Minor\(`, "DLS_PPA2MINOR"},
		{`\bisIptunLink\(`, "IS_IPTUN_LINK"},
		{`\bddNotVisible\(`, "DD_NOT_VISIBLE"},
		{`\bddCondemned\b`, "DD_CONDEMNED"},
		{`\bddImplicitIptun\b`, "DD_IMPLICIT_IPTUN"},
		{`\bddInitializing\b`, "DD_INITIALIZING"},
		{`\bd\.SysShutdown\b`, "sys_shutdown"},
		{`\bd\.Zones\.DatalinkWalk\(`, "zone_datalink_walk"},
		{`\bd\.Zones\.FindByID\(`, "zone_find_by_id"},
		{`\bzp\.StatusGet\(`, "zone_status_get"},
		{`\bzp\.Rele\(`, "zone_rele"},
		{`\bd\.Zones\.NetstackRegister\(`, "netstack_register"},
		{`\bd\.Zones\.NetstackUnregister\(`, "netstack_unregister"},
		{`\bd\.Zones\.NetstackGetCurrent\(`, "netstack_get_current"},
		{`\bd\.Zones\.NetstackRele\(`, "netstack_rele"},
		{`\bd\.Iptun\.Create\(`, "iptun_create"},
		{`\bd\.Iptun\.Delete\(`, "iptun_delete"},
		{`\benv\.Of\(t\)\.Zone\b`, "current zone"},
		{`\bd\.mgmtDh = `, "write dls_mgmt_dh"},
		{`\bd\.needRebuild\.(?:Load|Get)\(`, "read devnet_need_rebuild"},
		{`\bd\.needRebuild\.(?:Store|Set|Poke)\(`, "write devnet_need_rebuild"},
	} {
		table = append(table, cToken{regexp.MustCompile(row[0]), row[1]})
	}
	return table
}

var (
	goHash   = regexp.MustCompile(`\bd\.(hash|idHash)\b(?:\.(\w+)\()?`)
	goField  = regexp.MustCompile(`\.dd([A-Z]\w*)\.(Load|Get|Peek|Store|Set)\(`)
	goDoor   = regexp.MustCompile(`\bd\.mgmtDh\b( = )?`)
	goCallee = regexp.MustCompile(`\bd\.(\w+)\b|\b(constructor|destructor)\b`)
)

// goTokens returns the tokens of a statement of the port; c has the functions of the port.
func goTokens(text string, c map[string]string) []string {
	var tokens []string
	for _, row := range goTokenTable() {
		for range row.pattern.FindAllString(text, -1) {
			tokens = append(tokens, row.name)
		}
	}
	for _, m := range goHash.FindAllStringSubmatch(text, -1) {
		op := m[2]
		if op == "destroy" {
			op = "destroy_hash"
		}
		tokens = append(tokens, "mod_hash_"+op+" "+map[string]string{"hash": "i_dls_devnet_hash", "idHash": "i_dls_devnet_id_hash"}[m[1]])
	}
	for _, m := range goField.FindAllStringSubmatch(text, -1) {
		access := "read"
		if m[2] == "Store" || m[2] == "Set" {
			access = "write"
		}
		tokens = append(tokens, access+" dd_"+snake(m[1]))
	}
	for _, m := range goDoor.FindAllStringSubmatch(text, -1) {
		if m[1] == "" {
			tokens = append(tokens, "read dls_mgmt_dh")
		}
	}
	for _, m := range goCallee.FindAllStringSubmatch(text, -1) {
		if name := c[m[1]+m[2]]; name != "" {
			tokens = append(tokens, name)
		}
	}
	return tokens
}

// snake turns PropTaskid into prop_taskid.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
