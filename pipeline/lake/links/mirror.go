package links

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"carat/pipeline/lake/chain"
)

// SQL makes the table in the catalog's database. Columns from feed on follow from the
// link, and are what a batch is looked for by.
var SQL = []string{`create table if not exists carat_links (
    link_no       bigint primary key,
    kind          text   not null,
    link_id       text   not null,
    form          bigint not null,
    link          text   not null,
    chain         text   not null,
    batch_no      bigint not null,
    table_name    text   not null,
    snapshot_id   bigint not null,
    dated_ms      bigint not null,
    files         text   not null,
    replaced      text   not null,
    feed          text   not null,
    source_sha256 text   not null,
    source_bytes  bigint not null,
    undoes        text   not null
)`,
	"create unique index if not exists carat_links_id on carat_links (link_id)",
	"create index if not exists carat_links_source on carat_links (source_sha256)",
	"create index if not exists carat_links_bytes on carat_links (source_bytes)",
	"create index if not exists carat_links_undoes on carat_links (undoes)",
	"create index if not exists carat_links_kind on carat_links (kind, link_no)",
	"create index if not exists carat_links_snapshot on carat_links (table_name, snapshot_id)",
}

// Mirror is the table of links in the catalog's database. All its methods but Add look
// at links up to one, so that who reads sees one state.
type Mirror struct {
	DB   *sql.DB
	Bind func(query string) string // writes ? as the database wants them
}

const columns = "link_no, kind, link_id, form, link, chain, batch_no, table_name, snapshot_id, dated_ms, files, replaced"

type scanner interface{ Scan(into ...any) error }

func scan(row scanner) (l chain.Link, err error) {
	err = row.Scan(&l.No, &l.Kind, &l.ID, &l.Form, &l.Text, &l.Value, &l.BatchNo, &l.Table, &l.Snapshot, &l.DatedMs, &l.Files, &l.Replaced)
	return l, err
}

// Add writes a link in the transaction that commits it.
func (m Mirror) Add(ctx context.Context, tx *sql.Tx, l chain.Link) error {
	r, err := RowOf(l)
	if err != nil {
		return err
	}
	s := SoughtOf(r)
	_, err = tx.ExecContext(ctx, m.Bind("insert into carat_links ("+columns+", feed, source_sha256, source_bytes, undoes) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
		l.No, l.Kind, l.ID, l.Form, l.Text, l.Value, l.BatchNo, l.Table, l.Snapshot, l.DatedMs, l.Files, l.Replaced, s.Feed, s.SHA256, s.Bytes, s.Undoes)
	if err != nil {
		return fmt.Errorf("add link %s: %w", l.ID, err)
	}
	return nil
}

// one gives the first link of a query's end; false for none.
func (m Mirror) one(ctx context.Context, rest string, args ...any) (chain.Link, bool, error) {
	l, err := scan(m.DB.QueryRowContext(ctx, m.Bind("select "+columns+" from carat_links where "+rest), args...))
	if errors.Is(err, sql.ErrNoRows) {
		return chain.Link{}, false, nil
	}
	if err != nil {
		return chain.Link{}, false, fmt.Errorf("read links: %w", err)
	}
	return l, true, nil
}

// At gives the link of a number.
func (m Mirror) At(ctx context.Context, no int64) (chain.Link, bool, error) {
	return m.one(ctx, "link_no = ?", no)
}

// Named gives the link of an id.
func (m Mirror) Named(ctx context.Context, id string, upTo int64) (chain.Link, bool, error) {
	return m.one(ctx, "link_id = ? and link_no <= ?", id, upTo)
}

// OfSnapshot gives the link that brought a snapshot of a table.
func (m Mirror) OfSnapshot(ctx context.Context, table string, snapshot, upTo int64) (chain.Link, bool, error) {
	return m.one(ctx, "table_name = ? and snapshot_id = ? and link_no <= ?", table, snapshot, upTo)
}

// Last gives the last link of a kind.
func (m Mirror) Last(ctx context.Context, kind string, upTo int64) (chain.Link, bool, error) {
	return m.one(ctx, "kind = ? and link_no <= ? order by link_no desc limit 1", kind, upTo)
}

// LastOf gives the last link that brought rows of a table.
func (m Mirror) LastOf(ctx context.Context, table string, upTo int64) (chain.Link, bool, error) {
	// The links are asked backwards, not those of the table: it was seldom long ago.
	return m.one(ctx, "table_name || '' = ? and (kind || '' = '"+chain.KindBatch+"' or kind || '' = '"+chain.KindUndo+"') and link_no <= ? order by link_no desc limit 1", table, upTo)
}

// FilesOf gives the files, as chain.FilesText has them, that hold all rows of some batches of
// a table. known is false where links don't say it, or not soon: of no batch, of so many that
// listing all files is quicker, of one without a link, and where the table was compacted, or
// brought into another form, since the first of them.
func (m Mirror) FilesOf(ctx context.Context, table string, batches []int64, upTo int64) (files string, known bool, err error) {
	if len(batches) == 0 || len(batches) > 100 {
		return "", false, nil
	}
	first, all := upTo, strings.Builder{}
	for _, no := range batches {
		l, found, err := m.Named(ctx, chain.BatchID(no), upTo)
		if err != nil || !found || l.Table != table {
			return "", false, err
		}
		first = min(first, l.No)
		for line := range strings.Lines(l.Files) {
			if strings.Contains(line, "/"+table+"/data/") { // not of its rejects
				all.WriteString(line)
			}
		}
	}
	_, moved, err := m.one(ctx, "link_no > ? and link_no <= ? and (kind = 'compaction' and table_name = ? or kind = 'upgrade') limit 1", first, upTo, table)
	return all.String(), err == nil && !moved, err
}

// LastBy gives the last link of whose snapshots' dates are up to one.
func (m Mirror) LastBy(ctx context.Context, ms, upTo int64) (chain.Link, bool, error) {
	return m.one(ctx, "dated_ms <= ? and link_no <= ? order by link_no desc limit 1", ms, upTo)
}

// OfSource gives the batches that were made of a source file and stand, in order: several
// where it was read in several ways.
func (m Mirror) OfSource(ctx context.Context, feed, sha256 string, upTo int64) (made []chain.CommittedBatch, err error) {
	all, err := m.list(ctx, `kind = 'batch' and feed = ? and source_sha256 = ? and link_no <= ?
		and not exists (select 1 from carat_links u where u.undoes = carat_links.link_id and u.link_no <= ?) order by link_no`, feed, sha256, upTo, upTo)
	for _, l := range all {
		b, err := chain.ReadBatch(l)
		if err != nil {
			return nil, err
		}
		made = append(made, b)
	}
	return made, err
}

// HoldsBytes says whether any batch came from a source file of this size.
func (m Mirror) HoldsBytes(ctx context.Context, bytes, upTo int64) (bool, error) {
	_, found, err := m.one(ctx, "source_bytes = ? and link_no <= ? limit 1", bytes, upTo)
	return found, err
}

// Undone gives the batches that were taken out up to a batch, and by which.
func (m Mirror) Undone(ctx context.Context, batchNo, upTo int64) (map[string]string, error) {
	rows, err := m.DB.QueryContext(ctx, m.Bind("select undoes, link_id from carat_links where undoes <> '' and batch_no <= ? and link_no <= ? order by link_no desc"), batchNo, upTo)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	defer rows.Close()
	undone := map[string]string{}
	for rows.Next() {
		var batch, by string
		if err := rows.Scan(&batch, &by); err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		undone[batch] = by // the first of several is the last read
	}
	return undone, rows.Err()
}

// Between gives the links of some numbers, the first and the last included, in order.
func (m Mirror) Between(ctx context.Context, first, last int64) ([]chain.Link, error) {
	return m.list(ctx, "link_no between ? and ? order by link_no", first, last)
}

// list gives the links of a query's end.
func (m Mirror) list(ctx context.Context, rest string, args ...any) (all []chain.Link, err error) {
	rows, err := m.DB.QueryContext(ctx, m.Bind("select "+columns+" from carat_links where "+rest), args...)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		l, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		all = append(all, l)
	}
	return all, rows.Err()
}

// Sought gives what the columns that a batch is looked for by say, by link number, for
// verification: feed, source_sha256, source_bytes, undoes.
func (m Mirror) Sought(ctx context.Context) (map[int64]Sought, error) {
	rows, err := m.DB.QueryContext(ctx, "select link_no, feed, source_sha256, source_bytes, undoes from carat_links")
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	defer rows.Close()
	all := map[int64]Sought{}
	for rows.Next() {
		var no int64
		var s Sought
		if err := rows.Scan(&no, &s.Feed, &s.SHA256, &s.Bytes, &s.Undoes); err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		all[no] = s
	}
	return all, rows.Err()
}

// Sought are the columns of the mirror that a batch is looked for by.
type Sought struct {
	Feed, SHA256 string
	Bytes        int64 // -1: of no source
	Undoes       string
}

// SoughtOf derives them.
func SoughtOf(r Row) Sought {
	s := Sought{r.Feed, r.SourceSHA256, -1, r.Undoes}
	if r.SourceBytes != nil {
		s.Bytes = *r.SourceBytes
	}
	return s
}
