// SPDX-License-Identifier: CDDL-1.0

package fuzz

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dlsim/scenarios/generate"
	"dlsim/sim/trace"
)

// A corpus is a folder of scenario files, which can be run like any, each with the genome that
// made it in a comment, and a file named state with all else that a run needs to go on. Every file
// is written in one piece, programs before the state that counts them, so that a run that is
// killed loses a second at the most.
type corpus struct {
	folder   string // "" for none
	programs []program
	pairs    generate.Pairs
	handOffs map[string]bool
	stats    Stats
	saved    time.Time
}

type program struct {
	name   string
	genome *generate.Genome
}

const (
	stateFile    = "state"
	genomePrefix = "# genome: "
	saveEvery    = time.Second
)

// programName names a draft by what it says.
func programName(d *generate.Draft) string {
	sum := sha256.Sum256(d.Source("fuzz"))
	return "fuzz-" + hex.EncodeToString(sum[:5])
}

// openCorpus reads a corpus; a folder that is missing is an empty one.
func openCorpus(folder string) (*corpus, error) {
	c := &corpus{folder: folder, handOffs: make(map[string]bool)}
	if folder == "" {
		return c, nil
	}
	files, err := filepath.Glob(filepath.Join(folder, "fuzz-*.yaml"))
	if err != nil {
		return nil, err
	}
	for _, f := range files { // sorted by Glob
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		g, err := genomeOf(text)
		if err != nil {
			return nil, fmt.Errorf("%s:1:1: %w: remove the file, or restore it", f, err)
		}
		c.programs = append(c.programs, program{strings.TrimSuffix(filepath.Base(f), ".yaml"), g})
	}
	state := filepath.Join(folder, stateFile)
	text, err := os.ReadFile(state)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, nil
	case err != nil:
		return nil, err
	}
	return c, c.decode(state, string(text))
}

func genomeOf(text []byte) (*generate.Genome, error) {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	numbers, ok := strings.CutPrefix(string(first), genomePrefix)
	if !ok {
		return nil, errors.New("a program of a corpus begins with a comment that has its genome")
	}
	return generate.ParseGenome(numbers, 0)
}

// keep adds a program, unless it is there already.
func (c *corpus) keep(name string, source []byte, g *generate.Genome) error {
	if slices.ContainsFunc(c.programs, func(p program) bool { return p.name == name }) {
		return nil
	}
	c.programs = append(c.programs, program{name, g.Clone(0)})
	slices.SortFunc(c.programs, func(a, b program) int { return strings.Compare(a.name, b.name) })
	if c.folder == "" {
		return nil
	}
	text := append([]byte(genomePrefix+g.String()+"\n"), source...)
	return trace.WriteAtomic(filepath.Join(c.folder, name+".yaml"), text)
}

// save writes the state, unless that was done a moment ago.
func (c *corpus) save(s Stats, now bool) error {
	c.stats = s
	if c.folder == "" || !now && time.Since(c.saved) < saveEvery {
		return nil
	}
	c.saved = time.Now()
	return trace.WriteAtomic(filepath.Join(c.folder, stateFile), []byte(c.encode()))
}

const stateVersion = "dlsim fuzz state 1"

// encode writes the state as lines of a word and what it says.
func (c *corpus) encode() string {
	var b strings.Builder
	s := &c.stats
	fmt.Fprintf(&b, "%s\nprograms %d\nschedules %d\nunknowns %d\ncanaries %d\nreported %d\nelapsed %s\n", stateVersion,
		s.Programs, s.Schedules, s.Unknowns, s.Canaries, s.Reported, s.Elapsed)
	for _, d := range s.Discoveries {
		bug := d.Bug
		if bug == "" {
			bug = "-"
		}
		fmt.Fprintf(&b, "found %s %d %s %s\n", bug, d.Number, d.After, d.Signature)
	}
	for line := range strings.Lines(c.pairs.Encode()) {
		b.WriteString("pair " + line)
	}
	for _, h := range slices.Sorted(maps.Keys(c.handOffs)) {
		b.WriteString("handoff " + h + "\n")
	}
	return b.String()
}

func (c *corpus) decode(file, text string) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if n == 1 {
			if line != stateVersion {
				return fmt.Errorf("%s:1:1: %q is not a state that this version reads, which begins with %q", file, line, stateVersion)
			}
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		if err := c.line(word, rest); err != nil {
			return fmt.Errorf("%s:%d:1: %w: remove the file, and only what has met is forgotten", file, n, err)
		}
	}
	if n == 0 {
		return fmt.Errorf("%s:1:1: the file is empty: remove it", file)
	}
	return nil
}

// line reads one line of the state.
func (c *corpus) line(word, rest string) (err error) {
	s := &c.stats
	number := func(to *int64) error {
		_, err := fmt.Sscanf(rest, "%d", to)
		return err
	}
	switch word {
	case "programs":
		return number(&s.Programs)
	case "schedules":
		return number(&s.Schedules)
	case "unknowns":
		return number(&s.Unknowns)
	case "canaries":
		return number(&s.Canaries)
	case "reported":
		return number(&s.Reported)
	case "elapsed":
		s.Elapsed, err = time.ParseDuration(rest)
		return err
	case "pair":
		return c.pairs.Decode(rest)
	case "handoff":
		c.handOffs[rest] = true
		return nil
	case "found":
		var d Discovery
		var after string
		f := strings.SplitN(rest, " ", 4)
		if len(f) != 4 {
			return errors.New("a discovery has four parts")
		}
		d.Bug, after, d.Signature = strings.TrimPrefix(f[0], "-"), f[2], f[3]
		if _, err := fmt.Sscanf(f[1], "%d", &d.Number); err != nil {
			return err
		}
		if d.After, err = time.ParseDuration(after); err != nil {
			return err
		}
		s.Discoveries = append(s.Discoveries, d)
		return nil
	}
	return fmt.Errorf("unknown line %q", word)
}
