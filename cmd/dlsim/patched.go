// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"dlsim/devnet/patch"
)

// builtWith is the key of the patches that this tool was built with, "" for none. Only the
// linker sets it.
var builtWith string

// patchesDir has the patches that come with the tool, from the root of the module.
const patchesDir = "devnet/patches"

func patchFlag(s *pflag.FlagSet, files *[]string) {
	s.StringArrayVar(files, "patch", nil, "patch the port with this diff and run that; can be repeated, in order")
}

// patched runs the command with the port patched. Without patches that is here and now; else
// the tool is built from patched sources and takes the place of this process, with the same
// command line, whose patches it then has.
func (a *app) patched(ctx context.Context, files []string, run func() error) error {
	if len(files) == 0 && builtWith == "" {
		return run()
	}
	patches, err := readPatches(files)
	if err != nil {
		return err
	}
	if builtWith != "" {
		if patch.Key(patches) != builtWith {
			return usagef("this tool was built with other patches than those of --patch")
		}
		a.patches = files
		return run()
	}
	tool, err := a.buildPatched(ctx, patches)
	if err != nil {
		return err
	}
	return fmt.Errorf("cannot run %s: %w", tool, syscall.Exec(tool, append([]string{"dlsim"}, a.args...), os.Environ()))
}

func readPatches(files []string) ([]*patch.Patch, error) {
	var patches []*patch.Patch
	for _, file := range files {
		p, err := patch.Read(file)
		if err != nil {
			return nil, patchError(err)
		}
		patches = append(patches, p)
	}
	return patches, nil
}

// buildPatched returns the name of the tool built from patched sources.
func (a *app) buildPatched(ctx context.Context, patches []*patch.Patch) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", usageError{err}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", usagef("no place to keep the patched tool: %w", err)
	}
	b := patch.Build{
		Root: root, Package: "./cmd/dlsim", Stamp: "main.builtWith",
		Cache: filepath.Join(cache, "dlsim", "patched"),
	}
	if a.errTerminal {
		b.Building = func() { fmt.Fprintln(a.err, "building the tool with the patches") }
	}
	tool, err := b.Tool(ctx, patches)
	if ctx.Err() != nil {
		return "", unknownError{errors.New("interrupted while the patched tool was built")}
	}
	return tool, patchError(err)
}

// moduleRoot is the source tree: around the working directory, or where the tool was built.
func moduleRoot() (string, error) {
	_, self, _, _ := runtime.Caller(0)
	return patch.FindModule("dlsim", self)
}

// patchError sorts errors: those in a patch have a position of their own.
func patchError(err error) error {
	var bad *patch.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		return inputError{err}
	}
	return usageError{err}
}

// tool names this tool in traces, with its patches.
func (a *app) tool() string {
	name := "dlsim " + version
	for i, file := range a.patches {
		name += []string{" with ", ", "}[min(i, 1)] + filepath.Base(file)
	}
	return name
}

// patchList lists the patches that come with the tool.
func patchList() ([]listed, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, usageError{err}
	}
	files, err := filepath.Glob(filepath.Join(root, patchesDir, "*.patch"))
	if err != nil {
		return nil, usageError{err}
	}
	patches, err := readPatches(files)
	var rows []listed
	for _, p := range patches {
		rows = append(rows, listed{strings.TrimSuffix(filepath.Base(p.Name), ".patch"), p.Title()})
	}
	return rows, err
}
