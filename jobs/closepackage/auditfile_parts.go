package closepackage

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/fetch"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/decision"
	"carat/reports/auditfile"
	"carat/reports/table"
)

// write writes every file of the folder. The manifest and the README come last: they speak of the others.
func (b *auditBuilder) write() error {
	for _, part := range []func() error{
		b.writeInputs, b.writeRetrieved, b.writeControlTotals, b.writeRejects, b.writeCutoff, b.writeSQL, b.writeParameters, b.writeResults, b.writeControls,
		b.writeSections, b.writeDecisions, b.writeJobs, b.writeRefused, b.writeSignatures, b.writeRecords, b.writeCertificate, b.writeHead,
	} {
		if err := part(); err != nil {
			return err
		}
	}
	if err := b.file("README.md", func(w io.Writer) error { return auditfile.WriteReadme(w, b.readme()) }); err != nil {
		return err
	}
	slices.Sort(b.names)
	var list strings.Builder
	for _, name := range b.names {
		fmt.Fprintf(&list, "%s  %s\n", b.sums[name], name)
	}
	return b.text(auditManifest, []byte(list.String()))
}

// file writes one file of the folder and notes its SHA-256.
func (b *auditBuilder) file(name string, write func(io.Writer) error) (err error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return pipeline.Errorf(pipeline.KindVerification, "write evidence", fmt.Sprintf("%q", name), "that is no name for a file of the evidence")
	}
	full := filepath.Join(b.folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return auditError(full, err)
	}
	f, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return auditError(full, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<16)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return auditError(full, err)
	}
	b.names = append(b.names, name)
	b.sums[name] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

func (b *auditBuilder) text(name string, text []byte) error {
	return b.file(name, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// table writes a table as CSV. Cells that a spreadsheet would take for formulas are neutralised there.
func (b *auditBuilder) table(name string, columns []table.Column, rows func(add func([]any) error) error) error {
	return b.file(name, func(w io.Writer) error {
		out, err := table.NewRowWriter(w, "csv", columns, nil)
		if err != nil {
			return err
		}
		err = rows(func(row []any) error {
			b.rows++
			return out.Write(row)
		})
		return errors.Join(err, out.Close())
	})
}

// columnsOf makes columns of names; a colon and a letter tell the kind:
// n number, t time, b bool.
func columnsOf(names string) (columns []table.Column) {
	for one := range strings.FieldsSeq(names) {
		name, kind, _ := strings.Cut(one, ":")
		columns = append(columns, table.Column{Name: name, Kind: map[string]table.Kind{"n": table.Number, "t": table.Time, "b": table.Bool}[kind]})
	}
	return columns
}

// writeInputs lists the files that the run read, and how each arrived.
func (b *auditBuilder) writeInputs() error {
	jobs, err := b.jobs()
	if err != nil {
		return err
	}
	var rows [][]any
	for _, one := range b.batches {
		var job, by, build any
		for _, j := range jobs {
			if slices.ContainsFunc(j.Inputs, func(in string) bool { return strings.HasPrefix(in, one.ID+" ") }) {
				job, by, build = j.No, j.User, j.Build
			}
		}
		rows = append(rows, []any{one.ID, one.Feed, one.Source, one.Format, one.SourceBytes, one.SourceSHA256, one.RowsRead, one.RowsAccepted, one.RowsRejected,
			one.RowsDuplicate, one.RowsLeftOut, books.TextOrNil(pipeline.LeftOutText(one.LeftOut)), books.TextOrNil(one.Reading), one.RowsSHA256, one.IngestedAt, by, job, build, one.PreviousChain, one.Chain})
	}
	return b.table("inputs.csv", columnsOf("batch_id feed file format bytes:n sha256 rows_read:n rows_accepted:n rows_rejected:n rows_duplicate:n rows_left_out:n left_out reading "+
		"rows_sha256 ingested_at:t ingested_by job_no:n carat previous_chain chain"), textRows(rows))
}

// writeRetrieved lists the files that the run read and that came by themselves: whence,
// when and how (AS 1105.10A).
func (b *auditBuilder) writeRetrieved() error {
	all, err := b.books.State.AllFetched(b.ctx)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, one := range b.batches {
		for _, f := range fetch.Of(all, one.Source, one.SourceSHA256) {
			if !b.later(f.At) {
				rows = append(rows, []any{one.ID, one.Source, f.No, f.Source, f.Kind, f.RemoteName, books.TextOrNil(f.Version), f.Size, f.SHA256, f.At, f.By, f.Origin})
			}
		}
	}
	return b.table("retrieved.csv", columnsOf("batch_id file fetch_no:n source kind remote_name version bytes:n sha256 retrieved_at:t retrieved_by retrieved_from"), textRows(rows))
}

func (b *auditBuilder) writeControlTotals() error {
	var rows [][]any
	for _, one := range b.batches {
		for _, column := range slices.Sorted(maps.Keys(one.ControlTotals)) {
			rows = append(rows, []any{one.ID, one.Source, column, one.ControlTotals[column]})
		}
	}
	return b.table("control_totals.csv", columnsOf("batch_id file column total"), textRows(rows))
}

// writeRejects lists the rows that were refused, without the offending text: a
// row of the creators feed may hold a name.
func (b *auditBuilder) writeRejects() error {
	columns := columnsOf("batch_id feed source source_line:n column code expected row_key other_batch other_line:n")
	if len(b.pack.tables[books.TableRejects].Files) == 0 {
		return b.table("rejects.csv", columns, textRows(nil))
	}
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return b.table("rejects.csv", columns, func(add func([]any) error) error {
		return b.pack.each("select "+columnList(names)+" from rejects order by batch_id, source_line, "+columnList([]string{"column", "code", "row_key"}), len(columns), add)
	})
}

// writeCutoff says in which months each file's rows were booked.
func (b *auditBuilder) writeCutoff() error {
	var parts []string
	for _, f := range pipeline.Feeds() {
		if f.EventColumn != "" && len(b.pack.tables[f.Name].Files) > 0 {
			parts = append(parts, "select batch_id, "+pipeline.SQLText(f.Name)+" as feed, accounting_month, count(*) as row_count, min("+f.EventColumn+") as first_event, max("+f.EventColumn+
				") as last_event from "+f.Name+" group by batch_id, accounting_month")
		}
	}
	columns := columnsOf("batch_id feed accounting_month row_count:n first_event:t last_event:t")
	if len(parts) == 0 {
		return b.table("cutoff.csv", columns, textRows(nil))
	}
	return b.table("cutoff.csv", columns, func(add func([]any) error) error {
		return b.pack.each("select * from ("+strings.Join(parts, " union all ")+") as months order by batch_id, accounting_month", len(columns), add)
	})
}

// writeSQL writes the text of every model that ran, and what each came to.
func (b *auditBuilder) writeSQL() error {
	var rows [][]any
	add := func(file, text, name, summary, result, control any) error {
		rows = append(rows, append([]any{file, certificate.SHA256Text([]byte(text.(string))), name, summary}, b.counted(result, control)...))
		return b.text("sql/"+file.(string), []byte(text.(string)))
	}
	if err := add(reconcile.DialectPath, b.models.Dialect, nil, "macros that the models use", "", ""); err != nil {
		return err
	}
	for _, m := range b.models.List {
		file := m.Path
		if m.UserMade {
			file = reconcile.OwnPath + path.Base(file)
		}
		if err := add(file, m.SQL, m.Name, m.Summary, m.Header["result"], m.Header["control"]); err != nil {
			return err
		}
	}
	slices.SortFunc(rows, func(x, y []any) int { return strings.Compare(x[0].(string), y[0].(string)) })
	return b.table("queries.csv", columnsOf("file sha256 model what result_table result_rows:n control checked:n exceptions:n"), textRows(rows))
}

// counted gives the rows that a model with a result came to, and what a control
// checked and found. Rows of models in between are not kept, so not counted.
func (b *auditBuilder) counted(result, control any) []any {
	cells := []any{nil, nil, nil, nil, nil}
	for _, r := range b.results {
		if r.Table == result {
			cells[0], cells[1] = r.Table, r.Rows
		}
	}
	for _, c := range b.run.Controls {
		if c.Control == control {
			cells[2], cells[3], cells[4] = c.Control, c.Checked, c.Exceptions
		}
	}
	return cells
}

// writeParameters writes what the models were told besides the tables.
func (b *auditBuilder) writeParameters() error {
	parameters, configuration := []byte(nil), []byte(nil)
	var err error
	if c := b.certificate; c != nil {
		parameters, configuration = c.Parameters, c.Configuration
	} else if parameters, err = json.Marshal(reconcile.CertifiedParameters{Parameters: b.params, TimeZone: b.params.TimeZone.String()}); err == nil {
		configuration, err = json.Marshal(reconcile.RunConfig(b.options.Config))
	}
	if err != nil {
		return fmt.Errorf("write parameters: %w", err)
	}
	for name, text := range map[string][]byte{"parameters.json": parameters, "configuration.json": configuration} {
		var out bytes.Buffer
		if err := json.Indent(&out, text, "", "  "); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		if err := b.text(name, append(out.Bytes(), '\n')); err != nil {
			return err
		}
	}
	return nil
}

// writeResults lists the tables that were read and those that came out.
func (b *auditBuilder) writeResults() error {
	var rows [][]any
	for _, name := range slices.Sorted(maps.Keys(b.run.Inputs)) {
		rows = append(rows, []any{"input", name, fmt.Sprint(b.run.Inputs[name]), nil, nil, nil, nil, nil})
	}
	for _, r := range b.results {
		for _, f := range r.Files {
			rows = append(rows, []any{"result", r.Table, fmt.Sprint(r.Snapshot), r.Rows, r.NumbersSHA256, f.Path, f.SHA256, int64(r.Form())})
		}
		if len(r.Files) == 0 {
			rows = append(rows, []any{"result", r.Table, fmt.Sprint(r.Snapshot), r.Rows, r.NumbersSHA256, nil, nil, int64(r.Form())})
		}
	}
	return b.table("tables.csv", columnsOf("role table snapshot_id table_rows:n numbers_sha256 file file_sha256 numbers_form:n"), textRows(rows))
}

func (b *auditBuilder) writeControls() error {
	var rows [][]any
	for _, c := range packageControls(b.run, b.models) {
		rows = append(rows, []any{c.Control, c.Severity, c.Question, c.Rule, c.Guards, c.Checked, c.Exceptions, c.Result, wholeOrNil(c.NotCompared), books.TextOrNil(c.NotComparedReason), c.SHA256})
	}
	return b.table("controls.csv", columnsOf("control severity question rule guards checked:n exceptions:n result not_compared:n not_compared_reason sql_sha256"), textRows(rows))
}

// auditSections are the tables of the close package that the evidence shows,
// under the names of their files. Creators are left out: statement lines are
// traced, not listed.
var auditSections = map[string]string{
	"exceptions": "exceptions.csv", "rollforwards": "rollforwards.csv", "bridge": "revenue_bridge.csv", "matches": "matches.csv",
	"trial_balance": "trial_balance.csv", "journal": "journal.csv", "prior_period": "prior_period_items.csv",
	"payout_ages": "payout_ages.csv", "liability_ages": "liability_ages.csv", "rates": "rates.csv", "prices": "gift_prices.csv", "fx_rates": "fx_rates.csv",
}

func (b *auditBuilder) writeSections() error {
	for _, t := range packageTables {
		file, wanted := auditSections[t.id]
		if !wanted {
			continue
		}
		s, ok := b.pack.section(t)
		if !ok {
			continue
		}
		if err := b.table(file, s.Columns, s.Rows); err != nil {
			return err
		}
	}
	return nil
}

// until is the instant after which nothing belongs to the period any more; zero
// while it is open.
func (b *auditBuilder) until() time.Time { return b.lock.LockedAt }

func (b *auditBuilder) later(at time.Time) bool { return !b.until().IsZero() && at.After(b.until()) }

// writeDecisions lists every decision about the run's exceptions, superseded
// ones too, and those that gave it an exchange rate or a match.
func (b *auditBuilder) writeDecisions() error {
	about := map[string]bool{}
	if t := b.pack.tables[books.TableExceptions]; len(t.Files) > 0 {
		err := b.pack.each("select distinct exception_id from exceptions where run_id = "+pipeline.SQLText(b.run.ID)+" order by 1", 1, func(row []any) error {
			about[fmt.Sprint(row[0])] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	all, err := b.books.State.DecisionHistory(b.ctx)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, d := range all {
		if (about[d.ExceptionID] || (d.Status == decision.Rate || d.Status == decision.Match) && d.Period == b.run.Period) && !b.later(d.At) {
			rows = append(rows, []any{d.ExceptionID, d.At, d.By, d.Status, books.TextOrNil(d.Until), books.TextOrNil(d.Owner), books.TextOrNil(d.Note),
				books.TextOrNil(d.Rate), books.TextOrNil(d.Value), books.TextOrNil(d.Source), books.TextOrNil(d.Matched)})
		}
	}
	return b.table("decisions.csv", columnsOf("exception_id decided_at:t decided_by status until owner note rate value source matched"), textRows(rows))
}

// zipFolder packs files of a folder: in the order given and without times, so
// that equal files are equal bytes.
func zipFolder(w io.Writer, folder string, names []string) error {
	z := zip.NewWriter(w)
	for _, name := range names {
		h := &zip.FileHeader{Name: path.Join(filepath.Base(folder), name), Method: zip.Deflate}
		h.SetMode(0o600)
		to, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		from, err := os.Open(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		_, err = io.Copy(to, from)
		if err := errors.Join(err, from.Close()); err != nil {
			return err
		}
	}
	return z.Close()
}
