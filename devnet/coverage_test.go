// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// unreachedLine is code that neither golden cases nor scenarios run, with the reason.
type unreachedLine struct {
	file, function string
	text           string // the first line of the code that is not run; "" is all of the function
	why            string
}

var unreached = []unreachedLine{
	{"modhash.go", "insert", "return mhErrDuplicate", "C:897, C:905 and C:1539 follow a search for the same key under the same hold of the lock"},
	{"modhash.go", "remove", "return mhErrNotFound", "what C:1059, C:1063 and C:1535 remove was found, or was put there together with what was found"},
	{"sites.go", "NewSites", "return err", "the embedded source can be read and parsed, as it has been compiled"},
	{"sites.go", "NewSites", `panic("engine bug: embedded source: " + err.Error())`, "the same"},
	{"sites.go", "Function", `return "dls_mgmt.c"`, "every mark is in a function of the original (TestMarksFitTheOriginal)"},
	{"sites.go", "splitName", `return function, ""`, "every frame of Go has a package"},
	{"sites.go", "splitName", `return pkg, ""`, "every frame of Go has a function"},
	{"sites.go", "PortHash", "", "for the head of a trace file: cmd/dlsim calls it"},
	{"stale.go", "CheckStale", `stale(t, "id hash without MAC name hash", fmt.Sprintf(`, "an invariant that no scenario breaks"},
	{"stale.go", "CheckStale", `stale(t, "dls_link without devnet", "i_dls_link_hash has "+name+", i_dls_devnet_hash does not")`, "an invariant that no scenario breaks"},
	{"stale.go", "checkDrivers", `stale(t, "driver's link without devnet", fmt.Sprintf(`, "an invariant that no scenario breaks"},
	{"handle.go", "HandleMAC", `return "", env.InvalidLinkID`, "asked only of handles that were obtained"},
	{"refs.go", "CheckRefs", "books.Missing(t, &ddp.ledger.ref, assignment, fmt.Sprintf(\"the link is in zone %d\", ddp.ddZid.Peek()))", "takes a port that miscounts"},
	{"refs.go", "unexplained", `return "the dls_link is gone"`, "the same"},
	{"refs.go", "unexplained", `return "it is gone"`, "the same"},
	{"refs.go", "obsolete", `return "the link has no devnet"`, "the same"},
	{"refs.go", "obsolete", `return "the link is in the global zone"`, "the same"},
	{"sites.go", "Frames", "return nil", "every stack has a frame"},
	{"stale.go", "checkKstats", `stale(t, "devnet with a deleted kstat", fmt.Sprintf(`, "an invariant that no scenario breaks"},
	{"stale.go", "checkKstats", `stale(t, "kstat of a zone that the link has left", fmt.Sprintf(`, "an invariant that no scenario breaks"},
	{"stale.go", "checkFree", `what = fmt.Sprintf("dd_ref %d, dd_tref %d", ddp.ddRef.Peek(), ddp.ddTref.Peek())`, "an invariant that no scenario breaks"},
	{"stale.go", "checkFree", `what = "a kstat"`, "an invariant that no scenario breaks"},
	{"stale.go", "checkFree", `what = fmt.Sprintf("dd_zid %d", ddp.ddZid.Peek())`, "an invariant that no scenario breaks"},
	{"stale.go", "checkZoneLists", `stale(t, "zone does not list its link", fmt.Sprintf(`, "an invariant that no scenario breaks"},
	{"stale.go", "checkDaemon", `stale(t, "link that the daemon does not know", fmt.Sprintf(`, "an invariant that no scenario breaks"},
	{"stale.go", "checkDevices", `stale(t, "device between attach and detach", fmt.Sprintf(`, "an invariant that no scenario breaks"},
	{"stale.go", "checkDrivers", `stale(t, "devnet without driver", fmt.Sprintf(`, "an invariant that no scenario breaks"},
	{"stale.go", "checkDrivers", `stale(t, "MAC exclusive for ever", m.Name+" is marked exclusive, and nobody will take the mark away")`, "an invariant that no scenario breaks"},
}

// reports are the files whose statements are mostly what a check says of a port that is broken. What is not
// run there is on the list like the rest, and does not count in the share.
var reports = []string{"stale.go", "refs.go"}

// coverageMin is the least share of the statements of devnet that must be run.
const coverageMin = 0.97

// writeUnreached writes the last part of the port map.
func writeUnreached(line func(string, ...any)) {
	line("## Lines that golden cases and scenarios do not reach")
	line("")
	line("Compared with what they do reach, and with a coverage of at least %.0f %% of the statements of `devnet` (without `stale.go` and `refs.go`, which are", coverageMin*100)
	line("mostly what the checks say of a broken port), by")
	line("")
	line("```")
	line("go test ./devnet -run Golden -coverpkg=dlsim/devnet -coverprofile=golden.out")
	line("go test ./scenarios -short -coverpkg=dlsim/devnet -coverprofile=scenarios.out")
	line("go test ./scenarios -run SearchesFindBugs -coverpkg=dlsim/devnet -coverprofile=searches.out")
	line("DLSIM_COVER=$PWD/golden.out:$PWD/scenarios.out:$PWD/searches.out go test ./devnet -run PortMapCoverage -v")
	line("```")
	line("")
	line("| file | function | code | reason |")
	line("|---|---|---|---|")
	for _, u := range unreached {
		code := "all"
		if u.text != "" {
			code = "`" + u.text + "`"
		}
		line("| `devnet/%s` | `%s` | %s | %s |", u.file, u.function, code, u.why)
	}
}

// coverBlock is a block of a coverage profile.
type coverBlock struct {
	file                  string
	line, column, endLine int
	endColumn, statements int
	run                   bool
}

// readCoverage returns the blocks of devnet in coverage profiles, run if any of them says so.
func readCoverage(t *testing.T, files []string) []*coverBlock {
	t.Helper()
	var blocks []*coverBlock
	known := make(map[string]*coverBlock)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
			b, key, ok := parseBlock(l)
			switch {
			case !ok:
				t.Fatalf("%s: not a line of a coverage profile: %q", file, l)
			case !strings.HasPrefix(key, "dlsim/devnet/") || strings.Count(key, "/") != 2:
				continue // of another package
			case known[key] == nil:
				known[key] = b
				blocks = append(blocks, b)
			default:
				known[key].run = known[key].run || b.run
			}
		}
	}
	return blocks
}

// parseBlock reads "dlsim/devnet/set.go:18.2,20.3 2 1".
func parseBlock(l string) (b *coverBlock, key string, ok bool) {
	fields := strings.Fields(l)
	if len(fields) != 3 {
		return nil, "", false
	}
	name, where, _ := strings.Cut(fields[0], ":")
	b = &coverBlock{file: filepath.Base(name), run: fields[2] != "0"}
	b.statements, _ = strconv.Atoi(fields[1])
	n, err := fmt.Sscanf(where, "%d.%d,%d.%d", &b.line, &b.column, &b.endLine, &b.endColumn)
	return b, fields[0], n == 4 && err == nil
}

// explain returns which entry of the list says why a block is not run, -1 if none.
func explain(list []unreachedLine, function, code string, b *coverBlock) int {
	return slices.IndexFunc(list, func(u unreachedLine) bool {
		return u.file == b.file && u.function == function && (u.text == "" || u.text == code)
	})
}

// firstCode returns the first line of the code of a block.
func firstCode(lines []string, b *coverBlock) string {
	for l := b.line; l <= b.endLine; l++ {
		code := lines[l-1]
		if l == b.line {
			code = code[b.column-1:]
		}
		if code, _, _ = strings.Cut(strings.TrimSpace(code), " // "); strings.Trim(code, "{ ") != "" && code[0] != '/' {
			return code
		}
	}
	return ""
}

// TestPortMapCoverage compares the list with the coverage profiles that DLSIM_COVER names,
// with colons between them. Without any it compares the list with the source only: the code
// must be in the function.
func TestPortMapCoverage(t *testing.T) {
	files := readAllFunctions(t)
	for _, u := range unreached {
		if !strings.Contains(files[u.file].body[u.function], u.text) || files[u.file].body[u.function] == "" {
			t.Errorf("%s: %s does not have %q: take it off the list", u.file, u.function, u.text)
		}
	}
	profiles := os.Getenv("DLSIM_COVER")
	if profiles == "" {
		return
	}
	all, run := 0, 0
	used := make([]bool, len(unreached))
	for _, b := range readCoverage(t, strings.Split(profiles, ":")) {
		f := files[b.file]
		if f == nil || b.endLine > len(f.lines) {
			t.Fatalf("%s:%d: not of this source: make the profile again", b.file, b.line)
		}
		counts := !slices.Contains(reports, b.file)
		if counts {
			all += b.statements
		}
		if b.run && counts {
			run += b.statements
		}
		if b.run {
			continue
		}
		function, code := f.at(b.line), firstCode(f.lines, b)
		if i := explain(unreached, function, code, b); i >= 0 {
			used[i] = true
		} else {
			t.Errorf("%s:%d: %s: not run, and not on the list: %s", b.file, b.line, function, code)
		}
	}
	for i, u := range unreached {
		if !used[i] {
			t.Errorf("%s: %s: %q is run: take it off the list", u.file, u.function, u.text)
		}
	}
	if share := float64(run) / float64(max(all, 1)); share < coverageMin {
		t.Errorf("%.1f %% of %d statements are run, less than %.0f %%", share*100, all, coverageMin*100)
	}
	fmt.Printf("coverage: %d of %d statements of devnet, %d explained\n", run, all, len(unreached))
}
