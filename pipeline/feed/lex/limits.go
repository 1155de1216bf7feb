package lex

// MaxRecordBytes bounds one record. A line above it fails the file; a
// quoted field that is still open after so many bytes is a bad quote.
const MaxRecordBytes = 1 << 20

// MaxIDBytes bounds an id.
const MaxIDBytes = 128

// MaxTextBytes bounds a free text, such as a note.
const MaxTextBytes = 4096

// MaxColumns bounds the columns of a CSV header or a Parquet schema.
const MaxColumns = 1024

// ByteOrderMark may begin a text in UTF-8.
const ByteOrderMark = "\xEF\xBB\xBF"

// MaxUnfoldRatio bounds how many times its size anything packed may unfold to:
// files of real rows reach 30.
const MaxUnfoldRatio = 100

// UnfoldFreeBytes may come out of any file, however small.
const UnfoldFreeBytes = 1 << 20
