package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/pipeline"
	"carat/reports/table"
)

// headBytesMax bounds an exported head; a larger file is none.
const headBytesMax = 1 << 16

// verifyCommand is `carat verify`: nothing was changed.
func verifyCommand(a *app) *cobra.Command {
	var head, export, period, on string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "prove, offline, that nothing in the history was changed",
		Long: `Reads every batch from the first to the last and compares chain values, files,
rows and counts with what was recorded; reads every kept source file again and
compares its rows; and checks the runs, the certificates of closed periods and
their time stamps.
Exit code 7 says that something was changed, and what. --export-head writes the
end of the chain to a file for somebody else to keep: with --head it shows
whether the history before it was replaced or cut off. --period re-performs a
closed month from the raw rows, by the SQL and parameters that its certificate
names, and compares every result table; --engine has it done by another engine
than carat.yaml names, and the numbers must be the same.`,
		Example: `  carat verify
  carat verify --export-head head.json
  carat verify --head head.json
  carat verify --period 2026-10
  carat verify --period 2026-10 --engine duckdb`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			if period != "" {
				return a.reperform(cmd, s, period, on)
			}
			if on != "" {
				return usage("--engine goes with --period").WithHint("for example `carat verify --period 2026-10 --engine duckdb`")
			}
			o := guard.VerifyOptions{Setting: s}
			if cmd.Flags().Changed("head") {
				if o.Head, err = readHead(head); err != nil {
					return err
				}
			}
			v, err := guard.Verify(cmd.Context(), o)
			if v == nil {
				return err
			}
			t := &table.Table{CellWidth: 100, Columns: []table.Column{
				{Name: "batches", Kind: table.Number}, {Name: "runs", Kind: table.Number}, {Name: "files", Kind: table.Number},
				{Name: "rows", Kind: table.Number}, {Name: "sources", Kind: table.Number}, {Name: "source_rows", Kind: table.Number},
				{Name: "certificates", Kind: table.Number}, {Name: "records", Kind: table.Number}, {Name: "differences", Kind: table.Number}, {Name: "chain"},
			}, Rows: [][]any{{v.Batches, v.Runs, v.Files, v.Rows, v.Sources, v.SourceRows, v.Certificates, v.RecordCount(), len(v.Differences), v.Chain}}}
			if a.format != "table" { // people are told beneath it
				t.Columns = append(t.Columns, table.Column{Name: "stamps", Kind: table.Number})
				t.Rows[0] = append(t.Rows[0], v.Stamps)
			}
			if v.Batches > 0 || len(v.Differences) > 0 {
				err = errors.Join(err, t.Write(a.stdout, a.format))
			}
			if v.Records != nil && v.Records.Adopted > 0 {
				a.tell(fmt.Sprintf("verify: %d rows of the state were there when its records began, on %s: records prove them from then on only",
					v.Records.Adopted, v.Records.AdoptedAt.Format(time.RFC3339)))
			}
			if v.Stamps > 0 && a.format == "table" {
				a.tell(fmt.Sprintf("verify: %s passed", numbered(int64(v.Stamps), "time stamps")))
			}
			for _, n := range v.Notes {
				a.tell("verify: " + n)
			}
			for _, d := range v.Differences {
				a.tell("verify: " + d)
			}
			if export != "" && err == nil {
				f, err := a.createOut("--export-head", export, s.Config)
				if err != nil {
					return err
				}
				_, err = f.Write(v.Head.Encode())
				return f.finish(err)
			}
			return err
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().StringVar(&head, "head", "", "compare with this file, which --export-head wrote before")
	cmd.Flags().StringVar(&period, "period", "", "re-perform this closed month from the rows and the SQL that its certificate names")
	cmd.Flags().StringVar(&on, "engine", "", "what re-performs it: duckdb for this machine, trino for the cluster that carat.yaml names")
	cmd.Flags().BoolVar(&a.force, "force", false, "replace a file of --export-head that is there")
	cmd.Flags().StringVar(&export, "export-head", "", "write the end of the chain to this file")
	return cmd
}

// reperform runs a closed month again and prints each result table beside what
// was locked.
func (a *app) reperform(cmd *cobra.Command, s books.Setting, period, on string) error {
	month, err := parsePeriod(cmd, period)
	if err != nil {
		return err
	}
	if on != "" {
		own := *s.Config
		if own.Engine, err = own.Engine.For(on); err != nil {
			return usage("--engine: %w", err).WithHint("see engine in carat.yaml, and docs/cluster.md")
		}
		s.Config = &own
	}
	r, err := guard.Reperform(cmd.Context(), guard.ReperformOptions{Setting: s, Period: month})
	if err != nil {
		return err
	}
	t := &table.Table{Columns: []table.Column{{Name: "table"}, {Name: "rows_locked", Kind: table.Number}, {Name: "rows", Kind: table.Number},
		{Name: "missing", Kind: table.Number}, {Name: "added", Kind: table.Number}, {Name: "same", Kind: table.Bool}, {Name: "same_bytes", Kind: table.Bool}}}
	for _, one := range r.Tables {
		t.Rows = append(t.Rows, []any{one.Table, one.Locked, one.Rows, one.Missing, one.Added, one.Same && !one.FileMoved, one.SameBytes})
	}
	if err := t.Write(a.stdout, a.format); err != nil {
		return err
	}
	for _, p := range r.Problems {
		a.tell("verify: " + p)
	}
	if r.Engine != "" && r.Signed != "" && r.Engine != r.Signed {
		a.tell("verify: what was signed was built by " + r.Signed + ", and now by " + r.Engine)
	}
	if r.Same() {
		return nil
	}
	return pipeline.Errorf(pipeline.KindVerification, "re-perform", string(month), "it doesn't come out as it was locked: %s", strings.Join(append(r.Differing(), r.Problems...), ", ")).
		WithHint("run `carat verify` to see what was changed")
}

// readHead reads an exported head.
func readHead(path string) (*books.Head, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, usage("--head: %w", err)
	}
	if info.Size() > headBytesMax || !info.Mode().IsRegular() {
		return nil, usage("--head: %s is no exported head", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("--head: %w", err)
	}
	h, err := books.ParseHead(text)
	if err != nil {
		return nil, err
	}
	if problem := wholeHead(text); problem != "" {
		return nil, usage("--head: %s is no exported head: %s", path, problem).WithHint("`carat verify --export-head FILE` writes one; what it says is compared whole or not at all")
	}
	return h, nil
}

// wholeHead says what keeps a text from being a head that says all that is to be compared;
// "" when nothing does. Only a lake without batches has neither a last one nor a chain.
func wholeHead(text []byte) string {
	read := json.NewDecoder(bytes.NewReader(text))
	read.DisallowUnknownFields()
	h, fields := books.Head{}, map[string]any{}
	if err := errors.Join(read.Decode(&h), json.Unmarshal(text, &fields)); err != nil {
		return err.Error()
	}
	for _, name := range []string{"lake", "batch", "batches", "chain", "records"} {
		value, has := fields[name]
		empty := value == nil || value == ""
		switch {
		case !has:
			return name + " is missing"
		case empty && (h.Batches != 0 || name != "batch" && name != "chain"), !empty && h.Batches == 0 && (name == "batch" || name == "chain"):
			return name + " doesn't fit"
		}
	}
	return ""
}
