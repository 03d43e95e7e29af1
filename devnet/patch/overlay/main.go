// SPDX-License-Identifier: CDDL-1.0

// Command overlay writes patched sources of the module in the working directory to a folder, and
// prints the name of the file that gives them to the go command:
//
//	go test -overlay "$(go run ./devnet/patch/overlay DIR devnet/patches/fix-*.patch)" ./devnet
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"dlsim/devnet/patch"
)

func main() {
	name, err := overlay(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "overlay:", err)
		os.Exit(2)
	}
	fmt.Println(name)
}

func overlay(args []string) (string, error) {
	if len(args) < 2 {
		return "", errors.New("give it a folder and patches")
	}
	root, err := patch.FindModule("dlsim")
	if err != nil {
		return "", err
	}
	var patches []*patch.Patch
	for _, file := range args[1:] {
		p, err := patch.Read(file)
		if err != nil {
			return "", err
		}
		patches = append(patches, p)
	}
	read := func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(root, name)) }
	tree, err := patch.Apply(read, patches)
	if err != nil {
		return "", err
	}
	dir, err := filepath.Abs(args[0])
	if err != nil {
		return "", err
	}
	return tree.Overlay(root, dir)
}
