package lake

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// zstdCodec is parquet-go's codec over one shared encoder (see newZstdCodec).
type zstdCodec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// String names the codec.
func (c *zstdCodec) String() string { return "ZSTD" }

// CompressionCodec is the codec's number in the format.
func (c *zstdCodec) CompressionCodec() format.CompressionCodec { return format.Zstd }

// Encode compresses src.
func (c *zstdCodec) Encode(dst, src []byte) ([]byte, error) {
	return c.enc.EncodeAll(src, dst[:0]), nil
}

// Decode undoes Encode.
func (c *zstdCodec) Decode(dst, src []byte) ([]byte, error) { return c.dec.DecodeAll(src, dst[:0]) }

func newSHA256() hash.Hash { return sha256.New() }

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
