// SPDX-License-Identifier: CDDL-1.0

package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/tools/txtar"
)

const (
	sectionHeader    = "header"
	sectionScenario  = "scenario.yaml"
	sectionChoices   = "choices"
	sectionViolation = "violation"
	sectionShrunk    = "shrunk"
	sectionChecksums = "checksums"
)

// sections returns the names of all sections of a format version, in their order.
func sections(version int) []string {
	names := []string{sectionHeader, sectionScenario, sectionChoices, sectionViolation}
	if version >= 2 {
		names = append(names, sectionShrunk)
	}
	return append(names, sectionChecksums)
}

// Format returns the trace as it is written to a file. It fails only for a scenario that
// holds a line which would end its section.
func (t *Trace) Format() ([]byte, error) {
	probe := append([]byte("-- x --\n"), t.Source...)
	if len(txtar.Parse(probe).Files) != 1 {
		return nil, errors.New("the scenario has a line that looks like \"-- name --\"")
	}
	h, v := t.Header, t.Violation
	version, size := t.version(), len(t.Source)
	source := t.Source
	if size > 0 && source[size-1] != '\n' {
		source = append(source[:size:size], '\n')
	}
	a := &txtar.Archive{Files: []txtar.File{
		{Name: sectionHeader, Data: formatFields(headerFields(&h, &version, &size))},
		{Name: sectionScenario, Data: source},
		{Name: sectionChoices, Data: formatChoices(t.Choices)},
		{Name: sectionViolation, Data: formatFields(violationFields(&v))},
	}}
	if t.Shrunk != nil {
		a.Files = append(a.Files, txtar.File{Name: sectionShrunk, Data: t.Shrunk.format()})
	}
	var sums []byte
	for _, f := range a.Files {
		sums = fmt.Appendf(sums, "%s %s\n", f.Name, checksum(f.Data))
	}
	a.Files = append(a.Files, txtar.File{Name: sectionChecksums, Data: sums})
	return txtar.Format(a), nil
}

func formatFields(fields []field) []byte {
	var b []byte
	for _, f := range fields {
		b = append(b, f.name...)
		b = append(b, ": "...)
		b = append(b, f.get()...)
		b = append(b, '\n')
	}
	return b
}

// checksum is enough to notice accidents and edits, and short enough to read.
func checksum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
