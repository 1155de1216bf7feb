package jobs

import (
	"context"

	"carat/pipeline/engine"
	"carat/pipeline/lake"
)

// batchColumns are the columns of the table batches that a query can read: one
// row is one ingested file, as its snapshot's summary says.
const batchColumns = `batch_id varchar, feed varchar, format varchar, source varchar, source_sha256 varchar,
source_bytes bigint, rows_read bigint, rows_accepted bigint, rows_rejected bigint, rows_duplicate bigint,
rows_sha256 varchar, ingested_at timestamptz, committed_at timestamptz, snapshot_id bigint, previous_chain varchar,
chain varchar`

// loadBatches makes the table batches: the way from a row's batch_id to the
// file that it came from.
func (p *place) loadBatches(ctx context.Context, eng *engine.Engine, at lake.AsOf) error {
	batches, err := p.lake.Batches(ctx, at)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, b := range batches {
		rows = append(rows, []any{b.ID, b.Feed, b.Format, b.Source, b.SourceSHA256, b.SourceBytes, b.RowsRead, b.RowsAccepted,
			b.RowsRejected, b.RowsDuplicate, b.RowsSHA256, b.IngestedAt, b.CommittedAt, b.Snapshot, b.PreviousChain, b.Chain})
	}
	return eng.LoadRows(ctx, "batches", batchColumns, rows)
}
