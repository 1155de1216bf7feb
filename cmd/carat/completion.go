package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"carat/pipeline"
	"carat/sql"
)

// shells are those that completion is written for.
var shells = []string{"bash", "zsh", "fish"}

// completionCommand is `carat completion SHELL`: the script that lets a shell
// complete verbs, flags and what flags take.
func completionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "let your shell complete verbs, flags and periods",
		Long: `Writes the script by which a shell completes carat's verbs, its flags and what
they take: formats, feeds, controls, and the periods that have results. Load it
for one session by: source <(carat completion bash)`,
		Example: `  carat completion bash > /etc/bash_completion.d/carat
  carat completion zsh > ~/.zfunc/_carat
  carat completion fish > ~/.config/fish/completions/carat.fish`,
		ValidArgs: shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("%s takes one shell: %s", cmd.CommandPath(), strings.Join(shells, ", ")).WithHint("for example `carat completion bash`")
			}
			return chosen("shell", args[0], shells...)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args[0] {
			case "zsh":
				return cmd.Root().GenZshCompletion(a.stdout)
			case "fish":
				return cmd.Root().GenFishCompletion(a.stdout, true)
			default:
				return cmd.Root().GenBashCompletionV2(a.stdout, true)
			}
		},
	}
}

// completeFlags says what the flags of all verbs take. It reads no lake: a shell
// asks at every press of a key.
func completeFlags(a *app, root *cobra.Command) {
	words := func(list func() []string) cobra.CompletionFunc {
		return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return begunWith(typed, list()), cobra.ShellCompDirectiveNoFileComp
		}
	}
	for name, values := range map[string]cobra.CompletionFunc{
		"period":  words(a.periodsWritten),
		"control": words(controlNames),
		"feed":    words(pipeline.FeedNames),
		"format":  completeFormat,
		"engine":  words(func() []string { return []string{"duckdb", "trino"} }),
		"log":     words(func() []string { return []string{"text", "json"} }),
		"files":   words(func() []string { return []string{"daily", "weekly", "month"} }),
		"style":   words(func() []string { return []string{"own", "messy"} }),
		"faults":  words(func() []string { return []string{"all", "none"} }),
		"dir": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	} {
		for _, cmd := range everyVerb(root) {
			if cmd.Flags().Lookup(name) == nil && cmd.PersistentFlags().Lookup(name) == nil {
				continue
			}
			// Refused only for a flag that isn't there.
			_ = cmd.RegisterFlagCompletionFunc(name, values)
		}
	}
}

// everyVerb gives the command and all below it.
func everyVerb(cmd *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{cmd}
	for _, c := range cmd.Commands() {
		list = append(list, everyVerb(c)...)
	}
	return list
}

// completeFormat gives the formats of a verb, which its flag's help or, where it
// takes several, its default lists.
func completeFormat(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	list, err := cmd.Flags().GetStringSlice("format")
	if err != nil {
		list = strings.Split(cmd.Flags().Lookup("format").Usage, ", ")
	}
	return begunWith(typed, list), cobra.ShellCompDirectiveNoFileComp
}

// begunWith leaves the words that begin as what was typed.
func begunWith(typed string, words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !strings.HasPrefix(w, typed) })
}

// periodsWritten gives the months that have a folder of results, newest first.
func (a *app) periodsWritten() []string {
	entries, err := os.ReadDir(filepath.Join(a.dir, "out"))
	if err != nil {
		return nil // nothing was written yet: there is nothing to complete
	}
	var list []string
	for _, e := range entries {
		if _, err := pipeline.ParsePeriod(e.Name()); err == nil {
			list = append(list, e.Name())
		}
	}
	slices.Reverse(list)
	return list
}

// controlNames gives the controls that carat has.
func controlNames() []string {
	var names []string
	_ = fs.WalkDir(sql.Files, "controls", func(name string, _ fs.DirEntry, err error) error {
		if control, found := strings.CutPrefix(strings.TrimSuffix(path.Base(name), ".sql"), "ctl_"); found {
			names = append(names, control)
		}
		return err
	})
	return names
}
