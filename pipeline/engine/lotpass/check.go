package lotpass

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"carat/pipeline/engine/duckdb"
)

// Of how many viewers one is compared in every run, how many of those who are
// replayed always are, of up to how many rows of their history, and below how many
// viewers all are. Rows are bounded because a few viewers of whom all is read since the
// first month soon have more than all others: by the SQL each row costs as much as a
// hundred by the pass.
const (
	oneOf          = 100
	alwaysReplayed = 500
	alwaysRows     = 20_000
	allBelow       = 2_000
)

// sampleTable holds the numbers of the viewers of the sample.
const sampleTable = "run_lot_viewers"

// specified stands before the name of a table that the models' text made beside
// the pass's own.
const specified = "specified_"

// difference is that of some rows of one viewer in one model's table a pass and
// the model's text say otherwise.
type difference struct {
	viewer int64 // viewer_no
	model  string
	rows   int64
}

// sample fills the table of the viewers who are compared in every run and says
// whether these are all: one in a hundred by a hash that nobody can foresee
// before the run, and of those who are replayed, for what refunds, reversals,
// debts and breakage do, up to a fixed number of them and of rows.
func sample(ctx context.Context, db *duckdb.Database, runID string) (areAll bool, err error) {
	from, into := db.Streams()
	r := &run{ctx: ctx, from: from, into: into}
	n, err := r.number("select count(*) from led_viewer")
	if err != nil {
		return false, err
	}
	areAll = n < allBelow
	drawn, chosen := map[int64]bool{}, map[int64]bool{}
	if !areAll {
		if err := r.choose(runID, drawn, chosen); err != nil {
			return false, err
		}
	}
	w, err := r.write(sampleTable)
	if err != nil {
		return false, err
	}
	put := func(no int64, isDrawn bool) { w.Int(int32(no)); w.Bool(isDrawn); w.Done() }
	if areAll {
		err = r.each("select viewer_no from led_viewer", func(rows *duckdb.ColumnRows) { put(rows.Whole(0), true) })
	}
	for no := range chosen {
		put(no, drawn[no])
	}
	return areAll, r.end(err)
}

// choose marks the viewers of the sample, and which of them the hash drew: these are the
// same however much of the history a run read, those who are replayed are not.
func (r *run) choose(runID string, drawn, chosen map[int64]bool) error {
	rowsOf := map[int64]int64{} // of the history of who is replayed
	err := r.each(`select led_viewer_replayed.viewer_no, count(led_lot_source.viewer_no) from led_viewer_replayed
left join led_lot_source on led_lot_source.viewer_no = led_viewer_replayed.viewer_no group by led_viewer_replayed.viewer_no`, func(rows *duckdb.ColumnRows) {
		rowsOf[rows.Whole(0)] = rows.Whole(1)
	})
	if err != nil {
		return err
	}
	var always []replayed
	var text []byte
	err = r.each("select viewer_no, entity, viewer_id from led_viewer", func(rows *duckdb.ColumnRows) {
		text = append(append(append(append(append(text[:0], runID...), '\x1f'), rows.Text(1)...), '\x1f'), rows.Text(2)...)
		sum := sha256.Sum256(text)
		hash := binary.BigEndian.Uint64(sum[:8])
		if hash < math.MaxUint64/oneOf {
			drawn[rows.Whole(0)], chosen[rows.Whole(0)] = true, true
		}
		if n, is := rowsOf[rows.Whole(0)]; is {
			always = append(always, replayed{hash, rows.Whole(0), n})
		}
	})
	for _, viewer := range alwaysCompared(always) {
		chosen[viewer] = true
	}
	return err
}

// replayed is a viewer who is replayed, and the rows that are for it.
type replayed struct {
	hash   uint64
	viewer int64
	rows   int64
}

// alwaysCompared gives those of the replayed who are compared: in the order of their
// hashes, as many as the bounds allow. One of more rows than fit is left out, unless it is
// the first: so it too is compared in some runs.
func alwaysCompared(all []replayed) (viewers []int64) {
	slices.SortFunc(all, func(a, b replayed) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.viewer, b.viewer)) })
	rows := int64(0)
	for _, v := range all {
		if len(viewers) == alwaysReplayed {
			break
		}
		if len(viewers) == 0 || rows+v.rows <= alwaysRows {
			viewers, rows = append(viewers, v.viewer), rows+v.rows
		}
	}
	return viewers
}

// check compares the pass's tables with what the models' text says, of the
// viewers of the sample, or of all. Where they differ of all, the tables of the
// text take the place of the pass's.
func (p *Pass) check(ctx context.Context, conn *sql.Conn, texts map[string]string, all bool) (found []difference, err error) {
	var renamed, undo []string
	exec := func(query string) {
		if err == nil {
			_, err = conn.ExecContext(ctx, query)
		}
	}
	if !all {
		for _, table := range p.tells {
			renamed = append(renamed, table)
			exec("create table " + specified + table + " as select * from " + table + " where viewer_no in (select viewer_no from " + sampleTable + ")")
			undo = append(undo, "drop table "+specified+table)
		}
	}
	renamed = append(renamed, p.views...)
	for _, m := range p.Makes {
		renamed = append(renamed, m.Name)
	}
	names := regexp.MustCompile(`\b(` + strings.Join(renamed, "|") + `)\b`)
	said := func(name string) string { return names.ReplaceAllString(texts[name], specified+"$1") }
	for _, view := range p.views {
		exec("create view " + specified + view + " as\n" + said(view))
		undo = append(undo, "drop view "+specified+view)
	}
	for _, m := range p.Makes {
		exec("create table " + specified + m.Name + " as\n" + said(m.Name))
	}
	for _, m := range p.Makes {
		if err == nil {
			found, err = p.compare(ctx, conn, m.Name, all, found)
		}
	}
	for _, m := range p.Makes {
		if all && len(found) > 0 {
			exec("drop table " + m.Name)
			exec("alter table " + specified + m.Name + " rename to " + m.Name)
		} else {
			undo = append(undo, "drop table "+specified+m.Name)
		}
	}
	slices.Reverse(undo)
	for _, query := range undo {
		exec(query)
	}
	return found, err
}

// mostDifferences bounds the viewers that are named for one model.
const mostDifferences = 1_000

func (p *Pass) compare(ctx context.Context, conn *sql.Conn, model string, all bool, found []difference) ([]difference, error) {
	own := "select * from " + model
	if !all {
		own += " where viewer_no in (select viewer_no from " + sampleTable + ")"
	}
	said := "select * from " + specified + model
	rows, err := conn.QueryContext(ctx, fmt.Sprintf(`select viewer_no, count(*)
from ((%[1]s except all %[2]s) union all (%[2]s except all %[1]s)) as differing
group by viewer_no order by viewer_no limit %[3]d`, "("+own+")", "("+said+")", mostDifferences))
	if err != nil {
		return nil, fmt.Errorf("compare %s: %w", model, err)
	}
	defer rows.Close()
	for rows.Next() {
		d := difference{model: model}
		if err := rows.Scan(&d.viewer, &d.rows); err != nil {
			return nil, err
		}
		found = append(found, d)
	}
	return found, rows.Err()
}
