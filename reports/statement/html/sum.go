package html

import (
	"crypto/sha256"
	"encoding"
	"encoding/hex"
)

// Sum gives the SHA-256 of a rendering, in hexadecimal. What every page begins
// with is hashed once, not for each of them.
func (r *Renderer) Sum(text []byte) (string, error) {
	start := string(pageStart())
	if r.hash == nil {
		r.hash = sha256.New()
		r.hash.Write([]byte(start))
		state, err := r.hash.(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			return "", err
		}
		r.started = state
	}
	r.hash.Reset()
	if len(text) > len(start) && string(text[:len(start)]) == start {
		if err := r.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(r.started); err != nil {
			return "", err
		}
		text = text[len(start):]
	}
	r.hash.Write(text)
	var room [sha256.Size]byte
	return hex.EncodeToString(r.hash.Sum(room[:0])), nil
}
