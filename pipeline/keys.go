package pipeline

import "strconv"

// KeySeparator parts the columns of a key. Ids may not contain it.
const KeySeparator = 0x1F

func key(dst []byte, parts ...string) []byte {
	for i, p := range parts {
		if i > 0 {
			dst = append(dst, KeySeparator)
		}
		dst = append(dst, p...)
	}
	return dst
}

func keyAt(dst []byte, at int64) []byte {
	return strconv.AppendInt(append(dst, KeySeparator), at, 10)
}
