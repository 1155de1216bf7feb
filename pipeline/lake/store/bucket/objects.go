package bucket

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/store/object"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// objectBytesMax is what S3 takes in one piece.
const objectBytesMax = 5 << 30

// putBytesPerSecondMin is how slow an upload may be, besides what is waited anyway.
const putBytesPerSecondMin = 128 << 10

// Put puts an object if there is none.
func (b *Bucket) Put(ctx context.Context, key string, c object.Content) error {
	if err := object.CheckKey(key); err != nil {
		return err
	}
	if c.Size > objectBytesMax {
		return pipeline.Errorf(pipeline.KindBadInput, "put object", b.name(key), "it has %d bytes, and a bucket takes %d in one piece", c.Size, int64(objectBytesMax)).
			WithHint("split the file, and ingest its parts")
	}
	in := &s3.PutObjectInput{Bucket: &b.place.Bucket, Key: aws.String(b.key(key)), IfNoneMatch: aws.String("*"), ContentLength: &c.Size}
	err := b.try(ctx, "put object", key, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, b.o.Stall+time.Duration(c.Size/putBytesPerSecondMin)*time.Second)
		defer cancel()
		in.Body = io.NewSectionReader(c, 0, c.Size)
		_, err := b.api.PutObject(ctx, in, s3.WithAPIOptions(wantHash(c.SHA256)))
		if status(err) == http.StatusPreconditionFailed {
			return b.same(ctx, key, c.Sum)
		}
		return err
	})
	if isPassing(err) && b.same(ctx, key, c.Sum) == nil {
		return nil // it happened, and its answers were lost
	}
	return err
}

// errOtherBytes is content that isn't what its sum says.
var errOtherBytes = errors.New("what was to be put changed meanwhile")

// wantHash sends a request only if the SHA-256 of its body is so, and signs it, so that the
// server refuses a body that the network changed.
func wantHash(sha256 string) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		compute := &v4.ComputePayloadSHA256{}
		if _, err := stack.Finalize.Swap(compute.ID(), compute); err != nil { // over TLS the SDK signs none
			return err
		}
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("CaratWantHash", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			if got := v4.GetPayloadHash(ctx); got != sha256 {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, fmt.Errorf("its SHA-256 is %q and was to be %s: %w", got, sha256, errOtherBytes)
			}
			return next.HandleFinalize(ctx, in)
		}), compute.ID(), middleware.After)
	}
}

// same is nil when an object has those bytes.
func (b *Bucket) same(ctx context.Context, key string, want object.Sum) error {
	got, err := b.Get(ctx, key, io.Discard)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("put %s: %w", b.name(key), object.ErrTaken)
	}
	return nil
}

// Get reads an object; where it ends early, it goes on there in the same object.
func (b *Bucket) Get(ctx context.Context, key string, to io.Writer) (object.Sum, error) {
	if err := object.CheckKey(key); err != nil {
		return object.Sum{}, err
	}
	d := download{to: to, h: sha256.New(), size: -1}
	for {
		before := d.n
		err := b.try(ctx, "read object", key, func(ctx context.Context) error { return b.more(ctx, key, &d) })
		if err == nil {
			return object.Sum{Size: d.n, SHA256: hex.EncodeToString(d.h.Sum(nil))}, nil
		}
		if !isPassing(err) || d.failed != nil || d.n-before < progressBytes {
			return object.Sum{}, err
		}
	}
}

// progressBytes is how much must have come for it to be worth going on.
const progressBytes = 64 << 10

// download is an object that is read in one or several pieces.
type download struct {
	to     io.Writer
	failed error // of to
	h      hash.Hash
	n      int64 // bytes read
	size   int64 // of the object; negative: not known yet
	tag    string
}

// Write takes what came.
func (d *download) Write(p []byte) (int, error) {
	n, err := d.to.Write(p)
	d.h.Write(p[:n])
	d.n += int64(n)
	if d.failed = err; err != nil {
		return n, final{err}
	}
	return n, nil
}

// more reads what is left of an object.
func (b *Bucket) more(ctx context.Context, key string, d *download) error {
	if d.n == d.size {
		return nil
	}
	in := &s3.GetObjectInput{Bucket: &b.place.Bucket, Key: aws.String(b.key(key))}
	if d.n > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", d.n))
	}
	if d.tag != "" {
		in.IfMatch = &d.tag
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out, err := b.get(ctx, key, in)
	if err != nil {
		return err
	}
	defer out.Body.Close()
	length := aws.ToInt64(out.ContentLength)
	switch {
	case out.ContentLength == nil:
		return errors.New("the answer doesn't say how long it is")
	case d.n > 0 && aws.ToString(out.ContentRange) != fmt.Sprintf("bytes %d-%d/%d", d.n, d.size-1, d.size):
		return final{fmt.Errorf("the store gives other bytes than those that it was asked for (%s)", aws.ToString(out.ContentRange))}
	case d.size < 0:
		d.size, d.tag = length, aws.ToString(out.ETag)
	}
	if _, err := io.Copy(d, b.watched(out.Body, cancel)); err != nil {
		return err
	}
	if d.n != d.size {
		return fmt.Errorf("it ended after %d of %d bytes: %w", d.n, d.size, io.ErrUnexpectedEOF)
	}
	return nil
}

// get asks for an object, and says when it is another than before.
func (b *Bucket) get(ctx context.Context, key string, in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	out, err := b.api.GetObject(ctx, in)
	if in.IfMatch != nil && (status(err) == http.StatusPreconditionFailed || err == nil && aws.ToString(out.ETag) != *in.IfMatch) {
		if err == nil {
			_ = out.Body.Close()
		}
		return nil, final{fmt.Errorf("read %s: %w", b.name(key), object.ErrChanged)}
	}
	return out, err
}

// watched reads an answer, and gives it up when nothing comes for so long.
func (b *Bucket) watched(r io.Reader, giveUp func()) io.Reader {
	return &watched{r, b.o.Stall, giveUp}
}

type watched struct {
	r      io.Reader
	stall  time.Duration
	giveUp func()
}

// Read reads.
func (w *watched) Read(p []byte) (int, error) {
	timer := time.AfterFunc(w.stall, w.giveUp)
	defer timer.Stop()
	return w.r.Read(p)
}

// Open asks for an object's size and tag.
func (b *Bucket) Open(ctx context.Context, key string) (object.Object, error) {
	out, err := b.head(ctx, "open object", key)
	if err != nil {
		return nil, err
	}
	return &ranged{ctx, b, key, aws.ToInt64(out.ContentLength), aws.ToString(out.ETag)}, nil
}

func (b *Bucket) head(ctx context.Context, action, key string) (out *s3.HeadObjectOutput, err error) {
	if err := object.CheckKey(key); err != nil {
		return nil, err
	}
	err = b.try(ctx, action, key, func(ctx context.Context) (err error) {
		out, err = b.api.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.place.Bucket, Key: aws.String(b.key(key))})
		if err == nil && out.ContentLength == nil {
			err = errors.New("the answer doesn't say how long it is")
		}
		return err
	})
	return out, err
}

// ranged is an open object. Its context is that of Open, as io.ReaderAt has none.
type ranged struct {
	ctx  context.Context
	b    *Bucket
	key  string
	size int64
	tag  string
}

// Size is the object's size.
func (r *ranged) Size() int64 { return r.size }

// Close has nothing to do.
func (r *ranged) Close() error { return nil }

// ReadAt reads a range of the object that was opened.
func (r *ranged) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, &fs.PathError{Op: "read", Path: r.key, Err: fs.ErrInvalid}
	}
	want := min(int64(len(p)), r.size-off)
	if want <= 0 {
		if len(p) == 0 {
			return 0, nil
		}
		return 0, io.EOF
	}
	n := 0
	err := r.b.try(r.ctx, "read object", r.key, func(ctx context.Context) error {
		in := &s3.GetObjectInput{Bucket: &r.b.place.Bucket, Key: aws.String(r.b.key(r.key)), Range: aws.String(fmt.Sprintf("bytes=%d-%d", off+int64(n), off+want-1)), IfMatch: &r.tag}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		out, err := r.b.get(ctx, r.key, in)
		if err != nil {
			return err
		}
		defer out.Body.Close()
		if got := aws.ToString(out.ContentRange); got != fmt.Sprintf("bytes %d-%d/%d", off+int64(n), off+want-1, r.size) {
			return final{fmt.Errorf("the store gives other bytes than those that it was asked for (%s)", got)}
		}
		more, err := io.ReadFull(r.b.watched(out.Body, cancel), p[n:want])
		n += more
		return err
	})
	if err == nil && want < int64(len(p)) {
		err = io.EOF
	}
	return n, err
}

// Stat gives an object's size.
func (b *Bucket) Stat(ctx context.Context, key string) (object.Info, error) {
	out, err := b.head(ctx, "look at object", key)
	if err != nil {
		return object.Info{}, err
	}
	return object.Info{Key: key, Size: aws.ToInt64(out.ContentLength)}, nil
}

// List asks for page after page.
func (b *Bucket) List(ctx context.Context, prefix string, each func(object.Info) error) error {
	whole, below := b.key(prefix), len(b.key(""))
	in := &s3.ListObjectsV2Input{Bucket: &b.place.Bucket, Prefix: &whole}
	if b.o.PageKeys > 0 {
		in.MaxKeys = &b.o.PageKeys
	}
	last := ""
	for {
		var page *s3.ListObjectsV2Output
		err := b.try(ctx, "list objects", prefix, func(ctx context.Context) (err error) {
			page, err = b.api.ListObjectsV2(ctx, in)
			return err
		})
		if err != nil {
			return err
		}
		for _, o := range page.Contents {
			key := aws.ToString(o.Key)
			if key <= last {
				return fmt.Errorf("list objects of %s: the store gives %q after %q, in no order", b.Origin(), key, last)
			}
			if last = key; len(key) <= below || key[len(key)-1] == '/' {
				continue // a folder that somebody's program made
			}
			if err := each(object.Info{Key: key[below:], Size: aws.ToInt64(o.Size)}); err != nil {
				return err
			}
		}
		if !aws.ToBool(page.IsTruncated) {
			return nil
		}
		if len(page.Contents) == 0 || page.NextContinuationToken == nil {
			return fmt.Errorf("list objects of %s: the store says that there is more, and gives none", b.Origin())
		}
		in.ContinuationToken = page.NextContinuationToken
	}
}

// Delete deletes an object; a bucket that keeps versions keeps those.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := object.CheckKey(key); err != nil {
		return err
	}
	return b.try(ctx, "delete object", key, func(ctx context.Context) error {
		_, err := b.api.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.place.Bucket, Key: aws.String(b.key(key))})
		if status(err) == http.StatusNotFound && code(err) != codeNoBucket {
			return nil
		}
		return err
	})
}
