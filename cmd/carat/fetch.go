package main

import (
	"errors"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/jobs/fetch"
	"carat/reports/table"
)

// fetchCommand is `carat fetch [SOURCE…]`: files come by themselves.
func fetchCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fetch [SOURCE…]",
		Short: "bring new files from the sources of carat.yaml into the inbox",
		Long: `Takes what is new at the sources under sources in carat.yaml, or at those that
are named, into inbox/SOURCE: folders of banks by SFTP, buckets, App Store
Connect, Stripe's reports, databases, files of the web. Each file comes whole or
not at all, and none twice; what was taken, whence, when and how is recorded:
carat query 'select * from fetched'. A source that fails doesn't stop the others
(exit code 3). carat ingest then takes the files into the history.`,
		Example: `  carat fetch
  carat fetch bank
  carat fetch --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := fetch.Run(cmd.Context(), fetch.Options{Setting: s, Sources: args})
			p.clear()
			if r == nil {
				return err
			}
			for _, name := range slices.Sorted(maps.Keys(r.More)) {
				p.tell(books.Event{Step: "fetch", Object: name, Note: counted(r.More[name], "file is", "files are") + " left for the next run: max_files bounds one"})
			}
			return errors.Join(err, fetchedTable(r.Files, a.format != "table").Write(a.stdout, a.format))
		},
	}
	a.formatFlag(cmd)
	return cmd
}

// fetchedTable is the table of what became of files; for programs with the hash.
func fetchedTable(files []fetch.File, programs bool) *table.Table {
	t := &table.Table{Columns: []table.Column{{Name: "source"}, {Name: "remote_name"}, {Name: "result"}, {Name: "size", Kind: table.Number}}}
	if programs {
		t.Columns = append(t.Columns, table.Column{Name: "file"}, table.Column{Name: "sha256"})
	}
	t.Columns = append(t.Columns, table.Column{Name: "note"})
	for _, f := range files {
		row := []any{f.Source, f.Remote, f.Result, f.Size}
		if programs {
			row = append(row, absent(f.File), absent(f.SHA256))
		}
		t.Rows = append(t.Rows, append(row, absent(f.Note)))
	}
	return t
}
