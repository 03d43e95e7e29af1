// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// completionCommand prints a completion script.
func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "fish", "powershell", "zsh"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, fish, powershell or zsh",
		Long: "Print a completion script for a shell, for example:\n\n" +
			"    source <(dlsim completion bash)",
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("completion takes the name of one shell")
			}
			return pick("shell", args[0], shells)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.out, true)
			case "fish":
				return root.GenFishCompletion(a.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.out)
			}
			return root.GenZshCompletion(a.out)
		},
	}
}

// manCommand writes man pages.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the man pages of dlsim and its commands to a folder",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("man takes one folder")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			info, err := os.Stat(args[0])
			if err != nil || !info.IsDir() {
				return usagef("man: there is no folder %s", args[0])
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true // so that the pages do not depend on the day
			return doc.GenManTree(root, &doc.GenManHeader{
				Title: "DLSIM", Section: "1", Source: "dlsim " + version, Manual: "dlsim",
			}, args[0])
		},
	}
}
