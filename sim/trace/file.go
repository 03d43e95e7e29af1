// SPDX-License-Identifier: CDDL-1.0

package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"dlsim/sim/explore"
)

// FileName returns the file name of a violation's trace: the same whenever the same violation of a
// scenario is found, so that finding it again makes no second file.
func FileName(scenario string, v *explore.Violation) string {
	clean := strings.Map(func(c rune) rune {
		if c == '/' || c < ' ' {
			return '_'
		}
		return c
	}, scenario)
	sum := sha256.Sum256([]byte(v.Signature))
	return fmt.Sprintf("%s-%s-%s.trace", clean, v.Kind, hex.EncodeToString(sum[:4]))
}

// ReadFile reads the trace in the named file. The error is an *Error unless the file cannot
// be read at all.
func ReadFile(name string) (*Trace, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, data)
}

// WriteFile writes the trace to the named file, in one piece or not at all, and makes the
// folder if it is missing. After an error nothing is left behind.
func (t *Trace) WriteFile(name string) (err error) {
	data, err := t.Format()
	if err != nil {
		return err
	}
	return WriteAtomic(name, data)
}

// WriteAtomic writes data to the named file, in one piece or not at all: whoever opens the
// file sees what was there before or all that is there now. It makes the folder if it is
// missing. After an error nothing is left behind.
func WriteAtomic(name string, data []byte) (err error) {
	dir := filepath.Dir(name)
	if _, missing := os.Stat(dir); errors.Is(missing, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		defer func() {
			if err != nil {
				_ = os.Remove(dir) // the error that counts is the first one
			}
		}()
	}
	f, err := os.CreateTemp(dir, ".dlsim-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the rename last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
