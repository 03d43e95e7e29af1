// SPDX-License-Identifier: CDDL-1.0

package mutate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Log keeps results in a file, a line each, behind a line that names the sources they are of. A run
// that is killed loses the mutants that were being judged.
type Log struct {
	Results map[string]Result // by id
	file    *os.File
}

type logHead struct {
	Sources string `json:"sources"`
}

// OpenLog opens the log, or begins it anew if it is of other sources.
func OpenLog(name, sources string) (*Log, error) {
	l := &Log{Results: make(map[string]Result)}
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if end := bytes.LastIndexByte(text, '\n') + 1; end < len(text) { // a line was cut short by a kill
		text = text[:end]
		if err := os.Truncate(name, int64(end)); err != nil {
			return nil, err
		}
	}
	head, rest, _ := bytes.Cut(text, []byte("\n"))
	var h logHead
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if json.Unmarshal(head, &h) == nil && h.Sources == sources {
		if err := l.read(name, rest); err != nil {
			return nil, err
		}
	} else {
		if len(head) > 0 && h.Sources == "" {
			return nil, fmt.Errorf("%s:1:1: it is no log of mutants: name another file", name)
		}
		flags |= os.O_TRUNC
	}
	if l.file, err = os.OpenFile(name, flags, 0o644); err != nil {
		return nil, err
	}
	if flags&os.O_TRUNC != 0 {
		return l, l.write(logHead{sources})
	}
	return l, nil
}

// read reads the results.
func (l *Log) read(name string, text []byte) error {
	n := 1
	for line := range bytes.Lines(text) {
		n++
		var r Result
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("%s:%d:1: %w: remove the line", name, n, err)
		}
		l.Results[r.ID] = r
	}
	return nil
}

// Add keeps a result.
func (l *Log) Add(r Result) error {
	l.Results[r.ID] = r
	return l.write(r)
}

func (l *Log) write(x any) error {
	line, err := json.Marshal(x)
	if err != nil {
		return err
	}
	_, err = l.file.Write(append(line, '\n'))
	return err
}

// Close closes the file.
func (l *Log) Close() error { return l.file.Close() }
