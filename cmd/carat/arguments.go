package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"carat/pipeline/spelling"
)

// checkArguments refuses what can't stand in a record, before anything is read: an
// argument or CARAT_USER that isn't UTF-8, as a terminal of another encoding sends
// it, and control characters, which would steer the terminal of whoever reads the
// record. Lines and tabs may be in a query. The names of files to ingest are taken
// as they are: whoever made the file chose them.
func (a *app) checkArguments(cmd *cobra.Command, args []string) error {
	var problems []error
	if temp := os.TempDir(); temp != "/tmp" && !isFolder(temp) { // what is made for a while goes there
		problems = append(problems, usage("TMPDIR=%s: no such folder", spelling.Spell(temp)).WithHint("let TMPDIR name a folder that is there, or unset it"))
	}
	check := func(what, text string, lines bool) {
		if err := spelling.CheckText(text, lines); err != nil {
			problems = append(problems, usage("%s: %w", what, err))
		}
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !idFlags[f.Name] { // an id is what a file says, and can be asked for
			check("--"+f.Name, f.Value.String(), false)
		} else if err := spelling.Typed(f.Value.String()); err != nil {
			problems = append(problems, usage("--%s: %w", f.Name, err))
		}
	})
	for _, arg := range args {
		switch cmd.Name() {
		case "ingest", "run":
		case "trace":
			if spelling.Typed(arg) != nil {
				check("the id", arg, false)
			}
		default:
			check("the argument", arg, cmd.Name() == "query")
		}
	}
	if !cmd.Flags().Changed("user") {
		check("CARAT_USER", a.user, false)
	}
	a.osUser = spelling.Spell(a.osUser)
	return errors.Join(problems...)
}

// idFlags are those that take an id of the history.
var idFlags = map[string]bool{"creator": true}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
