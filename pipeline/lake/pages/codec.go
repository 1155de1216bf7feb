package pages

import (
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// Codec is parquet-go's codec over one shared encoder (see NewCodec).
type Codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// String names the codec.
func (c *Codec) String() string { return "ZSTD" }

// CompressionCodec is the codec's number in the format.
func (c *Codec) CompressionCodec() format.CompressionCodec { return format.Zstd }

// Encode compresses src.
func (c *Codec) Encode(dst, src []byte) ([]byte, error) {
	return c.enc.EncodeAll(src, dst[:0]), nil
}

// Decode undoes Encode.
func (c *Codec) Decode(dst, src []byte) ([]byte, error) { return c.dec.DecodeAll(src, dst[:0]) }

// NewCodec makes the codec of all Parquet files: zstd at its fastest, but
// with literals always entropy-coded. Ids are digits that hardly ever repeat,
// so matching finds nothing in them and entropy coding everything: on gift
// events this is smaller than the default level at two thirds of its time.
func NewCodec() (*Codec, error) {
	enc, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithAllLitEntropyCompression(true),
		zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true))
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	return &Codec{enc: enc, dec: dec}, nil
}
