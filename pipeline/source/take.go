package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Got is what Take read.
type Got struct {
	Version string
	Size    int64
	Beside  []byte
}

// Limits bound what is taken of one file.
type Limits struct {
	Bytes   int64 // of one file
	Retries int   // after failures that may be over later
	Wait    Wait
}

// Take reads a remote file into part, which holds the bytes of an attempt before, or
// none. A connection that breaks is made again and goes on where it broke, where the
// source can. After an error the part is as far as it came and may be gone on with,
// unless its content can't be trusted: then it is emptied. A file larger than the
// bound is an error, and as soon as it is known.
func Take(ctx context.Context, s Source, r Remote, part *os.File, l Limits) (got Got, err error) {
	if r.Size > l.Bytes {
		return got, tooLarge(r.Size, l.Bytes)
	}
	if r.Version == "" { // nothing says that it is still the same file
		if err := part.Truncate(0); err != nil {
			return got, err
		}
	}
	return Retry(ctx, l.Retries, l.Wait, func() (Got, error) { return takeOnce(ctx, s, r, part, l.Bytes) })
}

func tooLarge(size, limit int64) error {
	return fmt.Errorf("it has %d bytes, more than max_bytes %d", size, limit)
}

func takeOnce(ctx context.Context, s Source, r Remote, part *os.File, limit int64) (got Got, err error) {
	have, err := part.Seek(0, io.SeekEnd)
	if err != nil {
		return got, err
	}
	if r.Version == "" || r.Size >= 0 && have > r.Size {
		have = 0
	}
	d, err := s.Open(ctx, r, have)
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, ignoreClosed(d.Close())) }()
	if d.Size > limit {
		return got, tooLarge(d.Size, limit)
	}
	if d.From != have && d.From != 0 {
		return got, fmt.Errorf("the source goes on at byte %d, and %d were read", d.From, have)
	}
	if err := part.Truncate(d.From); err != nil {
		return got, err
	}
	if _, err := part.Seek(d.From, io.SeekStart); err != nil {
		return got, err
	}
	n, err := io.Copy(part, io.LimitReader(d, limit-d.From+1))
	size := d.From + n
	switch {
	case err != nil && (isWrite(err) || errors.Is(err, ErrContent)):
		return got, err
	case err != nil && ctx.Err() != nil:
		return got, ctx.Err()
	case err != nil:
		return got, Passes("it broke off after %d bytes: %w", size, err)
	case size > limit:
		return got, errors.Join(tooLarge(size, limit), part.Truncate(0))
	case d.Size >= 0 && size < d.Size:
		return got, Passes("it broke off after %d of %d bytes", size, d.Size)
	case d.Size >= 0 && size > d.Size:
		return got, errors.Join(Passes("it gave %d bytes and said %d", size, d.Size), part.Truncate(0))
	}
	if d.Whole != nil {
		if err := d.Whole(ctx); err != nil {
			return got, errors.Join(err, part.Truncate(0))
		}
	}
	got = Got{Version: strings.ToValidUTF8(d.Version, ""), Size: size, Beside: d.Beside}
	if got.Version == "" {
		got.Version = r.Version
	}
	return got, nil
}

// isWrite says whether an error is of the disk, and not of the source.
func isWrite(err error) bool {
	var p *os.PathError
	return errors.As(err, &p) && p.Op == "write"
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
