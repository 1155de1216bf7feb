package object

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"
)

// Store is a place of objects. It is safe for concurrent use.
//
// What isn't there is an error that is fs.ErrNotExist. A failure of the network that may
// be over later was tried again before it is told. No error holds a secret, and each that a
// person can mend says how.
type Store interface {
	// Origin says where the objects lie, without a secret: a folder's path, or
	// s3://BUCKET/PREFIX with the endpoint.
	Origin() string
	// Put puts a whole object, durably, under a key that nothing has. Where the key holds
	// the same bytes already (an answer was lost, and it was put again), nothing is to be
	// done; other bytes stay, and the error is ErrTaken. What of it failed for a bucket may
	// still appear there later, so who puts other bytes next takes another key.
	Put(ctx context.Context, key string, c Content) error
	// Get writes a whole object, from its first byte to its last, and gives its size and
	// the SHA-256 of its bytes. An object that ends early is an error.
	Get(ctx context.Context, key string, to io.Writer) (Sum, error)
	// Open opens an object for reading parts of it. What is read is of one object, also
	// when another was put in its place meanwhile: that is ErrChanged.
	Open(ctx context.Context, key string) (Object, error)
	// Stat gives the size of an object.
	Stat(ctx context.Context, key string) (Info, error)
	// List hands over all objects whose key begins with a prefix, in the order of their
	// keys by bytes. Its error, or that of each, ends it.
	List(ctx context.Context, prefix string, each func(Info) error) error
	// Delete deletes an object. One that isn't there is no error.
	Delete(ctx context.Context, key string) error
}

// Info is an object as it is listed.
type Info struct {
	Key  string
	Size int64 // in bytes
}

// Object is an open object. ReadAt is safe for concurrent use.
type Object interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Content is what is to be put. It can be read more than once.
type Content struct {
	io.ReaderAt
	Sum
}

// Sum is the size of some bytes and their SHA-256, lower-case hex.
type Sum struct {
	Size   int64
	SHA256 string
}

// Bytes makes content of bytes.
func Bytes(b []byte) Content {
	sum := sha256.Sum256(b)
	return Content{bytes.NewReader(b), Sum{int64(len(b)), hex.EncodeToString(sum[:])}}
}

// Errors of what a key holds.
var (
	// ErrTaken is a key that holds other bytes than those that were to be put.
	ErrTaken = errors.New("it holds other bytes already, which stay")
	// ErrChanged is an object in the place of which another was put while it was read.
	ErrChanged = errors.New("another object lies in its place now")
)

// Bounds of what every store takes.
const (
	keyBytesMax = 900 // S3 takes 1,024 with the prefix; a name of a file has 255
	nameMax     = 250
)

// CheckKey is an error when a key isn't one that every store takes: names with slashes
// between them, none of them empty, "." or "..", without a backslash or control character.
func CheckKey(key string) error {
	switch {
	case key == "" || len(key) > keyBytesMax || path.Clean(key) != key || path.IsAbs(key) || key == "." || strings.HasPrefix(key, "../") || key == "..":
		return fmt.Errorf("%q is no key of an object", key)
	case !utf8.ValidString(key) || strings.ContainsFunc(key, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' }):
		return fmt.Errorf("%q is no key of an object", key)
	}
	for _, name := range strings.Split(key, "/") {
		if len(name) > nameMax {
			return fmt.Errorf("%q is no key of an object: a name of it is longer than %d bytes", key, nameMax)
		}
	}
	return nil
}

// Hash gives the sum of what a reader gives.
func Hash(r io.Reader) (Sum, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return Sum{n, hex.EncodeToString(h.Sum(nil))}, err
}
