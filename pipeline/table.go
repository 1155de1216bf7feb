package pipeline

// TableFiles is one table of the lake at one snapshot: what an engine needs to
// read it.
type TableFiles struct {
	Name     string
	Snapshot int64    // 0: the table has no snapshot yet
	Files    []string // absolute paths of Parquet files; may be empty
	Columns  []Column
	// Without are the batches whose rows are not to be read, though the files hold
	// them: others took them out of the history.
	Without []string
	// Later are batches whose rows are not to be read either, as they are all of later
	// months than the one that is asked for.
	Later []string
	// Only are the numbers of the batches whose rows are to be read; none: of all.
	Only []int64
	// UpTo is the number of the last batch whose rows are to be read; 0: of all.
	UpTo int64
}

// Column is one column of a lake table.
type Column struct {
	ID       int    // Iceberg and Parquet field id
	Name     string // as in DESIGN's feeds
	Type     string // SQL type: BIGINT, VARCHAR, DECIMAL(18,6), TIMESTAMP WITH TIME ZONE, DATE, BOOLEAN
	Optional bool
}
