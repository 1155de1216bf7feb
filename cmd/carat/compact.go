package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/guard"
	"carat/reports/table"
)

// compactCommand is `carat compact`: few large files instead of many small ones.
func compactCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compact",
		Short: "few larger files instead of many small ones; no row changes",
		Long: `Rewrites the small files of the history's tables as few larger ones, in the
order of batch and line, and sweeps what crashes left behind. No row, no run
and no result changes: a closed month still re-performs, and a state as of an
earlier batch is read as it was. The files from before stay, because the
history is never cut: compaction costs as much disk as it rewrites, and makes
reading faster. It can be run at any time, and be interrupted at any time.`,
		Example: `  carat compact`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := guard.Compact(cmd.Context(), guard.CompactOptions{Setting: s})
			p.clear()
			if r == nil {
				return err
			}
			for _, path := range r.Unknown {
				a.tell("compact: nothing refers to " + printableLine(path) + "; it was left alone")
			}
			if r.Swept > 0 {
				a.tell(fmt.Sprintf("compact: %d files that a crash had left were removed", r.Swept))
			}
			if len(r.Tables) == 0 && err == nil && a.format == "table" {
				fmt.Fprintln(a.stdout, "nothing to compact: no folder of the history holds many small files")
				return nil
			}
			t := &table.Table{Columns: []table.Column{{Name: "table"}, {Name: "files_before", Kind: table.Number}, {Name: "files_after", Kind: table.Number},
				{Name: "rows", Kind: table.Number}, {Name: "bytes_before", Kind: table.Number}, {Name: "bytes_after", Kind: table.Number}}}
			for _, c := range r.Tables {
				t.Rows = append(t.Rows, []any{c.Table, c.FilesBefore, c.FilesAfter, c.Rows, c.BytesBefore, c.BytesAfter})
			}
			return errors.Join(err, t.Write(a.stdout, a.format))
		},
	}
	a.formatFlag(cmd)
	return cmd
}
