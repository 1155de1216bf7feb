package pdf

import (
	"encoding/binary"
	"math"
	"unicode/utf16"
)

// profile makes the ICC profile (ICC.1:2010) of the colours that are written here:
// sRGB, from the numbers of IEC 61966-2-1, its primaries and white brought to D50 as
// the format asks. Made rather than shipped, as its 500 bytes say no more than this.
func profile() []byte {
	fixed := func(b []byte, values ...float64) []byte {
		for _, v := range values {
			b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
		}
		return b
	}
	head := func(kind string) []byte { return append([]byte(kind), 0, 0, 0, 0) }
	text := func(s string) []byte {
		units := utf16.Encode([]rune(s))
		b := head("mluc")
		for _, v := range []uint32{1, 12} {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		b = append(b, "enUS"...)
		for _, v := range []uint32{uint32(2 * len(units)), 28} {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		for _, u := range units {
			b = binary.BigEndian.AppendUint16(b, u)
		}
		return b
	}
	curve := fixed(append(head("para"), 0, 3, 0, 0), 2.4, 1/1.055, .055/1.055, 1/12.92, .04045)
	tags := []table{
		{"desc", text("sRGB")},
		{"cprt", text("No copyright, use freely")},
		{"wtpt", fixed(head("XYZ "), .9642, 1, .8249)},
		{"chad", fixed(head("sf32"), 1.0478112, .0228866, -.0501270, .0295424, .9904844, -.0170491, -.0092345, .0150436, .7521316)},
		{"rXYZ", fixed(head("XYZ "), .4360747, .2225045, .0139322)},
		{"gXYZ", fixed(head("XYZ "), .3850649, .7168786, .0971045)},
		{"bXYZ", fixed(head("XYZ "), .1430804, .0606169, .7141733)},
		{"rTRC", curve}, {"gTRC", nil}, {"bTRC", nil}, // the same curve
	}
	var index, data []byte
	index = binary.BigEndian.AppendUint32(index, uint32(len(tags)))
	begin, at, size := 128+4+12*len(tags), 0, 0
	for _, t := range tags {
		if t.data != nil {
			for len(data)%4 != 0 {
				data = append(data, 0)
			}
			at, size = begin+len(data), len(t.data)
			data = append(data, t.data...)
		}
		index = append(index, t.tag...)
		index = binary.BigEndian.AppendUint32(index, uint32(at))
		index = binary.BigEndian.AppendUint32(index, uint32(size))
	}
	for len(data)%4 != 0 {
		data = append(data, 0)
	}
	header := make([]byte, 128)
	binary.BigEndian.PutUint32(header, uint32(begin+len(data)))
	copy(header[8:], "\x04\x20\x00\x00mntrRGB XYZ \x07\xDF\x00\x01\x00\x01") // version 4.2, a display, a fixed day
	copy(header[36:], "acsp")
	copy(header[68:], fixed(nil, .9642, 1, .8249))
	return append(append(header, index...), data...)
}
