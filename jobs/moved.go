package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/table"
)

// replaced gives the lock of a period that was opened again last, which its
// next version takes the place of.
func (c closures) replaced(period pipeline.Period) (found state.Lock, ok bool) {
	for _, l := range c.locks {
		if l.Period == period && !l.InForce() {
			found, ok = l, true
		}
	}
	return found, ok
}

// unmoving are the columns that differ between two versions though nothing
// has moved.
var unmoving = []string{columnRunID, "version"}

const columnRunID = "run_id"

// movedTables counts, table by table, what differs between a reopened period's
// version before and the run; none when there was none.
func (p *place) movedTables(ctx context.Context, s Setting, closed closures, period pipeline.Period, run string) ([]pipeline.MovedTable, error) {
	before, ok := closed.replaced(period)
	if !ok {
		return nil, nil
	}
	old, err := p.covered(ctx, before.RunID)
	if err != nil {
		return nil, err
	}
	now, err := p.covered(ctx, run)
	if err != nil {
		return nil, err
	}
	tables, err := p.lake.Tables(ctx, latest)
	if err != nil {
		return nil, err
	}
	list := []pipeline.MovedTable{}
	for _, name := range moved(old, now) {
		at := slices.IndexFunc(tables, func(t pipeline.TableFiles) bool { return t.Name == name })
		if at < 0 {
			continue
		}
		var columns []string
		for _, c := range tables[at].Columns {
			if !slices.Contains(unmoving, c.Name) {
				columns = append(columns, `"`+c.Name+`"`)
			}
		}
		rows := func(of string) string {
			return "select " + strings.Join(columns, ", ") + ` from "` + name + `" where run_id = ` + quoted(of)
		}
		t, err := p.query(ctx, s.Config, latest, "select (select count(*) from ("+rows(before.RunID)+" except all "+rows(run)+")) as removed, "+
			"(select count(*) from ("+rows(run)+" except all "+rows(before.RunID)+")) as added", name)
		if err != nil {
			return nil, err
		}
		m := pipeline.MovedTable{Table: name, Removed: t.Rows[0][0].(int64), Added: t.Rows[0][1].(int64)}
		if m.Removed+m.Added > 0 {
			list = append(list, m)
		}
	}
	return list, nil
}

// movedQuery lists what differs in the statements of two runs: the very rows that
// the statements themselves tell their creators.
const movedQuery = `with versions as (select {before} as run_before, {run} as run_now),
moved as (
{moved}
)
select creator_id, entity, currency, item, diamonds_before, diamonds_now, diamonds_moved, amount_before, amount_now, amount_moved
from moved
where diamonds_before <> diamonds_now or amount_before <> amount_now
order by creator_id, entity, currency, place`

// writeMoved writes, into the folder of a reopened period's statements, what
// moved in them against the version before; nothing when there was none.
func (p *place) writeMoved(ctx context.Context, s Setting, models fs.FS, closed closures, period pipeline.Period, run, folder string) error {
	before, ok := closed.replaced(period)
	if !ok {
		return nil
	}
	moved, err := fs.ReadFile(models, "statements/sta_moved.sql")
	if err != nil {
		return err
	}
	fill := strings.NewReplacer("{before}", quoted(before.RunID), "{run}", quoted(run), "{moved}", string(moved))
	t, err := p.query(ctx, s.Config, latest, fill.Replace(movedQuery), tableSummaries)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Write(&b, "csv"); err != nil {
		return err
	}
	file := filepath.Join(folder, movedFile)
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		return statementsError(file, err)
	}
	return nil
}

// keepStatements moves the final statements of a version that is opened again
// out of the way: they are still what creators were told.
func keepStatements(o ReopenOptions, version int64) (string, error) {
	from := filepath.Join(o.Config.outFolder(o.Period), statementsFolder)
	to := fmt.Sprintf("%s-v%d", from, version)
	err := os.Rename(from, to)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", statementsError(to, err)
	}
	return to, nil
}

// MovedTable is what differs between two versions, as a table to print.
func MovedTable(moved []pipeline.MovedTable) *table.Table {
	t := &table.Table{Columns: []table.Column{{Name: "table"}, {Name: "rows_removed", Kind: table.Number}, {Name: "rows_added", Kind: table.Number}}}
	for _, m := range moved {
		t.Rows = append(t.Rows, []any{m.Table, m.Removed, m.Added})
	}
	return t
}
