package pages

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"carat/pipeline"
	"carat/pipeline/lake/store"
	"carat/pipeline/parquetlimits"
)

// metaReplaces is the entry of a compacted file's Parquet metadata that names
// the files it was made of, by their names in its own folder, one a line.
const metaReplaces = "carat.replaces"

// Compactor rewrites the files of one raw table, and compares what it wrote
// with what it was made of.
type Compactor struct {
	Write func(ctx context.Context, d *store.Disk, codec *Codec, from []string, to, rel string) (StagedFile, error)
	// equal says whether a file holds the rows of others, in order; the error
	// says which row differs first.
	Equal func(ctx context.Context, file string, others []string) error
}

// lineagePointer is the pointer to a raw table's row type, rejects included.
type lineagePointer[T any] interface {
	*T
	Origin() *pipeline.Lineage
}

func newCompactor[T any, P lineagePointer[T]](cols []Column, bloom []string) Compactor {
	return Compactor{
		Write: func(ctx context.Context, d *store.Disk, codec *Codec, from []string, to, rel string) (StagedFile, error) {
			rows, err := readRows[T, P](ctx, cols, from)
			if err != nil {
				return StagedFile{}, err
			}
			f, err := writeRows[T, P](ctx, d, codec, rows, from, to, rel, bloom)
			if err != nil {
				return f, err
			}
			// What was written is read back before anything refers to it.
			return f, rows.same(ctx, func(take func(compactedRow) error) error { return eachCompacted[T, P](ctx, cols, to, take) })
		},
		Equal: func(ctx context.Context, file string, others []string) error {
			rows, err := readRows[T, P](ctx, cols, others)
			if err != nil {
				return err
			}
			return rows.same(ctx, func(take func(compactedRow) error) error { return eachCompacted[T, P](ctx, cols, file, take) })
		},
	}
}

// Compactors gives the compactor of every raw table.
func Compactors(raw map[string]RawTable, rejects []Column) map[string]Compactor {
	all := map[string]Compactor{RejectsTable: newCompactor[pipeline.Reject](rejects, nil)}
	for name, t := range raw {
		all[name] = t.compactor
	}
	return all
}

// rowOrigin is the part of a row's lineage that its canonical form leaves out.
type rowOrigin struct {
	batch      string
	ingestedAt int64
}

func (a rowOrigin) compare(b rowOrigin) int {
	return cmp.Or(cmp.Compare(len(a.batch), len(b.batch)), strings.Compare(a.batch, b.batch), cmp.Compare(a.ingestedAt, b.ingestedAt))
}

// compactedRow is a row in its canonical form.
type compactedRow struct {
	origin rowOrigin
	line   int64
	bytes  []byte
}

func (a compactedRow) compare(b compactedRow) int {
	return cmp.Or(a.origin.compare(b.origin), cmp.Compare(a.line, b.line), bytes.Compare(a.bytes, b.bytes))
}

// sortedRows are the rows of several files in the order of batch, line and
// bytes, in which a compacted file holds them: each batch's rows stay together
// and can be hashed as they come.
type sortedRows struct {
	bytes   []byte
	ends    []int
	lines   []int64
	of      []int32 // index of each row's origin
	origins []rowOrigin
	order   []int32
}

func (s *sortedRows) row(i int32) compactedRow {
	start := 0
	if i > 0 {
		start = s.ends[i-1]
	}
	return compactedRow{s.origins[s.of[i]], s.lines[i], s.bytes[start:s.ends[i]]}
}

func readRows[T any, P lineagePointer[T]](ctx context.Context, cols []Column, files []string) (*sortedRows, error) {
	s := &sortedRows{}
	known := map[rowOrigin]int32{}
	for _, path := range files {
		err := eachCompacted[T, P](ctx, cols, path, func(r compactedRow) error {
			at, ok := known[r.origin]
			if !ok {
				r.origin.batch = strings.Clone(r.origin.batch)
				at = int32(len(s.origins))
				known[r.origin], s.origins = at, append(s.origins, r.origin)
			}
			s.bytes = append(s.bytes, r.bytes...)
			s.ends, s.lines, s.of = append(s.ends, len(s.bytes)), append(s.lines, r.line), append(s.of, at)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	s.order = make([]int32, len(s.ends))
	for i := range s.order {
		s.order[i] = int32(i)
	}
	slices.SortFunc(s.order, func(a, b int32) int { return s.row(a).compare(s.row(b)) })
	return s, nil
}

// same compares the rows with those that each hands over, one by one.
func (s *sortedRows) same(ctx context.Context, each func(func(compactedRow) error) error) error {
	at := 0
	err := each(func(r compactedRow) error {
		if at >= len(s.order) {
			return fmt.Errorf("row %d is one too many: batch %s line %d", at+1, r.origin.batch, r.line)
		}
		if want := s.row(s.order[at]); want.compare(r) != 0 {
			return fmt.Errorf("row %d is not batch %s line %d as it was", at+1, want.origin.batch, want.line)
		}
		at++
		return nil
	})
	if err == nil && at < len(s.order) {
		want := s.row(s.order[at])
		err = fmt.Errorf("%d rows are missing, the first is batch %s line %d", len(s.order)-at, want.origin.batch, want.line)
	}
	return errors.Join(err, ctx.Err())
}

// eachCompacted hands over the rows of a file. They are valid until the next.
func eachCompacted[T any, P lineagePointer[T]](ctx context.Context, cols []Column, path string, take func(compactedRow) error) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var refused error // by take: the file itself can be read
	defer func() {
		if err != nil && refused == nil {
			err = fmt.Errorf("read %s: %w", path, err)
		}
	}()
	defer RecoverReading(&err)
	r, err := NewReader[T](f)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := knowsColumns(f, cols); err != nil {
		return err
	}
	enc := NewRowEncoder(cols)
	rows := r.Buffer()
	var buffer []byte
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		clear(rows)
		n, rerr := r.Read(rows)
		for i := range rows[:n] {
			p := P(&rows[i])
			o := p.Origin()
			if err := wrongNumber(o); err != nil {
				return err
			}
			buffer = enc.Append(buffer[:0], unsafe.Pointer(p))
			if refused = take(compactedRow{rowOrigin{o.BatchID, o.IngestedAt}, o.SourceLine, buffer}); refused != nil {
				return refused
			}
		}
		if errors.Is(rerr, io.EOF) {
			return nil
		}
		if rerr != nil {
			return rerr
		}
	}
}

// knowsColumns refuses a file with a column that would be lost.
func knowsColumns(f *os.File, cols []Column) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	pf, err := parquetlimits.OpenFooter(f, info.Size())
	if err != nil {
		return err
	}
	for _, field := range pf.Schema().Fields() {
		if c, err := FindColumn(cols, field.Name()); err != nil || c.ID != field.ID() {
			return fmt.Errorf("it has a column %s (id %d), which this carat doesn't know", field.Name(), field.ID())
		}
	}
	return nil
}

// writeRows writes the rows in their order, as the lake's own files are.
func writeRows[T any, P lineagePointer[T]](ctx context.Context, d *store.Disk, codec *Codec, s *sortedRows, from []string, to, rel string, bloom []string) (f StagedFile, err error) {
	cols, err := columnsOf(reflect.TypeFor[T]())
	if err != nil {
		return f, err
	}
	w, err := NewRowFile[T, P](d, codec, cols, StagedFile{Rel: rel, Path: to}, PageBytes, bloom)
	if err != nil {
		return f, err
	}
	defer func() {
		if err != nil {
			_ = w.Abandon()
		}
	}()
	var names []string
	for _, path := range from {
		names = append(names, filepath.Base(path))
	}
	w.Note(metaReplaces, strings.Join(names, "\n"))
	for i, at := range s.order {
		if i%rowsAtOnce == 0 && ctx.Err() != nil {
			return f, ctx.Err()
		}
		r := s.row(at)
		if err := w.Add(r.bytes, r.origin.batch, r.origin.ingestedAt); err != nil {
			return f, err
		}
	}
	return w.Close()
}

// ReplacedBy reads from a compacted file which files it was made of; they lie
// in its folder.
func ReplacedBy(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	pf, err := parquetlimits.OpenFooter(f, info.Size())
	if err != nil {
		return nil, err
	}
	text, ok := pf.Lookup(metaReplaces)
	if !ok {
		return nil, errors.New("it doesn't say which files it was made of")
	}
	var paths []string
	for name := range strings.SplitSeq(text, "\n") {
		if !store.PlainName(name) {
			return nil, fmt.Errorf("it names a file %q", name)
		}
		paths = append(paths, filepath.Join(filepath.Dir(path), name))
	}
	return paths, nil
}
