package statements

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
)

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

// WriteMoved writes, into the folder of a reopened period's statements, what
// moved in them against the version before; nothing when there was none.
func WriteMoved(ctx context.Context, p *books.Books, s books.Setting, models fs.FS, closed books.Closures, period pipeline.Period, run, folder string) error {
	before, ok := closed.Replaced(period)
	if !ok {
		return nil
	}
	moved, err := fs.ReadFile(models, "statements/sta_moved.sql")
	if err != nil {
		return err
	}
	fill := strings.NewReplacer("{before}", pipeline.SQLText(before.RunID), "{run}", pipeline.SQLText(run), "{moved}", string(moved))
	t, err := p.Query(ctx, s.Config, books.Latest, fill.Replace(movedQuery), TableSummaries)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Write(&b, "csv"); err != nil {
		return err
	}
	file := filepath.Join(folder, movedFile)
	if err := disk.WriteText(file, 0o600, b.Bytes()); err != nil {
		return WriteError(file, err)
	}
	return nil
}

// Keep moves the final statements of a version that is opened again
// out of the way: they are still what creators were told.
func Keep(c *config.Config, period pipeline.Period, version int64) (string, error) {
	from := filepath.Join(c.OutFolder(period), FolderName)
	to := books.KeptFolder(from, version)
	err := os.Rename(from, to)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", WriteError(to, err)
	}
	return to, nil
}
