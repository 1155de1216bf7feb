package pipeline

// BatchRows is how many rows a BlockSink is handed at a time. It is part of
// the format: Parquet bytes depend on it.
const BatchRows = 8192

// Sink takes the parsed rows of one file. The parser cuts the file into blocks
// of fixed size, so what reaches a Sink doesn't depend on the number of cores.
type Sink[T any] interface {
	// OpenBlock begins block seq (0, 1, 2, …). Several blocks may be open and
	// be written from different goroutines at once.
	OpenBlock(seq int) (BlockSink[T], error)
}

// BlockSink takes the rows of one block, in the order of the source.
type BlockSink[T any] interface {
	// Write takes up to BatchRows rows. The slice and the bytes behind its
	// strings are valid only during the call.
	Write(rows []T) error
	// Close ends the block. The data are safe only when the whole batch is committed.
	Close() error
}
