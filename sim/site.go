// SPDX-License-Identifier: CDDL-1.0

package sim

import (
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Site is a place in the source under test.
type Site struct {
	Func string // "dls_devnet_unset"; "" if the place is not known
	Line int    // in File; 0 if it is not known
	File string // base name
	// Via is the function of the environment through which Func got to the operation,
	// "" if Func did it itself: "mac_perim_enter_by_macname".
	Via string
}

// IsZero reports whether the place is not known.
func (s Site) IsZero() bool { return s == Site{} }

// String returns "dls_devnet_unset:1096", which is stable as long as the source is.
func (s Site) String() string {
	if s.Line == 0 {
		return s.Func
	}
	return s.Func + ":" + strconv.Itoa(s.Line)
}

// Resolver finds the place in the source under test that a stack, innermost frame first as
// runtime.Callers gives it, belongs to. It returns the zero Site if there is none.
type Resolver func(pcs []uintptr) Site

// Unwinder returns the places in the source under test that a stack goes through, innermost
// first, without frames of the engine.
type Unwinder func(pcs []uintptr) []Site

// GoSite is the Resolver of programs that are not a port: the innermost frame outside the
// engine and its primitives.
func GoSite(pcs []uintptr) Site {
	if len(pcs) == 0 {
		return Site{}
	}
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if f.Function != "" && !enginePackage(f) {
			name := f.Function[strings.LastIndexByte(f.Function, '/')+1:]
			return Site{Func: name, Line: f.Line, File: filepath.Base(f.File)}
		}
		if !more {
			return Site{}
		}
	}
}

// enginePackage reports whether the frame is in the engine, its primitives or below.
func enginePackage(f runtime.Frame) bool {
	dir := strings.LastIndexByte(f.Function, '/') + 1
	dot := strings.IndexByte(f.Function[dir:], '.')
	if dot < 0 || strings.HasSuffix(f.File, "_test.go") {
		return false
	}
	switch f.Function[:dir+dot] {
	case "runtime", "iter", "dlsim/sim", "dlsim/sim/ksync", "dlsim/sim/kmem", "dlsim/sim/check",
		"dlsim/sim/internal/coro":
		return true
	}
	return false
}
